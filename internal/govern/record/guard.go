package record

import (
	"strings"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// WriterName is the source under which records are written. Guard knows its
// own writes by it; no connector may have it, as sources have no colon.
const WriterName = "beffroi:govern"

// Guard keeps the types of governance in the hands of this package, whatever
// the door, and closed records as they are, whoever asks. It is for
// broker.Options, beside catalogue.Guard.
//
// Errors: problem.OperationNotSupported, naming the right call.
func Guard(c broker.Call, before, after *entity.Entity) error {
	if c.Origin.Source != WriterName {
		for _, e := range []*entity.Entity{before, after} {
			if err := foreign(e); err != nil {
				return err
			}
		}
		if c.Space.Layer == string(Stewards) || c.Space.Layer == string(Persons) {
			return problem.New(problem.OperationNotSupported, "the layer %q holds records of governance alone", c.Space.Layer)
		}
	}
	if before != nil && before.Has(closedAt()) && governed(before) {
		return problem.New(problem.OperationNotSupported, "%s is closed: what was decided or published stays as it is, also for administrators; a new record can correct it", before.ID)
	}
	return nil
}

func governed(e *entity.Entity) bool {
	for _, t := range e.Types {
		if strings.HasPrefix(string(t), Namespace) {
			return true
		}
	}
	return false
}

// foreign refuses e, which somebody else than this package writes, if it is of
// a type of governance.
func foreign(e *entity.Entity) error {
	if e == nil {
		return nil
	}
	for _, t := range e.Types {
		if k, ok := ofType(t); ok {
			return problem.New(problem.OperationNotSupported, "%s is a governance record (%s): such records are changed through %s", e.ID, k, k.Info().Call)
		}
		if strings.HasPrefix(string(t), Namespace) {
			return problem.New(problem.OperationNotSupported, "%s has the type %s: types of that namespace are beffroi's own; use another one, or the calls under /api/", e.ID, t)
		}
	}
	return nil
}
