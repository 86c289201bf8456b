package catalogue

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Texts is a text by language: fr, nl, en.
type Texts map[string]string

// Agent is who publishes, and how to reach them.
type Agent struct {
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Email string `json:"email,omitzero"`
}

// Licence is a licence by its IRI in the EU table, with its name for people.
type Licence struct {
	IRI   string `json:"iri"`
	Title string `json:"title"`
	URL   string `json:"url,omitzero"` // its text
}

// Selection says which entities a dataset holds: those of any of the types.
type Selection struct {
	Types []entity.Name `json:"types"`
}

// Query is the selection as a question.
func (s Selection) Query() query.Query { return query.Query{Types: query.AnyType(s.Types...)} }

// Dataset is what people must know about a selection of entities. What can be
// measured is not in it: see Measured.
type Dataset struct {
	Slug        string    `json:"slug"`
	Title       Texts     `json:"-"`
	Description Texts     `json:"-"`
	Address     string    `json:"-"` // its IRI, given at the first publication and never again
	Withdrawn   bool      `json:"-"` // it was published and is no more
	Publisher   Agent     `json:"publisher"`
	Licence     Licence   `json:"licence"`
	Themes      []string  `json:"themes"`    // IRIs of the EU table data-theme
	Frequency   string    `json:"frequency"` // IRI of the EU table frequency
	Keywords    []string  `json:"keywords,omitzero"`
	Issued      string    `json:"issued,omitzero"` // DateTime of the first publication
	Selection   Selection `json:"selection"`
	Layer       string    `json:"layer,omitzero"` // the map's layer that shows it
	Period      float64   `json:"period,omitzero"`
	Synthetic   bool      `json:"synthetic,omitzero"`
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Missing lists everything that a dataset lacks before it can be published, in
// words; nothing if it lacks nothing.
func (d *Dataset) Missing() []string {
	var out []string
	lack := func(no bool, what string) {
		if no {
			out = append(out, what)
		}
	}
	lack(!slugForm.MatchString(d.Slug) || len(d.Slug) > 80, "a slug of small letters, digits and single hyphens")
	for _, lang := range []string{"fr", "nl", "en"} {
		lack(strings.TrimSpace(d.Title[lang]) == "", "a title in "+lang)
		lack(strings.TrimSpace(d.Description[lang]) == "", "a description in "+lang)
	}
	lack(d.Publisher.Name == "" || !slugForm.MatchString(d.Publisher.Slug), "a publisher with a name and a slug")
	lack(!strings.Contains(d.Publisher.Email, "@"), "a contact: the publisher's e-mail address")
	lack(d.Licence.IRI == "", "a licence")
	lack(len(d.Themes) == 0, "a theme")
	lack(d.Frequency == "", "a frequency")
	lack(len(d.Selection.Types) == 0, "a selection of entities")
	for _, iri := range append([]string{d.Licence.IRI, d.Frequency}, d.Themes...) {
		lack(iri != "" && entity.CheckURI(iri) != nil, fmt.Sprintf("an IRI in place of %q", iri))
	}
	return out
}

// IDPrefix begins the ids of the entities that hold datasets.
const IDPrefix = "urn:ngsi-ld:Dataset:"

// Type is the entity type of datasets.
func Type() entity.Name { return vocab.Term("Dataset") }

func textMap(t Texts) []byte {
	b := []byte{'{'}
	for _, lang := range []string{"fr", "nl", "en"} {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = jsontree.AppendString(append(jsontree.AppendString(b, lang), ':'), t[lang])
	}
	return append(b, '}')
}

// fragment is the entity that holds d.
func (d *Dataset) fragment() (entity.Fragment, error) {
	record, err := json.Marshal(d, json.Deterministic(true))
	if err != nil {
		return entity.Fragment{}, fmt.Errorf("write dataset %s: %w", d.Slug, err)
	}
	status := `"published"`
	if d.Withdrawn {
		status = `"withdrawn"`
	}
	inst := func(name string, k entity.Kind, v []byte) entity.Instance {
		return entity.Instance{Name: vocab.Term(name), Kind: k, Value: v}
	}
	return entity.Fragment{ID: entity.ID(IDPrefix + d.Slug), Types: []entity.Name{Type()}, Attrs: []entity.Instance{
		inst("datasetTitle", entity.LanguageProperty, textMap(d.Title)),
		inst("datasetDescription", entity.LanguageProperty, textMap(d.Description)),
		inst("datasetAddress", entity.Property, jsontree.AppendString(nil, d.Address)),
		inst("datasetStatus", entity.Property, []byte(status)),
		inst("datasetRecord", entity.JSONProperty, record),
	}}, nil
}

// FromEntity reads a dataset back.
//
// Errors: problem.BadRequestData if the entity holds none that can be read.
func FromEntity(e *entity.Entity) (Dataset, error) {
	var d Dataset
	bad := func(what string) error {
		return problem.New(problem.BadRequestData, "the entity %s holds no dataset: its %s cannot be read", e.ID, what)
	}
	get := func(name string) (jsontree.Node, bool) {
		i, ok := e.Attr(vocab.Term(name), "")
		if !ok {
			return jsontree.Node{}, false
		}
		n, err := jsontree.Parse(i.Value, jsontree.Limits{})
		return n, err == nil
	}
	record, ok := e.Attr(vocab.Term("datasetRecord"), "")
	if !ok || json.Unmarshal(record.Value, &d) != nil {
		return d, bad("record")
	}
	for _, x := range []struct {
		name string
		to   *Texts
	}{{"datasetTitle", &d.Title}, {"datasetDescription", &d.Description}} {
		n, ok := get(x.name)
		if !ok {
			return d, bad(x.name)
		}
		*x.to = Texts{}
		for lang, v := range n.Members() {
			(*x.to)[lang] = v.Str()
		}
	}
	address, ok := get("datasetAddress")
	if !ok {
		return d, bad("address")
	}
	status, ok := get("datasetStatus")
	if !ok {
		return d, bad("status")
	}
	d.Address, d.Withdrawn = address.Str(), status.Str() == "withdrawn"
	return d, nil
}
