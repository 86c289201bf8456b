package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
)

// How many datasets come at a time: who says nothing gets what one page of a
// city's own catalogue shows.
const (
	usualDatasets = 100
	mostDatasets  = 1000
	mostSkipped   = 1_000_000
	maxQuestion   = 500 // bytes of q
	maxWords      = 32  // of q
	mostValues    = 100 // of a facet, besides those asked for
)

// facetParams are the facets in the order in which they are told.
func facetParams() []string {
	return []string{"theme", "format", "publisher", "licence", "hvd", "frequency", "access", "source", "layer", "keyword"}
}

// countedFacets are told with each answer: keywords have too many values, a
// layer has one dataset.
func countedFacets() []string { return facetParams()[:8] }

type facetValue struct {
	Value string `json:"value"`
	Count int    `json:"count"`
	// Label is what people call it, where that is not the value: in English for
	// codes of EU tables.
	Label string `json:"label,omitzero"`
}

type wordAnswer struct {
	Word    string `json:"word"`
	Count   int    `json:"count"`
	Instead string `json:"instead,omitzero"` // taken for it, as nothing else was found
	Near    string `json:"near,omitzero"`    // perhaps meant; not taken
}

type withoutAnswer struct {
	Part  string `json:"part"` // a facet's name, live or bbox
	Count int    `json:"count"`
}

type listAnswer struct {
	Datasets []foundAnswer           `json:"datasets"`
	Count    int                     `json:"count"`
	Offset   int                     `json:"offset"`
	Limit    int                     `json:"limit"`
	Facets   map[string][]facetValue `json:"facets"`
	// Live and Anywhere are how many there would be if only live ones, or ones
	// of any place, were asked for.
	Live     int             `json:"live"`
	Anywhere int             `json:"anywhere"`
	Words    []wordAnswer    `json:"words,omitzero"`
	Without  []withoutAnswer `json:"without,omitzero"`
}

// foundAnswer is a dataset with why it was found.
type foundAnswer struct {
	datasetAnswer `json:",inline"`
	Live          bool   `json:"live"`
	State         string `json:"state,omitzero"` // draft, for stewards
	// Harvested says where a description comes from that is not ours.
	Harvested *harvestedAnswer `json:"harvested,omitzero"`
	// Found are texts cut at the words of the question: plain, marked, plain
	// and so on; of the title and the description in the language asked for,
	// else of what has the words.
	Found *marksAnswer `json:"found,omitzero"`
}

type harvestedAnswer struct {
	Source string `json:"source"`
	IRI    string `json:"iri"`
	Page   string `json:"page,omitzero"`
}

type marksAnswer struct {
	Title       find.Marked   `json:"title,omitzero"`
	Description find.Marked   `json:"description,omitzero"`
	Publisher   find.Marked   `json:"publisher,omitzero"`
	Keywords    []find.Marked `json:"keywords,omitzero"`
	Elsewhere   *elsewhere    `json:"elsewhere,omitzero"`
}

// elsewhere is a text in another language that has the words.
type elsewhere struct {
	Lang string      `json:"lang"`
	Text find.Marked `json:"text"`
}

// question reads what is asked of the catalogue.
func (a *API) question(r *http.Request) (broker.Call, find.Query, error) {
	var q find.Query
	p, err := httpx.Params(r)
	if err != nil {
		return broker.Call{}, q, err
	}
	once := url.Values{}
	for name, values := range p {
		once[name] = values
		if slices.Contains(facetParams(), name) {
			once[name] = values[:1] // may stand more than once
		}
	}
	if err := httpx.OnlyParams(once, append([]string{"q", "live", "bbox", "sort", "offset", "limit", "lang", "state"}, facetParams()...)...); err != nil {
		return broker.Call{}, q, err
	}
	if q, err = readQuestion(p); err != nil {
		return broker.Call{}, q, err
	}
	switch state := p.Get("state"); state {
	case "", "published":
	case "draft", "any":
		if err := access.Curate.Allow(access.From(r.Context())); err != nil {
			return broker.Call{}, q, err
		}
		q.Drafts, q.NotPublic = true, state == "draft"
	default:
		return broker.Call{}, q, problem.New(problem.InvalidRequest, "state is published, draft or any, not %.40q", state)
	}
	call, err := a.o.Call(r)
	return call, q, err
}

