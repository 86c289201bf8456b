package ngsild

import (
	"net/http"
	"net/url"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/represent"
)

// createEntity answers POST /entities (CIM 009, 5.6.1, 6.4.3.1).
func (c *call) createEntity() error {
	n, rc, err := c.bodyContext()
	if err != nil {
		return err
	}
	f, err := represent.In{Context: rc.Context}.Entity(n)
	if err != nil {
		return err
	}
	if err := c.o.Broker.Create(c.ctx(), c.broker, f); err != nil {
		return err
	}
	return httpx.Created(c.w, Base+"/entities/"+url.PathEscape(string(f.ID)))
}

// entityFormats are the forms of entities, the default one first.
func entityFormats() []string { return []string{"normalized", "concise", "simplified"} }

// retrieveEntity answers GET /entities/{entityId} (CIM 009, 5.7.1, 6.5.3.1).
func (c *call) retrieveEntity() error {
	media, err := c.negotiate(true)
	if err != nil {
		return err
	}
	id, err := c.entityID()
	if err != nil {
		return err
	}
	rc, err := c.linkContext()
	if err != nil {
		return err
	}
	w, err := c.params.wishes(entityFormats())
	if err != nil {
		return err
	}
	s, err := c.shape(media, rc, w)
	if err != nil {
		return err
	}
	e, err := c.o.Broker.Entity(c.ctx(), c.broker, id)
	if err != nil {
		return err
	}
	if err := c.typeSelects(rc, e); err != nil {
		return err
	}
	if s.attrs != nil && !hasAny(e, s.attrs) {
		return problem.New(problem.ResourceNotFound, "the entity %s has none of the attributes asked for", id)
	}
	var mp mapping
	if err := c.params.mapping(&mp); err != nil {
		return err
	}
	if err := c.oneEntity(&mp, e.Number, id); err != nil {
		return err
	}
	buf := c.buffer()
	if s.join.kind == flat {
		return c.writeAll(s, buf, []*entity.Entity{e})
	}
	view, done := c.inline(s)
	if media == typeGeo {
		buf = view.AppendFeature(buf, e)
	} else {
		buf = view.AppendEntity(buf, e)
	}
	if err := done(); err != nil {
		return err
	}
	return c.write(s, buf)
}

func hasAny(e *entity.Entity, names []entity.Name) bool {
	for _, n := range names {
		if e.Has(n) {
			return true
		}
	}
	return false
}

// typeSelects holds e to the parameter type, if it was sent: an entity that
// it does not select is not there.
func (c *call) typeSelects(rc *requestContext, e *entity.Entity) error {
	if !c.params.has("type") {
		return nil
	}
	x, err := q.Types(c.params.get("type"), rc)
	if err != nil {
		return err
	}
	if e != nil && !x.Match(e.Types) {
		return problem.New(problem.ResourceNotFound, "there is no entity %s of the type %s", e.ID, c.params.get("type"))
	}
	return nil
}

// ofType looks at the entity first if the parameter type was sent.
func (c *call) ofType(rc *requestContext, id entity.ID) error {
	if !c.params.has("type") {
		return nil
	}
	if err := c.typeSelects(rc, nil); err != nil {
		return err
	}
	e, err := c.o.Broker.Entity(c.ctx(), c.broker, id)
	if err != nil {
		return err
	}
	return c.typeSelects(rc, e)
}

