package ngsild

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Identity is how this server names itself to others (CIM 009, 5.2.40).
type Identity struct {
	// Key tells this server from every other, such as a digest: the id ends
	// with it. "" makes one that lasts until the program ends.
	Key string
	// Alias is the pseudonym by which loops are found (RFC 7230, 5.7.1); ""
	// is one made of Key.
	Alias string
	// Since is when the server became available; zero is when New was called.
	Since entity.Instant
}

func (i Identity) withDefaults(now func() entity.Instant) Identity {
	if i.Key == "" {
		var b [8]byte
		rand.Read(b[:]) // never fails
		i.Key = hex.EncodeToString(b[:])
	}
	if i.Alias == "" {
		i.Alias = "beffroi-" + i.Key[:min(len(i.Key), 12)]
	}
	if i.Since == 0 && now != nil {
		i.Since = now()
	}
	return i
}

// of gives id and alias of a tenant: each tenant is a context source of its
// own (CIM 009, 5.2.40). The names of tenants are tokens.
func (i Identity) of(tenant string) (id, alias string) {
	id, alias = "urn:ngsi-ld:ContextSource:"+i.Key, i.Alias
	if tenant != "" {
		id, alias = id+":"+tenant, alias+"."+tenant
	}
	return id, alias
}

// sourceIdentity answers GET /info/sourceIdentity (CIM 009, 5.15.1, 6.33.3.1).
func (c *call) sourceIdentity() error {
	media, rc, err := c.discovery()
	if err != nil {
		return err
	}
	if err := c.tenantExists(); err != nil {
		return err
	}
	now := c.o.Now()
	id, alias := c.o.Identity.of(c.broker.Space.Tenant)
	const second = 1_000_000
	up := timespan.Duration{Fixed: max(now-c.o.Identity.Since, 0) / second * second} // whole seconds
	w := &writer{rc: rc, ld: media == typeLD}
	w.raw("{")
	w.text("id", id)
	w.text("type", "ContextSourceIdentity")
	w.text("contextSourceAlias", alias)
	w.text("contextSourceUptime", up.String())
	w.text("contextSourceTimeAt", now.String())
	w.context()
	return c.finish(w, media)
}
