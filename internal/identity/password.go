package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/beffroi/beffroi/internal/problem"
)

// The cost of one password check (RFC 9106; OWASP's least for argon2id):
// 19 MiB, two passes, one lane.
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// The bounds of a password, in characters and bytes.
const (
	minPassword = 12
	maxPassword = 1024
)

// hasher checks passwords, a few at a time: each costs its memory.
type hasher struct {
	turn  chan struct{} // those at work
	queue chan struct{} // those at work or waiting
	dummy string        // stands in for an account that is not there
	costs costs
}

// costs are those of new digests.
type costs struct {
	memory, passes uint32 // memory in KiB
	lanes          uint8
}

const (
	hashAtOnce = 2
	hashQueue  = 32
)

func newHasher(c costs) *hasher {
	h := &hasher{turn: make(chan struct{}, hashAtOnce), queue: make(chan struct{}, hashQueue), costs: c}
	h.dummy = c.encode(make([]byte, argonSalt), make([]byte, argonKey))
	return h
}

// slot waits for a turn.
// Errors: problem.TooManyRequests if too many wait already; ctx's error.
func (h *hasher) slot(ctx context.Context) (release func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, problem.New(problem.TooManyRequests, "too many people log in at once; try again in a moment")
	}
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
}

// hash gives the text that is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails
	c := h.costs
	return c.encode(salt, argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.lanes, argonKey)), nil
}

// matches checks a password; kept is "" for an account that is not there,
// which takes as long and never matches.
func (h *hasher) matches(ctx context.Context, kept, password string) (bool, error) {
	release, err := h.slot(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	known := kept != ""
	if !known {
		kept = h.dummy
	}
	p, err := decode(kept)
	if err != nil {
		return false, err
	}
	key := argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1 && known, nil
}

// phc is a kept password, taken apart.
type phc struct {
	costs
	salt, key []byte
}

func (c costs) encode(salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", c.memory, c.passes, c.lanes, b.EncodeToString(salt), b.EncodeToString(key))
}

// decode reads the PHC form. Costs beyond reason are refused: they would come
// from a damaged record.
func decode(kept string) (phc, error) {
	bad := func() (phc, error) {
		return phc{}, fmt.Errorf("a password's digest has a form that this version does not know")
	}
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return bad()
	}
	var ns [3]uint64
	fields := strings.Split(parts[3], ",")
	if len(fields) != 3 {
		return bad()
	}
	for i, name := range []string{"m=", "t=", "p="} {
		text, ok := strings.CutPrefix(fields[i], name)
		n, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || n == 0 {
			return bad()
		}
		ns[i] = n
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 || ns[0] > 1<<20 || ns[1] > 100 || ns[2] > 16 {
		return bad()
	}
	return phc{costs{uint32(ns[0]), uint32(ns[1]), uint8(ns[2])}, salt, key}, nil
}

// commonPasswords are long enough and guessed first all the same.
var commonPasswords = []string{
	"password1234", "passwordpassword", "123456789012", "1234567890123", "12345678901234", "123123123123", "qwertyuiop12",
	"qwertyqwerty", "azertyuiop12", "azertyazerty", "administrator", "administrator1", "administrateur", "motdepasse123",
	"motdepasse1234", "wachtwoord123", "wachtwoord1234", "welkom123456", "bienvenue123", "letmeinletmein", "iloveyouiloveyou",
	"abcdefghijkl", "abcdefghijklm", "abc123abc123", "changemechangeme", "beffroibeffroi", "beffroi12345", "beffroi123456", "smartcity123",
	"smartcity2026", "correcthorsebatterystaple", "000000000000", "111111111111", "aaaaaaaaaaaa", "passw0rd1234", "p@ssw0rd1234",
}

// checkPassword refuses what is guessed too soon.
// Errors: problem.BadRequestData, saying what would do.
func checkPassword(name, password string) error {
	bad := func(why string) error {
		return problem.New(problem.BadRequestData, "this password does not do: %s; take at least %d characters that nobody else would", why, minPassword)
	}
	switch lower := strings.ToLower(password); {
	case !utf8.ValidString(password):
		return bad("it is not UTF-8")
	case utf8.RuneCountInString(password) < minPassword:
		return bad("it is too short")
	case len(password) > maxPassword:
		return bad(fmt.Sprintf("it is longer than %d bytes", maxPassword))
	case strings.Contains(lower, name) && len(lower)-len(name) < minPassword/2:
		return bad("it is little more than the account's name")
	case strings.Trim(lower, lower[:1]) == "":
		return bad("it is one character again and again")
	default:
		for _, c := range commonPasswords {
			if c == lower {
				return bad("it is one of those tried first")
			}
		}
	}
	return nil
}
