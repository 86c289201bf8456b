package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// post is a mail server that says what a test wants it to say.
type post struct {
	t    *testing.T
	addr string
	cert tls.Certificate
	pool *x509.CertPool
	wg   sync.WaitGroup

	implicit bool
	// says gives other answers than the usual ones, by command; "" hangs up, and
	// "…" says nothing at all.
	says map[string]string

	mu    sync.Mutex
	got   []string // messages that were taken
	heard []string // commands, TLS or not before each
}

func newPost(t *testing.T, implicit bool, says map[string]string) *post {
	p := &post{t: t, implicit: implicit, says: says}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	p.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	p.pool = x509.NewCertPool()
	p.pool.AddCert(parsed)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	done := make(chan struct{})
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() {
				go func() { <-done; c.Close() }() // at the test's end nobody waits for a slow peer
				p.serve(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); close(done); p.wg.Wait() })
	return p
}

func (p *post) serve(c net.Conn) {
	defer c.Close()
	safe := p.implicit
	if safe {
		c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.cert}})
	}
	r := bufio.NewReader(c)
	say := func(command, usual string) bool {
		if other, ok := p.says[command]; ok {
			if other == "…" {
				_, _ = io.Copy(io.Discard, r) // until the client has had enough
				return false
			}
			if other == "" {
				return false
			}
			usual = other
		}
		_, err := io.WriteString(c, usual+"\r\n")
		return err == nil
	}
	if !say("greeting", "220 mail.city.example ESMTP") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		p.mu.Lock()
		p.heard = append(p.heard, fmt.Sprintf("%v %s", safe, line))
		p.mu.Unlock()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		ok := true
		switch verb {
		case "EHLO":
			if safe {
				ok = say("EHLO", "250-mail.city.example\r\n250 AUTH PLAIN")
			} else {
				ok = say("EHLO clear", "250-mail.city.example\r\n250 STARTTLS")
			}
		case "STARTTLS":
			ok = say("STARTTLS", "220 go on")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.cert}})
			r, safe = bufio.NewReader(c), true
		case "AUTH":
			if ok = say("AUTH", "235 welcome"); ok && strings.HasPrefix(p.says["AUTH"], "334") {
				for _, next := range []string{"334 UGFzc3dvcmQ6", "235 welcome"} { // Password:
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					p.mu.Lock()
					p.heard = append(p.heard, strings.TrimSpace(line))
					p.mu.Unlock()
					fmt.Fprintf(c, "%s\r\n", next)
				}
			}
		case "DATA":
			if ok = say("DATA", "354 go on"); !ok || p.says["DATA"] != "" {
				break
			}
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			if answer, other := p.says["end"]; !other || strings.HasPrefix(answer, "2") || answer == "" {
				p.mu.Lock()
				p.got = append(p.got, b.String())
				p.mu.Unlock()
			}
			ok = say("end", "250 taken")
		case "QUIT":
			say("QUIT", "221 bye")
			return
		default:
			ok = say(verb, "250 ok")
		}
		if !ok {
			return
		}
	}
}

func (p *post) messages() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.got...)
}

// office has an outbox.
type office struct {
	t     *testing.T
	st    store.Records
	now   entity.Instant
	post  *post
	ended []Status
}

func newOffice(t *testing.T, p *post) *office {
	return &office{t: t, st: memstore.New(memstore.Options{}), now: 1_780_000_000_000_000, post: p}
}

func (o *office) mailer() *Mailer {
	s := Server{Addr: o.post.addr, Security: StartTLS, From: &netmail.Address{Name: "Ville de Clairebeke – données", Address: "data@city.example"}, Roots: o.post.pool,
		Dial: (&net.Dialer{}).DialContext, Timeout: 10 * time.Second}
	if o.post.implicit {
		s.Security = Implicit
	}
	return New(Options{Records: o.st, Server: s, Now: func() entity.Instant { return o.now }, Ended: func(_ context.Context, s Status) { o.ended = append(o.ended, s) }})
}

func letter() Letter {
	return Letter{Key: "letter/1", To: "ada@example.org", Subject: "Votre demande nº 1 : réponse", Text: "Bonjour,\n\nvoici.\n.\nÀ bientôt\n"}
}

