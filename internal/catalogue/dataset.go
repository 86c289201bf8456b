package catalogue

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
)

// Texts is one text in several languages, by language tag: fr, nl, en.
type Texts map[string]string

// Languages are those in which a dataset must be described.
func Languages() []string { return []string{"fr", "nl", "en"} }

// Authority begins the addresses of the EU's authority tables.
const Authority = "http://publications.europa.eu/resource/authority/"

// Selection says which entities a dataset consists of. It is small on purpose:
// it can be kept, shown and compared.
type Selection struct {
	Types []entity.Name // any of these; at least one
	Scope string        // scopeQ (CIM 009, 4.19); "" is any scope
}

// Query gives the selection as a query.
//
// Errors: problem.BadRequestData.
func (s Selection) Query() (query.Query, error) {
	if len(s.Types) == 0 {
		// Without a type it would select the whole city, accounts of it included.
		return query.Query{}, problem.New(problem.BadRequestData, "the selection of a dataset names no type")
	}
	out := query.Query{Types: query.AnyType(slices.Clone(s.Types)...)}
	if s.Scope != "" {
		x, err := q.Scopes(s.Scope)
		if err != nil {
			return query.Query{}, fmt.Errorf("scope of the selection: %w", err)
		}
		out.Scope = x
	}
	return out, nil
}

// Agent is who publishes.
type Agent struct {
	Name string
	URL  string // an address about it; "" if none
}

// Contact is whom to ask.
type Contact struct {
	Name  string
	Email string
	URL   string
}

// State is where a dataset stands in its life.
type State uint8

// The states.
const (
	Draft     State = iota // seen by those who look after datasets
	Published              // public
	Withdrawn              // was public; its address answers that it is gone
)

var stateNames = [...]string{"draft", "published", "withdrawn"}

// String gives the state's name.
func (s State) String() string { return stateNames[min(int(s), len(stateNames)-1)] }

// Dataset is a selection of entities with what only people know of it. What
// can be computed from the data is in Extent.
type Dataset struct {
	Slug        string // names it in addresses: lower case letters, digits, hyphens
	Title       Texts
	Description Texts
	Licence     string // key of Licences, such as "CC_BY_4_0"
	Publisher   Agent
	Contact     Contact
	Themes      []string // codes of the EU table data-theme, such as "TRAN"
	Frequency   string   // code of the EU table frequency, such as "UPDATE_CONT"
	Keywords    map[string][]string
	// HighValue are codes of the EU table of categories of high-value datasets,
	// such as "c_63b37dd4"; with one the dataset is of high value and (EU)
	// 2023/138 applies to it.
	HighValue []string
	Selection Selection
	Layer     string // the map's layer that shows it; "" if none
	// Period is the time expected between two readings of one thing; 0 if it
	// is not read at intervals.
	Period    entity.Instant
	Synthetic bool // nothing in it is real

	// What follows is set by the catalogue.
	State   State
	Issued  entity.Instant // first publication
	Address string         // path given at the first publication; never recomputed
	Changed entity.Instant // of this description
}

// ID gives the entity that holds the dataset with a slug.
func ID(slug string) entity.ID { return entity.ID(idPrefix + slug) }

const idPrefix = "urn:ngsi-ld:Dataset:"

// CheckSlug reports why a slug cannot stand in an address.
//
// Errors: problem.BadRequestData.
func CheckSlug(s string) error {
	ok := s != "" && len(s) <= 80 && s[0] != '-' && s[len(s)-1] != '-'
	for _, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !ok {
		return problem.New(problem.BadRequestData, "the slug %.80q cannot stand in an address: use up to 80 lower-case letters, digits and hyphens, such as shared-bikes", s)
	}
	return nil
}

// maxText bounds one text of a description, in bytes.
const maxText = 20_000

