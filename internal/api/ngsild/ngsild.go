// Package ngsild is the NGSI-LD API over HTTP (CIM 009, 6): it reads requests,
// finds the @context, has the broker do the work, and writes the answers.
//
// It decides nothing about entities; what a name, a form or a query means is
// up to ldctx, represent and query. What always holds: a parameter that an
// operation does not know is refused, one that is in the standard and not
// built yet is refused by name, and nothing is silently ignored; an answer is
// complete before its first byte is written.
package ngsild

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/entitymap"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/watch"
)

// Base is the path under which the API stands.
const Base = "/ngsi-ld/v1"

// Bounds of a page. The defaults of Options can be changed, these cannot.
const (
	MaxLimit       = 10000
	maxBatchBytes  = 16 << 20
	maxEntityBytes = 4 << 20
)

// subscriptions keeps subscriptions: *watch.Service.
type subscriptions interface {
	Create(ctx context.Context, sub *watch.Subscription) error
	Replace(ctx context.Context, sub *watch.Subscription) error
	Delete(ctx context.Context, tenant, id string) error
	Get(tenant, id string) (*watch.Subscription, watch.Counters, error)
	List(tenant string, offset, limit int) ([]*watch.Subscription, int)
}

// restriction says what a caller may see: access.Policy.
type restriction interface {
	Restriction(ctx context.Context, s store.Space, c access.Caller) (*query.Access, error)
}

// Options are what the API works with.
type Options struct {
	Broker   *broker.Broker
	Contexts *contexts.Service
	Now      func() entity.Instant
	// Access restricts what callers see; nil restricts nothing.
	Access restriction
	// Subscriptions keeps subscriptions; nil answers 501.
	Subscriptions subscriptions
	// CheckEndpoint judges where a subscription wants its notifications, such
	// as a literal address that nothing may be sent to; nil takes every one.
	CheckEndpoint func(uri string) error
	// Maps keeps EntityMaps; nil answers 501.
	Maps *entitymap.Service
	// Tenants lists the tenants there are, "" first; nil lets the broker find
	// out by itself, and subscriptions of unknown tenants are an empty list.
	Tenants func(ctx context.Context) ([]string, error)
	// DefaultLimit is the size of a page for which no limit was asked; zero
	// is 20.
	DefaultLimit int
	// TemporalPage bounds the instances in one temporal answer (CIM 009,
	// 6.3.10); zero is 10,000.
	TemporalPage int
	// UnavailableContext is the status of problem.LdContextNotAvailable: zero
	// and 504 are that of CIM 009 V1.9.1, 503 is that of versions up to 1.8.1.
	UnavailableContext int
	// CursorKey signs the cursors in next links; nil makes one that is good
	// until the program ends.
	CursorKey []byte
	// Snapshots keeps snapshots; nil answers 501.
	Snapshots snapshots
	// Identity is how this server names itself; what it leaves out is made up.
	Identity Identity
}

// API answers the operations. Use New; it is safe for use by many goroutines.
type API struct {
	o      Options
	params map[string][]string // of each operation
	// buffers are bodies that were written, *[]byte.
	buffers sync.Pool
}

// New makes the API.
func New(o Options) *API {
	if o.DefaultLimit == 0 {
		o.DefaultLimit = 20
	}
	if o.TemporalPage == 0 {
		o.TemporalPage = 10000
	}
	if o.CursorKey == nil {
		o.CursorKey = make([]byte, 32)
		rand.Read(o.CursorKey) // never fails
	}
	o.Identity = o.Identity.withDefaults(o.Now)
	a := &API{o: o}
	_, a.params = a.table()
	return a
}

// call is one request with what every operation needs of it.
type call struct {
	*API
	w      http.ResponseWriter
	r      *http.Request
	params params
	broker broker.Call
	// rc is the @context of a query, posted its body; nothing for others.
	// Cursors of next links are bound to both.
	rc     *requestContext
	posted jsontree.Node
	// mapUsed is the EntityMap that the answer rests on, nil if none; mapMade
	// says that this request had it made.
	mapUsed *entitymap.Map
	mapMade bool
	// version is what the answer is to conform to; zero is the newest.
	version represent.Version
}

