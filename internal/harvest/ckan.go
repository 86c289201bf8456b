package harvest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
)

// ckanReader reads a portal by the CKAN action API, in order of ids, so that
// what changes meanwhile does not move. The cursor is the number of packages
// that were read.
type ckanReader struct {
	s Source
	v *visitor
}

func (c *ckanReader) close() error { return nil }

// portal is the address below which all others of the portal are.
func (c *ckanReader) portal() string {
	s := strings.TrimRight(c.s.URL, "/")
	for _, end := range []string{"/action", "/3", "/api"} {
		s = strings.TrimSuffix(s, end)
	}
	return s
}

func (c *ckanReader) name(cursor string) string {
	q := url.Values{"rows": {strconv.Itoa(lotSize)}, "start": {cmp.Or(cursor, "0")}, "sort": {"id asc"}}
	if c.s.Filter != "" {
		q.Set("fq", c.s.Filter)
	}
	return c.portal() + "/api/3/action/package_search?" + q.Encode()
}

// page reads one answer of package_search.
func (c *ckanReader) page(ctx context.Context, cursor string, b *batch) (string, error) {
	address := c.name(cursor)
	a, err := c.v.open(ctx, address, "application/json")
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(io.LimitReader(a.Body, pageBytes))
	if err := errors.Join(err, a.Body.Close()); err != nil {
		return "", unread(ctx, address, err)
	}
	n, count, err := c.packages(address, body, b)
	if err != nil {
		return "", err
	}
	start, err := strconv.Atoi(cmp.Or(cursor, "0"))
	if err != nil {
		return "", stopped("syntax", address, err.Error())
	}
	if n == 0 && start < count { // more is said to be there than is given
		return "", stopped("incomplete-list", address, strconv.Itoa(start), strconv.Itoa(count))
	}
	if next := start + n; next < count {
		return strconv.Itoa(next), nil
	}
	return "", nil
}

// packages reads the body of an answer: n packages of count.
func (c *ckanReader) packages(address string, body []byte, b *batch) (n, count int, err error) {
	var in struct {
		Success bool           `json:"success"`
		Error   jsontext.Value `json:"error"`
		Result  struct {
			Count   int              `json:"count"`
			Results []jsontext.Value `json:"results"`
		} `json:"result"`
	}
	// One broken package is no reason to lose a page of them.
	lenient := json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := json.Unmarshal(body, &in, lenient); err != nil {
		return 0, 0, stopped("syntax", address, err.Error())
	}
	if !in.Success {
		return 0, 0, stopped("ckan-error", address, cmp.Or(string(in.Error), "success is not true"))
	}
	for _, raw := range in.Result.Results {
		var p pack
		if err := json.Unmarshal(raw, &p, lenient); err != nil || p == nil {
			b.note(finding("unreadable", address, "a package is no JSON object"))
			continue
		}
		if h := c.dataset(p, b); h != nil {
			b.found = append(b.found, h)
		}
	}
	return len(in.Result.Results), in.Result.Count, nil
}

// pack is a package as JSON: portals differ in what they put in, so nothing
// is sure of its type.
type pack map[string]any