// deleteEntity answers DELETE /entities/{entityId} (CIM 009, 5.6.6, 6.5.3.2).
func (c *call) deleteEntity() error {
	id, rc, err := c.target()
	if err != nil {
		return err
	}
	if err := c.ofType(rc, id); err != nil {
		return err
	}
	if err := c.o.Broker.Delete(c.ctx(), c.broker, id); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// target reads entity id and @context of a request without a body.
func (c *call) target() (entity.ID, *requestContext, error) {
	id, err := c.entityID()
	if err != nil {
		return "", nil, err
	}
	rc, err := c.linkContext()
	return id, rc, err
}

// bodyTarget reads entity id, body and @context of a request with a body.
func (c *call) bodyTarget() (entity.ID, jsontree.Node, *requestContext, error) {
	id, err := c.entityID()
	if err != nil {
		return "", jsontree.Node{}, nil, err
	}
	n, rc, err := c.bodyContext()
	if err != nil {
		return "", n, nil, err
	}
	return id, n, rc, c.ofType(rc, id)
}

// fragment reads a fragment of the entity id: an id within must be the same
// (CIM 009, 5.4).
func fragment(in represent.In, id entity.ID, n jsontree.Node) (entity.Fragment, error) {
	f, err := in.Fragment(n)
	if err != nil {
		return f, err
	}
	if f.ID != "" && f.ID != id {
		return f, problem.New(problem.BadRequestData, "the body is about %s, the path about %s", f.ID, id)
	}
	f.ID = id
	return f, nil
}

// unlessUnknown gives what is wrong with a fragment, or that there is no entity
// id to apply it to, which is to be found out first (CIM 009, 5.6.2.4, 5.6.3.4,
// 5.6.17.4, 5.6.18.4). Fragments in order need no second look.
func (c *call) unlessUnknown(id entity.ID, wrong error) error {
	if _, err := c.o.Broker.Entity(c.ctx(), c.broker, id); err != nil {
		return err
	}
	return wrong
}

// replaceEntity answers PUT /entities/{entityId} (CIM 009, 5.6.18, 6.5.3.3).
func (c *call) replaceEntity() error {
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	f, err := fragment(represent.In{Context: rc.Context}, id, n)
	if err != nil {
		return c.unlessUnknown(id, err)
	}
	if err := c.o.Broker.Replace(c.ctx(), c.broker, f); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// mergeEntity answers PATCH /entities/{entityId} (CIM 009, 5.6.17, 6.5.3.4).
func (c *call) mergeEntity() error {
	o, simplified, err := c.mergeOptions()
	if err != nil {
		return err
	}
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	f, err := fragment(mergeIn(rc, simplified), id, n)
	if err != nil {
		return c.unlessUnknown(id, err)
	}
	if err := c.o.Broker.Merge(c.ctx(), c.broker, f, o); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

func mergeIn(rc *requestContext, simplified bool) represent.In {
	return represent.In{Context: rc.Context, Nulls: represent.DeepNulls, MembersOnly: true, Simplified: simplified}
}

// mergeOptions reads the parameters of a merge.
func (c *call) mergeOptions() (o entity.MergeOptions, simplified bool, err error) {
	// The one form there is to name; normalized and concise need no name
	// (CIM 009, table 6.5.3.4-1).
	if _, _, err = c.params.options([]string{"simplified"}); err != nil {
		return o, false, err
	}
	o.KeepKinds = c.params.has("format") || c.params.has("options")
	if o.ObservedAt, err = c.params.instant("observedAt"); err != nil {
		return o, false, err
	}
	if c.params.has("lang") {
		o.Lang = c.params.get("lang")
		if ls, err := represent.ParseLanguages(o.Lang); err != nil || len(ls) != 1 || ls[0].Tag == "*" {
			return o, false, problem.New(problem.BadRequestData, "lang is one language tag here, not %.40q", o.Lang)
		}
	}
	return o, o.KeepKinds, nil
}

// appendAttrs answers POST /entities/{entityId}/attrs (CIM 009, 5.6.3,
// 6.6.3.1).
func (c *call) appendAttrs() error {
	_, on, err := c.params.options(nil, "noOverwrite")
	if err != nil {
		return err
	}
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	f, err := fragment(represent.In{Context: rc.Context}, id, n)
	if err != nil {
		return c.unlessUnknown(id, err)
	}
	if err := notEmpty(&f); err != nil {
		return c.unlessUnknown(id, err)
	}
	rep, err := c.o.Broker.Append(c.ctx(), c.broker, f, !on["noOverwrite"])
	if err != nil {
		return err
	}
	return c.report(rep)
}

func notEmpty(f *entity.Fragment) error {
	if len(f.Attrs) == 0 && len(f.Types) == 0 && !f.HasScope && !f.HasExpiry {
		return problem.New(problem.BadRequestData, "the fragment has nothing in it: send at least one attribute")
	}
	return nil
}

// updateAttrs answers PATCH /entities/{entityId}/attrs (CIM 009, 5.6.2,
// 6.6.3.2).
func (c *call) updateAttrs() error {
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	f, err := fragment(represent.In{Context: rc.Context, Nulls: represent.AttrNulls}, id, n)
	if err != nil {
		return c.unlessUnknown(id, err)
	}
	if err := notEmpty(&f); err != nil {
		return c.unlessUnknown(id, err)
	}
	rep, err := c.o.Broker.Update(c.ctx(), c.broker, f)
	if err != nil {
		return err
	}
	return c.report(rep)
}

// report answers 204 if all was done, else 207 with what was not (CIM 009,
// 5.2.18). Names are full IRIs, for there is no @context (CIM 009, 6.3.6).
func (c *call) report(rep entity.Report) error {
	if len(rep.NotUpdated) == 0 {
		return httpx.NoContent(c.w)
	}
	body := []byte(`{"updated":[`)
	for i, n := range rep.Updated {
		if i > 0 {
			body = append(body, ',')
		}
		body = jsontree.AppendString(body, string(n))
	}
	body = append(body, `],"notUpdated":[`...)
	for i, x := range rep.NotUpdated {
		if i > 0 {
			body = append(body, ',')
		}
		body = jsontree.AppendString(append(body, `{"attributeName":`...), string(x.Name))
		if x.Dataset != "" {
			body = jsontree.AppendString(append(body, `,"datasetId":`...), x.Dataset)
		}
		body = jsontree.AppendString(append(body, `,"reason":`...), x.Reason)
		body = append(body, '}')
	}
	return httpx.WriteBody(c.w, http.StatusMultiStatus, typeJSON, append(body, `]}`...))
}

// updateAttr answers PATCH /entities/{entityId}/attrs/{attrId} (CIM 009,
// 5.6.4, 6.7.3.1).
func (c *call) updateAttr() error {
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	p, err := represent.In{Context: rc.Context}.AttributePatch(c.r.PathValue("attrId"), n)
	if err != nil {
		return err
	}
	if n.Without("@context").Len() == 0 {
		return problem.New(problem.BadRequestData, "the fragment has nothing in it: send what is to change")
	}
	if err := c.o.Broker.Partial(c.ctx(), c.broker, id, p); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// replaceAttr answers PUT /entities/{entityId}/attrs/{attrId} (CIM 009,
// 5.6.19, 6.7.3.3).
func (c *call) replaceAttr() error {
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	in, err := represent.In{Context: rc.Context}.Attribute(c.r.PathValue("attrId"), n)
	if err != nil {
		return err
	}
	if err := c.o.Broker.ReplaceAttr(c.ctx(), c.broker, id, in); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// deleteAttr answers DELETE /entities/{entityId}/attrs/{attrId} (CIM 009,
// 5.6.5, 6.7.3.2).
func (c *call) deleteAttr() error {
	id, rc, err := c.target()
	if err != nil {
		return err
	}
	dataset, all, err := c.params.whichInstances()
	if err != nil {
		return err
	}
	if err := c.ofType(rc, id); err != nil {
		return err
	}
	if c.r.PathValue("attrId") == "scope" {
		err = c.o.Broker.DeleteScope(c.ctx(), c.broker, id)
	} else {
		var name entity.Name
		if _, name, err = c.attrName(rc); err == nil {
			err = c.o.Broker.DeleteAttr(c.ctx(), c.broker, id, name, dataset, all)
		}
	}
	if err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// whichInstances reads datasetId and deleteAll.
func (p params) whichInstances() (dataset string, all bool, err error) {
	if all, err = p.flag("deleteAll"); err != nil {
		return "", false, err
	}
	dataset = p.get("datasetId")
	switch {
	case dataset == "@none":
		dataset = ""
	case dataset == "" && !p.has("datasetId"):
	case entity.CheckURI(dataset) != nil:
		return "", false, problem.New(problem.BadRequestData, "datasetId: %.80q is neither a URI nor @none", dataset)
	}
	return dataset, all, nil
}
