// Package accounts is the HTTP side of identity: logging in and out, and
// administering accounts, tokens and devices.
//
// It keeps nothing and checks no secret itself. A secret that is made leaves
// in one answer, never to be read again, and such answers are not stored by
// anybody on the way.
package accounts

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// Logins opens and ends sessions: identity.Service.
type logins interface {
	Login(ctx context.Context, name, password, peer string) (secret string, c access.Caller, err error)
	Logout(ctx context.Context, secret string) error
}

// Register is one kind of thing that administrators add, list, revoke and
// reset.
type register interface {
	List() any
	Add(ctx context.Context, d access.Draft) (secret string, err error)
	Revoke(ctx context.Context, name string) error
	Reset(ctx context.Context, name string) (secret string, err error)
}

// API answers the routes.
type API struct {
	logins   logins
	users    register
	tokens   register
	devices  register
	lifetime time.Duration
}

// Options are what an API works with.
type Options struct {
	Logins                 logins
	Users, Tokens, Devices register
	// MaxSession is how long a browser keeps the cookie; zero is 12 hours.
	MaxSession time.Duration
}

// NewAPI makes an API.
func NewAPI(o Options) *API {
	if o.MaxSession == 0 {
		o.MaxSession = 12 * time.Hour
	}
	return &API{logins: o.Logins, users: o.Users, tokens: o.Tokens, devices: o.Devices, lifetime: o.MaxSession}
}

// maxBody bounds the requests' bodies, in bytes.
const maxBody = 64 << 10

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	const group = "Accounts"
	rs := []httpx.Route{
		{Method: http.MethodGet, Pattern: "/api/session", Rule: access.Anyone, Name: "get-session", Summary: "Who am I, and what may I do", Group: group, Handle: a.who},
		{Method: http.MethodPost, Pattern: "/api/session", Rule: access.Anyone, Name: "log-in", Summary: "Log in with name and password", Group: group, MaxBody: maxBody, Handle: a.login},
		{Method: http.MethodDelete, Pattern: "/api/session", Rule: access.Anyone, Name: "log-out", Summary: "Log out", Group: group, Handle: a.logout},
	}
	for _, k := range []struct {
		name string // singular
		reg  register
	}{{"user", a.users}, {"token", a.tokens}, {"device", a.devices}} {
		all, one := "/api/"+k.name+"s", "/api/"+k.name+"s/{name}"
		rs = append(rs,
			httpx.Route{Method: http.MethodGet, Pattern: all, Rule: access.Admin, Name: "list-" + k.name + "s", Summary: "List the " + k.name + "s", Group: group, Handle: list(k.reg, k.name)},
			httpx.Route{Method: http.MethodPost, Pattern: all, Rule: access.Admin, Name: "add-" + k.name, Summary: "Add a " + k.name + "; its secret is in the answer and nowhere else", Group: group, MaxBody: maxBody, Handle: add(k.reg, all)},
			httpx.Route{Method: http.MethodDelete, Pattern: one, Rule: access.Admin, Name: "revoke-" + k.name, Summary: "Remove a " + k.name, Group: group, Handle: revoke(k.reg)},
			httpx.Route{Method: http.MethodPost, Pattern: one + "/reset", Rule: access.Admin, Name: "reset-" + k.name, Summary: "Give a " + k.name + " a new secret", Group: group, Handle: reset(k.reg)},
		)
	}
	return rs
}

// who tells a caller who they are. It is open to all: the page asks it first.
func (a *API) who(w http.ResponseWriter, r *http.Request) error {
	return writeCaller(w, access.From(r.Context()))
}

// callerView is what a page needs to know of its caller.
type callerView struct {
	Account *Account `json:"account"` // nil for nobody
	May     may      `json:"may"`
}

// Account is a caller as the pages show one.
type Account struct {
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
	Anonymous bool     `json:"anonymous"` // it proved nothing: there is no session to end
}

type may struct {
	Read   bool `json:"read"`
	Write  bool `json:"write"`
	Curate bool `json:"curate"`
	Admin  bool `json:"admin"`
}

// AccountOf gives c as the pages show it; nil for nobody.
func AccountOf(c access.Caller) *Account {
	if !c.Known() {
		return nil
	}
	return &Account{Name: c.Account, Roles: []string{c.Role.String()}, Anonymous: c.Via == access.ViaLoopback}
}

func writeCaller(w http.ResponseWriter, c access.Caller) error {
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, callerView{
		Account: AccountOf(c),
		May:     may{c.May(access.Read), c.May(access.Write), c.May(access.Curate), c.May(access.Admin)},
	})
}

func (a *API) login(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Account  string `json:"account"`
		Password string `json:"password"`
	}
	if err := httpx.ReadJSON(r, &in); err != nil {
		return err
	}
	secret, c, err := a.logins.Login(r.Context(), in.Account, in.Password, httpx.Peer(r))
	if err != nil {
		var wait interface{ Seconds() int }
		if errors.As(err, &wait) {
			return httpx.RetryAfter(err, wait.Seconds())
		}
		return err
	}
	// A former session of this browser ends: the cookie is about to be lost.
	if err := a.logins.Logout(r.Context(), httpx.SessionSecret(r)); err != nil {
		return err
	}
	setCookie(w, r, secret, int(a.lifetime/time.Second))
	return writeCaller(w, c)
}

func (a *API) logout(w http.ResponseWriter, r *http.Request) error {
	if err := a.logins.Logout(r.Context(), httpx.SessionSecret(r)); err != nil {
		return err
	}
	setCookie(w, r, "", -1)
	w.Header().Set("Cache-Control", "no-store")
	return httpx.NoContent(w)
}

// setCookie hands out the session's secret: to no script, to no other site's
// requests, and over TLS bound to this very host.
func setCookie(w http.ResponseWriter, r *http.Request, secret string, maxAge int) {
	secure := strings.HasPrefix(httpx.BaseURL(r), "https://")
	name := httpx.SessionCookie
	if secure {
		name = httpx.SecureSessionCookie
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: secret, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}

func list(reg register, name string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		return httpx.WriteJSON(w, http.StatusOK, map[string]any{name + "s": reg.List()})
	}
}

// draft is access.Draft on the wire.
type draft struct {
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Password string   `json:"password"`
	Days     int      `json:"days"`
	Sources  []string `json:"sources"`
}

// made is the answer that holds a new secret.
type made struct {
	Name   string `json:"name"`
	Secret string `json:"secret"`
}

func add(reg register, all string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in draft
		if err := httpx.ReadJSON(r, &in); err != nil {
			return err
		}
		if in.Days < 0 || in.Days > 3650 {
			return problem.New(problem.BadRequestData, "days must be from 0 (a year) to 3650, not %d", in.Days)
		}
		in.Name = strings.ToLower(in.Name)
		secret, err := reg.Add(r.Context(), access.Draft(in))
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Location", httpx.BaseURL(r)+all+"/"+in.Name)
		return httpx.WriteJSON(w, http.StatusCreated, made{in.Name, secret})
	}
}

func revoke(reg register) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := reg.Revoke(r.Context(), r.PathValue("name")); err != nil {
			return err
		}
		return httpx.NoContent(w)
	}
}

func reset(reg register) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		name := r.PathValue("name")
		secret, err := reg.Reset(r.Context(), name)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		return httpx.WriteJSON(w, http.StatusOK, made{name, secret})
	}
}
