package ngsild_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// A values filter looks at the instances in the time that is asked for, each by
// its kind of value (CIM 009, 4.9 and 5.7.4.4).
func TestValuesFilterOfHistory(t *testing.T) {
	at := func(value, at string) string { return point(value, at) }
	worlds(t, func(w *world) {
		clauses(w, "4.9", "5.7.4.4")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","v":[`+at("1", "12:00:00")+`,`+at("5", "13:00:00")+`,`+at("99", "20:00:00")+`],"s":[`+at(`"abc"`, "12:00:00")+`],"b":[`+at("true", "12:00:00")+`],"arr":[`+at(`["red","blue"]`, "12:00:00")+`],`+
			`"r":[{"type":"Relationship","object":"urn:x:t","observedAt":"2020-08-01T12:00:00Z"}],"l":[{"type":"LanguageProperty","languageMap":{"en":"yes","fr":"oui"},"observedAt":"2020-08-01T12:00:00Z"}],`+
			`"d":[`+at(`{"@type":"DateTime","@value":"2020-05-01T10:00:00Z"}`, "12:00:00")+`],"m":[{"type":"Property","value":7,"datasetId":"urn:x:d","observedAt":"2020-08-01T12:00:00Z"}],"o":[`+at(`{"a":{"b":3}}`, "12:00:00")+`]}`).is(201)
		w.post("temporal/entities", `{"id":"urn:x:2","type":"T","v":[`+at("10", "12:00:00")+`],"s":[`+at(`"b"`, "12:00:00")+`],"b":[`+at("false", "12:00:00")+`],"arr":[`+at(`["green"]`, "12:00:00")+`],"d":[`+at(`{"@type":"DateTime","@value":"2021-05-01T10:00:00Z"}`, "12:00:00")+`]}`).is(201)
		w.post("temporal/entities", `{"id":"urn:x:3","type":"T","z":[`+at("1", "12:00:00")+`]}`).is(201)
		for q, want := range map[string]string{
			`v==99`: "", `v>50`: "", `v==5`: "1", `v==10`: "2", `v>4;s=="abc"`: "1", `v==10|v==1`: "1 2", `v==10|s~=a.*`: "1 2", `s~=a`: "", `v!=10`: "1", `v==1..3`: "1", `v==2..3`: "", `v==10,5`: "1 2", `v==2,3`: "", `v`: "1 2", `z`: "3",
			`r=="urn:x:t"`: "1", `r==urn:x:t`: "1", `arr=="red"`: "1", `m==7`: "1", `v=="5"`: "", `v!="5"`: "1 2", `v>"3"`: "", `r>"urn:a"`: "", `v~=5`: "", `s!~=a.*`: "2", `l[en]=="yes"`: "1", `l[*]=="oui"`: "1", `l[de]=="yes"`: "", `l=="oui"`: "1",
			`arr=="blue","grey"`: "1", `v!=1..20`: "", `d>2021-01-01T00:00:00Z`: "2", `d<2021-01-01T00:00:00.0Z`: "1", `b==true`: "1", `b==false`: "2", `(v==10|s=="abc");b==true`: "1", `v==10|s=="abc";b==true`: "1 2", `arr!="red"`: "2", `s>="abc"`: "1 2", `s<"b"`: "1",
			`s>"zz"`: "", `v!=10,1`: "1", `o[a.b]==3`: "1", `o[a.c]`: "", `v.observedAt>=2020-08-01T12:30:00Z`: "1",
		} {
			w.get("temporal/entities?type=T&timerel=between&timeAt=2020-08-01T11:00:00Z&endTimeAt=2020-08-01T14:00:00Z&q=" + escape(q)).finds(want)
		}
		w.get("temporal/entities?type=T&q=v>50&timerel=after&timeAt=2020-08-01T19:00:00Z&options=temporalValues").json(`[{"id":"urn:x:1","type":"T","v":{"type":"Property","values":[[99,"2020-08-01T20:00:00Z"]]}}]`)
	})
}

// escape writes a q as it stands in an address.
func escape(q string) string {
	return strings.NewReplacer("%", "%25", `"`, "%22", ";", "%3B", "|", "%7C", "<", "%3C", ">", "%3E", "^", "%5E", "[", "%5B", "]", "%5D", " ", "%20").Replace(q)
}

