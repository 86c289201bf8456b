package connect

import (
	"context"

	"github.com/beffroi/beffroi/internal/problem"
)

// Table is how a CSV file is laid out, for who reads it in parts.
type Table struct {
	Delimiter rune
	Header    bool // the first row names the columns
	Bytewise  bool // the encoding has the delimiters of ASCII as single bytes
}

// Format names the decoder: json, ndjson, geojson, csv, gbfs, bytes or text.
// GeoJSON whose items are not its features counts as json.
func (m *Mapping) Format() string {
	switch m.decoder.(type) {
	case geojsonDecoder:
		if len(m.items) == 1 && m.items[0].name == "features" {
			return "geojson"
		}
	case linesDecoder:
		return "ndjson"
	case *csvDecoder:
		return "csv"
	case gbfsDecoder:
		return "gbfs"
	case bytesDecoder:
		return "bytes"
	case textDecoder:
		return "text"
	}
	return "json"
}

// Table tells the layout if the format is csv.
func (m *Mapping) Table() Table {
	d, ok := m.decoder.(*csvDecoder)
	if !ok {
		return Table{}
	}
	return Table{Delimiter: d.delimiter, Header: d.columns == nil, Bytewise: !d.wide}
}

// From gives the same mapping for a file: what an import reads.
func (m *Mapping) From(path string) *Mapping {
	c := *m
	c.Kind, c.Path, c.URL, c.Topic = File, path, "", ""
	return &c
}

// ReadNow reads a polled source once, from where it was left, and returns when
// all of it is durable. The source must not be polled by Run meanwhile.
//
// Errors: problem.ResourceNotFound; problem.OperationNotSupported for a source
// that is not polled; the reader's and the broker's.
func (s *Supervisor) ReadNow(ctx context.Context, name string) error {
	src, err := s.find(name)
	if err != nil {
		return err
	}
	if src.reader == nil {
		return problem.New(problem.OperationNotSupported, "the source %s is heard, not read", name)
	}
	_, err = s.readOnce(ctx, src)
	return err
}
