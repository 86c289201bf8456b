package identity

import (
	"strings"

	"github.com/beffroi/beffroi/internal/access"
)

// CallerNamed finds who stands behind an account's name as a write or a
// subscription carries it: a user, or "token/" and a token's name. ok is false
// if that account is no more or has expired. It is how rights are looked up at
// the time of delivery, long after the request.
func (s *Service) CallerNamed(account string) (c access.Caller, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if name, isToken := strings.CutPrefix(account, "token/"); isToken {
		for _, t := range s.tokens {
			if t.Name == name && !t.expired(s.o.Now()) {
				return access.Caller{Account: account, Role: t.role(), Via: access.ViaInside}, true
			}
		}
		return access.Nobody(), false
	}
	u, ok := s.users[account]
	if !ok {
		return access.Nobody(), false
	}
	return access.Caller{Account: account, Role: u.role(), Via: access.ViaInside}, true
}
