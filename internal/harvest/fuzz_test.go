package harvest

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/rdf"
)

// FuzzBox reads places as portals write them: what is read is on the earth,
// the right way round.
func FuzzBox(f *testing.F) {
	for _, s := range []string{"POLYGON((3 50, 4 50, 4 51, 3 50))", "ENVELOPE(3, 4, 51, 50)", `{"type":"Point","coordinates":[3,50]}`, "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(3 50)",
		"POINT EMPTY", "POINT(NaN 1)", `{"coordinates":[[[[[]]]]]}`, "((((", "POINT(1e400 2)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		box, ok := boxOf(s)
		if ok && (len(box) != 4 || box[0] < -180 || box[2] > 180 || box[1] < -90 || box[3] > 90 || box[0] > box[2] || box[1] > box[3]) {
			t.Errorf("%q: %v", s, box)
		}
	})
}

// FuzzOAI reads answers of repositories: nothing that one says makes the
// reader fail, and what is found has an IRI and a title.
func FuzzOAI(f *testing.F) {
	f.Add(oaiList("t", oaiDCAT("1", "A"), oaiDeleted("2")))
	f.Add(oaiError("badResumptionToken", "x"))
	f.Add(`<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>a:b</identifier></header><metadata><x/></metadata></record>`)
	f.Add(`<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>`)
	f.Fuzz(func(t *testing.T, s string) {
		o, b := &oaiReader{s: Source{Slug: "o", URL: "https://o.example/oai"}}, &batch{}
		_, _, _ = o.read("x", strings.NewReader(s), b)
		sound(t, b)
	})
}

// FuzzCKAN does so for packages.
func FuzzCKAN(f *testing.F) {
	for _, s := range []string{`{"id":"a","title":"A","resources":[{"url":"https://o.example/x","size":1}],"extras":[{"key":"theme","value":"[\"x\"]"}]}`, `{"id":1e9,"title":{},"tags":[[]],"spatial":"{"}`,
		`{"id":"a","title_translated":{"pt_BR":"x","":"y","é":"z"},"extras":[{"key":"uri","value":"_:b"}]}`, `[]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, b := &ckanReader{s: Source{Slug: "o", URL: "https://o.example"}}, &batch{}
		_, _, _ = c.packages("x", []byte(`{"success":true,"result":{"count":1,"results":[`+s+`]}}`), b)
		sound(t, b)
	})
}

// sound checks what a reader found and said.
func sound(t *testing.T, b *batch) {
	t.Helper()
	for _, h := range b.found {
		if rdf.CheckIRI(h.IRI) != nil || len(h.Title) == 0 || h.Slug == "" {
			t.Errorf("%+v", h)
		}
		for lang := range h.Title {
			if lang == "" || lang != strings.ToLower(lang) || strings.ContainsAny(lang, "_ é") {
				t.Errorf("a text in %q", lang)
			}
		}
		for _, w := range h.Ways {
			if w.AccessURL != "" && !webAddress(w.AccessURL) || w.DownloadURL != "" && !webAddress(w.DownloadURL) {
				t.Errorf("%+v", w)
			}
		}
	}
	for _, f := range b.notes {
		if f.Level() == "" || f.What()["fr"] == "" {
			t.Errorf("a finding without words: %+v", f)
		}
	}
}
