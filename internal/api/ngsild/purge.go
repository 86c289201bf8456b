package ngsild

import (
	"slices"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// purgeChunk is how many entities are changed in one commit.
const purgeChunk = 500

// purgeEntities answers DELETE /entities (CIM 009, 5.6.21, 6.4.3.3): it
// deletes what matches, or with keep and drop some of its attributes.
func (c *call) purgeEntities() error {
	rc, err := c.linkContext()
	if err != nil {
		return err
	}
	x, err := c.params.conditions()
	if err != nil {
		return err
	}
	if c.params.has("keep") && c.params.has("drop") {
		return problem.New(problem.BadRequestData, "keep and drop do not go together")
	}
	keep, err := c.memberList(rc, "keep")
	if err != nil {
		return err
	}
	drop, err := c.memberList(rc, "drop")
	if err != nil {
		return err
	}
	attrs, err := c.params.list("attrs")
	if err != nil {
		return err
	}
	var which []entity.Name
	for i := range attrs {
		names, err := rc.names(attrs[i : i+1])
		if err != nil {
			return err
		}
		which = append(which, entity.Name(names[0]))
	}
	c.local(&x)
	qq, err := x.build(rc, which)
	if err != nil {
		return err
	}
	err = c.useMap(&x.mapping, func() string { return "" }, func(add addEntity) error { return c.selectInto(rc, &x, qq, add) })
	if err != nil {
		return err
	}
	c.mapHeader()
	b := &batch{}
	for after := entity.Number(0); ; {
		f, err := c.o.Broker.Query(c.ctx(), c.broker, qq, broker.Page{Limit: purgeChunk, After: after})
		if err != nil {
			return err
		}
		if len(f.Entities) > 0 {
			outs, err := c.purge(f.Entities, keep, drop)
			if err != nil {
				return err
			}
			b.add(outs)
			after = f.Entities[len(f.Entities)-1].Number
		}
		if !f.More {
			break
		}
	}
	b.errors = slices.DeleteFunc(b.errors, func(e itemError) bool { return problem.Is(e.err, problem.ResourceNotFound) }) // gone meanwhile
	if len(b.errors) == 0 {
		return httpx.NoContent(c.w)
	}
	return c.answer(b)
}

// members are those members of an entity that keep or drop names: attributes,
// and the scope.
type members struct {
	attrs []entity.Name
	scope bool
}

// memberList reads keep or drop, nil if it is absent. What every entity has,
// and what the system keeps, stays: it can be named in keep alone.
//
// Errors: problem.BadRequestData, also for members of linked entities
// (CIM 009, 5.6.21.4).
func (c *call) memberList(rc *requestContext, param string) (*members, error) {
	list, err := c.params.list(param)
	if err != nil || list == nil {
		return nil, err
	}
	m := &members{attrs: make([]entity.Name, 0, len(list))}
	for _, short := range list {
		switch short {
		case "id", "@id", "type", "@type", "createdAt", "modifiedAt", "deletedAt", "expiresAt":
			if param == "drop" {
				return nil, problem.New(problem.BadRequestData, "drop: %s is no attribute that could be deleted", short)
			}
		case "scope":
			m.scope = true
		default:
			names, err := rc.names([]string{short})
			if err != nil {
				return nil, err
			}
			m.attrs = append(m.attrs, entity.Name(names[0]))
		}
	}
	return m, nil
}

// purge deletes entities, or their attributes that are not in keep or are in
// drop.
func (c *call) purge(es []*entity.Entity, keep, drop *members) ([]broker.Outcome, error) {
	if keep == nil && drop == nil {
		ids := make([]entity.ID, len(es))
		for i, e := range es {
			ids[i] = e.ID
		}
		return c.o.Broker.DeleteMany(c.ctx(), c.broker, ids)
	}
	goes := func(n entity.Name) bool {
		if keep != nil {
			return !slices.Contains(keep.attrs, n)
		}
		return slices.Contains(drop.attrs, n)
	}
	scope := keep != nil && !keep.scope || drop != nil && drop.scope
	var fs []entity.Fragment
	for _, e := range es {
		f := entity.Fragment{ID: e.ID, HasScope: scope && len(e.Scopes) > 0}
		for i := range e.Attrs {
			if a := &e.Attrs[i]; goes(a.Name) {
				f.Attrs = append(f.Attrs, entity.Instance{Name: a.Name, Dataset: a.Dataset})
			}
		}
		if len(f.Attrs) > 0 || f.HasScope {
			fs = append(fs, f)
		}
	}
	if len(fs) == 0 {
		return nil, nil
	}
	return c.o.Broker.MergeMany(c.ctx(), c.broker, fs, entity.MergeOptions{})
}
