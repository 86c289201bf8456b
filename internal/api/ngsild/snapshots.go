package ngsild

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/snapshot"
)

// snapshots keeps snapshots: *snapshot.Service.
type snapshots interface {
	Create(ctx context.Context, who broker.Call, d *snapshot.Document, sels []snapshot.Selection) (snapshot.Snapshot, error)
	Clone(ctx context.Context, tenant, source string, d *snapshot.Document) (snapshot.Snapshot, error)
	Get(tenant, id string) (snapshot.Snapshot, error)
	Update(ctx context.Context, tenant, id string, d *snapshot.Document) (snapshot.Snapshot, error)
	Delete(ctx context.Context, tenant, id string) error
	Purge(ctx context.Context, tenant string, match func(*snapshot.Snapshot) bool) []snapshot.Deletion
	HoldFor(tenant, id string, write bool) (layer string, release func(), err error)
}

const snapshotHeader = "NGSILD-Snapshot"

// onSnapshots reports whether operations below path can be about a snapshot:
// those of the Core and Temporal APIs (CIM 009, 5.5.15).
func onSnapshots(path string) bool {
	first, _, _ := strings.Cut(path[1:], "/")
	return slices.Contains([]string{"entities", "types", "attributes", "entityOperations", "temporal", "subscriptions"}, first) &&
		!strings.HasPrefix(path, "/temporal/entityMaps")
}

// enter brings c to the snapshot that the request names, if it names one
// (CIM 009, 6.3.22), and gives what is to be called when it has ended.
//
// Errors: problem.BadRequestData; problem.ResourceNotFound; problem.Conflict.
func (c *call) enter(op *operation, rule access.Rule) (leave func(), err error) {
	ids := c.r.Header.Values(snapshotHeader)
	if len(ids) == 0 {
		return func() {}, nil
	}
	c.w.Header().Set(snapshotHeader, ids[0])
	switch {
	case len(ids) > 1 || entity.CheckURI(ids[0]) != nil:
		return nil, problem.New(problem.BadRequestData, "the header %s has the id of one snapshot, which is a URI", snapshotHeader)
	case !op.snapshots:
		return nil, problem.New(problem.BadRequestData, "the header %s does not go with this operation: it is about entities, their history and subscriptions", snapshotHeader)
	}
	// What is published of main says nothing of snapshots: who reads them may
	// read.
	if who := access.From(c.ctx()); rule == access.PublicDataset {
		if err := access.Read.Allow(who); err != nil {
			return nil, err
		}
	}
	keeper, err := c.snapshots()
	if err != nil {
		return nil, err
	}
	layer, leave, err := keeper.HoldFor(c.broker.Space.Tenant, ids[0], rule == access.Write)
	if err != nil {
		return nil, err
	}
	c.broker.Space.Layer = layer
	return leave, nil
}

// local makes x a query of this broker alone if c is about a snapshot, whatever
// was said (CIM 009, 5.5.13).
func (c *call) local(x *conditions) {
	if c.broker.Space.Layer != "" {
		yes := true
		x.local = &yes
	}
}

func (c *call) snapshots() (snapshots, error) {
	if c.o.Snapshots == nil {
		return nil, problem.New(problem.NotImplemented, "this server keeps no snapshots")
	}
	return c.o.Snapshots, c.tenantExists()
}

// oneSnapshot gives the keeper and the identifier in the path.
func (c *call) oneSnapshot() (keeper snapshots, id string, err error) {
	if keeper, err = c.snapshots(); err != nil {
		return nil, "", err
	}
	id = c.r.PathValue("snapshotId")
	if err := entity.CheckURI(id); err != nil {
		return nil, "", problem.New(problem.BadRequestData, "the snapshot id %.80q is not a URI: %s", id, err.Error())
	}
	return keeper, id, nil
}

// snapshotDocument reads the body of an operation on snapshots.
func (c *call) snapshotDocument(use snapshot.Use) (d snapshot.Document, rc *requestContext, err error) {
	n, rc, err := c.bodyContext()
	if err != nil {
		return d, nil, err
	}
	n = n.Without("@context")
	if use == snapshot.ToUpdate && n.Kind() == jsontree.Object && n.Len() == 0 {
		return d, nil, problem.New(problem.BadRequestData, "the fragment has nothing in it: send what is to change")
	}
	if d, err = snapshot.Parse(n, use); err != nil {
		return d, nil, err
	}
	if d.Endpoint != "" && c.o.CheckEndpoint != nil {
		err = c.o.CheckEndpoint(d.Endpoint)
	}
	return d, rc, err
}

