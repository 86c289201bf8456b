package ngsild

import (
	"cmp"
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
	"github.com/beffroi/beffroi/internal/store"
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
	s, err := c.shape(media, rc, w)
	if err != nil {
		return nil, err
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
	t.bound(&win, c.o.TemporalPage)
	ev, err := c.o.Broker.History(c.ctx(), c.broker, id, win)
	if err != nil {
		return err
	}
	if s.attrs != nil && len(ev.Series) == 0 {
		return problem.New(problem.ResourceNotFound, "the entity %s has none of the attributes asked for in that time", id)
	}
	body, status, err := c.histories(s, w.format, &t, []broker.Evolution{ev})
	if err != nil {
		return err
	}
	return c.writeStatus(s, status, body[0])
}

func (c *call) writeStatus(s *shape, status int, body []byte) error {
	if status == http.StatusOK {
		status = s.status()
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
	return c.historyQuery(media, rc, w, x, &t)
}

// member reads temporalQ (CIM 009, 5.2.21) and aggrParams (5.2.44).
func (t *times) member(name string, v jsontree.Node) error {
	if v.Kind() != jsontree.Object {
		return problem.New(problem.BadRequestData, "%s is an object", name)
	}
	if name == "aggrParams" {
		for n, m := range v.Members() {
			var err error
			switch n {
			case "aggrMethods":
				if m.Kind() == jsontree.String {
					t.methods, err = splitList(n, m.Str())
				} else {
					t.methods, err = textsOf(n, m)
				}
			case "aggrPeriodDuration":
				t.period, err = textOf(n, m)
				t.periodGiven = true
			default:
				err = problem.New(problem.BadRequestData, "aggrParams has no member %.40q", n)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for n, m := range v.Members() {
		switch n {
		case "lastN":
			f, err := strconv.Atoi(m.Literal())
			if err != nil || f < 1 {
				return problem.New(problem.BadRequestData, "temporalQ.lastN is a whole number from 1 on")
			}
			t.lastN = f
		case "timerel", "timeAt", "endTimeAt", "timeproperty":
			if m.Kind() != jsontree.String {
				return problem.New(problem.BadRequestData, "temporalQ.%s is a text", n)
			}
		default:
			return problem.New(problem.BadRequestData, "temporalQ has no member %.40q (CIM 009, 5.2.21)", n)
		}
	}
	return t.read(func(name string) (string, bool) {
		m, ok := v.Get(name)
		return m.Str(), ok
	})
}

// historyQuery does what both temporal queries share.
func (c *call) historyQuery(media string, rc *requestContext, w wishes, x conditions, t *times) error {
	if t.rel == "" {
		return problem.New(problem.BadRequestData, "a query of history needs timerel and timeAt (CIM 009, 5.7.4.4)")
	}
	s, err := c.temporalShape(media, rc, w, t)
	if err != nil {
		return err
	}
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
	t.strict = true
	win := t.window()
	if qq.Filter == nil && qq.Geo == nil {
		// Conditions are checked against all instances of the interval; without
		// any, no more needs to be read than is shown.
		win.Names = s.attrs
		t.bound(&win, c.o.TemporalPage)
	}
	f, err := fetch(&pg, func(p broker.Page) (found[broker.Evolution], error) {
		p.Order = order
		f, err := c.o.Broker.HistoryQuery(c.ctx(), c.broker, qq, win, p)
		return found[broker.Evolution]{f.Evolutions, f.Count, f.More}, err
	})
	if err != nil {
		return err
	}
	var last []byte
	if n := len(f.items); n > 0 && order == nil {
		last = place(f.items[n-1].Head.Number)
	}
	bodies, status, err := c.histories(s, w.format, t, f.items)
	if err != nil {
		return err
	}
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

// histories renders each of evs. If they hold more instances than one answer
// may, the time is cut and the status is 206 (CIM 009, 6.3.10).
func (c *call) histories(s *shape, format string, t *times, evs []broker.Evolution) ([][]byte, int, error) {
	all := make([][]represent.Run, len(evs))
	for i := range evs {
		all[i] = s.runs(t, evs[i].Series)
	}
	status := http.StatusOK
	if format == "aggregatedValues" {
		out := make([][]byte, len(evs))
		for i := range evs {
			agg, err := t.aggregate(all[i], t.strict && s.wanted != nil)
			if err != nil {
				return nil, 0, err
			}
			out[i] = s.view.AppendAggregated(nil, evs[i].Head, agg)
		}
		return out, status, nil
	}
	if contentRange, cut := t.cut(all, c.o.TemporalPage); cut {
		status = http.StatusPartialContent
		c.w.Header().Set("Content-Range", contentRange)
	}
	out := make([][]byte, len(evs))
	for i := range evs {
		if format == "temporalValues" {
			out[i] = s.view.AppendTemporalValues(nil, evs[i].Head, all[i])
		} else {
			out[i] = s.view.AppendEvolution(nil, evs[i].Head, all[i])
		}
	}
	return out, status, nil
}

// runs turns series into what represent shows, in the order of time, with
// lastN applied and without what the projection leaves out.
func (s *shape) runs(t *times, ss []store.Series) []represent.Run {
	out := make([]represent.Run, 0, len(ss))
	for _, x := range ss {
		if s.view.Pick != nil && !s.view.Pick.Has(x.Name) || s.view.Omit != nil && s.view.Omit.Has(x.Name) ||
			s.view.Datasets != nil && !slices.Contains(s.view.Datasets, x.Dataset) {
			continue
		}
		pts := x.Points
		if t.open() {
			pts = slices.Clone(pts)
			slices.SortStableFunc(pts, func(a, b entity.Instance) int { return cmp.Compare(t.of(&a), t.of(&b)) })
		}
		if t.lastN > 0 && len(pts) > t.lastN {
			pts = pts[len(pts)-t.lastN:]
		}
		if len(pts) > 0 {
			out = append(out, represent.Run{Name: x.Name, Dataset: x.Dataset, Points: pts})
		}
	}
	return out
}

// of gives the time that i is ordered by.
func (t *times) of(i *entity.Instance) entity.Instant {
	at := represent.Clock(t.clock).Of(i)
	if at == 0 {
		at = i.ModifiedAt
	}
	return at
}

// cut shortens all to about page instances at one instant for all of them,
// from the oldest on, or with lastN from the newest back. It gives the
// Content-Range, and false if nothing had to be cut.
func (t *times) cut(all [][]represent.Run, page int) (string, bool) {
	var at []entity.Instant
	for _, runs := range all {
		for k := range runs {
			for p := range runs[k].Points {
				at = append(at, t.of(&runs[k].Points[p]))
			}
		}
	}
	if len(at) <= page {
		return "", false
	}
	slices.Sort(at)
	first, last := at[0], at[page-1]
	if t.lastN > 0 {
		first, last = at[len(at)-page], at[len(at)-1]
	}
	for _, runs := range all {
		for k := range runs {
			runs[k].Points = slices.DeleteFunc(slices.Clone(runs[k].Points), func(i entity.Instance) bool {
				x := t.of(&i)
				return x < first || x > last
			})
		}
	}
	for i := range all {
		all[i] = slices.DeleteFunc(all[i], func(r represent.Run) bool { return len(r.Points) == 0 })
	}
	start, end, size := first, last, "*"
	if t.lastN > 0 {
		start, end, size = last, first, strconv.Itoa(t.lastN)
		switch t.rel {
		case "before":
			start = t.at
		case "between":
			start = t.end
		}
	} else if t.rel == "after" || t.rel == "between" {
		start = t.at
	}
	return "DateTime " + start.String() + "-" + end.String() + "/" + size, true
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
