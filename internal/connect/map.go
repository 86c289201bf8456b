package connect

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types/ref"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Payload is what a source said.
type Payload struct {
	Data  []byte
	Topic string // of an MQTT message
	// Item is set if Data is the JSON of one item rather than a whole payload:
	// so are the dead letters of single items.
	Item bool
	Key  string // with Item: the name under which the item stood
	// Parent, with Item, is the JSON of what the item stood in; nil if it
	// stood in nothing, or in too much to be kept.
	Parent []byte
}

// Mapped is what a mapping makes of a payload.
type Mapped struct {
	Fragments []entity.Fragment
	Letters   []DeadLetter // what could not be read, one for each item
	Items     int
	Skipped   int // items that the mapping does not want
	// from tells of which item a fragment came.
	from []found
}

// Map makes fragments of a payload that arrived at the given time. It is pure:
// the same payload and time give the same result, and nothing happens.
func (m *Mapping) Map(p Payload, arrived time.Time) Mapped {
	var out Mapped
	whole := func(err error) Mapped {
		out.Letters = []DeadLetter{m.letter(p, arrived, "", err)}
		return out
	}
	if len(p.Data) > MaxPayloadBytes {
		p.Data = p.Data[:0]
		return whole(fmt.Errorf("the payload is larger than %d bytes", MaxPayloadBytes))
	}
	doc, items, err := m.take(p)
	if err != nil {
		return whole(err)
	}
	out.Items = len(items)
	topic := strings.Split(p.Topic, "/")
	for _, f := range items {
		for _, u := range m.unpack {
			f.item = unpackAt(f.item, u)
		}
		s := &scope{doc: doc, item: f.item, parent: f.parent, key: f.key, topic: topic, arrived: arrived, observed: arrived,
			lets: map[string]ref.Val{}, cache: map[string]any{}}
		fs, err := m.guarded(s)
		if err != nil {
			letter := p
			if len(items) > 1 {
				letter = f.payload(p.Topic)
			}
			out.Letters = append(out.Letters, m.letter(letter, arrived, f.key, err))
			continue
		}
		if len(fs) == 0 {
			out.Skipped++
		}
		for range fs {
			out.from = append(out.from, f)
		}
		out.Fragments = append(out.Fragments, fs...)
	}
	return out
}

// take decodes a payload and finds its items.
func (m *Mapping) take(p Payload) (doc jsontree.Node, items []found, err error) {
	if p.Item {
		f := found{key: p.Key}
		if f.item, err = jsontree.Parse(p.Data, limits()); err == nil && p.Parent != nil {
			f.parent, err = jsontree.Parse(p.Parent, limits())
		}
		return jsontree.Node{}, []found{f}, err
	}
	if doc, err = m.decoder.decode(p.Data); err != nil {
		return doc, nil, fmt.Errorf("the payload cannot be read: %w", err)
	}
	items, err = findItems(doc, m.items)
	return doc, items, err
}

func (m *Mapping) letter(p Payload, arrived time.Time, key string, err error) DeadLetter {
	return DeadLetter{Source: m.Source, Mapping: m.Digest, Payload: p.Data, Topic: p.Topic, Item: p.Item, Parent: p.Parent, Key: key, Reason: detailOf(err), Arrived: arrived}
}

// detailOf gives what people should read of an error.
func detailOf(err error) string {
	var pe *problem.Error
	if errors.As(err, &pe) {
		return pe.Detail
	}
	return err.Error()
}

// guarded maps one item; should a rule break the evaluator, that item alone is
// lost to the dead letters, not the process.
func (m *Mapping) guarded(s *scope) (fs []entity.Fragment, err error) {
	defer func() {
		if p := recover(); p != nil {
			fs, err = nil, fmt.Errorf("a rule of the mapping broke on this item: %v", p)
		}
	}()
	return m.one(s)
}

