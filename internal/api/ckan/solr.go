package ckan

import (
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/entity"
)

// What a search may cost: bytes of its text, parentheses within each other,
// and words that are looked for in texts.
const (
	maxSearch = 8 << 10
	maxDepth  = 20
	maxWords  = 64
)

// term is a search as a tree: what clients of CKAN use of Solr's language.
// Words beside each other must all be met, as CKAN has it.
type term struct {
	kind  byte // '&' all of subs, '|' any of them, '!' not the first, '=' a value, '[' a range, '*' anything
	subs  []term
	field string // "" is any text
	value string // of '='
	// prefix: what is there need only begin with value
	prefix   bool
	quoted   bool           // words in a row
	from, to entity.Instant // of '[': both included, 0 is open
}

// words counts what is looked for in texts.
func (t *term) words() int {
	if _, ok := textFields()[t.field]; ok && t.kind == '=' {
		return find.CountWords(t.value)
	}
	n := 0
	for i := range t.subs {
		n += t.subs[i].words()
	}
	return n
}

// parser reads a search from left to right.
type parser struct {
	s     string
	i     int
	depth int
	now   entity.Instant
}

// parse reads a search.
//
// Errors: a fault, the Search Query Error.
func parse(s string, now entity.Instant) (term, error) {
	if len(s) > maxSearch {
		return term{}, badQuery("the search is longer than %d bytes", maxSearch)
	}
	p := &parser{s: s, now: now}
	t, err := p.either("")
	if err == nil && p.i < len(p.s) {
		err = badQuery("there is a ) without its ( at byte %d of the search", p.i)
	}
	return t, err
}

func (p *parser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// word takes an operator that stands here.
func (p *parser) word(op string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.s[p.i:], op)
	if !ok || rest != "" && op[0] >= 'A' && strings.IndexByte(" \t\r\n()", rest[0]) < 0 {
		return false
	}
	p.i += len(op)
	return true
}

// either reads alternatives; field is what stands before a parenthesis.
func (p *parser) either(field string) (term, error) {
	out := term{kind: '|'}
	for {
		t, err := p.all(field)
		if err != nil {
			return t, err
		}
		out.subs = append(out.subs, t)
		more := p.word("OR") || p.word("||")
		if t.kind == '&' && len(t.subs) == 0 && (more || len(out.subs) > 1) {
			return t, badQuery("there is nothing on one side of an OR in the search")
		}
		if !more {
			break
		}
	}
	if len(out.subs) == 1 {
		return out.subs[0], nil
	}
	return out, nil
}

func (p *parser) all(field string) (term, error) {
	out := term{kind: '&'}
	for {
		p.space()
		if p.i == len(p.s) || p.s[p.i] == ')' {
			break
		}
		if mark := p.i; p.word("OR") || p.word("||") {
			p.i = mark
			break
		}
		if p.word("AND") || p.word("&&") {
			continue
		}
		t, err := p.one(field)
		if err != nil {
			return t, err
		}
		out.subs = append(out.subs, t)
	}
	return out, nil
}

