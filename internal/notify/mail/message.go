package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/beffroi/beffroi/internal/problem"
)

// Letter is one message to one person.
type Letter struct {
	// Key names what is sent, such as "letter/42": the same key is sent once.
	Key     string `json:"key"`
	To      string `json:"to"` // an address alone, without a name
	Subject string `json:"subject"`
	Text    string `json:"text"` // plain, UTF-8
	Files   []File `json:"files,omitzero"`
}

// File is an attachment.
type File struct {
	Name      string `json:"name"`
	MediaType string `json:"mediaType"` // such as application/pdf
	Body      []byte `json:"body"`
}

// The bounds of a letter, in bytes.
const (
	maxSubject = 300
	maxText    = 1 << 20
	maxFiles   = 10 << 20
)

// Check refuses what cannot be sent, or could become another message than was
// meant.
//
// Errors: problem.BadRequestData.
func (l *Letter) Check() error {
	bad := func(format string, args ...any) error {
		return problem.New(problem.BadRequestData, "the letter cannot be sent: "+format, args...)
	}
	if l.Key == "" || len(l.Key) > 300 {
		return bad("it has no key of up to 300 bytes")
	}
	if err := CheckAddress(l.To); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(l.Subject) == "" || len(l.Subject) > maxSubject || strings.ContainsFunc(l.Subject, unicode.IsControl):
		return bad("its subject is a line of up to %d bytes without control characters", maxSubject)
	case len(l.Text) > maxText:
		return bad("its text is longer than %d bytes", maxText)
	}
	size := 0
	for _, f := range l.Files {
		if size += len(f.Body); size > maxFiles {
			return bad("its attachments are larger than %d bytes", maxFiles)
		}
		if f.Name == "" || len(f.Name) > 150 || strings.ContainsAny(f.Name, `/\"`) || strings.ContainsFunc(f.Name, unicode.IsControl) {
			return bad("%.100q cannot be the name of an attachment", f.Name)
		}
		if t, params, err := mime.ParseMediaType(f.MediaType); err != nil || t != f.MediaType || len(params) > 0 {
			return bad("%.100q is not the media type of an attachment", f.MediaType)
		}
	}
	return nil
}

// CheckAddress reports why mail cannot be sent to an address. Addresses beyond
// ASCII would need an extension (RFC 6531) that few servers have: their domain
// can be written in Punycode.
//
// Errors: problem.BadRequestData.
func CheckAddress(s string) error {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
		return problem.New(problem.BadRequestData, "%.100q is not an address that mail can be sent to, such as data@city.example", s)
	}
	return nil
}

// compose writes a letter as it goes over the wire (RFC 5322, 2045): lines end
// with CR LF, headers and text are ASCII, whatever they say.
func compose(l *Letter, from *netmail.Address, id string, at time.Time) []byte {
	var b bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	head("From", from.String())
	head("To", "<"+l.To+">")
	head("Subject", folded(l.Subject))
	head("Date", at.Format(time.RFC1123Z))
	head("Message-ID", "<"+id+"@"+domainOf(from.Address)+">")
	head("MIME-Version", "1.0")
	head("Auto-Submitted", "auto-generated") // RFC 3834: no machine shall answer
	part := func() {
		head("Content-Type", "text/plain; charset=utf-8")
		head("Content-Transfer-Encoding", "quoted-printable")
		b.WriteString("\r\n")
		w := quotedprintable.NewWriter(&b)
		// Writing to a buffer does not fail.
		_, _ = w.Write([]byte(strings.ReplaceAll(strings.ReplaceAll(l.Text, "\r\n", "\n"), "\r", "\n")))
		_ = w.Close()
		b.WriteString("\r\n")
	}
	if len(l.Files) == 0 {
		part()
		return b.Bytes()
	}
	// The boundary cannot stand in a part: they are quoted-printable, where
	// "=_" cannot be, or base64, where "_" cannot.
	boundary := "=_beffroi_" + id
	head("Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	b.WriteString("\r\n--" + boundary + "\r\n")
	part()
	for _, f := range l.Files {
		b.WriteString("--" + boundary + "\r\n")
		head("Content-Type", f.MediaType)
		head("Content-Transfer-Encoding", "base64")
		head("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		b.WriteString("\r\n")
		text := base64.StdEncoding.EncodeToString(f.Body)
		for len(text) > 76 {
			b.WriteString(text[:76] + "\r\n")
			text = text[76:]
		}
		b.WriteString(text + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return b.Bytes()
}

// folded writes a text for a header: as it is if it is ASCII and short, else in
// encoded words of 75 characters a line (RFC 2047).
func folded(s string) string {
	words := mime.BEncoding.Encode("utf-8", s)
	if words == s && (len(s) > 70 || strings.Contains(s, "=?")) {
		// Encode leaves ASCII alone: a text that looks like an encoded word, or is
		// too long for a line, is encoded by hand.
		var out []string
		for len(s) > 0 {
			n := min(len(s), 42)
			out = append(out, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
			s = s[n:]
		}
		return strings.Join(out, "\r\n ")
	}
	return words
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