// one maps one item; no fragments means that nobody wants it.
func (m *Mapping) one(s *scope) ([]entity.Fragment, error) {
	if err := s.bind(m.lets); err != nil {
		return nil, err
	}
	if m.when != nil {
		if ok, err := m.when.truth(s); err != nil || !ok {
			return nil, err
		}
	}
	var out []entity.Fragment
	for i := range m.parts {
		f, ok, err := m.part(&m.parts[i], s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.parts[i].where, err)
		}
		if ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// bind evaluates names; one whose value is missing is null.
func (s *scope) bind(lets []let) error {
	for _, l := range lets {
		v, err := l.e.value(s)
		switch {
		case errors.Is(err, errMissing):
			v = nullVal()
		case err != nil:
			return fmt.Errorf("let %s: %w", l.name, err)
		}
		s.lets[l.name] = v
	}
	return nil
}

func (m *Mapping) part(r *entityRule, s *scope) (entity.Fragment, bool, error) {
	var f entity.Fragment
	if err := s.bind(r.lets); err != nil {
		return f, false, err
	}
	if r.when != nil {
		if ok, err := r.when.truth(s); err != nil || !ok {
			return f, false, err
		}
	}
	id, err := r.id.json(s)
	if err != nil {
		return f, false, err
	}
	if id.Kind() != jsontree.String {
		return f, false, r.id.bad("the id has no value: a member that it is made of is missing")
	}
	// Texts are cloned: they outlive the payload, and would keep it alive.
	if f.ID, err = entity.ParseID(strings.Clone(id.Str())); err != nil {
		return f, false, r.id.bad("%s", detailOf(err))
	}
	f.Types = r.types
	if err := m.scopes(r, s, &f); err != nil {
		return f, false, err
	}
	var at timespan.Instant
	if r.observedAt != nil {
		if at, err = m.instant(r.observedAt, s); err != nil {
			return f, false, err
		}
	}
	s.observed = s.arrived
	if at != 0 {
		s.observed = at.Time()
	}
	if r.expiresAt != nil {
		if f.ExpiresAt, err = m.instant(r.expiresAt, s); err != nil {
			return f, false, err
		}
		f.HasExpiry = f.ExpiresAt != 0
	}
	f.Attrs, err = m.attrs(r.attrs, r.classes, s, at)
	return f, err == nil, err
}

func (m *Mapping) scopes(r *entityRule, s *scope, f *entity.Fragment) error {
	if r.scope == nil {
		return nil
	}
	n, err := r.scope.json(s)
	if err != nil || n.IsNull() {
		return err
	}
	f.HasScope = true
	list := []jsontree.Node{n}
	if n.Kind() == jsontree.Array {
		list = slices.Collect(func(yield func(jsontree.Node) bool) {
			for _, v := range n.Items() {
				if !yield(v) {
					return
				}
			}
		})
	}
	for _, v := range list {
		if !strings.HasPrefix(v.Str(), "/") {
			return r.scope.bad("a scope begins with a slash, %s does not", shorten(v.String()))
		}
		f.Scopes = append(f.Scopes, strings.Clone(v.Str()))
	}
	return nil
}

// instant evaluates a time; zero if it is missing.
func (m *Mapping) instant(e *expr, s *scope) (timespan.Instant, error) {
	v, err := e.value(s)
	if errors.Is(err, errMissing) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	at, err := instantOf(v, wall.asSaid, m.zone, s.arrived)
	if err != nil {
		return 0, e.bad("%s", err.Error())
	}
	return at, nil
}

func (m *Mapping) attrs(rules []attrRule, classes []class, s *scope, at timespan.Instant) ([]entity.Instance, error) {
	var out []entity.Instance
	whole := s.observed
	defer func() { s.observed = whole }()
	for i := range rules {
		a := &rules[i]
		s.observed = whole
		in, ok, err := m.attr(a, s, at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.TrimPrefix(a.where, "entities"), err)
		}
		if !ok {
			continue
		}
		if in.Kind != entity.Null && !a.static {
			for _, list := range [][]class{classes, a.classes} {
				if in.Subs, err = classified(in.Subs, list, s, in.ObservedAt); err != nil {
					return nil, err
				}
			}
		}
		for k := range out {
			if out[k].Name == in.Name && out[k].Dataset == in.Dataset {
				return nil, fmt.Errorf("the attribute %s comes twice with the same dataset", vocabShort(in.Name))
			}
		}
		out = append(out, in)
	}
	return out, nil
}

// classified adds a sub-attribute for each class that holds.
func classified(subs []entity.Instance, cs []class, s *scope, at timespan.Instant) ([]entity.Instance, error) {
	s.observed = s.arrived
	if at != 0 {
		s.observed = at.Time()
	}
	for i := range cs {
		ok, err := cs[i].when.truth(s)
		if err != nil {
			return nil, err
		}
		if ok {
			subs = append(subs, entity.Instance{Name: cs[i].name, Kind: entity.Property, Value: jsontree.AppendString(nil, cs[i].because)})
		}
	}
	return subs, nil
}

