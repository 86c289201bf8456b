package identity

import (
	"strings"

	"github.com/beffroi/beffroi/internal/access"
)

// CallerNamed finds who stands behind an account's name as a write or a
// subscription carries it: a user, "token/" and a token's name, or "device/"
// and a device's. ok is false if that account is no more or has expired. It is
// how rights are looked up at the time of delivery, long after the request; it
// proves nothing.
func (s *Service) CallerNamed(account string) (c access.Caller, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	kind, name, named := strings.Cut(account, "/")
	if !named {
		u := s.users[account]
		if u == nil {
			return access.Nobody(), false
		}
		return access.Caller{Account: u.Name, Role: u.role(), Via: access.ViaInside}, true
	}
	var found *credential
	switch kind {
	case kindToken:
		found = s.tokens.byName[name]
	case kindDevice:
		found = s.devices.byName[name]
	}
	if found == nil || found.expired(s.o.Now()) {
		return access.Nobody(), false
	}
	return access.Caller{Account: account, Role: found.role(), Via: access.ViaInside, Sources: found.Sources}, true
}
