package represent

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// temporal reports whether the attribute that is being read may have a
// history: one of the entity itself, in a temporal body.
func (r *reader) temporal() bool { return r.Temporal && len(r.path) == 1 }

// listed finds the member of the simplified temporal form in v; its kind is
// Null if v is not of that form.
func listed(v jsontree.Node) (name string, k entity.Kind) {
	if v.Kind() != jsontree.Object {
		return "", entity.Null
	}
	for name, m := range v.Members() {
		switch {
		case roleOf(name) == valueMember:
			return "", entity.Null
		case m.Kind() == jsontree.Array:
			if k := kindOfList(name); k != entity.Null {
				return name, k
			}
		}
	}
	return "", entity.Null
}

func kindOfList(name string) entity.Kind {
	switch name {
	case "values":
		return entity.Property
	case "objects":
		return entity.Relationship
	case "languageMaps":
		return entity.LanguageProperty
	case "vocabs":
		return entity.VocabProperty
	case "jsons":
		return entity.JSONProperty
	case "valueLists":
		return entity.ListProperty
	case "objectLists":
		return entity.ListRelationship
	}
	return entity.Null
}

// isSeries reports whether v is an attribute in the simplified temporal form
// (CIM 009, 4.5.9), or a list of such.
func isSeries(v jsontree.Node) bool {
	if v.Kind() == jsontree.Array {
		if v.Len() == 0 {
			return false
		}
		v = v.Item(0)
	}
	_, k := listed(v)
	return k != entity.Null
}

// series reads an attribute in the simplified temporal form: the time beside
// each value is when it was observed (CIM 009, 4.5.9).
func (r *reader) series(is []entity.Instance, iri entity.Name, v jsontree.Node) ([]entity.Instance, error) {
	if v.Kind() == jsontree.Array {
		var err error
		for _, item := range v.Items() {
			if is, err = r.series(is, iri, item); err != nil {
				return is, err
			}
		}
		return is, nil
	}
	list, kind := listed(v)
	if kind == entity.Null {
		return is, r.bad("its instances are not all in the simplified temporal form")
	}
	dataset := ""
	for name, m := range v.Members() {
		var err error
		switch {
		case name == list:
		case roleOf(name) == typeMember:
			stated, ok := entity.ParseKind(m.Str())
			if !ok || !holds(stated, kind) {
				err = r.bad("a %.40q has no %q", m.Str(), list)
			}
			kind = stated
		case roleOf(name) == datasetMember:
			dataset, err = r.dataset(m)
		default:
			err = r.bad("the simplified temporal form has type, datasetId and %s, not %.40q", list, name)
		}
		if err != nil {
			return is, r.in(err)
		}
	}
	pairs, _ := v.Get(list)
	for k, pair := range pairs.Items() {
		if pair.Kind() != jsontree.Array || pair.Len() != 2 {
			return is, r.bad("%s[%d] is an array of a value and a time (CIM 009, 4.5.9)", list, k)
		}
		at, err := r.instant(pair.Item(1), list+"[…, time]", false)
		if err != nil {
			return is, r.in(err)
		}
		i := entity.Instance{Name: iri, Dataset: dataset, ObservedAt: at}
		x := pair.Item(0)
		if kind == entity.LanguageProperty || kind == entity.VocabProperty || kind == entity.JSONProperty {
			if inner, ok := x.Get(kind.Member()); ok && x.Len() == 1 {
				x = inner
			}
		}
		null, err := r.value(&i, kind, x)
		if err != nil {
			return is, err
		}
		if null {
			i = entity.Instance{Name: iri, Dataset: dataset, DeletedAt: at}
		}
		is = append(is, i)
	}
	return is, nil
}

// scopeHistory reads scope in the temporal representation of a Property, or
// in the simplified one (CIM 009, 4.5.6, 4.5.9); false if v is neither.
func (r *reader) scopeHistory(f *entity.Fragment, v jsontree.Node) (bool, error) {
	var items []jsontree.Node
	switch {
	case v.Kind() == jsontree.Object:
		items = append(items, v)
	case v.Kind() == jsontree.Array && v.Len() > 0 && v.Item(0).Kind() == jsontree.Object:
		for _, item := range v.Items() {
			items = append(items, item)
		}
	default:
		return false, nil
	}
	for _, item := range items {
		if list, kind := listed(item); kind == entity.Property {
			pairs, _ := item.Get(list)
			for _, pair := range pairs.Items() {
				if pair.Kind() != jsontree.Array || pair.Len() != 2 {
					return true, bad("scope: values are arrays of a scope and a time (CIM 009, 4.5.9)")
				}
				if err := r.scopeAt(f, pair.Item(0), pair.Item(1), jsontree.Node{}); err != nil {
					return true, err
				}
			}
			continue
		}
		value, ok := item.Get("value")
		if !ok {
			return true, bad("scope: an instance of it has a value")
		}
		observed, _ := item.Get("observedAt")
		gone, _ := item.Get("deletedAt")
		if err := r.scopeAt(f, value, observed, gone); err != nil {
			return true, err
		}
	}
	return true, nil
}

// scopeAt adds one instance of scope; the newest of all is the current one.
func (r *reader) scopeAt(f *entity.Fragment, v, observed, gone jsontree.Node) error {
	var scopes []string
	var at, end entity.Instant
	var err error
	if !isNullMark(v) && !(v.Kind() == jsontree.Array && v.Len() == 0) {
		if scopes, err = r.scopes(v); err != nil {
			return err
		}
	}
	if !observed.IsNull() {
		if at, err = r.instant(observed, "scope.observedAt", false); err != nil {
			return err
		}
	}
	if !gone.IsNull() {
		if end, err = r.instant(gone, "scope.deletedAt", false); err != nil {
			return err
		}
	}
	p := entity.ScopePoint(scopes, 0)
	if p.ObservedAt = at; p.Kind == entity.Null {
		if p.DeletedAt = end; end == 0 {
			p.DeletedAt, p.ObservedAt = at, 0
		}
	}
	f.ScopeHistory = append(f.ScopeHistory, p)
	newest := &f.ScopeHistory[0]
	for k := range f.ScopeHistory {
		if i := &f.ScopeHistory[k]; max(i.ObservedAt, i.DeletedAt) >= max(newest.ObservedAt, newest.DeletedAt) {
			newest = i
		}
	}
	f.HasScope, f.Scopes = true, entity.ScopesOf(newest)
	return nil
}

// deletion takes the time at which history says that an attribute was
// deleted (CIM 009, 4.5.7).
func (r *reader) deletion(i *entity.Instance, v jsontree.Node) error {
	m, ok := v.Get("deletedAt")
	if !ok {
		return nil
	}
	at, err := r.instant(m, "deletedAt", false)
	if err != nil {
		return r.in(err)
	}
	i.DeletedAt = at
	return nil
}

// bareNull refuses the NGSI-LD Null as a mere member of an entity in a
// temporal body (CIM 009, 5.5.4): there it stands with the time of deletion.
func (r *reader) bareNull() error {
	return r.bad("%q deletes, and this operation takes no deletion; history says it in the member with the value, beside deletedAt", entity.NullURI)
}
