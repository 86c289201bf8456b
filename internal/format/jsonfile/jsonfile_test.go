package jsonfile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/timespan"
)

type opener func(*bytes.Buffer, format.About) (*Writer, error)

func typ(entity.Name) string { return "T" }

func columns() []format.Column {
	return []format.Column{{Name: "x:n", Short: "n", Unit: "MTR"}, {Name: "x:id", Short: "id"}}
}

func write(t *testing.T, open opener, a format.About, es ...*entity.Entity) string {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func document(b *bytes.Buffer, a format.About) (*Writer, error) {
	return NewDocument(b, a, columns(), typ)
}
func lines(b *bytes.Buffer, a format.About) (*Writer, error) { return NewLines(b, a, columns(), typ) }

func TestFiles(t *testing.T) {
	at := timespan.MustInstant("2026-05-01T10:00:00Z")
	about := format.About{Title: "A \"title\"", LicenceURL: "https://l.example/", Source: "https://s.example/", At: at, Valid: at - 60e6}
	es := []*entity.Entity{
		{ID: "urn:a", Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{
			{Name: "x:n", Kind: entity.Property, Value: []byte("1.50"), ObservedAt: at},
			{Name: "x:n", Dataset: "urn:d", Kind: entity.Property, Value: []byte("2")},
			{Name: "x:id", Kind: entity.Property, Value: []byte(`"line\nbreak"`)},
			{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[3.0,50]}`)}}},
		{ID: "urn:b", Types: []entity.Name{"x:T"}},
	}
	const a, b = `{"id":"urn:a","type":"T","geometry":{"type":"Point","coordinates":[3.0,50]},"n":1.50,"n@urn:d":2,"x:id":"line\nbreak","observedAt":"2026-05-01T10:00:00Z"`, `{"id":"urn:b","type":"T","geometry":null`
	want := `{"title":"A \"title\"","licenseUrl":"https://l.example/","source":"https://s.example/","timeStamp":"2026-05-01T10:00:00Z","validAt":"2026-05-01T09:59:00Z","synthetic":false,"units":{"n":"MTR"},"records":[
` + a + "},\n" + b + `}
],"numberReturned":2}
`
	got := write(t, document, about, es...)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(got), &doc); err != nil {
		t.Error(err)
	}
	const tail = `,"license":"https://l.example/","source":"https://s.example/","synthetic":false,"exportedAt":"2026-05-01T10:00:00Z","validAt":"2026-05-01T09:59:00Z"}` + "\n"
	if got := write(t, lines, about, es...); got != a+tail+b+tail {
		t.Errorf("got\n%s\nwant\n%s", got, a+tail+b+tail)
	}
	if got := write(t, lines, format.About{}); got != "" {
		t.Errorf("lines of nothing: %q", got)
	}
	if err := json.Unmarshal([]byte(write(t, document, format.About{At: at})), &doc); err != nil {
		t.Error(err)
	}
}

// However odd an attribute's name and text are, each line is one JSON object.
func FuzzLines(f *testing.F) {
	f.Add("x:n", `"a"`, "urn:ngsi-ld:A:1")
	f.Add("id", `{"a":[1,"\u2028"]}`, "urn:\n")
	f.Add("exportedAt", `"\ud83d\ude00"`, `urn:"\`)
	f.Fuzz(func(t *testing.T, name, text, id string) {
		value, err := json.Marshal(text)
		if err != nil {
			t.Skip("the input is no text: the broker takes none such")
		}
		e := &entity.Entity{ID: entity.ID(id), Types: []entity.Name{"x:T"}, Attrs: []entity.Instance{{Name: entity.Name("x:" + name), Kind: entity.Property, Value: value}}}
		got := write(t, lines, format.About{}, e, e)
		if n := strings.Count(got, "\n"); n != 2 {
			t.Fatalf("%d line breaks in %q", n, got)
		}
		for line := range strings.Lines(got) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil && !strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("%v in %q", err, line)
			}
		}
	})
}
