package catalogue

import (
	"fmt"
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
	// ConformsTo are the addresses of the data models and standards that the
	// data follows.
	ConformsTo []string
	// Place is the address of a place that the dataset is about, where that is
	// more than what its entities show: an entry of the EU table place, of
	// GeoNames ...; "" if none is typed.
	Place string
	// From and Until bound the time that the dataset is about; either may be
	// zero.
	From, Until entity.Instant
	// Access says who may have the data: a code of the EU table access-right,
	// "" for PUBLIC. What is not public is listed with its reason, and only
	// that: its entities stay closed.
	Access string
	Reason string // why it is not public, a key of Reasons; "" if it is
	// Period is the time expected between two readings of one thing; 0 if it
	// is not read at intervals.
	Period    entity.Instant
	Synthetic bool // nothing in it is real
	// Terms are those of its API, nil where the default holds. Put leaves them
	// as they are: SetTerms sets them.
	Terms *Terms
	// Protection is what is told of one that is closed; nil if nothing is. Put
	// leaves it as it is: SetProtection sets it.
	Protection *Protection

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

// Closed reports whether the dataset is listed while its data is not public.
func (d *Dataset) Closed() bool { return d.Access != "" && d.Access != AccessPublic }

// wrong joins findings into one error that says all at once.
func wrong(slug, what string, found []string) error {
	return problem.New(problem.BadRequestData, "the dataset %q %s: %s", slug, what, strings.Join(found, "; "))
}
