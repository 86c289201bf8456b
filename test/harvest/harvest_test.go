// Package harvest lets a beffroi take in a large catalogue that is generated,
// ends it in the middle, and looks at what it has in the end, what memory it
// took and what a page of its own catalogue then costs.
//
// What always holds: the catalogue is the same for the same number of
// datasets; figures are printed, and only what must never be is a failure.
package harvest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// perPage is how many datasets a page of the other catalogue has.
const perPage = 100

// maxResident bounds what the server may hold at any time, in bytes: what
// 50,000 datasets as one document would take many times over.
const maxResident = 1200 << 20

// datasets is how many the other catalogue has.
func datasets(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BEFFROI_HARVEST_DATASETS")
	if text == "" {
		return 1_500
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 10*perPage {
		t.Fatalf("BEFFROI_HARVEST_DATASETS=%q is no number from %d on", text, 10*perPage)
	}
	return n
}

const prefixes = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n@prefix dct: <http://purl.org/dc/terms/> .\n@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .\n" +
	"@prefix hydra: <http://www.w3.org/ns/hydra/core#> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"

// words make titles and descriptions that differ.
var words = [...]string{"arbres", "budget", "cadastre", "déchets", "écoles", "fontaines", "gares", "hydrants", "inventaire", "jardins", "kiosques", "logements", "marchés", "navettes", "observations", "parkings"}

// dataset writes number n in Turtle.
func dataset(b *bytes.Buffer, n int) {
	w := func(k int) string { return words[(n/(k+1)+k*7)%len(words)] }
	fmt.Fprintf(b, "<https://big.example/id/%d> a dcat:Dataset ; dct:title \"Jeu %d : %s et %s\"@fr, \"Set %d: %s\"@en ;\n", n, n, w(0), w(1), n, w(2))
	fmt.Fprintf(b, " dct:description \"Les %s, les %s et les %s de la ville, tels qu’ils sont relevés chaque année par le service des %s. Fichier numéro %d.\"@fr ;\n", w(0), w(1), w(2), w(3), n)
	fmt.Fprintf(b, " dct:publisher <https://big.example/org/%d> ; dcat:contactPoint [ vcard:fn \"Guichet\" ; vcard:hasEmail <mailto:data%d@big.example> ] ; dcat:keyword \"%s\"@fr, \"%s\"@fr ;\n", n%50, n%50, w(0), w(1))
	fmt.Fprintf(b, " dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI> ; dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/ANNUAL> ;\n")
	fmt.Fprintf(b, " dct:issued \"2020-01-02\"^^xsd:date ; dct:modified \"2024-05-06T07:08:09Z\"^^xsd:dateTime ; dct:spatial [ dcat:bbox \"POLYGON((3 50, 4 50, 4 51, 3 51, 3 50))\" ] ;\n dcat:distribution <https://big.example/way/%d-csv>, <https://big.example/way/%d-json> .\n", n, n)
	for _, form := range []string{"csv", "json"} {
		fmt.Fprintf(b, "<https://big.example/way/%d-%s> a dcat:Distribution ; dcat:accessURL <https://big.example/%d> ; dcat:downloadURL <https://big.example/%d.%s> ; dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0> ; dct:format \"%s\" ; dcat:byteSize \"%d\"^^xsd:nonNegativeInteger .\n", n, form, n, n, form, form, 1000+n)
	}
}

func publishers(b *bytes.Buffer) {
	for n := range 50 {
		fmt.Fprintf(b, "<https://big.example/org/%d> a foaf:Organization ; foaf:name \"Service %d\" .\n", n, n)
	}
}

// portal serves the catalogue in pages at /pages and as one document at /all.
type portal struct {
	*httptest.Server
	total  int
	asked  atomic.Int64 // pages
	middle chan struct{}
}

func newPortal(t *testing.T, total int) *portal {
	p := &portal{total: total, middle: make(chan struct{})}
	pages := (total + perPage - 1) / perPage
	mux := http.NewServeMux()
	mux.HandleFunc("/pages", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil || n < 1 || n > pages {
			http.NotFound(w, r)
			return
		}
		if p.asked.Add(1) == int64(pages/2) {
			close(p.middle)
		}
		b := bytes.NewBufferString(prefixes)
		publishers(b)
		for i := (n - 1) * perPage; i < min(n*perPage, total); i++ {
			dataset(b, i)
		}
		if n < pages {
			fmt.Fprintf(b, "<%s/pages?page=%d> a hydra:PartialCollectionView ; hydra:next <%s/pages?page=%d> .\n", p.URL, n, p.URL, n+1)
		}
		w.Header().Set("Content-Type", "text/turtle")
		_, _ = w.Write(b.Bytes())
	})
	mux.HandleFunc("/all", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/turtle")
		b := bytes.NewBufferString(prefixes)
		for i := range total {
			dataset(b, i)
			if b.Len() > 1<<16 {
				if _, err := w.Write(b.Bytes()); err != nil {
					return
				}
				b.Reset()
			}
		}
		publishers(b)
		_, _ = w.Write(b.Bytes())
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// city is the server that harvests.
type city struct {
	t *testing.T
	process.Server
	most int64 // resident bytes seen
}

func (c *city) start() {
	c.t.Helper()
	if err := c.Start(nil); err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) ask(method, path, body string) (int, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.Base+path, bytes.NewBufferString(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, c.Log)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, b
}

func (c *city) must(status int, method, path, body string) []byte {
	c.t.Helper()
	got, b := c.ask(method, path, body)
	if got != status {
		c.t.Fatalf("%s %s: %d %s", method, path, got, b)
	}
	return b
}

type report struct {
	State  string         `json:"state"`
	Dry    bool           `json:"dry"`
	Pages  int            `json:"pages"`
	Counts map[string]int `json:"counts"`
	ByCode map[string]int `json:"byCode"`
}

// wait looks at the run until it has ended, and at memory meanwhile.
func (c *city) wait(slug string) report {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	told := 0
	for range tick.C {
		if n, err := c.Resident(); err == nil {
			c.most = max(c.most, n)
		}
		var got struct{ Running, Last *report }
		if err := json.Unmarshal(c.must(200, "GET", "/api/harvest/sources/"+slug, ""), &got); err != nil {
			c.t.Fatal(err)
		}
		if got.Running == nil {
			if got.Last == nil {
				c.t.Fatalf("the harvest ended without a report\n%s", c.Log)
			}
			return *got.Last
		}
		if seen := got.Running.Counts["seen"]; seen >= told+10_000 {
			told = seen
			c.t.Logf("%s: %d datasets, %d MiB resident", slug, seen, c.most>>20)
		}
	}
	return report{}
}

// TestLargeCatalogue is the whole story. Without -short it has 1,500 datasets;
// make long sets BEFFROI_HARVEST_DATASETS to 50,000.
func TestLargeCatalogue(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills a server")
	}
	n := datasets(t)
	pages := (n + perPage - 1) / perPage
	p := newPortal(t, n)
	c := &city{t: t, Server: process.Server{Binary: process.Build(t), Dir: t.TempDir(), MQTT: "off", Args: []string{"--outbound-allow", "127.0.0.0/8"}}}
	c.start()
	t.Cleanup(c.Kill)
	c.must(204, "PUT", "/api/harvest/sources/big", `{"name": "Big", "kind": "dcat", "url": "`+p.URL+`/pages?page=1"}`)
	began := time.Now()
	c.must(202, "POST", "/api/harvest/sources/big/run", "")
	<-p.middle
	c.Kill()
	c.start()
	r := c.wait("big")
	t.Logf("%d datasets in %d pages, killed in the middle: %.1f s, %d pages asked for, %d MiB resident at most", n, pages, time.Since(began).Seconds(), p.asked.Load(), c.most>>20)
	if r.State != "done" || r.Counts["seen"] != n || r.ByCode["resumed"] != 1 || r.Counts["refused"] > 0 || r.Counts["gone"] > 0 {
		t.Errorf("the report says %+v", r)
	}
	if asked := int(p.asked.Load()); asked > pages+3 {
		t.Errorf("%d pages were asked for: the harvest began anew", asked)
	}
	c.again(p, n)
	c.pages(n)
	c.dump(p, n)
	if c.most > maxResident {
		t.Errorf("%d MiB were resident", c.most>>20)
	}
}

// again harvests what has not changed: nothing is written.
func (c *city) again(p *portal, n int) {
	began := time.Now()
	c.must(202, "POST", "/api/harvest/sources/big/run", "")
	r := c.wait("big")
	c.t.Logf("again: %.1f s, %d MiB resident at most", time.Since(began).Seconds(), c.most>>20)
	if r.State != "done" || r.Counts["same"] != n {
		c.t.Errorf("again: %+v", r)
	}
}

// pages reads pages of our own catalogue, from the first to the last.
func (c *city) pages(n int) {
	last := (n + perPage - 1) / perPage
	for _, page := range []int{1, last / 2, last} {
		var took []time.Duration
		for range 7 {
			began := time.Now()
			b := c.must(200, "GET", fmt.Sprintf("/catalog.ttl?page=%d", page), "")
			took = append(took, time.Since(began))
			if want := min(perPage, n-(page-1)*perPage); bytes.Count(b, []byte("a dcat:CatalogRecord")) != want {
				c.t.Errorf("page %d has not %d records", page, want)
			}
		}
		slices.Sort(took)
		c.t.Logf("page %d of /catalog.ttl: %v at the median", page, took[len(took)/2].Round(100*time.Microsecond))
	}
	began := time.Now()
	c.must(200, "GET", "/catalog.ttl?page="+strconv.Itoa(last), "")
	c.t.Logf("once more: %v", time.Since(began).Round(100*time.Microsecond))
	if status, _ := c.ask("GET", fmt.Sprintf("/catalog.ttl?page=%d", last+1), ""); status != 404 {
		c.t.Errorf("a page behind the last is answered with %d", status)
	}
}

// dump takes the same datasets in as one document, for another source.
func (c *city) dump(p *portal, n int) {
	c.must(204, "PUT", "/api/harvest/sources/whole", `{"name": "Whole", "kind": "rdf", "url": "`+p.URL+`/all"}`)
	began := time.Now()
	c.must(202, "POST", "/api/harvest/sources/whole/run", "")
	r := c.wait("whole")
	c.t.Logf("as one document: %.1f s, %d MiB resident at most", time.Since(began).Seconds(), c.most>>20)
	if r.State != "done" || r.Counts["new"] != n {
		c.t.Errorf("the dump: %+v", r)
	}
}
