package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// Subject is a driver under random operations.
type Subject struct {
	Open Maker
	// Reopen, if set, ends the driver, or lets it crash, and gives it anew
	// with all that was acknowledged.
	Reopen func(t testing.TB, d store.Driver, c *Clock) store.Driver
	// Exact says that the driver has one partition: places in the log must
	// then be the same as another's with one.
	Exact bool
}

// Random runs random operations on all subjects and wants the same answers
// from each. The first one is the oracle.
func Random(t *testing.T, subjects ...Subject) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: rt, tb: t, c: NewClock(), subjects: subjects}
		for _, s := range subjects {
			m.ds = append(m.ds, s.Open(t, m.c))
			m.starts = append(m.starts, store.Cursor{})
		}
		defer func() {
			for _, d := range m.ds {
				d.Close()
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"commit":  m.commit,
			"more":    m.commit, // as often as all others together
			"again":   m.commit,
			"clock":   m.clock,
			"read":    m.read,
			"select":  m.sel,
			"history": m.history,
			"log":     m.log,
			"reopen":  m.reopen,
			"expired": m.expired,
		})
	})
}

type machine struct {
	t        *rapid.T
	tb       testing.TB
	c        *Clock
	subjects []Subject
	ds       []store.Driver
	starts   []store.Cursor
}

// same wants one answer from all drivers. ask gives an answer for people; it
// may differ in places of the log only as far as Subject.Exact allows.
func (m *machine) same(rt *rapid.T, what string, ask func(d store.Driver, exact bool) string) {
	want, wantExact := ask(m.ds[0], false), ""
	for i, d := range m.ds[1:] {
		if got := ask(d, false); got != want {
			rt.Fatalf("%s: driver %d differs\n got %s\nwant %s", what, i+1, got, want)
		}
	}
	for i, d := range m.ds {
		if !m.subjects[i].Exact {
			continue
		}
		got := ask(d, true)
		if wantExact == "" {
			wantExact = got
		}
		if got != wantExact {
			rt.Fatalf("%s: driver %d has other places\n got %s\nwant %s", what, i, got, wantExact)
		}
	}
}

var (
	names  = []string{"p", "q", "loc"}
	points = []string{"0,0", "0.001,0", "0.5,0.5", "2,48", "179.99,-60"}
)

func (m *machine) space(rt *rapid.T) store.Space {
	return store.Space{Tenant: rapid.SampledFrom([]string{"", "", "", "x"}).Draw(rt, "tenant")}
}

func (m *machine) id(rt *rapid.T) string {
	return fmt.Sprintf("urn:%d", rapid.IntRange(0, 5).Draw(rt, "id"))
}

func (m *machine) instance(rt *rapid.T) entity.Instance {
	name := rapid.SampledFrom(names).Draw(rt, "attr")
	in := Prop(name, fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "value")))
	if name == "loc" {
		in.Kind = entity.GeoProperty
		in.Value = fmt.Appendf(nil, `{"type":"Point","coordinates":[%s]}`, rapid.SampledFrom(points).Draw(rt, "point"))
	}
	if name == "q" && rapid.Bool().Draw(rt, "large") { // drivers may keep such apart
		in.Value = []byte(`"` + strings.Repeat(string(in.Value), 600) + `"`)
	}
	if rapid.IntRange(0, 3).Draw(rt, "dataset") == 0 {
		in.Dataset = "urn:d"
	}
	if rapid.Bool().Draw(rt, "observed") {
		in.ObservedAt = Start + entity.Instant(rapid.IntRange(-4000, 4000).Draw(rt, "minutes"))*60e6
	}
	if rapid.IntRange(0, 5).Draw(rt, "expires") == 0 {
		in.ExpiresAt = m.now() + entity.Instant(rapid.IntRange(1, 100).Draw(rt, "in"))*1e6
	}
	return in
}

func (m *machine) now() entity.Instant { return entity.Instant(m.c.Now().UnixMicro()) }

