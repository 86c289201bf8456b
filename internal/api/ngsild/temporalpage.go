package ngsild

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/store"
)

// Bounds of one temporal answer, so that no request can take all memory.
const (
	// firstRead is how many instances of each attribute are read at first to
	// make aggregates; attributes with more are read one by one.
	firstRead = 20_000
	// maxRead bounds the instances of one attribute for that: over a month of
	// one every ten seconds.
	maxRead = 500_000
	// maxScoped bounds the instances of one attribute that a scope query looks
	// through.
	maxScoped = 100_000
	// maxRows bounds the results in an aggregated answer.
	maxRows = 500_000
)

// histories gathers the history of the entities of one answer. It never holds
// many more instances than a page has: what lies beyond the page is dropped
// while more entities are read.
type histories struct {
	c      *call
	s      *shape
	t      *times
	format string
	heads  []*entity.Entity
	runs   [][]represent.Run
	aggs   [][]represent.Aggregated
	held   int  // instances in runs
	rows   int  // results in aggs
	more   bool // instances of the time asked for were not read, or dropped
	last   entity.Number
}

func newHistories(c *call, s *shape, format string, t *times) *histories {
	return &histories{c: c, s: s, t: t, format: format}
}

// reset forgets what was gathered.
func (h *histories) reset() {
	h.heads, h.runs, h.aggs, h.held, h.rows, h.last, h.more = nil, nil, nil, 0, 0, 0, false
}

// add takes the history of one more entity.
//
// Errors: problem.TooManyResults; problem.InvalidRequest for what cannot be
// aggregated.
func (h *histories) add(ev broker.Evolution) error {
	runs := h.s.runs(h.t, ev.Series)
	h.heads = append(h.heads, ev.Head)
	if err := h.kinds(ev.Head.ID, runs); err != nil {
		return err
	}
	if h.format != "aggregatedValues" {
		h.runs = append(h.runs, runs)
		for k := range runs {
			h.held += len(runs[k].Points)
		}
		for k := range ev.Series {
			h.more = h.more || h.unread(&ev.Series[k])
		}
		if h.held > 4*h.c.o.TemporalPage {
			h.prune()
		}
		return nil
	}
	agg, err := h.aggregate(ev, runs)
	if err != nil {
		return err
	}
	for k := range agg {
		for _, r := range agg[k].Results {
			h.rows += len(r.Rows)
		}
	}
	if h.rows > maxRows {
		return problem.New(problem.TooManyResults, "the answer has over %d aggregates: take a longer aggrPeriodDuration, a shorter time or a smaller limit", maxRows)
	}
	h.aggs = append(h.aggs, agg)
	return nil
}

// aggregate makes the aggregates of one entity. Attributes that were not read
// to their end are read whole, one at a time.
func (h *histories) aggregate(ev broker.Evolution, runs []represent.Run) ([]represent.Aggregated, error) {
	strict := h.t.strict && h.s.wanted != nil
	from := h.t.begin(runs)
	var out []represent.Aggregated
	for k := range runs {
		r := &runs[k]
		i := slices.IndexFunc(ev.Series, func(s store.Series) bool { return s.Name == r.Name && s.Dataset == r.Dataset })
		if i >= 0 && ev.Series[i].More {
			whole, err := h.whole(ev.Head.ID, r)
			if err != nil {
				return nil, err
			}
			r = whole
		}
		a, ok, err := h.t.aggregate(r, from, strict)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, a)
		}
	}
	return out, nil
}

// whole reads all of a run.
func (h *histories) whole(id entity.ID, r *represent.Run) (*represent.Run, error) {
	win := h.t.window()
	win.Names, win.Last, win.Limit = []entity.Name{r.Name}, h.t.lastN, maxRead
	ev, err := h.c.o.Broker.History(h.c.ctx(), h.c.broker, id, win)
	if err != nil {
		return nil, err
	}
	for _, s := range ev.Series {
		switch {
		case s.Name != r.Name || s.Dataset != r.Dataset:
		case s.More:
			return nil, problem.New(problem.TooManyResults, "%s has over %d instances of %s in that time, too many to aggregate at once: narrow the time", id, maxRead, r.Name)
		default:
			for _, whole := range h.s.runs(h.t, []store.Series{s}) {
				return &whole, nil
			}
		}
	}
	return r, nil
}

// kinds finds out what attributes were whose first instance shown says that
// they were deleted: a deletion has the form of what it deletes (CIM 009,
// 4.5.7, 4.5.8).
func (h *histories) kinds(id entity.ID, runs []represent.Run) error {
	for k := range runs {
		r := &runs[k]
		if r.Points[0].Kind != entity.Null || r.Name == entity.ScopeName {
			continue
		}
		win := store.Window{Clock: store.ModifiedAt, To: r.Points[0].ModifiedAt + 1, Names: []entity.Name{r.Name}, Last: 8}
		ev, err := h.c.o.Broker.History(h.c.ctx(), h.c.broker, id, win)
		if problem.Is(err, problem.ResourceNotFound) {
			return nil // forgotten meanwhile
		}
		if err != nil {
			return err
		}
		for _, s := range ev.Series {
			for _, p := range s.Points {
				if s.Dataset == r.Dataset && p.Kind != entity.Null {
					r.Kind = p.Kind
				}
			}
		}
	}
	return nil
}

