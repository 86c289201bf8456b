// Package entity holds what a city consists of: entities, their attributes,
// and the instances of those attributes, as NGSI-LD defines them (CIM 009,
// 4.2 and 4.5), with the pure functions that create, patch and merge them.
//
// Names are expanded IRIs; short names exist at the edge only. Values are
// kept as the compact JSON in which they came, so that number literals and
// member order survive, and so that an answer is written by copying. An
// Entity, and everything it points to, is never changed once it was handed
// on: the functions here give a new one and share what stays the same.
package entity

import (
	"math"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Instant is a moment in microseconds since 1970, UTC; zero means "no time".
type Instant = timespan.Instant

// ID is the URI of an entity.
type ID string

// Name is the expanded IRI of an attribute, a sub-attribute or a type.
type Name string

// Number identifies an entity within its space for life, deletion included.
// It is given at the first creation and is the default order of answers.
type Number uint64

// Position is a place in the change log of one partition. Zero is no place.
type Position uint64

// OriginID stands for who or what brought a value: an account, or a source
// with its mapping and run. The store keeps the table; zero is unknown.
type OriginID uint32

// MaxIDBytes bounds the length of an entity's id.
const MaxIDBytes = 1024

// Kind is the type of an attribute (CIM 009, 4.5.2 to 4.5.24).
type Kind uint8

// The kinds of attributes. Null is not a type of the standard: it marks, in a
// fragment, what is to be deleted (CIM 009, 4.5.0) and, in history, that the
// attribute was deleted at DeletedAt.
const (
	Null Kind = iota
	Property
	Relationship
	GeoProperty
	LanguageProperty
	VocabProperty
	JSONProperty
	ListProperty
	ListRelationship

	kindCount
)

var kindNames = [kindCount]string{"", "Property", "Relationship", "GeoProperty", "LanguageProperty",
	"VocabProperty", "JsonProperty", "ListProperty", "ListRelationship"}

var kindMembers = [kindCount]string{"", "value", "object", "value", "languageMap", "vocab", "json", "valueList", "objectList"}

// String gives the name of k as the standard writes it, such as "JsonProperty".
func (k Kind) String() string { return kindNames[min(k, kindCount-1)] }

// Member gives the name of the member that holds the value, such as "object".
func (k Kind) Member() string { return kindMembers[min(k, kindCount-1)] }

// ParseKind finds the kind with the given name.
func ParseKind(s string) (Kind, bool) {
	for k := Property; k < kindCount; k++ {
		if kindNames[k] == s {
			return k, true
		}
	}
	return Null, false
}

// NoTime stands in a fragment for a time that is to be taken away, as NullURI
// does for a unit. It is never stored.
const NoTime Instant = math.MinInt64

// NullURI is the NGSI-LD Null (CIM 009, 4.5.0).
const NullURI = "urn:ngsi-ld:null"

// Member is one further member of an attribute that the standard defines and
// that beffroi keeps as it came: objectType (expanded), valueType,
// ngsildproof.
type Member struct {
	Name string
	Raw  []byte // compact JSON
}

// Instance is one value of one attribute at one moment: the unit that is
// stored, compared, subscribed to and drawn. The zero Instance is not valid.
type Instance struct {
	Name    Name   // expanded attribute IRI
	Dataset string // "" is the default instance (CIM 009, 4.5.5)
	Kind    Kind
	// Value is the compact JSON of the member that Kind.Member names. URIs of
	// a VocabProperty are expanded in it; all else is as the client sent it.
	// It is empty for Null.
	Value []byte
	Unit  string // UN/CEFACT code as received, such as "CEL"; "" if none
	// ObservedAt is when the value was true in the city; zero if the source
	// is silent.
	ObservedAt Instant
	CreatedAt  Instant // when this attribute instance was first created here
	ModifiedAt Instant // time of the commit that stored this value
	DeletedAt  Instant // history only: when the attribute was deleted
	ExpiresAt  Instant // when it vanishes (CIM 009, 4.22); zero is never
	// At and Ordinal are its place in the log of the entity's partition and
	// its number within that record. At is zero until the value is stored:
	// that is how a commit tells what is new from what was carried over.
	At      Position
	Ordinal uint32
	Origin  OriginID
	Subs    []Instance // sub-attributes, in the order received
	More    []Member
}

// Entity is the state of one entity at one moment.
type Entity struct {
	Part       uint16 // partition, with At its place in the log
	Number     Number
	ID         ID
	Types      []Name   // at least one, without repetition, in the order received
	Scopes     []string // each begins with a slash (CIM 009, 4.18)
	Attrs      []Instance
	CreatedAt  Instant
	ModifiedAt Instant
	ExpiresAt  Instant // zero is never (CIM 009, 4.22)
	DeletedAt  Instant // only in the head of a history: when the entity was deleted
	At         Position
}

// ParseID checks that s can be the id of an entity: an absolute URI
// (CIM 009, 4.5.1) of at most MaxIDBytes bytes, in which every character is
// seen: two ids that look alike are the same.
//
// Errors: problem.BadRequestData.
func ParseID(s string) (ID, error) {
	if err := CheckURI(s); err != nil {
		return "", problem.New(problem.BadRequestData, "the entity id %.80q is not a URI: %s; use one such as urn:ngsi-ld:Room:12", s, err.Error())
	}
	for _, r := range s {
		if r >= utf8.RuneSelf && unseen(r) {
			return "", problem.New(problem.BadRequestData, "the entity id %+.80q has a character that is not seen, %U", s, r)
		}
	}
	return ID(s), nil
}

// unseen reports whether a character beyond ASCII shows nothing: blanks,
// formatting, what is not assigned, and letters and marks that are made to be
// invisible.
func unseen(r rune) bool {
	const blankBraille = 0x2800
	return r == blankBraille || !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

type uriError string

func (e uriError) Error() string { return string(e) }

// CheckURI reports why s is not an absolute URI, or nil. Characters beyond
// ASCII are let through, as IRIs have them.
func CheckURI(s string) error {
	switch {
	case s == "":
		return uriError("it is empty")
	case len(s) > MaxIDBytes:
		return uriError("it is longer than 1,024 bytes")
	case !utf8.ValidString(s):
		return uriError("it is not UTF-8")
	case strings.ContainsAny(s, " \t\r\n<>\"{}|\\^`"):
		return uriError("it has a blank or one of <>\"{}|\\^`")
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" {
		return uriError("it has no scheme and colon")
	}
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return uriError("its scheme has a character that none may have")
		}
	}
	for _, c := range []byte(s) {
		if c < 0x20 || c == 0x7f {
			return uriError("it has a control character")
		}
	}
	if _, err := url.Parse(s); err != nil {
		return uriError("it cannot be read as one")
	}
	return nil
}

