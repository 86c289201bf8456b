package ngsild

import (
	"math"
	"net/http"
	"slices"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

// streamFrom is how much of an EntityMap is written at once: a small one in
// one piece, a large one as it is read.
const streamFrom = 256 << 10

// createEntityMap answers GET /entityMaps (CIM 009, 5.14.4, 6.34.3.1).
func (c *call) createEntityMap() error {
	media, rc, err := c.discovery()
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
	return c.entityMap(media, rc, w, x)
}

// createEntityMapByPost answers POST /entityMaps (CIM 009, 5.14.4, 6.34.3.2).
func (c *call) createEntityMapByPost() error {
	media, n, rc, err := c.postedQuery()
	if err != nil {
		return err
	}
	w, x, err := c.readQuery(n, entityFormats(), nil)
	if err != nil {
		return err
	}
	return c.entityMap(media, rc, w, x)
}

func (c *call) postedQuery() (media string, n jsontree.Node, rc *requestContext, err error) {
	if media, err = c.negotiate(false); err != nil {
		return "", n, nil, err
	}
	n, rc, err = c.bodyContext()
	return media, n, rc, err
}

// entityMap does what both ways to make a map of a query share.
func (c *call) entityMap(media string, rc *requestContext, w wishes, x conditions) error {
	s, err := c.shape(media, rc, w)
	if err != nil {
		return err
	}
	x.join, x.datasets = s.join, s.view.Datasets
	qq, err := x.build(rc, s.attrs)
	if err != nil {
		return err
	}
	m, err := c.makeMap(&x, c.queryDigest(rc, &x, s.attrs, nil), func(add addEntity) error {
		return c.selectInto(rc, &x, qq, add)
	})
	if err != nil {
		return err
	}
	c.mapUsed = m
	return c.writeMap(http.StatusCreated, media, rc, m)
}

// createTemporalEntityMap answers GET /temporal/entityMaps (CIM 009, 5.14.5,
// 6.35.3.1).
func (c *call) createTemporalEntityMap() error {
	media, rc, err := c.discovery()
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
	return c.temporalEntityMap(media, rc, w, x, &t)
}

// createTemporalEntityMapByPost answers POST /temporal/entityMaps (CIM 009,
// 5.14.5, 6.35.3.2).
func (c *call) createTemporalEntityMapByPost() error {
	media, n, rc, err := c.postedQuery()
	if err != nil {
		return err
	}
	var t times
	w, x, err := c.readQuery(n, temporalFormats(), t.member)
	if err != nil {
		return err
	}
	return c.temporalEntityMap(media, rc, w, x, &t)
}

func (c *call) temporalEntityMap(media string, rc *requestContext, w wishes, x conditions, t *times) error {
	if t.rel == "" {
		return problem.New(problem.BadRequestData, "an EntityMap of history needs timerel and timeAt (CIM 009, 5.14.5.4)")
	}
	s, err := c.temporalShape(media, rc, w, t)
	if err != nil {
		return err
	}
	qq, err := x.build(rc, s.attrs)
	if err != nil {
		return err
	}
	m, err := c.makeMap(&x, c.queryDigest(rc, &x, s.attrs, t), func(add addEntity) error {
		return c.selectHistoryInto(rc, &x, qq, t, add)
	})
	if err != nil {
		return err
	}
	c.mapUsed = m
	return c.writeMap(http.StatusCreated, media, rc, m)
}

// addEntity takes in one entity of a map that is made.
type addEntity = func(entity.Number, entity.ID) error

// selectInto adds what qq selects, or the candidates for it.
func (c *call) selectInto(rc *requestContext, x *conditions, qq *query.Query, add addEntity) error {
	which, err := c.candidates(rc, x, qq)
	if err != nil {
		return err
	}
	which.Wanted = []entity.Name{}
	var failed error
	err = c.o.Broker.Walk(c.ctx(), c.broker, which, 0, func(e *entity.Entity) bool {
		failed = add(e.Number, e.ID)
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}

// candidates gives the query whose result goes into a map: where entities may
// be spread over several sources, which never is so of one that is limited to
// this server, ids and types alone select (CIM 009, 5.14.4.4).
func (c *call) candidates(rc *requestContext, x *conditions, qq *query.Query) (*query.Query, error) {
	which := *qq
	if !x.split || x.isLocal() || c.broker.Space.Layer != "" {
		return &which, nil
	}
	yes := true
	alone := conditions{selectors: x.selectors, local: &yes}
	return alone.build(rc, nil)
}

// selectHistoryInto is selectInto for history.
func (c *call) selectHistoryInto(rc *requestContext, x *conditions, qq *query.Query, t *times, add addEntity) error {
	which, err := c.candidates(rc, x, qq)
	if err != nil {
		return err
	}
	win := t.window()
	win.Names = which.Attrs
	if win.Limit = 1; which.Scope != nil { // one instance says that there are some
		win.Limit = 0
		t.bound(&win, c.o.TemporalPage, true)
	}
	ask := broker.HistoryAsk{Query: which, Window: win, Page: broker.Page{Limit: math.MaxInt}, Each: func(ev broker.Evolution) error { return add(ev.Head.Number, ev.Head.ID) }}
	_, err = c.o.Broker.HistoryQuery(c.ctx(), c.broker, ask)
	return err
}

// theMap finds the map that the path names.
//
// Errors: problem.BadRequestData if that is no URI; problem.ResourceNotFound;
// problem.NonexistentTenant.
func (c *call) theMap() (*entitymap.Map, error) {
	id := c.r.PathValue("entityMapId")
	if err := entity.CheckURI(id); err != nil {
		return nil, problem.New(problem.BadRequestData, "the EntityMap id %.80q is not a URI: %s", id, err.Error())
	}
	if err := c.tenantExists(); err != nil {
		return nil, err
	}
	if m := c.findMap(id); m != nil {
		return m, nil
	}
	return nil, problem.New(problem.ResourceNotFound, "there is no EntityMap %.200q: it was never made here, was deleted, or has expired", id)
}

// findMap gives a map that the caller may use; nil if there is none. Who sees
// only some entities may not use, or read the ids in, the map of somebody
// else.
func (c *call) findMap(id string) *entitymap.Map {
	if c.o.Maps == nil {
		return nil
	}
	m, ok := c.o.Maps.Get(c.broker.Space, id)
	if !ok || c.broker.Access != nil && m.Owner != c.broker.Origin.Account {
		return nil
	}
	return m
}

// retrieveEntityMap answers GET /entityMaps/{entityMapId} (CIM 009, 5.14.1,
// 6.32.3.1).
func (c *call) retrieveEntityMap() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	m, err := c.theMap()
	if err != nil {
		return err
	}
	return c.writeMap(http.StatusOK, media, rc, m)
}

// updateEntityMap answers PATCH /entityMaps/{entityMapId} (CIM 009, 5.14.2,
// 6.32.3.2): when the map ends is all that can be set (5.5.14). What is for
// output only is ignored.
func (c *call) updateEntityMap() error {
	n, _, err := c.bodyContext()
	if err != nil {
		return err
	}
	m, err := c.theMap()
	if err != nil {
		return err
	}
	if n.Kind() != jsontree.Object {
		return problem.New(problem.BadRequestData, "a fragment of an EntityMap is a JSON object")
	}
	at := entity.Instant(0)
	for name, v := range n.Members() {
		switch name {
		case "id", "@id":
			if v.Str() != m.ID {
				return problem.New(problem.BadRequestData, "the body is about the EntityMap %.80q, the path about %s", v.Str(), m.ID)
			}
		case "type", "@type":
			if v.Str() != "EntityMap" {
				return problem.New(problem.BadRequestData, "the type of an EntityMap is EntityMap")
			}
		case "expiresAt", "expiredBy": // 5.2.39 has the one name, 4.5.25 the other
			if v.Kind() != jsontree.String {
				return problem.New(problem.BadRequestData, "%s is a DateTime, such as 2026-03-29T12:00:00Z", name)
			}
			if at, err = timespan.ParseInstant(v.Str()); err != nil {
				return problem.New(problem.BadRequestData, "%s: %s", name, err.Error())
			}
		case "entityMap", "linkedMaps", "@context":
		default:
			return problem.New(problem.BadRequestData, "an EntityMap has no member %.40q (CIM 009, 5.2.39)", name)
		}
	}
	if at != 0 {
		if err := c.o.Maps.Expire(c.ctx(), m, at); err != nil {
			return err
		}
	}
	return httpx.NoContent(c.w)
}

// deleteEntityMap answers DELETE /entityMaps/{entityMapId} (CIM 009, 5.14.3,
// 6.32.3.3).
func (c *call) deleteEntityMap() error {
	m, err := c.theMap()
	if err != nil {
		return err
	}
	if err := c.o.Maps.Delete(c.ctx(), m); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// writeMap answers with a map (CIM 009, 5.2.39).
func (c *call) writeMap(status int, media string, rc *requestContext, m *entitymap.Map) error {
	c.mapHeader()
	if media == typeJSON {
		if err := c.setLink(rc); err != nil {
			return err
		}
	}
	body := []byte(`{`)
	if media == typeLD {
		body = append(rc.Source().Append(append(body, `"@context":`...)), ',')
	}
	body = jsontree.AppendString(append(body, `"id":`...), m.ID)
	body = jsontree.AppendString(append(body, `,"type":"EntityMap","expiresAt":`...), m.Expires.String())
	body = append(body, `,"entityMap":{`...)
	first, begun := true, false
	for id, err := range c.o.Maps.Entities(c.ctx(), m) {
		if err != nil {
			return err
		}
		if !first {
			body = append(body, ',')
		}
		first = false
		body = append(jsontree.AppendString(body, string(id)), `:["@none"]`...)
		if len(body) < streamFrom {
			continue
		}
		if !begun {
			begun = true
			c.w.Header().Set("Content-Type", media)
			c.w.WriteHeader(status)
		}
		if _, err := c.w.Write(body); err != nil {
			return err
		}
		body = body[:0]
	}
	body = append(body, `},"linkedMaps":{}}`...)
	if begun {
		_, err := c.w.Write(body)
		return err
	}
	return httpx.WriteBody(c.w, status, media, body)
}

// mapParams are the parameters about EntityMaps that queries take. The last
// one is ours: links to other pages carry it.
func mapParams(lists ...[]string) []string {
	return append(slices.Concat(lists...), "entityMap", "entityMapLifetime", "entityMapId")
}
