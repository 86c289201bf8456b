// Package find is the search of a catalogue: an index of descriptions in
// memory, with words in French, Dutch and English, facets that are counted,
// and an order that is the same for the same content.
//
// It knows nothing of where documents come from. Whoever holds them puts in
// what changed; an index made anew from the same documents answers the same,
// whatever happened before.
package find

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
)

// Field is a part of a description; a word weighs most in a title.
type Field uint8

// The fields, the weightiest first.
const (
	Title   Field = iota
	Keyword       // also what the themes are called
	Name          // publisher, name in addresses
	Body          // description
	fieldCount
)

// Facet is a list of values by which documents are told apart.
type Facet uint8

// The facets.
const (
	Theme     Facet = iota // code of the EU table data-theme
	Format                 // of files, as people call it
	Publisher              // its name
	Licence                // key, or the address of one that has none
	HighValue              // code of the EU table of high-value categories
	Frequency              // code of the EU table frequency
	Tag                    // keyword, as written
	Layer                  // of the map
	Access                 // code of the EU table access-right
	Source                 // harvested from; "" for the city's own
	facetCount
)

// Passage is one text of a document.
type Passage struct {
	Field Field
	Lang  string // fr, nl, en; "" if nobody says
	Text  string
}

// Doc is what can be found.
type Doc struct {
	ID     string          // unique; the last key of every order
	At     entity.Position // a later one takes the place of an earlier one
	Public bool
	Texts  []Passage
	Values [facetCount][]string

	Changed entity.Instant // of the description
	Issued  entity.Instant // first publication

	Measure
}

// Measure is what the data says; it changes more often than a description.
type Measure struct {
	Box      geo.Rect
	Modified entity.Instant // last change of the data, or of the description if that is later
	Count    int            // entities
	// LiveUntil is when a document stops counting as live unless something
	// new comes; 0 for one that never does.
	LiveUntil entity.Instant
}

// FacetNames gives the facets by the names that they have in addresses.
func FacetNames() map[string]Facet {
	return map[string]Facet{"theme": Theme, "format": Format, "publisher": Publisher, "licence": Licence, "hvd": HighValue, "frequency": Frequency,
		"keyword": Tag, "layer": Layer, "access": Access, "source": Source}
}

// Languages are those whose words are reduced to stems, in the order in which
// a title is looked for when it is not in the language asked for.
func Languages() []string { return []string{"fr", "nl", "en"} }
