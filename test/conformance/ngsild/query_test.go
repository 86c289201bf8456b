package ngsild_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

// CIM 009, 5.7.1.
func TestRetrieve(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.1", "4.5.4", "4.5.5", "4.15", "4.21", "6.3.11")
		w.all(`{"id":"urn:x:1","type":["T","U"],"scope":"A/B","expiresAt":"2030-01-01T00:00:00Z","a":[{"value":1},{"value":2,"datasetId":"urn:x:d"}],"b":"x","street":{"languageMap":{"fr":"Grand Place","nl":"Grote Markt"}},"location":{"type":"Point","coordinates":[4,50]}}`)
		w.get("entities/urn:x:9").fails(problem.ResourceNotFound)
		w.get("entities/urn:x:1?attrs=b&options=keyValues").json(`{"id":"urn:x:1","type":["T","U"],"scope":"/A/B","b":"x"}`)
		w.get("entities/urn:x:1?attrs=z").fails(problem.ResourceNotFound)
		w.get("entities/urn:x:1?attrs=z,b").is(200)
		// pick and omit only shape
		w.get("entities/urn:x:1?pick=z").json(`{}`)
		w.get("entities/urn:x:1?pick=id,b&options=concise").json(`{"id":"urn:x:1","b":"x"}`)
		w.get("entities/urn:x:1?pick=id|b&options=concise").json(`{"id":"urn:x:1","b":"x"}`)
		w.get("entities/urn:x:1?omit=id,type,scope,a,street,location&options=concise").json(`{"b":"x"}`)
		for _, both := range []string{"pick=b&omit=b", "pick=id,b&omit=id", "pick=b,type&omit=a,type", "pick=scope&omit=scope"} {
			w.get("entities/urn:x:1?" + both).fails(problem.BadRequestData)
		}
		w.get("entities/urn:x:1?attrs=scope").fails(problem.BadRequestData)
		w.get("entities/urn:x:1?pick=b{c}").fails(problem.BadRequestData)
		w.get("entities/urn:x:1?pick=b,").fails(problem.BadRequestData)
		w.get("entities/urn:x:1?attrs=b&pick=b").fails(problem.BadRequestData)
		w.get("entities/urn:x:1?type=V").fails(problem.ResourceNotFound)
		w.get("entities/urn:x:1?type=(T;U)").is(200)
		// instances (CIM 009, 4.5.4, 4.5.5)
		w.get("entities/urn:x:1?pick=a&options=keyValues").json(`{"a":{"dataset":{"@none":1,"urn:x:d":2}}}`)
		w.get("entities/urn:x:1?pick=a&datasetId=urn:x:d&options=concise").json(`{"a":{"value":2,"datasetId":"urn:x:d"}}`)
		w.get("entities/urn:x:1?pick=a,b&datasetId=@none&options=concise").json(`{"a":1,"b":"x"}`)
		w.get("entities/urn:x:1?pick=a&datasetId=urn:x:none").json(`{}`)
		// languages (CIM 009, 4.15)
		w.get("entities/urn:x:1?pick=street&lang=fr").json(`{"street":{"type":"Property","value":"Grand Place","lang":"fr"}}`)
		w.get("entities/urn:x:1?pick=street&lang=en,nl;q=0.5&options=keyValues").json(`{"street":"Grote Markt"}`)
		w.get("entities/urn:x:1?lang=not a tag").fails(problem.BadRequestData)
		// system attributes (CIM 009, 6.3.11)
		w.get("entities/urn:x:1?pick=id&options=sysAttrs").json(`{"id":"urn:x:1","createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z","expiresAt":"2030-01-01T00:00:00Z"}`)
		w.get("entities/urn:x:1?pick=b&geometryProperty=location&options=keyValues", "Accept: application/geo+json", "Prefer: body=json").
			json(`{"id":"urn:x:1","type":"Feature","geometry":{"type":"Point","coordinates":[4,50]},"properties":{"b":"x"}}`)
	})
}

