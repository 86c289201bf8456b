package dcat

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/catalogue"
)

// Each form says which entities there are, under which licence, and when it
// was made.
func TestEveryForm(t *testing.T) {
	c := newTown(t)
	writers := formats()
	if len(writers) != len(catalogue.Files()) {
		t.Errorf("%d writers for %d forms", len(writers), len(catalogue.Files()))
	}
	for _, f := range catalogue.Files() {
		w := c.get("/datasets/shared-bikes." + f.Ext)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != writers[f.Ext].mediaType {
			t.Errorf("%s: %d %s %.200s", f.Ext, w.Code, w.Header().Get("Content-Type"), w.Body)
			continue
		}
		if f.Media != "" && !strings.HasPrefix(writers[f.Ext].mediaType, f.Media) {
			t.Errorf("%s is sent as %s, and published as %s", f.Ext, writers[f.Ext].mediaType, f.Media)
		}
		for _, want := range []string{"urn:ngsi-ld:BikeHireDockingStation:1", "urn:ngsi-ld:BikeHireDockingStation:2", c.now.String()} {
			if !bytes.Contains(w.Body.Bytes(), []byte(want)) {
				t.Errorf("%s does not hold %s", f.Ext, want)
			}
		}
		if got := strings.Join(w.Header().Values("Link"), ", "); !strings.Contains(got, `<https://creativecommons.org/licenses/by/4.0/>; rel="license"`) ||
			!strings.Contains(got, `<https://data.clairebeke.example/id/dataset/shared-bikes>; rel="describedby"`) {
			t.Errorf("%s: Link is %s", f.Ext, got)
		}
	}
}

func TestTableIsDescribed(t *testing.T) {
	c := newTown(t)
	w := c.get("/datasets/shared-bikes.csv")
	if got := strings.Join(w.Header().Values("Link"), ", "); !strings.Contains(got, `<https://data.clairebeke.example/datasets/shared-bikes.csv-metadata.json>; rel="describedby"; type="application/csvm+json"`) {
		t.Error(got)
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	w = c.get("/datasets/shared-bikes.csv-metadata.json")
	var doc struct {
		URL         string
		TableSchema struct{ Columns []struct{ Titles string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc, json.MatchCaseInsensitiveNames(true)); err != nil || w.Header().Get("Content-Type") != "application/csvm+json" || doc.URL != "shared-bikes.csv" {
		t.Fatalf("%v %v %s", err, w.Header(), doc.URL)
	}
	var titles []string
	for _, col := range doc.TableSchema.Columns {
		titles = append(titles, col.Titles)
	}
	if got, want := strings.Join(titles, ","), strings.Join(rows[0], ","); got != want {
		t.Errorf("the table has %s and is said to have %s", want, got)
	}
}

// A file of an earlier moment holds what was true then as it is known today.
func TestEarlierState(t *testing.T) {
	c := newTown(t)
	then := c.now
	c.now += 3600e6
	c.station("1", 3.2, 19)
	c.station("3", 3.3, 1)
	for _, f := range catalogue.Files() {
		path := "/datasets/shared-bikes." + f.Ext
		now, was := c.get(path), c.get(path+"?at="+then.String())
		if was.Code != http.StatusOK || was.Header().Get("ETag") != "" {
			t.Errorf("%s: %d, ETag %s", f.Ext, was.Code, was.Header().Get("ETag"))
		}
		if got := was.Header().Get("Content-Disposition"); !strings.Contains(got, "shared-bikes-20260528T") {
			t.Errorf("%s: %s", f.Ext, got)
		}
		const third = "BikeHireDockingStation:3"
		if !bytes.Contains(now.Body.Bytes(), []byte(third)) || bytes.Contains(was.Body.Bytes(), []byte(third)) || !bytes.Contains(was.Body.Bytes(), []byte("BikeHireDockingStation:2")) {
			t.Errorf("%s: not the state of then", f.Ext)
		}
		if !bytes.Contains(was.Body.Bytes(), []byte(then.String())) || !bytes.Contains(was.Body.Bytes(), []byte(c.now.String())) {
			t.Errorf("%s does not say of when it is, or when it was made", f.Ext)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(c.body("/datasets/shared-bikes.csv?at=" + then.String()))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][5] != "2" || rows[1][len(rows[1])-1] != then.String() {
		t.Errorf("%v %v", rows, err)
	}
	if got := c.body("/datasets/shared-bikes.csv-metadata.json?at=" + then.String()); !strings.Contains(got, `"validAt"`) || !strings.Contains(got, `"url":"shared-bikes.csv?at=`) {
		t.Error(got)
	}
	if rows, err := csv.NewReader(strings.NewReader(c.body("/datasets/shared-bikes.csv?at=1999-01-01T00:00:00Z"))).ReadAll(); err != nil || len(rows) != 1 {
		t.Errorf("before all: %v %v", rows, err)
	}
	for _, bad := range []string{"?at=yesterday", "?at=", "?at=2099-01-01T00:00:00Z", "?at=2026-01-01T00:00:00Z&at=2026-01-01T00:00:00Z"} {
		if w := c.get("/datasets/shared-bikes.csv" + bad); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, w.Code, w.Body)
		}
	}
}
