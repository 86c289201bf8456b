package harvest

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/format/ldgraph"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// Answer is what a server answered; Body is read as it comes and closed.
type Answer struct {
	Status int
	Header http.Header
	URL    string // after redirects
	Body   io.ReadCloser
}

// Web goes out. An error says in its text what was wrong and repeats nothing
// of what the server answered.
type Web func(ctx context.Context, address, accept string) (Answer, error)

// visitor asks for pages within the limits of a run.
type visitor struct {
	web    Web
	wait   func(ctx context.Context, d time.Duration) error
	limits Limits
	bytes  int64 // read so far in this run
	pages  int   // asked for so far
}

// How often and how patiently a page is asked for again.
const (
	attempts = 3
	patience = 2 * time.Second
	mostWait = 2 * time.Minute
)

// open asks for a page. The errors are findings, save that of a context that
// has ended.
func (v *visitor) open(ctx context.Context, address, accept string) (Answer, error) {
	if v.pages >= v.limits.Pages {
		return Answer{}, stopped("cap-pages", address, strconv.Itoa(v.limits.Pages))
	}
	v.pages++
	for try := 1; ; try++ {
		a, err := v.web(ctx, address, accept)
		if ctx.Err() != nil {
			if err == nil {
				err = a.Body.Close()
			}
			return Answer{}, errors.Join(context.Cause(ctx), err)
		}
		if err == nil && a.Status == http.StatusOK {
			a.Body = &counting{a.Body, v, address}
			return a, nil
		}
		pause := patience * time.Duration(try)
		fault := error(nil)
		again := true
		if err != nil {
			fault = stopped("unreachable", address, err.Error())
		} else {
			fault = stopped("status", address, strconv.Itoa(a.Status))
			again = a.Status == http.StatusTooManyRequests || a.Status >= 500
			if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err == nil && s >= 0 {
				pause = min(time.Duration(s)*time.Second, mostWait) // OAI-PMH 2.0, 3.1.2.2
			}
			if err := a.Body.Close(); err != nil {
				fault = errors.Join(fault, err)
			}
		}
		if !again || try == attempts {
			return Answer{}, fault
		}
		if err := v.wait(ctx, pause); err != nil {
			return Answer{}, err
		}
	}
}

// counting counts what is read and ends at the limit of the run.
type counting struct {
	io.ReadCloser
	v       *visitor
	address string
}

// Read counts.
func (c *counting) Read(p []byte) (int, error) {
	left := c.v.limits.Bytes - c.v.bytes
	if left <= 0 {
		return 0, stopped("cap-bytes", c.address, strconv.FormatInt(c.v.limits.Bytes, 10))
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), left)])
	c.v.bytes += int64(n)
	return n, err
}

// unread makes a finding of what went wrong while a page was read.
func unread(ctx context.Context, address string, err error) error {
	var s *stop
	var syntax *rdf.SyntaxError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &s):
		return s
	case errors.As(err, &syntax):
		return stopped("syntax", address, syntax.Error())
	case problem.Is(err, problem.BadRequestData), problem.Is(err, problem.LdContextNotAvailable):
		return stopped("syntax", address, problem.DetailOf(err))
	}
	return stopped("unreachable", address, err.Error())
}

// rdfAccept asks for what is read here, the best first.
const rdfAccept = "text/turtle, application/n-triples;q=0.9, application/rdf+xml;q=0.8, application/ld+json;q=0.7, */*;q=0.1"

// parser reads RDF of one form.
type parser func(r io.Reader, base rdf.IRI, lim rdf.Limits, emit func(rdf.Triple) error) error

// parserFor finds the parser for an answer: by its type, else by the ending
// of its address. badLine hears of lines of N-Triples that are none.
func parserFor(a Answer, badLine func(string)) (parser, bool) {
	lines := parseLines(badLine)
	byType := map[string]parser{"text/turtle": rdf.ParseTurtle, "application/x-turtle": rdf.ParseTurtle, "text/n3": rdf.ParseTurtle,
		"application/n-triples": lines, "application/rdf+xml": rdf.ParseRDFXML,
		"application/ld+json": parseJSONLD, "application/json": parseJSONLD}
	byEnding := map[string]parser{".ttl": rdf.ParseTurtle, ".nt": lines, ".rdf": rdf.ParseRDFXML, ".xml": rdf.ParseRDFXML, ".jsonld": parseJSONLD}
	t, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if p, ok := byType[t]; ok && err == nil {
		return p, true
	}
	file, _, _ := strings.Cut(a.URL, "?")
	if p, ok := byEnding[path.Ext(file)]; ok {
		return p, true
	}
	if t == "application/xml" || t == "text/xml" {
		return rdf.ParseRDFXML, true
	}
	return nil, false
}

// parseJSONLD reads JSON-LD. The contexts of DCAT-AP are at hand; no other is
// fetched, as what it said tomorrow would change what was harvested today.
func parseJSONLD(r io.Reader, base rdf.IRI, lim rdf.Limits, emit func(rdf.Triple) error) error {
	lim.Bytes = min(lim.Bytes, 16<<20) // it is held whole
	return ldgraph.Parse(r, base, ldgraph.Options{Limits: lim}, emit)
}

// triples hands every triple of an answer to emit and closes it. Terms that
// cannot be are findings.
func triples(ctx context.Context, address string, a Answer, lim rdf.Limits, note func(Finding), emit func(rdf.Triple) error) error {
	body := &faulty{Reader: a.Body, address: address}
	parse, ok := parserFor(a, func(text string) {
		body.faults++
		note(finding("unreadable", address, text))
	})
	if !ok {
		return errors.Join(stopped("form", address, a.Header.Get("Content-Type"), "text/turtle, application/n-triples, application/rdf+xml, application/ld+json"), a.Body.Close())
	}
	lim.BadTerm = func(e *rdf.SyntaxError) error {
		body.faults++
		note(finding("bad-term", address, e.Error()))
		return body.tooMany()
	}
	err := parse(body, rdf.IRI(a.URL), lim, emit)
	return errors.Join(unread(ctx, address, err), a.Body.Close())
}

// faulty is a document that ends with a finding once too much in it is wrong.
type faulty struct {
	io.Reader
	address string
	faults  int
}

func (f *faulty) tooMany() error {
	if f.faults < maxFaults {
		return nil
	}
	return stopped("cap-findings", f.address, strconv.Itoa(maxFaults))
}

// Read reads on as long as not too much was wrong.
func (f *faulty) Read(p []byte) (int, error) {
	if err := f.tooMany(); err != nil {
		return 0, err
	}
	return f.Reader.Read(p)
}
