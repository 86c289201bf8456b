// Package prove holds claims against what really runs: a Check is a request
// and what must come back; running it gives a Result with a verdict and the
// evidence for it, which anyone can get again with the same request.
//
// Checks are data. They go to this installation only, as the anonymous public,
// and change nothing (docs/adr/0130).
package prove

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// Check is one request and what must come back.
type Check struct {
	ID    string            `json:"id"`    // small letters, digits and hyphens
	Title map[string]string `json:"title"` // by language: what it shows, in a sentence
	// Request is what is sent.
	Request Request `json:"request"`
	// Expect is what must come back; all of it.
	Expect []Expectation `json:"expect"`
}

// Request is what a check sends, always without credentials.
type Request struct {
	Method string            `json:"method,omitzero"` // GET (also if empty), HEAD or OPTIONS
	Path   string            `json:"path"`            // with its query; never with a scheme or a host
	Header map[string]string `json:"header,omitzero"`
}

// Expectation is one thing that must hold of the answer. What says where to
// look; of the other members, those that the table in What names are set.
type Expectation struct {
	What  What   `json:"what"`
	Name  string `json:"name,omitzero"`
	Is    string `json:"is,omitzero"`
	Least int    `json:"atLeast,omitzero"`
}

// What is a kind of expectation.
type What string

// The kinds of expectation.
const (
	// Status: the status is one of those in Is, such as "200" or "200 203".
	Status What = "status"
	// Media: the media type is Is, whatever its parameters.
	Media What = "media"
	// Header: the header Name is there and, if Is is set, holds it.
	Header What = "header"
	// JSON: at the JSON Pointer (RFC 6901) in Name there is a value; if Is is
	// set it is that, as JSON; if Least is set it is a list or an object of at
	// least so many.
	JSON What = "json"
	// Text: the body holds Is.
	Text What = "text"
	// Graph: the body is RDF (its form is told by the media type) with at
	// least Least statements, 1 if it is 0, whose property is Name and, if Is
	// is set, whose object is the IRI Is.
	Graph What = "graph"
)

// Verdict is what a run came to.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"  // an expectation was not met
	Unknown Verdict = "unknown" // there was no answer to judge
)

// Result is one run of a check.
type Result struct {
	Check   string        `json:"check"`
	At      time.Time     `json:"at"`
	Took    time.Duration `json:"took"` // until the whole answer was read
	Verdict Verdict       `json:"verdict"`
	// Why says which expectation was not met, or why there is no verdict; empty
	// if it passed.
	Why      string   `json:"why,omitzero"`
	Evidence Evidence `json:"evidence"`
}

// Evidence is what came back.
type Evidence struct {
	Status int               `json:"status,omitzero"`
	Header map[string]string `json:"header,omitzero"` // Content-Type and those that were looked at
	Bytes  int64             `json:"bytes,omitzero"`  // of the body, as far as it was read
	Cut    bool              `json:"cut,omitzero"`    // the body went on beyond what is read
	SHA256 string            `json:"sha256,omitzero"` // of the bytes read, in hexadecimal
	Begins string            `json:"begins,omitzero"` // of a body that is text
}

// Bounds of a check, so that one cannot fill a page or a memory.
const (
	maxExpectations = 50
	maxText         = 2000
	maxPath         = 4000
)

var goodID = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$`)

// Valid reports all that is wrong with a check.
//
// Errors: problem.BadRequestData.
func (c *Check) Valid() error {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if !goodID.MatchString(c.ID) {
		say("id: small letters, digits and hyphens, up to 100")
	}
	if len(c.Title) == 0 {
		say("title: it says in a sentence what the check shows, by language")
	}
	c.Request.valid(say)
	if len(c.Expect) == 0 || len(c.Expect) > maxExpectations {
		say("expect: between 1 and %d expectations; without one, every answer would do", maxExpectations)
	}
	for i := range c.Expect {
		if why := c.Expect[i].valid(); why != "" {
			say("expect[%d]: %s", i, why)
		}
	}
	if len(wrong) > 0 {
		return problem.New(problem.BadRequestData, "the check %.100q cannot be run: %s", c.ID, strings.Join(wrong, "; "))
	}
	return nil
}

// secret are headers that would make a request somebody's.
func secret() []string {
	return []string{"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key"}
}

func (r *Request) valid(say func(string, ...any)) {
	if !slices.Contains([]string{"", http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method) {
		say("request.method: GET, HEAD or OPTIONS, as a check changes nothing; it is %.20q", r.Method)
	}
	u, err := url.ParseRequestURI(r.Path)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(r.Path, "/") || strings.HasPrefix(r.Path, "//") || len(r.Path) > maxPath {
		say("request.path: a path of this installation, such as /api/datasets, up to %d bytes; it is %.200q", maxPath, r.Path)
	}
	for name, value := range r.Header {
		switch {
		case name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == ':' }):
			say("request.header: %.100q is no name of a header", name)
		case strings.ContainsAny(value, "\r\n\x00") || len(value) > maxText:
			say("request.header: the value of %s has a line break or is too long", name)
		case slices.Contains(secret(), http.CanonicalHeaderKey(name)):
			say("request.header: %s would make the request somebody's; checks are sent as anybody", name)
		}
	}
}

// valid says what is wrong with an expectation; "" if nothing.
func (e *Expectation) valid() string {
	if len(e.Name) > maxText || len(e.Is) > maxText || e.Least < 0 {
		return fmt.Sprintf("texts have at most %d bytes, and atLeast is not negative", maxText)
	}
	switch e.What {
	case Status:
		for s := range strings.FieldsSeq(e.Is) {
			if len(s) != 3 || s < "100" || s > "599" {
				return fmt.Sprintf("%.20q is no status", s)
			}
		}
		if e.Is == "" {
			return "is: the statuses that will do, such as 200"
		}
	case Media, Text:
		if e.Is == "" {
			return "is: what must come"
		}
	case Header:
		if e.Name == "" {
			return "name: the header that must come"
		}
	case JSON:
		if e.Name != "" && !strings.HasPrefix(e.Name, "/") {
			return fmt.Sprintf("name: a JSON Pointer such as /features/0; it is %.100q", e.Name)
		}
		if _, err := parse(e.Is); e.Is != "" && err != nil {
			return fmt.Sprintf("is: a value in JSON (a text in its quotes): %s", err)
		}
	case Graph:
		if e.Name == "" {
			return "name: the property, as a whole IRI"
		}
	default:
		return fmt.Sprintf("what: status, media, header, json, text or graph; it is %.20q", string(e.What))
	}
	return ""
}
