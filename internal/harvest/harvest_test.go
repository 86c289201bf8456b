package harvest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// portal is another catalogue: what it answers at each path with its query.
type portal struct {
	*httptest.Server
	mu     sync.Mutex
	pages  map[string]page
	asked  []string
	before func(path string) // called with each request
}

type page struct {
	status int // 0 is 200
	kind   string
	body   string
	header http.Header
}

func newPortal(t *testing.T) *portal {
	p := &portal{pages: map[string]page{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		at := r.URL.RequestURI()
		p.asked = append(p.asked, at)
		pg, ok := p.pages[at]
		before := p.before
		p.mu.Unlock()
		if before != nil {
			before(at)
		}
		if !ok {
			pg = page{status: 404}
		}
		for k, v := range pg.header {
			w.Header()[k] = v
		}
		if pg.kind != "" {
			w.Header().Set("Content-Type", pg.kind)
		}
		if pg.status != 0 {
			w.WriteHeader(pg.status)
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(pg.body, "{base}", p.URL)))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *portal) serve(path, kind, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[path] = page{kind: kind, body: body}
}

// city is a catalogue that harvests.
type city struct {
	t    *testing.T
	now  entity.Instant
	wall time.Time
	sets *catalogue.Service
	s    *Service
	o    Options
}

func newCity(t *testing.T) *city {
	c := &city{t: t, now: 1_780_000_000_000_000, wall: time.Unix(1_780_000_000, 0)}
	now := func() entity.Instant { c.now++; return c.now }
	st := memstore.New(memstore.Options{Clock: func() time.Time { return now().Time() }})
	b := broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard})
	c.sets = catalogue.New(catalogue.Options{Broker: b, Log: st, Now: now})
	c.o = Options{Catalogue: c.sets, Records: st, Now: now, Wall: func() time.Time { return c.wall }, Check: func(string) error { return nil }, Own: func() string { return "https://city.example/" },
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Web: func(ctx context.Context, address, accept string) (Answer, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return Answer{}, err
			}
			r.Header.Set("Accept", accept)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return Answer{}, errors.New("nothing answers there")
			}
			return Answer{Status: res.StatusCode, Header: res.Header, URL: res.Request.URL.String(), Body: res.Body}, nil
		}}
	c.s = New(c.o)
	return c
}

// run puts the source and does one run of it.
func (c *city) run(src Source, m Mode) Report {
	c.t.Helper()
	src.Name = "Other"
	if src.Slug == "" {
		src.Slug = "other"
	}
	if err := c.s.Put(c.t.Context(), src); err != nil {
		c.t.Fatal(err)
	}
	return c.again(src.Slug, m)
}

func (c *city) again(slug string, m Mode) Report {
	c.t.Helper()
	if err := c.s.do(c.t.Context(), request{slug, m}); err != nil {
		c.t.Fatal(err)
	}
	rs, err := c.s.Reports(c.t.Context(), slug)
	if err != nil || len(rs) == 0 {
		c.t.Fatal(rs, err)
	}
	return rs[0]
}

