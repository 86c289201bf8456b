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
	keep, err := c.nameList(rc, "keep")
	if err != nil {
		return err
	}
	drop, err := c.nameList(rc, "drop")
	if err != nil {
		return err
	}
	if keep != nil && drop != nil {
		return problem.New(problem.BadRequestData, "keep and drop do not go together")
	}
	qq, err := x.build(rc, nil)
	if err != nil {
		return err
	}
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

func (c *call) nameList(rc *requestContext, param string) ([]entity.Name, error) {
	list, err := c.params.list(param)
	if err != nil || list == nil {
		return nil, err
	}
	names, err := rc.names(list)
	out := make([]entity.Name, len(names))
	for i, n := range names {
		out[i] = entity.Name(n)
	}
	return out, err
}

// purge deletes entities, or their attributes that are not in keep or are in
// drop.
func (c *call) purge(es []*entity.Entity, keep, drop []entity.Name) ([]broker.Outcome, error) {
	if keep == nil && drop == nil {
		ids := make([]entity.ID, len(es))
		for i, e := range es {
			ids[i] = e.ID
		}
		return c.o.Broker.DeleteMany(c.ctx(), c.broker, ids)
	}
	var fs []entity.Fragment
	for _, e := range es {
		f := entity.Fragment{ID: e.ID}
		for i := range e.Attrs {
			a := &e.Attrs[i]
			if keep != nil && !slices.Contains(keep, a.Name) || slices.Contains(drop, a.Name) {
				f.Attrs = append(f.Attrs, entity.Instance{Name: a.Name, Dataset: a.Dataset})
			}
		}
		if len(f.Attrs) > 0 {
			fs = append(fs, f)
		}
	}
	if len(fs) == 0 {
		return nil, nil
	}
	return c.o.Broker.MergeMany(c.ctx(), c.broker, fs, entity.MergeOptions{})
}
