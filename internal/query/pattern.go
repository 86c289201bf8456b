package query

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/problem"
)

// Limits of patterns.
const (
	MaxPatternBytes  = 1000
	maxPatternRepeat = 255 // RE_DUP_MAX of IEEE 1003.2
	maxPatternDepth  = 50
)

// Pattern is a regular expression as IEEE 1003.2 defines extended ones, run in
// time linear in the text. The class escapes \d \s \w and their opposites,
// which that standard leaves undefined, have their customary meaning.
type Pattern struct {
	source string
	whole  bool
	// needs is a text that is in everything that matches: looking for it is
	// much quicker than the expression.
	needs string
	re    *regexp.Regexp
}

// NewPattern compiles a pattern that matches a text if it is found anywhere
// in it, as regexec() has it: the idPattern of a query (CIM 009, 5.2.33).
//
// Errors: problem.BadRequestData with the place; problem.TooComplexQuery.
func NewPattern(source string) (*Pattern, error) { return compile(source, false) }

// NewWholePattern compiles a pattern that matches a text if the text is in the
// language of the expression: the ~= of a query (CIM 009, 4.9).
//
// Errors: those of NewPattern.
func NewWholePattern(source string) (*Pattern, error) { return compile(source, true) }

// MatchString reports whether s matches. A nil Pattern matches everything.
func (p *Pattern) MatchString(s string) bool {
	return p == nil || strings.Contains(s, p.needs) && p.re.MatchString(s)
}

func (p *Pattern) matchBytes(b []byte) bool { return p.re.Match(b) }

