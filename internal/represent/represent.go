// Package represent turns NGSI-LD JSON into fragments of entities and entities
// into NGSI-LD JSON: normalised, concise and simplified, GeoJSON, and the
// temporal forms (CIM 009, 4.5). It is the only place that knows these forms.
//
// It fetches nothing and decides nothing: the compiled @context is handed in,
// and what an operation does with a fragment is up to package entity. What
// always holds: a value comes out as it came in, with its number literals and
// the order of its members; the same state and View give the same bytes; what
// a form of an entity says, reading it back gives.
package represent

import (
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
)

// Form is a representation of attributes.
type Form uint8

// The forms (CIM 009, 4.5.2 to 4.5.4).
const (
	Normalised Form = iota
	Concise
	Simplified
)

// MaxNesting bounds how deep sub-attributes may be nested.
const MaxNesting = 16

const instancePrefix = "urn:beffroi:instance:"

// InstanceID gives the instanceId (CIM 009, 4.5.7) of an instance: it follows
// from its place in the log, so it never changes and is never given twice.
func InstanceID(part uint16, at entity.Position, ordinal uint32) string {
	return string(appendInstanceID(nil, part, at, ordinal))
}

func appendInstanceID(dst []byte, part uint16, at entity.Position, ordinal uint32) []byte {
	dst = append(dst, instancePrefix...)
	dst = strconv.AppendUint(dst, uint64(part), 10)
	dst = append(dst, ':')
	dst = strconv.AppendUint(dst, uint64(at), 10)
	dst = append(dst, ':')
	return strconv.AppendUint(dst, uint64(ordinal), 10)
}

// ParseInstanceID is the reverse of InstanceID. It is false for an id that
// InstanceID never gives.
func ParseInstanceID(s string) (part uint16, at entity.Position, ordinal uint32, ok bool) {
	rest, ok := strings.CutPrefix(s, instancePrefix)
	p := strings.Split(rest, ":")
	if !ok || len(p) != 3 {
		return 0, 0, 0, false
	}
	a, err1 := strconv.ParseUint(p[0], 10, 16)
	b, err2 := strconv.ParseUint(p[1], 10, 64)
	c, err3 := strconv.ParseUint(p[2], 10, 32)
	part, at, ordinal = uint16(a), entity.Position(b), uint32(c)
	ok = err1 == nil && err2 == nil && err3 == nil && InstanceID(part, at, ordinal) == s
	return part, at, ordinal, ok
}

// kindOfMember finds the kind whose value is in the member of that name.
func kindOfMember(name string) entity.Kind {
	switch name {
	case "value":
		return entity.Property
	case "object":
		return entity.Relationship
	case "languageMap":
		return entity.LanguageProperty
	case "vocab":
		return entity.VocabProperty
	case "json":
		return entity.JSONProperty
	case "valueList":
		return entity.ListProperty
	case "objectList":
		return entity.ListRelationship
	}
	return entity.Null
}

// kindOfOutput finds the kind that alone may have the member of an answer;
// Null if every one may.
func kindOfOutput(name string) entity.Kind {
	switch name {
	case "entity":
		return entity.Relationship
	case "entityList":
		return entity.ListRelationship
	}
	if rest, ok := strings.CutPrefix(name, "previous"); ok && rest != "" {
		return kindOfMember(strings.ToLower(rest[:1]) + rest[1:])
	}
	return entity.Null
}

// holds reports whether a k has its value in the member that m names as that
// of a Property and so on: a GeoProperty has "value" like a Property.
func holds(k, m entity.Kind) bool {
	return k == m || k == entity.GeoProperty && m == entity.Property
}

// role says what a member of an attribute is.
type role uint8

const (
	subAttribute role = iota
	typeMember
	valueMember
	datasetMember
	observedMember
	unitMember
	expiresMember
	keptMember   // objectType, valueType, ngsildproof
	outputMember // what only answers carry: ignored on the way in
	contextMember
	keywordMember // other names beginning with @
	sealMember
)

func roleOf(name string) role {
	if name == "" {
		return subAttribute
	}
	if name[0] == '@' {
		switch name {
		case "@type":
			return typeMember
		case "@context":
			return contextMember
		}
		return keywordMember
	}
	switch name {
	case "type":
		return typeMember
	case "value", "object", "languageMap", "vocab", "json", "valueList", "objectList":
		return valueMember
	case "datasetId":
		return datasetMember
	case "observedAt":
		return observedMember
	case "unitCode":
		return unitMember
	case "expiresAt":
		return expiresMember
	case "objectType", "valueType", "ngsildproof":
		return keptMember
	case "createdAt", "modifiedAt", "deletedAt", "instanceId", "entity", "entityList", "lang",
		"previousValue", "previousObject", "previousLanguageMap", "previousVocab", "previousJson", "previousValueList", "previousObjectList":
		return outputMember
	case "entityIdSealed", "entityTypeSealed":
		return sealMember
	}
	return subAttribute
}

// reserved reports whether the standard gives name a meaning that keeps it
// from naming an attribute of an entity (CIM 009, 4.5.1).
func reserved(name string) bool { return roleOf(name) != subAttribute }

// isGeometryType reports whether s is a geometry that a GeoProperty may have
// (CIM 009, 4.7.1).
func isGeometryType(s string) bool {
	switch s {
	case "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon":
		return true
	}
	return false
}
