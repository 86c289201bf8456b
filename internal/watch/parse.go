package watch

import (
	"net/url"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Names turns short names into the IRIs that the subscription's @context gives
// them; *ldctx.Context does.
type Names = q.Names

// recorder notes what Names answered, so that a subscription that is read
// back needs no @context any more.
type recorder struct {
	names        Names // nil when it is read back: then only what was noted counts
	terms, vocab map[string]string
}

// ExpandTerm expands and notes the name of a type or an attribute.
func (r *recorder) ExpandTerm(t string) (string, error) {
	if iri, ok := r.terms[t]; ok {
		return iri, nil
	}
	if r.names == nil {
		return "", problem.New(problem.BadRequestData, "the term %q was not kept with the subscription", t)
	}
	iri, err := r.names.ExpandTerm(t)
	if err == nil {
		r.terms[t] = iri
	}
	return iri, err
}

// ExpandVocab expands and notes a value.
func (r *recorder) ExpandVocab(v string) string {
	if iri, ok := r.vocab[v]; ok {
		return iri
	}
	if r.names == nil {
		return v
	}
	iri := r.names.ExpandVocab(v)
	if iri != v {
		r.vocab[v] = iri
	}
	return iri
}

type parser struct {
	sub   *Subscription
	names Names
	doc   []jsontree.Member
	q     conditions
}

// conditions are the parts of a subscription's query, before they are
// compiled together.
type conditions struct {
	q, scopeQ, lang          string
	expandValues, jsonKeys   []string
	georel, geometry, geoAtt string
	coordinates              []byte
}

func bad(format string, args ...any) error {
	return problem.New(problem.BadRequestData, format, args...)
}

// Parse reads a subscription document without its @context (CIM 009, 5.2.12);
// created is now for a new one. The read-only members that the server gives
// are passed over.
//
// Errors: problem.BadRequestData that names the member; problem.NotImplemented
// is never given: members whose behaviour is not built yet are BadRequestData
// that says so.
func Parse(doc jsontree.Node, names Names, tenant string, created entity.Instant) (*Subscription, error) {
	s, err := parse(doc, &recorder{names: names, terms: map[string]string{}, vocab: map[string]string{}}, tenant, created)
	if err != nil {
		return nil, err
	}
	return s, s.agrees()
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func parse(doc jsontree.Node, names *recorder, tenant string, created entity.Instant) (*Subscription, error) {
	if doc.Kind() != jsontree.Object {
		return nil, bad("a subscription is a JSON object")
	}
	p := &parser{sub: &Subscription{Tenant: tenant, Active: true, Triggers: defaultTriggers, Terms: names.terms, Vocab: names.vocab, CreatedAt: created, ModifiedAt: created}, names: names}
	for name, v := range doc.Members() {
		if err := p.member(name, v); err != nil {
			return nil, err
		}
	}
	s := p.sub
	if _, ok := doc.Get("type"); !ok {
		return nil, bad("the subscription has no \"type\": it must be \"Subscription\"")
	}
	if _, ok := doc.Get("notification"); !ok {
		return nil, bad("the subscription has no \"notification\" member, so there is nowhere to send to")
	}
	if s.Selectors == nil && s.Watched == nil {
		if v, ok := doc.Get("localOnly"); !ok || !v.Bool() {
			return nil, bad("a subscription needs \"entities\" or \"watchedAttributes\" (or \"localOnly\": true)")
		}
	}
	if err := p.compile(); err != nil {
		return nil, err
	}
	s.Doc = jsontree.ObjectNode(p.doc).Append(nil)
	return s, nil
}

// readOnly are members that the server gives and ignores on the way in.
var readOnly = map[string]bool{"status": true, "createdAt": true, "modifiedAt": true, "timesSent": true, "timesFailed": true,
	"lastNotification": true, "lastFailure": true, "lastSuccess": true}

// notBuilt are members of the standard whose behaviour is not there yet.
var notBuilt = map[string]bool{"timeInterval": true, "csf": true, "temporalQ": true, "splitEntities": true, "ngsildConformance": true}

func (p *parser) member(name string, v jsontree.Node) (err error) {
	s := p.sub
	switch name {
	case "id", "@id":
		if err := entity.CheckURI(v.Str()); err != nil || v.Kind() != jsontree.String {
			return bad("the subscription's id must be a URI")
		}
		s.ID = v.Str()
		return nil
	case "type", "@type":
		if v.Str() != "Subscription" {
			return bad("the \"type\" must be \"Subscription\"")
		}
	case "subscriptionName", "description", "jsonldContext":
		if v.Kind() != jsontree.String {
			return bad("%q must be a string", name)
		}
		if name == "jsonldContext" {
			if u, err := url.Parse(v.Str()); err != nil || !u.IsAbs() {
				return bad("\"jsonldContext\" must be a URI that can be fetched")
			}
			s.Context = v.Append(nil)
		}
	case "entities":
		err = p.selectors(v)
	case "watchedAttributes":
		s.Watched, err = p.nameList(name, v)
	case "notificationTrigger":
		s.Triggers = 0
		err = eachString(name, v, func(t string) error {
			bit, ok := triggerNames[t]
			if !ok {
				return bad("%q is not a notificationTrigger; there are entityCreated, entityUpdated, entityDeleted, attributeCreated, attributeUpdated, attributeDeleted", t)
			}
			s.Triggers |= bit
			return nil
		})
	case "q", "scopeQ", "lang", "expandValues", "jsonKeys":
		err = p.text(name, v)
	case "geoQ":
		err = p.geo(v)
	case "datasetId":
		s.Datasets = []string{}
		err = eachString(name, v, func(d string) error {
			if d == "@none" {
				d = ""
			} else if err := entity.CheckURI(d); err != nil {
				return bad("datasetId %q is not a URI: %s", d, err.Error())
			}
			s.Datasets = append(s.Datasets, d)
			return nil
		})
	case "isActive":
		if v.Kind() != jsontree.Bool {
			return bad("\"isActive\" must be true or false")
		}
		s.Active = v.Bool()
	case "localOnly":
		if v.Kind() != jsontree.Bool {
			return bad("\"localOnly\" must be true or false")
		}
	case "expiresAt":
		s.ExpiresAt, err = instant(name, v)
	case "throttling":
		s.Throttling, err = seconds(name, v)
	case "notification":
		if v, err = p.notification(v); err != nil {
			return err
		}
	case "@context":
		return nil
	default:
		switch {
		case readOnly[name]:
			return nil
		case notBuilt[name]:
			return bad("the subscription member %q is in the standard and not built yet; leave it out", name)
		}
		return bad("a subscription has no member %q", name)
	}
	if err != nil {
		return err
	}
	p.doc = append(p.doc, jsontree.Member{Name: name, Value: v})
	return nil
}

func (p *parser) text(name string, v jsontree.Node) error {
	if v.Kind() != jsontree.String || v.Str() == "" {
		return bad("%q must be a string that is not empty", name)
	}
	switch name {
	case "q":
		p.q.q = v.Str()
	case "scopeQ":
		p.q.scopeQ = v.Str()
	case "lang":
		p.q.lang, p.sub.Lang = v.Str(), v.Str()
	case "expandValues":
		p.q.expandValues = strings.Split(v.Str(), ",")
	case "jsonKeys":
		p.q.jsonKeys = strings.Split(v.Str(), ",")
	}
	return nil
}

func (p *parser) selectors(v jsontree.Node) error {
	if v.Kind() != jsontree.Array || v.Len() == 0 {
		return bad("\"entities\" must be an array that is not empty")
	}
	for i, item := range v.Items() {
		if item.Kind() != jsontree.Object {
			return bad("entities[%d] must be an object with a \"type\"", i)
		}
		var sel Selector
		for name, m := range item.Members() {
			if m.Kind() != jsontree.String {
				return bad("entities[%d].%s must be a string", i, name)
			}
			var err error
			switch name {
			case "id", "@id":
				sel.ID, err = entity.ParseID(m.Str())
			case "idPattern":
				sel.Pattern, err = query.NewPattern(m.Str())
			case "type", "@type":
				if m.Str() != "*" {
					sel.Types, err = q.Types(m.Str(), p.names)
				}
			default:
				return bad("entities[%d] has no member %q; there are id, idPattern and type", i, name)
			}
			if err != nil {
				return problem.Wrap(problem.KindOf(err), err, "entities[%d].%s: %s", i, name, problem.DetailOf(err))
			}
		}
		if _, ok := item.Get("type"); !ok {
			if _, ok := item.Get("@type"); !ok {
				return bad("entities[%d] has no \"type\"; use \"*\" for any", i)
			}
		}
		p.sub.Selectors = append(p.sub.Selectors, sel)
	}
	return nil
}

func (p *parser) nameList(member string, v jsontree.Node) ([]entity.Name, error) {
	var out []entity.Name
	err := eachString(member, v, func(t string) error {
		iri, err := p.names.ExpandTerm(t)
		if err != nil {
			return bad("%s: %q is not a name that can be expanded: %s", member, t, problem.DetailOf(err))
		}
		out = append(out, entity.Name(iri))
		return nil
	})
	return out, err
}

func eachString(member string, v jsontree.Node, f func(string) error) error {
	if v.Kind() != jsontree.Array || v.Len() == 0 {
		return bad("%q must be an array of strings that is not empty", member)
	}
	for i, item := range v.Items() {
		if item.Kind() != jsontree.String {
			return bad("%s[%d] must be a string", member, i)
		}
		if err := f(item.Str()); err != nil {
			return err
		}
	}
	return nil
}

func instant(name string, v jsontree.Node) (entity.Instant, error) {
	if v.Kind() != jsontree.String {
		return 0, bad("%q must be a DateTime such as \"2026-03-29T12:00:00Z\"", name)
	}
	t, err := timespan.ParseInstant(v.Str())
	if err != nil {
		return 0, bad("%s: %s", name, err.Error())
	}
	return t, nil
}

// seconds reads a positive number of seconds; fractions are allowed.
func seconds(name string, v jsontree.Node) (entity.Instant, error) {
	f, ok := v.Float()
	if v.Kind() != jsontree.Number || !ok || !(f > 0) || f > 1e9 {
		return 0, bad("%q must be a number of seconds above zero", name)
	}
	return max(1, entity.Instant(f*1e6)), nil
}

// milliseconds reads a number of milliseconds (CIM 009, 5.2.15).
func milliseconds(name string, v jsontree.Node) (entity.Instant, error) {
	f, ok := v.Float()
	if v.Kind() != jsontree.Number || !ok || !(f > 0) || f > 1e9 {
		return 0, bad("%q must be a number of milliseconds above zero", name)
	}
	return max(1, entity.Instant(f*1e3)), nil
}

// compile makes the tree of q, geoQ and scopeQ, once all members are read.
func (p *parser) compile() (err error) {
	c, tree := &p.q, &p.sub.Query
	tree.Datasets = p.sub.Datasets
	var expanded []entity.Name
	for _, name := range c.expandValues {
		iri, err := p.names.ExpandTerm(strings.TrimSpace(name))
		if err != nil {
			return bad("expandValues: %s", problem.DetailOf(err))
		}
		expanded = append(expanded, entity.Name(iri))
	}
	if c.q != "" {
		if tree.Filter, err = q.Parse(c.q, q.Options{Names: p.names, ExpandValues: expanded}); err != nil {
			return err
		}
	}
	if c.scopeQ != "" {
		if tree.Scope, err = q.Scopes(c.scopeQ); err != nil {
			return err
		}
	}
	if c.georel != "" {
		tree.Geo, err = q.Geo(c.georel, c.geometry, string(c.coordinates), c.geoAtt, p.names)
	}
	return err
}
