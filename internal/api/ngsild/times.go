package ngsild

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// times is a temporal query (CIM 009, 4.11).
type times struct {
	rel         string // before, after, between; "" if none was sent
	at, end     entity.Instant
	clock       store.Clock
	clockSaid   bool
	lastN       int // zero is all
	methods     []string
	period      string
	periodGiven bool
	query       bool // of many entities (CIM 009, 5.7.4)
	strict      bool // an attribute asked for must be eligible for each method (CIM 009, 5.7.4.4)
}

// timesOf reads the parameters of a temporal query.
func (p params) times() (t times, err error) {
	set := func(name string) (string, bool) { return p.get(name), p.has(name) }
	if err = t.read(set); err != nil {
		return t, err
	}
	if p.has("lastN") {
		if t.lastN, err = p.number("lastN", 0, 1, 1<<31-1); err != nil {
			return t, err
		}
	}
	if t.methods, err = p.list("aggrMethods"); err != nil {
		return t, err
	}
	t.period, t.periodGiven = set("aggrPeriodDuration")
	return t, nil
}

// read takes the members that parameters and a posted temporalQ share.
func (t *times) read(get func(name string) (string, bool)) (err error) {
	instant := func(name string, to *entity.Instant) {
		s, ok := get(name)
		if !ok || err != nil {
			return
		}
		var perr error
		if *to, perr = timespan.ParseInstant(s); perr != nil {
			err = problem.New(problem.BadRequestData, "%s: %s", name, perr.Error())
		}
	}
	instant("timeAt", &t.at)
	instant("endTimeAt", &t.end)
	if err != nil {
		return err
	}
	rel, ok := get("timerel")
	switch t.rel = rel; {
	case !ok && (t.at != 0 || t.end != 0):
		return problem.New(problem.BadRequestData, "timeAt and endTimeAt need timerel: before, after or between")
	case !ok:
	case rel != "before" && rel != "after" && rel != "between":
		return problem.New(problem.BadRequestData, "timerel is before, after or between, not %.40q", rel)
	case t.at == 0:
		return problem.New(problem.BadRequestData, "timerel=%s needs timeAt", rel)
	case rel == "between" && t.end == 0:
		return problem.New(problem.BadRequestData, "timerel=between needs endTimeAt")
	case rel != "between" && t.end != 0:
		return problem.New(problem.BadRequestData, "endTimeAt goes with timerel=between only")
	}
	prop, ok := get("timeproperty")
	t.clockSaid = ok
	switch {
	case !ok, prop == "observedAt":
		t.clock = store.ObservedAt
	case prop == "createdAt":
		t.clock = store.CreatedAt
	case prop == "modifiedAt":
		t.clock = store.ModifiedAt
	case prop == "deletedAt":
		t.clock = store.DeletedAt
	default:
		return problem.New(problem.BadRequestData, "timeproperty is observedAt, createdAt, modifiedAt or deletedAt, not %.40q", prop)
	}
	return nil
}

// open reports whether nothing at all was said about time: then instances
// without the time property are shown too.
func (t *times) open() bool { return t.rel == "" && !t.clockSaid && t.lastN == 0 }

// window gives the instances to read. A window that is open goes by the time
// of storage, which every instance has.
func (t *times) window() store.Window {
	w := store.Window{Clock: t.clock}
	if t.open() {
		w.Clock = store.ModifiedAt
	}
	switch t.rel {
	case "before":
		w.To = t.at
	case "after":
		w.From = t.at
	case "between":
		w.From, w.To = t.at, t.end
	}
	return w
}

// bound limits what is read of each series to what can be shown. With scoped
// set, scopes thin it out before lastN counts, so that all of it is needed.
func (t *times) bound(w *store.Window, page int, scoped bool) {
	switch {
	case scoped:
		w.Limit = maxScoped
	case t.methods != nil && t.lastN > 0:
		w.Last, w.Limit = t.lastN, maxRead
	case t.methods != nil:
		w.Limit = firstRead
	case t.lastN > 0:
		w.Last = min(t.lastN, page+1)
	default:
		w.Limit = page + 1
	}
}
