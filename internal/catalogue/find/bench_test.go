package find

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/geo"
)

var asked = []string{"", "qualité air", "velos", "fietsen", "parking", "écoles pop", "v", "luchtkwalitiet", "bibliothèques musées", "comptages routiers circulation", "données", "budget 20", "shared bik", "xyzzy", "Commune de"}

func questions() []Query {
	facets := []Facet{Theme, Format, Publisher, Licence, HighValue, Frequency}
	var out []Query
	for _, text := range asked {
		q := Query{Where: Text(text), Limit: 20, Lang: "fr", Now: 500, Count: facets}
		if text != "" {
			q.Sort = []Order{{By: Relevance}}
		}
		narrow := q
		narrow.Any[Theme], narrow.Live, narrow.Box = []string{"TRAN", "ENVI"}, true, &geo.Rect{West: 3, South: 50, East: 4, North: 51}
		deep := q
		deep.Offset = 2000
		out = append(out, q, narrow, deep)
	}
	return out
}

// BenchmarkSearch asks 50,000 descriptions in three languages; it gives the
// median and the slowest of its questions, and what the index holds.
func BenchmarkSearch(b *testing.B) {
	docs := generate(50_000, 1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	x := New()
	for _, d := range docs {
		x.Put(d)
	}
	built := time.Since(begin)
	runtime.GC()
	runtime.ReadMemStats(&after)
	var took []time.Duration
	qs := questions()
	for b.Loop() {
		for _, q := range qs {
			t := time.Now()
			x.Search(q)
			took = append(took, time.Since(t))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms-slowest")
	b.ReportMetric(built.Seconds(), "s-built")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(docs)
}