func readQuestion(p url.Values) (find.Query, error) {
	q := find.Query{Lang: cmp.Or(p.Get("lang"), "en"), Limit: usualDatasets}
	bad := func(format string, args ...any) (find.Query, error) {
		return q, problem.New(problem.InvalidRequest, format, args...)
	}
	text := p.Get("q")
	if len(text) > maxQuestion {
		return bad("q is longer than %d bytes", maxQuestion)
	}
	if find.CountWords(text) > maxWords {
		return bad("q has more than %d words", maxWords)
	}
	q.Where = find.Text(text)
	names := find.FacetNames()
	for _, name := range facetParams() {
		for _, v := range p[name] {
			values := []string{v}
			if name != "publisher" && name != "keyword" { // their names may have commas
				values = strings.Split(v, ",")
			}
			for _, v := range values {
				if v == "" && name != "source" {
					continue
				}
				if name == "theme" && catalogue.ThemeLabel(v) == "" || name == "hvd" && catalogue.HighValueLabel(v) == "" || name == "frequency" && catalogue.FrequencyLabel(v) == "" {
					return bad("there is no %s %.60q: it is a code of the EU table %s", name, v, map[string]string{"theme": "data-theme, such as TRAN", "hvd": "high-value-dataset-category, such as c_63b37dd4", "frequency": "frequency, such as DAILY"}[name])
				}
				q.Any[names[name]] = append(q.Any[names[name]], v)
			}
		}
	}
	for _, name := range countedFacets() {
		q.Count = append(q.Count, names[name])
	}
	switch live := p.Get("live"); live {
	case "", "0", "false":
	case "1", "true":
		q.Live = true
	default:
		return bad("live is true or false, not %.40q", live)
	}
	if b := p.Get("bbox"); b != "" {
		box, err := readBox(b)
		if err != nil {
			return q, err
		}
		q.Box = &box
	}
	var err error
	if q.Sort, err = readOrder(p.Get("sort"), text); err != nil {
		return q, err
	}
	for _, n := range []struct {
		name  string
		to    *int
		least int
		most  int
	}{{"offset", &q.Offset, 0, mostSkipped}, {"limit", &q.Limit, 0, mostDatasets}} {
		if s := p.Get(n.name); s != "" {
			v, err := strconv.Atoi(s)
			if err != nil || v < n.least || v > n.most {
				return bad("%s is a whole number from %d to %d, not %.40q", n.name, n.least, n.most, s)
			}
			*n.to = v
		}
	}
	return q, nil
}

// readBox reads west,south,east,north in degrees; west may be the greater one
// for a box over the date line.
func readBox(s string) (geo.Rect, error) {
	parts := strings.Split(s, ",")
	var n [4]float64
	ok := len(parts) == 4
	for i := 0; ok && i < 4; i++ {
		v, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		n[i] = v
		most := 180.0
		if i%2 == 1 {
			most = 90
		}
		ok = err == nil && v >= -most && v <= most
	}
	if !ok || n[1] > n[3] {
		return geo.Rect{}, problem.New(problem.InvalidRequest, "bbox is west,south,east,north in degrees, such as 3.1,50.5,3.3,50.7, not %.80q", s)
	}
	return geo.Rect{West: n[0], South: n[1], East: n[2], North: n[3]}, nil
}

func readOrder(s, text string) ([]find.Order, error) {
	title := find.Order{By: find.ByTitle}
	if s == "" && strings.TrimSpace(text) != "" {
		s = "relevance"
	}
	switch s {
	case "relevance":
		return []find.Order{{By: find.Relevance}, title}, nil
	case "", "title":
		return []find.Order{title}, nil
	case "modified":
		return []find.Order{{By: find.ByModified, Falls: true}, title}, nil
	case "issued":
		return []find.Order{{By: find.ByIssued, Falls: true}, title}, nil
	case "count":
		return []find.Order{{By: find.ByCount, Falls: true}, title}, nil
	}
	return nil, problem.New(problem.InvalidRequest, "sort is relevance, title, modified, issued or count, not %.40q", s)
}

