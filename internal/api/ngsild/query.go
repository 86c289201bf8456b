package ngsild

import (
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
)

// conditions are what selects entities, from parameters or a posted query.
type conditions struct {
	selectors                      []selector
	q, scopeQ, csf                 string
	expandValues                   []string
	georel, geometry, coords, prop string
	local                          *bool // nil if it was not said
	join                           joining
	order                          ordering
	mapping
	// datasets are those of the parameter datasetId, which q then looks at
	// alone (CIM 009, 4.9); nil is all.
	datasets []string
}

// selector is one entry of entities (CIM 009, 5.2.33).
type selector struct {
	ids     []string
	pattern string
	types   string
}

// conditions reads the parameters that select.
func (p params) conditions() (x conditions, err error) {
	var s selector
	if s.ids, err = p.list("id"); err != nil {
		return x, err
	}
	for name, to := range map[string]*string{"idPattern": &s.pattern, "type": &s.types, "q": &x.q, "scopeQ": &x.scopeQ, "csf": &x.csf,
		"georel": &x.georel, "geometry": &x.geometry, "coordinates": &x.coords, "geoproperty": &x.prop} {
		if *to = p.get(name); *to == "" && p.has(name) {
			return x, problem.New(problem.BadRequestData, "the parameter %s is empty", name)
		}
	}
	if s.ids != nil || s.pattern != "" || s.types != "" {
		x.selectors = []selector{s}
	}
	if x.expandValues, err = p.list("expandValues"); err != nil {
		return x, err
	}
	if _, err = p.list("jsonKeys"); err != nil { // JSON is never expanded here
		return x, err
	}
	if err = p.mapping(&x.mapping); err != nil {
		return x, err
	}
	if p.has("local") {
		v, err := p.flag("local")
		if err != nil {
			return x, err
		}
		x.local = &v
	}
	return x, p.ordering(&x.order)
}

// isLocal reports whether this broker alone is asked (CIM 009, 5.5.13).
func (x *conditions) isLocal() bool {
	return x.local != nil && *x.local || slices.ContainsFunc(x.selectors, func(s selector) bool { return s.types == "*" })
}

// build makes the query tree. wide is set if the query is as wide as only a
// local one may be (CIM 009, 5.7.2.4).
//
// Errors: problem.BadRequestData, problem.TooComplexQuery.
func (x *conditions) build(rc *requestContext, attrs []entity.Name) (*query.Query, error) {
	qq := &query.Query{Attrs: attrs}
	star, err := x.selectInto(qq, rc)
	if err != nil {
		return nil, err
	}
	if star && x.local != nil && !*x.local {
		return nil, problem.New(problem.BadRequestData, "type=* is about this broker alone and does not go with local=false")
	}
	if err := x.filterInto(qq, rc); err != nil {
		return nil, err
	}
	if x.georel != "" || x.geometry != "" || x.coords != "" {
		if qq.Geo, err = q.Geo(x.georel, x.geometry, x.coords, x.prop, rc); err != nil {
			return nil, err
		}
	}
	if x.scopeQ != "" {
		if qq.Scope, err = q.Scopes(x.scopeQ); err != nil {
			return nil, err
		}
	}
	local := star || x.local != nil && *x.local
	if !local && qq.Geo == nil && !typed(x.selectors) && !slices.ContainsFunc(attrs, notSystem) && !slices.ContainsFunc(namesOf(qq.Filter, x.q), notSystem) {
		return nil, problem.New(problem.BadRequestData, "the query is too wide: it needs at least one of type, attrs, q or georel (with an attribute that is not a system one), or local=true")
	}
	return qq, nil
}

func notSystem(n entity.Name) bool { return !query.IsSystem(n) }

func typed(ss []selector) bool {
	return slices.ContainsFunc(ss, func(s selector) bool { return s.types != "" && s.types != "*" })
}

