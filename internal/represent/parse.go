package represent

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Nulls says where the NGSI-LD Null may stand (CIM 009, 5.5.4).
type Nulls uint8

// Where it may stand.
const (
	NoNulls   Nulls = iota // nowhere: create, replace, append
	AttrNulls              // in place of an attribute or member: update
	DeepNulls              // within JSON values too: merge
)

// In says how a body is to be read.
type In struct {
	Context *ldctx.Context
	Nulls   Nulls
	// Temporal lets an attribute have many instances of one dataset
	// (CIM 009, 4.5.6).
	Temporal bool
	// Simplified reads {"dataset": …} as several instances (CIM 009, 4.5.4);
	// all else that the simplified form says, the concise form says alike.
	Simplified bool
	// MembersOnly lets an attribute come without its value, to change other
	// members of it: merge.
	MembersOnly bool
}

// Entity reads a whole entity (CIM 009, 4.5.1): id and type are mandatory.
//
// Errors: problem.BadRequestData that says where.
func (in In) Entity(n jsontree.Node) (entity.Fragment, error) {
	f, err := in.Fragment(n)
	if err != nil {
		return f, err
	}
	if f.ID == "" {
		return f, bad("the entity has no id; send \"id\": a URI such as urn:ngsi-ld:Room:12")
	}
	if len(f.Types) == 0 {
		return f, bad("the entity %s has no type; send \"type\": a name or a list of names", f.ID)
	}
	return f, nil
}

// Fragment reads part of an entity (CIM 009, 5.4): id and type may be absent.
//
// Errors: problem.BadRequestData that says where.
func (in In) Fragment(n jsontree.Node) (entity.Fragment, error) {
	var f entity.Fragment
	if n.Kind() != jsontree.Object {
		return f, bad("an entity is a JSON object, not %s", article(n.Kind()))
	}
	r := reader{In: in, buf: make([]byte, 0, 256)}
	f.Attrs = make([]entity.Instance, 0, n.Len())
	hasType := false
	for i := range n.Len() {
		name, v := n.Member(i)
		var err error
		switch name {
		case "id", "@id":
			if f.ID != "" {
				return f, bad("the entity has both id and @id")
			}
			if v.Kind() != jsontree.String {
				return f, bad("id is a URI, a JSON string, not %s", article(v.Kind()))
			}
			f.ID, err = entity.ParseID(strings.Clone(v.Str()))
		case "type", "@type":
			if hasType {
				return f, bad("the entity has both type and @type")
			}
			hasType = true
			f.Types, err = r.types(v)
		case "@context":
		case "scope":
			err = r.scope(&f, v)
		case "expiresAt":
			f.HasExpiry = true
			f.ExpiresAt, err = r.instant(v, "expiresAt", in.Nulls != NoNulls)
			if f.ExpiresAt == entity.NoTime {
				f.ExpiresAt = 0
			}
		case "createdAt", "modifiedAt", "deletedAt":
			// System attributes are ignored, not refused (CIM 009, 5.2.2).
		default:
			n := len(f.Attrs)
			if f.Attrs, err = r.attribute(f.Attrs, name, v); err == nil {
				err = places(f.Attrs[n:])
			}
		}
		if err != nil {
			return f, err
		}
	}
	if !in.Temporal {
		if err := unique(f.Attrs); err != nil {
			return f, err
		}
	}
	return f, nil
}

// Attribute reads the body of one attribute (CIM 009, 5.6.19), concise or
// normalised: one instance.
//
// Errors: problem.BadRequestData that says where.
func (in In) Attribute(name string, n jsontree.Node) (entity.Instance, error) {
	r := reader{In: in, buf: make([]byte, 0, 128)}
	is, err := r.attribute(nil, name, n.Without("@context"))
	if err != nil {
		return entity.Instance{}, err
	}
	if len(is) != 1 {
		return entity.Instance{}, bad("attribute %s: one instance is expected, not %d", name, len(is))
	}
	return is[0], places(is)
}

