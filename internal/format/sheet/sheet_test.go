package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

func target() Target {
	return Target{Type: "https://t.example/LampPost", Short: "LampPost", Slug: "lamps", Scope: "/files/lamps", Expand: func(s string) entity.Name { return entity.Name("https://t.example/" + s) }}
}

// shown writes a plan as one line, for comparison.
func shown(p Plan) string {
	var out []string
	for _, c := range p.Columns {
		s := c.Term + ":" + c.Role
		if c.Role == Attribute {
			s = c.Term + ":" + c.Type
		}
		if c.Comma {
			s += ",comma"
		}
		if c.DayFirst {
			s += ",day"
		}
		if c.Unit != "" {
			s += "," + c.Unit
		}
		out = append(out, s)
	}
	if p.EPSG != 0 {
		out = append(out, fmt.Sprint(p.EPSG))
	}
	return strings.Join(out, " ")
}

func TestGuess(t *testing.T) {
	for name, tt := range map[string]struct{ in, table, plan string }{
		"French spreadsheet": {"Identifiant;Nom;Hauteur (m);Posé le;X;Y\r\nA1;\"Rue de l'Église; n° 3\";8,5;14/07/2021;3,0633;50,6372\r\nA2;Place;1 200,25;01/12/2022;3,07;50,64\r\n",
			"csv utf-8 ;", "identifiant:id nom:text hauteur:number,comma,MTR poseLe:date,day x:longitude,comma y:latitude,comma"},
		"windows-1252":     {"nom,libell\xe9\nL\xe9a,caf\xe9\nMax,th\xe9\n", "csv windows-1252 ,", "nom:text libelle:text"},
		"UTF-16 with tabs": {"\xff\xfea\x00\t\x00b\x00\n\x001\x00\t\x00t\x00r\x00u\x00e\x00\n\x00", "csv utf-16 \t", "a:integer b:boolean"},
		"a byte order mark and a line that says the delimiter": {"\xef\xbb\xbfsep=|\nid|v\n1|2.5\n", "csv utf-8 |", "id2:id v:number"},
		"Lambert 93":   {"ID,X_L93,Y_L93\n1,704000.5,7059000\n2,705000,7060000\n", "csv utf-8 ,", "id2:id xl93:x yl93:y 2154"},
		"Lambert 72":   {"code,x,y\n1,149000,170000\n", "csv utf-8 ,", "code:id x:x y:y 31370"},
		"a point":      {"Geo Point 2D;n\n\"50.63, 3.06\";1\n", "csv utf-8 ;", "geoPoint2D:latlon n:integer"},
		"post codes":   {"code_postal,n\n01000,1\n59000,2\n", "csv utf-8 ,", "codePostal:id n:integer"},
		"no place":     {"lon,lat\n500,50\n", "csv utf-8 ,", "lon:integer lat:integer"},
		"same heading": {"a,a,,id\n1,2,3,4\n", "csv utf-8 ,", "a:integer a2:integer column3:integer id2:id"},
		"moments":      {"t,d\n2026-01-02T03:04:05Z,2026-01-02\n", "csv utf-8 ,", "t:dateTime d:date"},
		"not dates":    {"d\n31/02/2026\n", "csv utf-8 ,", "d:text"},
		"GeoJSON": {`{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"geometry":{"type":"Point","coordinates":[3,50]},"properties":{"nom":"x","n":1}},{"type":"Feature","id":8,"geometry":null,"properties":{"late":true}}]}`,
			"geojson  ", "id2:id nom:text n:integer late:boolean"},
	} {
		got, err := Read([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := got.Kind + " " + got.Encoding + " " + got.Delimiter; s != tt.table {
			t.Errorf("%s: read as %q, want %q", name, s, tt.table)
		}
		if s := shown(got.Guess()); s != tt.plan {
			t.Errorf("%s:\n got %s\nwant %s", name, s, tt.plan)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	wide := strings.Repeat("a,", MaxColumns+1) + "\n1\n"
	for name, tt := range map[string]struct{ in, want string }{
		"empty":            {" \n ", "is empty"},
		"headings alone":   {"a,b\n", "no rows"},
		"an open quote":    {"a,b\n1,\"x\n", "line 2"},
		"a cell too many":  {"a,b\n1,2,3\n", "line 2 has 3 cells"},
		"too wide":         {wide, "columns; at most 300"},
		"old Excel":        {"\xd0\xcf\x11\xe0xxxx", "save it as .xlsx"},
		"a zip, no Excel":  {"PK\x03\x04rubbish", "Excel file cannot be read"},
		"no collection":    {`{"type":"Feature"}`, "FeatureCollection"},
		"broken JSON":      {`{"type":`, "cannot be read"},
		"a wrong geometry": {`{"type":"FeatureCollection","features":[{"geometry":{"type":"Point","coordinates":[999,0]}}]}`, "feature 1"},
	} {
		if _, err := Read([]byte(tt.in)); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEntities(t *testing.T) {
	tab, err := Read([]byte("id;nom;hauteur (m);x;y\nA 1;=cmd();8,5;3,06;50,63\nA2;deux;haut;3,06;50,63\nA 1;encore;1;3;50\n;rien;1;3;50\nA5;loin;1;3;\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{Columns: []Column{{Head: "id", Role: Key}, {Head: "nom", Term: "nom", Role: Attribute, Type: Text}, {Head: "hauteur (m)", Term: "hauteur", Role: Attribute, Type: Number, Comma: true, Unit: "MTR"},
		{Head: "x", Role: Longitude, Comma: true}, {Head: "y", Role: Latitude, Comma: true}}}
	if err := tab.Check(&p); err != nil {
		t.Fatal(err)
	}
	out, faults, bad := tab.Entities(&p, target())
	if len(out) != 1 || out[0].ID != "urn:ngsi-ld:LampPost:lamps:A%201" || bad != 4 {
		t.Fatalf("%d entities, %d bad: %+v %+v", len(out), bad, out, faults)
	}
	var got []string
	for _, a := range out[0].Attrs {
		got = append(got, string(a.Name)+"="+string(a.Value)+a.Unit)
	}
	want := `https://t.example/nom="=cmd()" https://t.example/hauteur=8.5MTR https://uri.etsi.org/ngsi-ld/location={"type":"Point","coordinates":[3.06,50.63]}`
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s", s)
	}
	said := []string{}
	for _, f := range faults {
		said = append(said, fmt.Sprintf("%d %s %s", f.Line, f.Column, f.Text))
	}
	for i, want := range []string{`3 hauteur (m) "haut" is no number`, `4  has the same key as line 2`, `5  the key is empty`, `6  longitude "3" and latitude "" are no place`} {
		if !strings.HasPrefix(said[i], want) {
			t.Errorf("fault %d: %s, want %s", i, said[i], want)
		}
	}
}

// Without a key the same row is the same entity, whenever the file comes.
func TestEntitiesWithoutAKey(t *testing.T) {
	tab, err := Read([]byte("nom,quand\nx,2026-02-28\ny,2026-03-01\n"))
	if err != nil {
		t.Fatal(err)
	}
	p := tab.Guess()
	a, _, _ := tab.Entities(&p, target())
	b, _, _ := tab.Entities(&p, target())
	if len(a) != 2 || a[0].ID != b[0].ID || a[0].ID == a[1].ID || string(a[0].Attrs[1].Value) != `{"@type":"Date","@value":"2026-02-28"}` {
		t.Errorf("%+v", a)
	}
}

func TestCheckRefuses(t *testing.T) {
	tab, err := Read([]byte("a,b\n1,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*Plan)
		want   string
	}{
		"a column short":    {func(p *Plan) { p.Columns = p.Columns[:1] }, "1 columns, the file 2"},
		"another file's":    {func(p *Plan) { p.Columns[0].Head = "z" }, `"z" in the plan`},
		"no role":           {func(p *Plan) { p.Columns[0].Role = "boss" }, "role"},
		"no type":           {func(p *Plan) { p.Columns[0].Type = "money" }, "type"},
		"a reserved name":   {func(p *Plan) { p.Columns[0].Term = "type" }, "meaning of its own"},
		"an impossible one": {func(p *Plan) { p.Columns[0].Term = "a<b" }, "cannot be called"},
		"twice":             {func(p *Plan) { p.Columns[0].Term = "b" }, "both called"},
		"half a place":      {func(p *Plan) { p.Columns[0].Role = Longitude }, "longitude needs latitude"},
		"metres of what":    {func(p *Plan) { p.Columns[0].Role, p.Columns[1].Role = EastingM, NorthingM }, "epsg"},
	} {
		p := tab.Guess()
		tt.change(&p)
		if err := tab.Check(&p); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := tab.Guess()
	if err := tab.Check(&p); err != nil {
		t.Errorf("its own guess: %v", err)
	}
}

func TestXLSX(t *testing.T) {
	f := excelize.NewFile()
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	rounded, err := f.NewStyle(&excelize.Style{NumFmt: 1})
	if err != nil {
		t.Fatal(err)
	}
	for at, v := range map[string]any{"A1": "Code", "B1": "Date", "C1": "Valeur", "A2": "X1", "B2": time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), "C2": 2.75, "A4": "X2", "C4": 3} {
		if err := f.SetCellValue("Sheet1", at, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []struct {
		at    string
		style int
	}{{"B2", style}, {"C2", rounded}} {
		if err := f.SetCellStyle("Sheet1", s.at, s.at, s.style); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	tab, err := Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(tab.Heads, tab.Rows, tab.Lines, " ", shown(tab.Guess())); got != "[Code Date Valeur] [[X1 2026-12-31 2.75] [X2  3]] [2 4] code:id date:date valeur:number" {
		t.Error(got)
	}
}

// Whatever comes, reading ends, and a guess fits its own table.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"a;b\n1;2,5\n", "sep=,\nx,y\n3,50\n", "id\tn\n1\t=1+1\n", `{"type":"FeatureCollection","features":[{"geometry":null,"properties":{"a":1}}]}`, "\xff\xfea\x00\n\x001\x00", "PK\x03\x04", "a,\"b\n\"\n1,2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, err := Read(data)
		if err != nil {
			return
		}
		p := tab.Guess()
		if err := tab.Check(&p); err != nil {
			t.Fatalf("%q: its own guess does not fit: %v", data, err)
		}
		out, faults, bad := tab.Entities(&p, target())
		if len(out)+bad != len(tab.Rows) || (bad > 0) != (len(faults) > 0) {
			t.Fatalf("%d entities and %d faults of %d rows", len(out), bad, len(tab.Rows))
		}
	})
}
