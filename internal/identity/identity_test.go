package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// drawer is a store.Records in memory.
type drawer struct {
	mu     sync.Mutex
	kept   map[store.Key][]byte
	writes int
	broken error
}

func newDrawer() *drawer { return &drawer{kept: map[store.Key][]byte{}} }

func (d *drawer) Scan(_ context.Context, kind, prefix, after string) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		d.mu.Lock()
		kept := maps.Clone(d.kept)
		d.mu.Unlock()
		names := []string{}
		for k := range kept {
			if k.Kind == kind && strings.HasPrefix(k.Name, prefix) && k.Name > after {
				names = append(names, k.Name)
			}
		}
		slices.Sort(names)
		for _, n := range names {
			key := store.Key{Kind: kind, Name: n}
			if !yield(store.Record{Key: key, Value: kept[key], Version: 1}, nil) {
				return
			}
		}
	}
}

func (d *drawer) Write(_ context.Context, ws []store.RecordWrite) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return d.broken
	}
	d.writes++
	for _, w := range ws {
		if w.Value == nil {
			delete(d.kept, w.Key)
		} else {
			d.kept[w.Key] = slices.Clone(w.Value)
		}
	}
	return nil
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func open(t *testing.T, d *drawer, c *clock) *Service {
	t.Helper()
	s, err := Open(t.Context(), Options{Records: d, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.hasher = newHasher(cheap)
	return s
}

// cheap makes checks quick where they are not what is tested.
var cheap = costs{memory: 16, passes: 1, lanes: 1}

const good = "correct horse battery"

func addUser(t *testing.T, s *Service, name string, role access.Role) {
	t.Helper()
	if _, err := s.AddUser(t.Context(), name, role, good); err != nil {
		t.Fatal(err)
	}
}

func TestAnAccountLogsInAndSurvivesARestart(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	if _, _, err := s.Login(t.Context(), "ada", good, "192.0.2.1"); !problem.Is(err, problem.Unauthenticated) {
		t.Fatalf("before there is an account: %v", err)
	}
	addUser(t, s, "Ada", access.Editor)
	secret, caller, err := s.Login(t.Context(), "ADA", good, "192.0.2.1")
	if err != nil || caller.Account != "ada" || caller.Role != access.Editor || caller.Via != access.ViaSession || caller.Session == "" {
		t.Fatalf("%+v, %v", caller, err)
	}
	s = open(t, d, c)
	again, err := s.Session(t.Context(), secret)
	if err != nil || again.Account != "ada" || again.Session != caller.Session {
		t.Errorf("after a restart: %+v, %v", again, err)
	}
	for _, wrong := range []string{"", secret + "x", secret[1:], "x"} {
		if _, err := s.Session(t.Context(), wrong); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("secret %q: %v", wrong, err)
		}
	}
	if err := s.Logout(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := s.Logout(t.Context(), secret); err != nil {
		t.Error("a second logout fails:", err)
	}
	for name, x := range map[string]*Service{"now": s, "after a restart": open(t, d, c)} {
		if _, err := x.Session(t.Context(), secret); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%s: the session goes on after the logout: %v", name, err)
		}
	}
}

// Nothing that would let a thief of the folder in stands in it.
func TestNoSecretIsKept(t *testing.T) {
	d := newDrawer()
	s := open(t, d, newClock())
	addUser(t, s, "ada", access.Editor)
	made, err := s.AddUser(t.Context(), "bob", access.Reader, "")
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := s.Login(t.Context(), "bob", made, "x")
	if err != nil {
		t.Fatal("the password that was made up does not do:", err)
	}
	token, err1 := s.AddToken(t.Context(), "ci", access.Editor, 0)
	device, err2 := s.AddDevice(t.Context(), "box", []string{"air"})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for key, value := range d.kept {
		for name, secret := range map[string]string{"password": good, "made-up password": made, "session": session, "token": token, "device": device} {
			half := secret[len(secret)/2:]
			if bytes.Contains(value, []byte(half)) || strings.Contains(key.Name, half) {
				t.Errorf("the %s stands in the record %v", name, key)
			}
		}
	}
}

func TestAllThatIsWrongLooksTheSame(t *testing.T) {
	c := newClock()
	s := open(t, newDrawer(), c)
	addUser(t, s, "ada", access.Editor)
	token, err := s.AddToken(t.Context(), "ci", access.Editor, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	try := func(err error) {
		t.Helper()
		if !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("error %v", err)
			return
		}
		texts = append(texts, err.Error())
	}
	for i, name := range []string{"ada", "nobody", "", "ada ", strings.Repeat("a", 500)} {
		_, _, err := s.Login(t.Context(), name, "wrong password", string(rune('a'+i)))
		try(err)
	}
	_, _, err = s.Login(t.Context(), "ada", strings.Repeat("x", maxPassword+1), "z")
	try(err)
	for _, secret := range []string{"", "bft_", "bft__", "bfd_x_y", "x", token + "x", token[:len(token)-1], "bfd_" + token[4:], strings.Repeat("bft_", 1000)} {
		_, err := s.Bearer(t.Context(), secret)
		try(err)
	}
	c.add(time.Hour)
	_, err = s.Bearer(t.Context(), token)
	try(err)
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("%q is told apart from %q", text, texts[0])
		}
	}
}

