package connect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// eval gives the JSON of an expression over an item.
func eval(t *testing.T, expr, item string) string {
	t.Helper()
	l, err := newLanguage(at0("2026-03-02T10:00:00Z").Location())
	if err != nil {
		t.Fatal(err)
	}
	e, err := l.compile(located{expr, 1, 1})
	if err != nil {
		return "compile: " + err.Error()
	}
	n, err := jsontree.Parse([]byte(item), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.json(&scope{item: n, doc: n, arrived: at0("2026-03-02T10:00:00Z"), observed: at0("2026-03-02T10:00:00Z"), cache: map[string]any{}})
	if err != nil {
		return "error: " + err.Error()
	}
	return v.String()
}

func TestExpressions(t *testing.T) {
	const lora = `{"d":"AWcA1wJoXgN9Aho=","x":"ff 80 00 00 40 49 0f db"}`
	for _, tc := range []struct{ expr, item, want string }{
		{"item.a", `{"a":1.50}`, "1.50"},
		{"item.a.b[1]", `{"a":{"b":[1,2e3]}}`, "2e3"},
		{`item["a b"]`, `{"a b":{"c":null}}`, `{"c":null}`},
		{"item.a", `{}`, "null"},
		{"item.a.b", `{"a":1}`, "null"},
		{"item.a[5]", `{"a":[1]}`, "null"},
		{"item.a + 1.0", `{}`, "null"},
		{"item.a * 2.0", `{"a":1.5}`, "3"},
		{"item.a + 1", `{"a":1}`, "error: line 1, column 1: no such overload: numbers of a payload are doubles, so write 2.0 for 2; a text becomes one with number()"},
		{"item.?a.orValue(7)", `{}`, "7"},
		{"item.a > 3 ? item.a : none", `{"a":2}`, "null"},
		{"has(item.a)", `{"a":0}`, "true"},
		{"item.map(x, x * 2.0)", `[1,2.5]`, "[2,5]"},
		{`{"z": item.a, "b": none, "a": 1}`, `{"a":"x"}`, `{"a":1,"z":"x"}`},
		{"number(item.a)", `{"a":"1 234,50"}`, "1234.5"},
		{"number(item.a)", `{"a":""}`, "null"},
		{"number(item.a)", `{"a":"1.234,5"}`, "1234.5"},
		{"number(item.a)", `{"a":"x"}`, "error: line 1, column 1: number: x is not a number"},
		{"text(item.a)", `{"a":1e21}`, `"1000000000000000000000"`},
		{"text(item.a)", `{"a":42}`, `"42"`},
		{"slug(item.a)", `{"a":" Rue d'Été, 12 "}`, `"Rue-d-Été-12"`},
		{"json(item.a).b", `{"a":"{\"b\":[1]}"}`, "[1]"},
		{"json(item.a).b", `{"a":{"b":2}}`, "2"},
		{"json(item.a)", `{"a":"{"}`, "error: line 1, column 1: json: line 1, column 2"},
		{"time(item.a)", `{"a":"2026-03-02T10:00:00+01:00"}`, `"2026-03-02T09:00:00Z"`},
		{"time(item.a)", `{"a":null}`, "null"},
		{"time(item.a) + minutes(15.0 * item.n)", `{"a":"2026-03-02","n":2}`, `"2026-03-02T00:30:00Z"`},
		{"lpp(base64.decode(item.d))", lora, `{"concentration_3":538,"relative_humidity_2":47,"temperature_1":21.5}`},
		{"u16(base64.decode(item.d), 2)", lora, "215"},
		{"[u8(fromHex(item.x), 0), i8(fromHex(item.x), 0), u16le(fromHex(item.x), 0), i16(fromHex(item.x), 0), i32le(fromHex(item.x), 0)]", lora, "[255,-1,33023,-128,33023]"},
		{"math.round(f32(fromHex(item.x), 4) * 1000.0)", lora, "3142"},
		{"bits(fromHex(item.x), 4, 6)", lora, "62"},
		{"u32(fromHex(item.x), 5)", lora, "error: line 1, column 1: u32: the payload has 8 bytes; there are none at 5 to 8"},
		{"bits(fromHex(item.x), 60, 5)", lora, "error: line 1, column 1: bits: the payload has 64 bits"},
		{"lpp(fromHex('01ff'))", "{}", "error: line 1, column 1: lpp: channel type 0xff at byte 1 is not known"},
		{"lpp(fromHex('016700'))", "{}", "error: line 1, column 1: lpp: the payload ends within temperature"},
		{"lpp(fromHex('0167ff9c'))", "{}", `{"temperature_1":-10}`},
		{"base64.decode(item.d)", lora, "error: line 1, column 1: bytes have no form in JSON"},
		{"1.0 / 0.0", "{}", "error: line 1, column 1: +Inf is no number"},
		{"item.nothing()", "{}", "compile: line 1, column 1: undeclared reference to 'nothing'"},
	} {
		if got := eval(t, tc.expr, tc.item); got != tc.want && !(strings.Contains(tc.want, "rror:") || strings.HasPrefix(tc.want, "compile:")) || !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s over %s is %s, want %s", tc.expr, tc.item, got, tc.want)
		}
	}
}

