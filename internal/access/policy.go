package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// verifier proves who somebody is. It must tell nothing about which accounts
// exist: every failure is the same problem.Unauthenticated.
type verifier interface {
	// Bearer finds whose the API token or device secret is.
	Bearer(ctx context.Context, secret string) (Caller, error)
	// Session finds whose session the cookie's value names.
	Session(ctx context.Context, secret string) (Caller, error)
	// DeviceLogin checks a device's name and secret.
	DeviceLogin(ctx context.Context, name, secret string) (Caller, error)
}

// published names what is public.
type published interface {
	// Public gives the selections of the published datasets of a space.
	Public(ctx context.Context, s store.Space) ([]query.Query, error)
}

// Evidence is what a request shows about its sender.
type Evidence struct {
	// Loopback is set when the *listener* stands on a loopback address. The
	// peer's address never counts: behind a proxy every peer is local.
	Loopback bool
	// Forwarded is set when the request carries Forwarded or X-Forwarded-*:
	// somebody else is behind the peer.
	Forwarded bool
	// Foreign is set when a page of another origin made a browser send it.
	Foreign bool
	// Bearer is the secret of an Authorization header; HasBearer is set when
	// there was such a header, even an unreadable one.
	Bearer    string
	HasBearer bool
	Session   string // the session cookie's value, "" if none
}

// Settings are the parts of the configuration that decide who may come in.
type Settings struct {
	PublicURL string // server.public_url
	Always    bool   // server.auth = "always"
	HTTP      string // address that HTTP listens on
	HTTPLocal bool   // it is a loopback address
	MQTT      string // address that MQTT listens on, "" if it does not
	MQTTLocal bool   // it is a loopback address
}

// LoopbackFree reports whether an anonymous caller on a loopback listener is
// the account local.
func (s Settings) LoopbackFree() bool { return s.PublicURL == "" && !s.Always }

// Policy recognises callers and says what they see. It is safe for use by
// many goroutines.
type Policy struct {
	settings Settings
	verify   verifier
	public   published
}

// NewPolicy joins the settings with the one who verifies credentials and the
// one who knows the published datasets. Either may be nil: then no credential
// is right, and nothing is published.
func NewPolicy(s Settings, v verifier, p published) *Policy {
	return &Policy{settings: s, verify: v, public: p}
}

// Caller finds who sent a request with the evidence ev.
//
// A bearer secret decides alone. A session counts unless a foreign page sent
// the request. An anonymous caller is the account local if the listener stands
// on a loopback address, the settings leave that freedom, the request was not
// forwarded and no foreign page sent it; else Nobody. A session that has ended
// counts as none.
//
// Errors: problem.Unauthenticated for a bearer secret that is not right.
func (p *Policy) Caller(ctx context.Context, ev Evidence) (Caller, error) {
	if ev.HasBearer {
		if p.verify == nil || ev.Bearer == "" {
			return Nobody(), errWrong()
		}
		return p.verify.Bearer(ctx, ev.Bearer)
	}
	if ev.Session != "" && !ev.Foreign && p.verify != nil {
		c, err := p.verify.Session(ctx, ev.Session)
		if err == nil {
			return c, nil
		}
		if !problem.Is(err, problem.Unauthenticated) {
			return Nobody(), fmt.Errorf("look up session: %w", err)
		}
	}
	if p.settings.LoopbackFree() && ev.Loopback && !ev.Forwarded && !ev.Foreign {
		return Local(), nil
	}
	return Nobody(), nil
}

// Device finds who connects to the MQTT listener. loopback tells whether the
// listener stands on a loopback address; with hasName unset the client gave no
// user name and is the account local where that is free.
//
// Errors: problem.Unauthenticated.
func (p *Policy) Device(ctx context.Context, loopback, hasName bool, name, secret string) (Caller, error) {
	if !hasName {
		if loopback && p.settings.LoopbackFree() {
			return Local(), nil
		}
		return Nobody(), problem.New(problem.Unauthenticated, "this listener needs a device's name and secret: beffroi device add")
	}
	if p.verify == nil {
		return Nobody(), errWrong()
	}
	return p.verify.DeviceLogin(ctx, name, secret)
}

// Restriction gives what c may see of s: nil restricts nothing, an Access
// without selections shows nothing.
func (p *Policy) Restriction(ctx context.Context, s store.Space, c Caller) (*query.Access, error) {
	if c.May(Read) {
		return nil, nil
	}
	out := &query.Access{Any: []query.Query{}}
	if p.public == nil {
		return out, nil
	}
	qs, err := p.public.Public(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("find the published datasets: %w", err)
	}
	out.Any = append(out.Any, slices.Clone(qs)...)
	return out, nil
}

// Shown refuses a caller who may not read where nothing is published at all:
// an empty answer would read as an empty city. a is what Restriction gave.
// Errors: problem.Unauthenticated for a stranger; problem.Forbidden for a
// device.
func Shown(c Caller, a *query.Access) error {
	if c.May(Read) || a == nil || len(a.Any) > 0 {
		return nil
	}
	return Read.Allow(c)
}

func errWrong() error {
	return problem.New(problem.Unauthenticated, "these credentials are not valid here")
}

// WhoCanWrite tells in one sentence who can change the city now, for the start
// lines and for doctor. accounts is the number of accounts and tokens that may
// write.
func (s Settings) WhoCanWrite(accounts int) string {
	var free []string
	if s.LoopbackFree() {
		if s.HTTPLocal {
			free = append(free, "HTTP on "+s.HTTP)
		}
		if s.MQTT != "" && s.MQTTLocal {
			free = append(free, "MQTT on "+s.MQTT)
		}
	}
	known := "no account or token may write yet (beffroi user add, beffroi token add)"
	switch {
	case accounts == 1:
		known = "1 account or token may write"
	case accounts > 1:
		known = fmt.Sprintf("%d accounts and tokens may write", accounts)
	}
	if len(free) > 0 {
		return "whoever works on this machine can write without credentials (" + strings.Join(free, ", ") + "); " + known
	}
	why := ""
	switch {
	case s.Always:
		why = " (server.auth is \"always\")"
	case s.PublicURL != "":
		why = " (server.public_url is set)"
	}
	return "nobody can write without credentials" + why + "; " + known
}