// A geo-query looks at the geometries in the time that is asked for (CIM 009,
// 4.10 and 5.7.4.4).
func TestGeoQueryOfHistory(t *testing.T) {
	geo := func(lon, lat, at string) string {
		return `{"type":"GeoProperty","value":{"type":"Point","coordinates":[` + lon + `,` + lat + `]},"observedAt":"2020-08-01T` + at + `Z"}`
	}
	worlds(t, func(w *world) {
		clauses(w, "4.10", "5.7.4.4")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","location":[`+geo("2.35", "48.85", "12:00:00")+`]}`).is(201)
		w.post("temporal/entities", `{"id":"urn:x:2","type":"T","location":[`+geo("13.4", "52.5", "12:00:00")+`,`+geo("2.35", "48.85", "20:00:00")+`],"place":[`+geo("2.35", "48.85", "12:00:00")+`]}`).is(201)
		w.post("temporal/entities", `{"id":"urn:x:3","type":"T","v":[`+point(1, "12:00:00")+`]}`).is(201)
		const paris = "[[[2,48],[3,48],[3,49],[2,49],[2,48]]]"
		for q, want := range map[string]string{
			"georel=near;maxDistance==1000&geometry=Point&coordinates=[2.35,48.85]": "1", "georel=near;minDistance==1000&geometry=Point&coordinates=[2.35,48.85]": "2", "georel=within&geometry=Polygon&coordinates=" + paris: "1",
			"georel=intersects&geometry=Polygon&coordinates=" + paris: "1", "georel=disjoint&geometry=Polygon&coordinates=" + paris: "2", "georel=equals&geometry=Point&coordinates=[2.35,48.85]": "1", "georel=equals&geometry=Point&coordinates=[2.35,48.86]": "",
			"georel=within&geometry=Polygon&geoproperty=place&coordinates=" + paris: "2",
		} {
			w.get("temporal/entities?timerel=between&timeAt=2020-08-01T11:00:00Z&endTimeAt=2020-08-01T14:00:00Z&" + escape(q)).finds(want)
		}
	})
}