// datasets answers GET /api/datasets.
func (a *API) datasets(w http.ResponseWriter, r *http.Request) error {
	call, q, err := a.question(r)
	if err != nil {
		return err
	}
	p, err := a.o.Catalogue.Search(r.Context(), call.Space, q)
	if err != nil {
		return err
	}
	out := listAnswer{Datasets: []foundAnswer{}, Count: p.Total, Offset: q.Offset, Limit: q.Limit, Facets: map[string][]facetValue{}, Live: p.Live, Anywhere: p.Placed}
	for _, f := range p.Found {
		one, err := a.foundAnswer(r, call, f, p.Words, q.Lang)
		if err != nil {
			return err
		}
		out.Datasets = append(out.Datasets, one)
	}
	names := find.FacetNames()
	for _, name := range countedFacets() {
		out.Facets[name] = []facetValue{}
		for i, v := range p.Facets[names[name]] {
			if i >= mostValues && !slices.Contains(q.Any[names[name]], v.Text) {
				continue
			}
			out.Facets[name] = append(out.Facets[name], facetValue{v.Text, v.N, facetLabel(name, v.Text)})
		}
	}
	for _, word := range p.Words {
		out.Words = append(out.Words, wordAnswer{word.Text, word.N, word.Instead, word.Near})
	}
	for _, x := range p.Without {
		part := x.Part
		switch part {
		case "place":
			part = "bbox"
		case "facet":
			for name, f := range names {
				if f == x.Facet {
					part = name
				}
			}
		}
		out.Without = append(out.Without, withoutAnswer{part, x.N})
	}
	if next := q.Offset + q.Limit; q.Limit > 0 && next < p.Total {
		at := r.URL.Query()
		at.Set("offset", strconv.Itoa(next))
		at.Set("limit", strconv.Itoa(q.Limit))
		w.Header().Set("Link", fmt.Sprintf("<%s/api/datasets?%s>; rel=\"next\"", httpx.BaseURL(r), at.Encode()))
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, out)
}

func facetLabel(name, value string) string {
	switch name {
	case "theme":
		return catalogue.ThemeLabel(value)
	case "hvd":
		return catalogue.HighValueLabel(value)
	case "frequency":
		return catalogue.FrequencyLabel(value)
	case "licence":
		l, _ := catalogue.LicenceOf(value)
		return l.Title
	}
	return ""
}

func (a *API) foundAnswer(r *http.Request, call broker.Call, f catalogue.Found, asked []find.Word, lang string) (foundAnswer, error) {
	out := foundAnswer{Live: f.Live}
	if h := f.Harvested; h != nil {
		out.datasetAnswer = harvestedAs(h)
		out.Harvested = &harvestedAnswer{h.Source, h.IRI, h.Page}
	} else {
		x, err := a.o.Catalogue.Extent(r.Context(), call.Space, f.Dataset)
		if err != nil {
			return out, err
		}
		out.datasetAnswer = answerOf(f.Dataset, x)
		if f.Dataset.State != catalogue.Published {
			out.State = f.Dataset.State.String()
		}
	}
	if len(asked) > 0 {
		out.Found = markedIn(&out.datasetAnswer, asked, lang)
	}
	return out, nil
}

// harvestedAs shows a dataset that another catalogue describes as the page
// shows ours.
func harvestedAs(h *catalogue.Harvested) datasetAnswer {
	out := datasetAnswer{Slug: h.Slug, Title: h.Title, Description: h.Description, Publisher: h.Publisher.Name, Keywords: h.Keywords,
		Licence: licenceAnswer{ID: cmp.Or(h.Licence, h.LicenceIRI), Title: h.LicenceIRI, URL: h.LicenceIRI}, Href: h.Address(), Contact: contactAnswer(h.Contact),
		Formats: []string{}, Distributions: []fileAnswer{}, Themes: []string{}, Links: map[string]string{}}
	if l, ok := catalogue.LicenceOf(h.Licence); ok {
		out.Licence = licenceAnswer{l.Key, l.Title, l.URL}
	}
	if h.Frequency != "" {
		out.Frequency = catalogue.Authority + "frequency/" + h.Frequency
	}
	if !h.Issued.IsZero() {
		out.Issued = h.Issued.String()
	}
	if !h.Modified.IsZero() {
		out.Modified = h.Modified.String()
	}
	for _, t := range h.Themes {
		out.Themes = append(out.Themes, catalogue.Authority+"data-theme/"+t)
	}
	for _, c := range h.HighValue {
		out.HighValue = append(out.HighValue, catalogue.BNA+c)
	}
	if len(h.Box) == 4 {
		out.Bbox = (*[4]float64)(h.Box)
	}
	if !h.From.IsZero() && !h.Until.IsZero() {
		out.Temporal = &[2]string{h.From.String(), h.Until.String()}
	}
	for _, w := range h.Ways {
		if w.Format != "" && !slices.Contains(out.Formats, w.Format) {
			out.Formats = append(out.Formats, w.Format)
		}
		if to := cmp.Or(w.DownloadURL, w.AccessURL); to != "" {
			out.Distributions = append(out.Distributions, fileAnswer{w.Format, to})
		}
	}
	return out
}

