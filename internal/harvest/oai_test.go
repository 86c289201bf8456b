package harvest

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/store"
)

const oaiHead = `<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:dct="http://purl.org/dc/terms/">
<responseDate>2026-03-29T00:00:00Z</responseDate><request verb="ListRecords">x</request>`

func oaiList(token string, records ...string) string {
	return oaiHead + "<ListRecords>" + strings.Join(records, "") + "<resumptionToken>" + token + "</resumptionToken></ListRecords></OAI-PMH>"
}

func oaiError(code, text string) string {
	return oaiHead + `<error code="` + code + `">` + text + `</error></OAI-PMH>`
}

// The prefixes dcat and dct are declared at the top of the document: each
// record must be read with them.
func oaiDCAT(id, title string) string {
	return `<record><header><identifier>oai:o.example:` + id + `</identifier><datestamp>2026-01-01</datestamp></header><metadata>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><dcat:Dataset rdf:about="https://o.example/d/` + id + `"><dct:title xml:lang="fr">` + title + `</dct:title><dct:description>x</dct:description>
<dct:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/><dcat:distribution><dcat:Distribution><dcat:accessURL rdf:resource="https://o.example/f"/></dcat:Distribution></dcat:distribution></dcat:Dataset></rdf:RDF></metadata></record>`
}

func oaiDeleted(id string) string {
	return `<record><header status="deleted"><identifier>oai:o.example:` + id + `</identifier><datestamp>2026-01-01</datestamp></header></record>`
}

const (
	oaiFirst = "/oai?metadataPrefix=dcat_ap&verb=ListRecords"
	oaiNext  = "/oai?resumptionToken="
)

