// Package record keeps the records of governance: requests and letters,
// decisions, agents, fee schedules, harvest reports and the like. Each is an
// NGSI-LD entity under one published context (ContextJSON), so that history,
// subscriptions, access and export apply to it.
//
// How to use it. Pick a Kind (or add one to the table in kind.go); write a Go
// struct with JSON tags, whose members are words of terms.txt (add lines
// there, in order); and call:
//
//	r, err := records.Create(ctx, c, record.Draft{Kind: record.Wish, Value: wish})
//	r, err = records.Change(ctx, c, record.Wish, r.Name, func(r *record.Record) error {
//		var w wish
//		if err := r.Into(&w); err != nil {
//			return err
//		}
//		w.State = "answered"
//		return r.Set(w)
//	})
//	_, err = records.Close(ctx, c, record.Wish, r.Name) // from here on nobody changes it
//	err = records.Erase(ctx, c, record.Request, name) // a person's: as if it had never been
//
// Each member of the value becomes an attribute of its own: texts, numbers and
// truth values are Properties that can be asked for by q, texts by language
// are LanguageProperties, ids are Relationships, lists and objects are
// JsonProperties. So the history of one member is kept apart from that of the
// others. Moments are texts such as 2026-11-25T15:00:00Z (Instant.String).
//
// What always holds: entities of the types in this namespace are written here
// and nowhere else, whatever the door (Guard); a closed record is not changed
// any more, not for an administrator either; records in the guarded layers are
// read here alone, by stewards or by a desk on behalf of whom they are about;
// and what is about a person can be erased. Several records are not changed in
// one step: write them in an order in which a crash between two is harmless.
package record

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Record is one record as it was read. It belongs to whoever got it.
type Record struct {
	Kind    Kind
	Name    string // the last part of its id
	Created entity.Instant
	Changed entity.Instant
	Closed  entity.Instant // zero while it can be changed
	// Number is its place in the order of creation, for Ask.After.
	Number entity.Number

	raw []byte // the members, as one JSON object
}

// ID gives the id of the record's entity.
func (r *Record) ID() entity.ID { return r.Kind.ID(r.Name) }

// JSON gives the members as one JSON object, in order of name. It must not be
// changed.
func (r *Record) JSON() []byte { return r.raw }

// Into reads the members into v, a pointer to a struct with JSON tags; those
// that v does not know are passed over.
func (r *Record) Into(v any) error {
	if err := json.Unmarshal(r.raw, v); err != nil {
		return fmt.Errorf("read the %s %s: %w", r.Kind, r.Name, err)
	}
	return nil
}

// Set puts v in the place of all members, within Service.Change.
func (r *Record) Set(v any) error {
	raw, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write the %s %s: %w", r.Kind, r.Name, err)
	}
	if _, err := attributes(raw); err != nil {
		return fmt.Errorf("write the %s %s: %w", r.Kind, r.Name, err)
	}
	r.raw = raw
	return nil
}

func closedAt() entity.Name { return Term("closedAt") }

var goodName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$`)

// CheckName reports why a record cannot have the name.
//
// Errors: problem.BadRequestData.
func CheckName(name string) error {
	if !goodName.MatchString(name) {
		return problem.New(problem.BadRequestData, "%.100q cannot be the name of a record: use small letters without accents, digits and hyphens, up to 100", name)
	}
	return nil
}

// of reads the record that e keeps.
func of(k Kind, e *entity.Entity) (*Record, error) {
	name, ok := k.NameOf(e.ID)
	if !ok {
		return nil, fmt.Errorf("%s is no id of a %s", e.ID, k)
	}
	r := &Record{Kind: k, Name: name, Created: e.CreatedAt, Changed: e.ModifiedAt, Number: e.Number}
	if i, ok := e.Attr(closedAt(), ""); ok {
		var s string
		err := json.Unmarshal(i.Value, &s)
		if err == nil {
			r.Closed, err = timespan.ParseInstant(s)
		}
		if err != nil {
			return nil, fmt.Errorf("read when %s was closed: %w", e.ID, err)
		}
	}
	var err error
	if r.raw, err = members(e); err != nil {
		return nil, fmt.Errorf("read %s: %w", e.ID, err)
	}
	return r, nil
}

// fragment gives r as what differs from cur, nil for a new one.
func (r *Record) fragment(cur *entity.Entity) (entity.Fragment, error) {
	f := entity.Fragment{ID: r.ID(), Types: []entity.Name{r.Kind.Info().Type}}
	attrs, err := attributes(r.raw)
	if err != nil {
		return f, fmt.Errorf("write the %s %s: %w", r.Kind, r.Name, err)
	}
	if r.Closed != 0 {
		attrs = append(attrs, entity.Instance{Name: closedAt(), Kind: entity.Property, Value: []byte(`"` + r.Closed.String() + `"`)})
	}
	if cur == nil {
		f.Attrs = attrs
		return f, nil
	}
	for i := range attrs {
		if old, ok := cur.Attr(attrs[i].Name, ""); !ok || !old.SameContent(&attrs[i]) {
			f.Attrs = append(f.Attrs, attrs[i])
		}
	}
	for i := range cur.Attrs {
		name := cur.Attrs[i].Name
		_, ours := shortNames()[name]
		if ours && !slices.ContainsFunc(attrs, func(a entity.Instance) bool { return a.Name == name }) {
			f.Attrs = append(f.Attrs, entity.Instance{Name: name, Kind: entity.Null})
		}
	}
	return f, nil
}
