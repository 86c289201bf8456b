package contexts

import (
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// LinkRel is the relation of a Link header that names an @context (JSON-LD
// 1.1, 6.1).
const LinkRel = "http://www.w3.org/ns/json-ld#context"

// FromLink finds the address of the @context in the values of the Link
// headers of a request (RFC 8288, 3). It gives "" if there is none: other
// links are not looked at, beyond their syntax.
//
// Errors: problem.InvalidRequest if a header is malformed or several contexts
// are named.
func FromLink(headers []string) (string, error) {
	found := ""
	for _, h := range headers {
		for rest := skip(h); rest != ""; {
			link, after, err := parseLink(rest)
			if err != nil {
				return "", err
			}
			if link.context && found != "" {
				return "", problem.New(problem.InvalidRequest, "there are several Link headers with rel=%q; there may be one", LinkRel)
			}
			if link.context {
				found = link.target
			}
			rest = after
		}
	}
	return found, nil
}

type link struct {
	target  string
	context bool // rel is LinkRel
}

// skip leaves out blanks and empty elements of a list.
func skip(s string) string { return strings.TrimLeft(s, " \t,") }

func blank(s string) string { return strings.TrimLeft(s, " \t") }

// parseLink reads one link-value and gives what follows the comma behind it.
func parseLink(s string) (link, string, error) {
	if s[0] != '<' {
		return link{}, "", badLink("each link begins with an address in <>", s)
	}
	target, rest, ok := strings.Cut(s[1:], ">")
	if !ok {
		return link{}, "", badLink("an address has no closing >", s)
	}
	l := link{target: strings.Trim(target, " \t")}
	relSeen, anchored := false, false
	for rest = blank(rest); rest != "" && rest[0] != ','; rest = blank(rest) {
		if rest[0] != ';' {
			return l, "", badLink("a semicolon is expected before a parameter", rest)
		}
		if rest = blank(rest[1:]); rest == "" || rest[0] == ';' || rest[0] == ',' {
			continue
		}
		n := tokenEnd(rest)
		if n == 0 {
			return l, "", badLink("the name of a parameter is expected", rest)
		}
		name := rest[:n]
		value := ""
		if rest = blank(rest[n:]); strings.HasPrefix(rest, "=") {
			var why string
			if value, rest, why = parameterValue(blank(rest[1:])); why != "" {
				return l, "", badLink(why, name)
			}
		}
		switch {
		case strings.EqualFold(name, "rel") && !relSeen: // later ones do not count (RFC 8288, 3.3)
			relSeen = true
			l.context = hasRel(value)
		case strings.EqualFold(name, "anchor"):
			anchored = true // the link is of another resource
		}
	}
	l.context = l.context && !anchored
	if l.context && l.target == "" {
		return l, "", badLink("the address of the @context is empty", s)
	}
	return l, skip(rest), nil
}

func parameterValue(s string) (value, rest, why string) {
	if !strings.HasPrefix(s, `"`) {
		n := tokenEnd(s)
		if n == 0 {
			return "", "", "a parameter has no value"
		}
		return s[:n], s[n:], ""
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			value = s[1:i]
			if strings.Contains(value, `\`) {
				value = unquote(value)
			}
			return value, s[i+1:], ""
		}
	}
	return "", "", "a quoted value has no closing quote"
}

func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// tokenEnd gives the length of the token at the start of s (RFC 9110,
// 5.6.2). A slash, colon and hash count too: some clients write rel and type
// without quotes.
func tokenEnd(s string) int {
	for i, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;\"[]?={}`, c) >= 0 {
			return i
		}
	}
	return len(s)
}

func hasRel(value string) bool {
	for rel := range strings.FieldsSeq(value) {
		if strings.EqualFold(rel, LinkRel) {
			return true
		}
	}
	return false
}

func badLink(why, at string) error {
	return problem.New(problem.InvalidRequest, "the Link header cannot be read at %.60q: %s", at, why)
}