// namesOf gives the attributes that q is about; none if there is no q.
func namesOf(x query.Expr, text string) []entity.Name {
	if text == "" {
		return nil
	}
	return (&query.Query{Filter: x}).Needs()
}

// selectInto sets ids, pattern and types; star is set if a type is "*".
func (x *conditions) selectInto(qq *query.Query, rc *requestContext) (star bool, err error) {
	var all query.Or
	var types []*query.TypeExpr
	for _, s := range x.selectors {
		var one query.Selector
		for _, id := range s.ids {
			eid, err := entity.ParseID(id)
			if err != nil {
				return false, err
			}
			one.IDs = append(one.IDs, eid)
		}
		if s.pattern != "" {
			if one.IDPattern, err = query.NewPattern(s.pattern); err != nil {
				return false, err
			}
		}
		if s.types != "" {
			if one.Types, err = q.Types(s.types, rc); err != nil {
				return false, err
			}
			star = star || s.types == "*"
		}
		types = append(types, one.Types)
		all = append(all, one)
	}
	switch len(all) {
	case 0:
	case 1:
		one := all[0].(query.Selector)
		qq.IDs, qq.IDPattern, qq.Types = one.IDs, one.IDPattern, one.Types
	default:
		qq.Filter = all
		qq.Types = anyOf(types)
	}
	return star, nil
}

// anyOf joins type expressions; nil, which is every type, wins.
func anyOf(ts []*query.TypeExpr) *query.TypeExpr {
	out := &query.TypeExpr{}
	for _, t := range ts {
		if t == nil {
			return nil
		}
		out.Any = append(out.Any, t.Any...)
	}
	return out
}

// filterInto reads q and csf. With no other sources registered, csf has
// nothing to filter; it is checked all the same.
func (x *conditions) filterInto(qq *query.Query, rc *requestContext) error {
	o := q.Options{Names: rc}
	expand, err := rc.names(x.expandValues)
	if err != nil {
		return err
	}
	for _, n := range expand {
		o.ExpandValues = append(o.ExpandValues, entity.Name(n))
	}
	if x.csf != "" {
		if _, err := q.Parse(x.csf, o); err != nil {
			return problem.Wrap(problem.KindOf(err), err, "csf: %s", strings.TrimPrefix(problem.DetailOf(err), "q: "))
		}
	}
	if x.q == "" {
		return nil
	}
	f, err := q.Parse(x.q, o)
	if err != nil {
		return err
	}
	if depth := (&query.Query{Filter: f}).LinkDepth(); depth > 0 {
		if err := x.join.reaches("q", depth); err != nil {
			return err
		}
	}
	if x.datasets != nil {
		f = query.Within{X: f, Datasets: x.datasets}
	}
	if qq.Filter != nil {
		f = query.And{qq.Filter, f}
	}
	qq.Filter = f
	return nil
}

// queryEntities answers GET /entities (CIM 009, 5.7.2, 6.4.3.2).
func (c *call) queryEntities() error {
	media, err := c.negotiate(true)
	if err != nil {
		return err
	}
	rc, err := c.linkContext()
	if err != nil {
		return err
	}
	w, err := c.params.wishes(entityFormats())
	if err != nil {
		return err
	}
	x, err := c.params.conditions()
	if err != nil {
		return err
	}
	return c.query(media, rc, w, x)
}

