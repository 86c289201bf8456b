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
}

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
	m := Message{URL: s.Endpoint.URI, ContentType: s.Endpoint.Accept, Header: slices.Clip(s.Endpoint.ReceiverInfo)}
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
	b = n.data(b, view(s, c, inline, geo), s, r, state, geo)
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

func members(list []string) *represent.Members {
	if list == nil {
		return nil
	}
	m := &represent.Members{}
	for _, x := range list {
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
	return m
}

// data appends the notified entity, in an array or a FeatureCollection.
func (n *Renderer) data(b []byte, v *represent.View, s *watch.Subscription, r *change.Record, state *entity.Entity, geo bool) []byte {
	if r.After == nil {
		gone := v.AppendEntity(nil, &entity.Entity{ID: state.ID, Types: state.Types, CreatedAt: state.CreatedAt, ModifiedAt: state.ModifiedAt})
		gone = append(gone[:len(gone)-1], `,"deletedAt":"`...)
		gone = append(r.Time.Append(gone), `"}`...)
		return append(append(append(b, '['), gone...), ']')
	}
	plain, deleted := withDeleted(s, r, state, v)
	if geo {
		return v.AppendFeatures(b, []*entity.Entity{plain})
	}
	b = v.AppendEntity(append(b, '['), plain)
	for _, name := range deleted {
		b = append(b[:len(b)-1], ',')
		b = jsontree.AppendString(b, v.Context.CompactTerm(string(name)))
		b = append(b, `:"`+entity.NullURI+`"}`...)
	}
	return append(b, ']')
}

// withDeleted gives the state with what the change deleted (CIM 009, 5.8.6):
// as an instance whose value is the NGSI-LD Null where more than the name has
// to be told (a dataset, system attributes), else by its name alone.
func withDeleted(s *watch.Subscription, r *change.Record, state *entity.Entity, v *represent.View) (*entity.Entity, []entity.Name) {
	var bare []entity.Name
	out := state
	for _, d := range s.Changed(r) {
		if d.After != nil || v.Pick != nil && !v.Pick.Has(d.Before.Name) || v.Omit != nil && v.Omit.Has(d.Before.Name) {
			continue
		}
		if d.Before.Dataset == "" && !s.SysAttrs && !state.Has(d.Before.Name) {
			bare = append(bare, d.Before.Name)
			continue
		}
		null := entity.Instance{Name: d.Before.Name, Dataset: d.Before.Dataset, Kind: d.Before.Kind, Value: []byte(`"` + entity.NullURI + `"`),
			CreatedAt: d.Before.CreatedAt, ModifiedAt: d.Before.ModifiedAt, DeletedAt: r.Time}
		if null.Kind == entity.LanguageProperty {
			null.Value = []byte(`{"@none":"` + entity.NullURI + `"}`)
		}
		if out == state {
			c := *state
			c.Attrs = slices.Clone(state.Attrs)
			out = &c
		}
		out.Attrs = append(out.Attrs, null)
	}
	return out, bare
}