func (m *machine) fragment(rt *rapid.T) entity.Fragment {
	f := entity.Fragment{ID: entity.ID(m.id(rt)), Types: []entity.Name{rapid.SampledFrom([]entity.Name{"A", "B"}).Draw(rt, "type")}}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 3).Draw(rt, "attrs") {
		in := m.instance(rt)
		if k := string(in.Name) + in.Dataset; !seen[k] {
			seen[k] = true
			f.Attrs = append(f.Attrs, in)
		}
	}
	if rapid.IntRange(0, 3).Draw(rt, "scope") == 0 {
		f.HasScope = true
		f.Scopes = []string{rapid.SampledFrom([]string{"/a", "/a/b", "/c"}).Draw(rt, "scopes")}
	}
	if rapid.IntRange(0, 8).Draw(rt, "expiry") == 0 {
		f.HasExpiry, f.ExpiresAt = true, m.now()+50e6
	}
	return f
}

// plans are made once and run on every driver: each gets its own mutations,
// as a driver may keep what an Apply gave it.
func (m *machine) plan(rt *rapid.T) func() store.Mutation {
	switch rapid.IntRange(0, 10).Draw(rt, "operation") {
	case 0:
		id := m.id(rt)
		return func() store.Mutation { return Delete(id) }
	case 1:
		id, name := m.id(rt), rapid.SampledFrom(names).Draw(rt, "attr")
		return func() store.Mutation { return DeleteAttr(id, name) }
	case 2:
		f := m.fragment(rt)
		return func() store.Mutation {
			return store.Mutation{ID: f.ID, Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
				if cur == nil {
					return change.Effect{}, fmt.Errorf("there is no %s", f.ID)
				}
				e, err := entity.Replace(cur, copyFragment(f), now)
				return change.Effect{After: e}, err
			}}
		}
	case 3, 4, 5:
		f, skip := m.fragment(rt), rapid.Bool().Draw(rt, "skip")
		return func() store.Mutation {
			mu := Record(string(f.ID), copyFragment(f).Attrs...)
			mu.SkipKnownPoints = skip
			return mu
		}
	case 10:
		return m.editPlan(rt)
	default:
		f := m.fragment(rt)
		return func() store.Mutation { return UpsertFragment(copyFragment(f)) }
	}
}

func copyFragment(f entity.Fragment) entity.Fragment {
	f.Attrs = slices.Clone(f.Attrs)
	for i := range f.Attrs {
		f.Attrs[i].Value = slices.Clone(f.Attrs[i].Value)
	}
	return f
}

func (m *machine) commit(rt *rapid.T) {
	sp := m.space(rt)
	var plans []func() store.Mutation
	for range rapid.IntRange(1, 4).Draw(rt, "operations") {
		plans = append(plans, m.plan(rt))
	}
	answers := make(map[store.Driver][]store.Result)
	for _, d := range m.ds {
		muts := make([]store.Mutation, len(plans))
		for i := range plans {
			muts[i] = plans[i]()
		}
		res, _, err := d.Commit(m.tb.Context(), sp, muts, store.CommitOptions{CreateTenant: true})
		if err != nil {
			rt.Fatalf("commit: %v", err)
		}
		answers[d] = res
	}
	m.same(rt, "commit", func(d store.Driver, exact bool) string {
		var b strings.Builder
		for _, r := range answers[d] {
			fmt.Fprintf(&b, "%v %v %v %s\n", r.Err, r.Kind, r.At != 0, show(r.After, exact))
		}
		return b.String()
	})
}

func (m *machine) clock(rt *rapid.T) {
	m.c.Add(time.Duration(rapid.IntRange(1, 100_000).Draw(rt, "seconds")) * time.Second)
}

func (m *machine) moment(rt *rapid.T) store.Moment {
	if rapid.Bool().Draw(rt, "past") {
		return store.Moment{Valid: Start + entity.Instant(rapid.IntRange(-5000, 5000).Draw(rt, "minutes"))*60e6}
	}
	return store.Moment{}
}