// check finds what is wrong with what is there, all of it.
func (d *Dataset) check() []string {
	var out []string
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if err := CheckSlug(d.Slug); err != nil {
		out = append(out, problem.DetailOf(err))
	}
	for _, t := range []struct {
		what  string
		texts Texts
	}{{"title", d.Title}, {"description", d.Description}} {
		for lang, s := range t.texts {
			if len(s) > maxText {
				bad("the %s in %q is longer than %d bytes", t.what, lang, maxText)
			}
			if !slices.Contains(Languages(), lang) {
				bad("the %s is given in %q: the languages are %s", t.what, lang, strings.Join(Languages(), ", "))
			}
		}
	}
	if _, ok := LicenceOf(d.Licence); d.Licence != "" && !ok {
		bad("the licence %q is not known: use one of %s", d.Licence, strings.Join(licenceKeys(), ", "))
	}
	for _, t := range d.Themes {
		if _, ok := themes[t]; !ok {
			bad("the theme %q is not in the EU table data-theme", t)
		}
	}
	if _, ok := frequencies[d.Frequency]; d.Frequency != "" && !ok {
		bad("the frequency %q is not in the EU table frequency", d.Frequency)
	}
	for _, c := range d.HighValue {
		if HighValueLabel(c) == "" {
			bad("the category %q is not in the EU table of high-value datasets: its codes look like c_63b37dd4 (air)", c)
		}
	}
	if len(d.HighValue) > 0 && d.Licence != "" && !highValueLicence(d.Licence) {
		bad("the licence %q is more restrictive than a high-value dataset may have ((EU) 2023/138, Art. 4(3)): use CC0, CC_BY_4_0 or LO_2_0", d.Licence)
	}
	if e := d.Contact.Email; e != "" {
		if a, err := mail.ParseAddress(e); err != nil || a.Address != e || strings.ContainsAny(e, " <>\"'\\^`{|}?#%") {
			bad("the contact's e-mail %q is not an address", e)
		}
	}
	for _, u := range []struct{ what, url string }{{"publisher's", d.Publisher.URL}, {"contact's", d.Contact.URL}} {
		if u.url != "" && (entity.CheckURI(u.url) != nil || !strings.HasPrefix(u.url, "https://") && !strings.HasPrefix(u.url, "http://")) {
			bad("the %s address %q is not an http or https address", u.what, u.url)
		}
	}
	if len(d.Selection.Types) > 0 {
		if _, err := d.Selection.Query(); err != nil {
			out = append(out, problem.DetailOf(err))
		}
	}
	for _, t := range d.Selection.Types {
		if err := entity.CheckURI(string(t)); err != nil {
			bad("the type %q of the selection is not an IRI: %s", t, err)
		}
		if t == datasetType || t == harvestedType {
			bad("a dataset cannot consist of datasets")
		}
	}
	slices.Sort(out)
	return out
}

// Missing lists what a dataset lacks to be published, all of it.
func (d *Dataset) Missing() []string {
	var out []string
	need := func(there bool, what string) {
		if !there {
			out = append(out, what)
		}
	}
	for _, lang := range Languages() {
		need(strings.TrimSpace(d.Title[lang]) != "", "title in "+lang)
		need(strings.TrimSpace(d.Description[lang]) != "", "description in "+lang)
	}
	need(d.Licence != "", "licence")
	need(strings.TrimSpace(d.Publisher.Name) != "", "publisher (name)")
	need(strings.TrimSpace(d.Contact.Name) != "", "contact (name)")
	need(d.Contact.Email != "" || d.Contact.URL != "", "contact (e-mail or address)")
	need(len(d.Themes) > 0, "theme")
	need(d.Frequency != "", "frequency")
	need(len(d.Selection.Types) > 0, "selection (at least one type)")
	return out
}

// wrong joins findings into one error that says all at once.
func wrong(slug, what string, found []string) error {
	return problem.New(problem.BadRequestData, "the dataset %q %s: %s", slug, what, strings.Join(found, "; "))
}
