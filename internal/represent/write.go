package represent

import (
	"bytes"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// next appends a comma unless something was just opened.
func next(dst []byte) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' && dst[n-1] != '[' {
		return append(dst, ',')
	}
	return dst
}

// key appends a member name that needs no escapes, with its colon.
func key(dst []byte, name string) []byte {
	dst = append(next(dst), '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func moment(dst []byte, name string, at entity.Instant) []byte {
	if at == 0 {
		return dst
	}
	dst = append(key(dst, name), '"')
	dst = at.Append(dst)
	return append(dst, '"')
}

func texts[S ~string](dst []byte, ss []S, show func(string) string) []byte {
	if len(ss) == 1 {
		return jsontree.AppendString(dst, show(string(ss[0])))
	}
	dst = append(dst, '[')
	for _, s := range ss {
		dst = jsontree.AppendString(next(dst), show(string(s)))
	}
	return append(dst, ']')
}

func same(s string) string { return s }

// AppendEntity appends e as one JSON object (CIM 009, 4.5.1, 4.5.4).
func (v *View) AppendEntity(dst []byte, e *entity.Entity) []byte {
	dst = append(dst, '{')
	if v.showsID() {
		dst = jsontree.AppendString(key(dst, "id"), string(e.ID))
	}
	dst = v.head(dst, e)
	dst = v.attributes(dst, e)
	if v.InlineContext {
		dst = v.context(dst)
	}
	return append(dst, '}')
}

// AppendEntities appends es as a JSON array.
func (v *View) AppendEntities(dst []byte, es []*entity.Entity) []byte {
	dst = append(dst, '[')
	for _, e := range es {
		dst = v.AppendEntity(next(dst), e)
	}
	return append(dst, ']')
}

func (v *View) context(dst []byte) []byte { return v.Context.Source().Append(key(dst, "@context")) }

func (v *View) showsID() bool {
	return (v.Pick == nil || v.Pick.ID) && (v.Omit == nil || !v.Omit.ID)
}

func (v *View) showsType() bool {
	return (v.Pick == nil || v.Pick.Type) && (v.Omit == nil || !v.Omit.Type)
}

func (v *View) showsScope() bool {
	return (v.Pick == nil || v.Pick.Scope) && (v.Omit == nil || !v.Omit.Scope)
}

func (v *View) shows(n entity.Name) bool {
	return (v.Pick == nil || v.Pick.Has(n)) && (v.Omit == nil || !v.Omit.Has(n))
}

func (v *View) keeps(dataset string) bool {
	return v.Datasets == nil || slices.Contains(v.Datasets, dataset)
}

// head appends type, scope and the system attributes.
func (v *View) head(dst []byte, e *entity.Entity) []byte {
	if v.Version != 0 {
		e = v.conformHead(e)
	}
	if v.showsType() {
		dst = texts(key(dst, "type"), e.Types, v.Context.CompactTerm)
	}
	if len(e.Scopes) > 0 && v.showsScope() {
		dst = texts(key(dst, "scope"), e.Scopes, same)
	}
	if v.SysAttrs {
		dst = moment(dst, "createdAt", e.CreatedAt)
		dst = moment(dst, "modifiedAt", e.ModifiedAt)
		dst = moment(dst, "expiresAt", e.ExpiresAt)
	}
	return moment(dst, "deletedAt", v.DeletedAt)
}

// attributes appends the attributes of e, the instances of one together.
func (v *View) attributes(dst []byte, e *entity.Entity) []byte {
	v = v.at(e.ID)
	attrs := together(e.Attrs)
	for from := 0; from < len(attrs); {
		to := from + 1
		for to < len(attrs) && attrs[to].Name == attrs[from].Name {
			to++
		}
		if v.shows(attrs[from].Name) {
			dst = v.group(dst, attrs[from:to])
		}
		from = to
	}
	return dst
}

// group appends the instances of one attribute under its name.
func (v *View) group(dst []byte, is []entity.Instance) []byte {
	n, last := 0, 0
	for k := range is {
		if v.keeps(is[k].Dataset) {
			n, last = n+1, k
		}
	}
	if n == 0 {
		return dst
	}
	if v.Version != 0 {
		is = v.conformGroup(is)
		n, last = len(is), 0
	}
	dst = jsontree.AppendString(next(dst), v.Context.CompactTerm(string(is[0].Name)))
	dst = append(dst, ':')
	if n == 1 {
		return v.instance(dst, &is[last], true)
	}
	if v.Form == Simplified {
		return v.datasets(dst, is)
	}
	dst = append(dst, '[')
	for k := range is {
		if v.keeps(is[k].Dataset) {
			dst = v.instance(next(dst), &is[k], false)
		}
	}
	return append(dst, ']')
}

// together gives attrs with the instances of each name side by side, which
// they mostly are already.
func together(attrs []entity.Instance) []entity.Instance {
	apart := false
	if len(attrs) <= 16 {
		for i := 2; i < len(attrs) && !apart; i++ {
			apart = attrs[i].Name != attrs[i-1].Name && slices.ContainsFunc(attrs[:i-1], func(x entity.Instance) bool { return x.Name == attrs[i].Name })
		}
	} else {
		seen := make(map[entity.Name]bool, len(attrs))
		for i := range attrs {
			if i > 0 && attrs[i].Name == attrs[i-1].Name {
				continue
			}
			apart = apart || seen[attrs[i].Name]
			seen[attrs[i].Name] = true
		}
	}
	if !apart {
		return attrs
	}
	first := make(map[entity.Name]int, len(attrs))
	for i := range attrs {
		if _, ok := first[attrs[i].Name]; !ok {
			first[attrs[i].Name] = i
		}
	}
	out := slices.Clone(attrs)
	slices.SortStableFunc(out, func(a, b entity.Instance) int { return first[a.Name] - first[b.Name] })
	return out
}

func (v *View) instance(dst []byte, i *entity.Instance, alone bool) []byte {
	switch v.Form {
	case Simplified:
		return v.simplified(dst, i)
	case Concise:
		return v.concise(dst, i, alone)
	}
	return v.normalised(dst, i, i.Kind, false)
}

// datasets appends several instances in simplified form (CIM 009, 4.5.4).
func (v *View) datasets(dst []byte, is []entity.Instance) []byte {
	dst = append(dst, `{"dataset":{`...)
	for k := range is {
		if !v.keeps(is[k].Dataset) {
			continue
		}
		dst = next(dst)
		if is[k].Dataset == "" {
			dst = append(dst, `"@none"`...)
		} else {
			dst = jsontree.AppendString(dst, is[k].Dataset)
		}
		dst = append(dst, ':')
		dst = v.simplified(dst, &is[k])
	}
	return append(dst, '}', '}')
}

func (v *View) simplified(dst []byte, i *entity.Instance) []byte {
	if v.inline != nil {
		if out, ok := v.joined(dst, i); ok {
			return out
		}
	}
	switch i.Kind {
	case entity.LanguageProperty:
		if v.Languages != nil {
			dst, _ = v.translated(dst, i)
			return dst
		}
	case entity.ListRelationship:
		return flatObjects(dst, i.Value)
	}
	wrapped := i.Kind == entity.LanguageProperty || i.Kind == entity.VocabProperty || i.Kind == entity.JSONProperty
	if wrapped {
		dst = key(append(dst, '{'), i.Kind.Member())
	}
	dst = v.value(dst, i)
	if wrapped {
		dst = append(dst, '}')
	}
	return dst
}

// normalised appends an instance in normalised form (CIM 009, 4.5.2.2) as one
// of the given kind, which matters for a deleted one.
func (v *View) normalised(dst []byte, i *entity.Instance, k entity.Kind, temporal bool) []byte {
	dst = append(dst, '{')
	if i.Kind == entity.LanguageProperty && v.Languages != nil {
		dst = append(dst, `"type":"Property","value":`...)
		var tag string
		dst, tag = v.translated(dst, i)
		dst = jsontree.AppendString(key(dst, "lang"), tag)
		return v.rest(dst, i, temporal)
	}
	if k == entity.Null {
		k = entity.Property
	}
	dst = append(dst, `"type":"`...)
	dst = append(dst, k.String()...)
	dst = append(dst, '"')
	dst = key(dst, k.Member())
	if i.Kind == entity.Null {
		dst = nullOf(dst, k)
	} else {
		dst = v.value(dst, i)
	}
	return v.rest(dst, i, temporal)
}

// nullOf appends the NGSI-LD Null in the form that kind k has it
// (CIM 009, 4.5.0).
func nullOf(dst []byte, k entity.Kind) []byte {
	switch k {
	case entity.LanguageProperty:
		return append(dst, `{"@none":"urn:ngsi-ld:null"}`...)
	case entity.ListProperty, entity.ListRelationship:
		return append(dst, `["urn:ngsi-ld:null"]`...)
	}
	return append(dst, `"urn:ngsi-ld:null"`...)
}

// concise appends an instance in concise form (CIM 009, 4.5.2.3): reading it
// back gives the same. Only one that is alone can be a bare value: in a list
// it would be taken for a list of values.
func (v *View) concise(dst []byte, i *entity.Instance, alone bool) []byte {
	if i.Kind == entity.LanguageProperty && v.Languages != nil {
		dst = append(dst, `{"value":`...)
		var tag string
		dst, tag = v.translated(dst, i)
		dst = jsontree.AppendString(key(dst, "lang"), tag)
		return v.rest(dst, i, false)
	}
	bare := alone && v.before(i) == nil && i.Unit == "" && i.ObservedAt == 0 && i.Dataset == "" && len(i.Subs) == 0 && len(i.More) == 0 && !v.SysAttrs
	how := conciseAs(i)
	if bare && how == asIs {
		return v.value(dst, i)
	}
	dst = append(dst, '{')
	if how == withType {
		dst = append(dst, `"type":"`...)
		dst = append(dst, i.Kind.String()...)
		dst = append(dst, '"')
	}
	dst = v.value(key(dst, i.Kind.Member()), i)
	return v.rest(dst, i, false)
}

type conciseForm uint8

const (
	asIs     conciseForm = iota // the value can stand alone
	inMember                    // it needs its member
	withType                    // it needs the type too
)

// conciseAs tells how much a value needs round it, so that its kind can be
// inferred from it.
func conciseAs(i *entity.Instance) conciseForm {
	object := len(i.Value) > 0 && i.Value[0] == '{'
	switch i.Kind {
	case entity.GeoProperty:
		if object {
			return asIs
		}
		return withType // as text it would be taken for a Property
	case entity.Property:
		if len(i.Value) > 0 && i.Value[0] != '{' && i.Value[0] != '[' {
			return asIs
		}
		n, err := jsontree.Parse(i.Value, jsontree.Limits{})
		if err != nil {
			return withType
		}
		if n.Kind() == jsontree.Array {
			if n.Len() > 0 && n.Item(0).Kind() == jsontree.Object {
				return inMember
			}
			return asIs
		}
		if isGeometry(n) {
			return withType
		}
		if n.Len() == 1 {
			if _, ok := n.Get("dataset"); ok {
				return inMember
			}
		}
		for name := range n.Members() {
			if roleOf(name) != subAttribute {
				return inMember
			}
		}
		return asIs
	}
	return inMember
}

// before gives what i was before the change that is told of.
func (v *View) before(i *entity.Instance) *entity.Instance {
	if v.Previous == nil {
		return nil
	}
	return v.Previous(i)
}

// rest appends what follows the value of an instance, and closes it.
func (v *View) rest(dst []byte, i *entity.Instance, temporal bool) []byte {
	if p := v.before(i); p != nil {
		if v.Version != 0 {
			was := v.conform(*p)
			p = &was
		}
		dst = v.value(key(dst, previousMember(p.Kind)), p)
	}
	if i.Unit != "" {
		dst = jsontree.AppendString(key(dst, "unitCode"), i.Unit)
	}
	dst = moment(dst, "observedAt", i.ObservedAt)
	if i.Dataset != "" {
		dst = jsontree.AppendString(key(dst, "datasetId"), i.Dataset)
	}
	for k := range i.More {
		dst = v.kept(dst, &i.More[k])
	}
	if len(i.Subs) > 0 {
		dst = v.subs(dst, i.Subs)
	}
	if v.inline != nil {
		dst = v.embedded(dst, i)
	}
	if v.SysAttrs {
		dst = moment(dst, "createdAt", i.CreatedAt)
		dst = moment(dst, "modifiedAt", i.ModifiedAt)
		dst = moment(dst, "expiresAt", i.ExpiresAt)
	}
	if v.SysAttrs || temporal {
		dst = moment(dst, "deletedAt", i.DeletedAt)
	}
	return append(dst, '}')
}

func (v *View) subs(dst []byte, subs []entity.Instance) []byte {
	subs = together(subs)
	below := *v
	below.Datasets = nil // datasets tell instances of attributes apart
	below.inline, below.Previous = nil, nil
	for from := 0; from < len(subs); {
		to := from + 1
		for to < len(subs) && subs[to].Name == subs[from].Name {
			to++
		}
		dst = below.group(dst, subs[from:to])
		from = to
	}
	return dst
}

// kept appends objectType, valueType or ngsildproof.
func (v *View) kept(dst []byte, m *entity.Member) []byte {
	dst = key(dst, m.Name)
	switch m.Name {
	case "objectType":
		return compacted(dst, m.Raw, v.Context.CompactTerm)
	case "valueType":
		return compacted(dst, m.Raw, v.Context.CompactVocab)
	}
	return v.proof(dst, m.Raw)
}

// proof appends ngsildproof, the types that it seals made shorter.
func (v *View) proof(dst, raw []byte) []byte {
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil {
		return append(dst, raw...)
	}
	dst = append(dst, '{')
	for name, x := range n.Members() {
		dst = append(jsontree.AppendString(next(dst), name), ':')
		if name == "entityTypeSealed" {
			dst = compacted(dst, x.Append(nil), v.Context.CompactVocab)
			continue
		}
		dst = x.Append(dst)
	}
	return append(dst, '}')
}

// value appends the value alone; the URIs of a vocabulary are compacted.
func (v *View) value(dst []byte, i *entity.Instance) []byte {
	if i.Kind == entity.VocabProperty {
		return compacted(dst, i.Value, v.Context.CompactVocab)
	}
	return append(dst, i.Value...)
}

// compacted appends a text or an array of texts, each made shorter.
func compacted(dst, raw []byte, short func(string) string) []byte {
	if len(raw) > 1 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return jsontree.AppendString(dst, short(string(raw[1:len(raw)-1])))
	}
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil {
		return append(dst, raw...)
	}
	if n.Kind() == jsontree.String {
		return jsontree.AppendString(dst, short(n.Str()))
	}
	dst = append(dst, '[')
	for _, item := range n.Items() {
		dst = jsontree.AppendString(next(dst), short(item.Str()))
	}
	return append(dst, ']')
}

