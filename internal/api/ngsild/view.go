package ngsild

import (
	"net/http"
	"slices"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/represent"
)

// shape is how an answer with entities is to look.
type shape struct {
	media string // its media type
	rc    *requestContext
	view  represent.View
	// wanted are the attributes that the answer can show; nil is all.
	wanted []entity.Name
	// attrs are those of the deprecated parameter attrs, which select too;
	// nil if it was not sent.
	attrs []entity.Name
	join  joining
}

// wishes are what shapes an answer, from parameters or from a posted query.
type wishes struct {
	attrs, pick, omit, datasets []string
	lang                        string
	geometry                    string
	format                      string
	sysAttrs                    bool
	join                        joining
}

// wishesOf reads the parameters that shape an answer.
func (p params) wishes(formats []string) (w wishes, err error) {
	var on map[string]bool
	if w.format, on, err = p.options(formats, "sysAttrs"); err != nil {
		return w, err
	}
	w.sysAttrs = on["sysAttrs"]
	if w.attrs, err = p.list("attrs"); err != nil {
		return w, err
	}
	if w.datasets, err = p.list("datasetId"); err != nil {
		return w, err
	}
	for name, to := range map[string]*[]string{"pick": &w.pick, "omit": &w.omit} {
		if p.has(name) {
			*to = []string{p.get(name)}
		}
	}
	if w.lang = p.get("lang"); w.lang == "" && p.has("lang") {
		return w, problem.New(problem.BadRequestData, "lang is empty; it is a language tag such as fr")
	}
	w.geometry = p.get("geometryProperty")
	if w.geometry == "" && p.has("geometryProperty") {
		return w, problem.New(problem.BadRequestData, "geometryProperty is empty")
	}
	return w, p.joining(&w.join)
}

// negotiate finds the media type of the answer (CIM 009, 6.3.4).
func (c *call) negotiate(geo bool) (string, error) {
	offers := []string{typeJSON, typeLD, typeGeo}
	if !geo {
		offers = offers[:2]
	}
	return httpx.Negotiate(c.r, offers...)
}

// shape makes a shape of wishes.
//
// Errors: problem.BadRequestData.
func (c *call) shape(media string, rc *requestContext, w wishes) (*shape, error) {
	s := &shape{media: media, rc: rc, join: w.join}
	s.view = represent.View{Context: rc.Context, SysAttrs: w.sysAttrs, Geometry: query.LocationName, InlineContext: media == typeLD}
	if c.version != 0 {
		s.view.Version, s.view.Amended = c.version, new(bool)
	}
	switch w.format {
	case "concise":
		s.view.Form = represent.Concise
	case "simplified":
		s.view.Form = represent.Simplified
	}
	if media == typeGeo {
		// CIM 009, 6.3.6: the @context is within unless Prefer says body=json.
		body, _ := httpx.Preference(c.r.Header, "body")
		s.view.InlineContext = body != "json"
	}
	if w.geometry != "" {
		if media != typeGeo {
			return nil, problem.New(problem.BadRequestData, "geometryProperty goes with Accept: %s only", typeGeo)
		}
		n, err := rc.ExpandTerm(w.geometry)
		if err != nil {
			return nil, err
		}
		s.view.Geometry = entity.Name(n)
	}
	if w.lang != "" {
		var err error
		if s.view.Languages, err = represent.ParseLanguages(w.lang); err != nil {
			return nil, err
		}
	}
	if err := s.datasets(w.datasets); err != nil {
		return nil, err
	}
	return s, s.project(w)
}

func (s *shape) datasets(list []string) error {
	for _, d := range list {
		switch {
		case d == "@none":
			d = ""
		case entity.CheckURI(d) != nil:
			return problem.New(problem.BadRequestData, "datasetId: %.80q is neither a URI nor @none", d)
		}
		s.view.Datasets = append(s.view.Datasets, d)
	}
	return nil
}

