package query

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// TypeExpr selects by entity type (CIM 009, 4.17): a disjunction of
// conjunctions. A nil TypeExpr selects every type; an empty one selects none.
type TypeExpr struct {
	Any [][]entity.Name // no part is empty
}

// OneType selects the entities that have type t.
func OneType(t entity.Name) *TypeExpr { return AnyType(t) }

// AnyType selects the entities that have one of ts.
func AnyType(ts ...entity.Name) *TypeExpr {
	x := &TypeExpr{Any: make([][]entity.Name, len(ts))}
	for i := range ts {
		x.Any[i] = ts[i : i+1 : i+1]
	}
	return x
}

// Match reports whether an entity with these types is selected.
func (x *TypeExpr) Match(types []entity.Name) bool {
	if x == nil {
		return true
	}
next:
	for _, all := range x.Any {
		for _, t := range all {
			if !slices.Contains(types, t) {
				continue next
			}
		}
		return true
	}
	return false
}

// Cover gives types of which every selected entity has at least one, without
// repetition. A nil x gives nil: there is no such set.
func (x *TypeExpr) Cover() []entity.Name {
	if x == nil {
		return nil
	}
	out := make([]entity.Name, 0, len(x.Any))
	for _, all := range x.Any {
		if !slices.Contains(out, all[0]) {
			out = append(out, all[0])
		}
	}
	return out
}
