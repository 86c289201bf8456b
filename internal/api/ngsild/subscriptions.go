package ngsild

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/watch"
)

// kept gives the keeper of subscriptions.
func (c *call) kept() (subscriptions, error) {
	if c.o.Subscriptions == nil {
		return nil, problem.New(problem.NotImplemented, "this server keeps no subscriptions")
	}
	return c.o.Subscriptions, nil
}

// scope names what the subscriptions of c are about: its tenant, or a snapshot
// of it.
func (c *call) scope() string { return watch.ScopeOf(c.broker.Space.Tenant, c.broker.Space.Layer) }

// tenantExists refuses a tenant that was never made (CIM 009, 5.5.10).
func (c *call) tenantExists() error {
	if c.broker.Space.Tenant == "" || c.o.Tenants == nil {
		return nil
	}
	list, err := c.o.Tenants(c.ctx())
	if err != nil {
		return err
	}
	if !slices.Contains(list, c.broker.Space.Tenant) {
		return problem.New(problem.NonexistentTenant, "there is no tenant %s", c.broker.Space.Tenant)
	}
	return nil
}

// createSubscription answers POST /subscriptions (CIM 009, 5.8.1, 6.10.3.1).
func (c *call) createSubscription() error {
	subs, err := c.kept()
	if err != nil {
		return err
	}
	n, rc, err := c.bodyContext()
	if err != nil {
		return err
	}
	now := c.o.Now()
	if n, err = plainNames(n); err != nil {
		return err
	}
	sub, err := watch.Parse(n.Without("@context"), rc, c.scope(), now)
	if err != nil {
		return err
	}
	if sub.ID == "" {
		var b [16]byte
		rand.Read(b[:]) // never fails
		sub.ID = "urn:ngsi-ld:Subscription:" + hex.EncodeToString(b[:])
	}
	named := sub.Context != nil
	if err := c.complete(sub, rc, named); err != nil {
		return err
	}
	sub.Account, sub.Snapshot = access.From(c.ctx()).Account, c.r.Header.Get(snapshotHeader)
	if err := c.o.Broker.MakeTenant(c.ctx(), c.broker); err != nil {
		return err
	}
	if !named { // one within the body gets an address, for notifications to name (CIM 009, 5.13.1)
		if _, _, err := c.o.Contexts.Implicit(c.ctx(), sub.Tenant, rc.Context); err != nil {
			return err
		}
	}
	if err := subs.Create(c.ctx(), sub); err != nil {
		return err
	}
	return httpx.Created(c.w, Base+"/subscriptions/"+url.PathEscape(sub.ID))
}

// complete checks what a subscription reaches out to: its endpoint, and the
// @context to notify with, which must be there now if the request names it
// (CIM 009, 5.8.1.4, 5.8.2.4).
func (c *call) complete(sub *watch.Subscription, rc *requestContext, named bool) error {
	if c.o.CheckEndpoint != nil {
		if err := c.o.CheckEndpoint(sub.Endpoint.URI); err != nil {
			return err
		}
	}
	if sub.Context == nil {
		sub.Context = rc.Source().Append(nil)
		return nil
	}
	if !named {
		return nil
	}
	v, err := jsontree.Parse(sub.Context, jsontree.Limits{})
	if err != nil {
		return err
	}
	_, err = c.o.Contexts.Resolve(c.ctx(), v)
	return err
}

