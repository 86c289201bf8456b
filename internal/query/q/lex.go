package q

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// lex is what the parsers share: a text and a place in it.
type lex struct {
	what string
	src  string
	pos  int
}

func (l *lex) bounded() error {
	if len(l.src) > MaxBytes {
		return problem.New(problem.TooComplexQuery, "%s has %d bytes, over the limit of %d", l.what, len(l.src), MaxBytes)
	}
	if !utf8.ValidString(l.src) {
		return problem.New(problem.BadRequestData, "%s is not UTF-8", l.what)
	}
	return nil
}

func (l *lex) fail(format string, args ...any) error {
	e := problem.New(problem.BadRequestData, format, args...)
	e.Detail = l.what + ": at character " + itoa(utf8.RuneCountInString(l.src[:min(l.pos, len(l.src))])+1) + ": " + e.Detail
	return e
}

func itoa(n int) string { return jsontree.IntNode(int64(n)).Literal() }

// rest gives a little of what comes, for messages.
func (l *lex) rest() string {
	r := []rune(l.src[l.pos:])
	return string(r[:min(len(r), 20)])
}

func (l *lex) skip() {
	for l.pos < len(l.src) && (l.src[l.pos] == ' ' || l.src[l.pos] == '\t' || l.src[l.pos] == '\n') {
		l.pos++
	}
}

// take passes over blanks and s, if s comes next.
func (l *lex) take(s string) bool {
	at := l.pos
	l.skip()
	if l.takeHere(s) {
		return true
	}
	l.pos = at
	return false
}

func (l *lex) takeHere(s string) bool {
	if !strings.HasPrefix(l.src[l.pos:], s) {
		return false
	}
	l.pos += len(s)
	return true
}

// name passes over a name: a letter, then letters, numbers and underscores.
func (l *lex) name() int {
	for i, r := range l.src[l.pos:] {
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r) && r != '_') {
			l.pos += i
			return l.pos
		}
	}
	l.pos = len(l.src)
	return l.pos
}
