package law

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
	book "github.com/beffroi/beffroi/internal/govern/law"
)

// What is told, named, signed and done through the calls.
func TestWhatIsKept(t *testing.T) {
	d := newDesk(t).as("ann", access.Steward)
	d.ask("PATCH", "/api/duties/answers", `{"facts":{"holder.kind":"publicSectorBody","holder.country":"FR"}}`, 204)
	d.ask("PATCH", "/api/datasets/bikes/answers", `{"facts":{"dataset.environmentalInformation":true}}`, 204)
	d.ask("PATCH", "/api/datasets/cars/answers", `{"facts":{}}`, 404)
	d.ask("PATCH", "/api/datasets/bikes/answers", `{"facts":{"holder.kind":"contractor"}}`, 400)
	told := d.ask("GET", "/api/duties/answers", "", 200)["facts"].([]any)
	if len(told) != 2 || told[1].(map[string]any)["name"] != "holder.kind" || told[1].(map[string]any)["by"] != "ann" || told[1].(map[string]any)["at"] != "2026-11-25T12:00:00Z" {
		t.Errorf("%v", told)
	}
	got := d.ask("GET", "/api/datasets/bikes/duties", "", 200)
	if got["sources"].(map[string]any)["holder.kind"] != "holder" || got["calendar"].(map[string]any)["id"] != "FR" {
		t.Errorf("%v", got["sources"])
	}
	if x := find(t, got["duties"], "HVD-3.1"); x["standing"] != "met" || x["about"] != "dataset" {
		t.Errorf("%v", x)
	}
	if find(t, got["duties"], "G-12.3") != nil {
		t.Error("a duty of the organisation stands with a dataset")
	}
	e := d.ask("POST", "/api/datasets/bikes/evidence", `{"rule":"HVD-4.2","url":"https://city.example/old"}`, 201)
	if x := find(t, d.ask("GET", "/api/datasets/bikes/duties", "", 200)["duties"], "HVD-4.2"); x["standing"] != "met" || len(x["proof"].([]any)) != 1 {
		t.Errorf("%v", x)
	}
	s := d.ask("POST", "/api/datasets/bikes/assessments", `{"note":"for the council"}`, 201)
	if s["number"] != 1.0 || s["by"] != "ann" {
		t.Errorf("%v", s)
	}
	d.ask("DELETE", "/api/datasets/bikes/evidence/"+e["id"].(string), "", 204)
	if l := d.ask("GET", "/api/datasets/bikes/assessments", "", 200)["assessments"].([]any); len(l) != 1 || !strings.Contains(asText(t, l[0]), "https://city.example/old") {
		t.Errorf("%v", l)
	}
	d.ask("POST", "/api/datasets/bikes/actions", `{"rule":"HVD-3.1","action":"publish"}`, 422)
	// Readers see where it stands, and no names.
	d.as("r", access.Reader)
	if x := find(t, d.ask("GET", "/api/datasets/bikes/duties", "", 200)["duties"], "HVD-3.1"); x["standing"] != "met" || x["proof"] != nil {
		t.Errorf("%v", x)
	}
	d.ask("GET", "/api/datasets/bikes/answers", "", 403)
	d.ask("GET", "/api/duties", "", 403)
	d.set.d.State = 0
	d.ask("GET", "/api/datasets/bikes/duties", "", 404)
	d.as("ann", access.Steward).ask("GET", "/api/datasets/bikes/duties", "", 200)
	d.set.d.State = 2
	d.as("r", access.Reader).ask("GET", "/api/datasets/bikes/duties", "", 410)
}

func TestActionOverHTTP(t *testing.T) {
	d := newDesk(t).as("ann", access.Steward)
	d.ask("PATCH", "/api/duties/answers", `{"facts":{"holder.kind":"publicSectorBody"}}`, 204)
	d.set.d.Licence, d.set.d.HighValue = "ODBL", nil
	d.ask("PATCH", "/api/datasets/bikes/answers", `{"facts":{"dataset.hvdCategory":["mobility"]}}`, 204)
	x := find(t, d.ask("GET", "/api/datasets/bikes/duties", "", 200)["duties"], "HVD-4.3")
	if x["actor"] != "machine" || asText(t, x["actions"]) != `[{"id":"setLicence","to":"CC_BY_4_0"}]` {
		t.Errorf("%v", x)
	}
	d.ask("POST", "/api/datasets/bikes/actions", `{"rule":"HVD-4.3","action":"setLicence"}`, 204)
	if d.set.d.Licence != "CC_BY_4_0" {
		t.Error(d.set.d.Licence)
	}
}

func TestBoardOverHTTP(t *testing.T) {
	d := newDesk(t).as("ann", access.Steward)
	got := d.ask("GET", "/api/duties?on=2026-11-25", "", 200)
	rows := got["rows"].([]any)
	if len(rows) != 2 || rows[0].(map[string]any)["slug"] != nil || rows[1].(map[string]any)["slug"] != "bikes" {
		t.Fatalf("%v", rows)
	}
	hvd := map[string]any{}
	for _, c := range rows[1].(map[string]any)["cells"].([]any) {
		if c := c.(map[string]any); c["column"] == "hvd" {
			hvd = c
		}
	}
	if hvd["worst"] != "maybe" || hvd["maybe"] == 0.0 {
		t.Errorf("%v", hvd)
	}
	if find(t, got["columns"], "hvd") == nil || find(t, got["columns"], "omnibus-data") != nil {
		t.Errorf("%v", got["columns"])
	}
	first := got["timeline"].([]any)[0].(map[string]any)
	if first["date"] != "2026-12-02" || first["kind"] != "begins" {
		t.Errorf("%v", first)
	}
	got = d.ask("GET", "/api/duties?act=hvd&adopted=omnibus-data", "", 200)
	if find(t, got["columns"], "HVD-3.1") == nil || find(t, got["columns"], "gdpr") != nil {
		t.Errorf("%v", got["columns"])
	}
	if len(d.ask("GET", "/api/duties?adopted=omnibus-data", "", 200)["columns"].([]any)) <= len(d.ask("GET", "/api/duties", "", 200)["columns"].([]any)) {
		t.Error("if adopted adds an act")
	}
	d.ask("GET", "/api/duties?act=none", "", 400)
	d.ask("GET", "/api/duties?state=unmet", "", 400)
	if org := d.ask("GET", "/api/duties/organisation", "", 200); find(t, org["duties"], "G-12.3") == nil || find(t, org["duties"], "HVD-3.1") != nil {
		t.Error("the organisation's own duties")
	}
}

