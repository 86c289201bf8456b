package ngsild

import (
	"encoding/binary"
	"math"
	"net/url"
	"strconv"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// page is the part of a result that is asked for (CIM 009, 6.3.10).
type page struct {
	limit, offset int
	count         bool
	// after is where the page before ended, as its next link says: the number
	// of an entity, or a place in an order; nil if no such link was followed.
	after []byte
}

// behind gives the number of the entity before the page; zero if the request
// did not follow a link.
func (p *page) behind() entity.Number {
	n, size := binary.Uvarint(p.after)
	if size != len(p.after) {
		return 0
	}
	return entity.Number(n)
}

// page reads limit, offset, count and the cursor of a next link.
//
// Errors: problem.BadRequestData.
func (c *call) page() (p page, err error) {
	if p.count, err = c.params.flag("count"); err != nil {
		return p, err
	}
	if p.limit, err = c.params.number("limit", c.o.DefaultLimit, 0, math.MaxInt32); err != nil {
		return p, err
	}
	if p.limit > MaxLimit {
		return p, problem.New(problem.TooManyResults, "a page has up to %d elements, limit is %d: ask for fewer and follow the next links (CIM 009, 4.12)", MaxLimit, p.limit)
	}
	if p.limit == 0 && !p.count {
		return p, problem.New(problem.BadRequestData, "limit=0 goes with count=true only (CIM 009, 6.3.13)")
	}
	if p.offset, err = c.params.number("offset", 0, 0, math.MaxInt32); err != nil {
		return p, err
	}
	if p.offset > 0 {
		p.after, err = c.readCursor(c.params.get("cursor"))
	}
	return p, err
}

// found is a page of a result.
type found[T any] struct {
	items []T
	count int
	more  bool
}

// fetch has ask give the page. An offset beyond the end gives the last
// element (CIM 009, 6.3.10).
func fetch[T any](p *page, ask func(broker.Page) (found[T], error)) (found[T], error) {
	asked := broker.Page{Limit: p.limit, Offset: p.offset, Count: p.count, After: p.behind()}
	f, err := ask(asked)
	if err != nil || len(f.items) > 0 || p.offset == 0 || p.limit == 0 {
		return f, err
	}
	if !p.count {
		n, err := ask(broker.Page{Count: true})
		if err != nil || n.count == 0 {
			return f, err
		}
		f.count = n.count
	}
	if f.count == 0 {
		return f, nil
	}
	p.offset, p.after = f.count-1, nil
	count := f.count
	if f, err = ask(broker.Page{Limit: 1, Offset: p.offset}); err == nil {
		f.count = count
	}
	return f, err
}

// pageHeaders sets the links to the next and the previous page, and the count.
func (c *call) pageHeaders(p page, media string, n, count int, more bool, last []byte) {
	h := c.w.Header()
	if p.count {
		h.Set("NGSILD-Results-Count", strconv.Itoa(count))
	}
	link := func(rel string, offset int, cursor string) {
		to := url.Values{"limit": {strconv.Itoa(p.limit)}, "offset": {strconv.Itoa(offset)}, "cursor": {cursor}}
		if c.mapUsed != nil {
			to.Set("entityMapId", c.mapUsed.ID)
		}
		httpx.AddLink(h, httpx.WithParams(c.r, to), rel, "type", media)
	}
	if p.offset > 0 && p.limit > 0 {
		link("prev", max(0, p.offset-p.limit), "")
	}
	if more && p.limit > 0 {
		cursor := ""
		if last != nil {
			cursor = c.cursor(last)
		}
		link("next", p.offset+n, cursor)
	}
}