// needed gives the longest run of plain characters that every match of source
// has in it; "" where that takes more than a look.
func needed(source string) string {
	if strings.ContainsAny(source, `|([\`) {
		return ""
	}
	best, from := "", 0
	take := func(to int) {
		if to-from > len(best) {
			best = source[from:to]
		}
	}
	for i, r := range source {
		if !strings.ContainsRune(`.*+?{}^$`, r) {
			continue
		}
		end := i
		if strings.ContainsRune("*+?{", r) && i > from { // what stands before may be missing
			_, size := utf8.DecodeLastRuneInString(source[from:i])
			end -= size
		}
		take(end)
		from = i + 1
		if r == '{' {
			if j := strings.IndexByte(source[i:], '}'); j >= 0 {
				from = i + j + 1
			}
		}
	}
	take(len(source))
	return best
}

// String gives the pattern as it was written.
func (p *Pattern) String() string { return p.source }

// LiteralPrefix gives a text with which everything that matches begins; ""
// if there is none.
func (p *Pattern) LiteralPrefix() string {
	if p == nil || !p.whole && !strings.HasPrefix(p.source, "^") {
		return ""
	}
	s := strings.TrimPrefix(p.source, "^")
	if strings.ContainsRune(s, '|') {
		return ""
	}
	end := strings.IndexAny(s, `.[](){}*+?^$\`)
	if end < 0 {
		return s
	}
	if end > 0 && strings.IndexByte("*?+{", s[end]) >= 0 {
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
	}
	return s[:end]
}

func compile(source string, whole bool) (*Pattern, error) {
	if len(source) > MaxPatternBytes {
		return nil, problem.New(problem.TooComplexQuery, "a pattern has %d bytes, over the limit of %d", len(source), MaxPatternBytes)
	}
	if !utf8.ValidString(source) {
		return nil, problem.New(problem.BadRequestData, "a pattern is not UTF-8")
	}
	t := translator{src: source}
	out, err := t.alternatives(0)
	if err == nil && t.pos < len(source) {
		err = t.fail("a ) without its (")
	}
	if err != nil {
		return nil, err
	}
	if whole {
		out = `\A(?:` + out + `)\z`
	}
	re, err := regexp.Compile("(?s)" + out)
	if err != nil {
		return nil, problem.Wrap(problem.TooComplexQuery, err, "the pattern %q is too large to run", source)
	}
	return &Pattern{source: source, whole: whole, needs: needed(source), re: re}, nil
}

// translator writes an extended regular expression of IEEE 1003.2 in the
// syntax of package regexp.
type translator struct {
	src string
	pos int
}

func (t *translator) fail(why string) error {
	return problem.New(problem.BadRequestData, "the pattern %q is not a regular expression (IEEE 1003.2): at byte %d: %s", t.src, t.pos, why)
}

func (t *translator) peek() byte {
	if t.pos < len(t.src) {
		return t.src[t.pos]
	}
	return 0
}

// alternatives reads branches up to the end or a closing parenthesis.
func (t *translator) alternatives(depth int) (string, error) {
	if depth > maxPatternDepth {
		return "", problem.New(problem.TooComplexQuery, "the pattern %q has parentheses over %d deep", t.src, maxPatternDepth)
	}
	var b strings.Builder
	for t.pos < len(t.src) && t.src[t.pos] != ')' {
		if t.src[t.pos] == '|' {
			b.WriteByte('|')
			t.pos++
			continue
		}
		atom, err := t.repeated(depth)
		if err != nil {
			return "", err
		}
		b.WriteString(atom)
	}
	return b.String(), nil
}

// repeated reads an atom and what says how often.
func (t *translator) repeated(depth int) (string, error) {
	atom, err := t.atom(depth)
	if err != nil {
		return "", err
	}
	for {
		q, err := t.quantifier()
		if err != nil {
			return "", err
		}
		if q == "" {
			return atom, nil
		}
		atom = "(?:" + atom + q + ")"
		if len(atom) > 4*MaxPatternBytes {
			return "", problem.New(problem.TooComplexQuery, "the pattern %q repeats repetitions too often", t.src)
		}
	}
}

func (t *translator) quantifier() (string, error) {
	switch c := t.peek(); c {
	case '*', '+', '?':
		t.pos++
		return string(c), nil
	case '{':
		low, next, ok := t.number(t.pos + 1)
		if !ok {
			return "", t.fail("after { a number is expected; write \\{ for the character")
		}
		high := low
		if next < len(t.src) && t.src[next] == ',' {
			if high, next, ok = t.number(next + 1); !ok {
				high = -1
				next = t.pos + 1 + strings.IndexByte(t.src[t.pos+1:], ',') + 1
			}
		}
		if next >= len(t.src) || t.src[next] != '}' {
			return "", t.fail("an interval is {n}, {n,} or {n,m}")
		}
		if low > maxPatternRepeat || high > maxPatternRepeat || high >= 0 && high < low {
			return "", t.fail("an interval goes from a number to one not smaller, both at most 255")
		}
		q := t.src[t.pos : next+1]
		t.pos = next + 1
		return q, nil
	}
	return "", nil
}

func (t *translator) number(at int) (n, next int, ok bool) {
	for next = at; next < len(t.src) && t.src[next]-'0' < 10 && next-at < 4; next++ {
		n = n*10 + int(t.src[next]-'0')
	}
	return n, next, next > at
}

func (t *translator) atom(depth int) (string, error) {
	c := t.src[t.pos]
	switch c {
	case '*', '+', '?', '{':
		return "", t.fail("there is nothing to repeat")
	case '^':
		t.pos++
		return `\A`, nil
	case '$':
		t.pos++
		return `\z`, nil
	case '.':
		t.pos++
		return ".", nil
	case '(':
		t.pos++
		in, err := t.alternatives(depth + 1)
		if err != nil {
			return "", err
		}
		if t.peek() != ')' {
			return "", t.fail("a ( is not closed")
		}
		t.pos++
		return "(?:" + in + ")", nil
	case '[':
		return t.bracket()
	case '\\':
		if t.pos+1 == len(t.src) {
			return "", t.fail("a \\ has nothing behind it")
		}
		t.pos++
		if strings.IndexByte("dDsSwW", t.peek()) >= 0 {
			t.pos++
			return t.src[t.pos-2 : t.pos], nil
		}
	}
	_, size := utf8.DecodeRuneInString(t.src[t.pos:])
	lit := t.src[t.pos : t.pos+size]
	t.pos += size
	return regexp.QuoteMeta(lit), nil
}

// bracket reads a bracket expression. In it a backslash is a character like
// others, and [.x.] and [=x=] stand for x.
func (t *translator) bracket() (string, error) {
	start := t.pos
	t.pos++
	var b strings.Builder
	b.WriteByte('[')
	if t.peek() == '^' {
		b.WriteByte('^')
		t.pos++
	}
	for first := true; ; first = false {
		if t.pos >= len(t.src) {
			t.pos = start
			return "", t.fail("a [ is not closed")
		}
		if t.src[t.pos] == ']' && !first {
			t.pos++
			b.WriteByte(']')
			return b.String(), nil
		}
		if strings.HasPrefix(t.src[t.pos:], "[:") {
			end := strings.Index(t.src[t.pos:], ":]")
			if end < 0 || !strings.Contains(" alnum alpha blank cntrl digit graph lower print punct space upper xdigit ", " "+t.src[t.pos+2:t.pos+max(end, 2)]+" ") {
				return "", t.fail("no such character class")
			}
			b.WriteString(unicodeClass(t.src[t.pos+2 : t.pos+end]))
			t.pos += end + 2
			continue
		}
		low, err := t.element()
		if err != nil {
			return "", err
		}
		b.WriteString(quoteInBracket(low))
		if t.peek() == '-' && t.pos+1 < len(t.src) && t.src[t.pos+1] != ']' {
			t.pos++
			high, err := t.element()
			if err != nil {
				return "", err
			}
			if high < low {
				return "", t.fail("a range in brackets runs backwards")
			}
			b.WriteByte('-')
			b.WriteString(quoteInBracket(high))
		}
	}
}

func (t *translator) element() (rune, error) {
	if rest := t.src[t.pos:]; strings.HasPrefix(rest, "[.") || strings.HasPrefix(rest, "[=") {
		r, size := utf8.DecodeRuneInString(rest[2:])
		if !strings.HasPrefix(rest[2+size:], rest[1:2]+"]") {
			return 0, t.fail("only single characters are known as collating elements")
		}
		t.pos += 4 + size
		return r, nil
	}
	r, size := utf8.DecodeRuneInString(t.src[t.pos:])
	t.pos += size
	return r, nil
}

// unicodeClass widens the classes of letters to all of Unicode, as in a
// locale that knows them.
func unicodeClass(name string) string {
	switch name {
	case "alpha":
		return `\p{L}`
	case "alnum":
		return `\p{L}\p{N}`
	case "upper":
		return `\p{Lu}`
	case "lower":
		return `\p{Ll}`
	}
	return "[:" + name + ":]"
}

func quoteInBracket(r rune) string {
	if strings.ContainsRune(`\]^-[`, r) {
		return `\` + string(r)
	}
	return string(r)
}
