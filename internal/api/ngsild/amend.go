package ngsild

import (
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
)

// deleteHistory answers DELETE /temporal/entities/{entityId} (CIM 009,
// 5.6.16, 6.19.3.2).
func (c *call) deleteHistory() error {
	id, _, err := c.target()
	if err != nil {
		return err
	}
	if err := c.o.Broker.ForgetEntity(c.ctx(), c.broker, id); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// deleteAttrHistory answers DELETE /temporal/entities/{entityId}/attrs/{attrId}
// (CIM 009, 5.6.13, 6.21.3.1).
func (c *call) deleteAttrHistory() error {
	id, rc, err := c.target()
	if err != nil {
		return err
	}
	dataset, all, err := c.params.whichInstances()
	if err != nil {
		return err
	}
	_, name, err := c.attrName(rc)
	if c.r.PathValue("attrId") == "scope" {
		name, all = entity.ScopeName, true
	}
	if err == nil {
		err = c.o.Broker.ForgetAttr(c.ctx(), c.broker, id, name, dataset, all)
	}
	if err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// place reads the instance id of the path.
func (c *call) place() (broker.Place, error) {
	s := c.r.PathValue("instanceId")
	if err := entity.CheckURI(s); err != nil {
		return broker.Place{}, problem.New(problem.BadRequestData, "the instanceId %.80q is not a URI: %s", s, err.Error())
	}
	part, at, ordinal, ok := represent.ParseInstanceID(s)
	if !ok {
		return broker.Place{}, problem.New(problem.ResourceNotFound, "there is no instance %.80q; history in its normalised form names them", s)
	}
	return broker.Place{Part: part, At: at, Ordinal: ordinal}, nil
}

// deleteInstance answers DELETE …/attrs/{attrId}/{instanceId} (CIM 009,
// 5.6.15, 6.22.3.2).
func (c *call) deleteInstance() error {
	id, rc, err := c.target()
	if err != nil {
		return err
	}
	_, name, err := c.attrName(rc)
	if err != nil {
		return err
	}
	p, err := c.place()
	if err != nil {
		return err
	}
	if err := c.o.Broker.ForgetInstance(c.ctx(), c.broker, id, name, p); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// modifyInstance answers PATCH …/attrs/{attrId}/{instanceId} (CIM 009,
// 5.6.14, 6.22.3.1). The body is an attribute instance, or a fragment with
// that attribute alone.
func (c *call) modifyInstance() error {
	id, n, rc, err := c.bodyTarget()
	if err != nil {
		return err
	}
	p, err := c.place()
	if err != nil {
		return err
	}
	short := c.r.PathValue("attrId")
	if n, err = only(rc, n, short); err != nil {
		return err
	}
	in, err := represent.In{Context: rc.Context}.Attribute(short, n)
	if err != nil {
		return err
	}
	if err := c.o.Broker.ModifyInstance(c.ctx(), c.broker, id, in, p); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// only unwraps a fragment that holds one attribute with one instance: under
// the name in the path, or another that means the same.
func only(rc *requestContext, n jsontree.Node, attr string) (jsontree.Node, error) {
	if n.Kind() != jsontree.Object {
		return n, nil
	}
	want, err := rc.ExpandTerm(attr)
	if err != nil {
		return n, err
	}
	var in jsontree.Node
	found, other := false, ""
	for name, m := range n.Members() {
		switch name {
		case "@context", "id", "@id", "type", "@type":
			continue
		}
		if iri, err := rc.ExpandTerm(name); err == nil && iri == want {
			in, found = m, true
		} else if other == "" {
			other = name
		}
	}
	switch {
	case !found:
		return n, nil
	case other != "":
		return n, problem.New(problem.BadRequestData, "the body is about one instance of %s and has %.40q too", attr, other)
	case in.Kind() != jsontree.Array:
		return in, nil
	case in.Len() != 1:
		return n, problem.New(problem.BadRequestData, "the body has %d instances of %s; send one", in.Len(), attr)
	}
	return in.Item(0), nil
}
