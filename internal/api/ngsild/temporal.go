package ngsild

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/represent"
)

// temporalFormats are the forms of history, the default one first.
func temporalFormats() []string {
	return []string{"normalized", "temporalValues", "aggregatedValues"}
}

// temporalShape reads what the temporal reads share.
func (c *call) temporalShape(media string, rc *requestContext, w wishes, t *times) (*shape, error) {
	format := w.format
	if w.geometry != "" {
		return nil, problem.New(problem.InvalidRequest, "geometryProperty has no meaning for history")
	}
	w.format = "normalized"
	scope := t.query && slices.Contains(w.attrs, "scope")
	if scope {
		// 6.18.3.2 does not bar scope from attrs as 6.19.3.1 does, and C.5.16
		// asks for it there.
		w.attrs = slices.DeleteFunc(slices.Clone(w.attrs), func(a string) bool { return a == "scope" })
	}
	s, err := c.shape(media, rc, w)
	if err != nil {
		return nil, err
	}
	if w.attrs != nil {
		s.view.Pick.Scope = scope
	}
	if scope {
		s.attrs = append(s.attrs, entity.ScopeName)
	}
	if s.wanted != nil && s.view.Pick.Scope {
		s.wanted = append(slices.Clone(s.wanted), entity.ScopeName)
	}
	s.view.Clock = represent.Clock(t.clock)
	switch {
	case format == "aggregatedValues" && len(t.methods) == 0:
		return nil, problem.New(problem.BadRequestData, "aggregatedValues needs aggrMethods, such as avg,max")
	case format != "aggregatedValues" && (t.methods != nil || t.periodGiven):
		return nil, problem.New(problem.InvalidRequest, "aggrMethods and aggrPeriodDuration go with format=aggregatedValues only")
	}
	if format == "aggregatedValues" {
		_, err = t.aggregates()
	}
	return s, err
}

// retrieveHistory answers GET /temporal/entities/{entityId} (CIM 009, 5.7.3,
// 6.19.3.1).
func (c *call) retrieveHistory() error {
	media, err := c.negotiate(false)
	if err != nil {
		return err
	}
	id, rc, err := c.target()
	if err != nil {
		return err
	}
	w, err := c.params.wishes(temporalFormats())
	if err != nil {
		return err
	}
	t, err := c.params.times()
	if err != nil {
		return err
	}
	s, err := c.temporalShape(media, rc, w, &t)
	if err != nil {
		return err
	}
	win := t.window()
	win.Names = s.wanted
	t.bound(&win, c.o.TemporalPage, false)
	ev, err := c.o.Broker.History(c.ctx(), c.broker, id, win)
	if err != nil {
		return err
	}
	if len(ev.Series) == 0 {
		if err := c.noneInTime(id, s, &t); err != nil {
			return err
		}
	}
	var mp mapping
	if err := c.params.mapping(&mp); err != nil {
		return err
	}
	if err := c.oneEntity(&mp, ev.Head.Number, id); err != nil {
		return err
	}
	h := newHistories(c, s, w.format, &t)
	if err := h.add(ev); err != nil {
		return err
	}
	bodies, status := h.render()
	return c.writeStatus(s, status, bodies[0])
}

// noneInTime refuses an entity without any instance of the attributes that the
// request is about in its time (CIM 009, 5.7.3.4). What pick and omit leave
// out counts: they only shape.
func (c *call) noneInTime(id entity.ID, s *shape, t *times) error {
	if s.attrs == nil && t.rel == "" && !t.clockSaid {
		return nil
	}
	win := t.window()
	win.Names, win.Limit = s.attrs, 1
	ev, err := c.o.Broker.History(c.ctx(), c.broker, id, win)
	if err == nil && len(ev.Series) == 0 {
		err = problem.New(problem.ResourceNotFound, "the history of %s has no instance of what is asked for in that time", id)
	}
	return err
}

func (c *call) writeStatus(s *shape, status int, body []byte) error {
	if status == http.StatusOK {
		status = c.mapStatus(s.status())
	}
	if !s.view.InlineContext {
		if err := c.setLink(s.rc); err != nil {
			return err
		}
	}
	return httpx.WriteBody(c.w, status, s.media, body)
}

// queryHistory answers GET /temporal/entities (CIM 009, 5.7.4, 6.18.3.2).
func (c *call) queryHistory() error {
	media, err := c.negotiate(false)
	if err != nil {
		return err
	}
	rc, err := c.linkContext()
	if err != nil {
		return err
	}
	w, err := c.params.wishes(temporalFormats())
	if err != nil {
		return err
	}
	t, err := c.params.times()
	if err != nil {
		return err
	}
	x, err := c.params.conditions()
	if err != nil {
		return err
	}
	return c.historyQuery(media, rc, w, x, &t)
}

// queryHistoryByPost answers POST /temporal/entityOperations/query (CIM 009,
// 5.7.4, 6.24.3.1).
func (c *call) queryHistoryByPost() error {
	media, err := c.negotiate(false)
	if err != nil {
		return err
	}
	n, rc, err := c.bodyContext()
	if err != nil {
		return err
	}
	var t times
	c.posted = n
	w, x, err := c.readQuery(n, temporalFormats(), t.member)
	if err != nil {
		return err
	}
	t.query = true
	return c.historyQuery(media, rc, w, x, &t)
}

