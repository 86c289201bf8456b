package jsontree

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads the string whose opening quote is at i into r and gives the place
// after its closing quote.
func (p *parser) text(i int, r rec) (rec, int, bool) {
	start := i + 1
	r.kind = String
	j := special(p.data, start)
	if j >= len(p.src) {
		return r, i, p.fail(i, "the string that begins here has no closing quote")
	}
	switch c := p.src[j]; c {
	case '"':
		r.off, r.n, r.flags = uint32(start), uint32(j-start), r.flags|plainText
		return r, j + 1, true
	case '\\':
		from := len(p.esc)
		p.esc = append(p.esc, p.src[start:j]...)
		end, ok := p.escaped(i, j)
		r.off, r.n = uint32(len(p.src)+from), uint32(len(p.esc)-from)
		return r, end, ok
	default:
		return r, j, p.control(j)
	}
}

func (p *parser) control(i int) bool {
	return p.fail(i, fmt.Sprintf("a string has the control character U+%04X, which must be written as an escape", p.src[i]))
}

// special finds the first quote, backslash or control character at or after
// i, or gives len(s). It looks at eight bytes at once: in each byte of found
// the top bit is set if the byte is special, and the lowest such bit is right
// even where a borrow has spoilt those above it.
func special(s []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		quote, slash := x^ones*'"', x^ones*'\\'
		found := ((x-ones*' ')&^x | (quote-ones)&^quote | (slash-ones)&^slash) & tops
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// escaped goes on reading a string at its first backslash, into esc.
func (p *parser) escaped(start, i int) (int, bool) {
	s := p.src
	for i < len(s) {
		switch c := s[i]; {
		case c == '"':
			return i + 1, true
		case c < ' ':
			return i, p.control(i)
		case c != '\\':
			p.esc = append(p.esc, c)
			i++
			continue
		}
		if i+1 >= len(s) {
			break
		}
		switch c := s[i+1]; c {
		case '"', '\\', '/':
			p.esc = append(p.esc, c)
		case 'b':
			p.esc = append(p.esc, '\b')
		case 'f':
			p.esc = append(p.esc, '\f')
		case 'n':
			p.esc = append(p.esc, '\n')
		case 'r':
			p.esc = append(p.esc, '\r')
		case 't':
			p.esc = append(p.esc, '\t')
		case 'u':
			r, size := unescape(s[i:])
			if size == 0 {
				return i, p.fail(i, `\u is followed by four hexadecimal digits`)
			}
			if r == utf8.RuneError && size < 0 {
				return i, p.fail(i, "an escape is half of a surrogate pair")
			}
			p.esc = utf8.AppendRune(p.esc, r)
			i += size
			continue
		default:
			return i, p.fail(i, `a backslash is followed by one of "\/bfnrtu`)
		}
		i += 2
	}
	return start, p.fail(start, "the string that begins here has no closing quote")
}

// unescape reads \uXXXX, or two of them that make a pair. The size is 0 if it
// is malformed and -1 if it is half a pair.
func unescape(s string) (r rune, size int) {
	hi, ok := hex4(s)
	if !ok {
		return utf8.RuneError, 0
	}
	if !utf16.IsSurrogate(hi) {
		return hi, 6
	}
	if lo, ok := hex4(s[6:]); ok {
		if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, -1
}

func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
