// Package identity keeps who may come in: accounts with passwords, API tokens,
// devices, and the sessions of those who logged in. It proves who somebody is;
// what they may do is access's business.
//
// What always holds: secrets are shown once and kept as digests only
// (passwords as argon2id, random secrets of 256 bits as SHA-256); nothing
// tells which accounts exist, neither by words nor by time; the number of
// passwords checked at once, of sessions and of remembered failures is
// bounded. There is no account and no password until somebody makes one.
//
// All of it is held in memory and written through to store.Records: one
// process owns a store at a time.
package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// records keeps what has to outlive the process.
type records interface {
	Scan(ctx context.Context, kind, prefix, after string) iter.Seq2[store.Record, error]
	Write(ctx context.Context, ws []store.RecordWrite) error
}

// Options are the settings of a Service.
type Options struct {
	// Records keeps accounts; the kinds are account, token, device, session.
	Records records
	// Now is the machine's time, never a scaled one; nil is time.Now.
	Now func() time.Time
	// IdleTimeout ends a session that was not used; zero is 30 minutes.
	IdleTimeout time.Duration
	// MaxSession ends any session; zero is 12 hours.
	MaxSession time.Duration
}

// Service knows accounts, tokens, devices and sessions. It is safe for use by
// many goroutines.
type Service struct {
	o        Options
	hasher   *hasher
	throttle *throttle

	writing sync.Mutex // held through a change, so that memory follows the store

	mu       sync.RWMutex
	users    map[string]*user // by name
	tokens   register
	devices  register
	sessions map[string]*session // by digest of the secret
}

// The kinds of records, and the version of their form: a version byte, then
// JSON.
const (
	kindUser    = "account"
	kindToken   = "token"
	kindDevice  = "device"
	kindSession = "session"

	formVersion = 1
)

// Open reads what is kept.
// Errors: those of Records; a record of a newer form is refused.
func Open(ctx context.Context, o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 30*time.Minute)
	o.MaxSession = cmp.Or(o.MaxSession, 12*time.Hour)
	s := &Service{
		o: o, hasher: newHasher(costs{argonMemory, argonPasses, argonLanes}), throttle: newThrottle(),
		users: map[string]*user{}, tokens: newRegister(), devices: newRegister(), sessions: map[string]*session{},
	}
	if err := load(ctx, o.Records, kindUser, s.users); err != nil {
		return nil, err
	}
	for _, kind := range []string{kindToken, kindDevice} {
		m, _, _ := s.of(kind)
		if err := load(ctx, o.Records, kind, m.byID); err != nil {
			return nil, err
		}
		for _, c := range m.byID {
			m.byName[c.Name] = c
		}
	}
	return s, load(ctx, o.Records, kindSession, s.sessions)
}

func load[T any](ctx context.Context, rs records, kind string, into map[string]*T) error {
	for r, err := range rs.Scan(ctx, kind, "", "") {
		if err != nil {
			return fmt.Errorf("read records of kind %s: %w", kind, err)
		}
		if len(r.Value) == 0 || r.Value[0] != formVersion {
			return fmt.Errorf("the %s record %q has a form that this version does not know", kind, r.Key.Name)
		}
		v := new(T)
		if err := json.Unmarshal(r.Value[1:], v); err != nil {
			return fmt.Errorf("the %s record %q cannot be read: %w", kind, r.Key.Name, err)
		}
		into[r.Key.Name] = v
	}
	return nil
}

// put makes the write of one record; a nil v deletes it.
func put(kind, name string, v any) (store.RecordWrite, error) {
	w := store.RecordWrite{Key: store.Key{Kind: kind, Name: name}, Any: true}
	if v == nil {
		return w, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return w, fmt.Errorf("write the %s record %q: %w", kind, name, err)
	}
	w.Value = append([]byte{formVersion}, text...)
	return w, nil
}

// save writes one record durably; a nil v deletes it.
func (s *Service) save(ctx context.Context, kind, name string, v any) error {
	w, err := put(kind, name, v)
	if err != nil {
		return err
	}
	if err := s.o.Records.Write(ctx, []store.RecordWrite{w}); err != nil {
		return fmt.Errorf("keep the %s %q: %w", kind, name, err)
	}
	return nil
}

// namePattern holds what accounts, tokens and devices may be called.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,62}$`)

// checkName refuses names that cannot be told apart or are taken by beffroi.
func checkName(what, name string) error {
	switch {
	case !namePattern.MatchString(name):
		return problem.New(problem.BadRequestData, "%q is no name for %s: use up to 63 of a-z, 0-9, and . _ @ - behind the first", shorten(name), what)
	case name == access.LocalAccount:
		return problem.New(problem.BadRequestData, "the name %q is taken: it is the caller on a loopback listener", name)
	}
	return nil
}

// errWrong is what every wrong credential gets: it tells nothing.
func errWrong() error {
	return problem.New(problem.Unauthenticated, "these credentials are not valid here")
}

// secretBytes is the length of a random secret: 256 bits.
const secretBytes = 32

var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// random gives n random bytes as lower-case letters and digits.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the process ends if the system has no randomness
	return strings.ToLower(letters.EncodeToString(b))
}

func digest(secret string) []byte {
	d := sha256.Sum256([]byte(secret))
	return d[:]
}

func shorten(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Writers counts the accounts and tokens that may change the city: the number
// for access.Settings.WhoCanWrite.
func (s *Service) Writers() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	for _, u := range s.users {
		if (access.Caller{Role: u.role()}).May(access.Write) {
			n++
		}
	}
	now := s.o.Now()
	for _, t := range s.tokens.byID {
		if !t.expired(now) && (access.Caller{Role: t.role()}).May(access.Write) {
			n++
		}
	}
	return n
}
