package oaipmh

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
)

// tokenLife is how long a resumption token is taken.
const tokenLife = 24 * 3600 * second

const sealSize = 16 // bytes of a token's signature

// tokenJSON is what a resumption token holds: all that goes on with a list, so
// that nothing needs to be kept for it.
type tokenJSON struct {
	Verb   string         `json:"v"`
	Tenant string         `json:"t,omitzero"`
	Prefix string         `json:"p"`
	Set    string         `json:"s,omitzero"`
	From   entity.Instant `json:"f,omitzero"`
	Until  entity.Instant `json:"u,omitzero"`
	After  entity.Instant `json:"a"`
	Slug   string         `json:"i"`
	Given  int            `json:"n"`
	Ends   entity.Instant `json:"x"`
}

// token writes w with the time until which it is taken.
func (q *asked) token(w wanted, ends entity.Instant) string {
	b, err := json.Marshal(tokenJSON{q.args["verb"], q.space.Tenant, w.prefix, w.set, w.from, w.until, w.after, w.slug, w.given, ends})
	if err != nil {
		panic(err) // texts and numbers of ours, which JSON carries
	}
	return base64.RawURLEncoding.EncodeToString(append(b, q.seal(b)...))
}

func (q *asked) seal(b []byte) []byte {
	m := hmac.New(sha256.New, q.o.Key)
	m.Write([]byte("oai resumption token\n"))
	m.Write(b)
	return m.Sum(nil)[:sealSize]
}

// resume reads a token.
//
// Errors: the fault badResumptionToken, for one that is not ours, is of
// another verb or has expired.
func (q *asked) resume(s string) (wanted, error) {
	bad := func(text string) (wanted, error) {
		return wanted{}, &fault{"badResumptionToken", text + "; begin the list anew"}
	}
	// Strict, so that one token is written in one way only.
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") || len(b) < sealSize || !hmac.Equal(b[len(b)-sealSize:], q.seal(b[:len(b)-sealSize])) {
		return bad("the token was not given by this server")
	}
	var t tokenJSON
	if err := json.Unmarshal(b[:len(b)-sealSize], &t); err != nil {
		return bad("the token was given by another version of this server")
	}
	switch {
	case t.Verb != q.args["verb"]:
		return bad("the token is one of " + t.Verb)
	case t.Tenant != q.space.Tenant:
		return bad("the token is one of another tenant")
	case q.now > t.Ends:
		return bad("the token has expired at " + stamp(t.Ends))
	}
	return wanted{t.Prefix, t.Set, t.From, t.Until, t.After, t.Slug, t.Given}, nil
}
