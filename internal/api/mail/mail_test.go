package mail

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

type anyone struct{ who access.Caller }

func (a *anyone) Caller(context.Context, access.Evidence) (access.Caller, error) { return a.who, nil }

// box is an outbox with one letter.
type box struct{ tried string }

func (b *box) Letters(context.Context) ([]Status, error) {
	return []Status{{ID: "1", Key: "k", State: "doubt", To: "a…@example.org"}}, nil
}

func (b *box) Letter(_ context.Context, id string) (Status, error) {
	if id != "1" {
		return Status{}, problem.New(problem.ResourceNotFound, "none")
	}
	return Status{ID: "1", State: "doubt"}, nil
}

func (b *box) Again(ctx context.Context, id string) error { _, err := b.Letter(ctx, id); return err }

func (b *box) Try(_ context.Context, key, to string) (string, error) {
	if !strings.Contains(to, "@") {
		return "", problem.New(problem.BadRequestData, "no address")
	}
	b.tried = key + " " + to
	return "2", nil
}

func TestMail(t *testing.T) {
	b := &box{}
	who := &anyone{access.Caller{Account: "root", Role: access.Administrator}}
	now := func() entity.Instant { return 7 }
	with, err := httpx.New(httpx.Options{Access: who}, New(Options{Outbox: b, Now: now}).Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	without, err := httpx.New(httpx.Options{Access: who}, New(Options{Now: now}).Routes()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mux                *httpx.Mux
		method, path, body string
		status             int
		says               string
	}{
		{with, "GET", "/api/mail", "", 200, `"to":"a…@example.org"`},
		{with, "GET", "/api/mail/1", "", 200, `"state":"doubt"`},
		{with, "GET", "/api/mail/9", "", 404, ""},
		{with, "GET", "/api/mail?x=1", "", 400, ""},
		{with, "POST", "/api/mail/1/again", "", 204, ""},
		{with, "POST", "/api/mail/9/again", "", 404, ""},
		{with, "POST", "/api/mail/test", `{"to":"ada@example.org"}`, 202, `"id":"2"`},
		{with, "POST", "/api/mail/test", `{"to":"ada"}`, 400, ""},
		{with, "POST", "/api/mail/test", `{"cc":"ada@example.org"}`, 400, "cc"},
		{without, "GET", "/api/mail", "", 422, "mail.server"},
		{without, "POST", "/api/mail/test", `{"to":"ada@example.org"}`, 422, "mail.server"},
	} {
		r := httptest.NewRequest(tt.method, "http://localhost"+tt.path, strings.NewReader(tt.body))
		if tt.body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		tt.mux.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, w.Code, w.Body)
		}
	}
	if b.tried != "test/7 ada@example.org" {
		t.Errorf("tried %q", b.tried)
	}
	who.who.Role = access.Steward
	w := httptest.NewRecorder()
	with.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/api/mail", nil))
	if w.Code != http.StatusForbidden {
		t.Errorf("a steward: %d", w.Code)
	}
}
