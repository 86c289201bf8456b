package ngsild_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func fixture(w *world, path ...string) string {
	w.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"testdata", "etsi"}, path...)...))
	if err != nil {
		w.Fatal(err)
	}
	return string(b)
}

func relation(to string) string { return `{"type":"Relationship","object":"` + to + `"}` }

// The ETSI suite's expectations of linked entity retrieval (CIM 009, 4.5.23,
// 4.21, 5.7.1, 5.7.2).
func TestLinkedFixtures(t *testing.T) {
	const (
		country = `"type":"Country","name":{"type":"Property","value":"France"},"description":{"type":"Property","value":"France is an European country"}}`
		city    = `"type":"City","name":{"type":"Property","value":"Paris"},"description":{"type":"Property","value":"Paris is the capital and largest city of France"},"isInCountry":`
		tower   = `"type":"Building","name":{"type":"Property","value":"Eiffel Tower"},"description":{"type":"Property","value":"high"},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-8.5,41.2]}},"street":{"type":"LanguageProperty","languageMap":{"fr":"Grand Place","nl":"Grote Markt"}},"locatedAt":`
		notBare = "omit=type,name,description,location,street,"
	)
	// how tells what there is, what is asked, and which fixture is expected.
	tests := []struct{ id, what, query, want string }{
		{"018-10", "minimal", "join=inline&joinLevel=1", "building-one-level-inline-018-10"},
		{"018-10", "minimal", "join=flat", "building-one-level-flat-018-10"},
		{"018-10", "minimal", "join=inline&options=keyValues", "building-one-level-inline-simplified-018-10"},
		{"018-10", "minimal", "join=flat&format=simplified", "building-one-level-flat-simplified-018-10"},
		{"018-13", "two", "join=inline&joinLevel=2", "building-two-levels-inline-018-13"},
		{"018-13", "two", "join=flat&joinLevel=2", "building-two-levels-flat-018-13"},
		{"018-13", "two", "join=inline&joinLevel=2&format=simplified", "building-two-levels-inline-simplified-018-13"},
		{"018-13", "two", "join=flat&joinLevel=3&format=simplified", "building-two-levels-flat-simplified-018-13"},
		{"018-14", "lonely", "join=inline", "building-non-existent-inline-flat-018-14"},
		{"018-20", "full", "join=inline&joinLevel=2&pick=id,locatedAt{id,name}", "building-two-levels-inline-pick-id-locatedAt-018-20"},
		{"018-20", "full", "join=flat&joinLevel=2&pick=id,locatedAt{id|name}", "building-two-levels-flat-pick-id-locatedAt-018-20"},
		{"018-20", "full", "join=inline&joinLevel=2&pick=id,locatedAt{id,name,isInCountry{id,description}}", "building-two-levels-inline-pick-id-locatedAt-isInCountry-018-20"},
		{"018-20", "full", "join=flat&joinLevel=2&pick=id,locatedAt{id,name,isInCountry{id,description}}", "building-two-levels-flat-pick-id-locatedAt-isInCountry-018-20"},
		{"018-21", "full", "join=inline&joinLevel=2&" + notBare + "locatedAt{name}", "building-two-levels-inline-omit-id-locateAt-018-21"},
		{"018-21", "full", "join=flat&joinLevel=2&" + notBare + "locatedAt{name}", "building-two-levels-flat-omit-id-locateAt-018-21"},
		{"018-21", "full", "join=inline&joinLevel=2&" + notBare + "locatedAt{name,isInCountry{description}}", "building-two-levels-inline-omit-id-locateAt-isInCountry-018-21"},
		{"018-21", "full", "join=flat&joinLevel=2&" + notBare + "locatedAt{name,isInCountry{description}}", "building-two-levels-flat-omit-id-locateAt-isInCountry-018-21"},
		{"019-13", "many minimal", "join=inline", "buildings-one-level-inline-019-13"},
		{"019-13", "many minimal", "join=flat", "buildings-one-level-flat-019-13"},
		{"019-13", "many minimal", "join=inline&format=simplified", "buildings-one-level-inline-simplified-019-13"},
		{"019-13", "many minimal", "join=flat&format=simplified", "buildings-one-level-flat-simplified-019-13"},
		{"019-16", "many two", "join=inline&joinLevel=2", "buildings-two-levels-inline-019-16"},
		{"019-16", "many two", "join=flat&joinLevel=2", "buildings-two-levels-flat-019-16"},
		{"019-16", "many two", "join=inline&joinLevel=2&format=simplified", "buildings-two-levels-inline-simplified-019-16"},
		{"019-16", "many two", "join=flat&joinLevel=2&format=simplified", "buildings-two-levels-flat-simplified-019-16"},
		{"019-20", "many full", "join=inline&pick=id,name", "buildings-one-level-inline-pick-id-name-019-20"},
		{"019-20", "many full", "join=flat&pick=id,name", "buildings-one-level-flat-pick-id-name-019-20"},
		{"019-20", "many full", "join=inline&pick=id,locatedAt{id,name}", "buildings-one-level-inline-pick-id-locatedAt-019-20"},
		{"019-20", "many full", "join=flat&pick=id,locatedAt{id,name}", "buildings-one-level-flat-pick-id-locatedAt-019-20"},
		{"019-21", "many of one country", "join=inline&omit=name,description", "buildings-one-level-inline-omit-name-019-21"},
		{"019-21", "many of one country", "join=flat&omit=name,description", "buildings-one-level-flat-omit-name-019-21"},
		{"019-21", "many of one country", "join=inline&omit=name,description,locatedAt{name}", "buildings-one-level-inline-omit-id-locatedAt-019-21"},
		{"019-21", "many of one country", "join=flat&omit=name,description,locatedAt{name}", "buildings-one-level-flat-omit-id-locatedAt-019-21"},
		{"019-22", "many full", "join=inline&joinLevel=2&pick=id,locatedAt{id,name}", "buildings-two-levels-inline-pick-id-locatedAt-019-22"},
		{"019-22", "many full", "join=flat&joinLevel=2&pick=id,locatedAt{id,name}", "buildings-two-levels-flat-pick-id-locatedAt-019-22"},
		{"019-22", "many full", "join=inline&joinLevel=2&pick=id,locatedAt{id,name,isInCountry{id,description}}", "buildings-two-levels-inline-pick-id-locatedAt-isInCountry-019-22"},
		{"019-22", "many full", "join=flat&joinLevel=2&pick=id,locatedAt{id,name,isInCountry{id,description}}", "buildings-two-levels-flat-pick-id-locatedAt-isInCountry-019-22"},
		{"019-23", "many full", "join=inline&joinLevel=2&" + notBare + "locatedAt{name}", "buildings-two-levels-inline-omit-id-locatedAt-019-23"},
		{"019-23", "many full", "join=flat&joinLevel=2&" + notBare + "locatedAt{name}", "buildings-two-levels-flat-omit-id-locatedAt-019-23"},
		{"019-23", "many full", "join=inline&joinLevel=2&" + notBare + "locatedAt{name,isInCountry{description}}", "buildings-two-levels-inline-omit-id-locatedAt-isInCountry-019-23"},
		{"019-23", "many full", "join=flat&joinLevel=2&" + notBare + "locatedAt{name,isInCountry{description}}", "buildings-two-levels-flat-omit-id-locatedAt-isInCountry-019-23"},
	}
	worlds(t, func(w *world) {
		clauses(w, "4.5.23", "4.21", "5.7.1", "5.7.2")
		for i, tt := range tests {
			tenant := fmt.Sprintf("NGSILD-Tenant: t%d", i)
			many := strings.HasPrefix(tt.what, "many")
			suffixes := []string{""}
			if many {
				suffixes = []string{"-1", "-2"}
			}
			for k, suffix := range suffixes {
				id := "urn:ngsi-ld:Building:" + tt.id + suffix
				paris, france := "urn:ngsi-ld:City:Paris", "urn:ngsi-ld:Country:France"
				if many {
					paris, france = "urn:ngsi-ld:City:"+tt.id+suffix, "urn:ngsi-ld:Country:"+tt.id+suffix
				}
				if strings.HasSuffix(tt.what, "one country") {
					france = "urn:ngsi-ld:Country:France"
				}
				full := strings.Contains(tt.what, "full") || strings.Contains(tt.what, "country")
				bodies := []string{`{"id":"` + id + `","type":"Building","locatedAt":` + relation(paris) + `}`}
				switch {
				case full:
					bodies = []string{`{"id":"` + id + `",` + tower + relation(paris) + `}`, `{"id":"` + paris + `",` + city + relation(france) + `}`}
					if k == 0 || many && !strings.HasSuffix(tt.what, "one country") {
						bodies = append(bodies, `{"id":"`+france+`",`+country)
					}
				case strings.HasSuffix(tt.what, "two"):
					bodies = append(bodies, `{"id":"`+paris+`","type":"City","locatedAt":`+relation(france)+`}`, `{"id":"`+france+`","type":"Country"}`)
				case strings.HasSuffix(tt.what, "minimal"):
					bodies = append(bodies, `{"id":"`+paris+`","type":"City"}`)
				}
				for _, b := range bodies {
					w.post("entities", b, tenant).is(201)
				}
			}
			path := "entities/urn:ngsi-ld:Building:" + tt.id + "?" + tt.query
			if many {
				path = "entities?type=Building&" + tt.query
			}
			got, want := w.get(path, tenant).is(200).Body, fixture(w, "linked-entity-retrieval", tt.want+".json")
			if !sameBut(w, sorted(w, got), sorted(w, want), "@context") {
				w.Errorf("%s (%s):\ngot  %s\nwant %s", tt.query, tt.want, got, want)
			}
		}
	})
}