func (o *office) queue(m *Mailer, l Letter) {
	o.t.Helper()
	if _, err := m.Queue(o.t.Context(), l); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) deliver(m *Mailer) entity.Instant {
	o.t.Helper()
	next, err := m.Deliver(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return next
}

func (o *office) status(m *Mailer) Status {
	o.t.Helper()
	s, err := m.Status(o.t.Context(), IDOf("letter/1"))
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func TestSent(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		o := newOffice(t, newPost(t, implicit, nil))
		m := o.mailer()
		l := letter()
		l.Files = []File{{Name: "réponse.pdf", MediaType: "application/pdf", Body: bytes.Repeat([]byte("%PDF"), 100)}}
		o.queue(m, l)
		o.queue(m, l) // twice the same
		o.deliver(m)
		o.deliver(o.mailer())
		if got := o.post.messages(); len(got) != 1 {
			t.Fatalf("implicit %v: %d messages; %+v", implicit, len(got), o.status(m))
		}
		if s := o.status(m); s.State != Sent || s.Ended != o.now || s.To != "" || len(o.ended) != 1 {
			t.Errorf("implicit %v: %+v", implicit, s)
		}
		rec, err := o.st.Get(t.Context(), keyOf(IDOf("letter/1")))
		if err != nil || bytes.Contains(rec.Value, []byte("ada@")) || bytes.Contains(rec.Value, []byte("Bonjour")) {
			t.Errorf("what was sent is still in the outbox: %s %v", rec.Value, err)
		}
		for _, line := range o.post.heard {
			if strings.HasPrefix(line, "false") && line != "false EHLO city.example" && line != "false STARTTLS" {
				t.Errorf("said in clear: %s", line)
			}
		}
		read(t, o.post.messages()[0], l)
	}
}

// read holds a message that arrived against the letter.
func read(t *testing.T, text string, l Letter) {
	t.Helper()
	for i, r := range text {
		if r > '~' || r < ' ' && r != '\r' && r != '\n' && r != '\t' {
			t.Fatalf("byte %d of the message is %q", i, r)
		}
	}
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != l.Subject {
		t.Errorf("subject %q %v", subject, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != "Ville de Clairebeke – données" || m.Header.Get("To") != "<"+l.To+">" || m.Header.Get("Message-ID") == "" {
		t.Errorf("header %v %v", m.Header, err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	body := io.Reader(quotedprintable.NewReader(m.Body))
	if len(l.Files) > 0 {
		parts := multipart.NewReader(m.Body, params["boundary"])
		p, err := parts.NextPart() // decodes quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		first, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(first)
		for _, f := range l.Files {
			if p, err = parts.NextPart(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
			if err != nil || !bytes.Equal(got, f.Body) || p.FileName() != f.Name || p.Header.Get("Content-Type") != f.MediaType {
				t.Errorf("attachment %q %v %v", p.FileName(), p.Header, err)
			}
		}
	}
	got, err := io.ReadAll(body)
	if err != nil || strings.TrimRight(strings.ReplaceAll(string(got), "\r\n", "\n"), "\n") != strings.TrimRight(l.Text, "\n") {
		t.Errorf("text %q %v", got, err)
	}
}

func TestRefusedForNowAndForGood(t *testing.T) {
	for name, tt := range map[string]struct {
		says  map[string]string
		state State
		says2 string
	}{
		"greylisted":            {map[string]string{"RCPT": "451 come back later"}, Waiting, "come back later"},
		"no such box":           {map[string]string{"RCPT": "550 no such user"}, Refused, "no such user"},
		"sender refused":        {map[string]string{"MAIL": "553 not you"}, Refused, "not you"},
		"full for now":          {map[string]string{"end": "452 disk full"}, Waiting, "disk full"},
		"spam":                  {map[string]string{"end": "554 looks like spam"}, Refused, "spam"},
		"data refused":          {map[string]string{"DATA": "554 no"}, Refused, "no"},
		"busy":                  {map[string]string{"greeting": "421 too busy"}, Waiting, "too busy"},
		"closed for good":       {map[string]string{"greeting": "554 no mail here"}, Waiting, "no mail here"}, // the way is blocked, not the letter refused
		"hangs up":              {map[string]string{"MAIL": ""}, Waiting, "hung up"},
		"hangs up at the end":   {map[string]string{"end": ""}, Doubt, "did not say"},
		"no TLS":                {map[string]string{"EHLO clear": "250 mail"}, Waiting, "STARTTLS"},
		"talks for ever":        {map[string]string{"MAIL": "250-" + strings.Repeat("x", 80_000)}, Waiting, "says more"},
		"endless greeting":      {map[string]string{"greeting": strings.Repeat("220-x\r\n", 20_000)}, Waiting, "says more"},
		"control characters":    {map[string]string{"RCPT": "550 a\x1b[31mb"}, Refused, `"a\x1b[31mb"`},
		"no answer that is one": {map[string]string{"MAIL": "hello"}, Waiting, ""},
	} {
		o := newOffice(t, newPost(t, false, tt.says))
		m := o.mailer()
		o.queue(m, letter())
		next := o.deliver(m)
		s := o.status(m)
		if s.State != tt.state || !strings.Contains(s.Error, tt.says2) || s.Attempts != 1 || s.To != "a…@example.org" {
			t.Errorf("%s: %+v", name, s)
		}
		if waits := tt.state == Waiting; waits != (next == o.now+60_000_000) || waits == (len(o.ended) == 1) {
			t.Errorf("%s: next at %d, ended %v", name, next-o.now, o.ended)
		}
	}
}

func TestASlowServerIsGivenUp(t *testing.T) {
	for _, at := range []string{"greeting", "MAIL", "end"} {
		o := newOffice(t, newPost(t, true, map[string]string{at: "…"}))
		m := o.mailer()
		m.o.Server.Timeout = 300 * time.Millisecond
		o.queue(m, letter())
		o.deliver(m)
		want := Waiting
		if at == "end" {
			want = Doubt // it may have arrived
		}
		if s := o.status(m); s.State != want {
			t.Errorf("silent at %s: %+v", at, s)
		}
	}
}

func TestTriedAgainUntilItsTimeIsOver(t *testing.T) {
	o := newOffice(t, newPost(t, false, map[string]string{"RCPT": "450 later"}))
	m := o.mailer()
	o.queue(m, letter())
	var waits []int64
	for range 9 {
		next := o.deliver(m)
		waits = append(waits, int64(next-o.now)/60_000_000)
		o.now = next
	}
	if fmt.Sprint(waits) != "[1 2 4 8 16 32 60 60 60]" {
		t.Errorf("waits in minutes: %v", waits)
	}
	o.now += 4 * 86_400_000_000
	if next := o.deliver(m); !next.IsZero() || o.status(m).State != Refused || !strings.Contains(o.status(m).Error, "time is over") {
		t.Errorf("%+v", o.status(m))
	}
	if err := m.Again(t.Context(), IDOf("letter/1")); err != nil || o.status(m).State != Waiting {
		t.Errorf("%v %+v", err, o.status(m))
	}
	if err := m.Again(t.Context(), IDOf("letter/1")); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("one that waits, again: %v", err)
	}
}

// dying cannot write from some moment on: the process is as good as dead.
type dying struct {
	store.Records
	left int
}

var errDead = errors.New("killed")

func (d *dying) Write(ctx context.Context, ws []store.RecordWrite) error {
	if d.left == 0 {
		return errDead
	}
	d.left--
	return d.Records.Write(ctx, ws)
}

// A process that dies at each write in turn: the letter arrives at most once by
// itself, and is never lost from sight.
func TestKilledInBetween(t *testing.T) {
	for writes := range 4 {
		o := newOffice(t, newPost(t, false, nil))
		m := o.mailer()
		m.o.Records = &dying{o.st, writes}
		_, err := m.Queue(t.Context(), letter())
		if writes == 0 {
			if !errors.Is(err, errDead) {
				t.Errorf("a letter that is not kept was said to be queued: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Deliver(t.Context())
		if (err == nil) != (writes == 3) && writes != 1 {
			t.Errorf("%d writes: %v", writes, err)
		}
		m = o.mailer() // the next start
		if err := m.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.deliver(m)
		want := map[int]State{1: Sent, 2: Doubt, 3: Sent}[writes]
		if s := o.status(m); s.State != want {
			t.Errorf("%d writes: %+v", writes, s)
		}
		if n := len(o.post.messages()); n != 1 {
			t.Errorf("%d writes: it arrived %d times", writes, n)
		}
	}
}

func TestLogin(t *testing.T) {
	for name, says := range map[string]map[string]string{"PLAIN": nil, "LOGIN": {"EHLO": "250-mail\r\n250 AUTH LOGIN", "AUTH": "334 VXNlcm5hbWU6"}} {
		o := newOffice(t, newPost(t, true, says))
		m := o.mailer()
		m.o.Server.User, m.o.Server.Password = "robot", "s3cret"
		o.queue(m, letter())
		o.deliver(m)
		if s := o.status(m); s.State != Sent {
			t.Errorf("%s: %+v %v", name, s, o.post.heard)
		}
	}
	o := newOffice(t, newPost(t, true, map[string]string{"AUTH": "535 wrong"}))
	m := o.mailer()
	m.o.Server.User, m.o.Server.Password = "robot", "s3cret"
	o.queue(m, letter())
	o.deliver(m)
	if s := o.status(m); s.State != Waiting || strings.Contains(s.Error, "s3cret") {
		t.Errorf("a wrong password refuses no letter: %+v", s)
	}
}

func TestAnUnknownCertificateGetsNothing(t *testing.T) {
	for _, implicit := range []bool{true, false} {
		o := newOffice(t, newPost(t, implicit, nil))
		m := o.mailer()
		m.o.Server.Roots = x509.NewCertPool()
		o.queue(m, letter())
		o.deliver(m)
		if s := o.status(m); s.State != Waiting || !strings.Contains(s.Error, "TLS") || len(o.post.messages()) != 0 {
			t.Errorf("implicit %v: %+v", implicit, s)
		}
	}
}

func TestNothingIsInjected(t *testing.T) {
	for name, spoil := range map[string]func(*Letter){
		"subject":         func(l *Letter) { l.Subject = "a\r\nBcc: all@example.org" },
		"subject, LF":     func(l *Letter) { l.Subject = "a\nb" },
		"subject, NUL":    func(l *Letter) { l.Subject = "a\x00b" },
		"subject, none":   func(l *Letter) { l.Subject = " " },
		"subject, long":   func(l *Letter) { l.Subject = strings.Repeat("a", 301) },
		"to":              func(l *Letter) { l.To = "a@example.org\r\nRCPT TO:<b@example.org>" },
		"to, two":         func(l *Letter) { l.To = "a@example.org, b@example.org" },
		"to, with a name": func(l *Letter) { l.To = "A <a@example.org>" },
		"to, brackets":    func(l *Letter) { l.To = "a@example.org> <b@example.org" },
		"to, none":        func(l *Letter) { l.To = "" },
		"to, not ASCII":   func(l *Letter) { l.To = "é@example.org" },
		"key":             func(l *Letter) { l.Key = "" },
		"text":            func(l *Letter) { l.Text = strings.Repeat("a", maxText+1) },
		"file name":       func(l *Letter) { l.Files = []File{{Name: "a\"\r\nX: y", MediaType: "application/pdf"}} },
		"file path":       func(l *Letter) { l.Files = []File{{Name: "../a.pdf", MediaType: "application/pdf"}} },
		"media type":      func(l *Letter) { l.Files = []File{{Name: "a.pdf", MediaType: "a/b\r\nX: y"}} },
		"files":           func(l *Letter) { l.Files = []File{{Name: "a.pdf", MediaType: "a/b", Body: make([]byte, maxFiles+1)}} },
	} {
		l := letter()
		spoil(&l)
		o := newOffice(t, newPost(t, true, nil))
		if _, err := o.mailer().Queue(t.Context(), l); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Réponse", "Bonjour\r\n.\r\n--=_beffroi_x", "réponse.pdf")
	f.Add("=?utf-8?b?QQ==?=", "\r\r\n\n", "a")
	f.Add(strings.Repeat("a b", 99), strings.Repeat("é", 500), "b.txt")
	f.Fuzz(func(t *testing.T, subject, text, name string) {
		l := Letter{Key: "k", To: "ada@example.org", Subject: subject, Text: text, Files: []File{{Name: name, MediaType: "application/pdf", Body: []byte(text)}}}
		if l.Check() != nil {
			return
		}
		b := compose(&l, &netmail.Address{Name: "X", Address: "data@city.example"}, "0123", time.Unix(0, 0))
		m, err := netmail.ReadMessage(bytes.NewReader(b))
		if err != nil || len(m.Header) != 8 {
			t.Fatalf("%d headers, %v:\n%s", len(m.Header), err, b)
		}
		for line := range bytes.Lines(b) {
			if len(line) > 998 || !bytes.HasSuffix(line, []byte("\r\n")) {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
	})
}

func TestAnUnusualSubjectArrivesAsItIs(t *testing.T) {
	for _, s := range []string{"plain", "=?utf-8?b?QQ==?=", strings.Repeat("long ", 50) + "end", strings.Repeat("é", 150), "日本語"} {
		l := letter()
		l.Subject = s
		read(t, string(compose(&l, &netmail.Address{Name: "Ville de Clairebeke – données", Address: "data@city.example"}, "0", time.Unix(0, 0))), l)
	}
}

func TestForgetAndList(t *testing.T) {
	o := newOffice(t, newPost(t, true, nil))
	m := o.mailer()
	o.queue(m, letter())
	l := letter()
	l.Key = "letter/2"
	o.now++
	o.queue(m, l)
	all, err := m.List(t.Context())
	if err != nil || len(all) != 2 || all[0].Key != "letter/2" {
		t.Fatal(all, err)
	}
	if err := m.Forget(t.Context(), "letter/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Status(t.Context(), IDOf("letter/1")); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("forgotten: %v", err)
	}
	o.deliver(m)
	o.now += keepSent + 1
	if err := m.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, err := m.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("long after: %v %v", all, err)
	}
}

func TestRun(t *testing.T) {
	o := newOffice(t, newPost(t, true, nil))
	sent := make(chan Status, 1)
	m := o.mailer()
	m.o.Ended = func(_ context.Context, s Status) { sent <- s }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx, func(entity.Instant) <-chan time.Time { return nil }) }()
	o.queue(m, letter())
	if s := <-sent; s.State != Sent {
		t.Errorf("%+v", s)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// meddling lets a test come between when a letter is marked as being sent.
type meddling struct {
	store.Records
	before func(store.Key) // the mark is written; once
	lost   int             // how many reads fail after it was
	marked bool
}

func (r *meddling) Write(ctx context.Context, ws []store.RecordWrite) error {
	if !r.marked && strings.Contains(string(ws[0].Value), `"state":"sending"`) {
		r.marked = true
		r.before(ws[0].Key)
	}
	return r.Records.Write(ctx, ws)
}

func (r *meddling) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if r.marked && r.lost > 0 {
		r.lost--
		return store.Record{}, errors.New("the disk does not answer")
	}
	return r.Records.Get(ctx, key)
}

// What was erased while it was being sent is not written again.
func TestForgottenWhileItIsSent(t *testing.T) {
	o := newOffice(t, newPost(t, true, nil))
	m := o.mailer()
	o.queue(m, letter())
	under := m.o.Records
	m.o.Records = &meddling{Records: under, before: func(k store.Key) {
		if err := under.Write(t.Context(), []store.RecordWrite{{Key: k, Any: true}}); err != nil {
			t.Error(err)
		}
	}}
	if _, err := m.Deliver(t.Context()); err != nil {
		t.Error(err)
	}
	if all, err := m.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("after it was forgotten there is %+v %v", all, err)
	}
}

// A mark whose version could not be read does not leave the letter stuck.
func TestMarkedButNotRead(t *testing.T) {
	o := newOffice(t, newPost(t, true, nil))
	m := o.mailer()
	o.queue(m, letter())
	m.o.Records = &meddling{Records: m.o.Records, before: func(store.Key) {}, lost: 1}
	if _, err := m.Deliver(t.Context()); err != nil {
		t.Error(err)
	}
	if s := o.status(m); s.State != Waiting {
		t.Errorf("it is %s", s.State)
	}
}
