package catalogue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// invented makes a harvested dataset as a regional portal has it.
func invented(rnd *rand.Rand, n int) *Harvested {
	words := strings.Fields("air vélos stations bus déchets arbres bruit parking comptages routiers travaux bâtiments cadastre eau énergie écoles population budget culture santé météo annuelles commune quartier fietsen haltes afval bomen geluid gebouwen water scholen cultuur gezondheid bikes waste trees noise buildings schools health weather")
	text := func(k int) string {
		var out []string
		for range k {
			out = append(out, words[min(rnd.IntN(len(words)), rnd.IntN(len(words)))])
		}
		return strings.Join(out, " ") + fmt.Sprint(" ref", rnd.IntN(40_000))
	}
	iri := fmt.Sprintf("https://region.example/id/%d", n)
	west := 2 + 3*rnd.Float64()
	return &Harvested{Slug: HarvestedSlug("region", iri), Source: "region", IRI: iri, Title: Texts{"fr": text(5), "nl": text(5), "en": text(5)}, Description: Texts{"fr": text(40), "nl": text(40), "en": text(40)},
		Publisher: Agent{Name: fmt.Sprint("Commune ", rnd.IntN(300))}, Themes: []string{[]string{"TRAN", "ENVI", "GOVE", "SOCI"}[rnd.IntN(4)]}, Keywords: map[string][]string{"fr": {text(1), text(1)}},
		Licence: "LO_2_0", Frequency: "ANNUAL", Rights: "PUBLIC", Box: []float64{west, 50, west + 0.1, 50.1}, Ways: []HarvestedWay{{AccessURL: iri, Format: "CSV"}, {AccessURL: iri, Format: "SHP"}}}
}

// BenchmarkSearchHarvested asks a catalogue with 50,000 harvested datasets,
// each question with its facets and the twenty datasets of its page. It gives
// the median and the slowest, how long after the harvest all is found, and
// what the index holds.
func BenchmarkSearchHarvested(b *testing.B) {
	const sets = 50_000
	now := entity.Instant(1_780_000_000_000_000)
	st := memstore.New(memstore.Options{Clock: func() time.Time { return now.Time() }})
	br := broker.New(st, broker.Options{Now: func() entity.Instant { return now }, Guard: Guard})
	s := New(Options{Broker: br, Log: st, Now: func() entity.Instant { return now }})
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() { stop(); <-ended }()
	rnd := rand.New(rand.NewPCG(3, 3))
	for at := 0; at < sets; at += 500 {
		var hs []*Harvested
		for n := at; n < at+500; n++ {
			hs = append(hs, invented(rnd, n))
		}
		if _, _, err := s.PutHarvested(ctx, broker.Call{}, hs); err != nil {
			b.Fatal(err)
		}
	}
	ask := func(q find.Query) Page {
		q.Limit, q.Lang, q.Count = 20, "fr", []find.Facet{find.Theme, find.Format, find.Publisher, find.Licence, find.HighValue, find.Frequency, find.Access, find.Source}
		p, err := s.Search(ctx, store.Space{}, q)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	heap := func() float64 {
		var m runtime.MemStats
		for range 3 { // a pool lets go of what it holds at the second
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / 1e6
	}
	t := time.Now() // wall clock: what it costs this machine
	for ask(find.Query{}).Total < sets {
		runtime.Gosched()
	}
	first := time.Since(t)
	with := heap()
	var took []time.Duration
	for b.Loop() {
		for _, text := range []string{"", "velos", "écoles pop", "fietsen", "parking commune", "s", "quaité", "ref12", "Commune 7", "xyzzy", "budget culture eau"} {
			for _, box := range []*geo.Rect{nil, {West: 3, South: 49, East: 4, North: 51}} {
				for _, themes := range [][]string{nil, {"TRAN"}} {
					q := find.Query{Where: find.Text(text), Box: box, Sort: []find.Order{{By: find.Relevance}, {By: find.ByTitle}}}
					q.Any[find.Theme] = themes
					t := time.Now()
					ask(q)
					took = append(took, time.Since(t))
				}
			}
		}
	}
	s.mu.Lock()
	clear(s.searches)
	s.mu.Unlock()
	held := with - heap()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "ms-median")
	b.ReportMetric(ms(took[len(took)-1]), "ms-slowest")
	b.ReportMetric(first.Seconds(), "s-found")
	b.ReportMetric(held, "MB-index")
}
