package ngsild

import (
	"net/http"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

// Media types.
const (
	typeJSON  = "application/json"
	typeLD    = "application/ld+json"
	typeGeo   = "application/geo+json"
	typeMerge = "application/merge-patch+json"
)

// requestContext is the @context of a request.
type requestContext struct {
	*ldctx.Context
}

// linkContext finds the @context of a request without a body, or with a body
// that has none: that of its Link header, else the core alone (CIM 009,
// 6.3.5).
func (c *call) linkContext() (*requestContext, error) {
	url, err := contexts.FromLink(c.r.Header["Link"])
	if err != nil {
		return nil, err
	}
	if url == "" {
		return &requestContext{ldctx.Core()}, nil
	}
	x, err := c.o.Contexts.ResolveURL(c.ctx(), url)
	return &requestContext{x}, err
}

// media reads the media type of the request's body; merge-patch+json equals
// json and goes with PATCH only (CIM 009, 6.3.4).
func (c *call) media() (string, error) {
	accepts := []string{typeJSON, typeLD}
	if c.r.Method == http.MethodPatch {
		accepts = append(accepts, typeMerge)
	}
	m, err := httpx.MediaType(c.r, accepts...)
	if m == typeMerge {
		m = typeJSON
	}
	return m, err
}

// bodyContext reads the body, which is one document, and finds its @context
// (CIM 009, 6.3.5).
//
// Errors: problem.BadRequestData if it stands where it may not, or does not
// stand where it must.
func (c *call) bodyContext() (jsontree.Node, *requestContext, error) {
	n, m, err := c.anyBody()
	if err != nil {
		return n, nil, err
	}
	rc, err := c.contextIn(n, m)
	return n, rc, err
}

// anyBody reads the body and checks media type and headers.
func (c *call) anyBody() (jsontree.Node, string, error) {
	m, err := c.media()
	if err != nil {
		return jsontree.Node{}, "", err
	}
	if m == typeLD {
		if url, err := contexts.FromLink(c.r.Header["Link"]); err != nil || url != "" {
			if err == nil {
				err = problem.New(problem.BadRequestData, "a body of type %s carries its @context within: send no Link header with one", typeLD)
			}
			return jsontree.Node{}, "", err
		}
	}
	n, err := c.body()
	return n, m, err
}

// contextIn finds the @context of one document of a body of media type m.
func (c *call) contextIn(n jsontree.Node, m string) (*requestContext, error) {
	v, ok := n.Get("@context")
	if m == typeJSON {
		if ok {
			return nil, problem.New(problem.BadRequestData, "a body of type %s has its @context in a Link header: send it so, or as %s", typeJSON, typeLD)
		}
		return c.linkContext()
	}
	if !ok {
		return nil, problem.New(problem.BadRequestData, "a body of type %s has a member \"@context\"; there is none", typeLD)
	}
	x, err := c.o.Contexts.Resolve(c.ctx(), v)
	return &requestContext{x}, err
}

// names reads a list of attribute names and expands them.
func (rc *requestContext) names(list []string) ([]string, error) {
	out := make([]string, 0, len(list))
	for _, s := range list {
		n, err := rc.ExpandTerm(strings.TrimSpace(s))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

// coreLink is the Link header of all who name no @context. Nobody appends to
// it in place: its capacity is its length.
var coreLink = [1]string{linkTo(ldctx.CoreURL)}

func linkTo(url string) string {
	return "<" + url + `>; rel="` + contexts.LinkRel + `"; type="application/ld+json"`
}

// setLink names the @context in a Link header (CIM 009, 6.3.6). One that has
// no address of its own is given one here.
func (c *call) setLink(rc *requestContext) error {
	h := c.w.Header()
	if rc.Context == ldctx.Core() && len(h["Link"]) == 0 {
		h["Link"] = coreLink[:]
		return nil
	}
	url, ok := rc.URL()
	if !ok {
		u, id, err := c.o.Contexts.Implicit(c.ctx(), c.broker.Space.Tenant, rc.Context)
		if err != nil {
			return err
		}
		if url = u; id != "" {
			url = httpx.BaseURL(c.r) + contexts.Path(id)
		}
	}
	h.Add("Link", linkTo(url))
	return nil
}