// project reads attrs, pick and omit (CIM 009, 4.21).
func (s *shape) project(w wishes) error {
	if w.attrs != nil && (w.pick != nil || w.omit != nil) {
		return problem.New(problem.BadRequestData, "attrs is deprecated and does not go with pick and omit: use those")
	}
	if w.attrs != nil {
		if slices.Contains(w.attrs, "scope") {
			return problem.New(problem.BadRequestData, "attrs names attributes, and scope is none (CIM 009, 6.5.3.1); use pick")
		}
		names, err := s.attrNames(w.attrs)
		if err != nil {
			return err
		}
		s.attrs = names
		s.view.Pick = &represent.Members{ID: true, Type: true, Scope: true, Attrs: names}
		s.wanted = names
	}
	if w.pick != nil {
		m, err := s.members("pick", w.pick)
		if err != nil {
			return err
		}
		s.view.Pick, s.wanted = m, append([]entity.Name{}, m.Attrs...)
	}
	if w.omit != nil {
		m, err := s.members("omit", w.omit)
		if err != nil {
			return err
		}
		if both := m.Both(s.view.Pick); w.pick != nil && both != "" {
			return problem.New(problem.BadRequestData, "pick and omit both name %s: name a member in one of them", both)
		}
		s.view.Omit = m
	}
	if s.wanted != nil && s.media == typeGeo {
		s.wanted = append(slices.Clone(s.wanted), s.view.Geometry)
	}
	return nil
}

func (s *shape) attrNames(list []string) ([]entity.Name, error) {
	names, err := s.rc.names(list)
	if err != nil {
		return nil, err
	}
	out := make([]entity.Name, len(names))
	for i, n := range names {
		out[i] = entity.Name(n)
	}
	return out, nil
}

// members reads the items of pick or omit: each is one or several projections.
func (s *shape) members(what string, items []string) (*represent.Members, error) {
	m := &represent.Members{}
	for _, item := range items {
		ps, err := q.Projections(what, item)
		if err != nil {
			return nil, err
		}
		if err := s.projections(what, m, ps, 0); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// projections adds ps to m. Braces reach into linked entities; what they omit
// there leaves the Relationship itself where it is.
func (s *shape) projections(what string, m *represent.Members, ps []q.Projection, depth int) error {
	for _, p := range ps {
		switch p.Name {
		case "id", "@id":
			m.ID = true
			continue
		case "type", "@type":
			m.Type = true
			continue
		case "scope":
			m.Scope = true
			continue
		}
		iri, err := s.rc.ExpandTerm(p.Name)
		if err != nil {
			return err
		}
		n := entity.Name(iri)
		if p.Linked == nil || what == "pick" {
			m.Attrs = append(m.Attrs, n)
		}
		if p.Linked == nil {
			continue
		}
		if err := s.join.reaches(what+": "+p.Name+"{…}", depth+1); err != nil {
			return err
		}
		below := m.Linked[n]
		if below == nil {
			below = &represent.Members{}
			if m.Linked == nil {
				m.Linked = map[entity.Name]*represent.Members{}
			}
			m.Linked[n] = below
		}
		if err := s.projections(what, below, p.Linked, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// status is that of an answer with the form of s: 203 if it was amended to
// conform to the version asked for (CIM 009, 6.5.3.1).
func (s *shape) status() int {
	if s.view.Amended != nil && *s.view.Amended {
		return http.StatusNonAuthoritativeInfo
	}
	return http.StatusOK
}

// write answers with body, which has the form of s.
func (c *call) write(s *shape, body []byte) error {
	if !s.view.InlineContext {
		if err := c.setLink(s.rc); err != nil {
			return err
		}
	}
	if err := httpx.WriteBody(c.w, c.mapStatus(s.status()), s.media, body); err != nil {
		return err // a broken HTTP/2 stream may still hold the body
	}
	c.reuse(body)
	return nil
}

// reusable bounds the bodies whose memory is kept for the next one.
const reusable = 256 << 10

// buffer gives memory for a body: hand it to write, which takes it back.
func (c *call) buffer() []byte {
	if b, ok := c.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 2048)
}

// reuse takes back the memory of a body that is written. Nothing may look at
// it any more.
func (c *call) reuse(body []byte) {
	if cap(body) <= reusable {
		c.buffers.Put(&body)
	}
}
