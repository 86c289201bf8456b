package represent

import (
	"errors"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// attribute reads one member of an entity or attribute and appends its
// instances to is.
func (r *reader) attribute(is []entity.Instance, name string, v jsontree.Node) ([]entity.Instance, error) {
	iri, err := r.attrName(name)
	if err != nil {
		return is, err
	}
	if len(r.path) == MaxNesting {
		return is, r.bad("sub-attributes are nested over %d deep", MaxNesting)
	}
	r.push(name)
	defer r.pop()
	if r.temporal() && isSeries(v) {
		return r.series(is, iri, v)
	}
	if v.Kind() == jsontree.Array && r.isInstances(v) {
		for _, item := range v.Items() {
			if is, err = r.instance(is, iri, item); err != nil {
				return is, err
			}
		}
		return is, nil
	}
	if r.Simplified && v.Kind() == jsontree.Object && v.Len() == 1 {
		if m, ok := v.Get("dataset"); ok && m.Kind() == jsontree.Object {
			return r.datasets(is, iri, m)
		}
	}
	return r.instance(is, iri, v)
}

// isInstances reports whether an array is a list of instances rather than the
// value of a concise Property: whether its first element is an attribute.
func (r *reader) isInstances(v jsontree.Node) bool {
	return v.Len() > 0 && isAttribute(v.Item(0))
}

// isAttribute reports whether an object is an attribute with its members
// rather than a mere value.
func isAttribute(v jsontree.Node) bool {
	if v.Kind() != jsontree.Object {
		return false
	}
	for name, m := range v.Members() {
		switch roleOf(name) {
		case valueMember:
			return true
		case typeMember:
			return !isGeometryType(m.Str())
		}
	}
	return false
}

// datasets reads the simplified form of several instances.
func (r *reader) datasets(is []entity.Instance, iri entity.Name, m jsontree.Node) ([]entity.Instance, error) {
	for dataset, v := range m.Members() {
		n := len(is)
		var err error
		if is, err = r.instance(is, iri, v); err != nil {
			return is, err
		}
		if dataset == "@none" {
			continue
		}
		if err := entity.CheckURI(dataset); err != nil {
			return is, r.bad("datasetId %.80q is not a URI: %s", dataset, err.Error())
		}
		for k := n; k < len(is); k++ {
			is[k].Dataset = strings.Clone(dataset)
		}
	}
	return is, nil
}

// instance reads one instance, in whatever form.
func (r *reader) instance(is []entity.Instance, iri entity.Name, v jsontree.Node) ([]entity.Instance, error) {
	i := entity.Instance{Name: iri}
	switch v.Kind() {
	case jsontree.Null:
		return is, r.bad("null is no value (CIM 009, 4.5.0); leave the attribute out, or send %q to delete it where that is allowed", entity.NullURI)
	case jsontree.Object:
		if err := r.object(&i, v, false); err != nil {
			return is, err
		}
		if r.null && r.temporal() {
			observed := i.ObservedAt
			i = entity.Instance{Name: iri, Dataset: i.Dataset}
			if err := r.deletion(&i, v); err != nil {
				return is, err
			}
			if i.DeletedAt == 0 {
				i.DeletedAt = observed
			}
		} else if r.null {
			i = entity.Instance{Name: iri, Dataset: i.Dataset}
		}
	default:
		null, err := r.value(&i, entity.Property, v)
		if err != nil {
			return is, err
		}
		if null && r.temporal() {
			return is, r.bareNull()
		}
		if null {
			i = entity.Instance{Name: iri}
		}
	}
	return append(is, i), nil
}

// object reads an instance that is a JSON object. With attribute set it is
// known to be one and not the value of a concise Property.
func (r *reader) object(i *entity.Instance, v jsontree.Node, attribute bool) error {
	r.null, r.valued, r.typed = false, false, false
	kind, valueAt, err := r.kindOf(v)
	if err != nil {
		return err
	}
	typed := kind != entity.Null && valueAt > bareGeometry
	switch {
	case valueAt <= bareGeometry, valueAt < 0 && !typed && !attribute && !r.changesMembers(v):
		if kind == entity.Null {
			kind = entity.Property
		}
		null, err := r.value(i, kind, v)
		r.null = null
		return err
	case valueAt < 0 && !r.MembersOnly:
		return r.bad("there is no %q; a %s has one", kind.Member(), kind)
	}
	if err := r.members(i, v, kind, valueAt); err != nil {
		return err
	}
	if kind == entity.Null {
		kind = entity.Property // mergers look at Value, which is absent
	}
	null := false
	if valueAt >= 0 {
		name, x := v.Member(valueAt)
		if null, err = r.valueNamed(i, kind, name, x, typed); err != nil {
			return err
		}
	} else {
		i.Kind = kind
	}
	r.null, r.valued, r.typed = null, valueAt >= 0, typed
	return nil
}

const (
	noValue      = -1
	bareGeometry = -2 // the object itself is a GeoJSON geometry
	wholeValue   = -3 // the object itself is the value: in simplified form it may have a type of its own
)

// kindOf finds the type that an object states, Null if it states none, and
// the place of the member with its value.
func (r *reader) kindOf(v jsontree.Node) (kind entity.Kind, valueAt int, err error) {
	valueAt = noValue
	stated := ""
	for k := range v.Len() {
		name, m := v.Member(k)
		switch roleOf(name) {
		case typeMember:
			if m.Kind() != jsontree.String {
				return 0, 0, r.bad("type is the type of the attribute, a text, not %s", article(m.Kind()))
			}
			if stated != "" {
				return 0, 0, r.bad("there are both type and @type")
			}
			stated = m.Str()
		case valueMember:
			if valueAt >= 0 {
				other, _ := v.Member(valueAt)
				return 0, 0, r.bad("%q and %q cannot stand together", other, name)
			}
			valueAt = k
		}
	}
	if stated == "" {
		return entity.Null, valueAt, nil
	}
	if kind, ok := entity.ParseKind(stated); ok {
		return kind, valueAt, nil
	}
	if _, ok := v.Get("coordinates"); ok && isGeometryType(stated) {
		return entity.GeoProperty, bareGeometry, nil
	}
	if r.Simplified {
		return entity.Property, wholeValue, nil
	}
	return 0, 0, r.bad("%.80q is no type of attribute; there are Property, Relationship, GeoProperty, LanguageProperty, VocabProperty, JsonProperty, ListProperty, ListRelationship (an object with a \"type\" of its own goes into \"value\")", stated)
}

// changesMembers reports whether an object without type and value is there to
// change other members of an attribute: it has one that the standard defines.
func (r *reader) changesMembers(v jsontree.Node) bool {
	if !r.MembersOnly {
		return false
	}
	for name := range v.Members() {
		switch roleOf(name) {
		case datasetMember, observedMember, unitMember, expiresMember, keptMember:
			return true
		}
	}
	return false
}

// members reads all of an instance but its type and value.
func (r *reader) members(i *entity.Instance, v jsontree.Node, kind entity.Kind, valueAt int) error {
	if kind == entity.Null && valueAt >= 0 {
		name, _ := v.Member(valueAt)
		kind = kindOfMember(name)
	}
	nullable := r.Nulls != NoNulls
	for k := range v.Len() {
		name, m := v.Member(k)
		var err error
		switch roleOf(name) {
		case typeMember, valueMember:
		case outputMember:
			switch of := kindOfOutput(name); {
			case name == "lang" && m.Kind() != jsontree.String:
				return r.bad("lang is a language, a text")
			case of != entity.Null && kind != entity.Null && !holds(kind, of):
				return r.bad("a %s never has %q (CIM 009, 4.5), which belongs to a %s", kind, name, of)
			}
		case datasetMember:
			i.Dataset, err = r.dataset(m)
		case observedMember:
			i.ObservedAt, err = r.instant(m, "observedAt", nullable)
		case expiresMember:
			i.ExpiresAt, err = r.instant(m, "expiresAt", nullable)
		case unitMember:
			if kind == entity.LanguageProperty || kind == entity.VocabProperty || kind == entity.JSONProperty || kind == entity.Relationship || kind == entity.ListRelationship {
				return r.bad("a %s has no unitCode", kind)
			}
			i.Unit, err = r.unit(m, nullable)
		case keptMember:
			err = r.kept(i, name, m, kind, nullable)
		case contextMember:
			return r.bad("an @context within an attribute is not supported (CIM 009, 5.5.7); put it at the top of the document")
		case keywordMember:
			return r.bad("the JSON-LD keyword %.40q has no place in an attribute", name)
		case sealMember:
			return r.bad("%s belongs into ngsildproof only", name)
		default:
			i.Subs, err = r.sub(i.Subs, name, m)
		}
		if err != nil {
			return r.in(err)
		}
	}
	if len(i.Subs) > 1 {
		return unique(i.Subs)
	}
	return nil
}

// sub reads a sub-attribute. In a temporal body only the attribute itself has
// many instances.
func (r *reader) sub(subs []entity.Instance, name string, m jsontree.Node) ([]entity.Instance, error) {
	temporal, null, valued, typed := r.Temporal, r.null, r.valued, r.typed
	r.Temporal = false
	subs, err := r.attribute(subs, name, m)
	r.Temporal, r.null, r.valued, r.typed = temporal, null, valued, typed
	return subs, err
}

// in names the attribute in an error that does not yet.
func (r *reader) in(err error) error {
	var p *problem.Error
	if len(r.path) == 0 || !errors.As(err, &p) || strings.HasPrefix(p.Detail, "attribute ") {
		return err
	}
	return problem.Wrap(p.Kind, p.Err, "attribute %s: %s", strings.Join(r.path, "."), p.Detail)
}

func (r *reader) dataset(m jsontree.Node) (string, error) {
	s := m.Str()
	if s == "@none" {
		return "", nil
	}
	if s == entity.NullURI {
		return "", bad("a datasetId cannot be deleted (CIM 009, 5.5.8)")
	}
	if m.Kind() != jsontree.String {
		return "", bad("datasetId is a URI or \"@none\", not %s", article(m.Kind()))
	}
	if err := entity.CheckURI(s); err != nil {
		return "", bad("datasetId %.80q is not a URI: %s", s, err.Error())
	}
	return strings.Clone(s), nil
}

func (r *reader) unit(m jsontree.Node, nullable bool) (string, error) {
	if m.Kind() != jsontree.String || m.Str() == "" || len(m.Str()) > 100 {
		return "", bad("unitCode is a UN/CEFACT code, a text such as \"CEL\"")
	}
	if m.Str() == entity.NullURI && !nullable {
		return "", bad("unitCode is %q, which deletes; this operation takes no deletion", entity.NullURI)
	}
	return strings.Clone(m.Str()), nil
}

// kept reads objectType, valueType and ngsildproof.
func (r *reader) kept(i *entity.Instance, name string, m jsontree.Node, kind entity.Kind, nullable bool) error {
	if nullable && isNullMark(m) {
		i.More = append(i.More, entity.Member{Name: name})
		return nil
	}
	var raw []byte
	var err error
	relation := kind == entity.Relationship || kind == entity.ListRelationship
	switch name {
	case "ngsildproof":
		raw, err = r.proof(m)
	case "objectType":
		if !relation && kind != entity.Null {
			return bad("only a Relationship has an objectType")
		}
		raw, err = r.expandTexts(m, r.Context.ExpandTerm)
		if err == nil && raw == nil {
			err = bad("objectType is a name or a list of names")
		}
	default:
		if relation {
			return bad("a %s has no valueType", kind)
		}
		if m.Kind() != jsontree.String || m.Str() == "" {
			return bad("valueType is a name or an IRI, a text, not %s", article(m.Kind()))
		}
		iri := r.Context.ExpandVocab(m.Str())
		if kind == entity.LanguageProperty && iri != langString {
			return bad("the valueType of a LanguageProperty is langString (CIM 009, 5.2.32), not %.80q", m.Str())
		}
		raw, err = r.expandTexts(m, func(string) (string, error) { return iri, nil })
	}
	if err != nil {
		return err
	}
	i.More = append(i.More, entity.Member{Name: name, Raw: raw})
	return nil
}

// langString is what the text of a LanguageProperty is in RDF.
const langString = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

// proof reads ngsildproof: a Property whose value is a proof, with what it
// seals (CIM 009, 4.5.2.2, C.11). It stays as it came, save that the sealed
// types are expanded as the core @context has them coerced.
func (r *reader) proof(m jsontree.Node) ([]byte, error) {
	t, _ := m.Get("type")
	v, _ := m.Get("value")
	if m.Kind() != jsontree.Object || t.Str() != "" && t.Str() != "Property" || v.Kind() != jsontree.Object {
		return nil, bad("ngsildproof is a Property whose value is a proof, an object (CIM 009, 4.5.2.2)")
	}
	ms := make([]jsontree.Member, 0, m.Len())
	for name, x := range m.Members() {
		switch name {
		case "entityIdSealed":
			if err := entity.CheckURI(x.Str()); err != nil {
				return nil, bad("entityIdSealed %.80q is not a URI: %s", x.Str(), err.Error())
			}
		case "entityTypeSealed":
			raw, err := r.expandTexts(x, func(s string) (string, error) { return r.Context.ExpandVocab(s), nil })
			if err != nil || raw == nil {
				return nil, bad("entityTypeSealed is the type of the entity, a text or a list of texts")
			}
			if x, err = jsontree.Parse(raw, jsontree.Limits{}); err != nil {
				return nil, err
			}
		}
		ms = append(ms, jsontree.Member{Name: name, Value: x})
	}
	return r.raw(jsontree.ObjectNode(ms)), nil
}

// expandTexts writes a text or an array of texts with each expanded; nil if m
// is neither.
func (r *reader) expandTexts(m jsontree.Node, expand func(string) (string, error)) ([]byte, error) {
	start := len(r.buf)
	one := func(v jsontree.Node) (bool, error) {
		if v.Kind() != jsontree.String {
			return false, nil
		}
		s, err := expand(v.Str())
		if err != nil {
			return false, err
		}
		r.buf = jsontree.AppendString(r.buf, s)
		return true, nil
	}
	if m.Kind() != jsontree.Array {
		if ok, err := one(m); !ok {
			return nil, err
		}
		return r.buf[start:len(r.buf):len(r.buf)], nil
	}
	r.buf = append(r.buf, '[')
	for k, item := range m.Items() {
		if k > 0 {
			r.buf = append(r.buf, ',')
		}
		if ok, err := one(item); !ok {
			return nil, err
		}
	}
	r.buf = append(r.buf, ']')
	return r.buf[start:len(r.buf):len(r.buf)], nil
}