// CIM 009, 4.5.23 and 6.5.3.1: what fixtures do not show.
func TestJoin(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.5.23", "6.5.3.1")
		w.all(`{"id":"urn:x:a","type":"T","to":`+relation("urn:x:b")+`,"list":{"type":"ListRelationship","objectList":[{"object":"urn:x:c"},{"object":"urn:x:none"}]}}`,
			`{"id":"urn:x:b","type":"T","n":1,"to":`+relation("urn:x:a")+`}`,
			`{"id":"urn:x:c","type":"U","m":{"type":"Relationship","object":["urn:x:a","urn:x:none","urn:x:b"]}}`)
		const b = `{"id":"urn:x:b","type":"T","n":1,"to":"urn:x:a"}`
		w.get("entities/urn:x:a?join=inline&joinLevel=5&format=simplified&pick=to").json(`{"to":` + b + `}`) // not within itself
		w.get("entities/urn:x:a?join=inline&pick=list{id}").json(`{"list":{"type":"ListRelationship","objectList":[{"object":"urn:x:c"},{"object":"urn:x:none"}],"entityList":[{"id":"urn:x:c"}]}}`)
		w.get("entities/urn:x:a?join=inline&pick=list{id}&format=simplified").json(`{"list":[{"id":"urn:x:c"},"urn:x:none"]}`)
		w.get("entities/urn:x:c?join=inline&pick=m{id}&format=simplified").json(`{"m":[{"id":"urn:x:a"},"urn:x:none",{"id":"urn:x:b"}]}`)
		w.get("entities/urn:x:c?join=inline&pick=m{id}&format=concise").json(`{"m":{"object":["urn:x:a","urn:x:none","urn:x:b"],"entity":[{"id":"urn:x:a"},{"id":"urn:x:b"}]}}`)
		w.get("entities/urn:x:a?join=inline&joinLevel=1&containedBy=urn:x:b&pick=to&format=simplified").json(`{"to":"urn:x:b"}`)
		w.get("entities/urn:x:a?join=flat&joinLevel=9&format=simplified&pick=id,to{id,to}").json(`[{"id":"urn:x:a","to":"urn:x:b"},{"id":"urn:x:b","to":"urn:x:a"}]`)
		w.get("entities/urn:x:a?join=flat&containedBy=urn:x:c&joinLevel=1&format=simplified&omit=list").json(`[{"id":"urn:x:a","type":"T","to":"urn:x:b"},` + b + `]`)
		w.get("entities/urn:x:b?join=@none&format=simplified").json(b)
		w.get("entities/urn:x:b?join=flat&pick=id").json(`[{"id":"urn:x:b"}]`)
		w.get("entities?type=T&limit=1&join=flat&count=true&pick=id,to{id}").json(`[{"id":"urn:x:a","to":`+relation("urn:x:b")+`},{"id":"urn:x:b"}]`).header("NGSILD-Results-Count", "2")
		w.get("entities/urn:x:b?join=inline&options=sysAttrs&pick=to{n}").says(`"entity":{"createdAt"`)
		w.get("entities/urn:x:b?join=flat&pick=to{n}", "Accept: application/geo+json").says(`{"type":"FeatureCollection"`).says(`"id":"urn:x:a"`)
		w.get("entities/urn:x:b?join=inline&pick=to{id}", "Accept: application/ld+json").says(`"entity":{"id":"urn:x:a"}`).says(`"@context"`)
		w.post("entityOperations/query?format=simplified", `{"type":"Query","entities":[{"type":"T","id":"urn:x:b"}],"join":"inline","joinLevel":1,"containedBy":["urn:x:z"],"pick":["id","to{id}"]}`).json(`[{"id":"urn:x:b","to":{"id":"urn:x:a"}}]`)
		// conditions about linked entities (4.9, 5.7.2.4)
		w.get("entities?type=T&q=to{T:n}==1&join=inline&joinLevel=1").finds("a")
		w.get("entities?type=T&q=to{n}==1").fails(problem.BadRequestData)
		w.get("entities?type=T&q=to{to{n}}==1&join=flat&joinLevel=1").fails(problem.BadRequestData)

		for _, q := range []string{"join=sideways", "join=inline&joinLevel=0", "join=inline&joinLevel=x", "join=inline&joinLevel=1&containedBy=x",
			"pick=to{n}", "join=@none&pick=to{n}", "join=inline&pick=to{to{n}}", "join=inline&joinLevel=1&omit=to{to{n}}"} {
			w.get("entities/urn:x:a?" + q).fails(problem.BadRequestData)
			w.get("entities?type=T&" + q).fails(problem.BadRequestData)
		}
		w.get("entities/urn:x:a?joinLevel=1").fails(problem.InvalidRequest)
		w.get("entities/urn:x:a?join=inline&containedBy=urn:x:a").fails(problem.InvalidRequest)
		w.get("entities/urn:x:a?join=inline&joinLevel=1000").fails(problem.TooComplexQuery)
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"join":"up"}`).fails(problem.BadRequestData)
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"T"}],"joinLevel":2}`).fails(problem.InvalidRequest)
		w.get("temporal/entities/urn:x:a?join=inline").fails(problem.InvalidRequest)
	})
}

// sorted puts the entities of a list in the order of their ids.
func sorted(w *world, body string) string {
	w.Helper()
	if !strings.HasPrefix(strings.TrimSpace(body), "[") {
		return body
	}
	return sortByID(w, body)
}

func sortByID(w *world, body string) string {
	var list []map[string]any
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		w.Fatal(err)
	}
	slices.SortFunc(list, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	out, err := json.Marshal(list)
	if err != nil {
		w.Fatal(err)
	}
	return string(out)
}
