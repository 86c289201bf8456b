package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"

	api "github.com/beffroi/beffroi/internal/api/mail"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/notify/mail"
)

// buildMail makes the outbox of letters, if a mail server is configured, and
// its facade.
func (a *App) buildMail() (*api.API, error) {
	m := a.cfg.Mail
	if m.Server == "" {
		return api.New(api.Options{Now: a.clock.Instant}), nil
	}
	from, err := netmail.ParseAddress(m.From)
	if err != nil {
		return nil, &mistake{fmt.Errorf("mail.from: %w", err)}
	}
	client, err := a.fetch.For(fetch.Mail, fetch.Limits{})
	if err != nil {
		return nil, err
	}
	server := mail.Server{Addr: m.Server, Security: mail.Security(m.TLS), From: from, User: m.User, Dial: client.Dial, Timeout: m.Timeout.Std()}
	if m.PasswordFile != "" {
		b, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return nil, &mistake{fmt.Errorf("mail.password_file: %w", err)}
		}
		server.Password, _, _ = strings.Cut(strings.TrimSuffix(string(b), "\n"), "\n")
		server.Password = strings.TrimSuffix(server.Password, "\r")
	}
	if m.CA != "" {
		b, err := os.ReadFile(m.CA)
		if err != nil {
			return nil, &mistake{fmt.Errorf("mail.ca: %w", err)}
		}
		if server.Roots = x509.NewCertPool(); !server.Roots.AppendCertsFromPEM(b) {
			return nil, &mistake{fmt.Errorf("mail.ca: %s holds no certificate in PEM", m.CA)}
		}
	}
	a.mail = mail.New(mail.Options{Records: a.st, Server: server, Now: a.clock.Instant, GiveUp: entity.Instant(m.GiveUp.Std().Microseconds()), Ended: a.mailEnded,
		Failed: func(err error) { a.log.Error("the outbox of letters could not be used", "error", err) }})
	a.parts.running("mail", func(ctx context.Context) error {
		return a.mail.Run(ctx, func(d entity.Instant) <-chan time.Time {
			return time.After(a.clock.Real(time.Duration(d) * time.Microsecond))
		})
	})
	return api.New(api.Options{Outbox: outbox{a.mail}, Now: a.clock.Instant}), nil
}

// mailEnded tells the stewards of a letter that did not arrive.
func (a *App) mailEnded(ctx context.Context, s mail.Status) {
	if s.State == mail.Sent || strings.HasPrefix(s.Key, noticeKey) { // a notice about a notice would go the same way
		return
	}
	title := map[string]string{"fr": "Un courriel n’a pas été remis", "nl": "Een e-mail is niet bezorgd", "en": "A mail was not delivered"}
	text := map[string]string{"fr": "Le serveur de courrier l’a refusé : voyez la raison.", "nl": "De mailserver heeft hem geweigerd: bekijk de reden.", "en": "The mail server refused it: see the reason."}
	if s.State == mail.Doubt {
		title = map[string]string{"fr": "On ne sait pas si un courriel est arrivé", "nl": "Het is niet zeker of een e-mail is aangekomen", "en": "It is not known whether a mail arrived"}
		text = map[string]string{"fr": "Il n’est pas renvoyé de lui-même : vérifiez avant de le renvoyer.", "nl": "Hij wordt niet vanzelf opnieuw verzonden: ga na voor u hem opnieuw verzendt.", "en": "It is not sent again by itself: look before you send it again."}
	}
	if _, err := a.inbox.Tell(ctx, "", inbox.News{Topic: "mail", Key: s.ID, Title: title, Text: text, Path: "/inbox"}); err != nil {
		a.log.Error("stewards were not told of a mail that was not delivered", "letter", s.ID, "error", err)
	}
}

// noticeKey begins the keys of letters that carry notices.
const noticeKey = "notice/"

// noticeTold sends a notice of the stewards' inbox to those who want it by mail.
func (a *App) noticeTold(ctx context.Context, tenant string, n inbox.Notice) {
	if a.mail == nil || n.Recipient != inbox.Stewards {
		return
	}
	var text strings.Builder
	for _, lang := range []string{"fr", "nl", "en"} {
		fmt.Fprintf(&text, "%s\n%s\n\n", n.Title[lang], cmp.Or(n.Text[lang], "-"))
	}
	fmt.Fprintf(&text, "%s%s\n", a.URL(), n.Path)
	for _, to := range a.cfg.Mail.Notices {
		l := mail.Letter{Key: fmt.Sprintf("%s%s/%s/%d/%s", noticeKey, tenant, n.Name, n.At, to), To: to, Subject: shortened(n.Title["fr"] + " / " + n.Title["nl"]), Text: text.String()}
		if _, err := a.mail.Queue(ctx, l); err != nil {
			a.log.Error("a notice was not put into the outbox", "notice", n.Name, "error", err)
		}
	}
}

// shortened makes a line of a subject out of a text.
func shortened(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	const most = 250
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// outbox shows the mailer to its facade.
type outbox struct{ *mail.Mailer }

// Letters lists what is in the outbox.
func (o outbox) Letters(ctx context.Context) ([]api.Status, error) {
	all, err := o.List(ctx)
	var out []api.Status
	for _, s := range all {
		out = append(out, statusOf(s))
	}
	return out, err
}

// Letter gives one letter's state.
func (o outbox) Letter(ctx context.Context, id string) (api.Status, error) {
	s, err := o.Status(ctx, id)
	return statusOf(s), err
}

// Try queues a short letter.
func (o outbox) Try(ctx context.Context, key, to string) (string, error) {
	_, err := o.Queue(ctx, mail.Letter{Key: key, To: to, Subject: "beffroi : essai / proef / test",
		Text: "Ce message montre que le serveur envoie des courriels.\n\nDit bericht toont dat de server e-mails verzendt.\n\nThis message shows that the server sends mail.\n"})
	return mail.IDOf(key), err
}

func statusOf(s mail.Status) api.Status {
	when := func(t entity.Instant) string {
		if t.IsZero() {
			return ""
		}
		return t.String()
	}
	return api.Status{ID: s.ID, Key: s.Key, State: string(s.State), Queued: when(s.Queued), Attempts: s.Attempts, Next: when(s.Next), Ended: when(s.Ended), Error: s.Error, To: s.To}
}
