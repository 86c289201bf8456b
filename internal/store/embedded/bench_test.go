package embedded

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// slowFS adds a delay to each sync: what a consumer's disk costs.
type slowFS struct {
	vfs.FS
	delay time.Duration
}

type slowFile struct {
	vfs.File
	delay time.Duration
}

func (f slowFile) Sync() error     { time.Sleep(f.delay); return f.File.Sync() }
func (f slowFile) SyncData() error { time.Sleep(f.delay); return f.File.SyncData() }
func (f slowFile) SyncTo(n int64) (bool, error) {
	time.Sleep(f.delay)
	return f.File.SyncTo(n)
}

func (s slowFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := s.FS.Create(name, c)
	if err != nil {
		return nil, err
	}
	return slowFile{f, s.delay}, nil
}

func (s slowFS) ReuseForWrite(a, b string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := s.FS.ReuseForWrite(a, b, c)
	if err != nil {
		return nil, err
	}
	return slowFile{f, s.delay}, nil
}

// cpu gives the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchStore(b *testing.B, delay time.Duration, o Options) *Store {
	b.Helper()
	o.Dir = b.TempDir()
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	if delay > 0 {
		o.FS = slowFS{vfs.Default, delay}
	}
	s, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// city gives an entity of about 1.5 kB as NGSI-LD: six numbers, a name, a
// place, a reference.
func city(i int) entity.Fragment {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	const ns = "https://uri.etsi.org/ngsi-ld/default-context/"
	f := entity.Fragment{ID: entity.ID(fmt.Sprintf("urn:ngsi-ld:AirQualityObserved:station-%07d", i)), Types: []entity.Name{entity.Name(fmt.Sprintf("%sType%d", ns, i%10))}}
	for k := range 6 {
		f.Attrs = append(f.Attrs, entity.Instance{Name: entity.Name(fmt.Sprintf("%smeasure%d", ns, k)), Kind: entity.Property, Unit: "CEL",
			Value: fmt.Appendf(nil, "%.2f", r.Float64()*100), ObservedAt: entity.Instant(1_793_000_000_000_000 + i)})
	}
	f.Attrs = append(f.Attrs,
		entity.Instance{Name: ns + "name", Kind: entity.Property, Value: fmt.Appendf(nil, "%q", fmt.Sprintf("Station number %d in the street", i))},
		entity.Instance{Name: "https://uri.etsi.org/ngsi-ld/location", Kind: entity.GeoProperty, Value: fmt.Appendf(nil, `{"type":"Point","coordinates":[%.6f,%.6f]}`, 3.0+r.Float64()*0.42, 50.6+r.Float64()*0.27)},
		entity.Instance{Name: ns + "refDevice", Kind: entity.Relationship, Value: fmt.Appendf(nil, `"urn:ngsi-ld:Device:%d"`, i)})
	return f
}

func upsert(f entity.Fragment) store.Mutation {
	return store.Mutation{ID: f.ID, Apply: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		if cur == nil {
			e, err := entity.Create(f, now)
			return change.Effect{After: e}, err
		}
		e, _, err := entity.Append(cur, f, true, now)
		return change.Effect{After: e}, err
	}}
}

func load(b *testing.B, s *Store, n int) {
	b.Helper()
	for at := 0; at < n; at += 500 {
		var muts []store.Mutation
		for i := at; i < min(at+500, n); i++ {
			muts = append(muts, upsert(city(i)))
		}
		if _, _, err := s.Commit(b.Context(), store.Space{}, muts, store.CommitOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, delay := range []time.Duration{0, 2 * time.Millisecond} {
		for _, writers := range []int{1, 64, 512} {
			b.Run(fmt.Sprintf("sync+%v/writers=%d", delay, writers), func(b *testing.B) {
				s := benchStore(b, delay, Options{})
				const n = 20_000
				load(b, s, n)
				updates := make([]entity.Fragment, n)
				for i := range updates {
					updates[i] = city(i)
					updates[i].Attrs = updates[i].Attrs[:1]
				}
				var next atomic.Int64
				b.SetParallelism((writers + 1) / 2)
				before, began := cpu(), s.groups.Load()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := int(next.Add(1))
						f := updates[i*7919%n]
						f.Attrs = []entity.Instance{f.Attrs[0]}
						f.Attrs[0].Value = fmt.Appendf(nil, "%d.%02d", i%100, i%97)
						if _, _, err := s.Commit(b.Context(), store.Space{}, []store.Mutation{upsert(f)}, store.CommitOptions{}); err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
				b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/op")
				b.ReportMetric(float64(b.N)/float64(s.groups.Load()-began), "ops/group")
			})
		}
	}
}

// BenchmarkBatch upserts 500 entities of six attributes at a time.
func BenchmarkBatch(b *testing.B) {
	s := benchStore(b, 0, Options{})
	round := 0
	var points int
	before := cpu()
	for b.Loop() {
		var muts []store.Mutation
		for i := range 500 {
			f := city((round*500 + i) % 10_000)
			f.Attrs = f.Attrs[:6]
			points += 6
			muts = append(muts, upsert(f))
		}
		round++
		if _, _, err := s.Commit(b.Context(), store.Space{}, muts, store.CommitOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(points/6)/b.Elapsed().Seconds(), "entities/s")
	b.ReportMetric(float64(points)/b.Elapsed().Seconds(), "points/s")
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(points/6), "cpu-us/entity")
}

func BenchmarkRetrieve(b *testing.B) {
	s := benchStore(b, 0, Options{})
	const n = 50_000
	load(b, s, n)
	ids := make([]entity.ID, n)
	for i := range ids {
		ids[i] = city(i).ID
	}
	i := 0
	for b.Loop() {
		i++
		if _, err := s.Entity(b.Context(), store.Space{}, store.Moment{}, ids[i*7919%n]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	s := benchStore(b, 0, Options{CacheBytes: 512 << 20})
	const n = 100_000
	load(b, s, n)
	center, err := geo.NewPoint(geo.Point{Lon: 3.2, Lat: 50.73})
	if err != nil {
		b.Fatal(err)
	}
	near, err := geo.Near(center, 0, 1000)
	if err != nil {
		b.Fatal(err)
	}
	const ns = "https://uri.etsi.org/ngsi-ld/default-context/"
	queries := map[string]*query.Query{
		"type, first 20": {Types: query.OneType(ns + "Type3")},
		"near 1 km":      {Types: query.OneType(ns + "Type3"), Geo: &query.Geo{Property: query.LocationName, Predicate: near}},
	}
	for name, q := range queries {
		b.Run(name, func(b *testing.B) {
			hits := 0
			for b.Loop() {
				asked := *q
				asked.Now = s.now()
				k := 0
				for x, err := range s.Select(b.Context(), store.Space{}, store.Moment{}, &asked, 0) {
					if err != nil {
						b.Fatal(err)
					}
					if asked.See(x.Entity, nil) != nil {
						hits++
						if k++; k == 20 && q.Geo == nil {
							break
						}
					}
				}
			}
			b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
		})
	}
}