// createSnapshot answers POST /snapshots (CIM 009, 5.16.1, 6.36.3.1).
func (c *call) createSnapshot() error {
	keeper, err := c.snapshots()
	if err != nil {
		return err
	}
	d, rc, err := c.snapshotDocument(snapshot.ToCreate)
	if err != nil {
		return err
	}
	var sels []snapshot.Selection
	for _, list := range []struct {
		name     string
		queries  jsontree.Node
		temporal bool
	}{{"snapshotQueries", d.Queries, false}, {"snapshotTemporalQueries", d.Temporal, true}} {
		for i, n := range list.queries.Items() {
			sel, err := c.selection(n, rc, list.temporal)
			if err != nil {
				return problem.Wrap(problem.KindOf(err), err, "%s[%d]: %s", list.name, i, problem.DetailOf(err))
			}
			sels = append(sels, sel)
		}
	}
	s, err := keeper.Create(c.ctx(), c.broker, &d, sels)
	if err != nil {
		return err
	}
	return httpx.Created(c.w, Base+"/snapshots/"+url.PathEscape(s.ID))
}

// selection reads one query of a snapshot (CIM 009, 5.2.23).
func (c *call) selection(n jsontree.Node, rc *requestContext, temporal bool) (sel snapshot.Selection, err error) {
	var t times
	var member func(string, jsontree.Node) error
	formats := entityFormats()
	if temporal {
		member, formats = t.member, temporalFormats()
		if _, ok := n.Get("temporalQ"); !ok {
			return sel, problem.New(problem.BadRequestData, "a temporal query has temporalQ")
		}
	}
	w, x, err := c.readQuery(n, formats, member)
	if err != nil {
		return sel, err
	}
	s, err := c.shape(typeJSON, rc, w)
	if err != nil {
		return sel, err
	}
	x.join, x.datasets = s.join, s.view.Datasets
	if _, err := x.order.build(rc, x.isLocal()); err != nil {
		return sel, err
	}
	if sel.Query, err = x.build(rc, s.attrs); err != nil {
		return sel, err
	}
	sel.Keep = func(name entity.Name, dataset string) bool {
		return (s.view.Pick == nil || s.view.Pick.Has(name)) && (s.view.Omit == nil || !s.view.Omit.Has(name)) &&
			(s.view.Datasets == nil || slices.Contains(s.view.Datasets, dataset))
	}
	if s.join.kind != noJoin {
		sel.Join = max(s.join.level, 1)
	}
	if !temporal {
		return sel, nil
	}
	if t.rel == "" {
		return sel, problem.New(problem.BadRequestData, "a query of history needs timerel and timeAt (CIM 009, 5.7.4.4)")
	}
	sel.Temporal, sel.Window, sel.LastN = true, t.window(), t.lastN
	return sel, nil
}

// cloneSnapshot answers POST /snapshots/{snapshotId}/clone (CIM 009, 5.16.2,
// 6.38.3.1).
func (c *call) cloneSnapshot() error {
	keeper, id, err := c.oneSnapshot()
	if err != nil {
		return err
	}
	d, _, err := c.snapshotDocument(snapshot.ToClone)
	if err != nil {
		return err
	}
	s, err := keeper.Clone(c.ctx(), c.broker.Space.Tenant, id, &d)
	if err != nil {
		return err
	}
	return httpx.Created(c.w, Base+"/snapshots/"+url.PathEscape(s.ID))
}

// retrieveSnapshot answers GET /snapshots/{snapshotId} (CIM 009, 5.16.3,
// 6.37.3.1).
func (c *call) retrieveSnapshot() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	keeper, id, err := c.oneSnapshot()
	if err != nil {
		return err
	}
	s, err := keeper.Get(c.broker.Space.Tenant, id)
	if err != nil {
		return err
	}
	return c.writeSnapshot(&s, rc, media)
}

func (c *call) writeSnapshot(s *snapshot.Snapshot, rc *requestContext, media string) error {
	n := s.JSON()
	if media == typeLD {
		n = n.With("@context", rc.Source())
	} else if err := c.setLink(rc); err != nil {
		return err
	}
	return httpx.WriteBody(c.w, http.StatusOK, media, n.Append(nil))
}