// query does what GET /entities and POST /entityOperations/query share.
func (c *call) query(media string, rc *requestContext, w wishes, x conditions) error {
	s, err := c.shape(media, rc, w)
	if err != nil {
		return err
	}
	x.join, x.datasets = s.join, s.view.Datasets
	c.local(&x)
	qq, err := x.build(rc, s.attrs)
	if err != nil {
		return err
	}
	qq.Wanted = s.wanted
	order, err := x.order.build(rc, x.isLocal())
	if err != nil {
		return err
	}
	c.rc = rc
	pg, err := c.page()
	if err != nil {
		return err
	}
	err = c.useMap(&x.mapping, func() string { return c.queryDigest(rc, &x, s.attrs, nil) }, func(add addEntity) error { return c.selectInto(rc, &x, qq, add) })
	if err != nil {
		return err
	}
	var last []byte
	f, err := fetch(&pg, func(p broker.Page) (entityPage, error) {
		if order != nil {
			order.Datasets = s.view.Datasets
			p.Order, p.After = order, 0
			if p.Offset == pg.offset {
				p.Mark = pg.after
			}
		}
		f, err := c.o.Broker.Query(c.ctx(), c.broker, qq, p)
		if last = f.Mark; order == nil && f.More && len(f.Entities) > 0 {
			last = place(f.Entities[len(f.Entities)-1].Number)
		}
		return entityPage{f.Entities, f.Count, f.More}, err
	})
	if err != nil {
		return err
	}
	c.mapDone()
	c.pageHeaders(pg, s.media, len(f.items), f.count, f.more, last)
	return c.writeAll(s, c.buffer(), f.items)
}

type entityPage = found[*entity.Entity]

// queryByPost answers POST /entityOperations/query (CIM 009, 5.7.2, 6.23.3.1).
func (c *call) queryByPost() error {
	media, err := c.negotiate(true)
	if err != nil {
		return err
	}
	n, rc, err := c.bodyContext()
	if err != nil {
		return err
	}
	c.posted = n
	w, x, err := c.readQuery(n, entityFormats(), nil)
	if err != nil {
		return err
	}
	return c.query(media, rc, w, x)
}

// readQuery reads a Query (CIM 009, 5.2.23). temporal takes the members that
// only a temporal query has; nil refuses them.
func (c *call) readQuery(n jsontree.Node, formats []string, temporal func(name string, v jsontree.Node) error) (w wishes, x conditions, err error) {
	if n.Kind() != jsontree.Object {
		return w, x, problem.New(problem.BadRequestData, "a query is a JSON object")
	}
	if n, err = plainNames(n); err != nil {
		return w, x, err
	}
	if t, _ := n.Get("type"); t.Str() != "Query" {
		return w, x, problem.New(problem.BadRequestData, "a posted query has \"type\": \"Query\"")
	}
	if w, err = c.params.wishes(formats); err != nil {
		return w, x, err
	}
	if c.params.has("local") {
		v, err := c.params.flag("local")
		if err != nil {
			return w, x, err
		}
		x.local = &v
	}
	for name, v := range n.Members() {
		switch name {
		case "type", "@context":
		case "temporalQ", "aggrParams":
			if temporal == nil {
				return w, x, problem.New(problem.BadRequestData, "%s goes with queries of the temporal evolution only", name)
			}
			err = temporal(name, v)
		default:
			err = x.member(&w, name, v)
		}
		if err != nil {
			return w, x, err
		}
	}
	if temporal != nil && w.join.asked() {
		return w, x, problem.New(problem.BadRequestData, "join does not go with queries of the temporal evolution")
	}
	return w, x, w.join.check()
}

// member reads one member of a posted query.
func (x *conditions) member(w *wishes, name string, v jsontree.Node) (err error) {
	switch name {
	case "entities":
		return x.entities(v)
	case "q":
		x.q, err = textOf(name, v)
	case "scopeQ":
		x.scopeQ, err = textOf(name, v)
	case "csf":
		x.csf, err = textOf(name, v)
	case "lang":
		w.lang, err = textOf(name, v)
	case "geoQ":
		return x.geoQ(v)
	case "attrs":
		w.attrs, err = textsOf(name, v)
	case "pick":
		w.pick, err = textsOf(name, v)
	case "omit":
		w.omit, err = textsOf(name, v)
	case "datasetId":
		w.datasets, err = textsOf(name, v)
	case "expandValues", "jsonKeys":
		var list []string
		if v.Kind() == jsontree.String {
			list, err = splitList(name, v.Str())
		} else {
			list, err = textsOf(name, v)
		}
		if name == "expandValues" {
			x.expandValues = list
		}
	case "splitEntities":
		if v.Kind() != jsontree.Bool {
			err = problem.New(problem.BadRequestData, "splitEntities is true or false")
		}
		x.split = v.Bool()
	case "join", "joinLevel", "containedBy":
		err = w.join.member(name, v)
	case "entityMap":
		if v.Kind() != jsontree.Bool {
			err = problem.New(problem.BadRequestData, "entityMap is true or false")
		}
		x.asked = v.Bool()
	case "ordering":
		err = x.order.member(v)
	case "entityMapLifetime":
		x.lifetime, err = textOf(name, v)
	default:
		err = problem.New(problem.BadRequestData, "a query has no member %.40q (CIM 009, 5.2.23)", name)
	}
	return err
}