func (m *machine) read(rt *rapid.T) {
	sp, mo, id := m.space(rt), m.moment(rt), entity.ID(m.id(rt))
	m.same(rt, "read", func(d store.Driver, exact bool) string {
		e, err := d.Entity(m.tb.Context(), sp, mo, id)
		return fmt.Sprint(show(e.Entity, exact), err)
	})
}

func (m *machine) query(rt *rapid.T) *query.Query {
	q := &query.Query{Now: m.now()}
	if rapid.Bool().Draw(rt, "types") {
		q.Types = query.AnyType(rapid.SliceOfNDistinct(rapid.SampledFrom([]entity.Name{"A", "B", "C"}), 1, 3, func(n entity.Name) entity.Name { return n }).Draw(rt, "of")...)
	}
	switch rapid.IntRange(0, 4).Draw(rt, "by") {
	case 0:
		q.IDs = []entity.ID{entity.ID(m.id(rt)), entity.ID(m.id(rt)), "urn:none"}
	case 1:
		p := query.ScopePattern{Levels: []string{rapid.SampledFrom([]string{"a", "c", "+"}).Draw(rt, "level")}, Tree: rapid.Bool().Draw(rt, "tree")}
		q.Scope = &query.ScopeExpr{Any: [][]query.ScopePattern{{p}}}
	case 2, 3:
		lonlat := rapid.SampledFrom(points).Draw(rt, "near")
		g, err := geo.ParseCoordinates("Point", []byte("["+lonlat+"]"))
		if err != nil {
			rt.Fatal(err)
		}
		pr, err := geo.Near(g, 0, rapid.SampledFrom([]float64{1, 1000, 200_000, 8e6}).Draw(rt, "metres"))
		if err != nil {
			rt.Fatal(err)
		}
		q.Geo = &query.Geo{Property: "loc", Predicate: pr}
	}
	if rapid.Bool().Draw(rt, "wanted") {
		q.Wanted = []entity.Name{"p"}
	}
	return q
}

func (m *machine) sel(rt *rapid.T) {
	sp, mo, q := m.space(rt), m.moment(rt), m.query(rt)
	if mo.Valid != 0 {
		q.Now = mo.Valid
	}
	m.same(rt, "select", func(d store.Driver, exact bool) string {
		var out []string
		last := entity.Number(0)
		for s, err := range d.Select(m.tb.Context(), sp, mo, q, 0) {
			if err != nil {
				return err.Error()
			}
			if s.Number <= last {
				rt.Fatalf("number %d after %d", s.Number, last)
			}
			last = s.Number
			if e := q.See(s.Entity, nil); e != nil {
				seen := *e
				if q.Wanted != nil { // drivers may leave the rest out
					seen.Attrs = slices.DeleteFunc(slices.Clone(e.Attrs), func(i entity.Instance) bool { return i.Name != "p" })
				}
				out = append(out, show(&seen, exact))
			}
		}
		// Numbers differ between drivers with other partitions only.
		if !exact {
			slices.Sort(out)
		}
		types, err := d.TypesOf(m.tb.Context(), sp)
		return fmt.Sprint(strings.Join(out, "\n"), types, err)
	})
}

func (m *machine) history(rt *rapid.T) {
	sp, id := m.space(rt), entity.ID(m.id(rt))
	w := store.Window{Clock: store.Clock(rapid.IntRange(0, 3).Draw(rt, "clock"))}
	if rapid.Bool().Draw(rt, "from") {
		w.From = Start + entity.Instant(rapid.IntRange(-5000, 5000).Draw(rt, "fromMinute"))*60e6
	}
	if rapid.Bool().Draw(rt, "to") {
		w.To = Start + entity.Instant(rapid.IntRange(-5000, 5000).Draw(rt, "toMinute"))*60e6
	}
	if rapid.Bool().Draw(rt, "names") {
		w.Names = []entity.Name{"p"}
	}
	w.Last, w.Limit = rapid.IntRange(0, 3).Draw(rt, "last"), rapid.IntRange(0, 3).Draw(rt, "limit")
	m.same(rt, "history", func(d store.Driver, exact bool) string {
		head, ss, err := d.History(m.tb.Context(), sp, id, w)
		var b strings.Builder
		fmt.Fprintln(&b, show(head, exact), err)
		for _, s := range ss {
			fmt.Fprintln(&b, s.Name, s.Dataset, s.More)
			for i := range s.Points {
				fmt.Fprintln(&b, showInstance(&s.Points[i], exact))
			}
		}
		return b.String()
	})
}