func (p pack) text(names ...string) string {
	for _, name := range names {
		switch v := p[name].(type) {
		case string:
			if s := strings.TrimSpace(v); s != "" {
				return s
			}
		case float64:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return ""
}

func (p pack) list(name string) []pack {
	var out []pack
	vs, _ := p[name].([]any)
	for _, v := range vs {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// texts reads a text in several languages, else the plain one.
func (p pack) texts(translated, plain, lang string) catalogue.Texts {
	out := catalogue.Texts{}
	if m, ok := p[translated].(map[string]any); ok {
		for l := range m {
			if s := pack(m).text(l); s != "" {
				out[tag(l, lang)] = s
			}
		}
	}
	if s := p.text(plain); s != "" && len(out) == 0 {
		out[tag("", lang)] = s
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// extras are what ckanext-dcat adds, by name.
func (p pack) extras() pack {
	out := pack{}
	for _, e := range p.list("extras") {
		out[e.text("key")] = e["value"]
	}
	for _, name := range []string{"uri", "identifier", "theme", "frequency", "issued", "modified", "temporal_start", "temporal_end", "spatial", "access_rights", "hvd_category",
		"contact_name", "contact_email", "contact_url", "contact_uri", "publisher_name", "publisher_url"} {
		if v, ok := p[name]; ok && out[name] == nil {
			out[name] = v
		}
	}
	return out
}

// codes reads a list of IRIs, which may be JSON in a text.
func (p pack) codes(name string) []string {
	if vs, ok := p[name].([]any); ok {
		var out []string
		for _, v := range vs {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	s := p.text(name)
	var out []string
	if s == "" || strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &out) == nil {
		return out
	}
	return []string{s}
}

// dataset reads a package, through the words of DCAT, so that it is held to
// what all others are held to.
func (c *ckanReader) dataset(p pack, b *batch) *catalogue.Harvested {
	x := p.extras()
	iri := x.text("uri")
	if id := p.text("id", "name"); rdf.CheckIRI(iri) != nil && id != "" {
		iri = c.portal() + "/dataset/" + url.PathEscape(id)
	}
	if rdf.CheckIRI(iri) != nil {
		b.note(finding("unreadable", c.s.URL, "a package has neither id nor name"))
		return nil
	}
	g := &triplesOf{subjects: map[rdf.IRI][]rdf.Triple{}}
	s := rdf.IRI(iri)
	put := func(s, p rdf.IRI, o rdf.Term) {
		if o.Value() != "" {
			_ = g.add(rdf.Triple{S: s, P: p, O: o}) // never fails
		}
	}
	ref := func(text string) rdf.Term {
		if rdf.CheckIRI(text) == nil {
			return rdf.Ref(rdf.IRI(text))
		}
		return rdf.Text(text)
	}
	for _, plain := range []struct {
		p    rdf.IRI
		text string
	}{{dctNS + "issued", cmp.Or(x.text("issued"), p.text("metadata_created"))}, {dctNS + "modified", cmp.Or(x.text("modified"), p.text("metadata_modified"))}} {
		put(s, plain.p, rdf.Text(plain.text))
	}
	put(s, dctNS+"accrualPeriodicity", ref(x.text("frequency")))
	put(s, dctNS+"accessRights", ref(x.text("access_rights")))
	put(s, dctNS+"license", ref(p.text("license_url", "license_id", "license_title")))
	for _, t := range x.codes("theme") {
		put(s, dcatNS+"theme", ref(t))
	}
	for _, t := range x.codes("hvd_category") {
		put(s, dcatapNS+"hvdCategory", ref(t))
	}
	for _, t := range p.list("tags") {
		put(s, dcatNS+"keyword", rdf.Text(t.text("display_name", "name")))
	}
	put("_:time", dcatNS+"startDate", rdf.Text(x.text("temporal_start")))
	put("_:time", dcatNS+"endDate", rdf.Text(x.text("temporal_end")))
	put(s, dctNS+"temporal", rdf.Ref("_:time"))
	if v := x.text("spatial"); strings.HasPrefix(v, "{") {
		put("_:place", dcatNS+"bbox", rdf.Text(v))
		put(s, dctNS+"spatial", rdf.Ref("_:place"))
	}
	c.resources(p, s, put, ref)
	put(s, dctNS+"title", rdf.Text(p.text("title", "name"))) // its languages follow
	put(s, dctNS+"description", rdf.Text(p.text("notes")))
	m := &mapper{d: g, where: iri, lang: c.s.Language, note: b.note}
	h, _ := m.dataset(c.s.Slug, s) // a graph in memory fails never
	if h == nil {
		return nil
	}
	if t := p.texts("title_translated", "title", c.s.Language); t != nil {
		h.Title = t
	}
	if t := p.texts("notes_translated", "notes", c.s.Language); t != nil {
		h.Description = t
	}
	h.Page = c.portal() + "/dataset/" + url.PathEscape(p.text("name", "id"))
	org, _ := p["organization"].(map[string]any)
	h.Publisher = catalogue.Agent{Name: cmp.Or(x.text("publisher_name"), pack(org).text("title", "name"), p.text("author"))}
	if u := x.text("publisher_url"); webAddress(u) {
		h.Publisher.URL = u
	}
	h.Contact = catalogue.Contact{Name: cmp.Or(x.text("contact_name"), p.text("maintainer", "author")), Email: cmp.Or(x.text("contact_email"), p.text("maintainer_email", "author_email"))}
	return h
}

func (c *ckanReader) resources(p pack, s rdf.IRI, put func(s, p rdf.IRI, o rdf.Term), ref func(string) rdf.Term) {
	for i, r := range p.list("resources") {
		d := rdf.IRI(r.text("uri"))
		if rdf.CheckIRI(string(d)) != nil || slices.Contains([]rdf.IRI{"_:time", "_:place"}, d) {
			d = rdf.IRI("_:way" + strconv.Itoa(i))
		}
		put(s, dcatNS+"distribution", rdf.Ref(d))
		put(d, dctNS+"title", rdf.Text(r.text("name")))
		put(d, dcatNS+"accessURL", ref(r.text("access_url", "url")))
		put(d, dcatNS+"downloadURL", ref(r.text("download_url")))
		put(d, dctNS+"format", rdf.Text(r.text("format")))
		put(d, dcatNS+"mediaType", rdf.Text(r.text("mimetype")))
		put(d, dcatNS+"byteSize", rdf.Text(r.text("size")))
		put(d, dctNS+"license", ref(r.text("license")))
	}
}