// operation is what answers one route.
type operation struct {
	params []string // those it knows
	handle func(c *call) error
	// snapshots says that it can be about a snapshot.
	snapshots bool
}

// handler prepares a call: tenant, parameters, access.
func (a *API) handler(op operation, rule access.Rule) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		tenant, err := tenantOf(w, r)
		if err != nil {
			return err
		}
		c := &call{API: a, w: w, r: r}
		if rule != access.Write { // it answers with a body
			c.prefers()
		} else if err := c.refuseGeo(); err != nil {
			return err
		}
		if c.params, err = readParams(r, op.params); err != nil {
			return err
		}
		who := access.From(r.Context())
		c.broker = broker.Call{Space: store.Space{Tenant: tenant}, Origin: store.Origin{Account: who.Account}}
		leave, err := c.enter(&op, rule)
		if err != nil {
			return err
		}
		defer leave()
		if a.o.Access != nil {
			if c.broker.Access, err = a.o.Access.Restriction(r.Context(), c.broker.Space, who); err != nil {
				return err
			}
			if rule == access.PublicDataset {
				if err := access.Shown(who, c.broker.Access); err != nil {
					return err
				}
			}
		}
		err = op.handle(c)
		if a.o.UnavailableContext != 0 && problem.Is(err, problem.LdContextNotAvailable) {
			return &httpx.Detail{Err: err, Status: a.o.UnavailableContext}
		}
		return err
	}
}

// prefers reads which version of the specification the answer is to conform
// to, and says which it will (CIM 009, 4.3.6.8, 6.3.6). What cannot be read
// is no preference (RFC 7240, 2).
func (c *call) prefers() {
	if len(c.r.Header["Prefer"]) == 0 {
		return
	}
	wish, _ := httpx.Preference(c.r.Header, "ngsi-ld")
	v, ok := represent.ParseVersion(wish)
	if !ok {
		return
	}
	c.w.Header().Set("Preference-Applied", "ngsi-ld="+v.String())
	if v != represent.Newest {
		c.version = v
	}
}

// refuseGeo refuses GeoJSON as the answer of an operation that writes: it is
// there for retrieving and querying entities alone (CIM 009, 6.3.4).
func (c *call) refuseGeo() error {
	if accept := c.r.Header["Accept"]; len(accept) == 1 && strings.HasPrefix(accept[0], typeGeo) {
		_, err := c.negotiate(false)
		return err
	}
	return nil
}

func (c *call) ctx() context.Context { return c.r.Context() }

// tenantOf reads the tenant, which goes back out in the answer (CIM 009,
// 6.3.14).
func tenantOf(w http.ResponseWriter, r *http.Request) (string, error) {
	t := r.Header.Get("NGSILD-Tenant")
	if t == "" {
		return "", nil
	}
	if len(t) > 64 || strings.ContainsFunc(t, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.')
	}) {
		return "", problem.New(problem.BadRequestData, "the tenant %.80q is no name: it has up to 64 letters, digits, and _ - .", t)
	}
	w.Header().Set("NGSILD-Tenant", t)
	return t, nil
}

// entityID reads the entity id of the path.
func (c *call) entityID() (entity.ID, error) { return entity.ParseID(c.r.PathValue("entityId")) }

// attrName reads and expands the attribute name of the path.
func (c *call) attrName(rc *requestContext) (short string, name entity.Name, err error) {
	short = c.r.PathValue("attrId")
	iri, err := rc.ExpandTerm(short)
	return short, entity.Name(iri), err
}

// body reads the request body as JSON.
//
// Errors: problem.InvalidRequest if it is not JSON (CIM 009, 5.5.4).
func (c *call) body() (jsontree.Node, error) {
	raw, err := httpx.ReadBody(c.r)
	if err != nil {
		return jsontree.Node{}, err
	}
	n, err := jsontree.Parse(raw, jsontree.Limits{MaxBytes: maxBatchBytes})
	if err != nil {
		return n, problem.Wrap(problem.InvalidRequest, err, "the body is not JSON: %s", err.Error())
	}
	return n, nil
}
