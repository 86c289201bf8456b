package entity

import (
	"slices"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// ScopeName is the name under which history keeps the scopes that an entity
// had (CIM 009, 4.18, 4.5.6). It names no attribute.
const ScopeName Name = "https://uri.etsi.org/ngsi-ld/scope"

// ScopePoint gives the instance of history that says that scopes hold from
// the time of the change on; with none, that the scope was deleted then. It
// has no observation time and no place yet.
func ScopePoint(scopes []string, now Instant) Instance {
	i := Instance{Name: ScopeName, Kind: Property, CreatedAt: now, ModifiedAt: now}
	if len(scopes) == 0 {
		i.Kind, i.DeletedAt = Null, now
		return i
	}
	i.Value = append(i.Value, '[')
	for k, s := range scopes {
		if k > 0 {
			i.Value = append(i.Value, ',')
		}
		i.Value = jsontree.AppendString(i.Value, s)
	}
	i.Value = append(i.Value, ']')
	return i
}

// ScopesOf gives the scopes that an instance made by ScopePoint holds; none if
// it is a deletion.
func ScopesOf(i *Instance) []string {
	if i.Kind == Null {
		return nil
	}
	n, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil {
		return nil
	}
	var out []string
	for _, item := range n.Items() {
		out = append(out, item.Str())
	}
	return out
}

// ScopeChange gives the instance of history that tells of a change of scope
// between two states, either of which may be nil. A change through the core
// interface is observed when it is made (CIM 009, 4.5.6). It is false if the
// scope is as it was.
func ScopeChange(before, after *Entity, now Instant) (Instance, bool) {
	var old, scopes []string
	if before != nil {
		old = before.Scopes
	}
	if after != nil {
		scopes = after.Scopes
	}
	if len(old) == 0 && len(scopes) == 0 || slices.Equal(old, scopes) {
		return Instance{}, false
	}
	p := ScopePoint(scopes, now)
	if p.Kind != Null {
		p.ObservedAt = now
	}
	return p, true
}
