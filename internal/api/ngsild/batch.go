package ngsild

import (
	"net/http"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
)

// batch is the outcome of a batch operation, item by item.
type batch struct {
	created []string
	success []string
	errors  []itemError
	context *requestContext // that of all items; nil if each has its own
}

type itemError struct {
	id  string
	err error
}

// items reads the body of a batch: a non-empty array (CIM 009, 5.6.7.4).
func (c *call) items() (jsontree.Node, string, error) {
	n, m, err := c.anyBody()
	if err != nil {
		return n, m, err
	}
	if n.Kind() != jsontree.Array || n.Len() == 0 {
		return n, m, problem.New(problem.BadRequestData, "the body of a batch is a JSON array with at least one item")
	}
	for i, v := range n.Items() {
		if v.IsNull() {
			return n, m, problem.New(problem.BadRequestData, "item %d of the batch is null", i)
		}
	}
	return n, m, nil
}

// batchOf reads a batch of entities and has it done. Items that cannot be
// read are reported and the others done, in their order; data of which no item
// is right is refused as a whole (5.5.4). A document of the wrong media type
// concerns the whole request (CIM 009, 6.3.5).
func (c *call) batchOf(in represent.In, do func([]entity.Fragment) ([]broker.Outcome, error)) (*batch, error) {
	n, m, err := c.items()
	if err != nil {
		return nil, err
	}
	for _, v := range n.Items() {
		if _, ok := v.Get("@context"); ok != (m == typeLD) {
			if _, err := c.contextIn(v, m); err != nil {
				return nil, err
			}
		}
	}
	var shared *requestContext
	if m == typeJSON {
		if shared, err = c.linkContext(); err != nil {
			return nil, err
		}
	}
	b := &batch{context: shared}
	fs := make([]entity.Fragment, 0, n.Len())
	for _, v := range n.Items() {
		f, err := c.item(in, v, m, shared)
		if err != nil {
			id, ok := v.Get("id")
			if !ok {
				id, _ = v.Get("@id")
			}
			b.errors = append(b.errors, itemError{id.Str(), err})
			continue
		}
		fs = append(fs, f)
	}
	if len(fs) == 0 {
		return b, unreadable(b.errors)
	}
	outs, err := do(fs)
	if err != nil {
		return nil, err
	}
	b.add(outs)
	return b, nil
}

// unreadable is the error of a batch of which no item could be read; nil if a
// reason lies elsewhere than in the data, as with a @context out of reach.
func unreadable(items []itemError) error {
	for _, x := range items {
		if !problem.Is(x.err, problem.BadRequestData) {
			return nil
		}
	}
	if len(items) == 1 {
		return items[0].err
	}
	return problem.Wrap(problem.BadRequestData, items[0].err, "none of the %d items can be read; the first one, %.200q: %s", len(items), items[0].id, problem.DetailOf(items[0].err))
}

// item reads one entity of a batch, whose id must be there. Its @context is
// the one shared by all, or its own.
func (c *call) item(in represent.In, v jsontree.Node, m string, shared *requestContext) (entity.Fragment, error) {
	rc := shared
	if rc == nil {
		var err error
		if rc, err = c.contextIn(v, m); err != nil {
			return entity.Fragment{}, err
		}
	}
	in.Context = rc.Context
	f, err := in.Fragment(v)
	if err == nil && f.ID == "" {
		err = problem.New(problem.BadRequestData, "the entity has no id")
	}
	return f, err
}

// whole makes an error of each outcome that left attributes alone: an entity
// counts as updated if its attributes were appended (CIM 009, 5.6.9.4).
func whole(outs []broker.Outcome) {
	for i := range outs {
		if o := &outs[i]; o.Err == nil && len(o.Report.NotUpdated) > 0 {
			names := make([]string, len(o.Report.NotUpdated))
			for k, x := range o.Report.NotUpdated {
				names[k] = string(x.Name)
			}
			o.Err = problem.New(problem.AlreadyExists, "of %s, these attributes exist and noOverwrite was asked for: %s", o.ID, strings.Join(names, ", "))
		}
	}
}

// add takes in what the broker did.
func (b *batch) add(outs []broker.Outcome) {
	for i := range outs {
		o := &outs[i]
		switch {
		case o.Err != nil:
			b.errors = append(b.errors, itemError{string(o.ID), o.Err})
			continue
		case o.Created:
			b.created = append(b.created, string(o.ID))
		}
		b.success = append(b.success, string(o.ID))
	}
}