// Attr gives the instance of name with the given dataset.
func (e *Entity) Attr(name Name, dataset string) (*Instance, bool) {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name && e.Attrs[i].Dataset == dataset {
			return &e.Attrs[i], true
		}
	}
	return nil, false
}

// Has reports whether e has any instance of name.
func (e *Entity) Has(name Name) bool {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			return true
		}
	}
	return false
}

// HasType reports whether t is one of e's types.
func (e *Entity) HasType(t Name) bool {
	for _, x := range e.Types {
		if x == t {
			return true
		}
	}
	return false
}

// Alive gives e as it is to be seen at now: nil if it has expired, and without
// the instances that have (CIM 009, 4.22). It gives e itself if nothing has.
func (e *Entity) Alive(now Instant) *Entity {
	if e == nil || e.ExpiresAt != 0 && e.ExpiresAt <= now {
		return nil
	}
	attrs, changed := alive(e.Attrs, now)
	if !changed {
		return e
	}
	out := *e
	out.Attrs = attrs
	return &out
}

// alive gives is without the instances, and the sub-attributes, that have
// expired; is itself and false if none has.
func alive(is []Instance, now Instant) ([]Instance, bool) {
	for i := range is {
		if is[i].expiredIn(now) {
			return keptAlive(is, now), true
		}
	}
	return is, false
}

// expiredIn reports whether i, or anything in it, has expired at now.
func (i *Instance) expiredIn(now Instant) bool {
	if i.ExpiresAt != 0 && i.ExpiresAt <= now {
		return true
	}
	for k := range i.Subs {
		if i.Subs[k].expiredIn(now) {
			return true
		}
	}
	return false
}

func keptAlive(is []Instance, now Instant) []Instance {
	out := make([]Instance, 0, len(is))
	for i := range is {
		if x := is[i].ExpiresAt; x != 0 && x <= now {
			continue
		}
		in := is[i]
		in.Subs, _ = alive(in.Subs, now)
		out = append(out, in)
	}
	return out
}

// FirstExpiry gives when e, or the first of its attributes and their
// sub-attributes, expires; zero if nothing does or there is no e.
func (e *Entity) FirstExpiry() Instant {
	if e == nil {
		return 0
	}
	return firstExpiry(e.ExpiresAt, e.Attrs)
}

func firstExpiry(first Instant, is []Instance) Instant {
	for i := range is {
		if x := is[i].ExpiresAt; x != 0 && (first == 0 || x < first) {
			first = x
		}
		first = firstExpiry(first, is[i].Subs)
	}
	return first
}

// LateFor reports whether i was observed before cur, the current value.
// Connectors file a late value in history only; an update that a client sends
// through the API is never late, it replaces (CIM 009, 5.6.4).
func (i *Instance) LateFor(cur *Instance) bool {
	return !i.ObservedAt.IsZero() && i.ObservedAt.Before(cur.ObservedAt)
}