// member reads temporalQ (CIM 009, 5.2.21) and aggrParams (5.2.44).
func (t *times) member(name string, v jsontree.Node) error {
	if v.Kind() != jsontree.Object {
		return problem.New(problem.BadRequestData, "%s is an object", name)
	}
	for n, m := range v.Members() {
		known, err := t.aggregateMember(n, m)
		if err == nil && !known {
			switch {
			case name == "aggrParams":
				err = problem.New(problem.BadRequestData, "aggrParams has no member %.40q (CIM 009, 5.2.44)", n)
			case n == "lastN":
				var f int
				if f, err = strconv.Atoi(m.Literal()); err != nil || f < 1 || f > math.MaxInt32 {
					return problem.New(problem.BadRequestData, "temporalQ.lastN is a whole number from 1 on")
				}
				t.lastN = f
			case n == "timerel", n == "timeAt", n == "endTimeAt", n == "timeproperty":
				if m.Kind() != jsontree.String {
					err = problem.New(problem.BadRequestData, "temporalQ.%s is a text", n)
				}
			default:
				err = problem.New(problem.BadRequestData, "temporalQ has no member %.40q (CIM 009, 5.2.21)", n)
			}
		}
		if err != nil {
			return err
		}
	}
	if name == "aggrParams" {
		return nil
	}
	return t.read(func(name string) (string, bool) {
		m, ok := v.Get(name)
		return m.Str(), ok
	})
}

// aggregateMember reads the members that temporalQ and aggrParams share; false
// if it is none of them.
func (t *times) aggregateMember(name string, m jsontree.Node) (known bool, err error) {
	switch name {
	case "aggrMethods":
		if m.Kind() == jsontree.String {
			t.methods, err = splitList(name, m.Str())
		} else {
			t.methods, err = textsOf(name, m)
		}
	case "aggrPeriodDuration":
		t.period, err = textOf(name, m)
		t.periodGiven = true
	default:
		return false, nil
	}
	return true, err
}

// historyQuery does what both temporal queries share.
func (c *call) historyQuery(media string, rc *requestContext, w wishes, x conditions, t *times) error {
	if t.rel == "" {
		return problem.New(problem.BadRequestData, "a query of history needs timerel and timeAt (CIM 009, 5.7.4.4)")
	}
	t.query = true
	s, err := c.temporalShape(media, rc, w, t)
	if err != nil {
		return err
	}
	x.datasets = s.view.Datasets
	c.local(&x)
	qq, err := x.build(rc, s.attrs)
	if err != nil {
		return err
	}
	order, err := x.order.build(rc, x.isLocal())
	if err != nil {
		return err
	}
	if order != nil && slices.ContainsFunc(order.Terms, func(o query.OrderTerm) bool { return o.Head != "id" || o.Dist }) {
		return problem.New(problem.BadRequestData, "history is ordered by id alone (CIM 009, 5.7.4.4)")
	}
	c.rc = s.rc
	pg, err := c.page()
	if err != nil {
		return err
	}
	if order != nil {
		pg.after = nil
	}
	err = c.useMap(&x.mapping, func() string { return c.queryDigest(rc, &x, s.attrs, t) }, func(add addEntity) error { return c.selectHistoryInto(rc, &x, qq, t, add) })
	if err != nil {
		return err
	}
	t.strict = true
	win := t.window()
	win.Names = s.attrs // pick and omit only shape: they do not select
	t.bound(&win, c.o.TemporalPage, qq.Scope != nil)
	h := newHistories(c, s, w.format, t)
	f, err := fetch(&pg, func(p broker.Page) (found[struct{}], error) {
		p.Order = order
		h.reset()
		f, err := c.o.Broker.HistoryQuery(c.ctx(), c.broker, broker.HistoryAsk{Query: qq, Window: win, Page: p, Each: h.add})
		h.last = f.Last
		return found[struct{}]{make([]struct{}, f.N), f.Count, f.More}, err
	})
	if err != nil {
		return err
	}
	var last []byte
	if h.last != 0 && order == nil {
		last = place(h.last)
	}
	bodies, status := h.render()
	c.mapDone()
	c.pageHeaders(pg, s.media, len(f.items), f.count, f.more, last)
	body := []byte{'['}
	for i, b := range bodies {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, b...)
	}
	return c.writeStatus(s, status, append(body, ']'))
}

// createHistory answers POST /temporal/entities (CIM 009, 5.6.11, 6.18.3.1).
func (c *call) createHistory() error {
	n, rc, err := c.bodyContext()
	if err != nil {
		return err
	}
	f, err := represent.In{Context: rc.Context, Temporal: true}.Entity(n)
	if err != nil {
		return err
	}
	outs, err := c.o.Broker.AddHistory(c.ctx(), c.broker, []entity.Fragment{f}, false)
	if err == nil {
		err = outs[0].Err
	}
	if err != nil {
		return err
	}
	if outs[0].Created {
		return httpx.Created(c.w, Base+"/temporal/entities/"+url.PathEscape(string(f.ID)))
	}
	return httpx.NoContent(c.w)
}

// appendHistory answers POST /temporal/entities/{entityId}/attrs (CIM 009,
// 5.6.12, 6.20.3.1).
func (c *call) appendHistory() error {
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	f, err := fragment(represent.In{Context: rc.Context, Temporal: true}, id, n)
	if err != nil {
		return err
	}
	if err := notEmpty(&f); err != nil {
		return err
	}
	outs, err := c.o.Broker.AddHistory(c.ctx(), c.broker, []entity.Fragment{f}, true)
	if err == nil {
		err = outs[0].Err
	}
	if err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}
