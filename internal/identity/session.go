package identity

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// session is one login. It is kept under the digest of its secret.
type session struct {
	ID      string    `json:"id"` // public, to list and end it
	Account string    `json:"account"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"` // last use, kept to within seenEvery
	kept    time.Time // Seen as it was last written
}

// seenEvery is how often the last use is written down.
const seenEvery = 5 * time.Minute

// maxSessions bounds the sessions of one account; the oldest gives way.
const maxSessions = 50

// Login checks a name and a password and opens a session: its secret is the
// cookie's value. peer is the address that asks, for the pace of guessing.
//
// Errors: problem.Unauthenticated, the same whatever is wrong;
// problem.TooManyRequests, see RetryAfter, when guessing is too fast.
func (s *Service) Login(ctx context.Context, name, password, peer string) (secret string, c access.Caller, err error) {
	name = strings.ToLower(name)
	if len(name) > 200 || len(password) > maxPassword {
		return "", access.Nobody(), errWrong()
	}
	if d := s.throttle.wait(name, peer, s.o.Now()); d > 0 {
		return "", access.Nobody(), &TooFast{After: d}
	}
	s.mu.RLock()
	u := s.users[name]
	kept := ""
	if u != nil {
		kept = u.Password
	}
	s.mu.RUnlock()
	ok, err := s.hasher.matches(ctx, kept, password)
	if err != nil {
		return "", access.Nobody(), err
	}
	if !ok {
		s.throttle.failed(name, peer, s.o.Now())
		return "", access.Nobody(), errWrong()
	}
	s.throttle.succeeded(name)
	return s.openSession(ctx, u)
}

// TooFast says that guessing goes too fast, and when to come back.
type TooFast struct {
	After time.Duration
}

// Error gives the text of the problem within.
func (t *TooFast) Error() string { return t.Unwrap().Error() }

// Unwrap gives it as problem.TooManyRequests.
func (t *TooFast) Unwrap() error {
	return problem.New(problem.TooManyRequests, "too many wrong passwords; try again in %d s", t.Seconds())
}

// Seconds gives After in whole seconds, at least one.
func (t *TooFast) Seconds() int { return int((t.After + time.Second - 1) / time.Second) }

func (s *Service) openSession(ctx context.Context, u *user) (string, access.Caller, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.users[u.Name] != u {
		return "", access.Nobody(), errWrong() // removed, or the password changed, meanwhile
	}
	now := s.o.Now().UTC()
	var writes []store.RecordWrite
	var gone []string
	drop := func(key string) error {
		w, err := put(kindSession, key, nil)
		writes, gone = append(writes, w), append(gone, key)
		return err
	}
	for _, key := range s.superfluous(u.Name, now) {
		if err := drop(key); err != nil {
			return "", access.Nobody(), err
		}
	}
	secret := random(secretBytes)
	x := &session{ID: random(5), Account: u.Name, Created: now, Seen: now, kept: now}
	key := hex.EncodeToString(digest(secret))
	w, err := put(kindSession, key, x)
	if err != nil {
		return "", access.Nobody(), err
	}
	if err := s.o.Records.Write(ctx, append(writes, w)); err != nil {
		return "", access.Nobody(), err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range gone {
		delete(s.sessions, k)
	}
	s.sessions[key] = x
	return secret, s.callerOf(u, x), nil
}

// superfluous names the sessions that make room for a new one of account:
// those that are over, and its oldest if it has too many.
func (s *Service) superfluous(account string, now time.Time) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []string
	mine, oldest := 0, ""
	for key, x := range s.sessions {
		switch {
		case s.ended(x, now):
			out = append(out, key)
		case x.Account == account:
			if mine++; oldest == "" || x.Created.Before(s.sessions[oldest].Created) {
				oldest = key
			}
		}
	}
	if mine >= maxSessions {
		out = append(out, oldest)
	}
	return out
}

func (s *Service) callerOf(u *user, x *session) access.Caller {
	return access.Caller{Account: u.Name, Role: u.role(), Via: access.ViaSession, Session: x.ID}
}

// ended reports whether a session is over. The caller holds mu.
func (s *Service) ended(x *session, now time.Time) bool {
	return now.Sub(x.Seen) >= s.o.IdleTimeout || now.Sub(x.Created) >= s.o.MaxSession || now.Before(x.Created.Add(-time.Hour))
}

// Session finds whose session a cookie's value names, and marks it as used.
// Errors: problem.Unauthenticated.
func (s *Service) Session(ctx context.Context, secret string) (access.Caller, error) {
	key := hex.EncodeToString(digest(secret))
	now := s.o.Now().UTC()
	s.mu.RLock()
	x := s.sessions[key]
	var u *user
	var seen, kept time.Time
	over := true
	if x != nil {
		u, seen, kept, over = s.users[x.Account], x.Seen, x.kept, s.ended(x, now)
	}
	s.mu.RUnlock()
	if u == nil || over {
		return access.Nobody(), errWrong()
	}
	if now.Sub(seen) >= time.Second {
		s.mu.Lock()
		x.Seen = now
		s.mu.Unlock()
	}
	if now.Sub(kept) >= seenEvery {
		if err := s.keepSeen(ctx, key); err != nil {
			return access.Nobody(), err
		}
	}
	return s.callerOf(u, x), nil
}

// keepSeen writes down when a session was last used.
func (s *Service) keepSeen(ctx context.Context, key string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.RLock()
	x := s.sessions[key]
	var copied session
	if x != nil {
		copied = *x
	}
	s.mu.RUnlock()
	if x == nil || copied.Seen.Sub(copied.kept) < seenEvery {
		return nil // ended, or written by another request
	}
	if err := s.save(ctx, kindSession, key, &copied); err != nil {
		return err
	}
	s.mu.Lock()
	x.kept = copied.Seen
	s.mu.Unlock()
	return nil
}

// Logout ends the session with this secret; ending none is no error.
func (s *Service) Logout(ctx context.Context, secret string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	key := hex.EncodeToString(digest(secret))
	if s.sessions[key] == nil {
		return nil
	}
	if err := s.save(ctx, kindSession, key, nil); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.sessions, key)
	s.mu.Unlock()
	return nil
}