// places holds the attributes that the standard defines as geometries of an
// entity to that type (CIM 009, 4.7.1, 5.2.4).
func places(is []entity.Instance) error {
	for i := range is {
		switch is[i].Name {
		case "https://uri.etsi.org/ngsi-ld/location", "https://uri.etsi.org/ngsi-ld/observationSpace", "https://uri.etsi.org/ngsi-ld/operationSpace":
			if k := is[i].Kind; k != entity.GeoProperty && k != entity.Null && is[i].Value != nil {
				return bad("attribute %s is a GeoProperty in NGSI-LD, and this is a %s; send a GeoJSON geometry, or name the attribute differently", is[i].Name, k)
			}
		}
	}
	return nil
}

// AttributePatch reads the body of a partial attribute update (CIM 009,
// 5.6.4): the members that are to change.
//
// Errors: problem.BadRequestData that says where.
func (in In) AttributePatch(name string, n jsontree.Node) (entity.Patch, error) {
	p := entity.Patch{}
	if n.Kind() != jsontree.Object {
		return p, bad("a fragment of attribute %s is a JSON object, not %s", name, article(n.Kind()))
	}
	iri, err := in.attrName(name)
	if err != nil {
		return p, err
	}
	in.Nulls = max(in.Nulls, AttrNulls)
	in.MembersOnly = true
	r := reader{In: in, buf: make([]byte, 0, 128)}
	r.push(name)
	var i entity.Instance
	if err := r.object(&i, n.Without("@context"), true); err != nil {
		return p, err
	}
	p = entity.Patch{Name: iri, Dataset: i.Dataset, Kind: i.Kind, Value: i.Value, Subs: i.Subs, More: i.More, Remove: r.null}
	if !r.valued && !r.typed {
		p.Kind = entity.Null
	}
	if i.Unit != "" {
		u := strings.TrimPrefix(i.Unit, entity.NullURI)
		p.Unit = &u
	}
	p.Observed, p.Expires = given(i.ObservedAt), given(i.ExpiresAt)
	return p, nil
}

// given turns a time that a fragment sets, or takes away, into what a Patch
// says; nil if it does neither.
func given(t entity.Instant) *entity.Instant {
	switch t {
	case 0:
		return nil
	case entity.NoTime:
		t = 0
	}
	return &t
}

// unique refuses two instances with the same name and dataset (CIM 009,
// 4.5.5.1).
func unique(is []entity.Instance) error {
	if len(is) > 24 {
		type key struct {
			n entity.Name
			d string
		}
		seen := make(map[key]bool, len(is))
		for i := range is {
			k := key{is[i].Name, is[i].Dataset}
			if seen[k] {
				return twice(&is[i])
			}
			seen[k] = true
		}
		return nil
	}
	for i := range is {
		for k := range i {
			if is[k].Name == is[i].Name && is[k].Dataset == is[i].Dataset {
				return twice(&is[i])
			}
		}
	}
	return nil
}

func twice(i *entity.Instance) error {
	if i.Dataset == "" {
		return bad("attribute %s has two default instances; tell instances apart by datasetId", i.Name)
	}
	return bad("attribute %s has two instances with the datasetId %s", i.Name, i.Dataset)
}

// reader reads one body. Values are copied into one buffer.
type reader struct {
	In
	buf  []byte
	path []string // names of the attributes on the way, for messages

	// what the last call of object found out beyond the instance
	null, valued, typed bool
}

func (r *reader) push(name string) { r.path = append(r.path, name) }
func (r *reader) pop()             { r.path = r.path[:len(r.path)-1] }

func bad(format string, args ...any) error {
	return problem.New(problem.BadRequestData, format, args...)
}

func (r *reader) bad(format string, args ...any) error {
	e := problem.New(problem.BadRequestData, format, args...)
	e.Detail = "attribute " + strings.Join(r.path, ".") + ": " + e.Detail
	return e
}

func article(k jsontree.Kind) string {
	if k == jsontree.Array || k == jsontree.Object {
		return "an " + k.String()
	}
	if k == jsontree.Null {
		return "null"
	}
	return "a " + k.String()
}

