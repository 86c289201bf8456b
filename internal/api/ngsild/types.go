package ngsild

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// discovery reads what all discovery operations share.
func (c *call) discovery() (media string, rc *requestContext, err error) {
	if media, err = c.negotiate(false); err != nil {
		return "", nil, err
	}
	rc, err = c.linkContext()
	return media, rc, err
}

// writer writes JSON objects with names shortened.
type writer struct {
	buf []byte
	rc  *requestContext
	ld  bool
}

func (w *writer) sep() {
	if n := len(w.buf); n > 0 && w.buf[n-1] != '{' && w.buf[n-1] != '[' && w.buf[n-1] != ':' {
		w.buf = append(w.buf, ',')
	}
}

func (w *writer) raw(s string) { w.sep(); w.buf = append(w.buf, s...) }

func (w *writer) end(s string) { w.buf = append(w.buf, s...) }

func (w *writer) text(key, value string) {
	w.sep()
	w.buf = jsontree.AppendString(w.buf, key)
	w.buf = append(w.buf, ':')
	w.buf = jsontree.AppendString(w.buf, value)
}

func (w *writer) list(key string, items []string) {
	w.sep()
	w.buf = jsontree.AppendString(w.buf, key)
	w.buf = append(w.buf, ':', '[')
	for _, s := range items {
		w.sep()
		w.buf = jsontree.AppendString(w.buf, s)
	}
	w.buf = append(w.buf, ']')
}

func (w *writer) short(names []entity.Name) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = w.rc.CompactTerm(string(n))
	}
	return out
}

// context closes an object that stands alone, with its @context if it is
// JSON-LD.
func (w *writer) context() {
	if w.ld {
		w.buf = append(w.buf, `,"@context":`...)
		w.buf = w.rc.Source().Append(w.buf)
	}
	w.end("}")
}

func (c *call) finish(w *writer, media string) error {
	if !w.ld {
		if err := c.setLink(w.rc); err != nil {
			return err
		}
	}
	return httpx.WriteBody(c.w, http.StatusOK, media, w.buf)
}

func listID(kind string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return "urn:ngsi-ld:" + kind + ":" + hex.EncodeToString(b[:])
}

// listTypes answers GET /types (CIM 009, 5.7.5, 5.7.6, 6.25.3.1).
func (c *call) listTypes() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	details, err := c.params.flag("details")
	if err != nil {
		return err
	}
	w := &writer{rc: rc, ld: media == typeLD}
	if !details {
		names, err := c.o.Broker.TypeNames(c.ctx(), c.broker)
		if err != nil {
			return err
		}
		w.raw("{")
		w.text("id", listID("EntityTypeList"))
		w.text("type", "EntityTypeList")
		w.list("typeList", w.short(names))
		w.context()
		return c.finish(w, media)
	}
	types, err := c.o.Broker.Types(c.ctx(), c.broker)
	if err != nil {
		return err
	}
	w.raw("[")
	for _, t := range types {
		w.raw("{")
		w.text("id", string(t.Type))
		w.text("type", "EntityType")
		w.text("typeName", rc.CompactTerm(string(t.Type)))
		w.list("attributeNames", w.short(attrNames(t.Attrs)))
		w.context()
	}
	w.end("]")
	return c.finish(w, media)
}

func attrNames(as []broker.AttrInfo) []entity.Name {
	out := make([]entity.Name, len(as))
	for i := range as {
		out[i] = as[i].Name
	}
	return out
}

func kindNames(ks []entity.Kind) []string {
	out := make([]string, len(ks))
	for i, k := range ks {
		out[i] = k.String()
	}
	return out
}

// describeType answers GET /types/{type} (CIM 009, 5.7.7, 6.26.3.1).
func (c *call) describeType() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	if m := c.r.PathValue("type"); isMember(m) {
		return problem.New(problem.ResourceNotFound, "no entity has the type %s", m)
	}
	iri, err := rc.ExpandTerm(c.r.PathValue("type"))
	if err != nil {
		return err
	}
	t, err := c.o.Broker.Type(c.ctx(), c.broker, entity.Name(iri))
	if err != nil {
		return err
	}
	w := &writer{rc: rc, ld: media == typeLD}
	w.raw("{")
	w.text("id", iri)
	w.text("type", "EntityTypeInfo")
	w.text("typeName", rc.CompactTerm(iri))
	w.raw(`"entityCount":` + strconv.Itoa(t.Count))
	w.raw(`"attributeDetails":[`)
	for _, a := range t.Attrs {
		w.raw("{")
		w.text("id", string(a.Name))
		w.text("type", "Attribute")
		w.text("attributeName", rc.CompactTerm(string(a.Name)))
		w.list("attributeTypes", kindNames(a.Kinds))
		w.end("}")
	}
	w.end("]")
	w.context()
	return c.finish(w, media)
}

// listAttributes answers GET /attributes (CIM 009, 5.7.8, 5.7.9, 6.27.3.1).
func (c *call) listAttributes() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	details, err := c.params.flag("details")
	if err != nil {
		return err
	}
	attrs, err := c.o.Broker.Attributes(c.ctx(), c.broker)
	if err != nil {
		return err
	}
	w := &writer{rc: rc, ld: media == typeLD}
	if !details {
		w.raw("{")
		w.text("id", listID("AttributeList"))
		w.text("type", "AttributeList")
		w.list("attributeList", w.short(attrNames(attrs)))
		w.context()
		return c.finish(w, media)
	}
	w.raw("[")
	for _, a := range attrs {
		w.raw("{")
		w.text("id", string(a.Name))
		w.text("type", "Attribute")
		w.text("attributeName", rc.CompactTerm(string(a.Name)))
		w.list("typeNames", w.short(a.Types))
		w.context()
	}
	w.end("]")
	return c.finish(w, media)
}

// isMember reports whether name is that of an entity's identity, which no
// attribute and no type can have.
func isMember(name string) bool {
	switch name {
	case "id", "type", "scope", "@id", "@type":
		return true
	}
	return false
}

// describeAttribute answers GET /attributes/{attrId} (CIM 009, 5.7.10,
// 6.28.3.1).
func (c *call) describeAttribute() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	if m := c.r.PathValue("attrId"); isMember(m) {
		return problem.New(problem.ResourceNotFound, "%s is a member of entities and no attribute", m)
	}
	_, name, err := c.attrName(rc)
	if err != nil {
		return err
	}
	a, err := c.o.Broker.Attribute(c.ctx(), c.broker, name)
	if err != nil {
		return err
	}
	w := &writer{rc: rc, ld: media == typeLD}
	w.raw("{")
	w.text("id", string(a.Name))
	w.text("type", "Attribute")
	w.text("attributeName", rc.CompactTerm(string(a.Name)))
	w.raw(`"attributeCount":` + strconv.Itoa(a.Count))
	w.list("attributeTypes", kindNames(a.Kinds))
	w.list("typeNames", w.short(a.Types))
	w.context()
	return c.finish(w, media)
}
