package jsontree

import (
	"math/big"
	"strings"
)

// scanNumber reads the JSON number that begins at i. It gives the place after
// it, or the place and the reason why it is none.
func scanNumber(s string, i int) (end int, why string) {
	if i < len(s) && s[i] == '-' {
		i++
	}
	first := i
	i = digits(s, i)
	switch {
	case i == first:
		return i, "a digit is expected in a number"
	case s[first] == '0' && i > first+1:
		return first, "a number does not begin with 0 followed by more digits"
	}
	if i < len(s) && s[i] == '.' {
		from := i + 1
		if i = digits(s, from); i == from {
			return i, "a digit is expected after the decimal point"
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		from := i
		if i = digits(s, from); i == from {
			return i, "a digit is expected in the exponent of a number"
		}
	}
	return i, ""
}

func digits(s string, i int) int {
	for i < len(s) && s[i]-'0' < 10 {
		i++
	}
	return i
}

// decimal is a number literal taken apart: 0.digits × 10^exp, where the first
// digit is not 0. Zero has no digits.
type decimal struct {
	negative bool
	whole    string // digits before the point, without leading zeros
	fraction string // and after it, without leading zeros if whole is empty
	exp      int64
	bigExp   *big.Int // instead of exp if that does not fit
}

// takeApart reads a valid literal.
func takeApart(s string) decimal {
	var d decimal
	if s[0] == '-' {
		d.negative, s = true, s[1:]
	}
	expText := ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		s, expText = s[:i], strings.TrimPrefix(s[i+1:], "+")
	}
	d.whole, d.fraction, _ = strings.Cut(s, ".")
	d.whole = strings.TrimLeft(d.whole, "0")
	d.fraction = strings.TrimRight(d.fraction, "0")
	shift := int64(len(d.whole))
	if d.whole == "" {
		n := len(d.fraction)
		d.fraction = strings.TrimLeft(d.fraction, "0")
		shift = -int64(n - len(d.fraction))
	}
	if d.whole == "" && d.fraction == "" {
		return decimal{} // whatever the exponent
	}
	if len(expText) < 18 {
		d.exp = shift + shortInt(expText)
		return d
	}
	e, _ := new(big.Int).SetString(expText, 10)
	e.Add(e, big.NewInt(shift))
	if e.IsInt64() {
		d.exp = e.Int64()
	} else {
		d.bigExp = e
	}
	return d
}

func shortInt(s string) int64 {
	negative := strings.HasPrefix(s, "-")
	var v int64
	for _, c := range []byte(strings.TrimPrefix(s, "-")) {
		v = v*10 + int64(c-'0')
	}
	if negative {
		return -v
	}
	return v
}

func (d decimal) zero() bool { return d.whole == "" && d.fraction == "" }

func (d decimal) compareExp(e decimal) int {
	if d.bigExp == nil && e.bigExp == nil {
		switch {
		case d.exp < e.exp:
			return -1
		case d.exp > e.exp:
			return 1
		}
		return 0
	}
	return d.exponent().Cmp(e.exponent())
}

func (d decimal) exponent() *big.Int {
	if d.bigExp != nil {
		return d.bigExp
	}
	return big.NewInt(d.exp)
}

func (d decimal) digit(i int) byte {
	if i < len(d.whole) {
		return d.whole[i]
	}
	if i -= len(d.whole); i < len(d.fraction) {
		return d.fraction[i]
	}
	return '0'
}

func (d decimal) compareDigits(e decimal) int {
	for i := range max(len(d.whole)+len(d.fraction), len(e.whole)+len(e.fraction)) {
		if a, b := d.digit(i), e.digit(i); a != b {
			return int(a) - int(b)
		}
	}
	return 0
}

// CompareNumbers orders two valid number literals by their exact decimal
// value: negative if a is less than b, 0 if equal, positive if greater. 1.0,
// 1 and 10e-1 are equal; so are 0 and -0. It never rounds.
func CompareNumbers(a, b string) int {
	if a == b {
		return 0
	}
	x, y := takeApart(a), takeApart(b)
	switch {
	case x.zero() && y.zero():
		return 0
	case x.zero():
		return sign(!y.negative, -1)
	case y.zero() || x.negative != y.negative:
		return sign(!x.negative, 1)
	}
	c := x.compareExp(y)
	if c == 0 {
		c = x.compareDigits(y)
	}
	return sign(!x.negative, c)
}

func sign(keep bool, c int) int {
	if keep {
		return c
	}
	return -c
}