// An account that is not there costs a check all the same.
func TestAnUnknownAccountCostsACheck(t *testing.T) {
	h := newHasher(cheap)
	h.turn <- struct{}{}
	h.turn <- struct{}{} // nobody gets a turn now
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.matches(ctx, "", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("no turn was waited for: %v", err)
	}
	h = newHasher(cheap)
	h.dummy = "broken"
	if _, err := h.matches(t.Context(), "", "x"); err == nil {
		t.Error("nothing was checked")
	}
	for range hashQueue {
		h.queue <- struct{}{}
	}
	if _, err := h.matches(t.Context(), "", "x"); !problem.Is(err, problem.TooManyRequests) {
		t.Errorf("the queue has no end: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	h := newHasher(costs{argonMemory, argonPasses, argonLanes})
	kept, err := h.hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kept, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("kept as %s", kept)
	}
	for password, want := range map[string]bool{good: true, good + " ": false, "": false} {
		if ok, err := h.matches(t.Context(), kept, password); ok != want || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	again, err := h.hash(t.Context(), good)
	if err != nil || again == kept {
		t.Errorf("the same salt twice: %v", err)
	}
	// Who found out what stands in for an account that is not there gains nothing.
	h.dummy = kept
	if ok, err := h.matches(t.Context(), "", good); ok || err != nil {
		t.Errorf("nobody's password matches: %v", err)
	}
	for _, broken := range []string{"x", kept[:20], strings.Replace(kept, "m=19456", "m=4194304", 1), strings.Replace(kept, "argon2id", "argon2i", 1), strings.Replace(kept, "t=2", "t=0", 1)} {
		if _, err := h.matches(t.Context(), broken, good); err == nil {
			t.Errorf("%q was taken", broken)
		}
	}
	for password, does := range map[string]bool{
		"short": false, "elevenchars": false, "twelve chars": true, strings.Repeat("x", 20): false, "Password1234": false,
		"motdepasse123": false, "ada.lovelace": false, "ada.lovelace and more": true, strings.Repeat("ab", 600): false, "pass\xffword ok": false,
		"dix caractè": false, "douze caractè": true,
	} {
		if err := checkPassword("ada.lovelace", password); (err == nil) != does || err != nil && !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestGuessingIsSlowed(t *testing.T) {
	c := newClock()
	s := open(t, newDrawer(), c)
	addUser(t, s, "ada", access.Editor)
	wrong := func(name, peer string) error {
		_, _, err := s.Login(t.Context(), name, "wrong password", peer)
		return err
	}
	for i := range freeByAccount {
		if err := wrong("ada", "a"); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	// From any address, and even with the right password: a wait.
	_, _, err := s.Login(t.Context(), "ada", good, "b")
	var fast *TooFast
	if !problem.Is(err, problem.TooManyRequests) || !errors.As(err, &fast) || fast.Seconds() != 1 {
		t.Fatalf("sixth: %v", err)
	}
	c.add(time.Second)
	if err := wrong("ada", "a"); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("after the wait: %v", err)
	}
	if err := wrong("ada", "a"); !errors.As(err, &fast) || fast.Seconds() != 2 {
		t.Errorf("the wait does not double: %v", err)
	}
	c.add(2 * time.Second)
	if _, _, err := s.Login(t.Context(), "ada", good, "b"); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if err := wrong("ada", "b"); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("after success the count goes on: %v", err)
	}
	if err := wrong("ada", "b"); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("after success the count goes on: %v", err)
	}
	// One address that guesses at many accounts.
	for i := range freeByPeer - 6 {
		if err := wrong(string(rune('b'+i)), "a"); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("account %d: %v", i, err)
		}
	}
	if err := wrong("zoe", "a"); !problem.Is(err, problem.TooManyRequests) {
		t.Errorf("the address is not slowed: %v", err)
	}
	c.add(forgetAfter)
	if err := wrong("zoe", "a"); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("nothing is forgotten: %v", err)
	}
}

