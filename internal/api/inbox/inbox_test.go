package inbox

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	book "github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

func TestInbox(t *testing.T) {
	now := func() entity.Instant { return 1_780_000_000_000_000 }
	st := memstore.New(memstore.Options{})
	s := book.New(book.Options{Records: record.New(record.Options{Broker: broker.New(st, broker.Options{Now: now, Guard: record.Guard})}), Now: now})
	who := &anyone{access.Caller{Account: "ada", Role: access.Steward}}
	mux, err := httpx.New(httpx.Options{Access: who}, New(Options{Inbox: s, Call: func(*http.Request) (broker.Call, error) { return broker.Call{}, nil }}).Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string, status int) answer {
		t.Helper()
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, "http://localhost"+path, nil))
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		var out answer
		if w.Code == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	if a := ask("GET", "/api/inbox", 200); a.Open != 0 || a.Notices == nil {
		t.Errorf("%+v", a)
	}
	if _, err := s.Tell(t.Context(), "", book.News{Topic: book.Duty, Key: "x", Title: map[string]string{"fr": "F", "nl": "N", "en": "E"}, Path: "/inventory", Due: now()}); err != nil {
		t.Fatal(err)
	}
	a := ask("GET", "/api/inbox?state=open", 200)
	if a.Open != 1 || a.Unread != 1 || len(a.Notices) != 1 || a.Notices[0].Href != "/inventory" || a.Notices[0].Due == "" || a.Notices[0].Read != "" {
		t.Fatalf("%+v", a)
	}
	path := "/api/inbox/" + a.Notices[0].Name
	ask("POST", path+"/read", 204)
	if a := ask("GET", "/api/inbox", 200); a.Open != 1 || a.Unread != 0 || a.Notices[0].Read == "" {
		t.Errorf("%+v", a)
	}
	ask("POST", path+"/done", 204)
	if a := ask("GET", "/api/inbox?state=open", 200); a.Open != 0 || len(a.Notices) != 0 {
		t.Errorf("%+v", a)
	}
	if a := ask("GET", "/api/inbox?state=done", 200); len(a.Notices) != 1 || a.Notices[0].By != "ada" {
		t.Errorf("%+v", a)
	}
	ask("GET", "/api/inbox?state=x", 400)
	ask("GET", "/api/inbox?x=1", 400)
	ask("POST", "/api/inbox/none/done", 404)
	who.who = access.Caller{Account: "bob", Role: access.Reader}
	if a := ask("GET", "/api/inbox", 200); len(a.Notices) != 0 {
		t.Errorf("a reader sees %+v", a)
	}
	ask("POST", path+"/done", 404)
	who.who = access.Nobody()
	ask("GET", "/api/inbox", 401)
}
