package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/watch"
)

// resolver compiles the @context that a subscription is notified with.
type resolver interface {
	Resolve(ctx context.Context, value jsontree.Node) (*ldctx.Context, error)
}

// Renderer writes notifications (CIM 009, 5.3.1 and 5.8.6). Its Render is
// what Options.Render wants.
type Renderer struct {
	Contexts resolver
	// ContextURL gives an address at which c is served, for the Link header.
	ContextURL func(ctx context.Context, tenant string, c *ldctx.Context) (string, error)
	// Rights gives what an account may see now.
	// Errors: problem.Forbidden if it may see nothing any more.
	Rights func(ctx context.Context, account string) (*query.Access, error)
	// Lookup finds linked entities that rights let be seen. Without it none
	// are shown.
	Lookup func(ctx context.Context, tenant string, rights *query.Access) query.Lookup
	// Walk gives the entities that q selects and rights let be seen, for
	// periodic notifications.
	Walk func(ctx context.Context, tenant string, rights *query.Access, q *query.Query, yield func(*entity.Entity) bool) error
}

// maxLinked bounds the linked entities in one notification: those beyond are
// left out. maxPeriodic bounds the entities of a periodic one: if there are
// more, it fails and says so.
const (
	maxLinked   = 1000
	maxPeriodic = 10_000
)

// Render writes the notification d to s about r, or about the end of a period.
//
// Errors: problem.ResourceNotFound if the subscriber may not see the entity,
// or if no entity matches; problem.TooManyResults if too many do.
func (n *Renderer) Render(ctx context.Context, s *watch.Subscription, d watch.Due, r *change.Record, now entity.Instant) (Message, error) {
	rights, err := n.Rights(ctx, s.Account)
	if err != nil {
		return Message{}, err
	}
	var all []*entity.Entity
	if d.Every {
		if all, err = n.matching(ctx, s, rights); err != nil {
			return Message{}, err
		}
	} else if state := rights.Mask(watch.StateOf(r)); state != nil {
		all = []*entity.Entity{state}
	}
	if len(all) == 0 {
		return Message{}, problem.New(problem.ResourceNotFound, "there is no entity that the subscriber may see")
	}
	source, err := jsontree.Parse(s.Context, jsontree.Limits{})
	if err != nil {
		return Message{}, fmt.Errorf("read the @context of subscription %s: %w", s.ID, err)
	}
	c, err := n.Contexts.Resolve(ctx, source)
	if err != nil {
		return Message{}, err
	}
	m := Message{URL: s.Endpoint.URI, ContentType: s.Endpoint.Accept, Header: slices.Clone(s.Endpoint.ReceiverInfo), Notifier: s.Endpoint.NotifierInfo}
	tenant := watch.SpaceOf(s.Tenant).Tenant
	if tenant != "" {
		m.Header = append(m.Header, watch.Pair{Key: "NGSILD-Tenant", Value: tenant})
	}
	if s.Snapshot != "" {
		m.Header = append(m.Header, watch.Pair{Key: "NGSILD-Snapshot", Value: s.Snapshot})
	}
	geo := m.ContentType == "application/geo+json"
	inline := m.ContentType == "application/ld+json" || geo && prefer(s) != "body=json"
	if !inline {
		url, err := n.ContextURL(ctx, tenant, c)
		if err != nil {
			return Message{}, err
		}
		m.Header = append(m.Header, watch.Pair{Key: "Link", Value: "<" + url + `>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`})
	}
	b := append([]byte(`{"id":`), jsontree.AppendString(nil, d.ID())...)
	b = append(b, `,"type":"Notification","subscriptionId":`...)
	b = jsontree.AppendString(b, s.ID)
	b = append(b, `,"notifiedAt":"`...)
	b = append(now.Append(b), `","data":`...)
	a := &about{s: s, r: r, all: all, rights: rights, geo: geo, view: view(s, c, inline, geo)}
	if n.Lookup != nil {
		a.look = n.Lookup(ctx, s.Tenant, rights)
	}
	b = a.data(b)
	m.Body = append(b, '}')
	return m, nil
}

// matching gives the entities that s is about now, each once (CIM 009, 5.8.6).
func (n *Renderer) matching(ctx context.Context, s *watch.Subscription, rights *query.Access) ([]*entity.Entity, error) {
	var out []*entity.Entity
	met := map[entity.ID]bool{}
	for _, q := range s.Queries() {
		err := n.Walk(ctx, s.Tenant, rights, &q, func(e *entity.Entity) bool {
			if !met[e.ID] {
				met[e.ID] = true
				out = append(out, e)
			}
			return len(out) <= maxPeriodic
		})
		if err != nil {
			return nil, err
		}
		if len(out) > maxPeriodic {
			return nil, problem.New(problem.TooManyResults, "over %d entities match; make subscriptions about fewer each", maxPeriodic)
		}
	}
	return out, nil
}

// prefer gives what the receiver wants to be told of its body (6.3.8).
func prefer(s *watch.Subscription) string {
	for _, p := range s.Endpoint.ReceiverInfo {
		if strings.EqualFold(p.Key, "Prefer") {
			return p.Value
		}
	}
	return ""
}

