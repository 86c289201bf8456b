// Package query holds the one query tree: every question that crosses a
// boundary, from an NGSI-LD parameter, a map tile or a subscription, is a
// Query, never text. Parsers (query/q and, later, others) build the tree and
// set its policies; Match decides; drivers read its bounds to use an index.
//
// Names in the tree are expanded IRIs. The tree is not changed once built and
// may be used by many goroutines.
package query

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
)

// Query selects entities. Every condition that is set must hold; the zero
// Query selects all.
type Query struct {
	IDs       []entity.ID   // any of these; nil is any id
	IDPattern *Pattern      // the id must match; nil is any
	Types     *TypeExpr     // type selection (CIM 009, 4.17); nil is any type
	Attrs     []entity.Name // at least one must be there; nil asks for none
	Filter    Expr          // q (CIM 009, 4.9); nil is true
	Scope     *ScopeExpr    // scopeQ (CIM 009, 4.19); nil is true
	Geo       *Geo          // geo-query (CIM 009, 4.10); nil is true
	// Datasets restricts what attributes and filters look at to these
	// datasets ("" is the default instance); nil looks at all.
	Datasets []string
	// Access restricts everything to what the caller may see; nil restricts
	// nothing. It applies before all else.
	Access *Access
	// Now is the time of asking: what has expired by then is absent.
	Now entity.Instant
	// Wanted names the attributes that the caller will look at beyond those
	// that the conditions need; nil is all. Drivers may leave others out.
	Wanted []entity.Name
}

// Access is a restriction that the platform adds for a caller.
type Access struct {
	// Any is a disjunction of selections: an entity is visible if one of them
	// matches. An empty Any shows nothing.
	Any []Query
	// Hidden attributes do not exist for the caller.
	Hidden []entity.Name
}

// Geo is a geo-query on one GeoProperty.
type Geo struct {
	Property  entity.Name
	Predicate geo.Predicate
}

// Lookup finds a linked entity for conditions that follow a Relationship
// (CIM 009, 4.9); nil if there is none to be seen.
type Lookup func(id entity.ID) *entity.Entity
