package represent

import (
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// valueNamed reads the value x of the member name of an instance.
func (r *reader) valueNamed(i *entity.Instance, kind entity.Kind, name string, x jsontree.Node, typed bool) (null bool, err error) {
	named := kindOfMember(name)
	switch {
	case !typed:
		kind = named
		if kind == entity.Property && isGeometry(x) {
			kind = entity.GeoProperty
		}
	case !holds(kind, named):
		return false, r.bad("a %s has its value in %q, not in %q", kind, kind.Member(), name)
	}
	return r.value(i, kind, x)
}

// isGeometry reports whether a value of no stated type is a geometry
// (CIM 009, 4.5.2.3).
func isGeometry(x jsontree.Node) bool {
	t, _ := x.Get("type")
	_, ok := x.Get("coordinates")
	return ok && isGeometryType(t.Str())
}

// value checks and takes the value of an instance of the given kind; null is
// true if it is the NGSI-LD Null, which deletes the instance.
func (r *reader) value(i *entity.Instance, kind entity.Kind, x jsontree.Node) (null bool, err error) {
	i.Kind = kind
	if x.IsNull() {
		return false, r.bad("null is no value (CIM 009, 4.5.0); use a JsonProperty or {\"@type\":\"@json\",\"@value\":null} for a JSON null")
	}
	if r.isNull(kind, x) {
		if r.Nulls == NoNulls && !r.temporal() {
			return false, r.bad("%q deletes, and this operation takes no deletion", entity.NullURI)
		}
		return true, nil
	}
	switch kind {
	case entity.Property, entity.ListProperty:
		if kind == entity.ListProperty && x.Kind() != jsontree.Array {
			return false, r.bad("valueList is an array, not %s", article(x.Kind()))
		}
		if err := r.plain(x); err != nil {
			return false, err
		}
	case entity.GeoProperty:
		if x, err = r.geometry(x); err != nil {
			return false, err
		}
	case entity.LanguageProperty:
		if err := r.languages(x); err != nil {
			return false, err
		}
	case entity.VocabProperty:
		i.Value, err = r.expandTexts(x, func(s string) (string, error) { return r.Context.ExpandVocab(s), nil })
		if err == nil && i.Value == nil {
			err = r.bad("vocab is a text or a list of texts, not %s", article(x.Kind()))
		}
		return false, err
	case entity.JSONProperty:
		if x.Kind() != jsontree.Object && x.Kind() != jsontree.Array {
			return false, r.bad("json is an object or a list, not %s (CIM 009, 4.5.24.2); a plain value is a Property", article(x.Kind()))
		}
	case entity.Relationship:
		if err := r.uris(x, "object"); err != nil {
			return false, err
		}
	case entity.ListRelationship:
		i.Value, err = r.objectList(x)
		return false, err
	}
	i.Value = r.raw(x)
	return false, nil
}

// isNull reports whether x is the NGSI-LD Null for an instance of that kind.
func (r *reader) isNull(kind entity.Kind, x jsontree.Node) bool {
	switch kind {
	case entity.LanguageProperty:
		v, ok := x.Get("@none")
		return ok && x.Len() == 1 && v.Str() == entity.NullURI || x.Str() == entity.NullURI
	case entity.ListProperty:
		return isNullMark(x)
	case entity.ListRelationship:
		if x.Kind() == jsontree.Array && x.Len() == 1 {
			if o, ok := x.Item(0).Get("object"); ok && o.Str() == entity.NullURI {
				return true
			}
		}
		return isNullMark(x)
	}
	return x.Str() == entity.NullURI
}

// plain checks the JSON within a Property's value: no null, no @context, and
// NGSI-LD Nulls only in a merge.
func (r *reader) plain(x jsontree.Node) error {
	switch x.Kind() {
	case jsontree.String:
		if x.Str() == entity.NullURI && r.Nulls != DeepNulls {
			return r.bad("%q within a value can only be merged (CIM 009, 5.5.4)", entity.NullURI)
		}
	case jsontree.Null:
		return r.bad("null within a value is lost in JSON-LD (CIM 009, 4.5.0); use a JsonProperty for it")
	case jsontree.Array:
		for _, v := range x.Items() {
			if err := r.plain(v); err != nil {
				return err
			}
		}
	case jsontree.Object:
		if t, _ := x.Get("@type"); t.Str() == "@json" {
			return nil
		}
		for name, v := range x.Members() {
			if name == "@context" {
				return r.bad("an @context within a value is not supported (CIM 009, 5.5.7)")
			}
			if err := r.plain(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// geometry checks a geometry, and gives it as the object that answers have
// (CIM 009, 5.2.7) if it came as a text (CIM 009, 4.7.2).
func (r *reader) geometry(x jsontree.Node) (jsontree.Node, error) {
	if x.Kind() == jsontree.String {
		n, err := jsontree.Parse([]byte(x.Str()), jsontree.Limits{})
		if err != nil {
			return x, r.bad("the text of a GeoProperty is not GeoJSON: %s", err.Error())
		}
		x = n
	}
	if _, err := geo.ParseGeoJSON(x); err != nil {
		return x, r.in(err)
	}
	return x, nil
}

func (r *reader) languages(x jsontree.Node) error {
	if x.Kind() != jsontree.Object || x.Len() == 0 {
		return r.bad("languageMap is an object from languages to texts, such as {\"fr\":\"oui\"}, not %s", article(x.Kind()))
	}
	for tag, v := range x.Members() {
		if tag != "@none" && !isLanguage(tag) {
			return r.bad("%.40q is no language tag (RFC 5646)", tag)
		}
		if v.Kind() == jsontree.String {
			if v.Str() == entity.NullURI && r.Nulls != DeepNulls {
				return r.bad("a single language can only be deleted by a merge")
			}
			continue
		}
		if v.Kind() != jsontree.Array || v.Len() == 0 {
			return r.bad("the value for language %s is a text or a list of texts, not %s", tag, article(v.Kind()))
		}
		for _, item := range v.Items() {
			if item.Kind() != jsontree.String {
				return r.bad("the value for language %s is a text or a list of texts", tag)
			}
		}
	}
	return nil
}

// isLanguage checks the outer form of a language tag (RFC 5646).
func isLanguage(tag string) bool {
	for part := range strings.SplitSeq(tag, "-") {
		if len(part) == 0 || len(part) > 8 {
			return false
		}
		for _, c := range []byte(part) {
			if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9') {
				return false
			}
		}
	}
	return tag[0] > '9'
}

// uris checks a URI or a list of URIs.
func (r *reader) uris(x jsontree.Node, what string) error {
	one := func(v jsontree.Node) error {
		if v.Kind() != jsontree.String {
			return r.bad("%s is a URI or a list of URIs, not %s", what, article(v.Kind()))
		}
		if v.Str() == entity.NullURI {
			return r.bad("%q stands among other URIs", entity.NullURI)
		}
		if err := entity.CheckURI(v.Str()); err != nil {
			return r.bad("%s %.80q is not a URI: %s", what, v.Str(), err.Error())
		}
		return nil
	}
	if x.Kind() != jsontree.Array {
		return one(x)
	}
	if x.Len() == 0 {
		return r.bad("%s is an empty list", what)
	}
	for _, v := range x.Items() {
		if err := one(v); err != nil {
			return err
		}
	}
	return nil
}

// objectList reads an ordered array of objects with a member "object", or of
// URIs, and keeps the former.
func (r *reader) objectList(x jsontree.Node) ([]byte, error) {
	if x.Kind() != jsontree.Array {
		return nil, r.bad("objectList is an array, not %s", article(x.Kind()))
	}
	start := len(r.buf)
	r.buf = append(r.buf, '[')
	for k, v := range x.Items() {
		if o, ok := v.Get("object"); ok {
			if v.Len() != 1 {
				return nil, r.bad("objectList[%d] has more than \"object\"", k)
			}
			v = o
		}
		if v.Kind() != jsontree.String {
			return nil, r.bad("objectList[%d] is {\"object\": a URI}", k)
		}
		if err := r.uris(v, "object"); err != nil {
			return nil, err
		}
		if k > 0 {
			r.buf = append(r.buf, ',')
		}
		r.buf = append(r.buf, `{"object":`...)
		r.buf = v.Append(r.buf)
		r.buf = append(r.buf, '}')
	}
	r.buf = append(r.buf, ']')
	return r.buf[start:len(r.buf):len(r.buf)], nil
}
