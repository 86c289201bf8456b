package change

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// Edit takes instances out of an entity's history, or puts one in place of
// another (CIM 009, 5.6.13 to 5.6.16). It concerns history alone: an operation
// that edits what is current too says so in Effect.After.
//
// With At set it is about the one instance of Name at that place. Else it is
// about all that history has of Name and Dataset, of every dataset with All,
// and of everything if Name is empty, up to and with the record that brings it.
type Edit struct {
	Name    entity.Name
	Dataset string
	All     bool
	At      entity.Position
	Ordinal uint32
	// With takes the place of the instance at At; nil leaves nothing. It has
	// the same At and Ordinal.
	With *entity.Instance
}

// Whole reports whether e is about the entity's whole history.
func (e *Edit) Whole() bool { return e.At == 0 && e.Name == "" }

// covers reports whether i is one that e, brought by the record at at, is
// about.
func (e *Edit) covers(i *entity.Instance, at entity.Position) bool {
	switch {
	case e.At != 0:
		return i.At == e.At && i.Ordinal == e.Ordinal && i.Name == e.Name
	case i.At > at:
		return false
	default:
		return e.Name == "" || e.Name == i.Name && (e.All || e.Dataset == i.Dataset)
	}
}

// Amend gives points as edits, brought by the record at at, leave them. It
// works on points in place; their order does not stay. It may be run again on
// what it gave.
func Amend(points []entity.Instance, edits []Edit, at entity.Position) []entity.Instance {
	for k := range edits {
		e := &edits[k]
		points = slices.DeleteFunc(points, func(i entity.Instance) bool { return e.covers(&i, at) })
		if e.With != nil {
			points = append(points, *e.With)
		}
	}
	return points
}
