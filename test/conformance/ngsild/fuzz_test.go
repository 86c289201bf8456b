package ngsild_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/ngsild"
)

// Whatever comes, the server answers, and never that it failed.
func FuzzRequest(f *testing.F) {
	for _, s := range [][4]string{
		{"POST", "entities", "", simple}, {"PATCH", "entities/urn:x:1", "", `{"a":{"value":{"b":"urn:ngsi-ld:null"}}}`}, {"PATCH", "entities/urn:x:1/attrs/a", "", `{"value":2,"s":"urn:ngsi-ld:null"}`},
		{"GET", "entities", `type=T&q=a.b[c]>1|d~="x"&georel=near;maxDistance==1&geometry=Point&coordinates=[1,2]&options=concise,sysAttrs`, ""}, {"GET", "entities/urn:x:1", "pick=a,b{c}&lang=fr,*;q=0.1&datasetId=@none", ""},
		{"GET", "temporal/entities", "type=T&timerel=between&timeAt=2020-01-01T00:00:00Z&endTimeAt=2030-01-01T00:00:00Z&lastN=3&format=aggregatedValues&aggrMethods=avg,max&aggrPeriodDuration=P1M", ""},
		{"POST", "temporal/entities", "", vehicle("urn:x:2")}, {"POST", "entityOperations/upsert", "options=update", "[" + simple + "]"}, {"POST", "entityOperations/query", "limit=2&offset=1", `{"type":"Query","entities":[{"type":"(T;U)|V","idPattern":"x"}],"geoQ":{}}`},
		{"POST", "subscriptions", "", subscription}, {"PUT", "entities/urn:x:1", "type=T", `{"type":"T","x":{"languageMap":{"en":["a"]}},"@context":{"x":"https://a.org/x"}}`}, {"DELETE", "entities", "q=a==1&drop=a", ""},
		{"GET", "entities", `type=T&scopeQ=/a/%2B/%23&orderBy=a;desc,id&local=true&collation=de&limit=2&count=true`, ""}, {"GET", "entities", "type=T&join=inline&joinLevel=2&pick=id,a{b}&containedBy=urn:x:2", ""}, {"GET", "temporal/entities/urn:x:3", "timerel=before&timeAt=2030-01-01T00:00:00Z&timeproperty=modifiedAt&options=temporalValues,sysAttrs", ""},
		{"POST", "subscriptions", "", `{"type":"Subscription","entities":[{"type":"T"}],"timeInterval":1.5,"notificationTrigger":["entityDeleted"],"notification":{"pick":["id","a{b}"],"join":"flat","joinLevel":2,"endpoint":{"uri":"mqtts://u:p@h:1/a/b","notifierInfo":[{"key":"MQTT-QoS","value":"2"}],"receiverInfo":[{"key":"A","value":"b"}]}}}`},
		{"POST", "temporal/entityOperations/query", "options=aggregatedValues", `{"type":"Query","entities":[{"type":"Vehicle"}],"temporalQ":{"timerel":"after","timeAt":"2020-01-01T00:00:00Z"},"aggrParams":{"aggrMethods":["max"],"aggrPeriodDuration":"PT1H"},"ordering":{"orderBy":["id"]}}`},
		{"POST", "jsonldContexts", "", `{"@context":{"a":{"@id":"https://a.org/","@prefix":true}}}`},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	w := newWorld(f, drivers["memstore"], ngsild.Options{TemporalPage: 5})
	w.post("entities", simple)
	w.post("temporal/entities", vehicle("urn:x:3"))
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		switch method {
		case "GET", "POST", "PUT", "PATCH", "DELETE":
		default:
			return
		}
		u := &url.URL{Scheme: "http", Host: "localhost:9000", Path: ngsild.Base + "/" + path, RawQuery: query}
		if _, err := url.Parse(u.String()); err != nil || strings.Contains(path, "..") {
			return
		}
		r := httptest.NewRequest(method, "http://localhost:9000/", strings.NewReader(body))
		r.URL = u
		r = r.WithContext(httpx.OnListener(r.Context(), nil))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
			if strings.Contains(body, "@context") {
				r.Header.Set("Content-Type", "application/ld+json")
			}
		}
		rec := httptest.NewRecorder()
		w.mux.ServeHTTP(rec, r)
		if rec.Code >= 500 && rec.Code != http.StatusNotImplemented && rec.Code != http.StatusGatewayTimeout && !strings.Contains(rec.Body.String(), "as many contexts as it may") {
			t.Fatalf("%s %s?%s %s: %d %s", method, path, query, body, rec.Code, rec.Body)
		}
	})
}
