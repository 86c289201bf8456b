// Package query asks every driver the same questions and compares the answers
// with what a script says and with Match, which uses no index.
//
// A script in testdata is a list of steps, each a line with what belongs to it
// on the lines below, up to the next step:
//
//	load                an NGSI-LD array that is upserted (replacing)
//	merge               an NGSI-LD array that is merged
//	delete ID...        entities that go
//	query PARAMETERS    as in an address, unescaped: type=A&q=a>1
//	expect ID...        the answer of the last query, in any order
//	refuse KIND         the last query is refused with this kind of problem
//
// It is for the promise that an index changes nothing but time. What always
// holds: every query has an expectation, and each answer also comes page by
// page without a gap or a repetition.
package query

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/represent"
)

// now is when everything here happens.
func now() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// step is one step of a script.
type step struct {
	line int
	verb string
	rest string // what follows on its line
	body string // what stands below it
}

// parse reads a script.
func parse(text string) ([]step, error) {
	verbs := []string{"load", "merge", "delete", "query", "expect", "refuse"}
	var steps []step
	for i, line := range strings.Split(text, "\n") {
		verb, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "#"):
		case slices.Contains(verbs, verb):
			steps = append(steps, step{line: i + 1, verb: verb, rest: strings.TrimSpace(rest)})
		case strings.TrimSpace(line) == "":
		case len(steps) == 0:
			return nil, fmt.Errorf("line %d: %q is no step", i+1, line)
		default:
			steps[len(steps)-1].body += line + "\n"
		}
	}
	asked := false
	for _, s := range append(slices.Clone(steps), step{line: len(text), verb: "end"}) {
		if answers := s.verb == "expect" || s.verb == "refuse"; answers != asked {
			return nil, fmt.Errorf("line %d: a query and its answer belong together", s.line)
		}
		asked = s.verb == "query"
	}
	return steps, nil
}

// city is a store under test with the questions it can be asked.
type city struct {
	broker *broker.Broker
	ask    func(ctx context.Context, q *query.Query) ([]entity.ID, error)
}

// byIndex asks the broker, page by page.
func byIndex(b *broker.Broker) func(context.Context, *query.Query) ([]entity.ID, error) {
	return func(ctx context.Context, q *query.Query) ([]entity.ID, error) {
		var ids []entity.ID
		whole, err := b.Query(ctx, broker.Call{}, q, broker.Page{Limit: 1000, Count: true})
		if err != nil {
			return nil, err
		}
		for more := true; more; {
			f, err := b.Query(ctx, broker.Call{}, q, broker.Page{Limit: 2, Offset: len(ids)})
			if err != nil {
				return nil, err
			}
			for _, e := range f.Entities {
				ids = append(ids, e.ID)
			}
			if more = f.More; more && len(f.Entities) == 0 {
				return nil, errors.New("a page with nothing on it says that there is more")
			}
		}
		if whole.Count != len(ids) || len(whole.Entities) != len(ids) {
			return nil, fmt.Errorf("%d on pages, %d in one, %d counted", len(ids), len(whole.Entities), whole.Count)
		}
		return ids, nil
	}
}

// byMatch walks everything and asks Match.
func byMatch(b *broker.Broker) func(context.Context, *query.Query) ([]entity.ID, error) {
	return func(ctx context.Context, q *query.Query) ([]entity.ID, error) {
		var ids []entity.ID
		look := b.Lookup(ctx, broker.Call{})
		err := b.Walk(ctx, broker.Call{}, &query.Query{Now: q.Now}, 0, func(e *entity.Entity) bool {
			if q.Match(e, look) {
				ids = append(ids, e.ID)
			}
			return true
		})
		return ids, err
	}
}

// read turns the parameters of an address into a query.
func read(text string) (*query.Query, error) {
	core := ldctx.Core()
	params := url.Values{}
	for _, pair := range strings.Split(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		params.Set(name, value)
	}
	out := &query.Query{Now: entity.Instant(now().UnixMicro())}
	var err error
	fail := func(e error) { err = errors.Join(err, e) }
	for name := range params {
		value, e := params.Get(name), error(nil)
		switch name {
		case "id":
			for id := range strings.SplitSeq(value, ",") {
				out.IDs = append(out.IDs, entity.ID(id))
			}
		case "idPattern":
			out.IDPattern, e = query.NewPattern(value)
		case "type":
			out.Types, e = q.Types(value, core)
		case "q":
			out.Filter, e = q.Parse(value, q.Options{Names: core})
		case "scopeQ":
			out.Scope, e = q.Scopes(value)
		case "georel":
			out.Geo, e = q.Geo(value, params.Get("geometry"), params.Get("coordinates"), params.Get("geoproperty"), core)
		case "attrs":
			for attr := range strings.SplitSeq(value, ",") {
				var iri string
				if iri, e = core.ExpandTerm(attr); e == nil {
					out.Attrs = append(out.Attrs, entity.Name(iri))
				}
			}
		case "geometry", "coordinates", "geoproperty":
		default:
			e = fmt.Errorf("no parameter %q", name)
		}
		fail(e)
	}
	return out, err
}

