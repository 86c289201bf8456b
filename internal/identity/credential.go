package identity

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// credential is an API token or a device as it is kept, under its id.
type credential struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Sources []string  `json:"sources,omitempty"` // of a device
	Digest  []byte    `json:"digest"`            // SHA-256 of the whole secret
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
}

// register holds one kind of credentials by id and by name.
type register struct {
	byID, byName map[string]*credential
}

func newRegister() register {
	return register{byID: map[string]*credential{}, byName: map[string]*credential{}}
}

func (c *credential) role() access.Role {
	r, err := access.ParseRole(c.Role)
	if err != nil {
		return access.NoRole
	}
	return r
}

func (c *credential) expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

// Credential is an API token or a device as it may be shown.
type Credential struct {
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Sources []string  `json:"sources,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Expired bool      `json:"expired"`
}

// The beginnings of secrets: they tell a person, and a scanner of leaked
// secrets, what they are.
const (
	tokenPrefix  = "bft_"
	devicePrefix = "bfd_"
)

// MaxCredentials bounds the tokens, and the devices, of one store.
const MaxCredentials = 100_000

// DefaultTokenLife is how long a token holds if nothing else is said.
const DefaultTokenLife = 365 * 24 * time.Hour

// AddToken makes an API token and gives its secret, which is shown nowhere
// again. life zero is DefaultTokenLife.
//
// Errors: problem.BadRequestData; problem.AlreadyExists;
// problem.TooManyResults over MaxCredentials.
func (s *Service) AddToken(ctx context.Context, name string, role access.Role, life time.Duration) (secret string, err error) {
	if role == access.NoRole || role == access.Device {
		return "", problem.New(problem.BadRequestData, "a token is for an administrator, steward, editor or reader; for a device use beffroi device add")
	}
	if life == 0 {
		life = DefaultTokenLife
	}
	if life < time.Minute || life > 10*DefaultTokenLife {
		return "", problem.New(problem.BadRequestData, "a token holds from a minute to ten years, not %s", life)
	}
	return s.addCredential(ctx, kindToken, &credential{Name: name, Role: role.String(), Expires: s.o.Now().UTC().Add(life).Truncate(time.Second)})
}

// AddDevice makes a device that may feed the named sources and gives its
// secret, which is shown nowhere again.
// Errors: as AddToken.
func (s *Service) AddDevice(ctx context.Context, name string, sources []string) (secret string, err error) {
	if len(sources) == 0 {
		return "", problem.New(problem.BadRequestData, "name the sources that the device %q may feed", shorten(name))
	}
	for _, src := range sources {
		if src == "" || len(src) > 200 {
			return "", problem.New(problem.BadRequestData, "%q is no name of a source", shorten(src))
		}
	}
	return s.addCredential(ctx, kindDevice, &credential{Name: name, Role: access.Device.String(), Sources: sources})
}

// of gives the register of a kind, what it is called, and how its secrets begin.
func (s *Service) of(kind string) (m register, what, prefix string) {
	if kind == kindDevice {
		return s.devices, "device", devicePrefix
	}
	return s.tokens, "token", tokenPrefix
}

func (s *Service) addCredential(ctx context.Context, kind string, c *credential) (string, error) {
	m, what, prefix := s.of(kind)
	if err := checkName("a "+what, c.Name); err != nil {
		return "", err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if m.byName[c.Name] != nil {
		return "", problem.New(problem.AlreadyExists, "there is a %s %q already; beffroi %s reset gives it a new secret", what, c.Name, what)
	}
	if len(m.byID) >= MaxCredentials {
		return "", problem.New(problem.TooManyResults, "there are %d, which is the limit", MaxCredentials)
	}
	c.Created = s.o.Now().UTC().Truncate(time.Second)
	return s.renew(ctx, kind, prefix, c, "")
}

// renew gives c an id and a secret and keeps it, in place of the id old. The
// caller holds writing.
func (s *Service) renew(ctx context.Context, kind, prefix string, c *credential, old string) (string, error) {
	m, _, _ := s.of(kind)
	c.ID = random(10)
	secret := prefix + c.ID + "_" + random(secretBytes)
	c.Digest = digest(secret)
	w, err := put(kind, c.ID, c)
	if err != nil {
		return "", err
	}
	writes := []store.RecordWrite{w}
	if old != "" {
		gone, err := put(kind, old, nil)
		if err != nil {
			return "", err
		}
		writes = append(writes, gone)
	}
	if err := s.o.Records.Write(ctx, writes); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(m.byID, old)
	m.byID[c.ID], m.byName[c.Name] = c, c
	return secret, nil
}

// Tokens lists the API tokens by name.
func (s *Service) Tokens() []Credential { return s.list(kindToken) }

// Devices lists the devices by name.
func (s *Service) Devices() []Credential { return s.list(kindDevice) }

func (s *Service) list(kind string) []Credential {
	now := s.o.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	m, _, _ := s.of(kind)
	var out []Credential
	for _, name := range sortedKeys(m.byName) {
		c := m.byName[name]
		out = append(out, Credential{Name: c.Name, Role: c.Role, Sources: c.Sources, Created: c.Created, Expires: c.Expires, Expired: c.expired(now)})
	}
	return out
}

// RevokeToken removes an API token. Errors: problem.ResourceNotFound.
func (s *Service) RevokeToken(ctx context.Context, name string) error {
	return s.revoke(ctx, kindToken, name)
}

// RevokeDevice removes a device. Errors: problem.ResourceNotFound.
func (s *Service) RevokeDevice(ctx context.Context, name string) error {
	return s.revoke(ctx, kindDevice, name)
}

func (s *Service) revoke(ctx context.Context, kind, name string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	m, what, _ := s.of(kind)
	c := m.byName[name]
	if c == nil {
		return problem.New(problem.ResourceNotFound, "there is no %s %q", what, shorten(name))
	}
	if err := s.save(ctx, kind, c.ID, nil); err != nil {
		return err
	}
	s.mu.Lock()
	delete(m.byID, c.ID)
	delete(m.byName, name)
	s.mu.Unlock()
	return nil
}

// ResetToken gives a token a new secret; the old one holds no longer. It lasts
// as long anew as it was made for.
// Errors: problem.ResourceNotFound.
func (s *Service) ResetToken(ctx context.Context, name string) (secret string, err error) {
	return s.reset(ctx, kindToken, name)
}

// ResetDevice gives a device a new secret; the old one holds no longer.
// Errors: problem.ResourceNotFound.
func (s *Service) ResetDevice(ctx context.Context, name string) (secret string, err error) {
	return s.reset(ctx, kindDevice, name)
}

func (s *Service) reset(ctx context.Context, kind, name string) (string, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	m, what, prefix := s.of(kind)
	old := m.byName[name]
	if old == nil {
		return "", problem.New(problem.ResourceNotFound, "there is no %s %q", what, shorten(name))
	}
	c := *old
	c.Created = s.o.Now().UTC().Truncate(time.Second)
	if !old.Expires.IsZero() {
		c.Expires = c.Created.Add(old.Expires.Sub(old.Created))
	}
	return s.renew(ctx, kind, prefix, &c, old.ID)
}

// Bearer finds whose the API token or device secret is.
// Errors: problem.Unauthenticated.
func (s *Service) Bearer(_ context.Context, secret string) (access.Caller, error) {
	kind, rest := "", ""
	if after, ok := strings.CutPrefix(secret, tokenPrefix); ok {
		kind, rest = kindToken, after
	} else if after, ok := strings.CutPrefix(secret, devicePrefix); ok {
		kind, rest = kindDevice, after
	}
	id, _, ok := strings.Cut(rest, "_")
	if kind == "" || !ok || len(secret) > 200 {
		return access.Nobody(), errWrong()
	}
	given := digest(secret)
	s.mu.RLock()
	m, _, _ := s.of(kind)
	c := m.byID[id]
	s.mu.RUnlock()
	if c == nil || subtle.ConstantTimeCompare(given, c.Digest) != 1 || c.expired(s.o.Now()) {
		return access.Nobody(), errWrong()
	}
	if kind == kindDevice {
		return access.Caller{Account: "device/" + c.Name, Role: access.Device, Via: access.ViaDevice, Sources: c.Sources}, nil
	}
	return access.Caller{Account: "token/" + c.Name, Role: c.role(), Via: access.ViaToken}, nil
}

// DeviceLogin checks the user name and password of an MQTT client: a device's
// name and secret, or a token's name and secret if the token may hand in
// readings.
// Errors: problem.Unauthenticated.
func (s *Service) DeviceLogin(ctx context.Context, name, secret string) (access.Caller, error) {
	c, err := s.Bearer(ctx, secret)
	if err != nil {
		return access.Nobody(), err
	}
	_, own, _ := strings.Cut(c.Account, "/")
	if own != name || !c.May(access.Feed) {
		return access.Nobody(), errWrong()
	}
	return c, nil
}
