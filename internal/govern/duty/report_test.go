package duty

import (
	"bytes"
	"encoding/csv"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/format/ldgraph"
	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// full gives an office with something in every report.
func full(t *testing.T) *office {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody", "holder.country": "FR"})
	o.set.change("air", func(d *catalogue.Dataset) { d.HighValue, d.Address = []string{"c_63b37dd4"}, "/id/dataset/air" })
	o.tell("air", map[string]any{"dataset.environmentalInformation": true, "dataset.personal": true, "processing.role": "controller", "processing.highRisk": true})
	o.tell("bikes", map[string]any{"dataset.environmentalInformation": true})
	o.set.terms = &catalogue.Terms{Use: catalogue.Texts{"en": "fair"}, Availability: 99, Latency: 1e6, Capacity: 60}
	if _, err := o.AddEvidence(ctx, as("ann"), "air", "G-35", "https://city.example/dpia", "=1+1"); err != nil {
		t.Fatal(err)
	}
	for _, a := range []Activity{
		{ID: "hire", Name: "Location de vélos <b>", Role: "controller", Controller: Party{"Ville", "mairie@city.example"}, Joint: []Party{{"Métropole", ""}}, Officer: Party{"Délégué", "dpo@city.example"}, Purposes: []string{"location", "statistique"}, Basis: "art. 6(1)(e)", Subjects: []string{"usagers"}, Data: []string{"trajets"}, Transfers: []Transfer{{"Suisse", "décision d’adéquation"}}, Datasets: []Ref{"bikes"}},
		{ID: "paie", Name: "Paie pour le CCAS", Role: "processor", Controller: Party{"Ville", "mairie@city.example"}, Customers: []Party{{"CCAS", "ccas@city.example"}}, Work: []string{"calcul de la paie"}, Ended: true},
	} {
		if err := o.PutActivity(ctx, as("ann"), a); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func printing(lang string) Printing {
	return Printing{Lang: lang, Base: "https://data.city.example", City: "Ville de Démo", Ways: func(base string, d *catalogue.Dataset) []Way {
		return []Way{{base + "/id/distribution/" + d.Slug + "-csv", "CSV", base + "/datasets/" + d.Slug + ".csv", false}, {base + "/id/distribution/" + d.Slug + "-ngsi-ld", "JSON-LD", base + "/ngsi-ld/v1/entities?type=x", true}}
	}}
}

func (o *office) report(name, lang string) *Report {
	o.t.Helper()
	r, err := o.Report(ctx, as("ann"), name, today, printing(lang))
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// tool runs a program of poppler on data.
func tool(t *testing.T, data []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(name + " is not installed")
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = path
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// squeeze leaves out all white space: where a line breaks says nothing.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// bodyOf gives what a page says, without its head.
func bodyOf(page []byte) string {
	s := string(page)
	return s[strings.Index(s, "<main>"):]
}

// The PDF says what the page says, in the same order, and is built the same way.
func TestReportsAreTheSameOnPaper(t *testing.T) {
	o := full(t)
	for _, name := range Reports() {
		for _, lang := range law.Languages() {
			t.Run(name+"/"+lang, func(t *testing.T) {
				r := o.report(name, lang)
				page, err := pdf.Page(r.Document, "")
				if err != nil {
					t.Fatal(err)
				}
				r.Document.Footer = ""
				data, err := pdf.Write(r.Document)
				if err != nil {
					t.Fatal(err)
				}
				want := squeeze(html.UnescapeString(tags.ReplaceAllString(bodyOf(page), " ")))
				sameText(t, r.Document, tool(t, data, "pdftotext", "-raw", "FILE", "-"), want)
				sameTree(t, tool(t, data, "pdfinfo", "-struct", "FILE"), bodyOf(page))
			})
		}
	}
}

// sameText compares the text of pages in order. A page may begin with the
// heads of a table that goes on, drawn again as an artifact; bullets and
// numbers of lists are the page's own.
func sameText(t *testing.T, d *pdf.Document, got, want string) {
	t.Helper()
	var heads []string
	for _, b := range d.Blocks {
		if table, ok := b.(pdf.Table); ok {
			var s string
			for _, c := range table.Head {
				s += c[0].Text
			}
			if s = squeeze(s); !slices.Contains(heads, s) {
				heads = append(heads, s)
			}
		}
	}
	for i, part := range strings.Split(got, "\f") {
		part = squeeze(strings.ReplaceAll(part, "•", ""))
		if i > 0 {
			for _, h := range heads {
				if strings.HasPrefix(part, h) && !strings.HasPrefix(want, h) {
					part = part[len(h):]
				}
			}
		}
		if !strings.HasPrefix(want, part) {
			t.Fatalf("page %d says\n%s\nwant\n%s", i+1, part, want[:min(len(want), len(part)+80)])
		}
		want = want[len(part):]
	}
	if want != "" {
		t.Errorf("the paper ends before\n%s", want)
	}
}

// sameTree compares the elements in order. Bodies and labels of list entries
// have no element in HTML; spans in one manner have none in the PDF.
func sameTree(t *testing.T, tree, page string) {
	t.Helper()
	names := map[string]string{"h1": "H1", "h2": "H2", "h3": "H3", "p": "P", "ul": "L", "li": "LI", "table": "Table", "thead": "THead", "tbody": "TBody", "tr": "TR", "th": "TH", "td": "TD", "a": "Link"}
	var want, got []string
	for _, m := range regexp.MustCompile(`<([a-z0-9]+)`).FindAllStringSubmatch(page, -1) {
		if n := names[m[1]]; n != "" {
			want = append(want, n)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^ *([A-Za-z0-9]+)(?: |:|$)`).FindAllStringSubmatch(tree, -1) {
		for _, n := range names {
			if n == m[1] {
				got = append(got, n)
			}
		}
	}
	if !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("element %d is %s in the PDF and %s in the page", i, got[i], want[i])
			}
		}
		t.Fatalf("%d elements in the PDF, %d in the page\n%s", len(got), len(want), tree[:min(len(tree), 2000)])
	}
}

func TestHighValueReport(t *testing.T) {
	r := full(t).report("hvd", "en")
	if len(r.Rows) != 2 {
		t.Fatalf("%q", r.Rows)
	}
	want := []string{"air", "Bikes", "https://data.city.example/id/dataset/air", "c_63b37dd4", "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0", "https://data.city.example/ngsi-ld/v1/entities?type=x", "https://data.city.example/openapi.json",
		"https://data.city.example/datasets/air.csv", "https://data.city.example/api/datasets/air/service", "yes https://city.example/dpia", "Desk desk@city.example"}
	if !slices.Equal(r.Rows[1], want) {
		t.Errorf("got %q\nwant %q", r.Rows[1], want)
	}
	page, err := pdf.Page(r.Document, "")
	if err != nil {
		t.Fatal(err)
	}
	// What is held and not marked is told, and not counted.
	if s := string(page); !strings.Contains(s, "Held but not yet published as such") || !strings.Contains(s, "published as of high value: 1.") {
		t.Error(s)
	}
}

func TestReportsAsCSV(t *testing.T) {
	o := full(t)
	for _, name := range Reports() {
		r := o.report(name, "fr")
		data, err := CSV(r.Rows)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) != len(r.Rows) || len(rows) < 2 {
			t.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
					t.Errorf("%s: the cell %q is a formula", name, cell)
				}
			}
		}
	}
	if data, err := CSV([][]string{{"=1+1", "a;b"}}); err != nil || string(data) != "\ufeff'=1+1,a;b\r\n" {
		t.Errorf("%q %v", data, err)
	}
}

// Each report is RDF to whoever reads JSON-LD, and the same twice.
func TestReportsAsJSONLD(t *testing.T) {
	o := full(t)
	for name, want := range map[string]string{
		"hvd":        "<https://data.city.example/id/dataset/air> <http://data.europa.eu/r5r/applicableLegislation> <http://data.europa.eu/eli/reg_impl/2023/138/oj> .",
		"processing": "<https://data.city.example/api/processing/hire> <https://beffroi.eu/ns/governance/datasets> <https://data.city.example/id/dataset/bikes> .",
		"duties":     "<https://data.city.example/id/dataset/air> .",
	} {
		r := o.report(name, "nl")
		data, err := r.JSONLD()
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := r.JSONLD(); !bytes.Equal(again, data) {
			t.Error("other bytes")
		}
		if got := triples(t, data); !strings.Contains(got, want) {
			t.Errorf("%s: no %s in\n%s", name, want, got)
		}
	}
}

func TestReportsThatAreNot(t *testing.T) {
	o := newOffice(t)
	if _, err := o.Report(ctx, as("ann"), "taxes", today, printing("fr")); !problem.Is(err, problem.ResourceNotFound) {
		t.Error(err)
	}
	if _, err := o.Report(ctx, as("ann"), "hvd", today, printing("de")); !problem.Is(err, problem.BadRequestData) {
		t.Error(err)
	}
	for _, name := range Reports() { // nothing is no error
		if r := o.report(name, "en"); len(r.Document.Blocks) < 3 {
			t.Error(name)
		}
	}
}

func TestWordsInThreeLanguages(t *testing.T) {
	words, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`\{[a-z]+\}`)
	for key, texts := range words {
		want := places.FindAllString(texts["en"], -1)
		slices.Sort(want)
		for _, lang := range law.Languages() {
			got := places.FindAllString(texts[lang], -1)
			slices.Sort(got)
			if texts[lang] == "" || !slices.Equal(got, want) || len(texts) != 3 {
				t.Errorf("%s in %s: %q", key, lang, texts[lang])
			}
			if lang == "fr" && regexp.MustCompile(`[^\x{202f}][:;!?](\s|$)`).MatchString(texts[lang]) {
				t.Errorf("%s: no narrow space in %q", key, texts[lang])
			}
		}
	}
}

// triples gives what a document of JSON-LD says, as N-Triples.
func triples(t *testing.T, data []byte) string {
	t.Helper()
	g, err := ldgraph.Read(bytes.NewReader(data), "https://data.city.example/", ldgraph.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	out, err := g.NTriples()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