// raw gives v as compact JSON that outlives the body.
func (r *reader) raw(v jsontree.Node) []byte {
	start := len(r.buf)
	r.buf = v.Append(r.buf)
	return r.buf[start:len(r.buf):len(r.buf)]
}

func (in *In) attrName(name string) (entity.Name, error) {
	if reserved(name) || name == "id" || name == "scope" {
		return "", bad("%q has a meaning of its own in NGSI-LD and cannot name an attribute", name)
	}
	iri, err := in.Context.ExpandTerm(name)
	if entity.Name(iri) == entity.ScopeName {
		return "", bad("%q is the scope of an entity and cannot name an attribute", name)
	}
	return entity.Name(iri), err
}

// types reads the type of an entity.
func (r *reader) types(v jsontree.Node) ([]entity.Name, error) {
	one := func(v jsontree.Node) (entity.Name, error) {
		if v.Kind() != jsontree.String || v.Str() == "" {
			return "", bad("type is a name or a list of names, not %s", article(v.Kind()))
		}
		if v.Str() == entity.NullURI {
			return "", bad("a type cannot be taken from an entity; %q is no name", entity.NullURI)
		}
		iri, err := r.Context.ExpandTerm(v.Str())
		return entity.Name(iri), err
	}
	if v.Kind() != jsontree.Array {
		t, err := one(v)
		return []entity.Name{t}, err
	}
	if v.Len() == 0 {
		return nil, bad("type is an empty list; name at least one")
	}
	out := make([]entity.Name, 0, v.Len())
	for _, item := range v.Items() {
		t, err := one(item)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out, nil
}

// scope reads the member scope of an entity.
func (r *reader) scope(f *entity.Fragment, v jsontree.Node) (err error) {
	if r.Temporal {
		if done, err := r.scopeHistory(f, v); done || err != nil {
			return err
		}
	}
	f.HasScope = true
	f.Scopes, err = r.scopes(v)
	return err
}

// scopes reads the scope of an entity (CIM 009, 4.18); each comes back with a
// slash in front.
func (r *reader) scopes(v jsontree.Node) ([]string, error) {
	if isNullMark(v) {
		if r.Nulls == NoNulls {
			return nil, bad("scope is %q, which deletes; this operation takes no deletion", entity.NullURI)
		}
		return nil, nil
	}
	if v.Kind() == jsontree.String {
		s, err := scope(v)
		return []string{s}, err
	}
	if v.Kind() != jsontree.Array || v.Len() == 0 {
		return nil, bad("scope is a text such as /Madrid/Gardens or a list of such, not %s", article(v.Kind()))
	}
	out := make([]string, 0, v.Len())
	for _, item := range v.Items() {
		s, err := scope(item)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func scope(v jsontree.Node) (string, error) {
	s := strings.TrimPrefix(v.Str(), "/")
	for level := range strings.SplitSeq(s, "/") {
		if v.Kind() != jsontree.String || ldctx.CheckName(level) != nil {
			return "", bad("%.80q is no scope: its levels are letters, digits and _, a letter first, with / between (CIM 009, 4.18)", v.String())
		}
	}
	return "/" + s, nil
}

// isNullMark reports whether v is the NGSI-LD Null, alone or alone in an
// array.
func isNullMark(v jsontree.Node) bool {
	if v.Kind() == jsontree.Array && v.Len() == 1 {
		v = v.Item(0)
	}
	return v.Kind() == jsontree.String && v.Str() == entity.NullURI
}

// instant reads a DateTime; with nullable the NGSI-LD Null gives NoTime.
func (r *reader) instant(v jsontree.Node, name string, nullable bool) (entity.Instant, error) {
	if nullable && isNullMark(v) {
		return entity.NoTime, nil
	}
	if v.Kind() != jsontree.String {
		return 0, bad("%s is a DateTime such as 2026-03-29T12:00:00Z, not %s", name, article(v.Kind()))
	}
	t, err := timespan.ParseInstant(v.Str())
	if err != nil {
		return 0, bad("%s: %s", name, err.Error())
	}
	return t, nil
}
