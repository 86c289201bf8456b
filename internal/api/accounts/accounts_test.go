package accounts_test

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/accounts"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/httpx/accesstest"
	"github.com/beffroi/beffroi/internal/identity"
	"github.com/beffroi/beffroi/internal/store"
)

// forgetful is a store.Records that keeps nothing: identity holds it in memory.
type forgetful struct{}

func (forgetful) Scan(context.Context, string, string, string) iter.Seq2[store.Record, error] {
	return func(func(store.Record, error) bool) {}
}
func (forgetful) Write(context.Context, []store.RecordWrite) error { return nil }

const password = "correct horse battery"

// city is a server off loopback with an administrator and a reader.
func city(t *testing.T, publicURL string) (http.Handler, *accounts.API) {
	t.Helper()
	ids, err := identity.Open(t.Context(), identity.Options{Records: forgetful{}})
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]access.Role{"ada": access.Administrator, "bob": access.Reader} {
		if _, err := ids.AddUser(t.Context(), name, role, password); err != nil {
			t.Fatal(err)
		}
	}
	api := accounts.NewAPI(accounts.Options{Logins: ids, Users: ids.UserRegister(), Tokens: ids.TokenRegister(), Devices: ids.DeviceRegister()})
	m, err := httpx.New(httpx.Options{
		Access: access.NewPolicy(access.Settings{PublicURL: publicURL}, ids, nil), Hosts: httpx.Hosts{PublicURL: publicURL},
	}, api.Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	return m, api
}

// ask sends a request to a listener off loopback; header holds pairs.
func ask(t *testing.T, h http.Handler, method, path, body string, header ...string) (*http.Response, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "localhost"
	r = r.WithContext(httpx.OnListener(t.Context(), &net.TCPAddr{IP: net.IPv4zero, Port: 80}))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return res, doc
}

func name(doc map[string]any) string {
	account, _ := doc["account"].(map[string]any)
	s, _ := account["name"].(string)
	return s
}

func TestLoggingInAndOut(t *testing.T) {
	h, _ := city(t, "")
	if res, doc := ask(t, h, "GET", "/api/session", ""); res.StatusCode != 200 || doc["account"] != nil {
		t.Errorf("before: %d %v", res.StatusCode, doc)
	}
	res, doc := ask(t, h, "POST", "/api/session", `{"account":"ada","password":"`+password+`"}`)
	if res.StatusCode != 200 || name(doc) != "ada" || len(res.Cookies()) != 1 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("login: %d %v %v", res.StatusCode, doc, res.Cookies())
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Name != httpx.SessionCookie || c.Secure {
		t.Errorf("cookie %+v", c)
	}
	cookie := c.Name + "=" + c.Value
	if _, doc := ask(t, h, "GET", "/api/session", "", "Cookie", cookie); name(doc) != "ada" {
		t.Errorf("with the cookie: %v", doc)
	}
	again, _ := ask(t, h, "POST", "/api/session", `{"account":"ada","password":"`+password+`"}`, "Cookie", cookie)
	if again.StatusCode != 200 {
		t.Fatal(again.StatusCode)
	}
	if _, doc := ask(t, h, "GET", "/api/session", "", "Cookie", cookie); name(doc) != "" {
		t.Errorf("the former session goes on: %v", doc)
	}
	cookie = again.Cookies()[0].Name + "=" + again.Cookies()[0].Value
	out, _ := ask(t, h, "DELETE", "/api/session", "", "Cookie", cookie)
	if out.StatusCode != 204 || out.Cookies()[0].MaxAge >= 0 {
		t.Errorf("logout: %d %v", out.StatusCode, out.Cookies())
	}
	if _, doc := ask(t, h, "GET", "/api/session", "", "Cookie", cookie); name(doc) != "" {
		t.Errorf("after the logout: %v", doc)
	}
}

func TestOverTLSTheCookieIsBoundToTheHost(t *testing.T) {
	h, _ := city(t, "https://city.example")
	res, _ := ask(t, h, "POST", "/api/session", `{"account":"ada","password":"`+password+`"}`)
	if c := res.Cookies()[0]; c.Name != httpx.SecureSessionCookie || !c.Secure {
		t.Errorf("cookie %+v", c)
	}
}

