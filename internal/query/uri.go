package query

import "strings"

// normalURI gives s in the form in which equal URIs are the same text
// (RFC 3986, 6.2.2 and 6.2.3, as CIM 009, 4.9 recommends): scheme, host and
// the namespace of a URN in lower case, escapes of plain characters undone,
// other escapes in upper case, no default port, no empty path behind a host.
// What is in that form already comes back as it is.
func normalURI(s string) string {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" {
		return s
	}
	low := strings.ToLower(scheme)
	rest = normalEscapes(rest)
	switch {
	case strings.HasPrefix(rest, "//"):
		end := strings.IndexAny(rest[2:], "/?#")
		if end < 0 {
			end = len(rest) - 2
		}
		host, path := strings.ToLower(rest[2:2+end]), rest[2+end:]
		if user, at, ok := cutLast(rest[2:2+end], '@'); ok {
			host = user + "@" + strings.ToLower(at)
		}
		switch low {
		case "http":
			host = strings.TrimSuffix(host, ":80")
		case "https":
			host = strings.TrimSuffix(host, ":443")
		}
		if path == "" || path[0] != '/' {
			path = "/" + path
		}
		rest = "//" + host + path
	case low == "urn":
		if space, name, ok := strings.Cut(rest, ":"); ok {
			rest = strings.ToLower(space) + ":" + name
		}
	}
	if out := low + ":" + rest; out != s {
		return out
	}
	return s
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// normalEscapes undoes the escapes of characters that need none and writes
// the others in upper case.
func normalEscapes(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			out = append(out, s[i])
			continue
		}
		c := byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, '%', upperHex(s[i+1]), upperHex(s[i+2]))
		}
		i += 2
	}
	return string(out)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

func upperHex(c byte) byte {
	if c >= 'a' {
		return c - 0x20
	}
	return c
}