func cars(w *world) {
	w.all(`{"id":"urn:x:1","type":"Car","scope":"/M/A","speed":10,"brand":"Opel","location":{"type":"Point","coordinates":[4,50]}}`,
		`{"id":"urn:x:2","type":["Car","Taxi"],"scope":["/M/B","/C"],"speed":[{"value":20},{"value":90,"datasetId":"urn:x:gps"}],"location":{"type":"Point","coordinates":[5,50]}}`,
		`{"id":"urn:x:3","type":"Bus","speed":30,"brand":"MAN","owner":{"object":"urn:x:p"},"gone":{"value":1,"expiresAt":"2026-03-29T12:00:05Z"}}`,
		`{"id":"urn:x:4","type":"Car","brand":"Opel"}`)
}

// CIM 009, 5.7.2.
func TestQuery(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.2", "4.9", "4.10", "4.17", "4.19")
		cars(w)
		for path, ids := range map[string]string{
			"entities?type=Car": "1 2 4", "entities?type=Car,Bus": "1 2 3 4", "entities?type=Car|Bus": "1 2 3 4", "entities?type=(Car;Taxi)": "2", "entities?type=*": "1 2 3 4",
			"entities?type=https://uri.etsi.org/ngsi-ld/default-context/Taxi": "2",
			"entities?attrs=speed":                   "1 2 3",
			"entities?attrs=brand,speed":             "1 2 3 4",
			"entities?q=speed>15":                    "2 3",
			"entities?q=speed==90":                   "2",
			"entities?q=brand==\"Opel\";speed":       "1",
			"entities?q=brand==\"Opel\"|speed==30":   "1 3 4",
			"entities?q=owner==urn:x:p":              "3",
			"entities?q=gone":                        "3",
			"entities?type=Car&q=speed!=10":          "2",
			"entities?type=Car&id=urn:x:1,urn:x:3":   "1",
			"entities?id=urn:x:1,urn:x:3&local=true": "1 3",
			"entities?type=*&idPattern=.*:[34]$":     "3 4",
			"entities?type=*&idPattern=x:1":          "1",
			"entities?type=*&idPattern=^urn:x:[12]":  "1 2",
			"entities?type=Bus&idPattern=^urn:x:":    "3",
			"entities?type=*&idPattern=^urn:x:3*$":   "3",
			"entities?type=*&idPattern=^urn:y:":      "",
			"entities?type=*&scopeQ=/M/%2B":          "1 2",
			"entities?type=*&scopeQ=/M/A,/C":         "1 2",
			"entities?type=*&scopeQ=(/M/B;/C)":       "2",
			"entities?type=*&scopeQ=/#":              "1 2",
			"entities?georel=near;maxDistance==2000&geometry=Point&coordinates=[4,50.01]":                    "1",
			"entities?georel=within&geometry=Polygon&coordinates=[[[3,49],[4.5,49],[4.5,51],[3,51],[3,49]]]": "1",
			"entities?georel=disjoint&geometry=Point&coordinates=[1,1]&geoproperty=location":                 "1 2",
			"entities?georel=disjoint&geometry=Point&coordinates=[1,1]&geoproperty=elsewhere":                "",
			"entities?type=Car&datasetId=urn:x:gps":                                                          "1 2 4",
			"entities?type=Nothing":                                                                          "",
		} {
			w.get(path).finds(ids)
		}
		w.get("entities?type=Nothing").text("[]")
		w.get("entities?attrs=speed&type=Car&options=keyValues").json(`[{"id":"urn:x:1","type":"Car","scope":"/M/A","speed":10},{"id":"urn:x:2","type":["Car","Taxi"],"scope":["/M/B","/C"],"speed":{"dataset":{"@none":20,"urn:x:gps":90}}}]`)
		w.get("entities?type=Car&pick=id,speed&datasetId=urn:x:gps&options=keyValues").json(`[{"id":"urn:x:1"},{"id":"urn:x:2","speed":90},{"id":"urn:x:4"}]`)
		w.later(6 * time.Second)
		w.get("entities?q=gone").finds("")
		// too wide (CIM 009, 5.7.2.4)
		for _, path := range []string{"entities", "entities?id=urn:x:1", "entities?idPattern=x", "entities?scopeQ=/M", "entities?datasetId=urn:x:d", "entities?attrs=createdAt", "entities?q=createdAt>2020-01-01T00:00:00Z", "entities?pick=speed", "entities?local=false"} {
			w.get(path).fails(problem.BadRequestData).says("too wide")
		}
		for _, path := range []string{"entities?type=*&local=false", "entities?type=a-b", "entities?q=speed==", "entities?q=owner{speed}==1&type=Car", "entities?type=Car&idPattern=(", "entities?georel=near&geometry=Point&coordinates=[1,1]",
			"entities?type=Car&georel=within", "entities?type=Car&geometry=Point", "entities?type=Car&scopeQ=M", "entities?type=Car&expandValues=a-b"} {
			w.get(path).fails(problem.BadRequestData)
		}
		w.get("entities?q=" + strings.Repeat("(", 60) + "a" + strings.Repeat(")", 60)).fails(problem.TooComplexQuery)
	})
}

