package harvest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
)

// oaiReader reads a repository by OAI-PMH 2.0. The cursor is the resumption
// token. One that is refused, as it is from yesterday, begins the list anew,
// once.
type oaiReader struct {
	s     Source
	v     *visitor
	again bool
}

const (
	oaiSpace = "http://www.openarchives.org/OAI/2.0/"
	dcSpace  = "http://purl.org/dc/elements/1.1/"
)

func (o *oaiReader) close() error { return nil }

func (o *oaiReader) prefix() string { return cmp.Or(o.s.Prefix, "dcat_ap") }

func (o *oaiReader) name(cursor string) string {
	q := url.Values{"verb": {"ListRecords"}}
	if cursor != "" {
		q.Set("resumptionToken", cursor)
	} else {
		q.Set("metadataPrefix", o.prefix())
		if o.s.Set != "" {
			q.Set("set", o.s.Set)
		}
	}
	sep := "?"
	if strings.Contains(o.s.URL, "?") {
		sep = "&"
	}
	return o.s.URL + sep + q.Encode()
}

// oaiRecord is one record of a list (OAI-PMH 2.0, 2.5).
type oaiRecord struct {
	Header struct {
		Status     string `xml:"status,attr"`
		Identifier string `xml:"identifier"`
	} `xml:"header"`
	Metadata struct {
		Inner []byte `xml:",innerxml"`
	} `xml:"metadata"`
}

// oaiFault is an error of the protocol (3.6).
type oaiFault struct {
	Code string `xml:"code,attr"`
	Text string `xml:",chardata"`
}

// page reads one list.
func (o *oaiReader) page(ctx context.Context, cursor string, b *batch) (string, error) {
	address := o.name(cursor)
	a, err := o.v.open(ctx, address, "text/xml, application/xml;q=0.9, */*;q=0.1")
	if err != nil {
		return "", err
	}
	token, fault, err := o.read(address, a.Body, b)
	if err := errors.Join(err, a.Body.Close()); err != nil {
		var s *xml.SyntaxError
		if errors.As(err, &s) {
			return "", stopped("syntax", address, fmt.Sprintf("line %d: %s", s.Line, s.Msg))
		}
		return "", unread(ctx, address, err)
	}
	switch {
	case fault == nil:
		return token, nil
	case fault.Code == "noRecordsMatch" && cursor == "": // in the middle of a list it is none
		return "", nil
	case fault.Code == "badResumptionToken" && cursor != "" && !o.again:
		o.again = true
		b.note(finding("token-refused", address, strings.TrimSpace(fault.Text)))
		b.anew = true
		return o.page(ctx, "", b)
	}
	return "", stopped("oai-error", address, fault.Code, strings.TrimSpace(fault.Text), o.prefix())
}

// read takes the document in as it comes.
func (o *oaiReader) read(address string, r io.Reader, b *batch) (token string, fault *oaiFault, err error) {
	dec := xml.NewDecoder(io.LimitReader(r, pageBytes))
	var outer []xml.Attr // declarations of namespaces round the records
	root := false
	for {
		t, err := dec.Token()
		if err == io.EOF && root {
			return token, fault, nil
		}
		if err == io.EOF {
			return "", nil, stopped("syntax", address, "there is no OAI-PMH element")
		}
		if err != nil {
			return "", nil, err
		}
		switch t := t.(type) {
		case xml.Directive:
			return "", nil, stopped("syntax", address, "the document has a document type; entities of one's own are not taken")
		case xml.StartElement:
			if !root && (t.Name.Space != oaiSpace || t.Name.Local != "OAI-PMH") {
				return "", nil, stopped("syntax", address, "the first element is "+t.Name.Local+", not OAI-PMH")
			}
			root = true
			if fault := tooMuch(t, len(outer)); fault != "" {
				return "", nil, stopped("syntax", address, fault)
			}
			switch t.Name.Local {
			case "OAI-PMH", "ListRecords":
				outer = append(outer, declarations(t)...)
			case "error":
				fault = &oaiFault{}
				err = dec.DecodeElement(fault, &t)
			case "record":
				var rec oaiRecord
				if err = dec.DecodeElement(&rec, &t); err == nil {
					o.record(address, &rec, append(slices.Clone(outer), declarations(t)...), b)
				}
			case "resumptionToken":
				err = dec.DecodeElement(&token, &t)
				token = strings.TrimSpace(token)
			default:
				err = dec.Skip()
			}
			if err != nil {
				return "", nil, err
			}
		}
	}
}

// maxAttrs bounds the attributes of an element and the declarations round a
// record; spaceBytes bounds a namespace: each record is read with all of them.
const (
	maxAttrs   = 256
	spaceBytes = 8 << 10
)

// tooMuch says why the declarations of an element cannot be taken.
func tooMuch(t xml.StartElement, outer int) string {
	if len(t.Attr)+outer > maxAttrs {
		return fmt.Sprintf("there are more than %d attributes and namespaces at the element %.40s", maxAttrs, t.Name.Local)
	}
	for _, a := range declarations(t) {
		if len(a.Value) > spaceBytes {
			return fmt.Sprintf("the namespace of the prefix %.40s is longer than %d bytes", a.Name.Local, spaceBytes)
		}
	}
	return ""
}

func declarations(t xml.StartElement) []xml.Attr {
	var out []xml.Attr
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" {
			out = append(out, a)
		}
	}
	return out
}