func textOf(name string, v jsontree.Node) (string, error) {
	if v.Kind() != jsontree.String || v.Str() == "" {
		return "", problem.New(problem.BadRequestData, "%s is a text that is not empty", name)
	}
	return v.Str(), nil
}

func textsOf(name string, v jsontree.Node) ([]string, error) {
	if v.Kind() != jsontree.Array || v.Len() == 0 {
		return nil, problem.New(problem.BadRequestData, "%s is a list of texts that is not empty", name)
	}
	out := make([]string, 0, v.Len())
	for _, item := range v.Items() {
		s, err := textOf(name, item)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (x *conditions) entities(v jsontree.Node) error {
	if v.Kind() != jsontree.Array || v.Len() == 0 {
		return problem.New(problem.BadRequestData, "entities is a list that is not empty")
	}
	if v.Len() > 1000 {
		return problem.New(problem.TooComplexQuery, "entities has over 1,000 entries")
	}
	for i, e := range v.Items() {
		var s selector
		if e.Kind() != jsontree.Object {
			return problem.New(problem.BadRequestData, "entities[%d] is an object with type, id or idPattern", i)
		}
		for name, m := range e.Members() {
			var err error
			switch name {
			case "id", "@id":
				if m.Kind() == jsontree.Array {
					s.ids, err = textsOf(name, m)
				} else if m.Kind() == jsontree.String {
					s.ids = []string{m.Str()}
				} else {
					err = problem.New(problem.BadRequestData, "entities[%d].id is a URI or a list of URIs", i)
				}
			case "idPattern":
				s.pattern, err = textOf(name, m)
			case "type", "@type":
				s.types, err = textOf(name, m)
			default:
				err = problem.New(problem.BadRequestData, "entities[%d] has no member %.40q; there are type, id, idPattern (CIM 009, 5.2.33)", i, name)
			}
			if err != nil {
				return err
			}
		}
		if s.types == "" {
			return problem.New(problem.BadRequestData, "entities[%d] has no type, which is mandatory (CIM 009, 5.2.33); \"*\" is any", i)
		}
		x.selectors = append(x.selectors, s)
	}
	return nil
}

func (x *conditions) geoQ(v jsontree.Node) (err error) {
	if v.Kind() != jsontree.Object {
		return problem.New(problem.BadRequestData, "geoQ is an object with georel, geometry and coordinates")
	}
	for name, m := range v.Members() {
		switch name {
		case "georel":
			x.georel, err = textOf(name, m)
		case "geometry":
			x.geometry, err = textOf(name, m)
		case "geoproperty":
			x.prop, err = textOf(name, m)
		case "coordinates":
			if x.coords = m.String(); m.Kind() == jsontree.String {
				x.coords = m.Str()
			}
		default:
			err = problem.New(problem.BadRequestData, "geoQ has no member %.40q (CIM 009, 5.2.13)", name)
		}
		if err != nil {
			return err
		}
	}
	if x.georel == "" || x.geometry == "" || x.coords == "" {
		return problem.New(problem.BadRequestData, "geoQ needs georel, geometry and coordinates")
	}
	return nil
}