// there lists what the catalogue has: the titles of those that are there, and
// of those that are gone with a minus.
func (c *city) there() []string {
	c.t.Helper()
	var out []string
	err := c.sets.WalkHarvested(c.t.Context(), store.Space{}, func(h *catalogue.Harvested) bool {
		s := h.Title["fr"] + h.Title["en"] + h.Title["und"]
		if !h.Gone.IsZero() {
			s = "-" + s
		}
		out = append(out, s)
		return true
	})
	if err != nil {
		c.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func codes(r Report) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return out
}

func equal[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

const prefixes = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .\n" +
	"@prefix hydra: <http://www.w3.org/ns/hydra/core#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix locn: <http://www.w3.org/ns/locn#> .\n"

// good is a dataset without fault.
func good(n int, title string) string {
	return fmt.Sprintf(`<https://o.example/d/%d> a dcat:Dataset ; dct:title "%s"@fr ; dct:description "Texte."@fr ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ; dcat:distribution <https://o.example/w/%d> .
<https://o.example/w/%d> a dcat:Distribution ; dcat:accessURL <https://o.example/file/%d.csv> .
`, n, title, n, n, n)
}

func TestDumpIsReadWhole(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/all.ttl", "text/turtle; charset=utf-8", prefixes+`
<https://o.example/d/1> a dcat:Dataset ; dct:title "Arbres"@fr, "Trees"@en ; dct:description "Tous les arbres."@fr ;
  dct:publisher <https://o.example/org> ; dcat:contactPoint [ vcard:fn "Guichet" ; vcard:hasEmail <mailto:ouvert@o.example> ] ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI> ; dcat:keyword "arbre"@fr ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/DAILY> ;
  dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> ;
  dct:issued "2020-01-02"^^xsd:date ; dct:modified "2024-05-06T07:08:09Z"^^xsd:dateTime ;
  dct:temporal [ dcat:startDate "2019"^^xsd:gYear ; dcat:endDate "2023-12"^^xsd:gYearMonth ] ;
  dct:spatial [ locn:geometry "POLYGON((3 50, 4 50, 4 51, 3 51, 3 50))" ] ;
  dcat:landingPage <https://o.example/arbres> ; dcat:distribution <https://o.example/w/1> .
<https://o.example/w/1> a dcat:Distribution ; dct:title "CSV" ; dcat:accessURL <https://o.example/arbres> ; dcat:downloadURL <https://o.example/arbres.csv> ;
  dct:format <http://publications.europa.eu/resource/authority/file-type/CSV> ; dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ;
  dct:license <http://creativecommons.org/licenses/by/4.0/deed.fr> ; dcat:byteSize "1234"^^xsd:nonNegativeInteger .
<https://o.example/org> a foaf:Organization ; foaf:name "Ville d’O" ; foaf:homepage <https://o.example/> .
`)
	r := c.run(Source{Kind: Dump, URL: p.URL + "/all.ttl"}, Mode{})
	equal(t, "findings", nil, codes(r))
	equal(t, "counts", Counts{Seen: 1, New: 1}, r.Counts)
	h, err := c.sets.HarvestedOne(t.Context(), store.Space{}, catalogue.HarvestedSlug("other", "https://o.example/d/1"))
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) entity.Instant { i, _ := dateOf(s); return i }
	equal(t, "title", catalogue.Texts{"fr": "Arbres", "en": "Trees"}, h.Title)
	equal(t, "publisher", catalogue.Agent{Name: "Ville d’O", URL: "https://o.example/"}, h.Publisher)
	equal(t, "contact", catalogue.Contact{Name: "Guichet", Email: "ouvert@o.example"}, h.Contact)
	equal(t, "tables", []string{"ENVI", "DAILY", "PUBLIC", "CC_BY_4_0"}, append(h.Themes, h.Frequency, h.Rights, h.Licence))
	equal(t, "dates", []entity.Instant{day("2020-01-02"), day("2024-05-06T07:08:09Z"), day("2019-01-01"), day("2023-12-01")}, []entity.Instant{h.Issued, h.Modified, h.From, h.Until})
	equal(t, "box", []float64{3, 50, 4, 51}, h.Box)
	equal(t, "ways", []catalogue.HarvestedWay{{IRI: "https://o.example/w/1", Title: catalogue.Texts{"und": "CSV"}, AccessURL: "https://o.example/arbres", DownloadURL: "https://o.example/arbres.csv",
		Format: "CSV", FormatCode: "CSV", MediaType: "text/csv", Licence: "CC_BY_4_0", LicenceIRI: catalogue.Authority + "licence/CC_BY_4_0", Bytes: 1234}}, h.Ways)
	// Again: the same, and nothing is written.
	equal(t, "again", Counts{Seen: 1, Same: 1}, c.again("other", Mode{}).Counts)
}

// Each fault is one finding at its place, and the datasets round it are taken.
func TestBadInput(t *testing.T) {
	huge := strings.Repeat("x", 2<<20)
	for name, tt := range map[string]struct {
		kind, body string
		codes      []string
		where, arg string
		seen       int
	}{
		"no title":                 {"text/turtle", good(1, "A") + `<https://o.example/d/2> a dcat:Dataset ; dct:description "x" .`, []string{"no-title"}, "https://o.example/d/2", "", 1},
		"no IRI":                   {"text/turtle", good(1, "A") + `[] a dcat:Dataset ; dct:title "Sans nom" .`, []string{"no-iri"}, "Sans nom", "", 1},
		"licence of one's own":     {"text/turtle", strings.Replace(good(1, "A"), "https://creativecommons.org/licenses/by/4.0/", "https://o.example/our-licence", 1), []string{"licence-unknown"}, "https://o.example/d/1", "https://o.example/our-licence", 1},
		"licence in words":         {"text/turtle", strings.Replace(good(1, "A"), "<https://creativecommons.org/licenses/by/4.0/>", `"free for all"`, 1), []string{"licence-unknown"}, "https://o.example/d/1", "free for all", 1},
		"no licence":               {"text/turtle", strings.Replace(good(1, "A"), "dct:license <https://creativecommons.org/licenses/by/4.0/> ;", "", 1), []string{"no-licence"}, "https://o.example/d/1", "", 1},
		"dates in the wrong order": {"text/turtle", good(1, "A") + `<https://o.example/d/1> dct:issued "2024-01-01" ; dct:modified "2023-01-01" .`, []string{"dates-order"}, "https://o.example/d/1", "2024-01-01", 1},
		"a date that is none":      {"text/turtle", good(1, "A") + `<https://o.example/d/1> dct:issued "spring" .`, []string{"date-unreadable"}, "https://o.example/d/1", "spring", 1},
		"a theme not in the table": {"text/turtle", good(1, "A") + `<https://o.example/d/1> dcat:theme <http://publications.europa.eu/resource/authority/data-theme/PETS> .`, []string{"theme-unknown"}, "https://o.example/d/1", "PETS", 1},
		"a frequency of one's own": {"text/turtle", good(1, "A") + `<https://o.example/d/1> dct:accrualPeriodicity "often" .`, []string{"frequency-unknown"}, "https://o.example/d/1", "often", 1},
		"a place on no earth":      {"text/turtle", good(1, "A") + `<https://o.example/d/1> dct:spatial [ locn:geometry "POINT(700000 6600000)" ] .`, []string{"place-bad"}, "https://o.example/d/1", "700000", 1},
		"an address with a script": {"text/turtle", good(1, "A") + `<https://o.example/w/1> dcat:downloadURL <javascript:alert(1)> .`, []string{"address-bad"}, "https://o.example/d/1", "javascript:", 1},
		"no description, no way":   {"text/turtle", `<https://o.example/d/1> a dcat:Dataset ; dct:title "A" .`, []string{"no-description", "no-way"}, "https://o.example/d/1", "", 1},
		"two megabytes on a line":  {"text/turtle", good(1, "A") + `<https://o.example/d/2> a dcat:Dataset ; dct:title "` + huge + `" .`, []string{"incomplete", "syntax"}, "/all", "line 6", 0},
		"broken Turtle":            {"text/turtle", good(1, "A") + `<https://o.example/d/2> a dcat:Dataset ; dct:title "x" dct`, []string{"incomplete", "syntax"}, "/all", "line 6", 0},
		"an IRI with a blank":      {"text/turtle", good(1, "A") + `<https://o.example/d/1> dct:relation <https://o.example/a b> .`, []string{"bad-term"}, "/all", "a b", 1},
		"entities":                 {"application/rdf+xml", "<!DOCTYPE rdf:RDF [<!ENTITY a \"aaaa\">]><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">&a;</rdf:RDF>", []string{"incomplete", "syntax"}, "/all", "document type", 0},
		"a context of elsewhere":   {"application/ld+json", `{"@context": "https://o.example/context", "@id": "x"}`, []string{"incomplete", "syntax"}, "/all", "https://o.example/context", 0},
		"a bad line of N-Triples": {"application/n-triples", "<https://o.example/d/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .\nno triple\n<https://o.example/d/1> <http://purl.org/dc/terms/title> \"" + strings.Repeat("x", lineBytes) + "\" .\n" +
			"<https://o.example/d/1> <http://purl.org/dc/terms/title> \"A\" .\n<https://o.example/d/1> <http://purl.org/dc/terms/description> \"B\" .", []string{"no-way", "unreadable", "unreadable"}, "/all", "line 2, column", 1},
		"a page for people": {"text/html", "<h1>Hello</h1>", []string{"form", "incomplete"}, "/all", "text/html", 0},
		"nothing":           {"text/turtle", "", []string{"no-dataset"}, "/all", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, c := newPortal(t), newCity(t)
			body := tt.body
			if tt.kind == "text/turtle" {
				body = prefixes + body
			}
			p.serve("/all", tt.kind, body)
			r := c.run(Source{Kind: Dump, URL: p.URL + "/all"}, Mode{})
			equal(t, "codes", tt.codes, codes(r))
			equal(t, "seen", tt.seen, r.Counts.Seen)
			if len(r.Findings) == 0 {
				t.Fatal("no finding")
			}
			f := r.Findings[0]
			if !strings.Contains(f.Where, tt.where) || !strings.Contains(strings.Join(f.Args, " "), tt.arg) {
				t.Errorf("where %q, args %q", f.Where, f.Args)
			}
			for _, texts := range []catalogue.Texts{f.What(), f.Mend()} {
				for _, lang := range catalogue.Languages() {
					if texts[lang] == "" || strings.Contains(texts[lang], "%1") {
						t.Errorf("%s: %q", lang, texts[lang])
					}
				}
			}
		})
	}
}

// The same dataset in each form gives the same record.
func TestEveryForm(t *testing.T) {
	for kind, body := range map[string]string{
		"text/turtle":           prefixes + `<https://o.example/d/1> a dcat:Dataset ; dct:title "A"@fr .`,
		"application/n-triples": "<https://o.example/d/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .\n<https://o.example/d/1> <http://purl.org/dc/terms/title> \"A\"@fr .\n",
		"application/rdf+xml":   `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://www.w3.org/ns/dcat#" xmlns:t="http://purl.org/dc/terms/"><d:Dataset r:about="https://o.example/d/1"><t:title xml:lang="fr">A</t:title></d:Dataset></r:RDF>`,
		"application/ld+json":   `{"@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}, "@id": "https://o.example/d/1", "@type": "dcat:Dataset", "dct:title": {"@value": "A", "@language": "fr"}}`,
	} {
		for _, of := range []Kind{Dump, Pages} {
			p, c := newPortal(t), newCity(t)
			p.serve("/all", kind, body)
			r := c.run(Source{Kind: of, URL: p.URL + "/all"}, Mode{})
			equal(t, kind, []string{"no-description", "no-way"}, codes(r))
			equal(t, kind, []string{"A"}, c.there())
		}
	}
}

func hydra(self, next, body string) string {
	out := prefixes + body
	if next != "" {
		out += fmt.Sprintf("<{base}%s> a hydra:PartialCollectionView ; hydra:next <{base}%s> .\n", self, next)
	}
	return out
}

func TestPagesAreFollowedToTheirEnd(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/c", "text/turtle", hydra("/c", "/c?page=2", good(1, "A")))
	p.serve("/c?page=2", "text/turtle", strings.ReplaceAll(hydra("/c?page=2", "/c?page=3", good(2, "B")), "hydra:next ", "hydra:nextPage "))
	p.mu.Lock()
	p.pages["/c?page=3"] = page{kind: "text/turtle", body: prefixes + good(3, "C") + good(1, "A again"), header: http.Header{"Link": {`</c?page=4>; rel="next", </c>; rel=first`}}}
	p.mu.Unlock()
	p.serve("/c?page=4", "text/turtle", prefixes+good(4, "D"))
	r := c.run(Source{Kind: Pages, URL: p.URL + "/c"}, Mode{})
	equal(t, "counts", Counts{Seen: 4, New: 4}, r.Counts)
	equal(t, "codes", []string{"twice"}, codes(r))
	equal(t, "there", []string{"A", "B", "C", "D"}, c.there())
	equal(t, "pages", 4, r.Pages)
	// One that is no longer there is marked; one that comes back is there.
	p.serve("/c?page=4", "text/turtle", prefixes)
	equal(t, "second", Counts{Seen: 3, Same: 3, Gone: 1}, c.again("other", Mode{}).Counts)
	equal(t, "there", []string{"-D", "A", "B", "C"}, c.there())
	p.serve("/c?page=4", "text/turtle", prefixes+good(4, "D"))
	equal(t, "third", Counts{Seen: 4, New: 1, Same: 3}, c.again("other", Mode{}).Counts)
	// A page that fails ends the run, and nothing is taken for gone.
	p.serve("/c?page=2", "text/turtle", "@prefix")
	r = c.again("other", Mode{})
	equal(t, "broken", Counts{Seen: 1, Same: 1}, r.Counts)
	equal(t, "state", Cut, r.State)
	equal(t, "there", []string{"A", "B", "C", "D"}, c.there())
}

func TestPageThatPointsBack(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/c", "text/turtle", hydra("/c", "/c?page=2", good(1, "A")))
	p.serve("/c?page=2", "text/turtle", hydra("/c?page=2", "/c", good(2, "B")))
	r := c.run(Source{Kind: Pages, URL: p.URL + "/c"}, Mode{})
	equal(t, "codes", []string{"incomplete", "page-back"}, codes(r))
	equal(t, "where", Finding{"page-back", p.URL + "/c?page=2", []string{p.URL + "/c"}}, r.Findings[0])
	equal(t, "asked", []string{"/c", "/c?page=2"}, p.asked)
	equal(t, "there", []string{"A", "B"}, c.there())
}

func TestLimitsEndARun(t *testing.T) {
	for code, l := range map[string]Limits{"cap-pages": {Pages: 2}, "cap-bytes": {Bytes: 2_000}, "cap-records": {Records: 2}, "cap-seconds": {Seconds: 5}} {
		p, c := newPortal(t), newCity(t)
		for n := range 9 {
			p.serve(fmt.Sprintf("/c?page=%d", n), "text/turtle", hydra(fmt.Sprintf("/c?page=%d", n), fmt.Sprintf("/c?page=%d", n+1), good(n, "A")))
		}
		p.before = func(string) { c.wall = c.wall.Add(3 * time.Second) }
		r := c.run(Source{Kind: Pages, URL: p.URL + "/c?page=0", Limits: l}, Mode{})
		equal(t, code, []string{code, "incomplete"}, codes(r))
		equal(t, code+": state", Cut, r.State)
		if n := len(c.there()); n == 0 || n > 3 {
			t.Errorf("%s: %d datasets", code, n)
		}
	}
}

func TestDryRunShowsAndKeepsNothing(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	src := Source{Kind: Dump, URL: p.URL + "/all"}
	p.serve("/all", "text/turtle", prefixes+good(1, "A")+good(2, "B"))
	r := c.run(src, Mode{Dry: true})
	equal(t, "counts", Counts{Seen: 2, New: 2}, r.Counts)
	equal(t, "nothing", nil, c.there())
	c.again("other", Mode{})
	p.serve("/all", "text/turtle", prefixes+good(1, "A2")+good(3, "C"))
	r = c.again("other", Mode{Dry: true})
	equal(t, "counts", Counts{Seen: 2, New: 1, Altered: 1, Gone: 1}, r.Counts)
	line := func(n int, title string) []Line {
		iri := fmt.Sprintf("https://o.example/d/%d", n)
		return []Line{{catalogue.HarvestedSlug("other", iri), iri, catalogue.Texts{"fr": title}}}
	}
	equal(t, "preview", Preview{New: line(3, "C"), Altered: line(1, "A2"), Gone: line(2, "B")}, r.Preview)
	equal(t, "as before", []string{"A", "B"}, c.there())
}

func TestMoreThanHalfGoneIsHeld(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/all", "text/turtle", prefixes+good(1, "A")+good(2, "B")+good(3, "C"))
	c.run(Source{Kind: Dump, URL: p.URL + "/all"}, Mode{})
	p.serve("/all", "text/turtle", prefixes+good(1, "A"))
	r := c.again("other", Mode{})
	equal(t, "codes", []string{"vanish-held"}, codes(r))
	equal(t, "there", []string{"A", "B", "C"}, c.there())
	equal(t, "accepted", Counts{Seen: 1, Same: 1, Gone: 2}, c.again("other", Mode{Vanish: true}).Counts)
	equal(t, "there", []string{"-B", "-C", "A"}, c.there())
	if err := c.s.Delete(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	equal(t, "deleted", []string{"-A", "-B", "-C"}, c.there())
	if _, err := c.s.Source(t.Context(), "other"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("%v", err)
	}
	if rs, err := c.s.Reports(t.Context(), "other"); err != nil || len(rs) != 0 {
		t.Errorf("reports of a source that is no more: %v %v", rs, err)
	}
}

// A source does not speak for us: neither of our datasets nor of their files.
func TestWhatIsOursIsNotTaken(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/all", "text/turtle", prefixes+`<https://city.example/id/dataset/bikes> a dcat:Dataset ; dct:title "Stolen" .`+"\n"+
		strings.NewReplacer("<https://o.example/w/1>", "<https://city.example/id/distribution/bikes-csv>").Replace(good(1, "A")))
	r := c.run(Source{Kind: Dump, URL: p.URL + "/all"}, Mode{})
	if !slices.Contains(codes(r), "ours") || r.Counts.New != 1 {
		t.Errorf("%v %+v", codes(r), r.Counts)
	}
	equal(t, "there", []string{"A"}, c.there())
	h, err := c.sets.HarvestedOne(t.Context(), store.Space{}, catalogue.HarvestedSlug("other", "https://o.example/d/1"))
	if err != nil || len(h.Ways) != 1 || h.Ways[0].IRI != "" || h.Ways[0].AccessURL == "" {
		t.Errorf("%+v %v", h, err)
	}
}

// A run that ends in the middle goes on from there: what was read is not read
// again, and what has vanished is found all the same.
func TestInterruptedRunGoesOn(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	src := Source{Kind: Pages, URL: p.URL + "/c?page=0"}
	page := func(n int) string { return fmt.Sprintf("/c?page=%d", n) }
	for n := range 6 {
		next := page(n + 1)
		if n == 5 {
			next = ""
		}
		p.serve(page(n), "text/turtle", hydra(page(n), next, good(n, fmt.Sprint(n))))
	}
	c.run(src, Mode{})
	p.serve(page(1), "text/turtle", hydra(page(1), page(2), "")) // dataset 1 has vanished
	p.asked = nil
	ctx, stop := context.WithCancel(t.Context())
	p.before = func(path string) {
		if path == page(3) {
			stop()
		}
	}
	if err := c.s.do(ctx, request{source: "other"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the run ended with %v", err)
	}
	p.before, p.asked = nil, nil
	c.s = New(c.o) // another process
	r := c.again("other", Mode{})
	equal(t, "asked", []string{page(3), page(4), page(5)}, p.asked)
	equal(t, "codes", []string{"resumed"}, codes(r))
	equal(t, "counts", Counts{Seen: 5, Same: 5, Gone: 1}, r.Counts)
	equal(t, "there", []string{"-1", "0", "2", "3", "4", "5"}, c.there())
	p.asked = nil
	equal(t, "the next run is a new one", 6, c.again("other", Mode{}).Pages)
}

func TestServerThatAsksForPatience(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/all", "text/turtle", prefixes+good(1, "A"))
	ok := p.pages["/all"]
	var waits []time.Duration
	c.o.Wait = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	c.s = New(c.o)
	p.before = func(string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.asked) >= 2 {
			p.pages["/all"] = ok
		}
	}
	p.pages["/all"] = page{status: 503, header: http.Header{"Retry-After": {"7"}}}
	r := c.run(Source{Kind: Dump, URL: p.URL + "/all"}, Mode{})
	equal(t, "waits", []time.Duration{7 * time.Second, 7 * time.Second}, waits[:min(2, len(waits))])
	equal(t, "state", Done, r.State)
	p.before = nil
	p.pages["/all"] = page{status: 404}
	r = c.again("other", Mode{})
	equal(t, "codes", []string{"incomplete", "status"}, codes(r))
	equal(t, "unreachable", []string{"incomplete", "unreachable"}, codes(c.run(Source{Kind: Dump, URL: "http://127.0.0.1:1/"}, Mode{})))
}

func TestSourcesThatCannotBe(t *testing.T) {
	c := newCity(t)
	err := c.s.Put(t.Context(), Source{Slug: "A b", Kind: "ftp", URL: "ftp://x", Every: 5, Language: "français", Limits: Limits{Bytes: -1}})
	for _, want := range []string{"slug", "name is missing", "kind", "url", "every", "language", "limit"} {
		if err == nil || !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
}

func TestWhatIsDue(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/all", "text/turtle", prefixes+good(1, "A"))
	c.run(Source{Kind: Dump, URL: p.URL + "/all", Every: 600}, Mode{})
	due := func(want int) {
		t.Helper()
		if err := c.s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(c.s.runs); n != want {
			t.Errorf("%d runs are asked for, not %d", n, want)
		}
	}
	due(0)
	c.now += 601e6
	due(1)
	due(1) // it waits already
	if err := c.s.Start(t.Context(), "other", Mode{}); !problem.Is(err, problem.Conflict) {
		t.Errorf("%v", err)
	}
	if _, running := c.s.Progress("other"); !running {
		t.Error("it is not said to run")
	}
}

func TestReportsOfLongAgoAreDropped(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/all", "text/turtle", prefixes+good(1, "A"))
	c.run(Source{Kind: Dump, URL: p.URL + "/all"}, Mode{})
	for range keptReports + 3 {
		c.again("other", Mode{})
	}
	rs, err := c.s.Reports(t.Context(), "other")
	if err != nil || len(rs) != keptReports || rs[0].Run <= rs[1].Run {
		t.Errorf("%d reports, %v", len(rs), err)
	}
}

// Who is told how runs end is told of real ones, with what stopped them.
func TestEndsAreTold(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	var told []string
	c.o.Ended = func(_ context.Context, src Source, r Report) error {
		f, bad := r.Trouble()
		told = append(told, fmt.Sprintf("%s %s %t %s", src.Slug, r.State, bad, f.Code))
		return nil
	}
	c.s = New(c.o)
	src := Source{Kind: Dump, URL: p.URL + "/all"}
	c.run(src, Mode{Dry: true})
	c.run(src, Mode{})
	p.serve("/all", "text/turtle", prefixes+good(1, "A")+good(2, "B")+good(3, "C"))
	c.again("other", Mode{})
	p.serve("/all", "text/turtle", prefixes+good(1, "A"))
	c.again("other", Mode{})
	if err := c.s.Delete(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	equal(t, "told", []string{"other cut true status", "other done false incomplete", "other done true vanish-held", "other done false incomplete"}, told)
}
