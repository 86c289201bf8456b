package app

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/notify/mail"
)

// A new notice goes into the outbox for each who wants it, and a mail server at
// a private address is not reached unless that is allowed.
func TestNoticesGoOutByMail(t *testing.T) {
	a := opened(t, func(c *config.Config) {
		c.Server.Addr, c.MQTT.Addr = "127.0.0.1:0", "off"
		c.Mail.Server, c.Mail.From, c.Mail.Notices = "127.0.0.1:9", "City <data@city.example>", []string{"ada@city.example", "bob@city.example"}
	})
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	title := map[string]string{"fr": "é\r\n" + strings.Repeat("x", 400), "nl": "N", "en": "E"}
	for range 2 {
		if _, err := a.inbox.Tell(t.Context(), "", inbox.News{Topic: inbox.Duty, Key: "x", Title: title, Path: "/inventory"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.mail.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := a.mail.List(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	for _, s := range all {
		if s.State != mail.Waiting || !strings.Contains(s.Error, "outbound.allow.mail") {
			t.Errorf("%+v", s)
		}
	}
}
