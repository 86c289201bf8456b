package csv

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

// What describes the table names its columns as the table does, in its order.
func TestDescribe(t *testing.T) {
	at := timespan.MustInstant("2026-05-01T10:00:00Z")
	a := format.About{Title: "Vélos", Language: "fr", Publisher: "City", Licence: "CC BY 4.0", LicenceURL: "https://l.example/", Source: "https://s.example/", At: at, Valid: at}
	columns := []format.Column{{Name: "x:n", Short: "n", Type: "number", Unit: "MTR"}, {Name: query.LocationName, Short: "location"}, {Name: "x:name", Short: "name", Texts: true},
		{Name: "x:{y}", Short: "_é y"}, {Name: "x:at", Short: "=at", Type: "boolean"}}
	var doc struct {
		Context     []any `json:"@context"`
		URL         string
		Title       string            `json:"dc:title"`
		Publisher   string            `json:"dc:publisher"`
		License     map[string]string `json:"dc:license"`
		Modified    map[string]string `json:"dc:modified"`
		TableSchema struct {
			Columns []struct{ Name, Titles, PropertyURL, Lang, Datatype string }
		}
	}
	raw := Describe(a, columns, "a.csv", "2026-04-01T00:00:00Z")
	if err := json.Unmarshal(raw, &doc, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if doc.URL != "a.csv" || doc.Title != "Vélos" || doc.License["@id"] != "https://l.example/" || doc.Publisher != "City" || doc.Modified["@value"] != "2026-04-01T00:00:00Z" || doc.Context[0] != "http://www.w3.org/ns/csvw" {
		t.Errorf("%+v", doc)
	}
	var b bytes.Buffer
	w, err := New(&b, a, columns, func(entity.Name) string { return "T" })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&entity.Entity{ID: "urn:a", Types: []entity.Name{"x:T"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	names := map[string]bool{}
	for _, c := range doc.TableSchema.Columns {
		titles = append(titles, c.Titles)
		if names[c.Name] || strings.HasPrefix(c.Name, "_") {
			t.Errorf("column %q", c.Name)
		}
		names[c.Name] = true
	}
	if d := cmp.Diff(rows[0], titles); d != "" {
		t.Error(d)
	}
	if last := rows[1][len(rows[1])-1]; last != at.String() {
		t.Errorf("validAt is %q", last)
	}
	if c := doc.TableSchema.Columns[5]; c.Datatype != "number" || c.PropertyURL != "x:n" {
		t.Errorf("%+v", c)
	}
	if c := doc.TableSchema.Columns[9]; c.Name != "%5F%C3%A9%20y" || c.PropertyURL != "x:%7By%7D" {
		t.Errorf("%+v", c)
	}
}

// No cell of text begins with what a spreadsheet takes for a formula, be it an
// identifier, a value, a heading or a text in some language.
func TestNothingIsExecuted(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", `=HYPERLINK("http://x.example","y")`} {
		value, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		words, err := json.Marshal(map[string]string{"fr": text})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w, err := New(&b, format.About{Licence: text}, []format.Column{{Name: "x:a", Short: text}, {Name: "x:b", Short: "b", Texts: true}}, func(entity.Name) string { return text })
		if err != nil {
			t.Fatal(err)
		}
		e := &entity.Entity{ID: entity.ID(text), Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{{Name: "x:a", Kind: entity.Property, Value: value}, {Name: "x:b", Kind: entity.LanguageProperty, Value: words}}}
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
					t.Errorf("the cell %q is executed", cell)
				}
				if strings.HasPrefix(cell, "'") {
					found++
				}
			}
		}
		if found != 6 {
			t.Errorf("%d cells of %q, want 6", found, text)
		}
	}
}