// answer writes the outcome: 207 if anything failed, else 201 with the ids of
// what was created, else 204.
func (c *call) answer(b *batch) error {
	if len(b.errors) == 0 {
		if len(b.created) == 0 {
			return httpx.NoContent(c.w)
		}
		// The body of ids is JSON, and names the @context that was asked with
		// (CIM 009, 6.3.6); where each item had its own, ids need none but the core.
		rc := b.context
		if rc == nil {
			rc = &requestContext{ldctx.Core()}
		}
		if err := c.setLink(rc); err != nil {
			return err
		}
		return httpx.WriteBody(c.w, http.StatusCreated, typeJSON, appendIDs(nil, b.created))
	}
	body := append([]byte(`{"success":`), appendIDs(nil, b.success)...)
	body = append(body, `,"errors":[`...)
	trace := httpx.TraceID(c.r)
	for i, e := range b.errors {
		if i > 0 {
			body = append(body, ',')
		}
		body = jsontree.AppendString(append(body, `{"entityId":`...), e.id)
		body = httpx.AppendProblem(append(body, `,"error":`...), e.err, trace)
		body = append(body, '}')
	}
	return httpx.WriteBody(c.w, http.StatusMultiStatus, typeJSON, append(body, `]}`...))
}

func appendIDs(dst []byte, ids []string) []byte {
	dst = append(dst, '[')
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontree.AppendString(dst, id)
	}
	return append(dst, ']')
}

// createBatch answers POST /entityOperations/create (CIM 009, 5.6.7).
func (c *call) createBatch() error {
	b, err := c.batchOf(represent.In{}, func(fs []entity.Fragment) ([]broker.Outcome, error) {
		return c.o.Broker.CreateMany(c.ctx(), c.broker, fs)
	})
	if err != nil {
		return err
	}
	return c.answer(b)
}

// upsertBatch answers POST /entityOperations/upsert (CIM 009, 5.6.8).
func (c *call) upsertBatch() error {
	mode, _, err := c.params.options([]string{"replace", "update"})
	if err != nil {
		return err
	}
	m, in := broker.UpsertReplace, represent.In{}
	if mode == "update" {
		m, in.Nulls = broker.UpsertUpdate, represent.AttrNulls
	}
	b, err := c.batchOf(in, func(fs []entity.Fragment) ([]broker.Outcome, error) {
		return c.o.Broker.UpsertMany(c.ctx(), c.broker, fs, m)
	})
	if err != nil {
		return err
	}
	return c.answer(b)
}

// updateBatch answers POST /entityOperations/update (CIM 009, 5.6.9).
func (c *call) updateBatch() error {
	_, on, err := c.params.options(nil, "noOverwrite")
	if err != nil {
		return err
	}
	b, err := c.batchOf(represent.In{}, func(fs []entity.Fragment) ([]broker.Outcome, error) {
		outs, err := c.o.Broker.UpdateMany(c.ctx(), c.broker, fs, !on["noOverwrite"])
		whole(outs)
		return outs, err
	})
	if err != nil {
		return err
	}
	b.created = nil
	return c.answer(b)
}

// mergeBatch answers POST /entityOperations/merge (CIM 009, 5.6.20).
func (c *call) mergeBatch() error {
	o, simplified, err := c.mergeOptions()
	if err != nil {
		return err
	}
	in := represent.In{Nulls: represent.DeepNulls, MembersOnly: true, Simplified: simplified}
	b, err := c.batchOf(in, func(fs []entity.Fragment) ([]broker.Outcome, error) {
		return c.o.Broker.MergeMany(c.ctx(), c.broker, fs, o)
	})
	if err != nil {
		return err
	}
	b.created = nil
	return c.answer(b)
}

// deleteBatch answers POST /entityOperations/delete (CIM 009, 5.6.10): an
// array of ids, which needs no @context.
func (c *call) deleteBatch() error {
	n, _, err := c.items()
	if err != nil {
		return err
	}
	b := &batch{}
	var ids []entity.ID
	for i, v := range n.Items() {
		if v.Kind() != jsontree.String {
			return problem.New(problem.BadRequestData, "item %d of the batch is no entity id, a text", i)
		}
		id, err := entity.ParseID(v.Str())
		if err != nil {
			b.errors = append(b.errors, itemError{v.Str(), err})
			continue
		}
		ids = append(ids, id)
	}
	if len(ids) > 0 {
		outs, err := c.o.Broker.DeleteMany(c.ctx(), c.broker, ids)
		if err != nil {
			return err
		}
		b.add(outs)
	}
	b.created = nil
	return c.answer(b)
}
