package connect

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/beffroi/beffroi/internal/jsontree"
)

const maxColumns = 1000

// table makes an array of objects of a table.
func (d *csvDecoder) table(data []byte) (jsontree.Node, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = d.delimiter, false, -1, true
	names := d.columns
	var rows []jsontree.Node
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return jsontree.Node{}, fmt.Errorf("the table cannot be read: %w", err)
		}
		if names == nil {
			if names, err = header(rec, d.numbers); err != nil {
				return jsontree.Node{}, err
			}
			continue
		}
		line, _ := r.FieldPos(0)
		row, err := d.row(names, rec, line)
		if err != nil {
			return jsontree.Node{}, err
		}
		if rows = append(rows, row); len(rows) > MaxItems {
			return jsontree.Node{}, fmt.Errorf("the table has more than %d rows", MaxItems)
		}
	}
	return jsontree.ArrayNode(rows), nil
}

func header(rec []string, numbers map[string]bool) ([]string, error) {
	if len(rec) > maxColumns {
		return nil, fmt.Errorf("the table has more than %d columns", maxColumns)
	}
	names := append([]string(nil), rec...)
	seen := map[string]bool{}
	for i, n := range names {
		if n == "" || seen[n] {
			return nil, fmt.Errorf("column %d has no name of its own (%q); name the columns under csv", i+1, n)
		}
		seen[n] = true
	}
	for n := range numbers {
		if !seen[n] {
			return nil, fmt.Errorf("there is no column %q in the table, which the mapping takes for numbers", n)
		}
	}
	return names, nil
}

// row makes an object; an empty field is null, and a cell that should be a
// number and is none stays the text it is.
func (d *csvDecoder) row(names, rec []string, line int) (jsontree.Node, error) {
	if len(rec) != len(names) {
		return jsontree.Node{}, fmt.Errorf("row %d has %d fields, the table has %d columns; is the delimiter right?", line, len(rec), len(names))
	}
	members := make([]jsontree.Member, len(names))
	for i, name := range names {
		v := jsontree.StringNode(rec[i])
		switch {
		case rec[i] == "":
			v = jsontree.NullNode()
		case d.numbers[name]:
			if lit, ok := numberLiteral(rec[i], d.decimal); ok {
				n, err := jsontree.NumberNode(lit)
				if err != nil {
					return v, fmt.Errorf("row %d, column %s: %w", line, name, err)
				}
				v = n
			}
		}
		members[i] = jsontree.Member{Name: name, Value: v}
	}
	return jsontree.ObjectNode(members), nil
}