// snippet is how many bytes of a description show why it was found.
const snippet = 240

// markedIn shows where the words of a question stand.
func markedIn(d *datasetAnswer, asked []find.Word, lang string) *marksAnswer {
	out := &marksAnswer{}
	if m := find.Mark(inTexts(d.Title, lang), asked); m.Found() {
		out.Title = m
	}
	if m := find.Snippet(inTexts(d.Description, lang), asked, snippet); m.Found() {
		out.Description = m
	}
	if m := find.Mark(d.Publisher, asked); m.Found() {
		out.Publisher = m
	}
	for _, l := range sortedKeys(d.Keywords) {
		for _, k := range d.Keywords[l] {
			if m := find.Mark(k, asked); m.Found() && len(out.Keywords) < 5 {
				out.Keywords = append(out.Keywords, m)
			}
		}
	}
	if out.Title == nil && out.Description == nil {
		for _, texts := range []catalogue.Texts{d.Title, d.Description} {
			for _, l := range sortedKeys(texts) {
				if m := find.Snippet(texts[l], asked, snippet); m.Found() && out.Elsewhere == nil {
					out.Elsewhere = &elsewhere{l, m}
				}
			}
		}
	}
	return out
}

// describeSearch says how the catalogue is asked.
func describeSearch() httpx.Description {
	param := func(name, about string, schema httpx.Schema) httpx.Param {
		return httpx.Param{Name: name, In: "query", Description: about, Schema: schema}
	}
	number := func(most int) httpx.Schema { return httpx.Schema{"type": "integer", "minimum": 0, "maximum": most} }
	listed := func(values ...string) httpx.Schema { return httpx.Schema{"type": "string", "enum": values} }
	value := httpx.Schema{"type": "object", "required": []string{"value", "count"}, "properties": map[string]any{"value": httpx.Schema{"type": "string"}, "count": number(1 << 31), "label": httpx.Schema{"type": "string"}}}
	return httpx.Description{
		Params: []httpx.Param{
			param("q", "words in French, Dutch or English, all of which must be there; accents and endings aside; the last may be the beginning of one; \"words in a row\" between quotation marks", httpx.Schema{"type": "string", "maxLength": maxQuestion}),
			param("theme", "codes of the EU table data-theme, any of which, such as TRAN,ENVI", nil),
			param("format", "of files, any of which, such as CSV,GeoJSON", nil),
			param("publisher", "name of the publisher; may stand more than once", nil),
			param("licence", "keys of licences, any of which, such as LO_2_0", nil),
			param("hvd", "codes of the EU table of high-value categories, any of which", nil),
			param("frequency", "codes of the EU table frequency, any of which", nil),
			param("access", "codes of the EU table access-right, any of which: PUBLIC, RESTRICTED, NON_PUBLIC", nil),
			param("source", "harvested from any of these; empty for the city's own", nil),
			param("layer", "of the map", nil),
			param("keyword", "as written; may stand more than once", nil),
			param("live", "true for datasets whose last reading is not older than five times the expected period", listed("true", "false", "1", "0")),
			param("bbox", "west,south,east,north in degrees: datasets whose extent meets it", nil),
			param("sort", "relevance (usual with q), title (usual without), modified, issued, count", listed("relevance", "title", "modified", "issued", "count")),
			param("offset", "how many to skip", number(mostSkipped)),
			param("limit", "how many at most, 100 if not said", number(mostDatasets)),
			param("lang", "of titles in an order and of what is marked: fr, nl, en", nil),
			param("state", "draft or any, for stewards", listed("published", "draft", "any")),
		},
		Answers: []httpx.Answer{{Status: http.StatusOK, Description: "One page of what was found, and how many have each value of each facet", Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{
			"type": "object", "required": []string{"datasets", "count", "offset", "limit", "facets", "live", "anywhere"},
			"properties": map[string]any{"datasets": httpx.Schema{"type": "array", "items": httpx.Schema{"type": "object"}}, "count": number(1 << 31), "offset": number(mostSkipped), "limit": number(mostDatasets),
				"facets": httpx.Schema{"type": "object", "additionalProperties": httpx.Schema{"type": "array", "items": value}}, "live": number(1 << 31), "anywhere": number(1 << 31)}}}}}},
	}
}