func (m *Mapping) attr(a *attrRule, s *scope, at timespan.Instant) (entity.Instance, bool, error) {
	in := entity.Instance{Name: a.name, Kind: a.kind, Unit: a.unit, ObservedAt: at}
	if a.when != nil {
		if ok, err := a.when.truth(s); err != nil || !ok {
			return in, false, err
		}
	}
	switch {
	case a.static:
		in.ObservedAt = 0
	case a.observedAt != nil:
		t, err := m.instant(a.observedAt, s)
		if err != nil {
			return in, false, err
		}
		in.ObservedAt = t
	}
	if a.dataset != nil {
		d, err := a.dataset.json(s)
		if err != nil {
			return in, false, err
		}
		if !d.IsNull() {
			if why := entity.CheckURI(d.Str()); why != nil {
				return in, false, a.dataset.bad("the dataset %s is not a URI: %s", shorten(d.String()), why)
			}
			in.Dataset = strings.Clone(d.Str())
		}
	}
	v, err := m.value(a, s)
	if err != nil {
		return in, false, err
	}
	if v == nil {
		return m.without(a, in)
	}
	in.Value = v
	in.Subs, err = m.attrs(a.subs, nil, s, 0)
	return in, err == nil, err
}

// without says what becomes of an attribute that has no value.
func (m *Mapping) without(a *attrRule, in entity.Instance) (entity.Instance, bool, error) {
	switch {
	case a.required:
		return in, false, errors.New("the value is missing, and the mapping requires it")
	case a.onNull == remove:
		in.Kind, in.Unit = entity.Null, ""
		return in, true, nil
	}
	return in, false, nil
}

// value gives the compact JSON of the value, nil if there is none.
func (m *Mapping) value(a *attrRule, s *scope) ([]byte, error) {
	switch {
	case a.languages != nil:
		return languageMap(a.languages, s)
	case a.point != nil:
		x, err := a.point[0].json(s)
		if err != nil {
			return nil, err
		}
		y, err := a.point[1].json(s)
		if err != nil {
			return nil, err
		}
		return m.pointValue(x, y)
	case a.geometry != nil:
		n, err := a.geometry.json(s)
		if err != nil {
			return nil, err
		}
		return m.geometryValue(n)
	}
	n, err := a.value.json(s)
	if err != nil || n.IsNull() {
		return nil, err
	}
	for _, null := range a.nulls {
		if n.Equal(null) {
			return nil, nil
		}
	}
	if err := checkValue(a, n); err != nil {
		return nil, err
	}
	raw := n.Append(nil)
	if bytes.Contains(raw, []byte(entity.NullURI)) {
		return nil, errors.New("the value holds the mark of NGSI-LD for null, which would delete it")
	}
	return raw, nil
}

// checkValue holds the value to what the kind of attribute may have.
func checkValue(a *attrRule, n jsontree.Node) error {
	uris := func(n jsontree.Node) error {
		if n.Kind() != jsontree.String {
			return a.value.bad("a URI is needed, not %s", shorten(n.String()))
		}
		if err := entity.CheckURI(n.Str()); err != nil {
			return a.value.bad("%s is not a URI: %s", shorten(n.String()), err)
		}
		return nil
	}
	switch a.kind {
	case entity.Relationship:
		if n.Kind() != jsontree.Array {
			return uris(n)
		}
		if n.Len() == 0 {
			return a.value.bad("a relationship needs at least one URI")
		}
		for _, v := range n.Items() {
			if err := uris(v); err != nil {
				return err
			}
		}
	case entity.ListProperty:
		if n.Kind() != jsontree.Array {
			return a.value.bad("a ListProperty needs a list, not %s", shorten(n.String()))
		}
	case entity.LanguageProperty:
		if n.Kind() != jsontree.Object || n.Len() == 0 {
			return a.value.bad("a LanguageProperty needs an object of languages, not %s", shorten(n.String()))
		}
		for _, v := range n.Members() {
			if v.Kind() != jsontree.String {
				return a.value.bad("a LanguageProperty needs texts, not %s", shorten(v.String()))
			}
		}
	case entity.VocabProperty:
		return uris(n)
	}
	return nil
}

func languageMap(ls []let, s *scope) ([]byte, error) {
	var members []jsontree.Member
	for _, l := range ls {
		n, err := l.e.json(s)
		if err != nil {
			return nil, err
		}
		if n.Kind() == jsontree.String && n.Str() != "" {
			members = append(members, jsontree.Member{Name: l.name, Value: n})
		}
	}
	if members == nil {
		return nil, nil
	}
	return jsontree.ObjectNode(members).Append(nil), nil
}

func vocabShort(n entity.Name) string {
	for short, iri := range vocab.Terms() {
		if iri == string(n) {
			return short
		}
	}
	return string(n)
}
