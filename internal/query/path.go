package query

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
)

// MaxLookups bounds the linked entities that one condition set fetches for
// one entity; beyond it links lead nowhere.
const MaxLookups = 1000

// Path leads from an entity to the values that a condition is about
// (CIM 009, 4.9).
type Path struct {
	Links []Link        // Relationships followed to other entities first
	Names []entity.Name // attribute, then sub-attributes; at least one
	// Inside leads into a JSON value, or, with one element, names the
	// language of a LanguageProperty; "*" is any.
	Inside []string
}

// Link is one step to a linked entity.
type Link struct {
	Name  entity.Name
	Types []entity.Name // the target has one of these; nil is any
}

// core is the namespace of the standard's own terms.
const core = "https://uri.etsi.org/ngsi-ld/"

// member tells which member of an attribute, or of an entity, a name of the
// standard stands for.
type member uint8

const (
	noMember member = iota
	createdAt
	modifiedAt
	deletedAt
	expiresAt
	observedAt
	unitCode
	datasetID
	otherMember
)

func memberOf(n entity.Name) member {
	if len(n) <= len(core) || n[:len(core)] != core {
		return noMember
	}
	switch n[len(core):] {
	case "createdAt":
		return createdAt
	case "modifiedAt":
		return modifiedAt
	case "deletedAt":
		return deletedAt
	case "expiresAt":
		return expiresAt
	case "observedAt":
		return observedAt
	case "unitCode":
		return unitCode
	case "datasetId":
		return datasetID
	case "objectType", "valueType", "hasObjectType", "hasValueType", "ngsildproof":
		return otherMember
	}
	return noMember
}

// IsSystem reports whether n, as the first name of a path, is a system
// attribute of the entity itself (CIM 009, 4.8): by such alone no query is
// narrow enough (CIM 009, 5.7.2.4).
func IsSystem(n entity.Name) bool {
	switch memberOf(n) {
	case createdAt, modifiedAt, deletedAt, expiresAt:
		return true
	}
	return false
}

// shows reports whether s lets the instance be seen.
func (s *Subject) shows(i *entity.Instance) bool {
	return i.Kind != entity.Null &&
		(i.ExpiresAt == 0 || s.Now == 0 || i.ExpiresAt > s.Now) &&
		(s.Datasets == nil || slices.Contains(s.Datasets, i.Dataset))
}

// has reports whether the entity shows an instance of n.
func (s *Subject) has(n entity.Name) bool {
	for k := range s.Entity.Attrs {
		if i := &s.Entity.Attrs[k]; i.Name == n && s.shows(i) {
			return true
		}
	}
	return false
}

// follow calls visit for each entity that l leads to from e.
func (s *Subject) follow(e *entity.Entity, l *Link, visit func(*entity.Entity) bool) bool {
	if s.Look == nil {
		return true
	}
	for k := range e.Attrs {
		i := &e.Attrs[k]
		if i.Name != l.Name || i.Kind != entity.Relationship && i.Kind != entity.ListRelationship || !s.shows(i) {
			continue
		}
		for _, id := range Targets(i) {
			if s.lookups++; s.lookups > MaxLookups {
				return true
			}
			to := s.Look(id)
			if to == nil || len(l.Types) > 0 && !slices.ContainsFunc(l.Types, to.HasType) {
				continue
			}
			if !visit(to) {
				return false
			}
		}
	}
	return true
}

// Targets gives the entities that a Relationship or ListRelationship names,
// in order.
func Targets(i *entity.Instance) []entity.ID {
	if len(i.Value) > 2 && i.Value[0] == '"' {
		return []entity.ID{entity.ID(scalarOf(i.Value).text)}
	}
	var out []entity.ID
	eachElement(i.Value, func(v scalar) bool {
		if v.kind == text {
			out = append(out, entity.ID(v.text))
		}
		return true
	})
	return out
}

// walk calls visit for each target of p in e; visit may end the walk by
// giving false. It reports whether it was not ended.
func (s *Subject) walk(e *entity.Entity, p *Path, link int, visit func(target) bool) bool {
	if link < len(p.Links) {
		return s.follow(e, &p.Links[link], func(to *entity.Entity) bool { return s.walk(to, p, link+1, visit) })
	}
	if len(p.Names) == 1 {
		switch memberOf(p.Names[0]) {
		case createdAt:
			return visitMoment(e.CreatedAt, visit)
		case modifiedAt:
			return visitMoment(e.ModifiedAt, visit)
		case expiresAt:
			return visitMoment(e.ExpiresAt, visit)
		case deletedAt:
			return true
		}
	}
	return s.descend(e.Attrs, p.Names, visit)
}

func (s *Subject) descend(in []entity.Instance, names []entity.Name, visit func(target) bool) bool {
	for k := range in {
		i := &in[k]
		if i.Name != names[0] || !s.shows(i) {
			continue
		}
		switch {
		case len(names) == 1:
			if !visit(target{inst: i}) {
				return false
			}
		case len(names) == 2 && memberOf(names[1]) != noMember:
			if !visitMember(i, names[1], visit) {
				return false
			}
		default:
			below := Subject{Now: s.Now} // datasets are about attributes only
			if !below.descend(i.Subs, names[1:], visit) {
				return false
			}
		}
	}
	return true
}

// target is what a path leads to: an attribute or a member of one.
type target struct {
	inst  *entity.Instance
	value scalar // if inst is nil
}

func visitMoment(at entity.Instant, visit func(target) bool) bool {
	return at == 0 || visit(target{value: scalar{kind: moment, at: at}})
}

func visitText(s string, visit func(target) bool) bool {
	return s == "" || visit(target{value: scalar{kind: text, text: []byte(s)}})
}

func visitMember(i *entity.Instance, n entity.Name, visit func(target) bool) bool {
	switch memberOf(n) {
	case createdAt:
		return visitMoment(i.CreatedAt, visit)
	case modifiedAt:
		return visitMoment(i.ModifiedAt, visit)
	case deletedAt:
		return visitMoment(i.DeletedAt, visit)
	case expiresAt:
		return visitMoment(i.ExpiresAt, visit)
	case observedAt:
		return visitMoment(i.ObservedAt, visit)
	case unitCode:
		return visitText(i.Unit, visit)
	case datasetID:
		return visitText(i.Dataset, visit)
	}
	short := string(n[len(core):])
	switch short {
	case "hasObjectType":
		short = "objectType"
	case "hasValueType":
		short = "valueType"
	}
	for k := range i.More {
		if i.More[k].Name != short {
			continue
		}
		done := eachElement(i.More[k].Raw, func(v scalar) bool {
			v.name = true
			return visit(target{value: v})
		})
		if !done {
			return false
		}
	}
	return true
}