// fragments reads the entities of a step.
func fragments(body string, nulls represent.Nulls) ([]entity.Fragment, error) {
	tree, err := jsontree.Parse([]byte(body), jsontree.Limits{})
	if err != nil {
		return nil, err
	}
	in := represent.In{Context: ldctx.Core(), Nulls: nulls}
	var out []entity.Fragment
	for _, n := range tree.Items() {
		read := in.Entity
		if nulls == represent.DeepNulls {
			read = in.Fragment
		}
		f, err := read(n)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// change does what a step says.
func (c city) change(ctx context.Context, s step) error {
	var outs []broker.Outcome
	var err error
	switch s.verb {
	case "load":
		fs, e := fragments(s.body, represent.NoNulls)
		if e != nil {
			return e
		}
		outs, err = c.broker.UpsertMany(ctx, broker.Call{}, fs, broker.UpsertReplace)
	case "merge":
		fs, e := fragments(s.body, represent.DeepNulls)
		if e != nil {
			return e
		}
		outs, err = c.broker.MergeMany(ctx, broker.Call{}, fs, entity.MergeOptions{})
	case "delete":
		var ids []entity.ID
		for _, id := range strings.Fields(s.rest) {
			ids = append(ids, entity.ID(id))
		}
		outs, err = c.broker.DeleteMany(ctx, broker.Call{}, ids)
	}
	for _, o := range outs {
		err = errors.Join(err, o.Err)
	}
	return err
}

// answer gives the ids of a query as the script writes them, or the kind of
// its refusal.
func (c city) answer(ctx context.Context, text string) string {
	q, err := read(text)
	var ids []entity.ID
	if err == nil {
		ids, err = c.ask(ctx, q)
	}
	if err != nil {
		var p *problem.Error
		if !errors.As(err, &p) {
			return "failed: " + err.Error()
		}
		return "refuse " + p.Kind.String()
	}
	slices.Sort(ids)
	words := []string{"expect"}
	for _, id := range ids {
		words = append(words, string(id))
	}
	return strings.Join(words, " ")
}

// play runs the steps and reports what comes out otherwise than written.
func (c city) play(ctx context.Context, steps []step) []string {
	var wrong []string
	got := ""
	for _, s := range steps {
		switch s.verb {
		case "query":
			got = c.answer(ctx, s.rest)
		case "expect", "refuse":
			words := strings.Fields(s.rest)
			slices.Sort(words)
			if want := strings.Join(append([]string{s.verb}, words...), " "); got != want {
				wrong = append(wrong, fmt.Sprintf("line %d: got %q, want %q", s.line, got, want))
			}
		default:
			if err := c.change(ctx, s); err != nil {
				return append(wrong, fmt.Sprintf("line %d: %s: %v", s.line, s.verb, err))
			}
		}
	}
	return wrong
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, open := range cities() {
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) {
				for _, w := range open(t).play(t.Context(), steps) {
					t.Errorf("%s: %s", file, w)
				}
			})
		}
	}
}

// The runner itself must notice.
func TestRunnerNotices(t *testing.T) {
	const load = "load\n[{\"id\":\"urn:a\",\"type\":\"A\"}]\n"
	tests := map[string]string{
		load + "query type=A\nexpect urn:a\n":               "",
		load + "query type=A\nexpect\n":                     `got "expect urn:a", want "expect"`,
		load + "query type=B\nexpect urn:a\n":               `got "expect", want "expect urn:a"`,
		load + "query q=((\nexpect\n":                       `got "refuse BadRequestData"`,
		load + "query type=A\nrefuse BadRequestData\n":      `got "expect urn:a"`,
		load + "delete urn:b\n":                             "line 3: delete",
		load + "query typ=A\nexpect\n":                      "failed",
		"load\n[{]\n":                                       "line 1: load",
		load + "delete urn:a\nquery type=A\nexpect urn:a\n": `got "expect", want`,
	}
	for text, want := range tests {
		steps, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for name, open := range cities() {
			got := strings.Join(open(t).play(t.Context(), steps), "; ")
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("%s: %q gives %q, want %q", name, text, got, want)
			}
		}
	}
	for _, bad := range []string{"nonsense\n", "query type=A\n", "expect urn:a\n", "query a\nload\n[]\n"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was taken for a script", bad)
		}
	}
}
