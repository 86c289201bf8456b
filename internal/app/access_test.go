package app

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/httpx/accesstest"
	"github.com/beffroi/beffroi/internal/config"
)

// opened gives an app on a fresh folder and free ports, not yet running.
func opened(t *testing.T, change func(*config.Config)) *App {
	t.Helper()
	c := config.Default()
	c.Store.Dir, c.Server.Addr, c.MQTT.Addr = t.TempDir(), "127.0.0.1:0", "off"
	change(&c)
	a, err := Open(t.Context(), c, Options{MadeBy: MadeByCity})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// running starts it and gives its address.
func running(t *testing.T, a *App) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	<-a.Ready()
	return a.URL()
}

// Every route of the program, asked without, with wrong and with right
// credentials, on a loopback listener and elsewhere.
func TestEveryRouteHasItsGate(t *testing.T) {
	a := opened(t, func(*config.Config) {})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	accesstest.Run(t, a.mux.Routes())
}

// The routes that answer everybody are these and no others. A line added here
// opens a door: it must show nothing of the city, or published datasets alone.
func TestWhatIsOpenToAll(t *testing.T) {
	a := opened(t, func(*config.Config) {})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	allowed := []string{
		"/api/requests", "/api/requests/", "/api/wanted", // handing in; following one's own request, by its secret
		"/healthz", "/readyz", "/api/session", "/api/city", "/api/locales", // who am I, and what is this
		"/{$}", "/map", "/catalogue", "/login", "/dataset", "/explorer", "/assets/", "/fonts/", "/basemap/", "/sprites/", // the pages' own files
		"/contexts/city.jsonld", "/contexts/governance.jsonld", // words, no data
		"/ngsi-ld/v1/jsonldContexts/{contextId}", // receivers of notifications follow Link without credentials; it holds words, no data
	}
	for _, r := range a.mux.Routes() {
		if r.Rule != access.Anyone {
			continue
		}
		known := r.Group == "Pages"
		for _, p := range allowed {
			known = known || r.Pattern == p || strings.HasSuffix(p, "/") && strings.HasPrefix(r.Pattern, p)
		}
		if !known {
			t.Errorf("%s %s (%s) is open to everybody", r.Method, r.Pattern, r.Name)
		}
	}
}