func TestAnExpressionMayNotWorkForEver(t *testing.T) {
	list := "[" + strings.TrimSuffix(strings.Repeat("1,", 2000), ",") + "]"
	got := eval(t, "item.map(a, item.map(b, item.map(c, a + b + c)))", list)
	if !strings.Contains(got, "cost limit") {
		t.Errorf("%.100s", got)
	}
	if got := eval(t, strings.Repeat("(", 200)+"1"+strings.Repeat(")", 200), "1"); !strings.HasPrefix(got, "compile:") {
		t.Errorf("%.100s", got)
	}
	if got := eval(t, strings.Repeat("1+", 3000)+"1", "1"); !strings.HasPrefix(got, "compile:") {
		t.Errorf("%.100s", got)
	}
}

func TestMatches(t *testing.T) {
	for _, tc := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true}, {"a/b", "a/c", false}, {"a/b", "a", false}, {"a/b", "a/b/c", false},
		{"a/+", "a/b", true}, {"a/+", "a/", true}, {"a/+", "a", false}, {"a/+", "a/b/c", false}, {"+", "a", true}, {"+/+", "/a", true}, {"+", "/a", false},
		{"#", "a/b/c", true}, {"a/#", "a/b/c", true}, {"a/#", "a", true}, {"a/#", "ab", false}, {"a/+/c/#", "a/b/c", true},
		{"#", "$SYS/x", false}, {"+/x", "$SYS/x", false}, {"$SYS/#", "$SYS/x", true},
	} {
		if err := checkFilter(tc.filter); err != nil {
			t.Errorf("%s: %v", tc.filter, err)
		}
		if got := Matches(tc.filter, tc.topic); got != tc.want {
			t.Errorf("%s takes %s: %v", tc.filter, tc.topic, got)
		}
	}
	for _, f := range []string{"", "a+", "a/#/b", "a#", "\x00", strings.Repeat("a", 2000)} {
		if checkFilter(f) == nil {
			t.Errorf("%.10q is a filter", f)
		}
	}
}

func TestCSV(t *testing.T) {
	base := `source: x
kind: push
decoder: csv
csv: %s
entities: [{id: '"urn:x:" + text(item.a)', type: WeatherObserved, attributes: {temperature: item.t, name: item.n}}]
`
	for _, tc := range []struct{ csv, data, want string }{
		{"{numbers: [t]}", "a,t,n\r\n1,2.50,\"x, \"\"y\"\"\"\r\n", `"temperature":{"type":"Property","value":2.50},"name":{"type":"Property","value":"x, \"y\""}`},
		{"{delimiter: ';', decimal: ',', numbers: [t]}", "a;t;n\n1;-1.234,5;\n", `"temperature":{"type":"Property","value":-1234.5}}`},
		{"{numbers: [t]}", "a,t,n\n1,n/a,x\n", `"value":"n/a"`},
		{"{encoding: windows-1252}", "a,t,n\n1,,caf\xe9 \x80\n", `"value":"café €"`},
		{"{encoding: utf-16}", "\xff\xfea\x00,\x00n\x00,\x00t\x00\n\x001\x00,\x00\xe9\x00,\x00\n\x00", `"value":"é"`},
		{"{columns: [a, t, n]}", "\xef\xbb\xbf007,2,x\n", `"id":"urn:x:007"`},
		{"{}", "a,t,n\n1,caf\xe9,x\n", "dead: the payload cannot be read: the table is not UTF-8"},
		{"{}", "a;t;n\n1;2;3\n", "dead: entities[0]: line 5, column 17: the id has no value"},
		{"{}", "a,t,n\n1,2\n", "dead: the payload cannot be read: row 2 has 2 fields, the table has 3 columns"},
		{"{}", "a,a,n\n1,2,3\n", "dead: the payload cannot be read: column 2 has no name of its own"},
		{"{numbers: [z]}", "a,t,n\n", `dead: the payload cannot be read: there is no column "z"`},
		{"{}", "a,t,n\n1,\"2,3\n", "dead: the payload cannot be read: the table cannot be read"},
	} {
		m := mustCompile(t, fmt.Sprintf(base, tc.csv))
		if got := show(m.DryRun(Payload{Data: []byte(tc.data)}, at0("2026-03-02T10:00:00Z"))); !strings.Contains(got, tc.want) {
			t.Errorf("%s %q gives %s, want %s", tc.csv, tc.data, got, tc.want)
		}
	}
}