func TestProcessingOverHTTP(t *testing.T) {
	d := newDesk(t).as("ann", access.Steward)
	d.ask("PUT", "/api/processing/hire", `{"name":"Bike hire","role":"controller","controller":{"name":"City"},"officer":{},"purposes":["hire"],"datasets":["bikes"]}`, 204)
	d.ask("PUT", "/api/processing/hire", `{"name":"","role":"owner"}`, 400)
	d.ask("PUT", "/api/processing/hire", `{"colour":1}`, 400)
	got := d.ask("GET", "/api/processing", "", 200)["activities"].([]any)
	one := got[0].(map[string]any)
	if len(got) != 1 || one["id"] != "hire" || one["by"] != "ann" || !strings.Contains(asText(t, one["lacks"]), "officer.contact") || asText(t, one["datasets"]) != `["bikes"]` {
		t.Errorf("%v", got)
	}
	d.ask("GET", "/api/processing/none", "", 404)
}

func TestImportsOverHTTP(t *testing.T) {
	d := newDesk(t).as("ann", access.Administrator)
	text, err := book.ShippedSource("hvd")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `from: &applies "2024-06-09"`, `from: &applies "2027-06-09"`, 1)
	d.as("ed", access.Steward).ask("POST", "/api/law/acts/import", changed, 403)
	d.as("ann", access.Administrator)
	if p := d.ask("POST", "/api/law/acts/import", strings.Replace(changed, "dataset.docs", "dataset.dox", 1), 400); !strings.Contains(p["detail"].(string), `rule HVD-3.3: "dataset.dox"`) {
		t.Errorf("%v", p)
	}
	i := d.ask("POST", "/api/law/acts/import?note=late", changed, 201)
	id := i["id"].(string)
	if i["state"] != "waiting" || i["yours"] != true || i["by"] != "ann" {
		t.Errorf("%v", i)
	}
	diff := d.ask("GET", "/api/law/imports/"+id, "", 200)
	if len(diff["changes"].([]any)) != 6 || !strings.Contains(asText(t, diff["changes"]), `{"after":"2027-06-09","before":"2024-06-09","field":"from"}`) || len(diff["effects"].([]any)) != 1 {
		t.Errorf("%v", asText(t, diff))
	}
	d.ask("POST", "/api/law/imports/"+id+"/approve", "", 403)
	if got := d.as("bob", access.Administrator).ask("POST", "/api/law/imports/"+id+"/approve", "", 200); got["state"] != "approved" || got["decidedBy"] != "bob" {
		t.Errorf("%v", got)
	}
	if find(t, d.ask("GET", "/api/law/rules", "", 200)["rules"], "HVD-3.1") != nil {
		t.Error("the old rule holds")
	}
	d.ask("POST", "/api/law/imports/"+id+"/refuse", `{"reason":"x"}`, 422)
	if l := d.ask("GET", "/api/law/imports", "", 200); len(l["imports"].([]any)) != 1 || len(l["faults"].([]any)) != 0 {
		t.Errorf("%v", l)
	}
	d.ask("GET", "/api/law/acts/hvd/source?shipped=maybe", "", 400)
	d.ask("GET", "/api/law/acts/none/source", "", 404)
}

func TestReportsOverHTTP(t *testing.T) {
	d := newDesk(t).as("ann", access.Steward)
	for query, want := range map[string][2]string{
		"hvd":                          {"text/html; charset=utf-8", "<h1>Données de forte valeur de Beffroi"},
		"hvd?format=pdf&lang=nl":       {"application/pdf", "%PDF-1.7"},
		"hvd?format=csv&lang=en":       {"text/csv; charset=utf-8", "\ufeffslug,dataset"},
		"processing?format=jsonld":     {"application/ld+json", `"RecordOfProcessing"`},
		"duties?on=2027-12-02&lang=en": {"text/html; charset=utf-8", "Law as applied on 2027-12-02"},
	} {
		r := httptest.NewRequest("GET", "http://localhost/api/duties/reports/"+query, nil)
		w := httptest.NewRecorder()
		d.mux.ServeHTTP(w, r)
		if w.Code != 200 || w.Header().Get("Content-Type") != want[0] || !strings.Contains(w.Body.String(), want[1]) {
			t.Errorf("%s: %d %s %.300s", query, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if at := w.Header().Get("Content-Disposition"); strings.Contains(query, "format=csv") && at != `attachment; filename="hvd-2026-11-25.csv"` {
			t.Error(at)
		}
	}
	d.ask("GET", "/api/duties/reports/hvd?format=xlsx", "", 400)
	d.ask("GET", "/api/duties/reports/hvd?lang=de", "", 400)
	d.ask("GET", "/api/duties/reports/taxes", "", 404)
	d.as("r", access.Reader).ask("GET", "/api/duties/reports/processing", "", 403)
}