// Bounds in time, however an instant is written (CIM 009, 4.11, 4.6.3).
func TestBoundsInTime(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.11", "4.6.3", "5.2.21")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","v":[`+point(1, "12:00:00")+`,`+point(2, "13:00:00")+`,`+point(3, "14:00:00")+`]}`).is(201)
		all := map[string]string{"1": `[1,"2020-08-01T12:00:00Z"]`, "2": `[2,"2020-08-01T13:00:00Z"]`, "3": `[3,"2020-08-01T14:00:00Z"]`}
		for q, want := range map[string]string{"timerel=after&timeAt=2020-08-01T13:00:00": "2 3", "timerel=before&timeAt=2020-08-01T13:00:00": "1", "timerel=between&endTimeAt=2020-08-01T14:00:00Z&timeAt=2020-08-01T12:00:00": "1 2", "timerel=between&timeAt=2020-08-01T12:00:00.000Z&endTimeAt=2020-08-01T13:00:00": "1"} {
			var values []string
			for _, v := range strings.Fields(want) {
				values = append(values, all[v])
			}
			for _, zone := range []string{"Z", ".0Z", ".000000Z"} {
				w.get("temporal/entities?type=T&options=temporalValues&" + q + zone).json(`[{"id":"urn:x:1","type":"T","v":{"type":"Property","values":[` + strings.Join(values, ",") + `]}}]`)
				w.get("temporal/entities/urn:x:1?options=temporalValues&" + q + zone).is(200)
			}
		}
		for _, bad := range []string{"timerel=during&timeAt=2020-08-01T12:00:00Z", "timerel=between&timeAt=2020-08-01T12:00:00Z", "timerel=after&timeAt=2020-08-01", "timerel=after&timeAt=2020-08-01T12:00:00%2B02:00", "timerel=after&timeAt=2020-08-01T12:00:00", "timerel=after&timeAt=12:00:00Z", "timerel=between&timeAt=2020-08-01T12:00:00Z&endTimeAt=2020-08-02"} {
			w.get("temporal/entities?type=T&" + bad).fails(problem.BadRequestData)
			w.get("temporal/entities/urn:x:1?" + bad).fails(problem.BadRequestData)
		}
		for _, at := range []string{"2020-08-01T12:00:00+02:00", "2020-08-01", "2020-08-01T12:00:00", "2020-13-01T12:00:00Z"} {
			w.post("temporal/entities", `{"id":"urn:x:9","type":"T","v":[{"type":"Property","value":1,"observedAt":"`+at+`"}]}`).fails(problem.BadRequestData)
		}
	})
}

// Counting and paging of what matches alone (CIM 009, 5.5.9, 6.3.10, 6.3.13).
func TestPagesOfHistories(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.9", "6.3.10", "6.3.13", "5.7.4.4")
		for i, v := range []string{"1", "9", "2", "8", "3"} {
			w.post("temporal/entities", `{"id":"urn:x:`+string(rune('1'+i))+`","type":"T","v":[`+point(v, "12:00:00")+`]}`).is(201)
		}
		here := func(link string) string { return strings.TrimPrefix(link, "http://localhost:9000/ngsi-ld/v1/") }
		const q = "temporal/entities?type=T&q=v<5&timerel=after&timeAt=2020-08-01T12:00:00Z&count=true&"
		a := w.get(q+"limit=1").finds("1").header("NGSILD-Results-Count", "3")
		a = w.get(here(linkTo(a, "next"))).finds("3").header("NGSILD-Results-Count", "3")
		a = w.get(here(linkTo(a, "next"))).finds("5")
		if linkTo(a, "next") != "" || !strings.Contains(linkTo(a, "prev"), "offset=1") {
			w.Errorf("the last page links to %q", a.Header["Link"])
		}
		w.get(q+"limit=2&offset=1").finds("3 5").header("NGSILD-Results-Count", "3")
		w.get(q+"limit=0").json(`[]`).header("NGSILD-Results-Count", "3")
		w.get("temporal/entities?type=T&q=v>50&timerel=after&timeAt=2020-08-01T12:00:00Z&count=true&offset=9").json(`[]`).header("NGSILD-Results-Count", "0")
		w.get(q + "limit=x").fails(problem.BadRequestData)
		w.get(q + "offset=-1").fails(problem.BadRequestData)
		w.get(strings.Replace(q, "count=true", "unknown=true", 1)).fails(problem.InvalidRequest)
		w.post("temporal/entities?unknown=1", `{"id":"urn:x:9","type":"T"}`).fails(problem.InvalidRequest)
		w.get("temporal/entities?type=T&limit=-1&timerel=after&timeAt=2020-08-01T12:00:00Z").fails(problem.BadRequestData)
	})
}

// Times of the system show when they are asked for (CIM 009, 4.8, 6.3.11), and
// of an instance that is put in the place of another createdAt and id stay
// (5.6.14.4).
func TestTimesOfInstances(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.8", "6.3.11", "5.6.14.4", "5.6.12")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","v":[{"type":"Property","value":1,"unitCode":"CEL","observedAt":"2020-08-01T12:00:00Z","sub":{"type":"Property","value":2}},`+point(2, "13:00:00")+`]}`).is(201)
		if a := w.get("temporal/entities/urn:x:1"); strings.Contains(a.Body, "createdAt") || strings.Contains(a.Body, "modifiedAt") {
			w.Errorf("times that nobody asked for: %s", a.Body)
		}
		w.get("temporal/entities/urn:x:1?options=sysAttrs").says(`"createdAt":"2026-03-29T12:00:00Z"`).says(`"modifiedAt":"2026-03-29T12:00:00Z"`)
		id := w.instances("urn:x:1", "v")[0]
		w.later(time.Hour)
		w.patch("temporal/entities/urn:x:1/attrs/v/"+id, `{"type":"Property","value":7,"observedAt":"2020-08-01T12:00:00Z"}`).is(204)
		a := w.get("temporal/entities/urn:x:1?pick=v&options=sysAttrs&timerel=before&timeAt=2020-08-01T12:30:00Z")
		a.json(`{"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z","v":[{"type":"Property","value":7,"observedAt":"2020-08-01T12:00:00Z","instanceId":"` + id + `","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T13:00:00Z"}]}`)
	})
}

