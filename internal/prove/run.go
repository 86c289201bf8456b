package prove

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/rdf"
)

// Doer sends a request to this installation, as nobody in particular. It ends
// when the request's context does.
type Doer interface {
	Do(r *http.Request) (*http.Response, error)
}

// Options are the settings of Run. A zero field means its default, if it has
// one.
type Options struct {
	Timeout time.Duration    // until the whole answer is there; 30 s
	Bytes   int64            // read of a body; 4 MiB
	Now     func() time.Time // must be set
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Bytes <= 0 {
		o.Bytes = 4 << 20
	}
	return o
}

// beginning is how much of a body that is text stands in the evidence, in
// bytes.
const beginning = 2000

// Run sends what a check asks for and judges the answer. Whatever goes wrong is
// in the result: it never fails.
func Run(ctx context.Context, to Doer, base string, c *Check, o Options) Result {
	o = o.withDefaults()
	r := Result{Check: c.ID, At: o.Now().UTC(), Verdict: Unknown}
	if err := c.Valid(); err != nil {
		r.Why = err.Error()
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	a, err := ask(ctx, to, base, c, o.Bytes)
	r.Took = o.Now().UTC().Sub(r.At)
	if err != nil {
		r.Why = err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			r.Why = fmt.Sprintf("there was no whole answer within %s", o.Timeout)
		}
		return r
	}
	r.Evidence = a.evidence(c)
	for i := range c.Expect {
		if why := a.meets(&c.Expect[i]); why != "" {
			r.Verdict, r.Why = Failed, why
			return r
		}
	}
	r.Verdict = Passed
	return r
}

// answer is what came back, as far as it was read.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool
	at     rdf.IRI    // the address that was asked
	graph  *rdf.Graph // once it was looked at
	tree   *jsontree.Node
}

func ask(ctx context.Context, to Doer, base string, c *Check, most int64) (*answer, error) {
	method := c.Request.Method
	if method == "" {
		method = http.MethodGet
	}
	at := strings.TrimSuffix(base, "/") + c.Request.Path
	q, err := http.NewRequestWithContext(ctx, method, at, nil)
	if err != nil {
		return nil, fmt.Errorf("the request cannot be made: %w", err)
	}
	for name, value := range c.Request.Header {
		q.Header.Set(name, value)
	}
	a, err := to.Do(q)
	if err != nil {
		return nil, fmt.Errorf("there was no answer: %w", err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err)
	}
	out := &answer{status: a.StatusCode, header: a.Header, body: body, at: rdf.IRI(at)}
	if int64(len(body)) > most {
		out.body, out.cut = body[:most], true
	}
	return out, nil
}

func (a *answer) media() string {
	m, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return m
}

func (a *answer) evidence(c *Check) Evidence {
	sum := sha256.Sum256(a.body)
	e := Evidence{Status: a.status, Bytes: int64(len(a.body)), Cut: a.cut, SHA256: hex.EncodeToString(sum[:]), Header: map[string]string{}}
	keep := func(name string) {
		if v := a.header.Get(name); v != "" {
			e.Header[http.CanonicalHeaderKey(name)] = shorten(v)
		}
	}
	keep("Content-Type")
	for i := range c.Expect {
		if c.Expect[i].What == Header {
			keep(c.Expect[i].Name)
		}
	}
	if start := a.body[:min(len(a.body), beginning)]; !bytes.ContainsRune(start, 0) {
		for i := 0; i < utf8.UTFMax && len(start) > 0 && !utf8.Valid(start); i++ { // cut within a letter
			start = start[:len(start)-1]
		}
		if utf8.Valid(start) {
			e.Begins = string(start)
		}
	}
	return e
}

// meets says why the answer does not meet an expectation; "" if it does.
func (a *answer) meets(e *Expectation) string {
	switch e.What {
	case Status:
		got := strconv.Itoa(a.status)
		for s := range strings.FieldsSeq(e.Is) {
			if s == got {
				return ""
			}
		}
		return fmt.Sprintf("the status is %s, and should be %s", got, e.Is)
	case Media:
		if got := a.media(); !strings.EqualFold(got, e.Is) {
			return fmt.Sprintf("the media type is %q, and should be %s", got, e.Is)
		}
	case Header:
		got := a.header.Values(e.Name)
		if len(got) == 0 {
			return fmt.Sprintf("there is no header %s", e.Name)
		}
		if all := strings.Join(got, ", "); !strings.Contains(all, e.Is) {
			return fmt.Sprintf("the header %s is %q, and should hold %q", e.Name, shorten(all), e.Is)
		}
	case Text:
		if !bytes.Contains(a.body, []byte(e.Is)) {
			return fmt.Sprintf("the body does not hold %q%s", e.Is, a.beyond())
		}
	case JSON:
		return a.meetsJSON(e)
	case Graph:
		return a.meetsGraph(e)
	}
	return ""
}

