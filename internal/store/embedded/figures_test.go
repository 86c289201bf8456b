package embedded

import (
	"fmt"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// BenchmarkSlowSeries updates many series in turn, so that each is slow and
// the tail is always over its budget: the case that costs most.
func BenchmarkSlowSeries(b *testing.B) {
	for _, tail := range []int64{4 << 20, 64 << 20} {
		b.Run(fmt.Sprintf("tail=%dMiB", tail>>20), func(b *testing.B) {
			s := benchStore(b, 0, Options{TailBytes: tail})
			const n = 20_000 // entities, six series each
			load(b, s, n)
			round, sent := 0, 0
			before := cpu()
			for b.Loop() {
				var muts []store.Mutation
				for i := range 500 {
					f := city((round*500 + i) % n)
					f.Attrs = f.Attrs[:6]
					for k := range f.Attrs {
						f.Attrs[k].ObservedAt += entity.Instant(round) * 60e6
					}
					muts = append(muts, upsert(f))
				}
				round++
				sent += 3000
				if _, _, err := s.Commit(b.Context(), store.Space{}, muts, store.CommitOptions{}); err != nil {
					b.Fatal(err)
				}
			}
			st, _ := s.Stats(b.Context())
			b.ReportMetric(float64((cpu()-before).Nanoseconds())/1000/float64(sent), "cpu-us/point")
			b.ReportMetric(float64(st.TailBytes)/float64(max(st.TailPoints, 1)), "tail-B/point")
			b.ReportMetric(float64(st.TailBytes)/(1<<20), "tail-MiB")
		})
	}
}

// BenchmarkRecordSize tells what a record of the log takes for an update of
// one of nine attributes, with the state after it and without.
func BenchmarkRecordSize(b *testing.B) {
	s := benchStore(b, 0, Options{})
	load(b, s, 500)
	f := city(7)
	f.Attrs = f.Attrs[:1]
	if _, _, err := s.Commit(b.Context(), store.Space{}, []store.Mutation{upsert(f)}, store.CommitOptions{}); err != nil {
		b.Fatal(err)
	}
	rec, err := get(s.db, logKey(501))
	if err != nil {
		b.Fatal(err)
	}
	row, _ := get(s.db, space{1, 0}.entityKey(8))
	for b.Loop() {
		if _, _, _, err := s.decodeRecord(rec, 501); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rec)), "B/record")
	b.ReportMetric(float64(len(rec)-len(row)), "B/without-state")
}

// BenchmarkOpen opens a store whose tail has to be rebuilt from the log.
func BenchmarkOpen(b *testing.B) {
	o := Options{Dir: b.TempDir()}
	s, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	load(b, s, 20_000)
	load(b, s, 20_000)
	s.Close()
	for b.Loop() {
		start := time.Now()
		if s, err = Open(o); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms")
		b.StopTimer()
		s.Close()
		b.StartTimer()
	}
}
