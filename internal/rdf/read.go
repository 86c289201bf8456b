package rdf

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// Limits bound what a parser takes. A zero field means its default.
type Limits struct {
	Bytes   int64 // of the whole input; 64 MiB
	Triples int   // 1,000,000
	Depth   int   // of nested [ ] and ( ), and of nodes in nodes; 64
	Term    int   // bytes of one IRI, name or literal; 1 MiB

	// BadTerm, if set, is asked about each triple with an IRI or language tag
	// that cannot be one, such as an address with a space in it. If it gives
	// nil the triple is left out and reading goes on; without it reading stops
	// at the first. A text that is no RDF of its form ends reading in any case.
	BadTerm func(*SyntaxError) error
}

func (l Limits) withDefaults() Limits {
	l.Bytes = cmp.Or(l.Bytes, 64<<20)
	l.Triples = cmp.Or(l.Triples, 1_000_000)
	l.Depth = cmp.Or(l.Depth, 64)
	l.Term = cmp.Or(l.Term, 1<<20)
	return l
}

// Form is a way to write RDF that Read understands.
type Form int

// The forms.
const (
	TurtleForm   Form = iota // text/turtle
	NTriplesForm             // application/n-triples
	RDFXMLForm               // application/rdf+xml
)

// SyntaxError says where a text stops being RDF of its form, and how to mend it.
type SyntaxError struct {
	Line, Column int // from 1; columns count characters, in RDF/XML bytes
	Reason, Mend string
}

// Error gives place, reason and remedy.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s; %s", e.Line, e.Column, e.Reason, e.Mend)
}

// Read gives the graph of a text. Its blank nodes are named _:b0, _:b1 and on
// in order of appearance.
//
// Errors: a *SyntaxError, or that of the reader.
func Read(r io.Reader, form Form, base IRI, lim Limits) (*Graph, error) {
	parse := ParseTurtle
	switch form {
	case TurtleForm:
	case NTriplesForm:
		parse = ParseNTriples
	case RDFXMLForm:
		parse = ParseRDFXML
	default:
		return nil, fmt.Errorf("the form %d is not known: take TurtleForm, NTriplesForm or RDFXMLForm", form)
	}
	return Collect(func(emit func(Triple) error) error { return parse(r, base, lim, emit) })
}