func view(s *watch.Subscription, c *ldctx.Context, inline, geo bool) *represent.View {
	v := &represent.View{Context: c, SysAttrs: s.SysAttrs, Datasets: s.Datasets, InlineContext: inline, Pick: members(s.Pick), Omit: members(s.Omit)}
	if geo {
		v.Geometry = query.LocationName
	}
	// CIM 009, 5.8.6: in the words of an earlier version, if one was asked for.
	if x, ok := represent.ParseVersion(s.Conformance); ok && x != represent.Newest {
		v.Version = x
	}
	switch s.Format {
	case watch.Concise:
		v.Form = represent.Concise
	case watch.Simplified:
		v.Form = represent.Simplified
	}
	if s.Attributes != nil && v.Pick == nil {
		v.Pick = &represent.Members{ID: true, Type: true, Scope: true, Attrs: s.Attributes}
	}
	if s.Lang != "" {
		if ls, err := represent.ParseLanguages(s.Lang); err == nil { // it was parsed when the subscription was made
			v.Languages = ls
		}
	}
	return v
}

func members(of *watch.Members) *represent.Members {
	if of == nil {
		return nil
	}
	m := &represent.Members{}
	for _, x := range of.Names {
		switch x {
		case "id":
			m.ID = true
		case "type":
			m.Type = true
		case "scope":
			m.Scope = true
		default:
			m.Attrs = append(m.Attrs, entity.Name(x))
		}
	}
	for name, below := range of.Linked {
		if m.Linked == nil {
			m.Linked = map[entity.Name]*represent.Members{}
		}
		m.Linked[name] = members(below)
	}
	return m
}

// about is what a notification tells.
type about struct {
	s      *watch.Subscription
	r      *change.Record   // nil at the end of a period
	all    []*entity.Entity // after, or what was deleted as it was before, as the subscriber may see it
	rights *query.Access
	look   query.Lookup
	geo    bool
	view   *represent.View
}

// data appends the notified entities, in an array or a FeatureCollection, with
// those that they are linked to.
func (a *about) data(b []byte) []byte {
	shown := a.shown()
	if a.geo {
		return a.view.AppendShownFeatures(b, shown)
	}
	b = append(b, '[')
	for i, x := range shown {
		if i > 0 {
			b = append(b, ',')
		}
		b = x.View.AppendEntity(b, x.Entity)
	}
	return append(b, ']')
}

func (a *about) shown() []represent.Shown {
	if a.r != nil {
		if a.s.ShowChanges {
			a.view.Previous = a.before
		}
		if a.r.After == nil {
			a.view.DeletedAt = a.r.Time
			return []represent.Shown{{View: a.view, Entity: a.gone(a.all[0])}}
		}
		a.all[0] = a.withDeleted(a.all[0])
	}
	if a.look != nil && a.s.Join != watch.NoJoin {
		j := &represent.Join{Level: a.s.JoinLevel, Look: a.look, Most: maxLinked}
		if a.s.Join == watch.Flat {
			return a.view.Flat(j, a.all)
		}
		a.view = a.view.Inline(j)
	}
	out := make([]represent.Shown, len(a.all))
	for i, e := range a.all {
		out[i] = represent.Shown{View: a.view, Entity: e}
	}
	return out
}

// gone gives what is told of an entity that was deleted (CIM 009, 5.8.6): with
// showChanges its attributes too, each as the NGSI-LD Null with what it was.
// A subscription to the deletion of attributes, not of entities, is told which
// of those that it watches went with the entity.
func (a *about) gone(was *entity.Entity) *entity.Entity {
	e := &entity.Entity{ID: was.ID, Types: was.Types, CreatedAt: was.CreatedAt, ModifiedAt: was.ModifiedAt}
	ofAttrs := a.s.Triggers&watch.EntityDeleted == 0
	for i := range was.Attrs {
		if a.s.ShowChanges || ofAttrs && a.s.Watches(was.Attrs[i].Name) {
			e.Attrs = append(e.Attrs, a.null(&was.Attrs[i]))
		}
	}
	return e
}

// null gives what stands for an instance that was deleted: the NGSI-LD Null
// in the member that held the value (CIM 009, 4.5.0). In the concise and the
// simplified form a name and the Null alone are enough, unless previous values
// or system attributes need a place (CIM 009, 5.5.4 and 5.8.6).
func (a *about) null(was *entity.Instance) entity.Instance {
	null := entity.Instance{Name: was.Name, Dataset: was.Dataset, Kind: was.Kind, Value: []byte(`"` + entity.NullURI + `"`),
		CreatedAt: was.CreatedAt, ModifiedAt: was.ModifiedAt, DeletedAt: a.r.Time}
	bare := a.s.Format == watch.Simplified || a.s.Format == watch.Concise && was.Dataset == "" && !a.s.SysAttrs && !a.s.ShowChanges
	switch {
	case bare:
		null.Kind = entity.Property
	case null.Kind == entity.LanguageProperty:
		null.Value = []byte(`{"@none":"` + entity.NullURI + `"}`)
	case null.Kind == entity.ListProperty || null.Kind == entity.ListRelationship:
		null.Value = []byte(`["` + entity.NullURI + `"]`)
	}
	return null
}

// before gives what the instance i was before the change.
func (a *about) before(i *entity.Instance) *entity.Instance {
	for _, d := range a.r.Deltas {
		if d.Before != nil && !d.Same() && d.Before.Name == i.Name && d.Before.Dataset == i.Dataset {
			return d.Before
		}
	}
	return nil
}

// withDeleted gives the state with what the change deleted (CIM 009, 5.8.6).
func (a *about) withDeleted(state *entity.Entity) *entity.Entity {
	out := state
	for _, d := range a.s.Changed(a.r) {
		if d.After != nil || a.rights != nil && slices.Contains(a.rights.Hidden, d.Before.Name) {
			continue
		}
		if out == state {
			c := *state
			c.Attrs = slices.Clone(state.Attrs)
			out = &c
		}
		out.Attrs = append(out.Attrs, a.null(d.Before))
	}
	return out
}
