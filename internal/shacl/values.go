package shacl

import (
	"cmp"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/rdf"
)

// maxDigits is the length up to which a number is read exactly. A longer one
// is not a number here, so that no value costs more than it is long.
const maxDigits = 1000

// whole numbers with their bounds (XML Schema 1.1 part 2, 3.4); "" is none.
func integerBounds(name string) (low, high string, ok bool) {
	switch name {
	case "integer":
		return "", "", true
	case "long":
		return "-9223372036854775808", "9223372036854775807", true
	case "int":
		return "-2147483648", "2147483647", true
	case "short":
		return "-32768", "32767", true
	case "byte":
		return "-128", "127", true
	case "nonNegativeInteger":
		return "0", "", true
	case "positiveInteger":
		return "1", "", true
	case "nonPositiveInteger":
		return "", "0", true
	case "negativeInteger":
		return "", "-1", true
	case "unsignedLong":
		return "0", "18446744073709551615", true
	case "unsignedInt":
		return "0", "4294967295", true
	case "unsignedShort":
		return "0", "65535", true
	case "unsignedByte":
		return "0", "255", true
	}
	return "", "", false
}

// lexical reports whether a text is in the lexical space of a datatype. A
// datatype that is not known here has every text.
func lexical(datatype rdf.IRI, text string) bool {
	name, ok := strings.CutPrefix(string(datatype), rdf.XSD)
	if !ok {
		return true
	}
	if low, high, ok := integerBounds(name); ok {
		n, ok := integer(text)
		return ok && (low == "" || n.Cmp(bigInt(low)) >= 0) && (high == "" || n.Cmp(bigInt(high)) <= 0)
	}
	re := grammars()[name]
	if re == nil {
		return true
	}
	if !re.MatchString(text) {
		return false
	}
	switch name {
	case "dateTime", "date":
		return dayExists(text)
	case "dateTimeStamp":
		_, zoned, ok := moment(text)
		return ok && zoned && dayExists(text)
	case "duration":
		return strings.ContainsAny(text, "YMDHS") && !strings.HasSuffix(text, "T")
	}
	return true
}

func bigInt(s string) *big.Int {
	n, _ := new(big.Int).SetString(s, 10)
	return n
}

func integer(text string) (*big.Int, bool) {
	if len(text) > maxDigits {
		return nil, false
	}
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, false
	}
	return new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
}

// dayExists reports whether the day of a date that fits the grammar is in the
// calendar.
func dayExists(text string) bool {
	_, _, ok := moment(text)
	return ok
}

// value is a literal that can be compared.
type value struct {
	kind   byte // n number, f floating point, s text, b truth value, t moment, d day
	exact  *big.Rat
	float  float64
	text   string
	moment time.Time
	zoned  bool
}

// valueOf reads a literal; false if it has no order or is ill-formed.
func valueOf(t rdf.Term) (value, bool) {
	if t.Datatype() == rdf.XSD+"string" {
		return value{kind: 's', text: t.Value()}, true
	}
	name, ok := strings.CutPrefix(string(t.Datatype()), rdf.XSD)
	if !ok || t.IsIRI() || len(t.Value()) > maxDigits || !lexical(t.Datatype(), t.Value()) {
		return value{}, false
	}
	switch name {
	case "double", "float":
		f, err := strconv.ParseFloat(strings.ReplaceAll(t.Value(), "INF", "Inf"), 64)
		return value{kind: 'f', float: f}, err == nil || math.IsInf(f, 0)
	case "boolean":
		b := t.Value() == "true" || t.Value() == "1"
		return value{kind: 'b', text: strconv.FormatBool(b)}, true
	case "dateTime", "dateTimeStamp", "date":
		m, zoned, ok := moment(t.Value())
		kind := byte('t')
		if name == "date" {
			kind = 'd'
		}
		return value{kind: kind, moment: m, zoned: zoned}, ok
	}
	if _, _, whole := integerBounds(name); !whole && name != "decimal" {
		return value{}, false
	}
	r, ok := new(big.Rat).SetString(strings.TrimPrefix(t.Value(), "+"))
	return value{kind: 'n', exact: r}, ok
}

