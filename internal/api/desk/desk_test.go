package desk

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

var shippedBook = sync.OnceValues(law.Shipped)

// anyone lets in whom the test says.
type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

type office struct {
	t   *testing.T
	mux *httpx.Mux
	who *anyone
	now time.Time
}

func newOffice(t *testing.T) *office {
	t.Helper()
	cals, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, who: &anyone{access.Nobody()}, now: time.Date(2026, 9, 8, 9, 0, 0, 0, time.UTC)}
	d, err := desk.New(desk.Options{Keeper: &desk.MemoryKeeper{}, Book: func(context.Context) (*law.Book, error) { return shippedBook() }, Calendar: cals["FR"], Country: "FR", Now: func() time.Time { return o.now }, Published: func(_ context.Context, slug string) bool { return slug == "noise" },
		City: func(context.Context) (string, error) { return "Ville de Démo", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if o.mux, err = httpx.New(httpx.Options{Access: o.who}, New(Options{Desk: d, Now: func() time.Time { return o.now }}).Routes()...); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) as(r access.Role) {
	o.who.who = access.Caller{Account: "ada", Role: r}
	if r == 0 {
		o.who.who = access.Nobody()
	}
}

// ask gives the answer, which must have the status want.
func (o *office) ask(method, path, body string, want int, header ...string) string {
	o.t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	o.mux.ServeHTTP(w, r)
	if w.Code != want {
		o.t.Fatalf("%s %s: %d %.500s, want %d", method, path, w.Code, w.Body, want)
	}
	return w.Body.String()
}

// object gives the answer as an object.
func (o *office) object(method, path, body string, want int, header ...string) map[string]any {
	o.t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(o.ask(method, path, body, want, header...)), &out); err != nil {
		o.t.Fatal(err)
	}
	return out
}

const form = `{"name":"Zoë Kanarie","email":"zoe@canari.example","kind":"protectedReuse","lang":"en","subject":"Noise by hour","purpose":"A study by Kanarie","dataset":"noise"}`

func TestFromRequestToRegister(t *testing.T) {
	o := newOffice(t)
	got := o.object("POST", "/api/requests", form, 201)
	if got["id"] != "2026-0001" || got["last"] != "2026-11-09" || got["article"] != "Art. 9(1)" {
		t.Fatalf("%v", got)
	}
	secret := got["secret"].(string)
	if v := o.object("GET", "/api/requests/2026-0001", "", 200, SecretHeader, secret); v["standing"] != "running" || v["secret"] != nil {
		t.Errorf("%v", v)
	}
	o.ask("GET", "/api/requests/2026-0001", "", 404)
	o.ask("GET", "/api/requests/2026-0001", "", 404, SecretHeader, secret+"x")
	o.ask("GET", "/api/requests/2026-0002", "", 404, SecretHeader, secret)

	o.as(access.Steward)
	o.ask("POST", "/api/desk/requests/2026-0001/events", `{"kind":"acknowledged"}`, 200)
	page := o.ask("GET", "/api/desk/requests/2026-0001/letters/1/page", "", 200)
	if !strings.Contains(page, "Monday\u00A09\u00A0November\u00A02026") {
		t.Errorf("%s", page)
	}
	if !strings.HasPrefix(o.ask("GET", "/api/desk/requests/2026-0001/letters/1/pdf", "", 200), "%PDF-") {
		t.Error("no PDF")
	}
	o.as(0)
	o.ask("GET", "/api/requests/2026-0001/letters/1/pdf", "", 404, SecretHeader, secret) // a draft is not for them
	o.as(access.Steward)
	o.ask("POST", "/api/desk/requests/2026-0001/letters/1/sent", `{"how":"email"}`, 200)
	o.as(0)
	o.ask("GET", "/api/requests/2026-0001/letters/1/pdf", "", 200, SecretHeader, secret)

	o.as(access.Steward)
	verdict := `{"outcome":"refused","summary":"=Noise by hour","grounds":["statistical"],"reasons":["Few live there."]}`
	if page := o.ask("POST", "/api/desk/requests/2026-0001/decision/preview", verdict, 200); !strings.Contains(page, "Few live there.") || !strings.Contains(page, "Zoë Kanarie") {
		t.Errorf("%s", page)
	}
	if v := o.object("GET", "/api/desk/requests/2026-0001", "", 200); v["decision"] != nil {
		t.Errorf("a preview decides: %v", v)
	}
	if v := o.object("POST", "/api/desk/requests/2026-0001/decision", verdict, 200); v["standing"] != "done" || v["next"] != "sendLetter" {
		t.Errorf("%v", v)
	}
	o.ask("POST", "/api/desk/requests/2026-0001/decision", verdict, 422)
	o.as(access.Administrator)
	o.ask("POST", "/api/desk/requests/2026-0001/decision", verdict, 422)
	o.ask("POST", "/api/desk/requests/2026-0001/events", `{"kind":"noted","note":"x"}`, 422)
	o.as(0)
	if v := o.object("GET", "/api/requests/2026-0001", "", 200, SecretHeader, secret); v["outcome"] != nil {
		t.Errorf("told before its letter: %v", v)
	}
	if csv := o.ask("GET", "/api/registers/decisions?format=csv", "", 200); !strings.Contains(csv, "2026-0001,2026-09-08,2026-09-08,2026-11-09,refused,statistical,dga,DGA-9.1,Art. 9(1),noise,'=Noise by hour,en,\r\n") {
		t.Error(csv)
	}
	o.as(access.Steward)
	o.ask("DELETE", "/api/desk/requests/2026-0001/requester", "", 409)
	o.ask("POST", "/api/desk/requests/2026-0001/letters/2/sent", `{"how":"post","on":"2026-09-08"}`, 200)
	o.ask("DELETE", "/api/desk/requests/2026-0001/requester", "", 204)
	o.ask("GET", "/api/desk/requests/2026-0001/letters/1/pdf", "", 404)
	if list := o.ask("GET", "/api/desk/requests", "", 200); strings.Contains(list, "Kanarie") || !strings.Contains(list, `"closed"`) {
		t.Error(list)
	}
	if json := o.ask("GET", "/api/registers/decisions", "", 200); !strings.Contains(json, "=Noise by hour") || !strings.Contains(json, "statistical confidentiality") {
		t.Error(json)
	}
}

// A planted name stands behind no public door, whatever its case.
func TestCanary(t *testing.T) {
	o := newOffice(t)
	o.ask("POST", "/api/requests", form, 201)
	o.ask("POST", "/api/wanted", `{"title":"Fountains, says Kanarie","text":"I am Kanarie","lang":"en","name":"Zoë Kanarie","email":"zoe@canari.example"}`, 201)
	o.as(access.Steward)
	o.ask("POST", "/api/desk/requests", strings.Replace(form, `"lang"`, `"channel":"post","received":"2026-09-01T10:00:00Z","lang"`, 1), 201)
	if v := o.ask("POST", "/api/desk/requests/2026-0001/decision", `{"outcome":"granted","summary":"for KANARIE"}`, 400); !strings.Contains(v, "of the requester") {
		t.Error(v)
	}
	o.ask("POST", "/api/desk/requests/2026-0001/decision", `{"outcome":"granted","summary":"Noise"}`, 200)
	if v := o.ask("POST", "/api/desk/wanted/2026-0001/reply", `{"state":"listed"}`, 400); !strings.Contains(v, "of who asked") {
		t.Error(v)
	}
	o.ask("POST", "/api/desk/wanted/2026-0001/reply", `{"state":"listed","title":"Fountains"}`, 200)
	for _, who := range []access.Role{0, access.Device, access.Reader, access.Editor} {
		o.as(who)
		for _, path := range []string{"/api/registers/decisions", "/api/registers/decisions?format=csv", "/api/registers/arrangements", "/api/registers/arrangements?format=csv", "/api/registers/fees", "/api/registers/fees?format=csv",
			"/api/wanted", "/api/wanted?format=csv", "/api/requests/kinds"} {
			if s := strings.ToLower(o.ask("GET", path, "", 200)); strings.Contains(s, "kanari") || strings.Contains(s, "canari") {
				t.Errorf("%s shows a person: %s", path, s)
			}
		}
		refusal := 403
		if who == 0 {
			refusal = 401
		}
		for _, path := range []string{"/api/desk/requests", "/api/desk/requests/2026-0001", "/api/desk/requests/2026-0001/letters/1/page", "/api/desk/requests/2026-0001/letters/1/pdf", "/api/desk/wanted", "/api/desk/terms"} {
			if s := strings.ToLower(o.ask("GET", path, "", refusal)); strings.Contains(s, "kanari") {
				t.Errorf("%s shows a person: %s", path, s)
			}
		}
	}
}

func TestStrangers(t *testing.T) {
	o := newOffice(t)
	for body, says := range map[string]string{
		strings.Replace(form, `"name"`, `"website":"https://spam.example","name"`, 1): "leave the member website empty",
		strings.Replace(form, `"Zoë Kanarie"`, `""`, 1):                               "name is missing",
		`{"unknown":1}`: "does not fit",
	} {
		if v := o.ask("POST", "/api/requests", body, 400); !strings.Contains(v, says) {
			t.Errorf("%s does not say %q", v, says)
		}
		o.now = o.now.Add(time.Hour)
	}
	o.ask("POST", "/api/requests", `{"name":"`+strings.Repeat("x", maxForm)+`"}`, 413)
	for range perPeer + 1 { // what is refused does not keep out who asks well
		o.ask("POST", "/api/requests", strings.Replace(form, `"Zoë Kanarie"`, `""`, 1), 400)
		o.ask("POST", "/api/wanted", `{"title":"","lang":"en"}`, 400)
	}
	for i := range perPeer {
		o.ask("POST", "/api/requests", strings.Replace(form, "Noise", fmt.Sprint(i), 1), 201)
	}
	o.ask("POST", "/api/requests", form, 429)
	o.ask("POST", "/api/wanted", `{"title":"x","lang":"en"}`, 429)
	o.now = o.now.Add(time.Hour)
	o.ask("POST", "/api/requests", form, 201)
}

// A day has its limit too, wherever requests come from.
func TestPaceOfADay(t *testing.T) {
	now := time.Date(2026, 9, 8, 9, 0, 0, 0, time.UTC)
	p := newPace(func() time.Time { return now })
	for i := range perDay {
		if _, err := p.take(fmt.Sprint(i), aRequest); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	if _, err := p.take("another", aRequest); !problem.Is(err, problem.TooManyRequests) {
		t.Error(err)
	}
	if len(p.peers) > 61 {
		t.Errorf("%d addresses are remembered after five hours", len(p.peers))
	}
	now = now.Add(20 * time.Hour)
	if _, err := p.take("another", aRequest); err != nil {
		t.Error(err)
	}
}

func TestRegisters(t *testing.T) {
	o := newOffice(t)
	o.as(access.Steward)
	three := func(s string) string { return fmt.Sprintf(`{"fr":%q,"nl":%q,"en":%q}`, s, s, s) }
	o.ask("POST", "/api/desk/fees", `{"method":`+three("at cost")+`,"prices":[{"id":"hour","category":"anonymisation","name":`+three("Work")+`,"unit":`+three("hour")+`,"cents":4250,"basis":`+three("wage")+`}]}`, 201)
	o.ask("POST", "/api/desk/fees", `{"method":`+three("at cost")+`,"prices":[{"id":"x","category":"profit","name":`+three("x")+`,"unit":`+three("x")+`,"cents":1,"basis":`+three("x")+`}]}`, 400)
	o.ask("POST", "/api/desk/arrangements", `{"law":"dga","data":`+three("Buses")+`,"holder":"-cmd","reason":`+three("no other way")+`,"from":"2026-10-01","until":"2027-09-30"}`, 201)
	o.ask("POST", "/api/desk/arrangements", `{"law":"dga","data":`+three("Buses")+`,"holder":"T SA","reason":`+three("no other way")+`,"from":"2026-10-01","until":"2027-10-01"}`, 400)
	o.ask("POST", "/api/desk/arrangements/2026-0001/reviews", `{}`, 200)
	o.ask("POST", "/api/requests", form, 201)
	o.ask("POST", "/api/desk/requests/2026-0001/decision", `{"outcome":"granted","summary":"Noise","fee":{"units":{"hour":2}}}`, 200)
	o.as(0)
	for path, want := range map[string]string{
		"/api/registers/fees":                    `"inForce":true`,
		"/api/registers/fees?format=csv":         "2026-0001,2026-09-08,hour,anonymisation,42.50,Work",
		"/api/registers/arrangements":            `"over":false`,
		"/api/registers/arrangements?format=csv": "2026-0001,dga,'-cmd,2026-10-01,2027-09-30,,2026-09-08,2026-09-08,",
		"/api/registers/decisions?format=csv":    "Noise,en,85.00",
		"/api/wanted":                            `{"wanted":[]}`,
	} {
		if got := o.ask("GET", path, "", 200); !strings.Contains(got, want) {
			t.Errorf("%s does not say %s: %s", path, want, got)
		}
	}
	o.ask("GET", "/api/registers/fees?format=xml", "", 400)
	o.ask("GET", "/api/registers/decisions?who=1", "", 400)
	o.as(access.Steward)
	o.now = time.Date(2027, 9, 30, 9, 0, 0, 0, time.UTC)
	if got := o.ask("GET", "/api/registers/arrangements", "", 200); !strings.Contains(got, `"kind":"ends"`) || !strings.Contains(got, `"over":false`) {
		t.Error(got)
	}
	// What is over alarms nobody.
	o.now = time.Date(2027, 10, 1, 9, 0, 0, 0, time.UTC)
	if got := o.ask("GET", "/api/registers/arrangements", "", 200); strings.Contains(got, `"kind":"ends"`) || !strings.Contains(got, `"over":true`) {
		t.Error(got)
	}
	if got := o.ask("GET", "/api/desk/terms", "", 200); !strings.Contains(got, "R311") && !strings.Contains(got, "CADA") {
		t.Error(got)
	}
}
