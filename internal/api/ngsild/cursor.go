package ngsild

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

// place gives an entity's number as the place where a page ended.
func place(n entity.Number) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// cursor gives the place behind which the next page of this very query
// begins, signed so that it can be trusted to be ours. It is a help, not a
// need: one that does not fit is passed over, and the offset beside it counts.
func (c *call) cursor(at []byte) string {
	var room [64]byte
	d := c.contextDigest()
	b := append(append(room[:0], at...), d[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, c.sign(b)...))
}

const (
	signatureBytes = 12
	contextBytes   = 4
	maxCursorBytes = 1024
)

// readCursor gives the place that a cursor says; nil if it is none of this
// query.
//
// Errors: problem.BadRequestData if all fits but the @context, which may not
// change from page to page (CIM 009, 5.5.9.1).
func (c *call) readCursor(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) <= contextBytes+signatureBytes || len(b) > maxCursorBytes {
		return nil, nil
	}
	b, sig := b[:len(b)-signatureBytes], b[len(b)-signatureBytes:]
	if !hmac.Equal(sig, c.sign(b)) {
		return nil, nil
	}
	at, context := b[:len(b)-contextBytes], b[len(b)-contextBytes:]
	if d := c.contextDigest(); !bytes.Equal(context, d[:]) {
		return nil, problem.New(problem.BadRequestData, "the page before was asked for with another @context; send the same one for all pages, or begin again without cursor and offset (CIM 009, 5.5.9.1)")
	}
	return at, nil
}

// contextDigest tells @contexts apart. That of the core alone is zero.
func (c *call) contextDigest() [contextBytes]byte {
	if c.rc == nil || c.rc.Context == ldctx.Core() {
		return [contextBytes]byte{}
	}
	d := sha256.Sum256(c.rc.Source().Append(nil))
	return [contextBytes]byte(d[:])
}

// sign signs b together with all that the query is but its @context: path,
// tenant, parameters but for those of the page, and a posted query.
func (c *call) sign(b []byte) []byte {
	m := hmac.New(sha256.New, c.o.CursorKey)
	m.Write(b)
	part := func(s string) {
		m.Write(binary.AppendUvarint(nil, uint64(len(s))))
		m.Write([]byte(s))
	}
	part(c.r.URL.Path)
	part(c.broker.Space.Tenant)
	part(c.broker.Space.Layer)
	names := make([]string, 0, len(c.params.v))
	for name := range c.params.v {
		if name != "limit" && name != "offset" && name != "cursor" && name != "count" && !strings.HasPrefix(name, "entityMap") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		part(name)
		part(c.params.get(name))
	}
	if c.posted.Kind() == jsontree.Object {
		for name, v := range c.posted.Members() {
			if name != "@context" && !strings.HasPrefix(name, "entityMap") {
				part(name)
				part(v.String())
			}
		}
	}
	return m.Sum(nil)[:signatureBytes]
}