// flatObjects appends an objectList as an array of URIs.
func flatObjects(dst, raw []byte) []byte {
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil {
		return append(dst, raw...)
	}
	dst = append(dst, '[')
	for _, item := range n.Items() {
		if o, ok := item.Get("object"); ok {
			item = o
		}
		dst = item.Append(next(dst))
	}
	return append(dst, ']')
}

// translated appends the text of a LanguageProperty in the language wanted
// most and gives that language.
func (v *View) translated(dst []byte, i *entity.Instance) ([]byte, string) {
	m, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil || m.Len() == 0 {
		return append(dst, `""`...), "@none"
	}
	tags := make([]string, 0, m.Len())
	for tag := range m.Members() {
		tags = append(tags, tag)
	}
	tag := choose(v.Languages, tags)
	text, _ := m.Get(tag)
	return text.Append(dst), tag
}

// previousMember names the member with the value that a k had before.
func previousMember(k entity.Kind) string {
	switch k {
	case entity.Relationship:
		return "previousObject"
	case entity.LanguageProperty:
		return "previousLanguageMap"
	case entity.VocabProperty:
		return "previousVocab"
	case entity.JSONProperty:
		return "previousJson"
	case entity.ListProperty:
		return "previousValueList"
	case entity.ListRelationship:
		return "previousObjectList"
	}
	return "previousValue"
}