// one reads one clause.
func (p *parser) one(field string) (term, error) {
	if p.depth++; p.depth > maxDepth {
		return term{}, badQuery("the search is nested deeper than %d", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.word("+"):
		p.space()
		if p.i == len(p.s) {
			return term{}, badQuery("the search ends after +")
		}
		return p.one(field)
	case p.word("-"), p.word("!"), p.word("NOT"):
		p.space()
		if p.i == len(p.s) {
			return term{}, badQuery("the search ends after a negation")
		}
		t, err := p.one(field)
		return term{kind: '!', subs: []term{t}}, err
	case p.word("("):
		t, err := p.either(field)
		if err == nil && !p.word(")") {
			err = badQuery("a ( is not closed in the search")
		}
		return t, err
	case p.s[p.i] == '[' || p.s[p.i] == '{':
		return p.span(field)
	}
	text, quoted, err := p.text()
	if err != nil {
		return term{}, err
	}
	if !quoted && field == "" && p.i < len(p.s) && p.s[p.i] == ':' {
		p.i++
		if text == "*" {
			text = ""
		} else if err := checkField(text); err != nil {
			return term{}, err
		}
		p.space()
		if p.i == len(p.s) {
			return term{}, badQuery("the field %.40q of the search has no value", text)
		}
		return p.one(text)
	}
	return value(field, text, quoted)
}

// checkField reports a field that is not there.
func checkField(name string) error {
	if !slices.Contains(fieldNames(), name) {
		return badQuery("undefined field %.40q: there are %s", name, strings.Join(fieldNames(), ", "))
	}
	return nil
}

// text reads a word, or one in quotes.
func (p *parser) text() (s string, quoted bool, err error) {
	var b strings.Builder
	if p.s[p.i] == '"' {
		for p.i++; p.i < len(p.s); p.i++ {
			switch c := p.s[p.i]; {
			case c == '"':
				p.i++
				return b.String(), true, nil
			case c == '\\' && p.i+1 < len(p.s):
				p.i++
				b.WriteByte(p.s[p.i])
			default:
				b.WriteByte(c)
			}
		}
		return "", true, badQuery("a quotation mark is not closed in the search")
	}
	begin := p.i
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n()\":", p.s[p.i]) < 0 {
		if p.s[p.i] == '\\' && p.i+1 < len(p.s) {
			p.i++
		}
		b.WriteByte(p.s[p.i])
		p.i++
	}
	if p.i == begin {
		return "", false, badQuery("there is a %q too many at byte %d of the search", p.s[p.i], p.i)
	}
	return b.String(), false, nil
}

// value makes a clause of a value.
func value(field, text string, quoted bool) (term, error) {
	if field == "text" {
		field = ""
	}
	t := term{kind: '=', field: field, value: text}
	if !quoted {
		t.value, t.prefix = strings.CutSuffix(text, "*")
	}
	if dateFields()[field] && t.value != "" {
		return t, badQuery("the field %s takes a range, such as [2026-01-01T00:00:00Z TO *]", field)
	}
	if _, ok := textFields()[field]; ok {
		t.quoted = quoted
		t.prefix = t.prefix || !quoted // of a word its beginning will do
	}
	if t.value == "" {
		t.kind = '*'
	}
	return t, nil
}

// span reads a range of dates.
func (p *parser) span(field string) (term, error) {
	end := strings.IndexAny(p.s[p.i:], "]}")
	if end < 0 {
		return term{}, badQuery("a range is not closed in the search")
	}
	open, text, shut := p.s[p.i], p.s[p.i+1:p.i+end], p.s[p.i+end]
	p.i += end + 1
	parts := strings.Fields(text)
	if len(parts) != 3 || parts[1] != "TO" {
		return term{}, badQuery("a range is written as [from TO to], not %.60q", text)
	}
	if !dateFields()[field] {
		if parts[0] == "*" && parts[2] == "*" {
			return term{kind: '*'}, nil
		}
		return term{}, badQuery("only metadata_modified and metadata_created take a range, not %.40q", field)
	}
	t := term{kind: '[', field: field}
	var err error
	if t.from, err = p.moment(parts[0]); err != nil {
		return t, err
	}
	if t.to, err = p.moment(parts[2]); err != nil {
		return t, err
	}
	if open == '{' && t.from != 0 {
		t.from++
	}
	if shut == '}' && t.to != 0 {
		t.to--
	}
	return t, nil
}

func (p *parser) moment(s string) (entity.Instant, error) {
	switch s {
	case "*":
		return 0, nil
	case "NOW":
		return p.now, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return entity.Instant(t.UnixMicro()), nil
		}
	}
	return 0, badQuery("%.40q is no date of the search: write 2026-01-01T00:00:00Z, NOW or *", s)
}
