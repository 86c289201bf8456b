package connect

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// good is a mapping that compiles; the faults below replace a part of it.
const good = `source: rooms
kind: push
zone: Europe/Brussels
items: rooms
unpack: [inner]
let:
  t: item.t
when: t > -50.0
prefixes: {ex: https://example.org/ns/}
entities:
  - id: '"urn:ngsi-ld:Room:" + item.id'
    type: [WeatherObserved, ex:Room]
    scope: '"/floor/" + item.floor'
    observedAt: time(item.at)
    attributes:
      temperature: {value: t, unit: CEL, nulls: [-999, "n/a"], onNull: delete}
      name: {languages: {fr: item.fr}, static: true}
      location: {point: [item.x, item.y], static: true}
      refRoute: {relationship: '"urn:x:" + item.id', dataset: '"urn:d:1"', attributes: {reliability: '0.5'}}
    classify:
      - {as: suspect, when: 'arrived - observedAt > duration("6h")'}
`

func TestCompileFaults(t *testing.T) {
	if _, err := Compile([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ old, new, want string }{
		{good, "", "0 documents"},
		{good, "a: b: c", "line 1"},
		{good, "- 1", "mapping"},
		{good, good + "---\n" + good, "2 documents"},
		{"zone:", "zome:", `line 3, column 1: unknown field "zome"`},
		{"kind: push\n", "kind: push\nkind: mqtt\n", "line 3"},
		{"      temperature:", "      name: x\n      temperature:", `line 18, column 7: mapping key "name" already defined`},
		{"source: rooms", "source: Rooms!", "line 1, column 9: the source's name"},
		{"source: rooms\n", "", "source is missing"},
		{"source: rooms", "source: unrouted", "line 1, column 9: the name unrouted"},
		{"kind: push\n", "", "kind is missing"},
		{"kind: push", "kind: pigeon", `line 2, column 7: the kind "pigeon"`},
		{"kind: push", "kind: http", "needs url"},
		{"kind: push", "kind: http\nurl: ftp://x/", "line 3, column 6"},
		{"kind: push", "kind: mqtt", "needs topic"},
		{"kind: push", "kind: mqtt\ntopic: a/b+", "line 3, column 8: a source of kind mqtt needs topic: + and # stand alone"},
		{"kind: push", "kind: push\ntopic: a", "line 3, column 8: topic has no meaning"},
		{"kind: push", "kind: push\npage: {size: 5}", "page and headers have no meaning"},
		{"kind: push", "kind: file", "needs path"},
		{"kind: push", "kind: http\nurl: http://x/\npage: {size: 0}", "size goes from 1"},
		{"kind: push", "kind: push\nperiod: soon", "line 3, column 9: the period"},
		{"Europe/Brussels", "Europe/Atlantis", "line 3, column 7: there is no time zone"},
		{"zone:", "crs: EPSG:9999\nzone:", "line 3, column 6: the coordinate system"},
		{"zone:", "bounds: [1, 2]\nzone:", "bounds are four numbers"},
		{"zone:", "bounds: [1, 200, 3, 300]\nzone:", "bounds:"},
		{"zone:", "decoder: xml\nzone:", "line 3, column 10: the decoder"},
		{"zone:", "decoder: csv\ncsv: {delimiter: ;;}\nzone:", "the delimiter"},
		{"zone:", "decoder: csv\ncsv: {encoding: ebcdic}\nzone:", "the encoding"},
		{"zone:", "decoder: csv\ncsv: {decimal: x}\nzone:", "decimal is"},
		{"zone:", "csv: {decimal: x}\nzone:", "csv: has no meaning"},
		{"items: rooms", "items: a[1]", "line 4, column 8: items:"},
		{"[inner]", "[a..b]", "line 5, column 10: unpack"},
		{"t: item.t", "t: item.", "line 7, column 6: the expression cannot be read"},
		{"t: item.t", "t: nothing.t", "line 7, column 6: undeclared reference to 'nothing'"},
		{"t: item.t", "t: '1 + true'", "found no matching overload"},
		{"t: item.t", "item: item.t", "line 7, column 3: the name item is taken"},
		{"t > -50.0", "'\"yes\"'", "line 8, column 7: the expression gives a value of type string, where bool is needed"},
		{"ex: https://example.org/ns/", "ex: not an IRI", "line 9, column 16: the prefix"},
		{"ex:Room", "xe:Room", "line 12, column 29: the name \"xe:Room\" uses a prefix"},
		{"WeatherObserved,", "Wether,", "the short name \"Wether\" is not known"},
		{"temperature: {", "temperatur: {", "did you mean temperature?"},
		{"zone:", "context: here\nzone:", "line 3, column 10: context is"},
		{"  - id: '\"urn:ngsi-ld:Room:\" + item.id'\n    type:", "  - type:", "needs id and type"},
		{"'\"urn:ngsi-ld:Room:\" + item.id'", "42", "type int, where string is needed"},
		{"time(item.at)", "true", "where timestamp or string or double or int is needed"},
		{"value: t, ", "", "needs one of value"},
		{"value: t, ", "value: t, geometry: t, ", "needs one of value"},
		{"value: t,", "value: t, type: Relationship,", "type is Property"},
		{"value: t,", "value: t, typ: Property,", `unknown field "typ"`},
		{"onNull: delete", "onNull: forget", "onNull is omit or delete"},
		{"nulls: [-999, \"n/a\"]", "nulls: [[1]]", "nulls lists texts"},
		{"{languages: {fr: item.fr}, static: true}", "{languages: {fr: item.fr}, unit: CEL}", "has no unit"},
		{"{languages: {fr: item.fr}, static: true}", "{languages: {fr: item.fr}, static: true, observedAt: arrived}", "no observedAt"},
		{"point: [item.x, item.y]", "point: [item.x]", "two expressions"},
		{"point: [item.x, item.y]", "value: item.x", "location is a place"},
		{"{as: suspect,", "{as: supect,", "supect"},
		{"{as: suspect, when:", "{as: suspect, whenn:", `unknown field "whenn"`},
		{"when: 'arrived - observedAt > duration(\"6h\")'", "when: 'arrived - observedAt'", "where bool is needed"},
		{"entities:", "entites:", "unknown field"},
		{"source: rooms", "source: &a rooms", "write it out"},
	} {
		text := strings.Replace(good, tc.old, tc.new, 1)
		if tc.old == good {
			text = tc.new
		}
		_, err := Compile([]byte(text))
		switch {
		case err == nil:
			t.Errorf("%q compiles", tc.new)
		case !problem.Is(err, problem.BadRequestData) || !strings.Contains(err.Error(), tc.want):
			t.Errorf("%q: %v\n\twant %s", tc.new, err, tc.want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(bikes))
	f.Add([]byte("source: x\nkind: push\nentities: [{id: 'a', type: Vehicle, attributes: {name: *x}}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Compile(data)
		if err != nil {
			if !problem.Is(err, problem.BadRequestData) {
				t.Errorf("%q: %v", data, err)
			}
			return
		}
		m.DryRun(Payload{Data: []byte(`{"a":[{"b":1}],"rooms":[{"id":"1","t":"2"}]}`)}, at0("2026-03-02T10:00:00Z"))
	})
}

func FuzzMap(f *testing.F) {
	var ms []*Mapping
	for _, text := range []string{good, bikes, strings.Replace(good, "zone:", "decoder: csv\ncsv: {numbers: [t]}\nzone:", 1), strings.Replace(good, "zone:", "decoder: ndjson\nzone:", 1)} {
		m, err := Compile([]byte(text))
		if err != nil {
			f.Fatal(err)
		}
		ms = append(ms, m)
	}
	f.Add([]byte(`{"rooms":[{"id":"1","t":20.5,"at":"2026-03-02T10:00:00","x":4.3,"y":50.8,"inner":"{}"}]}`))
	f.Add([]byte(`{"station_status":{"data":{"stations":[{"station_id":"1","is_renting":1}]}}}`))
	f.Add([]byte("id,t,at\n1,\"2,5\",2026/03/02\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range ms {
			r := m.DryRun(Payload{Data: data}, at0("2026-03-02T10:00:00Z"))
			for _, l := range r.Letters {
				if l.Reason == "" {
					t.Error("a dead letter without reason")
				}
			}
		}
	})
}

func TestWhereKeepsKeysToItself(t *testing.T) {
	for how, want := range map[string]string{
		"kind: http\nurl: https://data.example.org/feed?apikey=hunter2": "https://data.example.org/feed",
		"kind: mqtt\ntopic: a/+":       "a/+",
		"kind: file\npath: /srv/x.csv": "/srv/x.csv",
		"kind: push":                   "",
	} {
		if got := mustCompile(t, "source: x\n"+how+"\nentities: [{id: 'item.id', type: Vehicle}]\n").Where(); got != want {
			t.Errorf("%s is at %q, want %q", how, got, want)
		}
	}
}