// listSubscriptions answers GET /subscriptions (CIM 009, 5.8.4, 6.10.3.2).
func (c *call) listSubscriptions() error {
	subs, media, rc, sysAttrs, err := c.readSubscriptions()
	if err != nil {
		return err
	}
	pg, err := c.page()
	if err != nil {
		return err
	}
	if err := c.tenantExists(); err != nil {
		return err
	}
	page, total := subs.List(c.scope(), pg.offset, max(pg.limit, 1))
	if len(page) == 0 && pg.offset > 0 && total > 0 { // CIM 009, 6.3.10: the last one
		pg.offset = total - 1
		page, total = subs.List(c.scope(), pg.offset, 1)
	}
	if pg.limit == 0 {
		page = nil
	}
	body := []byte{'['}
	for _, s := range page {
		_, counters, err := subs.Get(s.Tenant, s.ID)
		if err != nil {
			continue // deleted meanwhile
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = c.subscriptionJSON(body, s, counters, rc, media, sysAttrs)
	}
	c.pageHeaders(pg, media, len(page), total, pg.offset+len(page) < total, nil)
	if media == typeJSON {
		if err := c.setLink(rc); err != nil {
			return err
		}
	}
	return httpx.WriteBody(c.w, http.StatusOK, media, append(body, ']'))
}

func (c *call) readSubscriptions() (subs subscriptions, media string, rc *requestContext, sysAttrs bool, err error) {
	if subs, err = c.kept(); err != nil {
		return
	}
	if media, rc, err = c.discovery(); err != nil {
		return
	}
	_, on, err := c.params.options(nil, "sysAttrs")
	return subs, media, rc, on["sysAttrs"], err
}

func (c *call) subscriptionJSON(dst []byte, s *watch.Subscription, counters watch.Counters, rc *requestContext, media string, sysAttrs bool) []byte {
	n := s.JSON(counters, rc.CompactTerm, sysAttrs, c.o.Now())
	if media == typeLD {
		n = n.With("@context", rc.Source())
	}
	return n.Append(dst)
}

func (c *call) subscriptionID() (string, error) {
	id := c.r.PathValue("subscriptionId")
	if err := entity.CheckURI(id); err != nil {
		return "", problem.New(problem.BadRequestData, "the subscription id %.80q is not a URI: %s", id, err.Error())
	}
	return id, nil
}

// retrieveSubscription answers GET /subscriptions/{subscriptionId} (CIM 009,
// 5.8.3, 6.11.3.1).
func (c *call) retrieveSubscription() error {
	subs, media, rc, sysAttrs, err := c.readSubscriptions()
	if err != nil {
		return err
	}
	id, err := c.subscriptionID()
	if err != nil {
		return err
	}
	if err := c.tenantExists(); err != nil {
		return err
	}
	s, counters, err := subs.Get(c.scope(), id)
	if err != nil {
		return err
	}
	if media == typeJSON {
		if err := c.setLink(rc); err != nil {
			return err
		}
	}
	return httpx.WriteBody(c.w, http.StatusOK, media, c.subscriptionJSON(nil, s, counters, rc, media, sysAttrs))
}

// updateSubscription answers PATCH /subscriptions/{subscriptionId} (CIM 009,
// 5.8.2, 6.11.3.2).
func (c *call) updateSubscription() error {
	subs, err := c.kept()
	if err != nil {
		return err
	}
	id, err := c.subscriptionID()
	if err != nil {
		return err
	}
	n, rc, err := c.bodyContext()
	if err != nil {
		return err
	}
	if err := c.tenantExists(); err != nil {
		return err
	}
	old, _, err := subs.Get(c.scope(), id)
	if err != nil {
		return err
	}
	patch := n.Without("@context")
	if patch.Kind() == jsontree.Object && patch.Len() == 0 {
		return problem.New(problem.BadRequestData, "the fragment has nothing in it: send what is to change")
	}
	if patch, err = plainNames(patch); err != nil {
		return err
	}
	sub, err := old.Patched(patch, rc, c.o.Now())
	if err != nil {
		return err
	}
	_, named := patch.Get("jsonldContext")
	if err := c.complete(sub, rc, named); err != nil {
		return err
	}
	if err := subs.Replace(c.ctx(), sub); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}

// deleteSubscription answers DELETE /subscriptions/{subscriptionId} (CIM 009,
// 5.8.5, 6.11.3.3).
func (c *call) deleteSubscription() error {
	subs, err := c.kept()
	if err != nil {
		return err
	}
	id, err := c.subscriptionID()
	if err != nil {
		return err
	}
	if err := c.tenantExists(); err != nil {
		return err
	}
	if err := subs.Delete(c.ctx(), c.scope(), id); err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}
