package ngsild_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

// refused are the fixtures that the clauses refuse, and why.
var refused = map[string]problem.Kind{
	"building-unretrievable-context.jsonld":    problem.LdContextNotAvailable,
	"country-simple-attributes.jsonld":         problem.LdContextNotAvailable, // a context that is not in testdata
	"empty.jsonld":                             problem.BadRequestData,        // an empty array
	"invalid-json.jsonld":                      problem.InvalidRequest,
	"invalid-type.jsonld":                      problem.BadRequestData,
	"vehicle-isParked-attribute.json":          problem.BadRequestData, // attributes and no entities, from here on
	"vehicle-isParked-new-type-attribute.json": problem.BadRequestData,
	"vehicle-scope-attribute.json":             problem.BadRequestData,
	"vehicle-speed-datasetid-instance.json":    problem.BadRequestData,
	"vehicle-speed-default-instance.json":      problem.BadRequestData,
}

// Every entity of the ETSI suite's fixtures can be created and comes back as
// it was sent (CIM 009, 5.6.1, 5.7.1 and 4.5).
func TestEntityFixtures(t *testing.T) {
	paths, err := filepath.Glob("testdata/etsi/entities/*.json*")
	if err != nil || len(paths) < 30 {
		t.Fatal(len(paths), err)
	}
	worlds(t, func(w *world) {
		clauses(w, "5.6.1", "5.7.1", "4.5.2", "4.5.3", "4.5.4", "4.5.5", "4.5.16.1", "4.5.18", "4.5.20", "4.5.24")
		for _, path := range paths {
			name := filepath.Base(path)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			body := strings.NewReplacer("randomUUID", "1", "RandomUuidToBeReplaced", "urn:x:1", `["Parking" ]`, `"Parking"`).Replace(string(b))
			var headers []string
			if !strings.Contains(body, "@context") {
				headers = append(headers, suite())
			}
			a := w.post("entities", body, headers...)
			if k, ok := refused[name]; ok {
				a.fails(k)
				continue
			}
			if a.Status != 201 {
				w.Errorf("%s: %d %s", name, a.Status, a.Body)
				continue
			}
			at := strings.TrimPrefix(a.Header.Get("Location"), "/ngsi-ld/v1/")
			got := w.get(at, suite()).is(200)
			if !sameBut(w, got.Body, body, "@context") {
				w.Errorf("%s came back as %s", name, got.Body)
			}
			// the concise form, sent again, is the same entity
			concise := w.get(at+"?format=concise", suite())
			w.put(at, concise.Body, suite()).is(204)
			if again := w.get(at, suite()); !sameBut(w, again.Body, got.Body) {
				w.Errorf("%s, concise %s, became %s", name, concise.Body, again.Body)
			}
			w.get(at+"?format=simplified", suite()).is(200)
			w.get(at, suite(), "Accept: application/geo+json").is(200)
			w.del(at).is(204)
		}
	})
}

// The temporal fixtures go in and come back in each temporal form
// (CIM 009, 5.6.11, 5.7.3, 4.5.6 to 4.5.9).
func TestTemporalFixtures(t *testing.T) {
	refused := map[string]problem.Kind{
		"bus-temporal-representation-unretrievable-context.jsonld": problem.LdContextNotAvailable,
		"vehicle-temporal-representation-invalid-json.jsonld":      problem.InvalidRequest,
		// contexts that are not in testdata
		"vehicle-temporal-representation-with-multi-attributes-instances.jsonld": problem.LdContextNotAvailable,
		"vehicle-temporal-representation-without-id.jsonld":                      problem.BadRequestData,
	}
	paths, err := filepath.Glob("testdata/etsi/temporalEntities/*.json*")
	if err != nil || len(paths) < 20 {
		t.Fatal(len(paths), err)
	}
	worlds(t, func(w *world) {
		clauses(w, "5.6.11", "5.7.3", "4.5.6", "4.5.7", "4.5.8", "4.5.9")
		for i, path := range paths {
			name := filepath.Base(path)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			tenant := "NGSILD-Tenant: t" + string(rune('a'+i))
			body := strings.NewReplacer("randomUUID", "1").Replace(string(b))
			headers := []string{tenant}
			if !strings.Contains(body, "@context") {
				headers = append(headers, suite())
			}
			if body == "" {
				continue // a request without a body: see TestBodies
			}
			if strings.HasPrefix(name, "entity-operations-") {
				w.post("temporal/entityOperations/query", body, "Accept: application/json", suite()).finds("")
				continue
			}
			a := w.post("temporal/entities", body, headers...)
			if k, ok := refused[name]; ok {
				a.fails(k)
				continue
			}
			if a.Status != 201 {
				w.Errorf("%s: %d %s", name, a.Status, a.Body)
				continue
			}
			at := strings.TrimPrefix(a.Header.Get("Location"), "/ngsi-ld/v1/")
			got := w.get(at, suite(), tenant).is(200)
			if !sameBut(w, arrays(w, got.Body), arrays(w, body), "@context", "instanceId", "scope") {
				w.Errorf("%s:\ngot  %s\nsent %s", name, arrays(w, got.Body), arrays(w, body))
			}
			w.get(at+"?options=temporalValues", suite(), tenant).is(200)
			w.get(at+"?options=aggregatedValues&aggrMethods=totalCount", suite(), tenant).is(200)
		}
	})
}

// arrays writes every attribute of an entity as an array of its instances in
// the order of time, which is how history is always shown.
func arrays(w *world, body string) string {
	w.Helper()
	e, ok := loose(w, body).(map[string]any)
	if !ok {
		return body
	}
	for name, v := range e {
		if _, isObject := v.(map[string]any); isObject {
			e[name] = []any{v}
		}
		if list, isArray := e[name].([]any); isArray {
			slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(stamp(a), stamp(b)) })
		}
	}
	b, _ := json.Marshal(e)
	return string(b)
}

func stamp(v any) string {
	m, _ := v.(map[string]any)
	at, _ := m["observedAt"].(string)
	dataset, _ := m["datasetId"].(string)
	return dataset + at
}

// Every subscription of the fixtures is taken, or refused for a reason that is
// known (CIM 009, 5.8.1 and 5.2.12).
func TestSubscriptionFixtures(t *testing.T) {
	paths, err := filepath.Glob("testdata/etsi/subscriptions/*.json*")
	if err != nil || len(paths) == 0 {
		t.Fatal(len(paths), err)
	}
	known := []string{"no network", "DateTime", "is not JSON", "jsonldContext", "throttling", "has no", "notification.attributes", "both name"}
	worlds(t, func(w *world) {
		clauses(w, "5.8.1", "5.2.12")
		taken := 0
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			body := strings.ReplaceAll(string(b), "randomUUID", "1")
			var headers []string
			if !strings.Contains(body, "@context") {
				headers = append(headers, suite())
			}
			if strings.Contains(body, ": null") {
				w.odd() // JSON-LD has a null as not there (CIM 009, 4.5.0)
			}
			a := w.post("subscriptions", body, headers...)
			if a.Status == 201 {
				w.get(a.Header.Get("Location"), suite()).is(200)
				w.del(a.Header.Get("Location")).is(204)
				taken++
				continue
			}
			if !slices.ContainsFunc(known, func(why string) bool { return strings.Contains(a.Body, why) }) {
				t.Errorf("%s: %d %s", filepath.Base(path), a.Status, a.Body)
			}
		}
		if taken < 41 {
			t.Errorf("only %d of %d subscriptions are taken", taken, len(paths))
		}
	})
}
