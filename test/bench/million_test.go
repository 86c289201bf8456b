package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// meter writes an entity of one type that all share and one of ten, with a
// name that is its own, a place, and a number that one in a thousand has.
func meter(buf *bytes.Buffer, i int) {
	lon, lat := place(i)
	fmt.Fprintf(buf, `{"id":%q,"type":["Meter","Meter%d"],"name":"meter %06d","reading":{"type":"Property","value":%d.%d,"unitCode":"KWH","observedAt":%q},"street":{"type":"Property","value":%q},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[%.6f,%.6f]}}}`,
		id(i), i%10, i*7919%1_000_000, i%1000, i%10, observed(i%86400), streets(i), lon, lat)
}

func streets(i int) string {
	return []string{"Rue de l'Église", "Grand-Place", "Ångström Street", "Zuidlaan"}[i*31%4]
}

// hugeCity is how many entities there are: a million for the figures in
// docs/benchmarks.md, which takes a minute to load.
func hugeCity(b *testing.B) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("BEFFROI_BENCH_ENTITIES"), "20000"))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// Questions of every cost to one large city: each is asked some times, and
// its median and worst are told. BEFFROI_BENCH_DATA names a folder that is
// kept for the next run.
func BenchmarkLargeCity(b *testing.B) {
	n := hugeCity(b)
	s := &process.Server{Binary: process.Build(b), Dir: cmp.Or(os.Getenv("BEFFROI_BENCH_DATA"), filepath.Join(b.TempDir(), "data")), MQTT: "off"}
	if err := s.Start(nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Kill)
	if got := count(b, s.Base, "type=Meter0"); got != n/10 {
		load(b, s.Base, n, meter)
	}
	last := url.QueryEscape(id(n - 1))
	for _, q := range []struct{ name, query string }{
		{"page", "type=Meter"},
		{"page-of-tenth", "type=Meter7"},
		{"page-all-types", "type=*"},
		{"offset-9-tenths", fmt.Sprintf("type=Meter&offset=%d", n*9/10)},
		{"count-of-type", "type=Meter&count=true"},
		{"count-of-tenth", "type=Meter7&count=true&limit=0"},
		{"count-all-types", "type=*&count=true"},
		{"count-two-types", "type=Meter1,Meter2&count=true&limit=0"},
		{"count-of-q", "type=Meter&q=reading%3C500&count=true"},
		{"q-common", "type=Meter&q=reading%3E500"},
		{"q-rare", "type=Meter&q=name==%22meter%20999999%22"},
		{"q-none", "q=nothing"},
		{"attrs", "attrs=street"},
		{"pattern-prefix", "type=Meter&idPattern=^" + url.QueryEscape(id(n - 1)[:len(id(n-1))-1])},
		{"pattern-suffix", "type=Meter&idPattern=99$"},
		{"id", "type=Meter&id=" + last},
		{"near", "type=Meter&georel=near%3BmaxDistance==1000&geometry=Point&coordinates=%5B3.2,50.6%5D"},
		{"near-wide", "type=Meter&georel=near%3BmaxDistance==50000&geometry=Point&coordinates=%5B3.2,50.6%5D"},
		{"order-number", "type=Meter&local=true&orderBy=reading%3Bdesc"},
		{"order-text", "type=Meter&local=true&orderBy=street,name"},
		{"order-distance", "type=Meter&local=true&orderBy=location%3Bdist-asc&orderFrom=%5B3.2,50.6%5D"},
		{"order-offset-9-tenths", fmt.Sprintf("type=Meter&local=true&orderBy=name&offset=%d", min(n*9/10, 90_000))},
	} {
		b.Run(q.name, func(b *testing.B) { latencies(b, s, "/ngsi-ld/v1/entities?"+q.query) })
	}
	for _, path := range []string{"types", "types?details=true", "types/Meter", "attributes", "attributes/name"} {
		b.Run("discover-"+strings.NewReplacer("/", "-", "?", "-").Replace(path), func(b *testing.B) { latencies(b, s, "/ngsi-ld/v1/"+path) })
	}
	for name, path := range map[string]string{"follow": "type=Meter&limit=1000", "follow-order": "type=Meter7&local=true&orderBy=street,name&limit=1000"} {
		b.Run(name, func(b *testing.B) { follow(b, s, "/ngsi-ld/v1/entities?"+path) })
	}
}

func count(b *testing.B, base, query string) int {
	b.Helper()
	r, err := http.Get(base + "/ngsi-ld/v1/entities?limit=0&count=true&" + query)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Body.Close()
	n, _ := strconv.Atoi(r.Header.Get("NGSILD-Results-Count"))
	return n
}

// fetch asks and gives the address of the next page.
func fetch(b *testing.B, address string) (next string, took time.Duration) {
	b.Helper()
	began := time.Now()
	r, err := http.Get(address)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d, %v", address, r.StatusCode, err)
	}
	took = time.Since(began)
	if m := regexp.MustCompile(`<([^>]*)>; rel="next"`).FindStringSubmatch(strings.Join(r.Header.Values("Link"), ",")); m != nil {
		next = m[1]
	}
	return next, took
}

func latencies(b *testing.B, s *process.Server, path string) {
	var all []time.Duration
	before := spent(b, s)
	for b.Loop() {
		_, took := fetch(b, s.Base+path)
		all = append(all, took)
	}
	b.ReportMetric(float64((spent(b, s)-before).Microseconds())/float64(len(all)), "server-cpu-us/op")
	report(b, "", all)
	resident(b, s)
}

func report(b *testing.B, what string, all []time.Duration) {
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1e3, what+"p50-ms")
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1e3, what+"max-ms")
}

// follow follows next to the end, and compares the first pages with the last.
func follow(b *testing.B, s *process.Server, path string) {
	for b.Loop() {
		var all []time.Duration
		for next := s.Base + path; next != ""; {
			var took time.Duration
			next, took = fetch(b, next)
			all = append(all, took)
		}
		some := max(1, len(all)/10)
		report(b, "first-", slices.Clone(all[:some]))
		report(b, "last-", slices.Clone(all[len(all)-some:]))
		b.ReportMetric(float64(len(all)), "pages")
	}
	resident(b, s)
}