// CIM 009, 5.7.2 by POST: 5.2.23 and 6.23.
func TestQueryByPost(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.2", "5.2.23", "6.23")
		cars(w)
		for body, ids := range map[string]string{
			`{"type":"Query","entities":[{"type":"Car"}]}`: "1 2 4", `{"type":"Query","entities":[{"type":"Car","id":"urn:x:1"},{"type":"Bus"}]}`: "1 3",
			`{"type":"Query","entities":[{"type":"Car","id":["urn:x:1","urn:x:2"]}]}`: "1 2", `{"type":"Query","entities":[{"type":"*","idPattern":".*[34]$"},{"type":"Taxi"}]}`: "2 3 4",
			`{"type":"Query","entities":[{"type":"Car","id":"urn:x:1","idPattern":"nope"}]}`: "1",
			`{"type":"Query","q":"speed>15"}`:                                                "2 3", `{"type":"Query","attrs":["brand"]}`: "1 3 4", `{"type":"Query","entities":[{"type":"*"}],"scopeQ":"/M/#"}`: "1 2",
			`{"type":"Query","geoQ":{"georel":"near;maxDistance==2000","geometry":"Point","coordinates":[4,50.01]}}`: "1", `{"type":"Query","geoQ":{"georel":"near;maxDistance==2000","geometry":"Point","coordinates":"[4,50.01]"}}`: "1",
			`{"type":"Query","entities":[{"type":"Car"},{"type":"Bus"}],"q":"brand==\"Opel\""}`: "1 4",
		} {
			w.post("entityOperations/query", body).finds(ids)
		}
		w.post("entityOperations/query?options=keyValues&limit=1&count=true", `{"type":"Query","entities":[{"type":"Car"}],"pick":["id","speed"]}`).json(`[{"id":"urn:x:1","speed":10}]`).header("NGSILD-Results-Count", "3")
		w.post("entityOperations/query?local=true", `{"type":"Query"}`).finds("1 2 3 4")
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"Car"}],"@context":"`+core+`"}`, "Accept: application/geo+json").finds("1 2 4")
		for _, body := range []string{`{}`, `[]`, `{"type":"Other"}`, `{"type":"Query"}`, `{"type":"Query","entities":[]}`, `{"type":"Query","entities":[{"id":"urn:x:1"}]}`, `{"type":"Query","q":5}`, `{"type":"Query","attrs":[]}`, `{"type":"Query","pick":[],"q":"a"}`,
			`{"type":"Query","q":"a","foo":1}`, `{"type":"Query","q":"a","temporalQ":{}}`, `{"type":"Query","geoQ":{"georel":"within"}}`, `{"type":"Query","entities":[{"type":"T","foo":1}]}`, `{"type":"Query","entities":[{"type":"T","id":"nope"}]}`} {
			w.post("entityOperations/query", body).fails(problem.BadRequestData)
		}
		w.post("entityOperations/query?q=a", `{"type":"Query","q":"a"}`).fails(problem.InvalidRequest)
		w.post("entityOperations/query", `{"type":"Query","q":"a"}`, "Content-Type: text/plain").is(415)
		w.post("entityOperations/query", `{"type":"Query","q":"a"}`, "Accept: text/html").is(406)
	})
}

// CIM 009, 5.5.9, 6.3.10 and 6.3.13.
func TestPaging(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.9", "6.3.10", "6.3.13")
		for i := range 7 {
			w.all(fmt.Sprintf(`{"id":"urn:x:%d","type":"T","a":%d}`, i, i))
		}
		// following next finds everything once, with prev but for the first page
		path, seen := "/ngsi-ld/v1/entities?type=T&limit=3", []string{}
		for page := 0; path != ""; page++ {
			a := w.get(path).is(200)
			seen = append(seen, a.ids())
			next, prev := linkTo(a, "next"), linkTo(a, "prev")
			if (page == 0) != (prev == "") || (page == 2) != (next == "") {
				w.Errorf("page %d: next %q, prev %q", page, next, prev)
			}
			if !strings.Contains(strings.Join(a.Header.Values("Link"), " "), `rel="next"; type="application/json"`) && page < 2 {
				w.Errorf("page %d: Link: %v", page, a.Header.Values("Link"))
			}
			path = strings.TrimPrefix(next, "http://localhost:9000")
		}
		if got := strings.Join(seen, ", "); got != "0 1 2, 3 4 5, 6" {
			w.Errorf("pages %s", got)
		}
		a := w.get("entities?type=T&limit=3&offset=3").finds("3 4 5")
		w.get(strings.TrimPrefix(linkTo(a, "prev"), "http://localhost:9000")).finds("0 1 2")
		w.get("entities?type=T&limit=2&offset=1", "Accept: application/ld+json").finds("1 2")
		// an offset beyond the end gives the last element
		a = w.get("entities?type=T&limit=3&offset=100").finds("6")
		if linkTo(a, "next") != "" || linkTo(a, "prev") == "" {
			w.Errorf("beyond the end: %v", a.Header.Values("Link"))
		}
		w.get("entities?type=None&offset=5").finds("")
		w.get("entities?type=T").header("NGSILD-Results-Count", "").finds("0 1 2 3 4 5 6")
		w.get("entities?type=T&count=true&limit=2&offset=2").header("NGSILD-Results-Count", "7").finds("2 3")
		a = w.get("entities?type=T&count=true&limit=0").header("NGSILD-Results-Count", "7").text("[]")
		if linkTo(a, "next") != "" {
			w.Error("a next page of nothing")
		}
		w.get("entities?type=T&limit=0").fails(problem.BadRequestData)
		w.get("entities?type=T&limit=1000000").fails(problem.TooManyResults)
		// a cursor only helps: the wrong one is passed over
		a = w.get("entities?type=T&limit=2").finds("0 1")
		next := strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")
		w.del("entities/urn:x:0").is(204)
		w.get(next).finds("2 3")
		w.get(strings.Replace(next, "type=T", "type=T|U", 1)).finds("3 4")
		w.get("entities?type=T&limit=2&offset=2&cursor=abc").finds("3 4")
		w.get(next+"&count=true").finds("2 3").header("NGSILD-Results-Count", "6")
		w.get(strings.Replace(next, "limit=2", "limit=0", 1)+"&count=true").finds("").header("NGSILD-Results-Count", "6")
		// one @context for all pages (5.5.9.1)
		w.get(next, suite()).fails(problem.BadRequestData)
		w.get("entities?type=T&limit=2&offset=2", suite()).finds("3 4")
	})
}

// CIM 009, 4.12 and 5.5.9: pages of a posted query, and of an order.
func TestPagesOfAnOrder(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.12", "5.5.9", "4.23", "6.23")
		for i := range 9 {
			w.all(fmt.Sprintf(`{"id":"urn:x:%d","type":"T","a":%d,"s":"%c"}`, i, i%3, "éaz"[0]+byte(i)))
		}
		follow := func(ask func(path string) *answer, path string) string {
			var seen []string
			for path != "" {
				a := ask(path).is(200)
				seen = append(seen, a.ids())
				path = strings.TrimPrefix(linkTo(a, "next"), "http://localhost:9000")
				w.post("entities", fmt.Sprintf(`{"id":"urn:x:new%d","type":"T","a":-1}`, len(seen))).is(201) // before all pages: it moves none
			}
			for i := range seen {
				w.del(fmt.Sprintf("entities/urn:x:new%d", i+1)).is(204)
			}
			return strings.Join(seen, ", ")
		}
		get := func(path string) *answer { return w.get(path) }
		if got := follow(get, "/ngsi-ld/v1/entities?type=T&local=true&orderBy=a&limit=2"); got != "0 3, 6 1, 4 7, 2 5, 8" {
			w.Errorf("pages of an order: %s", got)
		}
		if got := follow(get, "/ngsi-ld/v1/entities?type=T&local=true&q=a>=0&orderBy=a;desc,id;desc&limit=4&count=true"); got != "8 5 2 7, 4 1 6 3, 0" {
			w.Errorf("pages of a descending order: %s", got)
		}
		a := w.get("entities?type=T&local=true&orderBy=a&limit=2&offset=4").finds("4 7")
		w.get(strings.TrimPrefix(linkTo(a, "prev"), "http://localhost:9000")).finds("6 1")
		query := func(body string) func(path string) *answer {
			return func(path string) *answer { return w.post(path, body) }
		}
		big, small := query(`{"type":"Query","entities":[{"type":"T"}],"q":"a>=1"}`), query(`{"type":"Query","entities":[{"type":"T"}],"q":"a==2"}`)
		if got := follow(big, "/ngsi-ld/v1/entityOperations/query?limit=4"); got != "1 2 4 5, 7 8" {
			w.Errorf("pages of a posted query: %s", got)
		}
		next := strings.TrimPrefix(linkTo(big("entityOperations/query?limit=2").finds("1 2"), "next"), "http://localhost:9000")
		big(next).finds("4 5")
		small(next).finds("8") // its cursor is of another query: the offset counts
	})
}

// CIM 009, 4.13: counts of what has expired, of one type and of all.
func TestCounts(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.13", "6.3.13", "4.22")
		w.all(`{"id":"urn:x:1","type":"T"}`, `{"id":"urn:x:2","type":["T","U"],"expiresAt":"2026-03-29T12:00:05Z"}`, `{"id":"urn:x:3","type":"U"}`)
		counts := func(query, want string) {
			w.Helper()
			w.get("entities?limit=0&count=true&"+query).header("NGSILD-Results-Count", want)
			w.get("entities?limit=1&count=true&"+query).header("NGSILD-Results-Count", want)
		}
		for query, want := range map[string]string{"type=T": "2", "type=U": "2", "type=T,U": "3", "type=(T;U)": "1", "type=*": "3", "local=true": "3", "type=None": "0", "type=T&q=a": "0", "type=T&id=urn:x:1": "1"} {
			counts(query, want)
		}
		w.later(6 * time.Second)
		for query, want := range map[string]string{"type=T": "1", "type=U": "1", "type=T,U": "2", "type=(T;U)": "0", "type=*": "2"} {
			counts(query, want)
		}
		w.get("entities?type=T&limit=0&count=true", "NGSILD-Tenant: nobody").fails(problem.NonexistentTenant)
	})
}

// linkTo finds the target of the link with the relation rel.
func linkTo(a *answer, rel string) string {
	for _, l := range a.Header.Values("Link") {
		if strings.Contains(l, `rel="`+rel+`"`) {
			url, _, _ := strings.Cut(strings.TrimPrefix(l, "<"), ">")
			return url
		}
	}
	return ""
}

// CIM 009, 4.4 and 5.5.7: the reading request's context shortens names; what
// it does not know comes back whole; the core's terms are never lent out.
func TestReadingContext(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.4", "5.5.7")
		w.post("entities", `{"id":"urn:x:1","type":"Foo","bar":1,"location":{"type":"Point","coordinates":[1,2]},"@context":{"Foo":"https://a.org/Foo","bar":"https://a.org/bar","location":"https://a.org/location"}}`).is(201)
		w.get("entities/urn:x:1?options=keyValues").json(`{"id":"urn:x:1","type":"https://a.org/Foo","https://a.org/bar":1,"location":{"type":"Point","coordinates":[1,2]}}`)
		w.get("entities?type=https://a.org/Foo&attrs=https://a.org/bar").finds("1")
		w.get("entities?type=Foo").finds("")
		w.post("entityOperations/query?options=keyValues", `{"type":"Query","entities":[{"type":"F"}],"@context":{"F":"https://a.org/Foo","a":"https://a.org/"}}`).says(`"type":"F"`)
	})
}

// CIM 009, 5.7.5 to 5.7.10.
func TestDiscovery(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.5", "5.7.6", "5.7.7", "5.7.8", "5.7.9", "5.7.10")
		cars(w)
		w.get("types").says(`"type":"EntityTypeList","typeList":["Bus","Car","Taxi"]`)
		w.get("types?details=true").json(`[{"id":"https://uri.etsi.org/ngsi-ld/default-context/Bus","type":"EntityType","typeName":"Bus","attributeNames":["brand","gone","owner","speed"]},
			{"id":"https://uri.etsi.org/ngsi-ld/default-context/Car","type":"EntityType","typeName":"Car","attributeNames":["brand","speed","location"]},
			{"id":"https://uri.etsi.org/ngsi-ld/default-context/Taxi","type":"EntityType","typeName":"Taxi","attributeNames":["speed","location"]}]`)
		w.get("types/Car").json(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/Car","type":"EntityTypeInfo","typeName":"Car","entityCount":3,"attributeDetails":[
			{"id":"https://uri.etsi.org/ngsi-ld/default-context/brand","type":"Attribute","attributeName":"brand","attributeTypes":["Property"]},
			{"id":"https://uri.etsi.org/ngsi-ld/default-context/speed","type":"Attribute","attributeName":"speed","attributeTypes":["Property"]},
			{"id":"https://uri.etsi.org/ngsi-ld/location","type":"Attribute","attributeName":"location","attributeTypes":["GeoProperty"]}]}`)
		w.get("types/Nothing").fails(problem.ResourceNotFound)
		w.get("types/a-b").fails(problem.BadRequestData)
		w.get("attributes").says(`"attributeList":["brand","gone","owner","speed","location"]`)
		w.get("attributes?details=true").says(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/brand","type":"Attribute","attributeName":"brand","typeNames":["Bus","Car"]}`)
		w.get("attributes/owner").json(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/owner","type":"Attribute","attributeName":"owner","attributeCount":1,"attributeTypes":["Relationship"],"typeNames":["Bus"]}`)
		w.get("attributes/nothing").fails(problem.ResourceNotFound)
		w.get("types", "Accept: application/ld+json").says(`"@context"`).header("Link", "")
		w.get("types?details=1").fails(problem.BadRequestData)
	})
}