// Names among values are expanded where that is asked for, and what belongs to
// history alone is taken nowhere else (CIM 009, 4.9, 5.7.4.3, 5.2.23).
func TestWordsOfTemporalQueries(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.4.3", "5.2.23", "5.5.7", "5.7.3.4")
		w.post("temporal/entities", `{"id":"urn:x:1","type":"T","g":[{"type":"VocabProperty","vocab":"Male","observedAt":"2020-08-01T12:00:00Z"}],"p":[`+point(`"Male"`, "12:00:00")+`],"u":[`+point(`"https://uri.etsi.org/ngsi-ld/default-context/Male"`, "12:00:00")+`]}`).is(201)
		const q = "temporal/entities?type=T&timerel=after&timeAt=2020-08-01T12:00:00Z&"
		for query, want := range map[string]string{`q=g=="Male"&expandValues=g`: "1", `q=g=="Male"`: "", `q=g==https://uri.etsi.org/ngsi-ld/default-context/Male`: "1", `q=u=="Male"&expandValues=u`: "1", `q=u=="Male"`: "", `q=p=="Male"`: "1"} {
			w.get(q + strings.ReplaceAll(query, `"`, "%22")).finds(want)
		}
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"temporalQ":{"timerel":"after","timeAt":"2020-08-01T12:00:00Z"}}`).fails(problem.BadRequestData)
		w.get("entities?type=T&timerel=after&timeAt=2020-08-01T12:00:00Z").fails(problem.InvalidRequest)
		for _, bad := range []string{"join=flat", "orderBy=id", "q=p", "type=T", "limit=1"} {
			w.get("temporal/entities/urn:x:1?" + bad).fails(problem.InvalidRequest)
		}
	})
}

// What is observed at a time for which history has an instance of that dataset
// corrects it: case 008_01_01 of the suite (CIM 009, 5.6.11, 5.6.12, 4.8).
func TestTheSameTimeAgain(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.6.11.4", "5.6.12", "4.5.7", "4.8")
		const at = "temporal/entities/urn:x:1"
		w.post("temporal/entities", vehicle("urn:x:1")).is(201)
		ids := w.instances("urn:x:1", "speed")
		before, err := w.store.Head(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		w.later(time.Hour)
		w.post("temporal/entities", vehicle("urn:x:1")).is(204)
		w.post(at+"/attrs", `{"speed":[`+point(80, "12:05:00")+`,`+point(120, "12:03:00.000")+`]}`).is(204)
		if after, err := w.store.Head(w.Context()); err != nil || after.String() != before.String() {
			w.Errorf("what is there already was taken in again: %s, %s, %v", before, after, err)
		}
		w.post(at+"/attrs", `{"speed":[`+point(81, "12:05:00")+`,`+point(90, "12:06:00")+`,{"type":"Property","value":1,"datasetId":"urn:d:1","observedAt":"2020-08-01T12:03:00Z"}]}`).is(204)
		w.get(at + "?attrs=speed&options=temporalValues&datasetId=@none").json(`{"id":"urn:x:1","type":"Vehicle","speed":{"type":"Property","values":[[120,"2020-08-01T12:03:00Z"],[81,"2020-08-01T12:05:00Z"],[90,"2020-08-01T12:06:00Z"],[100,"2020-08-01T12:07:00Z"]]}}`)
		w.get(at + "?pick=speed&options=sysAttrs&datasetId=@none&timerel=between&timeAt=2020-08-01T12:05:00Z&endTimeAt=2020-08-01T12:06:00Z").
			says(`"value":81,"observedAt":"2020-08-01T12:05:00Z","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T13:00:00Z","instanceId":"` + ids[1] + `"`)
		w.get("entities/urn:x:1?options=keyValues&pick=speed&datasetId=@none").json(`{"speed":100}`)
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Bus","speed":[`+point(101, "12:07:00")+`]}`).is(204) // the current one
		w.get("entities/urn:x:1?options=keyValues&pick=type,speed&datasetId=@none").json(`{"type":["Vehicle","Bus"],"speed":101}`)
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Bus","speed":[`+point(102, "12:07:00")+`,`+point(103, "12:08:00")+`]}`).is(204) // and one after it
		w.get("entities/urn:x:1?options=keyValues&pick=speed&datasetId=@none").json(`{"speed":103}`)
		w.get(at + "?attrs=speed&options=temporalValues&datasetId=@none&lastN=2").says(`[[102,"2020-08-01T12:07:00Z"],[103,"2020-08-01T12:08:00Z"]]`)
		if again := w.instances("urn:x:1", "speed"); again[0] != ids[0] {
			w.Errorf("instances %q became %q", ids, again)
		}
		w.post(at+"/attrs", `{"m":[`+point(1, "12:00:00")+`,`+point(2, "12:00:00")+`]}`).is(204) // within a body, too
		w.get(at + "?pick=m&options=temporalValues").json(`{"m":{"type":"Property","values":[[2,"2020-08-01T12:00:00Z"]]}}`)
		// without a time nothing is the same, and a new life begins anew
		w.post(at+"/attrs", `{"n":{"type":"Property","value":1}}`).is(204)
		w.post(at+"/attrs", `{"n":{"type":"Property","value":1}}`).is(204)
		w.del("entities/urn:x:1").is(204)
		w.post("temporal/entities", `{"id":"urn:x:1","type":"Bus","speed":[`+point(103, "12:08:00")+`]}`).is(201)
		w.get("entities/urn:x:1?options=keyValues&pick=speed").json(`{"speed":103}`)
	})
}
