// Package sheet reads a table that somebody has (CSV, XLSX, GeoJSON) and
// guesses what it means: delimiter, encoding, types, coordinates, keys. A
// guess is shown to a person before anything is made of it.
//
// It is for files that people publish, read whole and bounded; feeds that come
// again and again are what connect is for. What always holds: no cell is
// dropped in silence: it becomes a value, or a Fault that names row and column.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/beffroi/beffroi/internal/problem"
)

// The bounds of one file.
const (
	MaxRows    = 200_000
	MaxColumns = 300
	MaxCell    = 100_000 // bytes
)

// Table is a file as read: cells are text, without blanks around them.
type Table struct {
	Kind      string // csv, xlsx, geojson
	Encoding  string // of CSV: utf-8, utf-16, windows-1252
	Delimiter string // of CSV
	Heads     []string
	Rows      [][]string // each as long as Heads
	Lines     []int      // where each row stands in the file, from 1
	// Shapes are the geometries of GeoJSON, one JSON text a row, "" for null;
	// nil for the others.
	Shapes []string
}

// Read reads a file, whatever it is called: its content says what it is.
//
// Errors: problem.BadRequestData, saying where.
func Read(data []byte) (*Table, error) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, problem.New(problem.BadRequestData, "the file is empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return nil, problem.New(problem.BadRequestData, "this is an old Excel file (.xls): save it as .xlsx or as CSV")
	}
	text, encoding := decode(data)
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return readGeoJSON([]byte(text))
	}
	return readCSV(text, encoding)
}

// decode makes UTF-8 of a text: by its byte order mark, else as UTF-8 if it is
// that, else as what spreadsheets of western Europe write.
func decode(data []byte) (text, encoding string) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return string(data[3:]), "utf-8"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		units := make([]uint16, 0, len(data)/2)
		for i := 2; i+1 < len(data); i += 2 {
			lo, hi := data[i], data[i+1]
			if data[0] == 0xfe {
				lo, hi = hi, lo
			}
			units = append(units, uint16(lo)|uint16(hi)<<8)
		}
		return string(utf16.Decode(units)), "utf-16"
	case utf8.Valid(data):
		return string(data), "utf-8"
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil { // it has a character for each byte
		return strings.ToValidUTF8(string(data), "\ufffd"), "windows-1252"
	}
	return string(out), "windows-1252"
}

// delimiterOf finds the delimiter that cuts the first lines into the same
// number of columns, and most of them.
func delimiterOf(text string) rune {
	best, most := ',', 1
	for _, d := range []rune{';', ',', '\t', '|'} {
		r := reader(text, d)
		width, same := 0, 0
		for range 50 {
			rec, err := r.Read()
			if err != nil {
				break
			}
			if width == 0 {
				width = len(rec)
			}
			if len(rec) == width {
				same++
			}
		}
		// A line that does not fit costs more than a column brings.
		if score := width * same; width > 1 && score > most {
			best, most = d, score
		}
	}
	return best
}

func reader(text string, delimiter rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delimiter, -1, false
	return r
}

func readCSV(text, encoding string) (*Table, error) {
	// Excel may say the delimiter in a first line of its own.
	d := rune(0)
	skipped := 0
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 && (rest[1] == '\n' || rest[1] == '\r') {
		d, text, skipped = rune(rest[0]), strings.TrimLeft(rest[1:], "\r\n"), 1
	}
	if d == 0 {
		d = delimiterOf(text)
	}
	t := &Table{Kind: "csv", Encoding: encoding, Delimiter: string(d)}
	r := reader(text, d)
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var at *csv.ParseError
			if errors.As(err, &at) {
				return nil, problem.New(problem.BadRequestData, "line %d, column %d of the CSV cannot be read: %v", at.Line+skipped, at.Column, at.Err)
			}
			return nil, problem.Wrap(problem.BadRequestData, err, "the CSV cannot be read: %v", err)
		}
		line, _ := r.FieldPos(0)
		if err := t.add(rec, line+skipped); err != nil {
			return nil, err
		}
	}
	return t.whole()
}

// add takes a record in: the first one that is not empty has the headings.
func (t *Table) add(rec []string, line int) error {
	empty := true
	for i, c := range rec {
		rec[i] = strings.TrimSpace(c)
		empty = empty && rec[i] == ""
		if len(c) > MaxCell {
			return problem.New(problem.BadRequestData, "line %d: column %d is longer than %d bytes", line, i+1, MaxCell)
		}
	}
	if empty {
		return nil
	}
	if t.Heads == nil {
		if len(rec) > MaxColumns {
			return problem.New(problem.BadRequestData, "the table has %d columns; at most %d can be taken", len(rec), MaxColumns)
		}
		for len(rec) > 0 && rec[len(rec)-1] == "" {
			rec = rec[:len(rec)-1]
		}
		t.Heads = heads(rec)
		return nil
	}
	for len(rec) > len(t.Heads) {
		if rec[len(rec)-1] != "" {
			return problem.New(problem.BadRequestData, "line %d has %d cells, the headings are %d: is a cell with the delimiter %q in it missing its quotes?", line, len(rec), len(t.Heads), t.Delimiter)
		}
		rec = rec[:len(rec)-1]
	}
	row := make([]string, len(t.Heads))
	copy(row, rec)
	if len(t.Rows) >= MaxRows {
		return problem.New(problem.BadRequestData, "the table has more than %d rows: split it, or connect it as a source", MaxRows)
	}
	t.Rows, t.Lines = append(t.Rows, row), append(t.Lines, line)
	return nil
}

// heads makes headings that are there and differ.
func heads(rec []string) []string {
	out := make([]string, len(rec))
	for i, h := range rec {
		if h == "" {
			h = fmt.Sprintf("column %d", i+1)
		}
		name := h
		for n := 2; slices.Contains(out[:i], name); n++ {
			name = fmt.Sprintf("%s %d", h, n)
		}
		out[i] = name
	}
	return out
}

func (t *Table) whole() (*Table, error) {
	switch {
	case len(t.Heads) == 0:
		return nil, problem.New(problem.BadRequestData, "the file has no headings: its first line must name the columns")
	case len(t.Rows) == 0:
		return nil, problem.New(problem.BadRequestData, "the file has headings (%s) and no rows", strings.Join(t.Heads[:min(5, len(t.Heads))], ", "))
	}
	return t, nil
}
