package rdf

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

const rdfHead = `<rdf:RDF xmlns:rdf="` + RDF + `" xmlns:e="urn:x:" xmlns="urn:d:">`

func fromXML(in string, lim Limits) (*Graph, error) {
	return Read(strings.NewReader(in), RDFXMLForm, "http://h/a/b", lim)
}

func TestReadRDFXML(t *testing.T) {
	for in, want := range map[string]string{
		"\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>" + rdfHead + `<E rdf:about="../c" e:p="1" xml:lang="FR"/></rdf:RDF>`://
		"<http://h/c> <" + RDF + "type> <urn:d:E> .\n<http://h/c> <urn:x:p> \"1\"@fr .\n",
		"<?xml version='1.0' encoding='ISO-8859-1'?>" + rdfHead + "<rdf:Description rdf:about='urn:a'><e:p>\xe9</e:p></rdf:Description></rdf:RDF>"://
		"<urn:a> <urn:x:p> \"é\" .\n",
		rdfHead + "<rdf:Description rdf:about='urn:a'><e:p><![CDATA[<&]]>&#233;&lt;<!-- no -->x\r\ny</e:p></rdf:Description></rdf:RDF>"://
		"<urn:a> <urn:x:p> \"<&é<x\\ny\" .\n",
		rdfHead + "<rdf:Description rdf:about='urn:a'><e:p rdf:parseType='Literal'>a<b c='\"' e:d='1'>&lt;<i/></b><!--k--></e:p></rdf:Description></rdf:RDF>"://
		"<urn:a> <urn:x:p> \"a<b xmlns=\\\"urn:d:\\\" xmlns:e=\\\"urn:x:\\\" c=\\\"&quot;\\\" e:d=\\\"1\\\">&lt;<i></i></b><!--k-->\"^^<" + RDF + "XMLLiteral> .\n",
	} {
		g, err := fromXML(in, Limits{})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := g.NTriples(); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", in, err, got, want)
		}
	}
}

