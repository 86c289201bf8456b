package rdf

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// readXML reads what RDFXML writes, and nothing more of RDF/XML, back to
// N-Triples.
func readXML(text []byte) (string, error) {
	g := &Graph{}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	var s, p IRI
	var o Term
	depth := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			depth++
			get := func(space, name string) (string, bool) {
				for _, a := range e.Attr {
					if a.Name.Space == space && a.Name.Local == name {
						return a.Value, true
					}
				}
				return "", false
			}
			switch depth {
			case 2:
				v, _ := get(RDF, "about")
				s = IRI(v)
			case 3:
				p, o = IRI(e.Name.Space+e.Name.Local), Text("")
				if v, ok := get(RDF, "resource"); ok {
					o = Ref(IRI(v))
				} else if v, ok := get("http://www.w3.org/XML/1998/namespace", "lang"); ok {
					o = In(v, "")
				} else if v, ok := get(RDF, "datatype"); ok {
					o = Typed("", IRI(v))
				}
			}
		case xml.CharData:
			if depth == 3 {
				o.value += string(e)
			}
		case xml.EndElement:
			if depth == 3 {
				g.Add(s, p, o)
			}
			depth--
		}
	}
	out, err := g.NTriples()
	return string(out), err
}

func TestRDFXML(t *testing.T) {
	g := &Graph{}
	g.Add("https://x.example/a?b=1&c=2", Type, Ref("http://www.w3.org/ns/dcat#Dataset"))
	g.Add("https://x.example/a?b=1&c=2", "http://purl.org/dc/terms/title", In("fr", "É <b> & \"q\"\r\n\t 'x' "))
	g.Add("https://x.example/a?b=1&c=2", "http://purl.org/dc/terms/title", Text("]]>"))
	g.Add("https://x.example/b", "http://other.example/9x-1", Typed("1", XSD+"integer"))
	g.Add("https://x.example/b", "urn:p:y", Text(""))
	g.Add("https://x.example/b", "urn:p:z", Text("two in one namespace"))
	got, err := g.RDFXML(Prefixes{"dct": "http://purl.org/dc/terms/", "xmlx": "urn:p:", "rdf": "urn:r:", "dcat": "http://www.w3.org/ns/dcat#"})
	if err != nil {
		t.Fatal(err)
	}
	back, err := readXML(got)
	want, _ := g.NTriples()
	if err != nil || back != string(want) {
		t.Errorf("%v\n%s\nread back as\n%s\nwant\n%s", err, got, back, want)
	}
	for _, part := range []string{`xmlns:dct="http://purl.org/dc/terms/"`, `<dct:title xml:lang="fr">`, "http://purl.org/dc/terms/"} {
		if !strings.Contains(string(got), part) {
			t.Errorf("no %s in\n%s", part, got)
		}
	}
	if strings.Contains(string(got), `"http://www.w3.org/ns/dcat#"`) {
		t.Error("a namespace that no property needs")
	}
	for _, bad := range []IRI{"urn:p:9", "https://x.example/"} {
		g := &Graph{}
		g.Add("urn:s", bad, Text(""))
		if _, err := g.RDFXML(nil); err == nil || !strings.Contains(err.Error(), "cannot be written in XML") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	g = &Graph{}
	g.Add("urn:s", "urn:p:p", Text("a\x01b"))
	if got, err := g.RDFXML(nil); err != nil || !strings.Contains(string(got), "a\uFFFDb") {
		t.Errorf("%v %s", err, got)
	}
}

// What can be written is read back as the same graph.
func FuzzRDFXML(f *testing.F) {
	f.Add("https://x.example/", "http://purl.org/dc/terms/title", "a", "fr")
	f.Add("urn:a", "urn:p:b", "<&>\r\n", "")
	f.Add("urn:a", RDF+"value", "]]>", XSD+"string")
	f.Fuzz(func(t *testing.T, s, p, text, lang string) {
		g := &Graph{}
		for i, o := range []Term{Text(text), In(lang, text), Typed(text, IRI(lang)), Ref(IRI(text))} {
			g.Add(IRI(s), IRI(p+fmt.Sprint("x", i)), o)
			if g.Err() != nil {
				g.err = nil
			}
		}
		got, err := g.RDFXML(Prefixes{"dct": "http://purl.org/dc/terms/"})
		if err != nil || strings.ContainsFunc(s+p+text, func(r rune) bool { return r < 0x20 && !strings.ContainsRune("\t\r\n", r) || r == 0xFFFE || r == 0xFFFF }) {
			return
		}
		want, _ := g.NTriples()
		if back, err := readXML(got); err != nil || back != string(want) {
			t.Errorf("%v\n%s\nread back as\n%s\nwant\n%s", err, got, back, want)
		}
	})
}