func TestOAIListsAreFollowed(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	src := Source{Kind: OAI, URL: p.URL + "/oai"}
	p.serve(oaiFirst, "text/xml", oaiList("t1", oaiDCAT("1", "A"), oaiDCAT("2", "B")))
	p.serve(oaiNext+"t1&verb=ListRecords", "text/xml", oaiList("", oaiDCAT("3", "C")))
	r := c.run(src, Mode{})
	equal(t, "codes", nil, codes(r))
	equal(t, "counts", Counts{Seen: 3, New: 3}, r.Counts)
	h, err := c.sets.HarvestedOne(t.Context(), store.Space{}, catalogue.HarvestedSlug("other", "oai:o.example:1"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "names", []string{"https://o.example/d/1", "oai:o.example:1", "CC_BY_4_0"}, []string{h.IRI, h.Key, h.Licence})
	// Deleted and broken records are ones among others.
	p.serve(oaiFirst, "text/xml", oaiList("t1", oaiDeleted("1"), `<record><header><identifier>oai:o.example:9</identifier></header><metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:bogus="1"/></rdf:RDF></metadata></record>`,
		`<record><header><identifier> </identifier></header></record>`, oaiDCAT("2", "B2")))
	r = c.again("other", Mode{})
	equal(t, "codes", []string{"unreadable", "unreadable"}, codes(r))
	equal(t, "where", "oai:o.example:9", r.Findings[0].Where)
	equal(t, "counts", Counts{Seen: 2, Altered: 1, Same: 1, Gone: 1}, r.Counts)
	equal(t, "there", []string{"-A", "B2", "C"}, c.there())
}

// A token from yesterday begins the list anew, once.
func TestOAITokenOfYesterday(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	src := Source{Kind: OAI, URL: p.URL + "/oai"}
	p.serve(oaiFirst, "text/xml", oaiList("old", oaiDCAT("1", "A")))
	p.serve(oaiNext+"old&verb=ListRecords", "text/xml", oaiError("badResumptionToken", "expired"))
	p.serve(oaiNext+"new&verb=ListRecords", "text/xml", oaiList("", oaiDCAT("2", "B")))
	p.before = func(at string) {
		if at == oaiNext+"old&verb=ListRecords" {
			p.serve(oaiFirst, "text/xml", oaiList("new", oaiDCAT("1", "A")))
		}
	}
	r := c.run(src, Mode{})
	equal(t, "codes", []string{"token-refused"}, codes(r))
	equal(t, "state", Done, r.State)
	equal(t, "there", []string{"A", "B"}, c.there())
	equal(t, "asked", []string{oaiFirst, oaiNext + "old&verb=ListRecords", oaiFirst, oaiNext + "new&verb=ListRecords"}, p.asked)
	p.before = nil
	p.serve(oaiFirst, "text/xml", oaiList("old"))
	p.serve(oaiNext+"old&verb=ListRecords", "text/xml", oaiError("badResumptionToken", "expired"))
	r = c.again("other", Mode{})
	equal(t, "always refused", []string{"incomplete", "page-back", "token-refused"}, codes(r))
}

func TestOAIFaults(t *testing.T) {
	for name, tt := range map[string]struct{ body, code, arg string }{
		"another format":   {oaiError("cannotDisseminateFormat", "no such format"), "oai-error", "cannotDisseminateFormat no such format dcat_ap"},
		"a document type":  {`<!DOCTYPE a [<!ENTITY b "c">]>` + oaiList("", oaiDCAT("1", "A")), "syntax", "document type"},
		"an entity":        {strings.Replace(oaiList("", oaiDCAT("1", "A")), ">A<", ">&evil;<", 1), "syntax", "line 3: invalid character entity &evil;"},
		"cut off":          {oaiList("", oaiDCAT("1", "A"))[:400], "syntax", "unexpected EOF"},
		"something else":   {"<html/>", "syntax", "html"},
		"nothing":          {"", "syntax", "no OAI-PMH element"},
		"an empty list":    {oaiError("noRecordsMatch", ""), "no-dataset", ""},
		"a token at start": {oaiError("badResumptionToken", "x"), "oai-error", "badResumptionToken"},
	} {
		p, c := newPortal(t), newCity(t)
		p.serve(oaiFirst, "text/xml", tt.body)
		r := c.run(Source{Kind: OAI, URL: p.URL + "/oai"}, Mode{})
		if len(r.Findings) == 0 || r.Findings[0].Code != tt.code || !strings.Contains(strings.Join(r.Findings[0].Args, " "), tt.arg) {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}

func TestOAIDublinCore(t *testing.T) {
	p, c := newPortal(t), newCity(t)
	p.serve("/oai?metadataPrefix=oai_dc&set=maps&verb=ListRecords", "text/xml", oaiList("", `<record><header><identifier>oai:o.example:1</identifier></header><metadata>
<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title xml:lang="fr">Carte</dc:title><dc:description>Une carte.</dc:description>
<dc:identifier>https://o.example/maps/1</dc:identifier><dc:publisher>O</dc:publisher><dc:subject>maps</dc:subject><dc:date>2020</dc:date><dc:rights>https://creativecommons.org/publicdomain/zero/1.0/</dc:rights></oai_dc:dc></metadata></record>`))
	r := c.run(Source{Kind: OAI, URL: p.URL + "/oai", Prefix: "oai_dc", Set: "maps"}, Mode{})
	equal(t, "codes", nil, codes(r))
	h, err := c.sets.HarvestedOne(t.Context(), store.Space{}, catalogue.HarvestedSlug("other", "oai:o.example:1"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "read", []string{"https://o.example/maps/1", "Carte", "Une carte.", "O", "CC0", "2020-01-01T00:00:00Z", "https://o.example/maps/1"},
		[]string{h.IRI, h.Title["fr"], h.Description["und"], h.Publisher.Name, h.Licence, h.Modified.String(), h.Page})
}

func TestDeclareGivesTheNearestOfEachPrefix(t *testing.T) {
	ns := func(prefix, v string) xml.Attr {
		return xml.Attr{Name: xml.Name{Space: "xmlns", Local: prefix}, Value: v}
	}
	outer := []xml.Attr{ns("a", "far"), ns("b", `x"&`), ns("a", "near"), ns("c", "own")}
	for in, want := range map[string]string{
		`<x:y xmlns:c="c">z</x:y>`: `<x:y xmlns:b="x&#34;&amp;" xmlns:a="near" xmlns:c="c">z</x:y>`,
		`<!-- <no/> --><y/>`:       `<!-- <no/> --><y xmlns:b="x&#34;&amp;" xmlns:a="near" xmlns:c="own"/>`,
		`no element`:               `no element`,
	} {
		equal(t, in, want, string(declare([]byte(in), outer)))
	}
}
