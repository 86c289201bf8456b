package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// Security is how a connection is made safe. There is no third way: letters
// about people do not cross the network in clear.
type Security string

// The ways.
const (
	Implicit Security = "implicit" // TLS from the first byte (RFC 8314), mostly port 465
	StartTLS Security = "starttls" // asked for, and insisted on, mostly port 587
)

// Server is the mail server that takes letters.
type Server struct {
	Addr     string // host:port
	Security Security
	From     *netmail.Address
	User     string // "" does not log in
	Password string
	Roots    *x509.CertPool // nil is the system's
	// Dial connects: the rules of outbound connections are the dialer's.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Timeout bounds one delivery; 0 means a minute.
	Timeout time.Duration
}

// failure is a delivery that did not come about.
type failure struct {
	err error
	// final tells that trying again is no use: the server refused this letter.
	final bool
	// doubt tells that the server may have taken the letter: it was sent to its
	// end, and no answer came.
	doubt bool
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// bounded lets a hostile server say no more than it has reason to.
type bounded struct {
	net.Conn
	left int
}

var errTalkative = errors.New("the server says more than a mail server has to say")

// Read reads up to what is left.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalkative
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// maxTalk is how many bytes a server may say in one delivery.
const maxTalk = 64 << 10

// send delivers one message to one address. atEnd is called when all of it is
// with the server but for the mark of its end: from then on nobody knows what
// became of it until the server answers; an error of it ends the delivery
// before that.
func (s *Server) send(ctx context.Context, to string, message []byte, atEnd func() error) (answer string, fail *failure) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	c, err := s.open(ctx)
	if err != nil {
		return "", &failure{err: err} // the way is blocked, not the letter refused
	}
	defer c.Close()
	for _, step := range []func() error{func() error { return c.Mail(s.From.Address) }, func() error { return c.Rcpt(to) }} {
		if err := step(); err != nil {
			return "", &failure{err: err, final: permanent(err)}
		}
	}
	w, err := c.Data()
	if err != nil {
		return "", &failure{err: err, final: permanent(err)}
	}
	if _, err := w.Write(message); err != nil {
		return "", &failure{err: fmt.Errorf("hand over the message: %w", err)}
	}
	if err := atEnd(); err != nil {
		return "", &failure{err: err}
	}
	if err := w.Close(); err != nil {
		var said *textproto.Error
		if errors.As(err, &said) {
			return "", &failure{err: err, final: permanent(err)}
		}
		return "", &failure{err: fmt.Errorf("the server did not say whether it took the message: %w", err), doubt: true}
	}
	_ = c.Quit() // it has the letter, whatever it says to this
	return "250", nil
}

// open connects, and speaks TLS before anything else is said.
func (s *Server) open(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: %w", s.Addr, err)
	}
	raw, err := s.Dial(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, fmt.Errorf("reach the mail server: %w", err)
	}
	// Whoever waits for the server is woken when the time is over.
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	conn := net.Conn(&closing{&bounded{raw, maxTalk}, stop})
	safe := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
	fail := func(what string, err error) (*smtp.Client, error) {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if s.Security == Implicit {
		t := tls.Client(conn, safe)
		if err := t.HandshakeContext(ctx); err != nil {
			return fail("speak TLS with the mail server", err)
		}
		conn = t
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return fail("greet the mail server", err)
	}
	if err := c.Hello(domainOf(s.From.Address)); err != nil {
		return fail("greet the mail server", err)
	}
	if s.Security != Implicit {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return fail("speak TLS with the mail server", errors.New("it does not offer STARTTLS, and nothing is sent without"))
		}
		if err := c.StartTLS(safe); err != nil {
			return fail("speak TLS with the mail server", err)
		}
	}
	if s.User != "" {
		if err := c.Auth(s.auth(c, host)); err != nil {
			return fail("log in at the mail server", err)
		}
	}
	return c, nil
}

// closing ends the watch over a connection with it.
type closing struct {
	net.Conn
	stop func() bool
}

// Close closes the connection.
func (c *closing) Close() error { c.stop(); return c.Conn.Close() }

// auth logs in by PLAIN, or by LOGIN where a server has nothing else; both
// within TLS.
func (s *Server) auth(c *smtp.Client, host string) smtp.Auth {
	if _, ways := c.Extension("AUTH"); !has(ways, "PLAIN") && has(ways, "LOGIN") {
		return &login{s.User, s.Password}
	}
	return smtp.PlainAuth("", s.User, s.Password, host)
}

func has(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// login is the old way of Microsoft's servers.
type login struct{ user, password string }

// Start begins.
func (l *login) Start(info *smtp.ServerInfo) (string, []byte, error) {
	if !info.TLS {
		return "", nil, errors.New("no password is sent without TLS")
	}
	return "LOGIN", nil, nil
}

// Next answers what the server asks for: first the user, then the password.
func (l *login) Next(asked []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case strings.HasPrefix(strings.ToLower(string(asked)), "user"):
		return []byte(l.user), nil
	case strings.HasPrefix(strings.ToLower(string(asked)), "pass"):
		return []byte(l.password), nil
	}
	return nil, errors.New("the server asks for something else than user and password")
}

// permanent tells whether a server said that it will never take this.
func permanent(err error) bool {
	var said *textproto.Error
	return errors.As(err, &said) && said.Code >= 500
}

// text words an error for people: what the server said is cut, and kept on one
// line.
func text(err error) string {
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("the server hung up (%w)", err)
	}
	words := err.Error()
	var known interface{ Detail() string } // of a dialer that says how to mend it
	if errors.As(err, &known) {
		words = known.Detail()
	}
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(words, "?"))
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
