package represent

import (
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

// View says how entities are to be shown. It is not changed once it is in use
// and may be used by many goroutines.
type View struct {
	Context *ldctx.Context
	Form    Form
	// SysAttrs also shows createdAt, modifiedAt and expiresAt (CIM 009,
	// 6.3.11).
	SysAttrs bool
	// Pick keeps only the members that it names, Omit leaves out those that
	// it names (CIM 009, 4.21); nil does neither.
	Pick, Omit *Members
	// Datasets keeps only instances of these datasets, "" being the default
	// one (CIM 009, 4.5.5); nil keeps all.
	Datasets []string
	// Languages, if not nil, turns each LanguageProperty into one text
	// (CIM 009, 4.15).
	Languages []Language
	// InlineContext writes a member @context into each entity, or once at the
	// top of GeoJSON (CIM 009, 6.3.6).
	InlineContext bool
	// Geometry names the GeoProperty that becomes the geometry of a GeoJSON
	// Feature.
	Geometry entity.Name
	// Version is the version of the specification that the answer is to
	// conform to (CIM 009, 4.3.6.8). Amended, if set, becomes true when
	// something had to be amended for it; such a View belongs to one answer.
	Version Version
	Amended *bool
	// Clock tells which time stands beside a value in temporalValues.
	Clock Clock
	// NoInstanceIDs leaves out the instanceId of temporal instances.
	NoInstanceIDs bool

	// Previous, if set, gives the instance that one of an entity's was before
	// a change, nil if there was none: its value is shown too (CIM 009, 5.8.6).
	// Forms that can have it are normalised and concise.
	Previous func(*entity.Instance) *entity.Instance

	// DeletedAt, if not zero, is shown as the time at which the entity was
	// deleted (CIM 009, 5.8.6).
	DeletedAt entity.Instant

	inline *inline // nil does not show linked entities
}

// Members names members of an entity.
type Members struct {
	ID, Type, Scope bool
	Attrs           []entity.Name
	// Linked are the members of the entities that a Relationship leads to
	// (CIM 009, 4.21); all of them for one that is not in it.
	Linked map[entity.Name]*Members
}

// Both gives a member that m and o both name as a whole, "" if there is none.
func (m *Members) Both(o *Members) string {
	switch {
	case m == nil || o == nil:
	case m.ID && o.ID:
		return "id"
	case m.Type && o.Type:
		return "type"
	case m.Scope && o.Scope:
		return "scope"
	default:
		for _, n := range m.Attrs {
			if o.Has(n) {
				return string(n)
			}
		}
	}
	return ""
}

// Has reports whether m names the attribute.
func (m *Members) Has(n entity.Name) bool { return slices.Contains(m.Attrs, n) }

// Clock is one of the times of an instance (CIM 009, 4.8).
type Clock uint8

// The times.
const (
	ObservedAt Clock = iota
	CreatedAt
	ModifiedAt
	DeletedAt
)

// Of gives the time of i; zero if it has none.
func (c Clock) Of(i *entity.Instance) entity.Instant {
	switch c {
	case CreatedAt:
		return i.CreatedAt
	case ModifiedAt:
		return i.ModifiedAt
	case DeletedAt:
		return i.DeletedAt
	}
	return i.ObservedAt
}

// Language is one item of a language filter.
type Language struct {
	Tag    string // lower case; "*" is any
	weight float64
}

// ParseLanguages reads a language filter, such as "fr-CH,fr;q=0.9,*;q=0.5"
// (CIM 009, 4.15), most wanted first.
//
// Errors: problem.BadRequestData.
func ParseLanguages(s string) ([]Language, error) {
	var out []Language
	for item := range strings.SplitSeq(s, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		l := Language{Tag: strings.ToLower(strings.TrimSpace(tag)), weight: 1}
		if l.Tag != "*" && !isLanguage(l.Tag) {
			return nil, problem.New(problem.BadRequestData, "lang: %.40q is no language tag (RFC 5646) and no *", tag)
		}
		if params != "" {
			name, value, _ := strings.Cut(strings.TrimSpace(params), "=")
			w, err := strconv.ParseFloat(value, 64)
			if name != "q" || err != nil || !(w >= 0 && w <= 1) {
				return nil, problem.New(problem.BadRequestData, "lang: %.40q is no weight such as q=0.8", params)
			}
			l.weight = w
		}
		if out = append(out, l); len(out) > 100 {
			return nil, problem.New(problem.TooComplexQuery, "lang has over 100 languages")
		}
	}
	slices.SortStableFunc(out, func(a, b Language) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	return slices.DeleteFunc(out, func(l Language) bool { return l.weight == 0 }), nil
}

// choose picks one of the tags of a languageMap: the best match, else @none,
// else the first.
func choose(ls []Language, tags []string) string {
	for _, l := range ls {
		if l.Tag == "*" {
			break
		}
		for want := l.Tag; want != ""; want = shorter(want) {
			for _, t := range tags {
				if strings.EqualFold(t, want) {
					return t
				}
			}
		}
		for _, t := range tags { // "fr" takes "fr-CH"
			if len(t) > len(l.Tag) && t[len(l.Tag)] == '-' && strings.EqualFold(t[:len(l.Tag)], l.Tag) {
				return t
			}
		}
	}
	if slices.Contains(tags, "@none") {
		return "@none"
	}
	return tags[0]
}

// shorter gives a language tag without its last part (RFC 4647, 3.4).
func shorter(tag string) string {
	if i := strings.LastIndexByte(tag, '-'); i > 0 {
		return tag[:i]
	}
	return ""
}