// unread reports whether a series that is shown may go on beyond what was
// read of it; see times.bound.
func (h *histories) unread(s *store.Series) bool {
	page := h.c.o.TemporalPage
	return s.Name != entity.ScopeName && h.s.takes(s) && (s.More && (h.t.lastN == 0 || h.t.lastN > page) || h.t.lastN > page && len(s.Points) > page)
}

// prune drops what surely lies beyond the page, but for one instant, so that
// cut can tell that there was more.
func (h *histories) prune() {
	at := h.times()
	page := h.c.o.TemporalPage
	if len(at) <= page+1 {
		return
	}
	first, last := at[0], at[page]
	if h.t.lastN > 0 {
		first, last = at[len(at)-page-1], at[len(at)-1]
	}
	h.keep(first, last)
	h.held, h.more = len(h.times()), true
}

// render writes the entities. If they have more instances than one answer
// may, the time is cut and the status is 206 (CIM 009, 6.3.10).
func (h *histories) render() ([][]byte, int) {
	out := make([][]byte, len(h.heads))
	status := http.StatusOK
	if h.format == "aggregatedValues" {
		for i := range out {
			out[i] = h.s.view.AppendAggregated(nil, h.heads[i], h.aggs[i])
		}
		return out, status
	}
	if contentRange, cut := h.cut(); cut {
		status = http.StatusPartialContent
		h.c.w.Header().Set("Content-Range", contentRange)
	}
	for i := range out {
		if h.format == "temporalValues" {
			out[i] = h.s.view.AppendTemporalValues(nil, h.heads[i], h.runs[i])
		} else {
			out[i] = h.s.view.AppendEvolution(nil, h.heads[i], h.runs[i])
		}
	}
	return out, status
}

// runs turns series into what represent shows, in the order of time, with
// lastN applied and without what the projection leaves out.
func (s *shape) runs(t *times, ss []store.Series) []represent.Run {
	out := make([]represent.Run, 0, len(ss))
	for _, x := range ss {
		if !s.takes(&x) {
			continue
		}
		pts := x.Points
		if t.open() || x.Name == entity.ScopeName {
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

// takes reports whether the projection keeps a series.
func (s *shape) takes(x *store.Series) bool {
	pick, omit := s.view.Pick, s.view.Omit
	if x.Name == entity.ScopeName {
		return (pick == nil || pick.Scope) && (omit == nil || !omit.Scope)
	}
	return (pick == nil || pick.Has(x.Name)) && (omit == nil || !omit.Has(x.Name)) && (s.view.Datasets == nil || slices.Contains(s.view.Datasets, x.Dataset))
}

// of gives the time that i is ordered by.
func (t *times) of(i *entity.Instance) entity.Instant {
	at := represent.Clock(t.clock).Of(i)
	if at == 0 {
		at = i.ModifiedAt
	}
	return at
}

// times gives the time of each instance, in order. Those of scopes do not
// count towards a page: they come along with what they hold for.
func (h *histories) times() []entity.Instant {
	at := make([]entity.Instant, 0, h.held)
	for _, runs := range h.runs {
		for k := range runs {
			if runs[k].Name == entity.ScopeName {
				continue
			}
			for p := range runs[k].Points {
				at = append(at, h.t.of(&runs[k].Points[p]))
			}
		}
	}
	slices.Sort(at)
	return at
}

// keep drops all instances outside first to last.
func (h *histories) keep(first, last entity.Instant) {
	for i, runs := range h.runs {
		for k := range runs {
			if runs[k].Name == entity.ScopeName {
				continue
			}
			in := func(p entity.Instance) bool { x := h.t.of(&p); return x >= first && x <= last }
			n := 0
			for _, p := range runs[k].Points {
				if in(p) {
					n++
				}
			}
			kept := make([]entity.Instance, 0, n)
			for _, p := range runs[k].Points {
				if in(p) {
					kept = append(kept, p)
				}
			}
			runs[k].Points = kept
		}
		h.runs[i] = slices.DeleteFunc(runs, func(r represent.Run) bool { return len(r.Points) == 0 })
	}
}

// cut shortens all runs to about a page of instances, at one instant for all
// of them, from the oldest on, or with lastN from the newest back. It gives
// the Content-Range, and false if nothing had to be cut.
func (h *histories) cut() (string, bool) {
	t, page := h.t, h.c.o.TemporalPage
	at := h.times()
	if len(at) <= page {
		return "", false
	}
	first, last := at[0], at[page-1]
	if t.lastN > 0 {
		first, last = at[len(at)-page], at[len(at)-1]
	}
	if !h.more && first == at[0] && last == at[len(at)-1] {
		return "", false // all that there is lies at the one instant where it would be cut
	}
	h.keep(first, last)
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
