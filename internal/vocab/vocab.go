// Package vocab holds the short names that beffroi knows out of the box: one
// JSON-LD context with the terms of the Smart Data Models that its own layers,
// mappings and pages use (CC BY 4.0, https://smartdatamodels.org) and a few of
// its own. Clients may use any other @context; this one is what beffroi's own
// parts write and read with.
package vocab

import (
	_ "embed" // for the context document
	"sync"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// CityContext is the address of the context document. It is answered from
// memory, and served at /contexts/city.jsonld.
const CityContext = "https://beffroi.eu/contexts/city.jsonld"

// Namespace begins the IRIs of beffroi's own terms.
const Namespace = "https://beffroi.eu/ns/city/"

//go:embed city.jsonld
var cityJSON []byte

// CityJSON gives the context document.
func CityJSON() []byte { return cityJSON }

var terms = sync.OnceValue(func() map[string]string {
	doc, err := jsontree.Parse(cityJSON, jsontree.Limits{})
	if err != nil {
		panic("vocab: city.jsonld cannot be read: " + err.Error())
	}
	ctx, _ := doc.Get("@context")
	m := make(map[string]string, ctx.Len())
	for name, iri := range ctx.Members() {
		m[name] = iri.Str()
	}
	return m
})

var core = map[string]string{
	"location":  "https://uri.etsi.org/ngsi-ld/location",
	"scope":     "https://uri.etsi.org/ngsi-ld/scope",
	"createdAt": "https://uri.etsi.org/ngsi-ld/createdAt",
}

// Term gives the IRI of a short name of the city context or of the few core
// terms that beffroi's own parts use. It panics if there is none: terms are
// constants of the program, and a test names them all.
func Term(short string) entity.Name {
	if iri, ok := terms()[short]; ok {
		return entity.Name(iri)
	}
	if iri, ok := core[short]; ok {
		return entity.Name(iri)
	}
	panic("vocab: no term " + short)
}

// Terms gives all short names with their IRIs. The map is shared: it must not
// be changed.
func Terms() map[string]string { return terms() }

// Location is the GeoProperty that says where an entity is.
const Location entity.Name = "https://uri.etsi.org/ngsi-ld/location"
