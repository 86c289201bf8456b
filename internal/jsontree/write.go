package jsontree

import "unicode/utf8"

// Append appends n as compact JSON, in the order written and with the number
// literals that came. Strings are escaped only where they must be.
func (n Node) Append(dst []byte) []byte {
	switch n.kind {
	case Bool:
		if n.n == 1 {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case Number:
		return append(dst, n.text()...)
	case String:
		return appendText(dst, n.text(), n.flags&plainText != 0)
	case Array:
		dst = append(dst, '[')
		kids := n.kids()
		for i := range kids {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = kids[i].Append(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		kids := n.kids()
		for i := range kids {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, kids[i].name, kids[i].flags&plainName != 0)
			dst = append(dst, ':')
			dst = kids[i].Append(dst)
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

// Raw gives n as compact JSON in a new slice.
func (n Node) Raw() []byte { return n.Append(nil) }

// String gives n as compact JSON.
func (n Node) String() string { return string(n.Append(nil)) }

func appendText(dst []byte, s string, plain bool) []byte {
	if !plain {
		return AppendString(dst, s)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string in quotes. Only the quote, the
// backslash and control characters below U+0020 are escaped; bytes that are
// not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