func TestReadRDFXMLRefuses(t *testing.T) {
	about := rdfHead + "<rdf:Description rdf:about='urn:a'>"
	for in, want := range map[string]string{
		`<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]>` + about + "<e:p>&z;</e:p></rdf:Description></rdf:RDF>": "document type or an entity",
		`<?xml version="1.0"?><!DOCTYPE rdf:RDF SYSTEM "file:///etc/passwd">` + rdfHead + "</rdf:RDF>":              "document type or an entity",
		about + "<e:p>&z;</e:p></rdf:Description></rdf:RDF>":                                                        "line 1, column 141: not XML: invalid character entity &z;; write the character itself",
		about + "<e:p>x</e:q></rdf:Description></rdf:RDF>":                                                          "</e:q> where </e:p>",
		about + "<e:p>x<e:B/></e:p></rdf:Description></rdf:RDF>":                                                    "where only elements may be",
		about + "<e:p>x":                                                       "the text ends inside <e:p>",
		about + "<f:p/>":                                                       "the prefix of \"f:p\" is not declared",
		about + "<e:p e:q='1' e:q='2'/>":                                       "is there twice",
		about + "<e:p xmlns:f='urn:x:' e:q='1' f:q='2'/>":                      "is there twice",
		about + "<e:p q='1'/>":                                                 "has no namespace",
		about + "<p xmlns=''/>":                                                "has no namespace",
		about + "<e:p rdf:resource='a b'/>":                                    "percent-encoded",
		about + "</rdf:Description></rdf:RDF><e:x/>":                           "second element at the top",
		about + strings.Repeat("<e:p><e:E>", 1e5):                              "nested deeper than 128",
		about + "<e:p rdf:parseType='Literal'>" + strings.Repeat("<e:E>", 1e5): "nested deeper than 128",
		about + "<e:p>" + strings.Repeat("x", 2<<20) + "</e:p>":                "a term is longer",
		about + "<e:p xml:lang='1x'>x</e:p>":                                   "is not a language tag",
		"":                                                                     "there is no element",
		"\xff\xfe<\x00":                                                        "UTF-16",
		"<?xml version='1.0' encoding='x'?>":                                   "encoding x is not known",
		"@prefix e: <urn:x:> .":                                                "where only elements may be",
	} {
		var e *SyntaxError
		if _, err := fromXML(in, Limits{}); !errors.As(err, &e) || e.Line != 1 || e.Mend == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%.300q: %v, want %s", in, err, want)
		}
	}
	long := about + strings.Repeat("<e:p>x</e:p>", 100)
	for want, lim := range map[string]Limits{"longer than 99 bytes": {Bytes: 99}, "more than 9 triples": {Triples: 9}} {
		if _, err := fromXML(long, lim); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Triples come as they are read, long before the end.
func TestRDFXMLStreams(t *testing.T) {
	r, w := io.Pipe()
	seen := make(chan Triple)
	go func() {
		_ = ParseRDFXML(r, "urn:b", Limits{}, func(t Triple) error { seen <- t; return nil })
	}()
	fmt.Fprint(w, rdfHead)
	for i := range 3 {
		fmt.Fprintf(w, "<rdf:Description rdf:about='urn:%d'><e:p>1</e:p></rdf:Description>", i)
		if got := <-seen; got.S != IRI(fmt.Sprintf("urn:%d", i)) {
			t.Error(got)
		}
	}
	w.Close()
}

// A bad term costs its triple if the caller wants so, and nothing else.
func TestBadTerm(t *testing.T) {
	for form, in := range map[Form]string{
		RDFXMLForm: rdfHead + "<rdf:Description rdf:about='urn:a'><e:p rdf:resource='http://h/a b'/><e:p xml:lang='1'>x</e:p><e:p>1</e:p></rdf:Description>" +
			"<rdf:Description rdf:about='urn:{b}'><e:p>2</e:p></rdf:Description></rdf:RDF>",
		TurtleForm:   "<urn:a> <urn:x:p> <http://h/a b>, 'x'@1, '1' . <urn:{b}> <urn:x:p> '2' .",
		NTriplesForm: "<urn:a> <urn:x:p> <http://h/a b> .\n<urn:a> <urn:x:p> \"x\"@1 .\n<urn:a> <urn:x:p> \"1\" .\n<urn:{b}> <urn:x:p> \"2\" .\n",
	} {
		var bad []string
		g, err := Read(strings.NewReader(in), form, "", Limits{BadTerm: func(e *SyntaxError) error {
			bad = append(bad, e.Reason)
			return nil
		}})
		if err != nil || g.Len() != 1 || !g.Has("urn:a", "urn:x:p", Text("1")) || len(bad) != 3 || !strings.Contains(bad[0], "a b") {
			t.Errorf("%d: %v, %q", form, err, bad)
		}
		stop := errors.New("enough")
		if _, err := Read(strings.NewReader(in), form, "", Limits{BadTerm: func(*SyntaxError) error { return stop }}); err != stop {
			t.Error(err)
		}
	}
}

// What is read is written as RDF/XML and read as the same graph, and never
// other than what N-Triples says.
func FuzzReadRDFXML(f *testing.F) {
	f.Add(rdfHead + "<E rdf:ID='x' e:p='1'><e:p rdf:parseType='Collection'><E/></e:p><e:p rdf:parseType='Literal'><b c='1'/></e:p></E></rdf:RDF>")
	f.Add(rdfHead + "<rdf:Bag xml:base='http://k/'><rdf:li rdf:resource='' rdf:ID='r'/><rdf:li xml:lang='fr'>&#233;</rdf:li></rdf:Bag></rdf:RDF>")
	f.Fuzz(func(t *testing.T, in string) {
		g, err := fromXML(in, Limits{Depth: 8})
		if err != nil {
			return
		}
		nt, err := g.NTriples()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Read(strings.NewReader(string(nt)), NTriplesForm, "", Limits{})
		if err != nil || back.Len() != g.Len() {
			t.Fatalf("%v\n%s", err, nt)
		}
		x, err := g.RDFXML(nil)
		if err != nil {
			return // a property whose IRI ends in no name of ASCII letters
		}
		if back, err = fromXML(string(x), Limits{}); err != nil || back.Len() != g.Len() {
			t.Fatalf("%v\n%s", err, x)
		}
	})
}
