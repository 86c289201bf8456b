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
}

// maxLinked bounds the linked entities in one notification: those beyond are
// left out.
const maxLinked = 1000

// Render writes the notification d to s about r.
//
// Errors: problem.ResourceNotFound if the subscriber may not see the entity.
func (n *Renderer) Render(ctx context.Context, s *watch.Subscription, d watch.Due, r *change.Record, now entity.Instant) (Message, error) {
	rights, err := n.Rights(ctx, s.Account)
	if err != nil {
		return Message{}, err
	}
	state := rights.Mask(watch.StateOf(r))
	if state == nil {
		return Message{}, problem.New(problem.ResourceNotFound, "the subscriber may not see %s", r.ID)
	}
	source, err := jsontree.Parse(s.Context, jsontree.Limits{})
	if err != nil {
		return Message{}, fmt.Errorf("read the @context of subscription %s: %w", s.ID, err)
	}
	c, err := n.Contexts.Resolve(ctx, source)
	if err != nil {
		return Message{}, err
	}
	m := Message{URL: s.Endpoint.URI, ContentType: s.Endpoint.Accept, Header: slices.Clip(s.Endpoint.ReceiverInfo), Notifier: s.Endpoint.NotifierInfo}
	if s.Tenant != "" {
		m.Header = append(m.Header, watch.Pair{Key: "NGSILD-Tenant", Value: s.Tenant})
	}
	geo := m.ContentType == "application/geo+json"
	inline := m.ContentType == "application/ld+json" || geo && prefer(s) != "body=json"
	if !inline {
		url, err := n.ContextURL(ctx, s.Tenant, c)
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
	a := &about{s: s, r: r, state: state, rights: rights, geo: geo, view: view(s, c, inline, geo)}
	if n.Lookup != nil {
		a.look = n.Lookup(ctx, s.Tenant, rights)
	}
	b = a.data(b)
	m.Body = append(b, '}')
	return m, nil
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
	r      *change.Record
	state  *entity.Entity // after, or of what is deleted before, as the subscriber may see it
	rights *query.Access
	look   query.Lookup
	geo    bool
	view   *represent.View
}

// data appends the notified entity, in an array or a FeatureCollection, with
// those that it is linked to.
func (a *about) data(b []byte) []byte {
	if a.s.ShowChanges {
		a.view.Previous = a.before
	}
	if a.r.After == nil {
		return a.gone(b)
	}
	plain, deleted := a.withDeleted()
	all := []represent.Shown{{View: a.view, Entity: plain}}
	if a.look != nil && a.s.Join != watch.NoJoin {
		j := &represent.Join{Level: a.s.JoinLevel, Look: a.look, Most: maxLinked}
		if a.s.Join == watch.Flat {
			all = a.view.Flat(j, []*entity.Entity{plain})
		} else {
			all[0].View = a.view.Inline(j)
		}
	}
	if a.geo {
		return a.view.AppendShownFeatures(b, all)
	}
	b = all[0].View.AppendEntity(append(b, '['), plain)
	for _, name := range deleted {
		b = append(b[:len(b)-1], ',')
		b = jsontree.AppendString(b, a.view.Context.CompactTerm(string(name)))
		b = append(b, `:"`+entity.NullURI+`"}`...)
	}
	for _, x := range all[1:] {
		b = x.View.AppendEntity(append(b, ','), x.Entity)
	}
	return append(b, ']')
}

// gone appends an entity that was deleted (CIM 009, 5.8.6): with showChanges
// its attributes too, each as the NGSI-LD Null with what it was.
func (a *about) gone(b []byte) []byte {
	e := &entity.Entity{ID: a.state.ID, Types: a.state.Types, CreatedAt: a.state.CreatedAt, ModifiedAt: a.state.ModifiedAt}
	if a.s.ShowChanges {
		for i := range a.state.Attrs {
			e.Attrs = append(e.Attrs, a.null(&a.state.Attrs[i]))
		}
	}
	b = a.view.AppendEntity(append(b, '['), e)
	b = append(b[:len(b)-1], `,"deletedAt":"`...)
	return append(a.r.Time.Append(b), `"}]`...)
}

// null gives what stands for an instance that was deleted.
func (a *about) null(was *entity.Instance) entity.Instance {
	null := entity.Instance{Name: was.Name, Dataset: was.Dataset, Kind: was.Kind, Value: []byte(`"` + entity.NullURI + `"`),
		CreatedAt: was.CreatedAt, ModifiedAt: was.ModifiedAt, DeletedAt: a.r.Time}
	if null.Kind == entity.LanguageProperty {
		null.Value = []byte(`{"@none":"` + entity.NullURI + `"}`)
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

// withDeleted gives the state with what the change deleted (CIM 009, 5.8.6):
// as an instance whose value is the NGSI-LD Null where more than the name has
// to be told (a dataset, system attributes, what it was), else by its name
// alone.
func (a *about) withDeleted() (*entity.Entity, []entity.Name) {
	var bare []entity.Name
	out, v := a.state, a.view
	for _, d := range a.s.Changed(a.r) {
		if d.After != nil || v.Pick != nil && !v.Pick.Has(d.Before.Name) || v.Omit != nil && v.Omit.Has(d.Before.Name) ||
			a.rights != nil && slices.Contains(a.rights.Hidden, d.Before.Name) {
			continue
		}
		if d.Before.Dataset == "" && !a.s.SysAttrs && !a.s.ShowChanges && !a.state.Has(d.Before.Name) {
			bare = append(bare, d.Before.Name)
			continue
		}
		if out == a.state {
			c := *a.state
			c.Attrs = slices.Clone(a.state.Attrs)
			out = &c
		}
		out.Attrs = append(out.Attrs, a.null(d.Before))
	}
	return out, bare
}