func TestTheWaitAndTheMemoryAreBounded(t *testing.T) {
	th, now := newThrottle(), newClock().Now()
	for range 100 {
		th.failed("ada", "a", now)
	}
	if d := th.wait("ada", "b", now); d != longestWait {
		t.Errorf("wait %v", d)
	}
	for i := range 2 * maxRemembered {
		th.failed("ada", string(rune(i)), now.Add(time.Duration(i)))
	}
	if len(th.tries) > maxRemembered {
		t.Errorf("%d remembered", len(th.tries))
	}
	if d := th.wait("ada", "b", now); d == 0 {
		t.Error("flooding the memory frees the account")
	}
}

func TestSessionsEnd(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	addUser(t, s, "ada", access.Editor)
	login := func() string {
		t.Helper()
		secret, _, err := s.Login(t.Context(), "ada", good, "a")
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	holds := func(secret string) bool {
		_, err := s.Session(t.Context(), secret)
		return err == nil
	}
	idle := login()
	c.add(30*time.Minute - time.Second)
	if !holds(idle) {
		t.Error("ended before its time")
	}
	c.add(30*time.Minute - time.Second)
	if !holds(idle) {
		t.Error("use does not prolong it")
	}
	c.add(30 * time.Minute)
	if holds(idle) {
		t.Error("goes on unused")
	}
	long := login()
	for range 12*4 - 1 {
		c.add(15 * time.Minute)
		if !holds(long) {
			t.Fatal("ended though used")
		}
	}
	c.add(15 * time.Minute)
	if holds(long) {
		t.Error("goes on for more than 12 h")
	}
	// The last use outlives a restart, within the five minutes.
	used := login()
	c.add(20 * time.Minute)
	holds(used)
	s = open(t, d, c)
	c.add(20 * time.Minute)
	if !holds(used) {
		t.Error("a restart forgets the last use")
	}
	first := login()
	for range maxSessions {
		c.add(time.Second)
		login()
	}
	if holds(first) {
		t.Error("more sessions than allowed")
	}
	if n := s.Users()[0].Sessions; n != maxSessions {
		t.Errorf("%d sessions open", n)
	}
}

func TestAUsedSessionIsWrittenSeldom(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	addUser(t, s, "ada", access.Editor)
	secret, _, err := s.Login(t.Context(), "ada", good, "a")
	if err != nil {
		t.Fatal(err)
	}
	before := d.writes
	for range 60 {
		c.add(10 * time.Second)
		if _, err := s.Session(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.writes - before; n != 2 {
		t.Errorf("%d writes in ten minutes", n)
	}
}

func TestResetAndRevokeEndWhatWasOpen(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	addUser(t, s, "ada", access.Editor)
	secret, _, err := s.Login(t.Context(), "ada", good, "a")
	if err != nil {
		t.Fatal(err)
	}
	kept, caller, err := s.Login(t.Context(), "ada", good, "a")
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.ResetUser(t.Context(), "ada", "", caller.Session)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), secret); err == nil {
		t.Error("another session goes on after the reset")
	}
	if _, err := s.Session(t.Context(), kept); err != nil {
		t.Errorf("the session that asked for it ended: %v", err)
	}
	if _, _, err := s.Login(t.Context(), "ada", good, "b"); err == nil {
		t.Error("the old password does")
	}
	if _, _, err := s.Login(t.Context(), "ada", made, "b"); err != nil {
		t.Error(err)
	}
	if err := s.RevokeUser(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Service{s, open(t, d, c)} {
		if _, err := x.Session(t.Context(), kept); err == nil {
			t.Error("a session goes on without its account")
		}
		if len(x.Users()) != 0 || x.Writers() != 0 {
			t.Errorf("%v", x.Users())
		}
	}
	for name, err := range map[string]error{"revoke": s.RevokeUser(t.Context(), "ada"), "reset": func() error { _, err := s.ResetUser(t.Context(), "ada", "", ""); return err }()} {
		if !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokensAndDevices(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	ctx := t.Context()
	token, err1 := s.AddToken(ctx, "ci", access.Editor, 0)
	device, err2 := s.AddDevice(ctx, "box", []string{"air", "noise"})
	reader, err3 := s.AddToken(ctx, "look", access.Reader, time.Hour)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	s = open(t, d, c)
	if got, err := s.Bearer(ctx, token); err != nil || got.Account != "token/ci" || got.Role != access.Editor || got.Via != access.ViaToken {
		t.Errorf("%+v, %v", got, err)
	}
	got, err := s.Bearer(ctx, device)
	if err != nil || got.Account != "device/box" || got.Role != access.Device || !got.MayFeed("air") || got.MayFeed("water") || got.May(access.Read) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, tt := range map[string]struct {
		user, secret string
		ok           bool
	}{
		"a device": {"box", device, true}, "another's name": {"bax", device, false}, "no secret": {"box", "", false}, "an editor's token": {"ci", token, true},
		"a reader's token": {"look", reader, false}, "no name": {"", device, false},
	} {
		if _, err := s.DeviceLogin(ctx, tt.user, tt.secret); (err == nil) != tt.ok || err != nil && !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := s.Writers(); n != 1 {
		t.Errorf("%d writers", n)
	}
	fresh, err := s.ResetDevice(ctx, "box")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bearer(ctx, device); err == nil {
		t.Error("the old secret does")
	}
	if got, err := s.Bearer(ctx, fresh); err != nil || !got.MayFeed("noise") {
		t.Errorf("%+v, %v", got, err)
	}
	c.add(DefaultTokenLife)
	if _, err := s.Bearer(ctx, token); err == nil {
		t.Error("a token holds for ever")
	}
	if ts := s.Tokens(); len(ts) != 2 || ts[0].Name != "ci" || !ts[0].Expired {
		t.Errorf("%+v", ts)
	}
	again, err := s.ResetToken(ctx, "ci")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bearer(ctx, again); err != nil {
		t.Errorf("a token that was renewed: %v", err)
	}
	if err := errors.Join(s.RevokeToken(ctx, "ci"), s.RevokeDevice(ctx, "box")); err != nil {
		t.Fatal(err)
	}
	s = open(t, d, c)
	for _, secret := range []string{again, fresh} {
		if _, err := s.Bearer(ctx, secret); err == nil {
			t.Error("it holds after it was revoked")
		}
	}
	if err := s.RevokeDevice(ctx, "box"); !problem.Is(err, problem.ResourceNotFound) {
		t.Error(err)
	}
}

func TestNamesAndRolesThatDoNotDo(t *testing.T) {
	s := open(t, newDrawer(), newClock())
	ctx := t.Context()
	addUser(t, s, "ada", access.Reader)
	for name, err := range map[string]error{
		"taken":         func() error { _, err := s.AddUser(ctx, "ADA", access.Reader, good); return err }(),
		"local":         func() error { _, err := s.AddUser(ctx, "local", access.Reader, good); return err }(),
		"a slash":       func() error { _, err := s.AddUser(ctx, "token/x", access.Reader, good); return err }(),
		"empty":         func() error { _, err := s.AddToken(ctx, "", access.Reader, 0); return err }(),
		"a device user": func() error { _, err := s.AddUser(ctx, "b", access.Device, good); return err }(),
		"no role":       func() error { _, err := s.AddToken(ctx, "b", access.NoRole, 0); return err }(),
		"no source":     func() error { _, err := s.AddDevice(ctx, "b", nil); return err }(),
		"a short life":  func() error { _, err := s.AddToken(ctx, "b", access.Reader, -time.Hour); return err }(),
		"weak password": func() error { _, err := s.AddUser(ctx, "b", access.Reader, "short"); return err }(),
	} {
		if !problem.Is(err, problem.BadRequestData) && !problem.Is(err, problem.AlreadyExists) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What could not be kept did not happen.
func TestAFailedWriteChangesNothing(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	addUser(t, s, "ada", access.Editor)
	secret, _, err := s.Login(t.Context(), "ada", good, "a")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.AddToken(t.Context(), "ci", access.Editor, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.broken = problem.New(problem.OutOfSpace, "full")
	ctx := t.Context()
	_, e1 := s.AddUser(ctx, "bob", access.Reader, good)
	_, e2 := s.AddDevice(ctx, "box", []string{"air"})
	_, e3 := s.ResetToken(ctx, "ci")
	_, _, e4 := s.Login(ctx, "ada", good, "a")
	_, e5 := s.ResetUser(ctx, "ada", "", "")
	for i, err := range []error{e1, e2, e3, e4, e5, s.RevokeUser(ctx, "ada"), s.RevokeToken(ctx, "ci"), s.Logout(ctx, secret)} {
		if !problem.Is(err, problem.OutOfSpace) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if _, err := s.Session(ctx, secret); err != nil {
		t.Error(err)
	}
	if _, err := s.Bearer(ctx, token); err != nil {
		t.Error(err)
	}
	if len(s.Users()) != 1 || len(s.Devices()) != 0 {
		t.Errorf("%v %v", s.Users(), s.Devices())
	}
}

func TestARecordOfANewerFormIsRefused(t *testing.T) {
	d, c := newDrawer(), newClock()
	text, err := json.Marshal(user{Name: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range [][]byte{append([]byte{formVersion + 1}, text...), {formVersion, '{'}, {}} {
		d.kept[store.Key{Kind: kindUser, Name: "ada"}] = value
		if _, err := Open(t.Context(), Options{Records: d, Now: c.Now}); err == nil || !strings.Contains(err.Error(), `"ada"`) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	d, c := newDrawer(), newClock()
	s := open(t, d, c)
	addUser(t, s, "ada", access.Editor)
	secret, _, err := s.Login(t.Context(), "ada", good, "a")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := string(rune('b' + i))
			if _, err := s.AddToken(t.Context(), name, access.Reader, 0); err != nil {
				t.Error(err)
			}
			for range 50 {
				c.add(time.Second)
				if _, err := s.Session(t.Context(), secret); err != nil {
					t.Error(err)
				}
				s.Users()
				s.Tokens()
			}
			if err := s.RevokeToken(t.Context(), name); err != nil {
				t.Error(err)
			}
		})
	}
	if _, _, err := s.Login(t.Context(), "ada", good, "a"); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if len(s.Tokens()) != 0 {
		t.Error(s.Tokens())
	}
}

// A subscription goes on with the rights that its account has now.
func TestAnAccountIsFoundByName(t *testing.T) {
	c := newClock()
	s := open(t, newDrawer(), c)
	addUser(t, s, "ada", access.Editor)
	_, err1 := s.AddToken(t.Context(), "ci", access.Reader, time.Hour)
	_, err2 := s.AddDevice(t.Context(), "box", []string{"air"})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]access.Role{
		"ada": access.Editor, "token/ci": access.Reader, "device/box": access.Device,
		"": access.NoRole, "ci": access.NoRole, "token/ada": access.NoRole, "user/ada": access.NoRole, "token/": access.NoRole, "local": access.NoRole,
	} {
		got, ok := s.CallerNamed(account)
		if got.Role != want || ok != (want != access.NoRole) || ok && got.Account != account {
			t.Errorf("%q: %+v, %v", account, got, ok)
		}
	}
	c.add(time.Hour)
	if got, ok := s.CallerNamed("token/ci"); ok {
		t.Errorf("an expired token: %+v", got)
	}
	if err := s.RevokeUser(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.CallerNamed("ada"); ok {
		t.Errorf("a revoked account: %+v", got)
	}
}

// A password that was changed, or an account that was removed, while a login
// was under way opens nothing.
func TestALoginThatWasOvertakenFails(t *testing.T) {
	s := open(t, newDrawer(), newClock())
	addUser(t, s, "ada", access.Editor)
	before := s.users["ada"]
	if _, err := s.ResetUser(t.Context(), "ada", "another long password", ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.openSession(t.Context(), before); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("%v", err)
	}
}
