package query

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/timespan"
)

// LiteralKind is the data type of a value in a query.
type LiteralKind uint8

// The data types (CIM 009, 4.9 and 4.6.3).
const (
	Text LiteralKind = iota
	Number
	Bool
	DateTime
	Date
	Time
	URI // written without quotes
)

// Literal is a value in a query. Build it with the functions below.
type Literal struct {
	Kind LiteralKind
	// Text is the value: decoded text, number literal, "true", or date and
	// time as written.
	Text string
	// IRI is Text expanded as a vocabulary term; "" if it cannot be.
	IRI string
	// Expand is set for the attributes named in expandValues (CIM 009, 4.9):
	// IRI takes the place of Text for a VocabProperty, and stands beside it
	// for others. Without it a VocabProperty, whose value is an expanded URI,
	// equals no short name.
	Expand bool
	norm   string // Text as a URI in its normal form; "" if it is none

	num  float64
	safe bool           // num is exact enough: at most 15 significant digits
	at   entity.Instant // of DateTime, Date (midnight) and Time (since midnight, plus 1)
}

// NumberLiteral gives the number with the JSON literal s, false if it is none.
func NumberLiteral(s string) (Literal, bool) {
	n, err := jsontree.NumberNode(s)
	if err != nil {
		return Literal{}, false
	}
	f, _ := n.Float()
	return Literal{Kind: Number, Text: n.Literal(), num: f, safe: len(s) <= 15}, true
}

// TextLiteral gives a text. If it reads as a DateTime it is compared with
// others as a time (CIM 009, 4.9), else by code point.
func TextLiteral(s, iri string) Literal {
	l := Literal{Kind: Text, Text: s, IRI: iri}
	if strings.IndexByte(s, ':') > 0 {
		l.norm = normalURI(s)
	}
	if looksLikeDateTime(s) {
		if at, err := timespan.ParseInstant(s); err == nil {
			l.at = at
		}
	}
	return l
}

// URILiteral gives a URI.
func URILiteral(s string) Literal { return Literal{Kind: URI, Text: s, IRI: s, norm: normalURI(s)} }

// BoolLiteral gives true or false.
func BoolLiteral(b bool) Literal { return Literal{Kind: Bool, Text: strconv.FormatBool(b)} }

// TemporalLiteral reads a DateTime, Date or Time (CIM 009, 4.6.3); it is false
// if s is none.
func TemporalLiteral(s string) (Literal, bool) {
	if looksLikeDateTime(s) {
		at, err := timespan.ParseInstant(s)
		return Literal{Kind: DateTime, Text: s, at: at}, err == nil
	}
	if at, ok := parseDate(s); ok {
		return Literal{Kind: Date, Text: s, at: at}, true
	}
	if at, ok := parseTime(s); ok {
		return Literal{Kind: Time, Text: s, at: at}, true
	}
	return Literal{}, false
}

func looksLikeDateTime(s string) bool {
	return len(s) >= 20 && s[4] == '-' && s[10] == 'T' && s[len(s)-1] == 'Z'
}

func parseDate(s string) (entity.Instant, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	at, err := timespan.ParseInstant(s + "T00:00:00Z")
	return at, err == nil
}

// parseTime gives the time since midnight plus one microsecond, so that
// midnight is not "no time".
func parseTime(s string) (entity.Instant, bool) {
	if len(s) < 9 || s[2] != ':' || s[5] != ':' || s[len(s)-1] != 'Z' {
		return 0, false
	}
	const day = "2000-01-01T"
	at, err := timespan.ParseInstant(day + s)
	if err != nil {
		return 0, false
	}
	return at - timespan.MustInstant(day+"00:00:00Z") + 1, true
}

// scalar is one value met in an entity, in a form that can be compared.
type scalar struct {
	kind scalarKind
	text []byte // decoded text, or number literal
	yes  bool
	at   entity.Instant // kind moment
	// vocab is set for the values of a VocabProperty, link for those of a
	// Relationship: expanded URIs both. name is set for the names of types
	// among the members of an attribute, which queries name as they do types.
	vocab, link, name bool
}

