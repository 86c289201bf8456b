package ngsild

import (
	"net/http"
	"strconv"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
)

// addContext answers POST /jsonldContexts (CIM 009, 5.13.2, 6.29.3.1).
func (c *call) addContext() error {
	if _, err := c.media(); err != nil {
		return err
	}
	n, err := c.body()
	if err != nil {
		return err
	}
	id, err := c.o.Contexts.Add(c.ctx(), c.broker.Space.Tenant, n)
	if err != nil {
		return err
	}
	return httpx.Created(c.w, contexts.Path(id))
}

// listContexts answers GET /jsonldContexts (CIM 009, 5.13.3, 6.29.3.2).
func (c *call) listContexts() error {
	media, err := c.negotiate(false)
	if err != nil {
		return err
	}
	details, err := c.params.flag("details")
	if err != nil {
		return err
	}
	kind := contexts.Kind(c.params.get("kind"))
	switch kind {
	case contexts.Hosted, contexts.Cached, contexts.ImplicitlyCreated:
	default:
		if c.params.has("kind") {
			return problem.New(problem.BadRequestData, "kind is Cached, Hosted or ImplicitlyCreated, not %.40q", string(kind))
		}
	}
	w := &writer{}
	w.raw("[")
	for _, i := range c.o.Contexts.List(c.broker.Space.Tenant, kind) {
		if details {
			c.contextInfo(w, i)
			continue
		}
		w.sep()
		w.buf = jsontree.AppendString(w.buf, c.contextURL(i))
	}
	w.end("]")
	return c.aboutContexts(media, w.buf)
}

// aboutContexts writes what is told about contexts, whose words are those of
// the core; as JSON it says so in a Link header (CIM 009, 6.3.6).
func (c *call) aboutContexts(media string, body []byte) error {
	if media == typeJSON {
		if err := c.setLink(&requestContext{ldctx.Core()}); err != nil {
			return err
		}
	}
	return httpx.WriteBody(c.w, http.StatusOK, media, body)
}

func (c *call) contextURL(i contexts.Info) string {
	if i.URL != "" {
		return i.URL
	}
	return httpx.BaseURL(c.r) + contexts.Path(i.ID)
}

// contextInfo writes what is told about a context (CIM 009, 5.13.3.5).
func (c *call) contextInfo(w *writer, i contexts.Info) {
	at := func(t time.Time) string { return timespan.FromTime(t).String() }
	w.raw("{")
	w.text("URL", c.contextURL(i))
	w.text("localId", i.ID)
	w.text("kind", string(i.Kind))
	w.text("createdAt", at(i.Created))
	if !i.Expires.IsZero() {
		w.text("expiresAt", at(i.Expires))
	}
	if !i.LastUsed.IsZero() {
		w.text("lastUsage", at(i.LastUsed))
	}
	w.raw(`"numberOfHits":` + strconv.FormatInt(i.Hits, 10))
	w.end("}")
}

// serveContext answers GET /jsonldContexts/{contextId} (CIM 009, 5.13.4,
// 6.30.3.1).
func (c *call) serveContext() error {
	media, err := c.negotiate(false)
	if err != nil {
		return err
	}
	details, err := c.params.flag("details")
	if err != nil {
		return err
	}
	ref := c.r.PathValue("contextId")
	if details {
		i, err := c.o.Contexts.Info(c.broker.Space.Tenant, ref)
		if err != nil {
			return err
		}
		w := &writer{}
		c.contextInfo(w, i)
		return c.aboutContexts(media, w.buf)
	}
	n, err := c.o.Contexts.Serve(c.broker.Space.Tenant, ref)
	if err != nil {
		return err
	}
	return httpx.WriteBody(c.w, http.StatusOK, media, n.Append(nil))
}

// deleteContext answers DELETE /jsonldContexts/{contextId} (CIM 009, 5.13.5,
// 6.30.3.2).
func (c *call) deleteContext() error {
	reload, err := c.params.flag("reload")
	if err != nil {
		return err
	}
	ref, tenant := c.r.PathValue("contextId"), c.broker.Space.Tenant
	if reload {
		err = c.o.Contexts.Reload(c.ctx(), tenant, ref)
	} else {
		err = c.o.Contexts.Delete(c.ctx(), tenant, ref)
	}
	if err != nil {
		return err
	}
	return httpx.NoContent(c.w)
}