// updateSnapshot answers PATCH /snapshots/{snapshotId} (CIM 009, 5.16.4,
// 6.37.3.2).
func (c *call) updateSnapshot() error {
	media, err := c.negotiate(false)
	if err != nil {
		return err
	}
	keeper, id, err := c.oneSnapshot()
	if err != nil {
		return err
	}
	d, rc, err := c.snapshotDocument(snapshot.ToUpdate)
	if err != nil {
		return err
	}
	s, err := keeper.Update(c.ctx(), c.broker.Space.Tenant, id, &d)
	if err != nil {
		return err
	}
	return c.writeSnapshot(&s, rc, media)
}

// deleteSnapshot answers DELETE /snapshots/{snapshotId} (CIM 009, 5.16.5,
// 6.37.3.3).
func (c *call) deleteSnapshot() error {
	keeper, id, err := c.oneSnapshot()
	if err != nil {
		return err
	}
	if err := keeper.Delete(c.ctx(), c.broker.Space.Tenant, id); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// purgeSnapshots answers DELETE /snapshots (CIM 009, 5.16.7, 6.36.3.2).
func (c *call) purgeSnapshots() error {
	keeper, err := c.snapshots()
	if err != nil {
		return err
	}
	text := c.params.get("q")
	if text == "" {
		return problem.New(problem.BadRequestData, "a purge of snapshots needs q, such as q=snapshotPriority<5")
	}
	filter, err := q.Parse(text, q.Options{Names: snapshotMembers{}})
	if err != nil {
		return err
	}
	qq := query.Query{Filter: filter}
	b := &batch{}
	for _, d := range keeper.Purge(c.ctx(), c.broker.Space.Tenant, func(s *snapshot.Snapshot) bool { return qq.Match(snapshotEntity(s), nil) }) {
		if d.Err != nil {
			b.errors = append(b.errors, itemError{d.ID, d.Err})
		} else {
			b.success = append(b.success, d.ID)
		}
	}
	if len(b.success)+len(b.errors) == 0 {
		return problem.New(problem.ResourceNotFound, "no snapshot matches q (CIM 009, 6.36.3.2)")
	}
	return c.answer(b)
}

// snapshotMembers are the names that q may have when it selects snapshots
// (CIM 009, 4.9), also as 5.16 writes them where it differs from the table.
type snapshotMembers struct{}

const corePrefix = "https://uri.etsi.org/ngsi-ld/"

// ExpandTerm gives the IRI of a member.
// Errors: problem.BadRequestData for any other name.
func (snapshotMembers) ExpandTerm(name string) (string, error) {
	switch name {
	case "snapshotQueryDetails":
		name = "snapshotQueriesDetails"
	case "snapshotTemporalQueryDetails", "temporalSnapshotQueriesDetails":
		name = "snapshotTemporalQueriesDetails"
	case "id", "type", "snapshotQueries", "snapshotTemporalQueries", "snapshotLifetime", "snapshotPriority", "endpoint", "receiverInfo",
		"snapshotStatus", "snapshotQueriesDetails", "snapshotTemporalQueriesDetails", "createdAt", "modifiedAt", "expiresAt", "lastUsedAt":
	default:
		return "", problem.New(problem.BadRequestData, "q: a snapshot has no member %.80q (CIM 009, 5.2.41)", name)
	}
	return corePrefix + name, nil
}

// ExpandVocab leaves values as they are.
func (snapshotMembers) ExpandVocab(value string) string { return value }

// snapshotEntity gives s as q looks at it.
func snapshotEntity(s *snapshot.Snapshot) *entity.Entity {
	e := &entity.Entity{ID: entity.ID(s.ID), Types: []entity.Name{corePrefix + "Snapshot"}, CreatedAt: s.CreatedAt, ModifiedAt: s.ModifiedAt, ExpiresAt: s.ExpiresAt}
	for name, v := range s.JSON().Members() {
		value := v.Append(nil)
		switch name {
		case "createdAt", "modifiedAt", "expiresAt", "lastUsedAt":
			value = []byte(`{"@type":"DateTime","@value":` + strconv.Quote(v.Str()) + `}`)
		case "snapshotStatus":
			if v.Str() == snapshot.Preparing {
				value = []byte(`["preparing","preparation"]`) // table 5.2.41-2, and 5.16.1.4
			}
		}
		e.Attrs = append(e.Attrs, entity.Instance{Name: entity.Name(corePrefix + name), Kind: entity.Property, Value: value})
	}
	return e
}
