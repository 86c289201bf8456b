package embedded

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/series"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

const day = 24 * time.Hour

// values gives the values of p of an entity by observation time.
func values(t testing.TB, s *Store, id string) []string {
	t.Helper()
	_, ss, err := s.History(t.Context(), store.Space{}, entity.ID(id), store.Window{Names: []entity.Name{"p"}})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range ss {
		for _, p := range x.Points {
			out = append(out, string(p.Value))
		}
	}
	return out
}

// chunkCounts gives the number of points of every chunk, in key order.
func chunkCounts(t testing.TB, s *Store) (counts []int, months map[uint16]bool) {
	t.Helper()
	months = map[uint16]bool{}
	err := scan(s.db, space{1, 0}.key(kindHistory, 0), func(k, v []byte) error {
		_, month, _, _, _ := chunkPlace(k)
		months[month] = true
		_, c, _ := unwrapChunk(v)
		h, err := series.ParseHeader(c)
		counts = append(counts, h.Count)
		// A chunk never crosses a month.
		if monthOf(h.Observed.Min) != month || monthOf(h.Observed.Max) != month {
			t.Errorf("a chunk of month %d spans %v", month, h.Observed)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts, months
}

func TestSealing(t *testing.T) {
	fs := vfs.NewCrashableMem()
	c := storetest.NewClock()
	o := Options{FS: fs, Clock: c.Now}
	s := open(t, o)
	var want []string
	for i := range 1000 {
		if i == 500 { // in the middle of things
			fs = fs.CrashClone(vfs.CrashCloneCfg{})
			s.Close()
			o.FS = fs
			s = open(t, o)
		}
		in := storetest.Prop("p", fmt.Sprint(i))
		in.ObservedAt = storetest.Start + entity.Instant(i)*3600e6 // 41 days
		put(t, s, "urn:a", in)
		want = append(want, fmt.Sprint(i))
	}
	if got := values(t, s, "urn:a"); !slices.Equal(got, want) {
		t.Fatalf("history has %d points: %v", len(got), got)
	}
	s.keepTailNow()
	counts, months := chunkCounts(t, s)
	if len(counts) < 4 || len(months) < 2 || slices.Max(counts) < series.Target {
		t.Errorf("chunks of %v points in months %v", counts, months)
	}
	st, err := s.Stats(t.Context())
	if err != nil || st.TailPoints > 2*series.Target {
		t.Errorf("the tail holds %d points", st.TailPoints)
	}
	// Late points find their chunk in their month, and come back in order.
	late := storetest.Prop("p", `"late"`)
	late.ObservedAt = storetest.Start + 1800e6
	if _, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Record("urn:a", late)}, store.CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	want = slices.Insert(want, 1, `"late"`)
	if got := values(t, s, "urn:a"); !slices.Equal(got, want) {
		t.Errorf("with a late point: %v", got[:4])
	}
	// All of it in chunks, and after another restart.
	s.Close()
	o.TailBytes = 1
	s = open(t, o)
	s.keepTailNow()
	if st, _ := s.Stats(t.Context()); st.TailPoints != 0 || st.TailBytes != 0 {
		t.Errorf("the tail has %d points and %d bytes though it may have none", st.TailPoints, st.TailBytes)
	}
	s.Close()
	s = open(t, o)
	if got := values(t, s, "urn:a"); !slices.Equal(got, want) {
		t.Errorf("after a restart: %d points", len(got))
	}
	if st, _ := s.Stats(t.Context()); st.TailPoints != 0 {
		t.Errorf("after a restart the tail has %d points that chunks have", st.TailPoints)
	}
}

// TestManySlowSeries has more series than the tail's budget allows.
// TestFewPoints asks for the first or last points of a long series, of which
// some came late, and wants what reading all of it gives.
func TestFewPoints(t *testing.T) {
	s := open(t, Options{TailBytes: 1})
	base := storetest.Start
	for round := range 5 {
		var in []entity.Instance
		for i := range 600 {
			in = append(in, storetest.At(storetest.Prop("p", fmt.Sprint(round*1000+i)), base+entity.Instant((i*7919+round*131)%3000)*3600e6))
		}
		if _, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Record("urn:a", in...)}, store.CommitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.keepTailNow()
	history := func(w store.Window) store.Series {
		_, ss, err := s.History(t.Context(), store.Space{}, "urn:a", w)
		if err != nil || len(ss) != 1 {
			t.Fatal(ss, err)
		}
		return ss[0]
	}
	for _, w := range []store.Window{{Last: 1}, {Last: 10}, {Last: 500}, {Last: 5000}, {Limit: 1}, {Limit: 700}, {Limit: 5000}, {Last: 10, Limit: 3}, {Last: 3, Limit: 10},
		{Last: 5, To: base + 1500*3600e6}, {Limit: 5, From: base + 700*3600e6}, {Clock: store.ModifiedAt, Last: 2}, {Clock: store.ModifiedAt, Limit: 2}} {
		all := history(store.Window{Clock: w.Clock, From: w.From, To: w.To}).Points
		want := w.Pick(slices.Clone(all))[0]
		got := history(w)
		if got.More != want.More || len(got.Points) != len(want.Points) || got.Points[0].Ordinal != want.Points[0].Ordinal || got.Points[0].At != want.Points[0].At {
			t.Errorf("%+v: %d points, more %v; want %d, %v", w, len(got.Points), got.More, len(want.Points), want.More)
		}
	}
}

func TestManySlowSeries(t *testing.T) {
	s := open(t, Options{TailBytes: 20_000})
	for round := range 4 {
		for k := range 10 {
			var muts []store.Mutation
			for i := range 100 {
				muts = append(muts, storetest.Upsert(fmt.Sprintf("urn:%d", k*100+i), storetest.Prop("p", fmt.Sprint(round))))
			}
			if _, _, err := s.Commit(t.Context(), store.Space{}, muts, store.CommitOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		s.keepTailNow()
		if st, _ := s.Stats(t.Context()); st.TailBytes > 20_000 {
			t.Errorf("round %d: the tail has %d bytes", round, st.TailBytes)
		}
	}
	for i := range 1000 {
		_, ss, err := s.History(t.Context(), store.Space{}, entity.ID(fmt.Sprintf("urn:%d", i)), store.Window{Clock: store.ModifiedAt})
		if err != nil || len(ss) != 1 || len(ss[0].Points) != 4 {
			t.Fatalf("urn:%d: %v, %v", i, ss, err)
		}
	}
	if counts, _ := chunkCountsAny(t, s); len(counts) > 1000 {
		t.Errorf("%d chunks for 1,000 series: partial ones are not filled up", len(counts))
	}
}

func chunkCountsAny(t testing.TB, s *Store) (counts []int, err error) {
	err = scan(s.db, space{1, 0}.key(kindHistory, 0), func(_, v []byte) error {
		counts = append(counts, len(v))
		return nil
	})
	return counts, err
}

func TestRetention(t *testing.T) {
	c := storetest.NewClock()
	s := open(t, Options{Clock: c.Now, TailBytes: 1, Retention: []Rule{{Type: "Thing", Attr: "q"}, {Type: "Thing", Attr: "p", Keep: 30 * day}, {Attr: "p", Keep: day}}})
	for i := range 100 { // a point each second day
		p, q := storetest.Prop("p", fmt.Sprint(i)), storetest.Prop("q", fmt.Sprint(i))
		p.ObservedAt = entity.Instant(c.Now().UnixMicro())
		q.ObservedAt = p.ObservedAt
		put(t, s, "urn:a", p, q)
		c.Add(2 * day)
	}
	s.keepTailNow()
	if got := values(t, s, "urn:a"); len(got) != 100 {
		t.Fatalf("before: %d points", len(got))
	}
	if err := s.Housekeep(); err != nil {
		t.Fatal(err)
	}
	if got := values(t, s, "urn:a"); len(got) != 15 || got[0] != "85" || got[14] != "99" {
		t.Errorf("of p, kept for 30 days, are left %v", got)
	}
	_, ss, err := s.History(t.Context(), store.Space{}, "urn:a", store.Window{Names: []entity.Name{"q"}})
	if err != nil || len(ss[0].Points) != 100 {
		t.Errorf("of q, kept for ever, are left %v, %v", ss, err)
	}
}

func TestRetentionChanges(t *testing.T) {
	c := storetest.NewClock()
	o := Options{Clock: c.Now, TailBytes: 1, FS: vfs.NewMem()}
	s := open(t, o)
	for i := range 600 { // two a day
		p, q := storetest.Prop("p", fmt.Sprint(i)), storetest.Prop("q", fmt.Sprint(i))
		p.ObservedAt = entity.Instant(c.Now().UnixMicro())
		q.ObservedAt = p.ObservedAt
		put(t, s, "urn:a", p, q)
		c.Add(day / 2)
	}
	s.keepTailNow()
	again := func(rules ...Rule) {
		t.Helper()
		s.Close()
		o.Retention = rules
		s = open(t, o)
		if err := s.Housekeep(); err != nil {
			t.Fatal(err)
		}
	}
	again(Rule{Attr: "p", Keep: 100 * day})
	if got := values(t, s, "urn:a"); len(got) != 200 {
		t.Errorf("kept for 100 days: %d", len(got))
	}
	again()
	c.Add(500 * day)
	if err := s.Housekeep(); err != nil {
		t.Fatal(err)
	}
	if got := values(t, s, "urn:a"); len(got) != 200 {
		t.Errorf("kept for ever again: %d", len(got))
	}
	_, ss, err := s.History(t.Context(), store.Space{}, "urn:a", store.Window{Names: []entity.Name{"q"}})
	if err != nil || len(ss[0].Points) != 600 {
		t.Errorf("q: %v", err)
	}
}

func TestLogIsTrimmed(t *testing.T) {
	c := storetest.NewClock()
	fs := vfs.NewMem()
	o := Options{FS: fs, Clock: c.Now, LogRecords: 100, LogAge: 10 * day}
	s := open(t, o)
	start, _ := s.Head(t.Context())
	for i := range 300 {
		put(t, s, "urn:a", storetest.Prop("p", fmt.Sprint(i)))
	}
	if err := s.Housekeep(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Read(t.Context(), start, 1); !problem.Is(err, problem.CursorLost) {
		t.Errorf("a cursor older than the log: %v", err)
	}
	if _, _, err := s.Read(t.Context(), store.Cursor{}, 1); !problem.Is(err, problem.CursorLost) {
		t.Errorf("the zero cursor: %v", err)
	}
	if rs, _, err := s.Read(t.Context(), s.cursor(200), 1000); err != nil || len(rs) != 100 || rs[0].At != 201 {
		t.Errorf("the newest records: %d, %v", len(rs), err)
	}
	// What the log no longer has is in chunks.
	history := func() int {
		_, ss, err := s.History(t.Context(), store.Space{}, "urn:a", store.Window{Clock: store.ModifiedAt})
		if err != nil {
			t.Fatal(err)
		}
		return len(ss[0].Points)
	}
	if n := history(); n != 300 {
		t.Errorf("history has %d points", n)
	}
	s.Close()
	s = open(t, o)
	if n := history(); n != 300 {
		t.Errorf("after a restart history has %d points", n)
	}
	if _, _, err := s.Read(t.Context(), s.cursor(199), 1); !problem.Is(err, problem.CursorLost) {
		t.Errorf("after a restart: %v", err)
	}
	// By age.
	c.Add(6 * day)
	put(t, s, "urn:a", storetest.Prop("p", "x"))
	c.Add(6 * day)
	if err := s.Housekeep(); err != nil {
		t.Fatal(err)
	}
	if rs, _, err := s.Read(t.Context(), s.cursor(300), 10); err != nil || len(rs) != 1 {
		t.Errorf("the record that is young enough: %v, %v", rs, err)
	}
	if _, _, err := s.Read(t.Context(), s.cursor(299), 1); !problem.Is(err, problem.CursorLost) {
		t.Errorf("a record that is too old: %v", err)
	}
	c.Add(20 * day)
	if err := s.Housekeep(); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, o)
	if r := put(t, s, "urn:a", storetest.Prop("p", "y")); r.At != 302 {
		t.Errorf("after an empty log the next place is %d", r.At)
	}
}

func TestEveryKeyIsInAKeyspace(t *testing.T) {
	s := open(t, Options{TailBytes: 1})
	o, err := s.OriginOf(t.Context(), store.Origin{Account: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	m := storetest.UpsertFragment(entity.Fragment{ID: "urn:a", Types: []entity.Name{"T"}, Scopes: []string{"/a/b"}, HasExpiry: true, ExpiresAt: 1 << 60,
		Attrs: []entity.Instance{storetest.Odd("odd"), storetest.Prop("big", `"`+strings.Repeat("x", 1000)+`"`), {Name: "loc", Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[4,51]}`)}}})
	m.Origin = o
	if _, _, err := s.Commit(t.Context(), store.Space{Tenant: "x", Layer: "y"}, []store.Mutation{m, storetest.Upsert("urn:a", storetest.Odd("odd")), storetest.Upsert("urn:a", storetest.Odd("odd")), storetest.Edit("urn:a", change.Edit{Name: "odd"})}, store.CommitOptions{CreateTenant: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), []store.RecordWrite{{Key: store.Key{Kind: "k", Name: "n"}, Value: []byte{1}}}); err != nil {
		t.Fatal(err)
	}
	s.keepTailNow()
	spaces := map[byte]keyspace{}
	for _, k := range keyspaces() {
		if _, twice := spaces[k.kind]; twice {
			t.Errorf("kind %c stands twice", k.kind)
		}
		spaces[k.kind] = k
	}
	met := map[byte]bool{}
	it, err := s.db.NewIter(&pebble.IterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		k := it.Key()
		ks, known := spaces[k[6]]
		if !known || ks.system != (binary.BigEndian.Uint32(k) == systemTenant) {
			t.Errorf("key %q is in no keyspace", k)
		}
		met[k[6]] = true
	}
	for kind := range spaces {
		if !met[kind] {
			t.Errorf("this test makes no key of kind %c", kind)
		}
	}
}
