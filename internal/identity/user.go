package identity

import (
	"context"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// user is an account as it is kept.
type user struct {
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Password string    `json:"password"` // argon2id, PHC form
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"` // of the password
}

func (u *user) role() access.Role {
	r, err := access.ParseRole(u.Role)
	if err != nil {
		return access.NoRole // a role that this version does not know may do nothing
	}
	return r
}

// User is an account as it may be shown.
type User struct {
	Name     string    `json:"name"`
	Role     string    `json:"role"`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"passwordChanged"`
	Sessions int       `json:"sessions"` // open now
}

// MaxUsers bounds the accounts of one store.
const MaxUsers = 10_000

// AddUser makes an account. With an empty password one is made up; it is
// given back and is shown nowhere again.
//
// Errors: problem.BadRequestData for a name, role or password that does not
// do; problem.AlreadyExists; problem.TooManyResults over MaxUsers.
func (s *Service) AddUser(ctx context.Context, name string, role access.Role, password string) (secret string, err error) {
	name = strings.ToLower(name)
	if err := checkName("an account", name); err != nil {
		return "", err
	}
	if role == access.NoRole || role == access.Device {
		return "", problem.New(problem.BadRequestData, "an account is an administrator, steward, editor or reader; for a device use beffroi device add")
	}
	secret, kept, err := s.newPassword(ctx, name, password)
	if err != nil {
		return "", err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, there := s.users[name]; there {
		return "", problem.New(problem.AlreadyExists, "there is an account %q already; beffroi user reset gives it a new password", name)
	}
	if len(s.users) >= MaxUsers {
		return "", problem.New(problem.TooManyResults, "there are %d accounts, which is the limit", MaxUsers)
	}
	now := s.o.Now().UTC().Truncate(time.Second)
	u := &user{Name: name, Role: role.String(), Password: kept, Created: now, Changed: now}
	if err := s.save(ctx, kindUser, name, u); err != nil {
		return "", err
	}
	s.mu.Lock()
	s.users[name] = u
	s.mu.Unlock()
	return secret, nil
}

func (s *Service) newPassword(ctx context.Context, name, password string) (secret, kept string, err error) {
	secret = password
	if secret == "" {
		r := random(15) // 120 bits, in four groups of six letters
		secret = r[:6] + "-" + r[6:12] + "-" + r[12:18] + "-" + r[18:24]
	} else if err := checkPassword(name, password); err != nil {
		return "", "", err
	}
	kept, err = s.hasher.hash(ctx, secret)
	return secret, kept, err
}

// Users lists the accounts by name.
func (s *Service) Users() []User {
	now := s.o.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	open := map[string]int{}
	for _, x := range s.sessions {
		if !s.ended(x, now) {
			open[x.Account]++
		}
	}
	var out []User
	for _, name := range sortedKeys(s.users) {
		u := s.users[name]
		out = append(out, User{Name: u.Name, Role: u.Role, Created: u.Created, Changed: u.Changed, Sessions: open[name]})
	}
	return out
}

// RevokeUser removes an account and ends its sessions.
// Errors: problem.ResourceNotFound.
func (s *Service) RevokeUser(ctx context.Context, name string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.users[name] == nil {
		return problem.New(problem.ResourceNotFound, "there is no account %q", shorten(name))
	}
	w, err := put(kindUser, name, nil)
	if err != nil {
		return err
	}
	if err := s.endSessions(ctx, name, "", w); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.users, name)
	s.mu.Unlock()
	return nil
}

// ResetUser gives an account a new password, made up if it is empty, and ends
// its sessions but the one whose public id is keep.
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (s *Service) ResetUser(ctx context.Context, name, password, keep string) (secret string, err error) {
	s.mu.RLock()
	_, there := s.users[name]
	s.mu.RUnlock()
	if !there {
		return "", problem.New(problem.ResourceNotFound, "there is no account %q", shorten(name))
	}
	secret, kept, err := s.newPassword(ctx, name, password)
	if err != nil {
		return "", err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	old := s.users[name]
	if old == nil {
		return "", problem.New(problem.Conflict, "the account %q was removed meanwhile", name)
	}
	u := *old
	u.Password, u.Changed = kept, s.o.Now().UTC().Truncate(time.Second)
	w, err := put(kindUser, name, &u)
	if err != nil {
		return "", err
	}
	if err := s.endSessions(ctx, name, keep, w); err != nil {
		return "", err
	}
	s.mu.Lock()
	s.users[name] = &u
	s.mu.Unlock()
	return secret, nil
}

// endSessions ends the sessions of an account but keep, in one write with
// also. The caller holds writing.
func (s *Service) endSessions(ctx context.Context, account, keep string, also ...store.RecordWrite) error {
	writes := also
	var gone []string
	for key, x := range s.sessions {
		if x.Account == account && x.ID != keep {
			w, err := put(kindSession, key, nil)
			if err != nil {
				return err
			}
			writes, gone = append(writes, w), append(gone, key)
		}
	}
	if len(writes) == 0 {
		return nil
	}
	if err := s.o.Records.Write(ctx, writes); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range gone {
		delete(s.sessions, key)
	}
	return nil
}