func (m *machine) log(rt *rapid.T) {
	step := rapid.IntRange(1, 5).Draw(rt, "step")
	keep := rapid.Bool().Draw(rt, "keep")
	next := make(map[store.Driver]store.Cursor)
	m.same(rt, "log", func(d store.Driver, exact bool) string {
		at := m.starts[slices.Index(m.ds, d)]
		var out []string
		for {
			rs, to, err := d.Read(m.tb.Context(), at, step)
			if err != nil {
				return err.Error()
			}
			if len(rs) == 0 {
				break
			}
			for _, r := range rs {
				out = append(out, showRecord(&r, exact))
			}
			at = to
		}
		next[d] = at
		if !exact { // partitions have no order among them
			slices.Sort(out)
		}
		return strings.Join(out, "\n")
	})
	for i, d := range m.ds {
		if keep {
			m.starts[i] = next[d]
		}
	}
}

func (m *machine) reopen(rt *rapid.T) {
	for i, s := range m.subjects {
		if s.Reopen != nil {
			m.ds[i] = s.Reopen(m.tb, m.ds[i], m.c)
		}
	}
}

func (m *machine) expired(rt *rapid.T) {
	sweep := rapid.Bool().Draw(rt, "sweep")
	due := map[store.Driver][]store.Expired{}
	m.same(rt, "expired", func(d store.Driver, _ bool) string {
		x, err := d.Expired(m.tb.Context(), m.now(), 100)
		due[d] = x
		var out []string
		for _, e := range x {
			out = append(out, fmt.Sprint(e))
		}
		slices.Sort(out)
		return fmt.Sprint(out, err)
	})
	if !sweep {
		return
	}
	for _, d := range m.ds {
		slices.SortFunc(due[d], func(a, b store.Expired) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, e := range due[d] {
			if _, _, err := d.Commit(m.tb.Context(), e.Space, []store.Mutation{store.SweepMutation(e)}, store.CommitOptions{}); err != nil {
				rt.Fatal(err)
			}
		}
	}
}

func show(e *entity.Entity, exact bool) string {
	if e == nil {
		return "none"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v %v %d %d %d", e.ID, e.Types, e.Scopes, e.CreatedAt-Start, e.ModifiedAt-Start, e.ExpiresAt)
	if exact {
		fmt.Fprintf(&b, " #%d@%d", e.Number, e.At)
	}
	for i := range e.Attrs {
		b.WriteString(" " + showInstance(&e.Attrs[i], exact))
	}
	return b.String()
}

func showInstance(i *entity.Instance, exact bool) string {
	s := fmt.Sprintf("(%s#%s %v %s o%d c%d m%d d%d x%d", i.Name, i.Dataset, i.Kind, i.Value, i.ObservedAt, i.CreatedAt-Start, i.ModifiedAt-Start, i.DeletedAt, i.ExpiresAt)
	if exact {
		s += fmt.Sprintf(" @%d.%d", i.At, i.Ordinal)
	}
	return s + ")"
}

func showRecord(r *change.Record, exact bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %s %d before %s after %s", r.Kind, r.ID, r.Time, show(r.Before, exact), show(r.After, exact))
	for _, d := range r.Deltas {
		b.WriteString(" delta")
		for _, i := range []*entity.Instance{d.Before, d.After} {
			if i != nil {
				b.WriteString(showInstance(i, exact))
			} else {
				b.WriteString("()")
			}
		}
	}
	for i := range r.Points {
		b.WriteString(" point" + showInstance(&r.Points[i], exact))
	}
	if exact {
		fmt.Fprintf(&b, " @%d %d", r.At, r.Commit)
	}
	return b.String()
}