// From end to end: the real listeners, the real store.
func TestWhoComesInWhere(t *testing.T) {
	type ask struct {
		header []string
		want   int
	}
	tests := map[string]struct {
		change func(*config.Config)
		asks   map[string]ask
	}{
		"on loopback": {func(*config.Config) {}, map[string]ask{
			"anonymous":              {nil, 200},
			"forwarded":              {[]string{"X-Forwarded-For", "192.0.2.1"}, 401},
			"a foreign page":         {[]string{"Origin", "https://evil.example"}, 401},
			"a wrong token":          {[]string{"Authorization", "Bearer bft_x_y"}, 401},
			"an editor's token":      {[]string{"Authorization", "Bearer TOKEN"}, 200},
			"a device's secret":      {[]string{"Authorization", "Bearer DEVICE"}, 403},
			"under another name":     {[]string{"Host", "evil.example"}, 400},
			"under another name too": {[]string{"Host", "localhost"}, 400},
		}},
		"with auth always": {func(c *config.Config) { c.Server.Auth = "always" }, map[string]ask{
			"anonymous": {nil, 401}, "an editor's token": {[]string{"Authorization", "Bearer TOKEN"}, 200},
		}},
		"with a public URL": {func(c *config.Config) { c.Server.PublicURL = "https://city.example" }, map[string]ask{
			"anonymous": {nil, 401}, "under its name": {[]string{"Host", "city.example", "Authorization", "Bearer TOKEN"}, 200},
		}},
		"on all addresses, though called on loopback": {func(c *config.Config) { c.Server.Addr, c.Server.InsecurePlain = "0.0.0.0:0", true }, map[string]ask{
			"anonymous": {nil, 401}, "an editor's token": {[]string{"Authorization", "Bearer TOKEN"}, 200},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := opened(t, tt.change)
			token, err := a.ids.AddToken(t.Context(), "ci", access.Editor, 0)
			if err != nil {
				t.Fatal(err)
			}
			device, err := a.ids.AddDevice(t.Context(), "box", []string{"air"})
			if err != nil {
				t.Fatal(err)
			}
			running(t, a)
			base := "http://" + strings.Replace(a.httpLn.Addr().String(), "[::]", "127.0.0.1", 1)
			for who, q := range tt.asks {
				for path, reads := range map[string]bool{"/ngsi-ld/v1/types": true, "/ngsi-ld/v1/entities?type=T": true, "/metrics": true, "/healthz": false} {
					r, err := http.NewRequest(http.MethodGet, base+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					for i := 0; i < len(q.header); i += 2 {
						value := strings.NewReplacer("TOKEN", token, "DEVICE", device).Replace(q.header[i+1])
						if q.header[i] == "Host" {
							r.Host = value
						}
						r.Header.Set(q.header[i], value)
					}
					res, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(res.Body)
					res.Body.Close()
					want := q.want
					if !reads {
						want = 200
					}
					if err != nil || res.StatusCode != want {
						t.Errorf("%s, %s: %d, want %d: %s, %v", who, path, res.StatusCode, want, body, err)
					}
					if res.Header.Get("Access-Control-Allow-Origin") != "" {
						t.Errorf("%s, %s: shared with every origin", who, path)
					}
				}
			}
		})
	}
}

// A subscription to an address that nothing may be sent to fails at once and
// names the switch.
func TestARefusedEndpointNamesTheSwitch(t *testing.T) {
	base := running(t, opened(t, func(*config.Config) {}))
	body := `{"id":"urn:ngsi-ld:Subscription:1","type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://127.0.0.1:9000/x"}}}`
	res, err := http.Post(base+"/ngsi-ld/v1/subscriptions", httpx.TypeJSON, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 400 || !strings.Contains(string(text), "--outbound-allow 127.0.0.1:9000") {
		t.Errorf("%d %s %v", res.StatusCode, text, err)
	}
	if got := res.Header.Get("Content-Type"); got != httpx.TypeJSON {
		t.Errorf("media type %s", got)
	}
}

// A connection may outlive the account that opened it; its rights do not.
func TestARevokedDeviceLosesItsRightsWhileConnected(t *testing.T) {
	a := opened(t, func(*config.Config) {})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	secret, err := a.ids.AddDevice(t.Context(), "box", []string{"air"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.policy.Device(t.Context(), true, true, "box", secret)
	if err != nil || !a.still(c).MayFeed("air") {
		t.Fatalf("%+v, %v", c, err)
	}
	if !a.still(access.Local()).May(access.Feed) {
		t.Error("the local caller lost its rights")
	}
	if err := a.ids.RevokeDevice(t.Context(), "box"); err != nil {
		t.Fatal(err)
	}
	if a.still(c).May(access.Feed) {
		t.Error("a revoked device may still publish")
	}
}

// Accounts and sessions outlive the process, on the real store.
func TestCredentialsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	var cookie, token string
	for round := range 2 {
		a := opened(t, func(c *config.Config) { c.Store.Dir = dir })
		if round == 0 {
			var err error
			if _, err = a.ids.AddUser(t.Context(), "ada", access.Steward, "correct horse battery"); err != nil {
				t.Fatal(err)
			}
			if cookie, _, err = a.ids.Login(t.Context(), "ada", "correct horse battery", "x"); err != nil {
				t.Fatal(err)
			}
			if token, err = a.ids.AddToken(t.Context(), "ci", access.Reader, 0); err != nil {
				t.Fatal(err)
			}
			if _, err = a.ids.AddToken(t.Context(), "gone", access.Reader, 0); err != nil {
				t.Fatal(err)
			}
			if err = a.ids.RevokeToken(t.Context(), "gone"); err != nil {
				t.Fatal(err)
			}
		} else {
			if c, err := a.ids.Session(t.Context(), cookie); err != nil || c.Account != "ada" || c.Role != access.Steward {
				t.Errorf("session: %+v, %v", c, err)
			}
			if c, err := a.ids.Bearer(t.Context(), token); err != nil || c.Account != "token/ci" {
				t.Errorf("token: %+v, %v", c, err)
			}
			if ts := a.ids.Tokens(); len(ts) != 1 {
				t.Errorf("tokens: %+v", ts)
			}
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
