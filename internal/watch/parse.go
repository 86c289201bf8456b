package watch

import (
	"net/url"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Names turns short names into the IRIs that the subscription's @context gives
// them; *ldctx.Context does.
type Names = q.Names

type parser struct {
	sub   *Subscription
	names *recorder
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
// Errors: problem.BadRequestData that names the member.
func Parse(doc jsontree.Node, names Names, tenant string, created entity.Instant) (*Subscription, error) {
	return read(doc, &recorder{names: names, terms: map[string]string{}, vocab: map[string]string{}}, tenant, created)
}

// read is Parse with what notes the names.
func read(doc jsontree.Node, names *recorder, tenant string, created entity.Instant) (*Subscription, error) {
	if v, ok := doc.Get("temporalQ"); ok && v.Kind() != jsontree.Null {
		return nil, bad("\"temporalQ\" goes with subscriptions to context source registrations only")
	}
	for name, v := range doc.Members() {
		if wantsNull(v) {
			return nil, bad("%q is the NGSI-LD Null, which removes a member in an update and means nothing here", name)
		}
	}
	s, err := parse(plain(doc), names, tenant, created)
	if err != nil {
		return nil, err
	}
	return s, s.agrees()
}

// plain gives v without the members that are a JSON null, at any depth: JSON-LD
// has them as not there (CIM 009, 4.5.0). @id and @type are the same as id and
// type.
func plain(v jsontree.Node) jsontree.Node {
	switch v.Kind() {
	case jsontree.Object:
		var out []jsontree.Member
		for name, m := range v.Members() {
			if m.Kind() == jsontree.Null {
				continue
			}
			if name == "@id" || name == "@type" {
				name = name[1:]
			}
			out = append(out, jsontree.Member{Name: name, Value: plain(m)})
		}
		return jsontree.ObjectNode(out)
	case jsontree.Array:
		return mapItems(v, plain)
	}
	return v
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
	if s.Selectors == nil && (s.Watched == nil || s.Interval > 0) && (s.localOnly == nil || !*s.localOnly) {
		if s.Interval > 0 {
			return nil, bad("a subscription with \"timeInterval\" needs \"entities\" (or \"localOnly\": true)")
		}
		return nil, bad("a subscription needs \"entities\" or \"watchedAttributes\" (or \"localOnly\": true)")
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

func (p *parser) member(name string, v jsontree.Node) (err error) {
	s := p.sub
	p.names.member = name
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
	case "q", "scopeQ", "lang", "expandValues", "jsonKeys", "csf", "ngsildConformance":
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
	case "localOnly", "splitEntities":
		if v.Kind() != jsontree.Bool {
			return bad("%q must be true or false", name)
		}
		if name == "localOnly" {
			only := v.Bool()
			s.localOnly = &only
		}
	case "expiresAt":
		s.ExpiresAt, err = instant(name, v)
	case "throttling":
		s.Throttling, err = seconds(name, v)
	case "timeInterval":
		s.Interval, err = seconds(name, v)
	case "notification":
		if v, err = p.notification(v); err != nil {
			return err
		}
	case "@context":
		return nil
	default:
		if readOnly[name] {
			return nil
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
	case "csf":
		if _, err := q.Parse(v.Str(), q.Options{Names: p.names}); err != nil {
			return problem.Wrap(problem.KindOf(err), err, "csf: %s", problem.DetailOf(err))
		}
	case "ngsildConformance":
		if _, ok := represent.ParseVersion(v.Str()); !ok {
			return bad("\"ngsildConformance\" must be a version such as \"1.5\"")
		}
		p.sub.Conformance = v.Str()
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
			id := name == "id" || name == "@id"
			if m.Kind() != jsontree.String && !(id && m.Kind() == jsontree.Array) {
				return bad("entities[%d].%s must be a string", i, name)
			}
			var err error
			switch name {
			case "id", "@id":
				sel.IDs, err = selectorIDs(m)
			case "idPattern":
				sel.Pattern, err = query.NewPattern(m.Str())
			case "type", "@type":
				if m.Str() != "*" {
					sel.Types, err = q.Types(m.Str(), p.names)
				} else {
					p.sub.anyType = true
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

// selectorIDs reads an id or an array of ids (CIM 009, 5.2.33).
func selectorIDs(v jsontree.Node) ([]entity.ID, error) {
	if v.Kind() == jsontree.String {
		id, err := entity.ParseID(v.Str())
		return []entity.ID{id}, err
	}
	var out []entity.ID
	for _, item := range v.Items() {
		if item.Kind() != jsontree.String {
			return nil, bad("an id must be a string")
		}
		id, err := entity.ParseID(item.Str())
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	if out == nil {
		return nil, bad("there must be an id in the array")
	}
	return out, nil
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
	p.names.member = "expandValues"
	for _, name := range c.expandValues {
		iri, err := p.names.ExpandTerm(strings.TrimSpace(name))
		if err != nil {
			return bad("expandValues: %s", problem.DetailOf(err))
		}
		expanded = append(expanded, entity.Name(iri))
	}
	p.names.member = "q"
	if c.q != "" {
		if tree.Filter, err = filter(c.q, q.Options{Names: p.names, ExpandValues: expanded}); err != nil {
			return err
		}
	}
	if c.lang != "" {
		if _, err = represent.ParseLanguages(c.lang); err != nil {
			return err
		}
	}
	if c.scopeQ != "" {
		if tree.Scope, err = q.Scopes(c.scopeQ); err != nil {
			return err
		}
	}
	p.names.member = "geoQ"
	if c.georel != "" {
		if tree.Geo, err = q.Geo(c.georel, c.geometry, string(c.coordinates), c.geoAtt, p.names); err != nil {
			return err
		}
		if near, ok := tree.Geo.Predicate.Covering(geo.MaxCells); ok {
			p.sub.near = &near
		}
	}
	return nil
}

// filter reads q. In a document it stands as it is, not encoded as in a URI
// (CIM 009, 4.9); clients that take it over from their addresses send it
// encoded all the same, and mean what is behind it: it is read both ways.
func filter(text string, o q.Options) (query.Expr, error) {
	x, err := q.Parse(text, o)
	if !strings.Contains(text, "%") {
		return x, err
	}
	decoded, bad := url.PathUnescape(text)
	if bad != nil || decoded == text {
		return x, err
	}
	y, bad := q.Parse(decoded, o)
	switch {
	case bad != nil:
		return x, err
	case err != nil:
		return y, nil
	}
	return query.Or{x, y}, nil
}