// compareLiterals orders two literals as the operators of SPARQL 1.1 do (17.3);
// false if they cannot be compared.
func compareLiterals(a, b rdf.Term) (int, bool) {
	x, ok := valueOf(a)
	if !ok {
		return 0, false
	}
	y, ok := valueOf(b)
	if !ok {
		return 0, false
	}
	switch {
	case x.kind == 'n' && y.kind == 'n':
		return x.exact.Cmp(y.exact), true
	case strings.IndexByte("nf", x.kind) >= 0 && strings.IndexByte("nf", y.kind) >= 0:
		f, g := x.number(), y.number()
		return cmp.Compare(f, g), !math.IsNaN(f) && !math.IsNaN(g)
	case x.kind != y.kind:
		return 0, false
	case x.kind == 's' || x.kind == 'b':
		return cmp.Compare(x.text, y.text), true
	}
	return compareMoments(x, y)
}

func (v value) number() float64 {
	if v.kind == 'f' {
		return v.float
	}
	f, _ := v.exact.Float64()
	return f
}

// compareMoments orders two moments. One with and one without a time zone can
// be compared only if no zone could turn them round: 14 hours (XML Schema 1.1
// part 2, D.2.1).
func compareMoments(x, y value) (int, bool) {
	if x.zoned == y.zoned {
		return x.moment.Compare(y.moment), true
	}
	if d := x.moment.Sub(y.moment); d <= 14*time.Hour && d >= -14*time.Hour {
		return 0, false
	}
	return x.moment.Compare(y.moment), true
}

// moment reads an xsd:dateTime or xsd:date that fits its grammar.
func moment(text string) (t time.Time, zoned, ok bool) {
	body, sign := text, 1
	if rest, before := strings.CutPrefix(text, "-"); before {
		body, sign = rest, -1
	}
	y, rest, _ := strings.Cut(body, "-")
	year, err := strconv.Atoi(y)
	if err != nil || len(rest) < 5 {
		return t, false, false
	}
	month, err1 := strconv.Atoi(rest[:2])
	day, err2 := strconv.Atoi(rest[3:5])
	if err1 != nil || err2 != nil || month < 1 || month > 12 {
		return t, false, false
	}
	midnight := time.Date(sign*year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if midnight.Day() != day {
		return t, false, false
	}
	clock, zone := split(rest[5:])
	offset, zoned, ok := zoneOf(zone)
	if !ok {
		return t, false, false
	}
	d, ok := clockOf(clock)
	return midnight.Add(d - offset), zoned, ok
}

// split takes the zone from what follows the day.
func split(s string) (clock, zone string) {
	if i := strings.IndexAny(s, "Z+-"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

func zoneOf(s string) (offset time.Duration, zoned, ok bool) {
	switch {
	case s == "":
		return 0, false, true
	case s == "Z":
		return 0, true, true
	case len(s) != 6:
		return 0, false, false
	}
	h, err1 := strconv.Atoi(s[1:3])
	m, err2 := strconv.Atoi(s[4:])
	offset = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true, err1 == nil && err2 == nil
}

// clockOf reads "Thh:mm:ss.sss", or nothing.
func clockOf(s string) (time.Duration, bool) {
	if s == "" {
		return 0, true
	}
	parts := strings.Split(strings.TrimPrefix(s, "T"), ":")
	if len(parts) != 3 {
		return 0, false
	}
	h, err1 := strconv.Atoi(parts[0])
	m, err2 := strconv.Atoi(parts[1])
	sec, err3 := strconv.ParseFloat(parts[2], 64)
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(math.Round(sec*1e9)), err1 == nil && err2 == nil && err3 == nil && sec < 61
}
