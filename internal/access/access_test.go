package access

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// keys knows three secrets; the store behind it can break.
type keys struct{ broken error }

func (k keys) find(secret string) (Caller, error) {
	switch {
	case k.broken != nil:
		return Nobody(), k.broken
	case secret == "token":
		return Caller{Account: "token/ci", Role: Editor, Via: ViaToken}, nil
	case secret == "session":
		return Caller{Account: "ada", Role: Reader, Via: ViaSession}, nil
	case secret == "device":
		return Caller{Account: "device/box", Role: Device, Via: ViaDevice, Sources: []string{"air"}}, nil
	}
	return Nobody(), problem.New(problem.Unauthenticated, "no")
}
func (k keys) Bearer(_ context.Context, s string) (Caller, error)         { return k.find(s) }
func (k keys) Session(_ context.Context, s string) (Caller, error)        { return k.find(s) }
func (k keys) DeviceLogin(_ context.Context, _, s string) (Caller, error) { return k.find(s) }

func TestWhoACallerIs(t *testing.T) {
	free, always, public := Settings{}, Settings{Always: true}, Settings{PublicURL: "https://city.example"}
	tests := map[string]struct {
		settings Settings
		ev       Evidence
		want     string // account
		wrong    bool
	}{
		"nobody":                           {free, Evidence{}, "", false},
		"at the machine":                   {free, Evidence{Loopback: true}, "local", false},
		"at the machine, auth always":      {always, Evidence{Loopback: true}, "", false},
		"at the machine, public URL":       {public, Evidence{Loopback: true}, "", false},
		"forwarded to the machine":         {free, Evidence{Loopback: true, Forwarded: true}, "", false},
		"a foreign page at the machine":    {free, Evidence{Loopback: true, Foreign: true}, "", false},
		"a token":                          {free, Evidence{Bearer: "token", HasBearer: true}, "token/ci", false},
		"a token, forwarded":               {public, Evidence{Bearer: "token", HasBearer: true, Forwarded: true, Loopback: true}, "token/ci", false},
		"a token at the machine":           {free, Evidence{Bearer: "token", HasBearer: true, Loopback: true}, "token/ci", false},
		"a wrong token":                    {free, Evidence{Bearer: "x", HasBearer: true}, "", true},
		"a wrong token at the machine":     {free, Evidence{Bearer: "x", HasBearer: true, Loopback: true}, "", true},
		"an empty token at the machine":    {free, Evidence{HasBearer: true, Loopback: true}, "", true},
		"a wrong token beside a session":   {free, Evidence{Bearer: "x", HasBearer: true, Session: "session"}, "", true},
		"a session":                        {free, Evidence{Session: "session"}, "ada", false},
		"a session at the machine":         {free, Evidence{Session: "session", Loopback: true}, "ada", false},
		"a session that a page uses":       {free, Evidence{Session: "session", Foreign: true}, "", false},
		"an ended session":                 {free, Evidence{Session: "x"}, "", false},
		"an ended session at the machine":  {free, Evidence{Session: "x", Loopback: true}, "local", false},
		"a session off, forwarded, public": {public, Evidence{Session: "session", Forwarded: true, Loopback: true}, "ada", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := NewPolicy(tt.settings, keys{}, nil).Caller(t.Context(), tt.ev)
			if got.Account != tt.want || problem.Is(err, problem.Unauthenticated) != tt.wrong {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	broken := NewPolicy(free, keys{errors.New("disk")}, nil)
	if c, err := broken.Caller(t.Context(), Evidence{Session: "session", Loopback: true}); err == nil || c.Known() {
		t.Errorf("a store that fails lets %+v in: %v", c, err)
	}
	if c, err := NewPolicy(free, nil, nil).Caller(t.Context(), Evidence{Bearer: "token", HasBearer: true, Loopback: true}); err == nil || c.Known() {
		t.Errorf("nobody verifies, and %+v is let in", c)
	}
}

func TestWhoADeviceIs(t *testing.T) {
	free, always := NewPolicy(Settings{}, keys{}, nil), NewPolicy(Settings{Always: true}, keys{}, nil)
	tests := map[string]struct {
		p        *Policy
		loopback bool
		named    bool
		secret   string
		want     string
	}{
		"no name, at the machine":              {free, true, false, "", "local"},
		"no name, elsewhere":                   {free, false, false, "", ""},
		"no name, at the machine, auth always": {always, true, false, "", ""},
		"a device":                             {free, false, true, "device", "device/box"},
		"a device at the machine":              {free, true, true, "device", "device/box"},
		"a wrong secret at the machine":        {free, true, true, "x", ""},
		"an empty secret at the machine":       {free, true, true, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.p.Device(t.Context(), tt.loopback, tt.named, "box", tt.secret)
			if got.Account != tt.want || problem.Is(err, problem.Unauthenticated) != (tt.want == "") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestEveryRuleAndRole(t *testing.T) {
	may := map[Rule]string{ // who, by the first letters of the roles; n is nobody
		NoRule: "", Anyone: "ndresa", PublicDataset: "ndresa", Self: "dresa", Feed: "desa", Read: "resa", Write: "esa", Curate: "sa", Admin: "a", ruleCount: "", 250: "",
	}
	for rule, who := range may {
		for role := range roleCount {
			c := Caller{Account: "x", Role: role}
			want := strings.Contains(who, role.String()[:1])
			err := rule.Allow(c)
			if (err == nil) != want {
				t.Errorf("rule %v, role %v: %v", rule, role, err)
			}
			kind := problem.Forbidden
			if role == NoRole && rule != NoRule && rule < ruleCount {
				kind = problem.Unauthenticated
			}
			if err != nil && !problem.Is(err, kind) {
				t.Errorf("rule %v, role %v: %v", rule, role, err)
			}
		}
		if c := (Caller{Role: roleCount}); rule != Anyone && rule != PublicDataset && c.May(rule) {
			t.Errorf("an unknown role may %v", rule)
		}
	}
	if len(Rules()) != int(ruleCount)-1 {
		t.Errorf("rules listed: %v", Rules())
	}
	for _, info := range Rules() {
		if info.Name == "" || info.Who == "" || info.Open == (info.May != nil) {
			t.Errorf("%+v", info)
		}
	}
}

func TestADeviceFeedsItsOwnSources(t *testing.T) {
	for name, tt := range map[string]struct {
		c    Caller
		want bool
	}{
		"its source": {Caller{Role: Device, Sources: []string{"air"}}, true}, "another's": {Caller{Role: Device, Sources: []string{"water"}}, false},
		"no source": {Caller{Role: Device}, false}, "an editor": {Caller{Role: Editor}, true}, "a reader": {Caller{Role: Reader, Sources: []string{"air"}}, false}, "nobody": {Nobody(), false}, "local": {Local(), true},
	} {
		if got := tt.c.MayFeed("air"); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

type datasets struct{ err error }

func (d datasets) Public(_ context.Context, s store.Space) ([]query.Query, error) {
	return []query.Query{{Datasets: []string{s.Tenant}}}, d.err
}

func TestWhatACallerSees(t *testing.T) {
	p := NewPolicy(Settings{}, nil, datasets{})
	s := store.Space{Tenant: "t"}
	see := func(p *Policy, c Caller) *query.Access {
		a, err := p.Restriction(t.Context(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []Caller{Local(), {Account: "a", Role: Reader}, {Account: "a", Role: Editor}} {
		if a := see(p, c); a != nil {
			t.Errorf("%v is restricted", c)
		}
	}
	if a := see(p, Nobody()); a == nil || len(a.Any) != 1 || a.Any[0].Datasets[0] != "t" {
		t.Errorf("nobody sees %+v", a)
	}
	if a := see(p, Caller{Account: "device/box", Role: Device}); a == nil || len(a.Any) != 1 {
		t.Errorf("a device sees %+v", a)
	}
	if a := see(NewPolicy(Settings{}, nil, nil), Nobody()); a == nil || a.Any == nil || len(a.Any) != 0 {
		t.Errorf("without a catalogue nobody sees %+v", a)
	}
	if _, err := NewPolicy(Settings{}, nil, datasets{errors.New("disk")}).Restriction(t.Context(), s, Nobody()); err == nil {
		t.Error("a catalogue that fails restricts nothing")
	}
}

// An empty answer would read as an empty city.
func TestAStrangerToWhomNothingIsShownIsTold(t *testing.T) {
	nothing, something := &query.Access{Any: []query.Query{}}, &query.Access{Any: []query.Query{{}}}
	for name, tt := range map[string]struct {
		c    Caller
		a    *query.Access
		want bool
	}{
		"nothing published": {Nobody(), nothing, false}, "something published": {Nobody(), something, true},
		"a reader": {Caller{Role: Reader}, nil, true}, "local": {Local(), nil, true}, "a device": {Caller{Role: Device}, nothing, false}, "a device, something published": {Caller{Role: Device}, something, true},
	} {
		if err := Shown(tt.c, tt.a); (err == nil) != tt.want || err != nil && problem.Is(err, problem.Unauthenticated) == tt.c.Known() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoCanWrite(t *testing.T) {
	for name, tt := range map[string]struct {
		s        Settings
		accounts int
		want     string
	}{
		"fresh":      {Settings{HTTP: "127.0.0.1:8080", HTTPLocal: true, MQTT: "127.0.0.1:1883", MQTTLocal: true}, 0, "whoever works on this machine can write without credentials (HTTP on 127.0.0.1:8080, MQTT on 127.0.0.1:1883); no account or token may write yet (beffroi user add, beffroi token add)"},
		"mqtt only":  {Settings{HTTP: "0.0.0.0:8080", MQTT: "127.0.0.1:1883", MQTTLocal: true}, 1, "whoever works on this machine can write without credentials (MQTT on 127.0.0.1:1883); 1 account or token may write"},
		"outside":    {Settings{HTTP: "0.0.0.0:8080"}, 2, "nobody can write without credentials; 2 accounts and tokens may write"},
		"always":     {Settings{HTTP: "127.0.0.1:8080", HTTPLocal: true, Always: true}, 0, `nobody can write without credentials (server.auth is "always"); no account or token may write yet (beffroi user add, beffroi token add)`},
		"public URL": {Settings{HTTP: "127.0.0.1:8080", HTTPLocal: true, PublicURL: "https://x"}, 3, "nobody can write without credentials (server.public_url is set); 3 accounts and tokens may write"},
	} {
		if got := tt.s.WhoCanWrite(tt.accounts); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestParseRole(t *testing.T) {
	for r := Device; r < roleCount; r++ {
		if got, err := ParseRole(r.String()); got != r || err != nil {
			t.Errorf("%v: %v, %v", r, got, err)
		}
	}
	for _, bad := range []string{"", "none", "king", "Reader"} {
		if _, err := ParseRole(bad); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTheContextCarriesTheCaller(t *testing.T) {
	if From(t.Context()).Known() {
		t.Error("somebody out of nothing")
	}
	if got := From(With(t.Context(), Local())); got.Account != LocalAccount {
		t.Errorf("%+v", got)
	}
}