// beyond says that more would have come.
func (a *answer) beyond() string {
	if a.cut {
		return fmt.Sprintf(", in its first %d bytes", len(a.body))
	}
	return ""
}

func parse(s string) (jsontree.Node, error) { return jsontree.Parse([]byte(s), jsontree.Limits{}) }

func (a *answer) meetsJSON(e *Expectation) string {
	if a.cut {
		return fmt.Sprintf("the body is longer than the %d bytes that are read of it", len(a.body))
	}
	if a.tree == nil {
		n, err := jsontree.Parse(a.body, jsontree.Limits{})
		if err != nil {
			return fmt.Sprintf("the body is no JSON: %s", err)
		}
		a.tree = &n
	}
	at := e.Name
	if at == "" {
		at = "the whole document"
	}
	v, ok := pointed(*a.tree, e.Name)
	if !ok {
		return fmt.Sprintf("there is nothing at %s", at)
	}
	if e.Is != "" {
		want, err := parse(e.Is)
		if err != nil { // Valid looked at it
			return err.Error()
		}
		if !v.Equal(want) {
			return fmt.Sprintf("at %s there is %s, and should be %s", at, shorten(v.String()), e.Is)
		}
	}
	if e.Least > 0 {
		if k := v.Kind(); k != jsontree.Array && k != jsontree.Object {
			return fmt.Sprintf("at %s there is a %s, and should be a list or an object", at, k)
		}
		if v.Len() < e.Least {
			return fmt.Sprintf("at %s there are %d, and should be at least %d", at, v.Len(), e.Least)
		}
	}
	return ""
}

// pointed follows a JSON Pointer (RFC 6901, section 4).
func pointed(n jsontree.Node, pointer string) (jsontree.Node, bool) {
	if pointer == "" {
		return n, true
	}
	for part := range strings.SplitSeq(pointer[1:], "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		switch n.Kind() {
		case jsontree.Object:
			v, ok := n.Get(part)
			if !ok {
				return n, false
			}
			n = v
		case jsontree.Array:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= n.Len() || part != strconv.Itoa(i) {
				return n, false
			}
			n = n.Item(i)
		default:
			return n, false
		}
	}
	return n, true
}

func (a *answer) meetsGraph(e *Expectation) string {
	if a.cut {
		return fmt.Sprintf("the body is longer than the %d bytes that are read of it", len(a.body))
	}
	if a.graph == nil {
		read := map[string]func(io.Reader, rdf.IRI, rdf.Limits, func(rdf.Triple) error) error{
			"text/turtle": rdf.ParseTurtle, "application/n-triples": rdf.ParseNTriples, "application/rdf+xml": rdf.ParseRDFXML,
		}[a.media()]
		if read == nil {
			return fmt.Sprintf("the media type %q is none of RDF that is read here: text/turtle, application/n-triples, application/rdf+xml", a.media())
		}
		g := &rdf.Graph{}
		if err := read(bytes.NewReader(a.body), a.at, rdf.Limits{}, func(t rdf.Triple) error { g.Add(t.S, t.P, t.O); return nil }); err != nil {
			return fmt.Sprintf("the body cannot be read as %s: %s", a.media(), err)
		}
		a.graph = g
	}
	n := 0
	for _, t := range a.graph.Triples() {
		if string(t.P) == e.Name && (e.Is == "" || t.O.IsIRI() && t.O.Value() == e.Is) {
			n++
		}
	}
	if want := max(e.Least, 1); n < want {
		return fmt.Sprintf("the graph has %d statements with the property %s%s, and should have at least %d", n, e.Name, of(e.Is), want)
	}
	return ""
}

func of(object string) string {
	if object == "" {
		return ""
	}
	return " and the object " + object
}

// shorten keeps a text that is shown within bounds.
func shorten(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "\u2026"
}
