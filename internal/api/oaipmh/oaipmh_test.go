package oaipmh

import (
	"context"
	"encoding/xml"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

var update = flag.Bool("update", false, "write the golden files anew")

const base = "https://data.clairebeke.example"

type town struct {
	t   testing.TB
	s   *catalogue.Service
	mux *httpx.Mux
	now entity.Instant
	api func(key string) *httpx.Mux
}

// newTown is a city whose demo datasets are published, one a minute from
// 2026-05-28T20:26:40Z on; weather stays a draft and noise is withdrawn.
func newTown(t testing.TB) *town {
	c := &town{t: t, now: 1_780_000_000_000_000}
	now := func() entity.Instant { return c.now }
	st := memstore.New(memstore.Options{Clock: func() time.Time { return c.now.Time() }})
	b := broker.New(st, broker.Options{Now: now, Guard: catalogue.Guard})
	c.s = catalogue.New(catalogue.Options{Broker: b, Log: st, Now: now})
	policy := access.NewPolicy(access.Settings{PublicURL: base}, nil, c.s)
	c.api = func(key string) *httpx.Mux {
		m, err := httpx.New(httpx.Options{Access: policy, Hosts: httpx.Hosts{PublicURL: base}}, New(Options{Catalogue: c.s, Now: now, Key: []byte(key), Page: 2,
			Call: func(r *http.Request) (broker.Call, error) {
				return broker.Call{Space: store.Space{Tenant: r.Header.Get("NGSILD-Tenant")}}, nil
			},
			Name:     func(context.Context) (string, error) { return "Clairebeke", nil },
			Prefixes: rdf.Prefixes{"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"},
			Graph: func(_ context.Context, base string, _ store.Space, d *catalogue.Dataset) (*rdf.Graph, error) {
				g, s := &rdf.Graph{}, rdf.IRI(base+d.Address)
				g.Add(s, rdf.Type, rdf.Ref("http://www.w3.org/ns/dcat#Dataset"))
				g.Add(s, "http://purl.org/dc/terms/title", rdf.In("fr", d.Title["fr"]))
				g.Add(s, "http://purl.org/dc/terms/identifier", rdf.Text("<&> \x01 "+d.Slug))
				g.Add(s, "http://purl.org/dc/terms/issued", rdf.Typed(d.Issued.String(), rdf.XSD+"dateTime"))
				g.Add(s, "urn:x:9lives", rdf.Text("a name that no prefix fits"))
				return g, nil
			}}).Routes()...)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	c.mux = c.api("a key")
	for _, d := range catalogue.DemoDatasets(map[string]string{"fr": "Clairebeke"}) {
		c.now += 60e6
		if err := c.s.Put(t.Context(), broker.Call{}, d); err != nil {
			t.Fatal(err)
		}
		if d.Slug != "weather" {
			if err := c.s.Publish(t.Context(), broker.Call{}, d.Slug); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.withdraw("noise")
	c.now += 60e6
	return c
}

func (c *town) withdraw(slug string) {
	c.t.Helper()
	c.now += 60e6
	if err := c.s.Withdraw(c.t.Context(), broker.Call{}, slug); err != nil {
		c.t.Fatal(err)
	}
}

// body asks and holds the answer to what all answers have in common.
func (c *town) body(query string) string {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+"/oai?"+query, nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
		c.t.Fatalf("%s: %d %s %s", query, w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	return w.Body.String()
}

// reply is what a harvester reads.
type reply struct {
	ResponseDate string `xml:"responseDate"`
	Request      struct {
		Attrs []xml.Attr `xml:",any,attr"`
		URL   string     `xml:",chardata"`
	} `xml:"request"`
	Error struct {
		Code string `xml:"code,attr"`
		Text string `xml:",chardata"`
	} `xml:"error"`
	Headers []head  `xml:"ListIdentifiers>header"`
	Records []entry `xml:"ListRecords>record"`
	Token   token   `xml:"ListRecords>resumptionToken"`
	Token2  token   `xml:"ListIdentifiers>resumptionToken"`
}

type head struct {
	Status string   `xml:"status,attr"`
	ID     string   `xml:"identifier"`
	Stamp  string   `xml:"datestamp"`
	Sets   []string `xml:"setSpec"`
}

type entry struct {
	Header   head `xml:"header"`
	Metadata *struct {
		Inner string `xml:",innerxml"`
	} `xml:"metadata"`
}

type token struct {
	Size   string `xml:"completeListSize,attr"`
	Cursor string `xml:"cursor,attr"`
	Ends   string `xml:"expirationDate,attr"`
	Text   string `xml:",chardata"`
}

func (c *town) ask(query string) reply {
	c.t.Helper()
	var r reply
	body := c.body(query)
	if err := xml.Unmarshal([]byte(body), &r); err != nil {
		c.t.Fatalf("%s: %v\n%s", query, err, body)
	}
	if r.ResponseDate != stamp(c.now) || r.Request.URL != base+"/oai" {
		c.t.Errorf("%s: date %s, address %s", query, r.ResponseDate, r.Request.URL)
	}
	return r
}

func TestGoldenExchanges(t *testing.T) {
	c := newTown(t)
	for name, query := range map[string]string{
		"identify":    "verb=Identify",
		"formats":     "verb=ListMetadataFormats&identifier=oai:data.clairebeke.example:noise",
		"sets":        "verb=ListSets",
		"identifiers": "verb=ListIdentifiers&metadataPrefix=oai_dc",
		"record-dc":   "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai%3Adata.clairebeke.example%3Ashared-bikes",
		"record-dcat": "verb=GetRecord&metadataPrefix=dcat_ap&identifier=oai:data.clairebeke.example:trees",
		"deleted":     "verb=GetRecord&metadataPrefix=dcat_ap&identifier=oai:data.clairebeke.example:noise",
		"error":       "verb=GetRecord&metadataPrefix=oai_dc&identifier=%3Cnone%3E",
		"bad-verb":    "verb=Steal&x=%22",
	} {
		got := c.body(query)
		file := filepath.Join("testdata", name+".xml")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what it was; go test ./internal/api/oaipmh -update writes it anew\n%s", file, got)
		}
	}
}

func TestErrorsOfTheProtocol(t *testing.T) {
	c := newTown(t)
	const list = "verb=ListRecords&metadataPrefix=oai_dc"
	for query, want := range map[string]string{
		"":                                     "badVerb",
		"verb=":                                "badVerb",
		"verb=identify":                        "badVerb",
		"verb=Identify&verb=Identify":          "badVerb",
		"verb=Identify&x=1":                    "badArgument",
		"verb=Identify&resumptionToken=x":      "badArgument",
		"verb=Identify&%zz=1":                  "badArgument",
		"verb=ListRecords":                     "badArgument",
		list + "&metadataPrefix=oai_dc":        "badArgument",
		list + "&set=":                         "badArgument",
		list + "&set=a%20b":                    "badArgument",
		list + "&from=2026":                    "badArgument",
		list + "&from=2026-02-30":              "badArgument",
		list + "&from=2026-01-01T00:00:00.5Z":  "badArgument",
		list + "&from=2026-01-01T00:00:00%2B1": "badArgument",
		list + "&from=2026-01-01&until=2026-01-02T00:00:00Z":                                  "badArgument",
		list + "&from=2026-01-02&until=2026-01-01":                                            "badArgument",
		list + "&resumptionToken=x":                                                           "badArgument",
		"verb=ListRecords&resumptionToken=":                                                   "badResumptionToken",
		"verb=ListRecords&resumptionToken=x":                                                  "badResumptionToken",
		"verb=ListSets&resumptionToken=x":                                                     "badResumptionToken",
		"verb=ListRecords&metadataPrefix=marc":                                                "cannotDisseminateFormat",
		"verb=GetRecord&metadataPrefix=marc&identifier=x":                                     "cannotDisseminateFormat",
		"verb=GetRecord&metadataPrefix=oai_dc":                                                "badArgument",
		"verb=GetRecord&metadataPrefix=oai_dc&identifier=x":                                   "idDoesNotExist",
		"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:data.clairebeke.example:weather": "idDoesNotExist", // a draft
		"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:elsewhere.example:trees":         "idDoesNotExist",
		"verb=ListMetadataFormats&identifier=oai:data.clairebeke.example:weather":             "idDoesNotExist",
		list + "&set=theme:NONE":                                                              "noRecordsMatch",
		list + "&set=them":                                                                    "noRecordsMatch",
		list + "&from=2027-01-01":                                                             "noRecordsMatch",
		list + "&until=1970-01-01":                                                            "noRecordsMatch",
		list + "&until=1970-01-01T00:00:00Z":                                                  "noRecordsMatch",
	} {
		r := c.ask(query)
		if r.Error.Code != want {
			t.Errorf("%q: %s %q, want %s", query, r.Error.Code, r.Error.Text, want)
		}
		if bare := want == "badVerb" || want == "badArgument"; bare != (len(r.Request.Attrs) == 0) {
			t.Errorf("%q: attributes of request %v", query, r.Request.Attrs)
		}
	}
}

// harvest follows the tokens to the end.
func (c *town) harvest(query string) (out []entry, pages int) {
	c.t.Helper()
	for pages < 50 {
		r := c.ask(query)
		if r.Error.Code != "" {
			c.t.Fatalf("%s: %s %s", query, r.Error.Code, r.Error.Text)
		}
		out = append(out, r.Records...)
		pages++
		if r.Token.Text == "" {
			return out, pages
		}
		query = "verb=ListRecords&resumptionToken=" + url.QueryEscape(r.Token.Text)
	}
	c.t.Fatal("the list has no end")
	return nil, 0
}

func slugs(es []entry) string {
	var out []string
	for _, e := range es {
		s := e.Header.ID[strings.LastIndexByte(e.Header.ID, ':')+1:]
		if e.Metadata == nil {
			s += "-" + e.Header.Status
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestHarvest(t *testing.T) {
	c := newTown(t)
	all, pages := c.harvest("verb=ListRecords&metadataPrefix=dcat_ap")
	published, err := c.s.Published(t.Context(), store.Space{})
	if err != nil || len(all) != len(published)+1 || pages != (len(all)+1)/2 {
		t.Fatalf("%d records on %d pages for %d datasets, %v", len(all), pages, len(published), err)
	}
	if got := slugs(all); strings.Contains(got, "weather") || !strings.HasSuffix(got, " noise-deleted") {
		t.Error(got)
	}
	third := all[2].Header.Stamp
	for query, want := range map[string]string{
		"&from=" + third:                               slugs(all[2:]),
		"&until=" + third:                              slugs(all[:3]),
		"&from=" + third + "&until=" + third:           slugs(all[2:3]),
		"&from=" + third[:10] + "&until=" + third[:10]: slugs(all),
		"&set=theme":                                   slugs(all),
		"&set=theme:TRAN&until=" + third:               slugs(slices.DeleteFunc(slices.Clone(all[:3]), func(e entry) bool { return !slices.Contains(e.Header.Sets, "theme:TRAN") })),
	} {
		if got, _ := c.harvest("verb=ListRecords&metadataPrefix=oai_dc" + query); slugs(got) != want || want == "" {
			t.Errorf("%s: %s, want %s", query, slugs(got), want)
		}
	}
}

// A token outlives the process, but not its day, its key, its verb or a change
// of a character.
func TestTokens(t *testing.T) {
	c := newTown(t)
	first := c.ask("verb=ListRecords&metadataPrefix=oai_dc")
	tok := first.Token
	if tok.Size == "" || tok.Cursor != "0" || tok.Ends != stamp(c.now+tokenLife) {
		t.Fatalf("%+v", tok)
	}
	next := "verb=ListRecords&resumptionToken="
	want := slugs(c.ask(next + tok.Text).Records)
	c.mux = c.api("a key")
	if got := slugs(c.ask(next + tok.Text).Records); got != want || got == slugs(first.Records) {
		t.Errorf("after a restart %s, want %s", got, want)
	}
	refused := func(what, query string) {
		t.Helper()
		if r := c.ask(query); r.Error.Code != "badResumptionToken" {
			t.Errorf("%s: %q", what, r.Error)
		}
	}
	refused("another verb", "verb=ListIdentifiers&resumptionToken="+tok.Text)
	for i := range tok.Text {
		other := byte('A')
		if tok.Text[i] == other {
			other = 'B'
		}
		refused(fmt.Sprint("byte ", i), next+tok.Text[:i]+string(other)+tok.Text[i+1:])
	}
	c.mux = c.api("another key")
	refused("another key", next+tok.Text)
	c.mux = c.api("a key")
	c.now += tokenLife
	if r := c.ask(next + tok.Text); r.Error.Code != "" {
		t.Errorf("at its last moment: %v", r.Error)
	}
	c.now++
	refused("the day after", next+tok.Text)
}

// What changes during a harvest comes again at its end and hides nothing.
func TestAChangeDuringAHarvest(t *testing.T) {
	c := newTown(t)
	all, _ := c.harvest("verb=ListRecords&metadataPrefix=oai_dc")
	first := c.ask("verb=ListRecords&metadataPrefix=oai_dc")
	gone := slugs(first.Records[:1])
	c.withdraw(gone)
	rest, _ := c.harvest("verb=ListRecords&resumptionToken=" + first.Token.Text)
	if got, want := slugs(append(first.Records, rest...)), slugs(all)+" "+gone+"-deleted"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// With an end that is past, what was to come may be gone: a list is never
// empty (the schema), so the harvest is told to begin anew.
func TestTheRestOfAListIsGone(t *testing.T) {
	c := newTown(t)
	all, _ := c.harvest("verb=ListRecords&metadataPrefix=oai_dc")
	first := c.ask("verb=ListRecords&metadataPrefix=oai_dc&until=" + all[2].Header.Stamp)
	c.withdraw(slugs(all[2:3]))
	if r := c.ask("verb=ListRecords&resumptionToken=" + first.Token.Text); r.Error.Code != "badResumptionToken" || !strings.Contains(r.Error.Text, "changed") {
		t.Errorf("%+v", r)
	}
}

func TestPost(t *testing.T) {
	c := newTown(t)
	post := func(mediaType, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, base+"/oai", strings.NewReader(body))
		r.Header.Set("Content-Type", mediaType)
		w := httptest.NewRecorder()
		c.mux.ServeHTTP(w, r)
		return w
	}
	if w := post(formType+"; charset=utf-8", "verb=Identify"); w.Code != 200 || w.Body.String() != c.body("verb=Identify") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(formType, "verb=Identify&verb=Identify"); !strings.Contains(w.Body.String(), `code="badVerb"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(formType, "verb=%zz"); !strings.Contains(w.Body.String(), `code="badArgument"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post("application/json", `{"verb":"Identify"}`); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Whatever the arguments, the answer is XML of the protocol and shows no
// draft.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{"verb=Identify", "verb=ListRecords&metadataPrefix=dcat_ap", "verb=ListIdentifiers&metadataPrefix=oai_dc&from=2026-01-01&set=theme",
		"verb=ListRecords&resumptionToken=eyJ2IjoiTGlzdFJlY29yZHMifQ", "verb=GetRecord&identifier=%00%ff&metadataPrefix=oai_dc", "verb=%F0%9F&a=;&&=", "verb=ListSets&resumptionToken=\n"} {
		f.Add(s)
	}
	c := newTown(f)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, base+"/oai", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		c.mux.ServeHTTP(w, r)
		var got reply
		if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%q: %d %v\n%s", query, w.Code, err, w.Body)
		}
		if got.Error.Code == "" && strings.Contains(w.Body.String(), "weather") {
			t.Errorf("%q shows a draft", query)
		}
	})
}