type scalarKind uint8

const (
	nothing scalarKind = iota // null, or something that q cannot compare
	number
	text
	boolean
	moment
)

// scalarOf reads raw, which is no array; an object gives nothing, unless it is
// a JSON-LD typed value.
func scalarOf(raw []byte) scalar {
	if len(raw) == 0 {
		return scalar{}
	}
	switch c := raw[0]; {
	case c == '"':
		if bytes.IndexByte(raw, '\\') < 0 {
			return scalar{kind: text, text: raw[1 : len(raw)-1]}
		}
		n, err := jsontree.Parse(raw, jsontree.Limits{})
		if err != nil {
			return scalar{}
		}
		return scalar{kind: text, text: []byte(n.Str())}
	case c == '-' || c-'0' < 10:
		return scalar{kind: number, text: raw}
	case c == 't' || c == 'f':
		return scalar{kind: boolean, yes: c == 't'}
	case c == '{':
		n, err := jsontree.Parse(raw, jsontree.Limits{})
		if err != nil {
			return scalar{}
		}
		return scalarOfNode(n)
	}
	return scalar{}
}

func scalarOfNode(n jsontree.Node) scalar {
	switch n.Kind() {
	case jsontree.String:
		return scalar{kind: text, text: []byte(n.Str())}
	case jsontree.Number:
		return scalar{kind: number, text: []byte(n.Literal())}
	case jsontree.Bool:
		return scalar{kind: boolean, yes: n.Bool()}
	case jsontree.Object:
		if v, ok := n.Get("@value"); ok && v.Kind() != jsontree.Object {
			return scalarOfNode(v)
		}
	}
	return scalar{}
}

// compare orders v against l: negative, zero or positive. It is false if their
// data types differ, which is neither equal nor in any order.
func (l *Literal) compare(v *scalar) (int, bool) {
	switch l.Kind {
	case Number:
		if v.kind != number {
			return 0, false
		}
		return l.compareNumber(v.text), true
	case Bool:
		if v.kind != boolean {
			return 0, false
		}
		return compareBool(v.yes, l.Text == "true"), true
	case DateTime:
		if v.kind == moment {
			return compareInt(v.at, l.at), true
		}
		if v.kind != text || len(v.text) < 20 {
			return 0, false
		}
		at, err := timespan.ParseInstant(string(v.text))
		return compareInt(at, l.at), err == nil
	case Date, Time:
		if v.kind != text {
			return 0, false
		}
		parse := parseDate
		if l.Kind == Time {
			parse = parseTime
		}
		at, ok := parse(string(v.text))
		return compareInt(at, l.at), ok
	}
	return l.compareText(v)
}

func (l *Literal) compareText(v *scalar) (int, bool) {
	if v.kind == moment {
		return compareInt(v.at, l.at), l.at != 0
	}
	if v.kind != text {
		return 0, false
	}
	if (v.name || l.Expand) && l.IRI != "" {
		if c := strings.Compare(string(v.text), l.IRI); c == 0 || v.vocab || v.name {
			return c, true
		}
	}
	if (v.link || v.vocab || l.Kind == URI) && l.norm != "" && string(v.text) != l.Text && normalURI(string(v.text)) == l.norm {
		return 0, true
	}
	if l.at != 0 && len(v.text) >= 20 {
		if at, err := timespan.ParseInstant(string(v.text)); err == nil {
			return compareInt(at, l.at), true
		}
	}
	return strings.Compare(string(v.text), l.Text), true
}

// compareNumber compares by value. Rounding to float64 keeps the order, so
// two floats that differ decide; two that are equal decide if both literals
// are short enough to have a float of their own.
func (l *Literal) compareNumber(literal []byte) int {
	f, err := strconv.ParseFloat(string(literal), 64)
	if err == nil {
		switch {
		case f < l.num:
			return -1
		case f > l.num:
			return 1
		case l.safe && len(literal) <= 15 && (f > 1e-300 || f < -1e-300):
			return 0
		}
	}
	return jsontree.CompareNumbers(string(literal), l.Text)
}

func compareInt(a, b entity.Instant) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
