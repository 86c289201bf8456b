package ngsild

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/url"
	"slices"
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
	// after is where the page before ended, if the request followed a next
	// link: then nothing before it is walked again.
	after entity.Number
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
		p.after = c.readCursor(c.params.get("cursor"))
	}
	return p, nil
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
	asked := broker.Page{Limit: p.limit, Offset: p.offset, Count: p.count}
	if p.after != 0 && !p.count {
		asked.After, asked.Offset = p.after, 0
	}
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
	p.offset = f.count - 1
	count := f.count
	if f, err = ask(broker.Page{Limit: 1, Offset: p.offset}); err == nil {
		f.count = count
	}
	return f, err
}

// pageHeaders sets the links to the next and the previous page, and the count.
func (c *call) pageHeaders(p page, media string, n, count int, more bool, last entity.Number) {
	h := c.w.Header()
	if p.count {
		h.Set("NGSILD-Results-Count", strconv.Itoa(count))
	}
	link := func(rel string, offset int, cursor string) {
		httpx.AddLink(h, httpx.WithParams(c.r, url.Values{"limit": {strconv.Itoa(p.limit)}, "offset": {strconv.Itoa(offset)}, "cursor": {cursor}}), rel, "type", media)
	}
	if p.offset > 0 && p.limit > 0 {
		link("prev", max(0, p.offset-p.limit), "")
	}
	if more && p.limit > 0 {
		cursor := ""
		if last != 0 {
			cursor = c.cursor(last)
		}
		link("next", p.offset+n, cursor)
	}
}

// cursor gives the place behind entity n for this very query, signed so that
// it can be trusted to be ours. It is a help, not a need: one that does not
// fit is passed over, and the offset beside it counts.
func (c *call) cursor(n entity.Number) string {
	b := binary.AppendUvarint(nil, uint64(n))
	return base64.RawURLEncoding.EncodeToString(append(b, c.sign(b)...))
}

const signatureBytes = 12

func (c *call) readCursor(s string) entity.Number {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) <= signatureBytes || len(b) > signatureBytes+binary.MaxVarintLen64 {
		return 0
	}
	b, sig := b[:len(b)-signatureBytes], b[len(b)-signatureBytes:]
	n, size := binary.Uvarint(b)
	if size != len(b) || !hmac.Equal(sig, c.sign(b)) {
		return 0
	}
	return entity.Number(n)
}

// sign signs b together with all that the query is: path, tenant, @context
// and parameters but for those of the page.
func (c *call) sign(b []byte) []byte {
	m := hmac.New(sha256.New, c.o.CursorKey)
	m.Write(b)
	part := func(s string) {
		m.Write(binary.AppendUvarint(nil, uint64(len(s))))
		m.Write([]byte(s))
	}
	part(c.r.URL.Path)
	part(c.broker.Space.Tenant)
	for _, l := range c.r.Header["Link"] {
		part(l)
	}
	names := make([]string, 0, len(c.params.v))
	for name := range c.params.v {
		if name != "limit" && name != "offset" && name != "cursor" && name != "count" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		part(name)
		part(c.params.get(name))
	}
	return m.Sum(nil)[:signatureBytes]
}
