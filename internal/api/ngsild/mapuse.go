package ngsild

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/problem"
)

// mapping is what a request says about EntityMaps (CIM 009, 5.5.14).
type mapping struct {
	asked    bool   // a map is to be used, and made if there is none
	lifetime string // suggested; "" if none is
	split    bool   // entities may be spread over several sources
}

// mapping reads the parameters.
func (p params) mapping(x *mapping) (err error) {
	if x.asked, err = p.flag("entityMap"); err != nil {
		return err
	}
	if x.split, err = p.flag("splitEntities"); err != nil {
		return err
	}
	if x.lifetime = p.get("entityMapLifetime"); x.lifetime == "" && p.has("entityMapLifetime") {
		return problem.New(problem.BadRequestData, "entityMapLifetime is a duration such as PT10M, and empty here")
	}
	return nil
}

// mapNamed gives the id of the map that the request names, by a header, which
// holds what an answer's header held or the id alone, or as links to pages do.
func (c *call) mapNamed() (id string, ok bool) {
	ref := c.r.Header.Get("NGSILD-EntityMap")
	if ref == "" {
		id = c.params.get("entityMapId")
		return id, id != ""
	}
	if i := strings.LastIndex(ref, "/entityMaps/"); i >= 0 {
		ref = ref[i+len("/entityMaps/"):]
	}
	if id, err := url.PathUnescape(ref); err == nil {
		return id, true
	}
	return ref, true
}

// useMap narrows the call to the map that the request names. If there is none
// such, or none is named and one is asked for, select makes one (CIM 009,
// 5.7.2.4). digest tells the query apart.
func (c *call) useMap(x *mapping, digest func() string, fill func(addEntity) error) error {
	id, named := c.mapNamed()
	if !named && !x.asked {
		if x.lifetime != "" {
			return problem.New(problem.InvalidRequest, "entityMapLifetime goes with entityMap=true only")
		}
		return nil
	}
	d := digest()
	m := (*entitymap.Map)(nil)
	if named {
		m = c.findMap(id)
	}
	if m == nil {
		var err error
		if m, err = c.fillMap(x, d, fill); err != nil {
			return err
		}
		c.mapMade = true
	}
	c.mapUsed = m
	c.broker.Among = c.o.Maps.Set(m, m.Query == d)
	return nil
}

// makeMap makes the map that the request is about.
func (c *call) makeMap(x *conditions, digest string, fill func(addEntity) error) (*entitymap.Map, error) {
	return c.fillMap(&x.mapping, digest, fill)
}

func (c *call) fillMap(x *mapping, digest string, fill func(addEntity) error) (*entitymap.Map, error) {
	if c.o.Maps == nil {
		return nil, problem.New(problem.NotImplemented, "this server keeps no EntityMaps")
	}
	m := entitymap.Map{Space: c.broker.Space, Owner: c.broker.Origin.Account, Query: digest}
	if x.lifetime != "" {
		var err error
		if m.Expires, err = entitymap.Lifetime(x.lifetime, c.o.Now()); err != nil {
			return nil, err
		}
	}
	return c.o.Maps.Make(c.ctx(), m, fill)
}

// mapDone ends the use of a map: what no longer fits leaves it, and the
// answer says which one it was.
func (c *call) mapDone() {
	if c.mapUsed != nil && c.broker.Among != nil {
		c.broker.Among.Prune(c.ctx())
	}
	c.mapHeader()
}

// mapHeader names the map that was used (CIM 009, 6.4.3.2): as the client did
// if it was that one, else by its address.
func (c *call) mapHeader() {
	if c.mapUsed == nil {
		return
	}
	ref := c.r.Header.Get("NGSILD-EntityMap")
	if id, _ := c.mapNamed(); ref == "" || id != c.mapUsed.ID {
		ref = httpx.BaseURL(c.r) + Base + "/entityMaps/" + url.PathEscape(c.mapUsed.ID)
	}
	c.w.Header().Set("NGSILD-EntityMap", ref)
}

// mapStatus is status, or 201 where all else is well and a map was made.
func (c *call) mapStatus(status int) int {
	if c.mapMade && status == http.StatusOK {
		return http.StatusCreated
	}
	return status
}

// queryDigest tells apart what selects entities; t is nil but for history.
// What a restricted caller sees is a query of its own.
func (c *call) queryDigest(rc *requestContext, x *conditions, attrs []entity.Name, t *times) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %q %q %q %q ", x.q, x.scopeQ, x.expandValues, x.georel, x.geometry, x.coords, x.prop, x.datasets, attrs, rc.Source().String())
	for _, s := range x.selectors {
		fmt.Fprintf(h, "%q %q %q ", s.ids, s.pattern, s.types)
	}
	if t != nil {
		fmt.Fprintf(h, "%q %d %d %d ", t.rel, t.at, t.end, t.clock)
	}
	if c.broker.Access != nil {
		fmt.Fprintf(h, "account %q", c.broker.Origin.Account)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// oneEntity is the digest for a map of a single entity, and select its filling
// (CIM 009, 5.7.1.4).
func (c *call) oneEntity(x *mapping, n entity.Number, id entity.ID) error {
	if err := c.useMap(x, func() string { return "entity" }, func(add addEntity) error { return add(n, id) }); err != nil {
		return err
	}
	c.broker.Among, c.mapMade = nil, false // the answer is the entity, 200 (6.5.3.1)
	c.mapHeader()
	return nil
}
