package harvest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// drop is a body that gives nothing until its request ends.
type drop struct{ ctx context.Context }

func (d drop) Read([]byte) (int, error) { <-d.ctx.Done(); return 0, d.ctx.Err() }
func (d drop) Close() error             { return nil }

// A body that never ends is not read for longer than the run may take.
func TestBodyThatTricklesEndsWithTheRun(t *testing.T) {
	for _, kind := range Kinds() {
		c := newCity(t)
		c.o.Wall = func() time.Time { c.wall = c.wall.Add(990 * time.Millisecond); return c.wall }
		c.o.Web = func(ctx context.Context, address, _ string) (Answer, error) {
			ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, io.ErrNoProgress)
			t.Cleanup(cancel)
			return Answer{Status: 200, URL: address, Header: http.Header{"Content-Type": {"text/turtle"}}, Body: drop{ctx}}, nil
		}
		c.s = New(c.o)
		r := c.run(Source{Kind: kind, URL: "https://o.example/x", Limits: Limits{Seconds: 1}}, Mode{})
		equal(t, string(kind), []string{"cap-seconds", "incomplete"}, codes(r))
	}
}

// A run that cannot be asked for again does not end the service.
func TestResumeOutlivesARunThatIsTaken(t *testing.T) {
	c := newCity(t)
	w := store.RecordWrite{Key: store.Key{Kind: progressKind, Name: "other"}, Value: []byte{reportVersion}, Any: true}
	if err := c.o.Records.Write(t.Context(), []store.RecordWrite{w}); err != nil {
		t.Fatal(err)
	}
	if !c.s.take("other") {
		t.Fatal("it is taken")
	}
	if err := c.s.resume(t.Context()); err != nil {
		t.Error(err)
	}
}

// A list that ends before its time is no whole read: nothing is gone.
func TestListThatEndsTooSoonMarksNothing(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve(oaiFirst, "text/xml", oaiList("t1", oaiDCAT("1", "A")))
	p.serve(oaiNext+"t1&verb=ListRecords", "text/xml", oaiError("noRecordsMatch", ""))
	r := c.run(Source{Kind: OAI, URL: p.URL + "/oai"}, Mode{})
	equal(t, "oai", []string{"incomplete", "oai-error"}, codes(r))
	p.serve(ckanAt("0"), "application/json", `{"success": true, "result": {"count": 2, "results": [{"id": "a", "title": "A"}]}}`)
	p.serve(ckanAt("1"), "application/json", `{"success": true, "result": {"count": 2, "results": []}}`)
	r = c.run(Source{Kind: CKAN, URL: p.URL + "/portal"}, Mode{})
	equal(t, "ckan", Cut, r.State)
	equal(t, "count", 1, r.ByCode["incomplete-list"])
}

// What is wrong in one document is counted, and bounded.
func TestFindingsAreBounded(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	src := Source{Kind: Dump, URL: p.URL + "/d"}
	var b strings.Builder
	for n := range 2_000 {
		fmt.Fprintf(&b, "no triple %d\n", n)
	}
	p.serve("/d", "application/n-triples", b.String())
	r := c.run(src, Mode{})
	equal(t, "counted", 2_000, r.ByCode["unreadable"])
	b.Reset()
	for n := range 2_000 {
		fmt.Fprintf(&b, "%s", strings.Repeat(fmt.Sprintf("no %d\n", n), 60))
	}
	x := &batch{}
	for n := range 2_000 {
		x.note(finding("unreadable", fmt.Sprint(n)))
	}
	equal(t, "kept", maxFindings, len(x.notes))
	p.serve("/d", "application/n-triples", b.String())
	r = c.run(src, Mode{})
	equal(t, "stopped", 1, r.ByCode["cap-findings"])
}

// All of a triple counts towards what is held in memory.
func TestSpoolCountsAllOfATriple(t *testing.T) {
	s := &spool{chunk: 1 << 30}
	if err := s.add(rdf.Triple{S: "a:s", P: rdf.IRI("a:" + strings.Repeat("p", 1000)), O: rdf.Typed("x", rdf.IRI("a:"+strings.Repeat("t", 1000)))}); err != nil || s.size < 2000 {
		t.Error(s.size, err)
	}
}

// Declarations round a record are few and short, as each record gets them.
func TestOAIDeclarationsAreBounded(t *testing.T) {
	for _, attrs := range []string{strings.Repeat(` xmlns:a="a:b"`, 257), ` xmlns:a="a:` + strings.Repeat("x", 8<<10) + `"`} {
		p, c := newPortal(t), newCity(t)
		p.serve(oaiFirst, "text/xml", strings.Replace(oaiList("", oaiDCAT("1", "A")), "<ListRecords", "<ListRecords"+attrs, 1))
		equal(t, "codes", []string{"incomplete", "syntax"}, codes(c.run(Source{Kind: OAI, URL: p.URL + "/oai"}, Mode{})))
	}
}

// Of a subject that is too large a part is read.
func TestLargeSubjectIsReadInPart(t *testing.T) {
	s, err := newSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var told []Finding
	s.note = func(f Finding) { told = append(told, f) }
	for range 20_010 {
		if err := s.add(rdf.Triple{S: "a:s", P: "a:p", O: rdf.Text("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.seal(); err != nil {
		t.Fatal(err)
	}
	got, err := s.of("a:s")
	equal(t, "read", 20_000, len(got))
	if err := errors.Join(err, s.close()); err != nil {
		t.Error(err)
	}
	equal(t, "told", 1, len(told))
}