// record takes one record. What is wrong with it stops no other.
func (o *oaiReader) record(address string, rec *oaiRecord, outer []xml.Attr, b *batch) {
	id := strings.TrimSpace(rec.Header.Identifier)
	where := cmp.Or(id, address)
	if id == "" {
		b.note(finding("unreadable", where, "its header has no identifier"))
		return
	}
	slug := catalogue.HarvestedSlug(o.s.Slug, id)
	if rec.Header.Status == "deleted" {
		b.gone = append(b.gone, slug)
		return
	}
	inner := declare(bytes.TrimSpace(rec.Metadata.Inner), outer)
	var h *catalogue.Harvested
	var err error
	if kind, _ := firstElement(inner); kind.Space == rdf.RDF {
		h, err = o.described(where, inner, b)
	} else {
		h, err = o.dublinCore(where, id, inner, b)
	}
	if err != nil {
		b.note(finding("unreadable", where, err.Error()))
		return
	}
	if h != nil {
		h.Key, h.Slug = id, slug
		b.found = append(b.found, h)
	}
}

// described reads a record that is RDF.
func (o *oaiReader) described(where string, inner []byte, b *batch) (*catalogue.Harvested, error) {
	g := &triplesOf{subjects: map[rdf.IRI][]rdf.Triple{}}
	lim := rdf.Limits{Bytes: pageBytes, Triples: pageTriples, BadTerm: func(e *rdf.SyntaxError) error {
		b.note(finding("bad-term", where, e.Error()))
		return nil
	}}
	if err := rdf.ParseRDFXML(bytes.NewReader(inner), rdf.IRI(o.s.URL), lim, g.add); err != nil {
		return nil, err
	}
	all := g.instances(datasetIRI)
	if len(all) == 0 {
		return nil, errors.New("it has no dcat:Dataset")
	}
	m := &mapper{d: g, where: where, lang: o.s.Language, note: b.note}
	return m.dataset(o.s.Slug, all[0])
}

// dublinCore reads a record in oai_dc, which every repository has.
func (o *oaiReader) dublinCore(where, id string, inner []byte, b *batch) (*catalogue.Harvested, error) {
	var dc struct {
		Fields []struct {
			XMLName xml.Name
			Lang    string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(inner, &dc); err != nil {
		return nil, fmt.Errorf("its metadata is no XML: %w", err)
	}
	g := &triplesOf{subjects: map[rdf.IRI][]rdf.Triple{}}
	iri := rdf.IRI(id)
	for _, f := range dc.Fields {
		if f.XMLName.Space == dcSpace && f.XMLName.Local == "identifier" && webAddress(strings.TrimSpace(f.Text)) {
			iri = rdf.IRI(strings.TrimSpace(f.Text))
			break
		}
	}
	if rdf.CheckIRI(string(iri)) != nil {
		return nil, errors.New("neither its identifier nor dc:identifier is an IRI")
	}
	terms := map[string]rdf.IRI{"title": dctNS + "title", "description": dctNS + "description", "publisher": dctNS + "publisher", "creator": dctNS + "creator",
		"subject": dcatNS + "keyword", "date": dctNS + "modified", "rights": dctNS + "license"}
	_ = g.add(rdf.Triple{S: iri, P: rdf.Type, O: rdf.Ref(datasetIRI)}) // never fails
	for _, f := range dc.Fields {
		text := strings.TrimSpace(f.Text)
		p, ok := terms[f.XMLName.Local]
		if f.XMLName.Space != dcSpace || !ok || text == "" || p == dctNS+"license" && rdf.CheckIRI(text) != nil {
			continue
		}
		term := rdf.Text(text)
		if f.Lang != "" {
			term = rdf.In(f.Lang, text)
		}
		_ = g.add(rdf.Triple{S: iri, P: p, O: term})
	}
	if webAddress(string(iri)) {
		_ = g.add(rdf.Triple{S: iri, P: dcatNS + "landingPage", O: rdf.Ref(iri)})
	}
	quiet := func(f Finding) { // oai_dc has no words for ways and licences
		if f.Code != "no-way" && f.Code != "no-licence" {
			b.note(f)
		}
	}
	m := &mapper{d: g, where: where, lang: o.s.Language, note: quiet}
	return m.dataset(o.s.Slug, iri)
}

// firstElement gives the name of the outermost element.
func firstElement(doc []byte) (xml.Name, error) {
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		t, err := dec.Token()
		if err != nil {
			return xml.Name{}, err
		}
		if e, ok := t.(xml.StartElement); ok {
			return e.Name, nil
		}
	}
}

// declare gives the outermost element of doc the namespaces that were declared
// round it, so that it can stand alone.
func declare(doc []byte, outer []xml.Attr) []byte {
	dec := xml.NewDecoder(bytes.NewReader(doc))
	for {
		before := dec.InputOffset()
		t, err := dec.RawToken()
		if err != nil {
			return doc
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		end := int(before) + 1
		for end < len(doc) && !strings.ContainsRune(" \t\r\n/>", rune(doc[end])) {
			end++
		}
		var add bytes.Buffer
		for i, a := range outer {
			there := slices.ContainsFunc(e.Attr, func(x xml.Attr) bool { return x.Name.Space == "xmlns" && x.Name.Local == a.Name.Local })
			later := slices.ContainsFunc(outer[i+1:], func(x xml.Attr) bool { return x.Name.Local == a.Name.Local })
			if !there && !later {
				fmt.Fprintf(&add, ` xmlns:%s="`, a.Name.Local)
				_ = xml.EscapeText(&add, []byte(a.Value)) // a buffer takes everything
				add.WriteByte('"')
			}
		}
		return slices.Concat(doc[:end], add.Bytes(), doc[end:])
	}
}
