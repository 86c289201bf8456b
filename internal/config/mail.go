package config

import (
	"net"
	"net/mail"
	"strings"
)

// checkMail judges what says how letters are sent.
func (c *Config) checkMail(bad func(key, format string, args ...any)) {
	m := c.Mail
	plain := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
	}
	for _, a := range m.Notices {
		if got, err := mail.ParseAddress(a); err != nil || got.Address != a || !plain(a) {
			bad("mail.notices", "%q is not an address such as data@city.example", a)
		}
	}
	if m.Server == "" {
		if len(m.Notices) > 0 {
			bad("mail.notices", "notices cannot be sent without mail.server")
		}
		return
	}
	if host, port, err := net.SplitHostPort(m.Server); err != nil || host == "" || port == "" || !plain(m.Server) {
		bad("mail.server", "%q is not a host and port such as smtp.city.example:465", m.Server)
	}
	if got, err := mail.ParseAddress(m.From); err != nil || !plain(got.Address) || strings.ContainsAny(m.From, "\r\n") {
		bad("mail.from", "%q is not an address such as City of Clairebeke <data@city.example>", m.From)
	}
	if (m.User == "") != (m.PasswordFile == "") {
		bad("mail.user", "user and password_file go together")
	}
	for key, file := range map[string]string{"mail.password_file": m.PasswordFile, "mail.ca": m.CA} {
		if file == "" {
			continue
		}
		if err := readable(file); err != nil {
			bad(key, "%v", err)
		}
	}
}
