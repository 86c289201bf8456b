package connect

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// MaxPayloadBytes bounds one payload.
const MaxPayloadBytes = 64 << 20

func limits() jsontree.Limits {
	return jsontree.Limits{MaxBytes: MaxPayloadBytes, MaxDepth: 64, MaxMembers: 4_000_000}
}

// decoder takes a payload apart.
type decoder interface {
	decode(data []byte) (jsontree.Node, error)
	items() string // the path to the items if the mapping does not say
}

func (c *compiler) chooseDecoder() error {
	d := c.s.Decoder
	name := d.text
	if !d.set() {
		name = "json"
		if c.m.Kind == GBFS {
			name = "gbfs"
		}
	}
	if c.s.CSV != nil && name != "csv" {
		return at(max(1, d.line), 1, "csv: has no meaning with the decoder %s", name)
	}
	if (name == "gbfs") != (c.m.Kind == GBFS) && c.m.Kind == GBFS {
		return d.bad("a source of kind gbfs has the decoder gbfs")
	}
	switch name {
	case "json":
		c.m.decoder = jsonDecoder{}
	case "geojson":
		c.m.decoder = geojsonDecoder{}
	case "ndjson":
		c.m.decoder = linesDecoder{}
	case "gbfs":
		c.m.decoder = gbfsDecoder{}
	case "bytes":
		c.m.decoder = bytesDecoder{}
	case "text":
		c.m.decoder = textDecoder{}
	case "csv":
		return c.csvDecoder()
	default:
		return d.bad("the decoder %.40q is not json, ndjson, geojson, csv, gbfs, bytes or text", name)
	}
	return nil
}

type jsonDecoder struct{}

func (jsonDecoder) items() string { return "" }

func (jsonDecoder) decode(data []byte) (jsontree.Node, error) {
	return jsontree.Parse(withoutMark(data), limits())
}

// withoutMark cuts the byte order mark that some servers send.
func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }

type geojsonDecoder struct{ jsonDecoder }

func (geojsonDecoder) items() string { return "features" }

// linesDecoder reads one JSON value a line.
type linesDecoder struct{}

func (linesDecoder) items() string { return "" }

func (linesDecoder) decode(data []byte) (jsontree.Node, error) {
	var out []jsontree.Node
	n := 0
	for line := range bytes.Lines(withoutMark(data)) {
		n++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		v, err := jsontree.Parse(line, limits())
		if err != nil {
			return jsontree.Node{}, fmt.Errorf("line %d: %w", n, err)
		}
		if out = append(out, v); len(out) > MaxItems {
			return jsontree.Node{}, fmt.Errorf("the payload has more than %d lines", MaxItems)
		}
	}
	return jsontree.ArrayNode(out), nil
}

// bytesDecoder gives the payload as base64 text.
type bytesDecoder struct{}

func (bytesDecoder) items() string { return "" }

func (bytesDecoder) decode(data []byte) (jsontree.Node, error) {
	return jsontree.StringNode(base64.StdEncoding.EncodeToString(data)), nil
}

// textDecoder gives the payload as one text.
type textDecoder struct{}

func (textDecoder) items() string { return "" }

func (textDecoder) decode(data []byte) (jsontree.Node, error) {
	if !utf8.Valid(data) {
		return jsontree.Node{}, errors.New("the payload is not UTF-8 text")
	}
	return jsontree.StringNode(strings.TrimSpace(string(data))), nil
}

// csvDecoder reads tables: each row becomes an object of its columns.
type csvDecoder struct {
	delimiter rune
	decimal   byte
	encoding  encoding.Encoding // nil is UTF-8
	wide      bool              // its characters are not single bytes
	columns   []string
	numbers   map[string]bool
}

func (*csvDecoder) items() string { return "" }

func encodings() map[string]encoding.Encoding {
	return map[string]encoding.Encoding{
		"utf-8": nil, "windows-1252": charmap.Windows1252, "iso-8859-1": charmap.ISO8859_1, "iso-8859-15": charmap.ISO8859_15,
		"utf-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	}
}

func (c *compiler) csvDecoder() error {
	d := &csvDecoder{delimiter: ',', decimal: '.', numbers: map[string]bool{}}
	c.m.decoder = d
	s := c.s.CSV
	if s == nil {
		return nil
	}
	bad := func(format string, args ...any) error { return c.s.Decoder.bad("csv: "+format, args...) }
	if s.Delimiter != "" {
		r, n := utf8.DecodeRuneInString(s.Delimiter)
		if n != len(s.Delimiter) || strings.ContainsRune("\"\r\n\uFFFD", r) {
			return bad("the delimiter %.10q is not one character", s.Delimiter)
		}
		d.delimiter = r
	}
	switch s.Decimal {
	case "", ".":
	case ",":
		d.decimal = ','
	default:
		return bad("decimal is . or , and not %.10q", s.Decimal)
	}
	if s.Encoding != "" {
		e, ok := encodings()[strings.ToLower(s.Encoding)]
		if !ok {
			return bad("the encoding %.40q is not utf-8, windows-1252, iso-8859-1, iso-8859-15 or utf-16", s.Encoding)
		}
		d.encoding, d.wide = e, strings.EqualFold(s.Encoding, "utf-16")
	}
	d.columns = s.Columns
	for _, n := range s.Numbers {
		d.numbers[n] = true
	}
	return nil
}

// Read errors name the row, as a spreadsheet counts them.
func (d *csvDecoder) decode(data []byte) (jsontree.Node, error) {
	if d.encoding != nil {
		out, err := d.encoding.NewDecoder().Bytes(data)
		if err != nil {
			return jsontree.Node{}, fmt.Errorf("the encoding does not fit: %w", err)
		}
		data = out
	}
	data = withoutMark(data)
	if !utf8.Valid(data) {
		return jsontree.Node{}, errors.New("the table is not UTF-8; say which encoding it has under csv")
	}
	return d.table(data)
}
