package harvest

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/rdf"
)

// lineBytes bounds one line of N-Triples.
const lineBytes = 1 << 20

// parseLines reads N-Triples, in which a line is a triple: one that is none is
// told to bad and left out, and the rest is read all the same.
func parseLines(bad func(text string)) parser {
	return func(r io.Reader, base rdf.IRI, lim rdf.Limits, emit func(rdf.Triple) error) error {
		return rdf.ParseNTriples(&goodLines{r: bufio.NewReaderSize(r, lineBytes), bad: bad}, base, lim, emit)
	}
}

// goodLines gives the lines that are N-Triples.
type goodLines struct {
	r    *bufio.Reader
	bad  func(string)
	rest string // of a good line, not yet given
	n    int    // lines read
	err  error
}

// Read gives what is left of a line, or the next good one.
func (g *goodLines) Read(p []byte) (int, error) {
	for g.rest == "" {
		if g.err != nil {
			return 0, g.err
		}
		g.next()
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func (g *goodLines) next() {
	line, err := g.r.ReadSlice('\n')
	g.n++
	if errors.Is(err, bufio.ErrBufferFull) {
		g.bad("line " + strconv.Itoa(g.n) + " is longer than " + strconv.Itoa(lineBytes) + " bytes")
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = g.r.ReadSlice('\n')
		}
		g.err = err
		return
	}
	g.err = err
	text := string(line)
	// Terms that cannot be are the business of who reads the whole.
	lim := rdf.Limits{BadTerm: func(*rdf.SyntaxError) error { return nil }}
	fault := rdf.ParseNTriples(strings.NewReader(text), "", lim, func(rdf.Triple) error { return nil })
	var s *rdf.SyntaxError
	if errors.As(fault, &s) {
		s.Line = g.n
		g.bad(s.Error())
		return
	}
	g.rest = text
}
