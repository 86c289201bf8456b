package entity

import (
	"bytes"
	"slices"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// Patch is a partial attribute on its way in (CIM 009, 5.6.4): members that
// were not sent are told apart from those that were.
type Patch struct {
	Name     Name
	Dataset  string
	Remove   bool   // the whole instance is to be deleted
	Kind     Kind   // Null if neither type nor value was sent
	Value    []byte // nil if no value was sent
	Unit     *string
	Observed *Instant
	Expires  *Instant
	Subs     []Instance // Null ones are deleted
	More     []Member   // an empty Raw deletes
}

func (p *Patch) apply(old *Instance, now Instant) (Instance, error) {
	if p.Kind != Null && p.Kind != old.Kind {
		return Instance{}, problem.New(problem.BadRequestData, "attribute %s is a %s and cannot become a %s by a partial update; replace it instead", p.Name, old.Kind, p.Kind)
	}
	if p.Unit != nil && *p.Unit != "" && unitless(old.Kind) {
		return Instance{}, problem.New(problem.BadRequestData, "attribute %s is a %s, which has no unitCode", p.Name, old.Kind)
	}
	for i := range p.More {
		if !belongs(old.Kind, p.More[i].Name) {
			return Instance{}, problem.New(problem.BadRequestData, "attribute %s is a %s, which has no %s", p.Name, old.Kind, p.More[i].Name)
		}
	}
	out := *old
	if p.Expires != nil && p.Value == nil && p.Unit == nil && p.Observed == nil && len(p.Subs)+len(p.More) == 0 {
		out.ExpiresAt = *p.Expires // how long it is kept is not what it says (CIM 009, 4.22)
		return out, nil
	}
	out.ModifiedAt, out.At, out.Ordinal = now, 0, 0
	if p.Value != nil {
		out.Value = p.Value
	}
	p.members(&out)
	out.Subs = patchSubs(old.Subs, p.Subs, now, false)
	return out, nil
}

func (p *Patch) members(out *Instance) {
	if p.Unit != nil {
		out.Unit = *p.Unit
	}
	if p.Observed != nil {
		out.ObservedAt = *p.Observed
	}
	if p.Expires != nil {
		out.ExpiresAt = *p.Expires
	}
	if len(p.More) > 0 {
		out.More = slices.Clone(out.More)
	}
	for _, m := range p.More {
		out.More = slices.DeleteFunc(out.More, func(x Member) bool { return x.Name == m.Name })
		if len(m.Raw) > 0 {
			out.More = append(out.More, m)
		}
	}
}

func patchSubs(old, patch []Instance, now Instant, merge bool) []Instance {
	if len(patch) == 0 {
		return old
	}
	out := slices.Clone(old)
	for i := range patch {
		in := &patch[i]
		k := findInstance(out, in.Name, in.Dataset)
		switch {
		case in.Kind == Null && k >= 0:
			out = slices.Delete(out, k, k+1)
		case in.Kind == Null:
		case k < 0:
			s := *withoutNulls(in)
			s.CreatedAt, s.ModifiedAt = now, now
			s.Subs = stampSubs(s.Subs, nil, now)
			out = append(out, s)
		default:
			s := *withoutNulls(in)
			s.CreatedAt, s.ModifiedAt = out[k].CreatedAt, now
			if merge {
				s = mergeInstance(&out[k], in, MergeOptions{}, now)
			} else {
				s.Subs = stampSubs(s.Subs, out[k].Subs, now)
			}
			out[k] = s
		}
	}
	return out
}

// MergeOptions are the parameters of Merge Entity (CIM 009, 5.6.17.4).
type MergeOptions struct {
	// ObservedAt, if not zero, is given to each merged attribute that had an
	// observedAt before and has none in the fragment.
	ObservedAt Instant
	// Lang, if not "", makes a plain string that meets a LanguageProperty
	// replace that language of its map only.
	Lang string
	// KeepKinds lets an existing attribute keep its type when the fragment is
	// in simplified form, where a type cannot be told.
	KeepKinds bool
}

// Merge merges f into cur (CIM 009, 5.6.17 and 5.5.12): it descends into
// attributes, sub-attributes and JSON values, and what is Null vanishes.
//
// Errors: problem.BadRequestData if an attribute cannot take the merged form.
func Merge(cur *Entity, f Fragment, o MergeOptions, now Instant) (*Entity, error) {
	e := touched(cur, now)
	e.Types = union(cur.Types, f.Types)
	if f.HasScope {
		e.Scopes = f.Scopes
	}
	if f.HasExpiry {
		e.ExpiresAt = f.ExpiresAt
	}
	for i := range f.Attrs {
		in := &f.Attrs[i]
		if in.Kind == Null {
			e.drop(in.Name, in.Dataset)
			continue
		}
		k := findInstance(e.Attrs, in.Name, in.Dataset)
		if k < 0 {
			if in.Value == nil {
				return nil, problem.New(problem.BadRequestData, "attribute %s is not there, so it cannot be merged without a value; send one", in.Name)
			}
			if err := complete(in.Subs, nil); err != nil {
				return nil, err
			}
			e.put(fresh(withoutNulls(in), cur, now))
			continue
		}
		old := &e.Attrs[k]
		if err := complete(in.Subs, old.Subs); err != nil {
			return nil, err
		}
		if o.KeepKinds {
			kept, err := keepKind(old, in, o.Lang != "")
			if err != nil {
				return nil, err
			}
			in = kept
		}
		e.put(mergeInstance(old, in, o, now))
	}
	return settle(cur, e), nil
}

// complete refuses sub-attributes that come without a value and are not in
// old to be changed.
func complete(subs, old []Instance) error {
	for i := range subs {
		in := &subs[i]
		if in.Kind == Null {
			continue
		}
		var below []Instance
		if k := findInstance(old, in.Name, in.Dataset); k >= 0 {
			below = old[k].Subs
		} else if in.Value == nil {
			return problem.New(problem.BadRequestData, "sub-attribute %s is not there, or is replaced as a whole, so it needs a value; send one", in.Name)
		}
		if err := complete(in.Subs, below); err != nil {
			return err
		}
	}
	return nil
}

// keepKind gives in, which came in simplified form, as an instance of old's
// type, which stays (CIM 009, 5.6.17.4).
//
// Errors: problem.BadRequestData if old's type cannot have such a value
// (CIM 009, 6.5.3.4).
func keepKind(old, in *Instance, inLanguage bool) (*Instance, error) {
	if in.Kind == old.Kind || in.Value == nil {
		return in, nil
	}
	v, err := jsontree.Parse(in.Value, jsontree.Limits{})
	fits := false
	out := *in
	out.Kind = old.Kind
	switch {
	case err != nil:
	case old.Kind == Property:
		fits = in.Kind == GeoProperty
	case in.Kind != Property:
	case old.Kind == LanguageProperty:
		// A text that Merge puts into the language asked for.
		fits, out.Kind = inLanguage && isText(v), Property
	case old.Kind == Relationship:
		fits = areURIs(v) && (v.Kind() == jsontree.String || v.Len() > 0)
	case old.Kind == ListProperty:
		fits = v.Kind() == jsontree.Array
	case old.Kind == ListRelationship:
		if fits = v.Kind() == jsontree.Array && areURIs(v); fits {
			items := make([]jsontree.Node, 0, v.Len())
			for _, x := range v.Items() {
				items = append(items, jsontree.ObjectNode([]jsontree.Member{{Name: "object", Value: x}}))
			}
			out.Value = jsontree.ArrayNode(items).Append(nil)
		}
	}
	if !fits {
		return nil, problem.New(problem.BadRequestData, "attribute %s is a %s, which a merge in simplified form does not change, and cannot have the value %.80s", in.Name, old.Kind, in.Value)
	}
	return &out, nil
}

func areURIs(v jsontree.Node) bool {
	if v.Kind() == jsontree.String {
		return CheckURI(v.Str()) == nil
	}
	for _, item := range v.Items() {
		if item.Kind() != jsontree.String || CheckURI(item.Str()) != nil {
			return false
		}
	}
	return v.Kind() == jsontree.Array
}

// unitless reports whether a k never has a unitCode (CIM 009, 4.5.3.2,
// 4.5.18.2, 4.5.20.2, 4.5.22.2, 4.5.24.2).
func unitless(k Kind) bool {
	return k == Relationship || k == ListRelationship || k == LanguageProperty || k == VocabProperty || k == JSONProperty
}

// belongs reports whether a k can have the member of that name.
func belongs(k Kind, name string) bool {
	relation := k == Relationship || k == ListRelationship
	return !(name == "objectType" && !relation || name == "valueType" && relation)
}

func mergeInstance(old, in *Instance, o MergeOptions, now Instant) Instance {
	if in.ExpiresAt != 0 && in.Value == nil && in.Unit == "" && in.ObservedAt == 0 && o.ObservedAt == 0 && len(in.Subs)+len(in.More) == 0 {
		out := *old
		if out.ExpiresAt = in.ExpiresAt; out.ExpiresAt == NoTime {
			out.ExpiresAt = 0
		}
		return out // how long it is kept is not what it says (CIM 009, 4.22)
	}
	out := *in
	out.CreatedAt, out.ModifiedAt, out.At, out.Ordinal = old.CreatedAt, now, 0, 0
	out.Value = mergeValue(old, in, o, &out)
	switch out.Unit {
	case "":
		if out.Unit = old.Unit; unitless(out.Kind) {
			out.Unit = ""
		}
	case NullURI:
		out.Unit = ""
	}
	switch out.ObservedAt {
	case NoTime:
		out.ObservedAt = 0
	case 0:
		out.ObservedAt = old.ObservedAt
		if !old.ObservedAt.IsZero() && !o.ObservedAt.IsZero() {
			out.ObservedAt = o.ObservedAt
		}
	}
	switch out.ExpiresAt {
	case NoTime:
		out.ExpiresAt = 0
	case 0:
		out.ExpiresAt = old.ExpiresAt
	}
	out.Subs = patchSubs(old.Subs, in.Subs, now, true)
	more := slices.Clone(old.More)
	if out.Kind != old.Kind {
		more = slices.DeleteFunc(more, func(x Member) bool { return !belongs(out.Kind, x.Name) })
	}
	for _, m := range in.More {
		more = slices.DeleteFunc(more, func(x Member) bool { return x.Name == m.Name })
		if len(m.Raw) > 0 {
			more = append(more, m)
		}
	}
	out.More = more
	return out
}

// mergeValue gives the merged value and may set out.Kind.
func mergeValue(old, in *Instance, o MergeOptions, out *Instance) []byte {
	if in.Value == nil { // only other members were sent
		out.Kind = old.Kind
		return old.Value
	}
	if old.Kind == LanguageProperty && in.Kind == Property && o.Lang != "" {
		if v, err := jsontree.Parse(in.Value, jsontree.Limits{}); err == nil && isText(v) {
			out.Kind = LanguageProperty
			patch := jsontree.ObjectNode([]jsontree.Member{{Name: o.Lang, Value: v}})
			return mergeJSON(old.Value, patch.Append(nil))
		}
	}
	if old.Kind != in.Kind {
		return in.Value
	}
	switch in.Kind {
	case Property, JSONProperty, LanguageProperty:
		return mergeJSON(old.Value, in.Value)
	default:
		return in.Value
	}
}

// isText reports whether v is a text or a list of texts, which a language can
// have (CIM 009, 6.5.3.4).
func isText(v jsontree.Node) bool {
	for _, item := range v.Items() {
		if item.Kind() != jsontree.String {
			return false
		}
	}
	return v.Kind() == jsontree.String || v.Kind() == jsontree.Array && v.Len() > 0
}

func mergeJSON(old, patch []byte) []byte {
	a, err := jsontree.Parse(old, jsontree.Limits{})
	if err != nil {
		return patch
	}
	b, err := jsontree.Parse(patch, jsontree.Limits{})
	if err != nil {
		return patch
	}
	if b.Kind() != jsontree.Object {
		return patch
	}
	return jsontree.Merge(a, b).Append(nil)
}

// withoutNulls gives in for an attribute that is new or replaced as a whole:
// deletions in it have nothing to delete. It gives in itself if there are none.
func withoutNulls(in *Instance) *Instance {
	if !hasMarks(in) {
		return in
	}
	out := *in
	if out.Unit == NullURI {
		out.Unit = ""
	}
	if out.ObservedAt == NoTime {
		out.ObservedAt = 0
	}
	if out.ExpiresAt == NoTime {
		out.ExpiresAt = 0
	}
	out.More = slices.DeleteFunc(slices.Clone(in.More), func(m Member) bool { return len(m.Raw) == 0 })
	out.Subs = nil
	for i := range in.Subs {
		if in.Subs[i].Kind != Null {
			out.Subs = append(out.Subs, *withoutNulls(&in.Subs[i]))
		}
	}
	if bytes.Contains(in.Value, []byte(NullURI)) && (in.Kind == Property || in.Kind == JSONProperty || in.Kind == LanguageProperty) {
		if v, err := jsontree.Parse(in.Value, jsontree.Limits{}); err == nil && v.Kind() == jsontree.Object {
			out.Value = jsontree.Merge(jsontree.ObjectNode(nil), v).Append(nil)
		}
	}
	return &out
}

// hasMarks reports whether anything in in says that something is to be deleted.
func hasMarks(in *Instance) bool {
	if in.Unit == NullURI || in.ObservedAt == NoTime || in.ExpiresAt == NoTime || bytes.Contains(in.Value, []byte(NullURI)) {
		return true
	}
	for i := range in.More {
		if len(in.More[i].Raw) == 0 {
			return true
		}
	}
	for i := range in.Subs {
		if in.Subs[i].Kind == Null || hasMarks(&in.Subs[i]) {
			return true
		}
	}
	return false
}