func TestAFailedLogin(t *testing.T) {
	h, _ := city(t, "")
	_, unknown := ask(t, h, "POST", "/api/session", `{"account":"nobody","password":"wrong"}`)
	for range 5 {
		res, doc := ask(t, h, "POST", "/api/session", `{"account":"ada","password":"wrong"}`)
		if res.StatusCode != 401 || len(res.Cookies()) != 0 || doc["detail"] != unknown["detail"] {
			t.Errorf("%d %v", res.StatusCode, doc)
		}
	}
	if res, _ := ask(t, h, "POST", "/api/session", `{"account":"ada","password":"`+password+`"}`); res.StatusCode != 429 || res.Header.Get("Retry-After") != "1" {
		t.Errorf("guessing: %d %v", res.StatusCode, res.Header)
	}
	for body, want := range map[string]int{`{"account":"ada"}`: 429, `{"account":"ada","password":1}`: 400, `{"name":"ada"}`: 400, `{`: 400} {
		if res, _ := ask(t, h, "POST", "/api/session", body); res.StatusCode != want {
			t.Errorf("%s: %d", body, res.StatusCode)
		}
	}
	if res, _ := ask(t, h, "POST", "/api/session", `account=ada`, "Content-Type", "application/x-www-form-urlencoded"); res.StatusCode != 415 {
		t.Errorf("a form of another page: %d", res.StatusCode)
	}
}

func TestAdministering(t *testing.T) {
	h, _ := city(t, "")
	login := func(account string) string {
		res, _ := ask(t, h, "POST", "/api/session", `{"account":"`+account+`","password":"`+password+`"}`)
		return res.Cookies()[0].Name + "=" + res.Cookies()[0].Value
	}
	admin, reader := login("ada"), login("bob")
	if res, _ := ask(t, h, "GET", "/api/users", "", "Cookie", reader); res.StatusCode != 403 {
		t.Errorf("a reader: %d", res.StatusCode)
	}
	for kind, draft := range map[string]string{
		"user": `{"name":"new","role":"editor"}`, "token": `{"name":"new","role":"editor","days":7}`, "device": `{"name":"new","sources":["air"]}`,
	} {
		res, doc := ask(t, h, "POST", "/api/"+kind+"s", draft, "Cookie", admin)
		secret, _ := doc["secret"].(string)
		if res.StatusCode != 201 || len(secret) < 20 || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Location") != "http://localhost/api/"+kind+"s/new" {
			t.Fatalf("%s: %d %v %v", kind, res.StatusCode, doc, res.Header)
		}
		if res, _ := ask(t, h, "POST", "/api/"+kind+"s", draft, "Cookie", admin); res.StatusCode != 409 {
			t.Errorf("%s again: %d", kind, res.StatusCode)
		}
		_, listed := ask(t, h, "GET", "/api/"+kind+"s", "", "Cookie", admin)
		text, err := json.Marshal(listed)
		if err != nil || !strings.Contains(string(text), `"new"`) || strings.Contains(string(text), secret) || strings.Contains(string(text), "argon2") {
			t.Errorf("%s: %s, %v", kind, text, err)
		}
		if kind != "user" {
			if res, doc := ask(t, h, "GET", "/api/session", "", "Authorization", "Bearer "+secret); name(doc) != kind+"/new" {
				t.Errorf("%s: %d %v", kind, res.StatusCode, doc)
			}
		}
		_, doc = ask(t, h, "POST", "/api/"+kind+"s/new/reset", "", "Cookie", admin)
		if fresh, _ := doc["secret"].(string); fresh == "" || fresh == secret {
			t.Errorf("%s: reset gave %v", kind, doc)
		}
		if res, _ := ask(t, h, "DELETE", "/api/"+kind+"s/new", "", "Cookie", admin); res.StatusCode != 204 {
			t.Errorf("%s: revoke %d", kind, res.StatusCode)
		}
		if res, _ := ask(t, h, "DELETE", "/api/"+kind+"s/new", "", "Cookie", admin); res.StatusCode != 404 {
			t.Errorf("%s: revoke again %d", kind, res.StatusCode)
		}
	}
	for path, draft := range map[string]string{"/api/users": `{"name":"x","role":"king"}`, "/api/tokens": `{"name":"x","role":"editor","days":-1}`, "/api/devices": `{"name":"x"}`} {
		if res, _ := ask(t, h, "POST", path, draft, "Cookie", admin); res.StatusCode != 400 {
			t.Errorf("%s %s: %d", path, draft, res.StatusCode)
		}
	}
	if res, _ := ask(t, h, "POST", "/api/users", `{"name":"x","role":"editor"}`, "Cookie", admin, "Origin", "https://evil.example"); res.StatusCode != 403 {
		t.Errorf("a foreign page: %d", res.StatusCode)
	}
}

func TestWhoMayUseTheRoutes(t *testing.T) {
	_, api := city(t, "")
	accesstest.Run(t, api.Routes())
}
