package format

import (
	"math"
	"slices"
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// Sort is the type of a column of a Table.
type Sort uint8

// The sorts of columns.
const (
	TextSort    Sort = iota
	NumberSort       // IEEE 754, 64 bits
	BooleanSort      // true and false
	JSONSort         // text that is JSON
	TimeSort         // an instant
)

// TableColumn is one typed column.
type TableColumn struct {
	Head string // unique in the table
	Sort Sort
	Name entity.Name // the attribute, "" for a fixed column
	Lang string      // of a text in several languages
	Unit string      // UN/CEFACT code, "" if none
}

// Cell is a value in a row. Of the members the one of the column's sort counts.
type Cell struct {
	Set    bool // false is null
	Bool   bool
	Number float64
	Text   string // of TextSort and JSONSort
	Time   entity.Instant
}

// Table lays entities out in typed columns for the formats that have such: id,
// type, one column an attribute (one a language for texts), observedAt,
// others. The location is not among them: those formats have a place for it.
// Nothing is lost: a value that does not fit the sort of its column, and an
// instance for which there is no column, stands in others, a JSON object from
// name, or name@datasetId, to value.
type Table struct {
	columns []TableColumn
	at      map[entity.Name]int // the first column of an attribute
	short   map[entity.Name]string
	typ     func(entity.Name) string
	row     []Cell
	others  []byte
}

// tableLanguages are those that a text in several languages has columns for.
func tableLanguages() []string { return []string{"fr", "nl", "en"} }

// NewTable makes one; typ shortens the IRI of a type.
func NewTable(columns []Column, typ func(entity.Name) string) *Table {
	t := &Table{at: map[entity.Name]int{}, short: map[entity.Name]string{}, typ: typ}
	taken := []string{"geometry", "observedAt", "others"}
	add := func(c TableColumn) {
		for slices.Contains(taken, c.Head) {
			c.Head += "_attribute"
		}
		taken = append(taken, c.Head)
		t.columns = append(t.columns, c)
	}
	add(TableColumn{Head: "id"})
	add(TableColumn{Head: "type"})
	for _, c := range columns {
		if _, twice := t.at[c.Name]; twice || c.Name == query.LocationName {
			continue
		}
		t.at[c.Name], t.short[c.Name] = len(t.columns), c.Short
		if c.Texts {
			for _, lang := range tableLanguages() {
				add(TableColumn{Head: c.Short + "_" + lang, Name: c.Name, Lang: lang})
			}
			continue
		}
		sort := JSONSort
		switch c.Type {
		case "number":
			sort = NumberSort
		case "boolean":
			sort = BooleanSort
		case "text", "link":
			sort = TextSort
		}
		add(TableColumn{Head: c.Short, Sort: sort, Name: c.Name, Unit: c.Unit})
	}
	t.columns = append(t.columns, TableColumn{Head: "observedAt", Sort: TimeSort}, TableColumn{Head: "others", Sort: JSONSort})
	t.row = make([]Cell, len(t.columns))
	return t
}

// Columns gives the columns in their order.
func (t *Table) Columns() []TableColumn { return t.columns }

// Row lays out e. The slice is overwritten by the next call.
func (t *Table) Row(e *entity.Entity) []Cell {
	clear(t.row)
	t.others = append(t.others[:0], '{')
	t.row[0] = Cell{Set: true, Text: string(e.ID)}
	t.row[1] = Cell{Set: true, Text: t.typ(e.Types[0])}
	place, _ := e.Attr(query.LocationName, "")
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a == place || len(a.Value) == 0 {
			continue
		}
		if at, known := t.at[a.Name]; known && Chosen(e, a.Name) == a && t.fill(at, a) {
			continue
		}
		t.other(a)
	}
	if at := Observed(e); !at.IsZero() {
		t.row[len(t.row)-2] = Cell{Set: true, Time: at}
	}
	if len(t.others) > 1 {
		t.row[len(t.row)-1] = Cell{Set: true, Text: string(append(t.others, '}'))}
	}
	return t.row
}

// exact is the greatest whole number up to which 64 bits hold each.
const exact = 1 << 53

// fill sets the cells from column at on to the value of a, if it fits.
func (t *Table) fill(at int, a *entity.Instance) bool {
	n, err := jsontree.Parse(a.Value, jsontree.Limits{})
	if err != nil {
		return false
	}
	c := &t.columns[at]
	if c.Lang != "" {
		return a.Kind == entity.LanguageProperty && t.texts(at, n)
	}
	cell := Cell{Set: true}
	switch c.Sort {
	case TextSort:
		if n.Kind() != jsontree.String {
			return false
		}
		cell.Text = n.Str()
	case NumberSort:
		f, err := strconv.ParseFloat(n.Literal(), 64)
		if n.Kind() != jsontree.Number || err != nil || math.Abs(f) > exact {
			return false
		}
		cell.Number = f
	case BooleanSort:
		if n.Kind() != jsontree.Bool {
			return false
		}
		cell.Bool = n.Bool()
	default:
		cell.Text = string(a.Value)
	}
	t.row[at] = cell
	return true
}

// texts sets the cells of the languages; it reports false if n holds more than
// they do.
func (t *Table) texts(at int, n jsontree.Node) bool {
	all := true
	for lang, v := range n.Members() {
		i := slices.Index(tableLanguages(), lang)
		if i < 0 || v.Kind() != jsontree.String {
			all = false
			continue
		}
		t.row[at+i] = Cell{Set: true, Text: v.Str()}
	}
	return all
}

func (t *Table) other(a *entity.Instance) {
	name, known := t.short[a.Name]
	if !known {
		name = string(a.Name)
	}
	if a.Dataset != "" {
		name += "@" + a.Dataset
	}
	if len(t.others) > 1 {
		t.others = append(t.others, ',')
	}
	t.others = append(append(jsontree.AppendString(t.others, name), ':'), a.Value...)
}