// Collect gives the graph of the triples that parse hands on, blank nodes
// among them.
//
// Errors: those of parse; a triple that is none (see Triple.Check).
func Collect(parse func(emit func(Triple) error) error) (*Graph, error) {
	g := &Graph{blanks: true}
	err := parse(func(t Triple) error {
		g.Add(t.S, t.P, t.O)
		return g.err
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Check tells why t can be written in no form; its subject and object may be
// blank nodes.
func (t Triple) Check() error { return checkTriple(t.S, t.P, t.O, true) }

// ParseTurtle hands each triple of a Turtle text (W3C RDF 1.1 Turtle) to emit
// as soon as it is read. Relative IRIs are resolved against base.
//
// Errors: a *SyntaxError, that of the reader, or that of emit.
func ParseTurtle(r io.Reader, base IRI, lim Limits, emit func(Triple) error) error {
	return newParser(r, base, lim, emit).run((*parser).turtle)
}

// ParseNTriples is ParseTurtle for N-Triples (W3C RDF 1.1 N-Triples), whose
// IRIs are all absolute: base is not used.
//
// Errors: as ParseTurtle.
func ParseNTriples(r io.Reader, _ IRI, lim Limits, emit func(Triple) error) error {
	return newParser(r, "", lim, emit).run((*parser).ntriples)
}

type parser struct {
	br        *bufio.Reader
	line, col int
	read      int64
	lim       Limits
	base      IRI
	prefixes  map[string]string
	labels    map[string]IRI
	blanks    int
	triples   int
	depth     int
	nt        bool // N-Triples: a line is a triple
	emit      func(Triple) error
}

func newParser(r io.Reader, base IRI, lim Limits, emit func(Triple) error) *parser {
	return &parser{br: bufio.NewReader(r), line: 1, col: 1, lim: lim.withDefaults(), base: base,
		prefixes: map[string]string{}, labels: map[string]IRI{}, emit: emit}
}

// bail carries an error out of the descent; run turns it back.
type bail struct{ err error }

func (p *parser) run(f func(*parser)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			b, ok := r.(bail)
			if !ok {
				panic(r)
			}
			err = b.err
		}
	}()
	f(p)
	return nil
}

func (p *parser) fail(mend, format string, args ...any) {
	panic(bail{&SyntaxError{p.line, p.col, fmt.Sprintf(format, args...), mend}})
}

const eof rune = -1

// next takes a character.
func (p *parser) next() rune {
	c, n, err := p.br.ReadRune()
	if err == io.EOF {
		return eof
	}
	if err != nil {
		panic(bail{err})
	}
	if c == utf8.RuneError && n == 1 {
		p.fail("save the file as UTF-8", "a byte is not UTF-8")
	}
	if p.read += int64(n); p.read > p.lim.Bytes {
		p.fail("split the file", "the text is longer than %d bytes", p.lim.Bytes)
	}
	if p.col++; c == '\n' {
		p.line, p.col = p.line+1, 1
	}
	return c
}

// peek shows the next character and leaves it.
func (p *parser) peek() rune {
	c, _, err := p.br.ReadRune()
	if err == io.EOF {
		return eof
	}
	if err != nil {
		panic(bail{err})
	}
	_ = p.br.UnreadRune() // follows a ReadRune
	return c
}

// at gives the byte i bytes ahead, 0 at the end.
func (p *parser) at(i int) byte {
	b, _ := p.br.Peek(i + 1)
	if len(b) <= i {
		return 0
	}
	return b[i]
}

// skip passes white space and comments; in N-Triples it stays on the line.
func (p *parser) skip() {
	for {
		switch c := p.peek(); {
		case c == ' ' || c == '\t' || !p.nt && (c == '\n' || c == '\r'):
			p.next()
		case c == '#':
			for c := p.peek(); c != '\n' && c != '\r' && c != eof; c = p.peek() {
				p.next()
			}
		default:
			return
		}
	}
}

func (p *parser) expect(c rune, mend string) {
	p.skip()
	if got := p.peek(); got != c {
		p.fail(mend, "%s where %q was expected", show(got), c)
	}
	p.next()
}

func show(c rune) string {
	if c == eof {
		return "the text ends"
	}
	return strconv.QuoteRune(c)
}

func (p *parser) blank(label string) IRI {
	if i, ok := p.labels[label]; ok && label != "" {
		return i
	}
	i := IRI("_:b" + strconv.Itoa(p.blanks))
	p.blanks++
	if label != "" {
		p.labels[label] = i
	}
	return i
}

func (p *parser) put(s, pr IRI, o Term) {
	// One that is left out counts: it was work all the same.
	if p.triples++; p.triples > p.lim.Triples {
		p.fail("split the file", "there are more than %d triples", p.lim.Triples)
	}
	if err := checkTriple(s, pr, o, true); err != nil {
		if p.lim.BadTerm == nil {
			p.fail("correct the term", "%v", err)
		}
		if err := p.lim.BadTerm(&SyntaxError{p.line, p.col, err.Error(), "correct the term"}); err != nil {
			panic(bail{err})
		}
		return
	}
	if err := p.emit(Triple{s, pr, o}); err != nil {
		panic(bail{err})
	}
}

func (p *parser) ntriples() {
	p.nt = true
	for {
		p.skip()
		switch p.peek() {
		case eof:
			return
		case '\n', '\r':
			p.next()
			continue
		}
		s := p.node()
		p.skip()
		pr := p.iriRef()
		p.skip()
		var o Term
		if p.peek() == '"' {
			o = p.literal()
		} else {
			o = Ref(p.node())
		}
		p.put(s, pr, o)
		p.expect('.', "end each triple with a full stop")
		p.skip()
		if c := p.peek(); c != eof && c != '\n' && c != '\r' {
			p.fail("put each triple on a line of its own", "%s after the end of a triple", show(c))
		}
	}
}

// node reads a subject or object of N-Triples that is no literal.
func (p *parser) node() IRI {
	if p.peek() == '_' {
		return p.blankLabel()
	}
	return p.iriRef()
}
