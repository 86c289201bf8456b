package duty

import (
	"context"
	_ "embed" // for the words
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Way is one way to have a dataset.
type Way struct {
	IRI     string
	Format  string // for people
	URL     string
	Service bool // an answer of the API, not a file
}

// Printing says how a report is to be made.
type Printing struct {
	Lang string // fr, nl or en
	Base string // begins all addresses, such as https://data.city.example
	City string
	Ways func(base string, d *catalogue.Dataset) []Way
}

// Report is a report in the forms that it is given out in.
type Report struct {
	Document *pdf.Document
	// Rows are the same for programs, the heads first.
	Rows [][]string
	// Graph is the same as JSON-LD.
	Graph any
}

// Reports names the reports there are.
func Reports() []string { return []string{"duties", "hvd", "processing"} }

// Report makes a report.
//
// Errors: problem.ResourceNotFound for a name that there is none of;
// problem.BadRequestData for a language without reports, or a proposal that is
// not there.
func (s *Service) Report(ctx context.Context, c broker.Call, name string, q Asking, p Printing) (*Report, error) {
	words, err := readWords()
	if err != nil {
		return nil, err
	}
	if words["yes"][p.Lang] == "" {
		return nil, problem.New(problem.BadRequestData, "reports are written in fr, nl or en, not in %.20q", p.Lang)
	}
	b, err := s.Board(ctx, c, q)
	if err != nil {
		return nil, err
	}
	w := &writing{Printing: p, words: words, board: b, made: s.now()}
	w.activities, err = s.Activities(ctx, c)
	if err != nil {
		return nil, err
	}
	switch name {
	case "duties":
		return w.duties(), nil
	case "hvd":
		return w.highValue(), nil
	case "processing":
		return w.processing(), nil
	}
	return nil, problem.New(problem.ResourceNotFound, "there is no report %.80q: there are %s", name, strings.Join(Reports(), ", "))
}

//go:embed words.yaml
var wordsYAML []byte

// readWords gives what reports say, by key and language.
func readWords() (map[string]map[string]string, error) {
	words := map[string]map[string]string{}
	if err := yaml.UnmarshalWithOptions(wordsYAML, &words, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the words of reports: %w", err)
	}
	return words, nil
}

// writing is a report being written.
type writing struct {
	Printing
	words      map[string]map[string]string
	board      *Board
	activities []*Activity
	made       time.Time
}

// say gives a text; places are filled with pairs of name and text.
func (w *writing) say(key string, fill ...string) string {
	for i := 0; i < len(fill); i += 2 {
		fill[i] = "{" + fill[i] + "}"
	}
	return strings.NewReplacer(fill...).Replace(w.words[key][w.Lang])
}

func (w *writing) day() string { return w.board.Asking.Date.String() }

// document begins a report.
func (w *writing) document(title, law string) *pdf.Document {
	return &pdf.Document{Title: title, Lang: w.Lang, Author: w.City, Made: w.made, Footer: "{page} / {pages}", Blocks: []pdf.Block{
		pdf.Heading{Level: 1, Text: pdf.Text(title)},
		pdf.Paragraph{Text: pdf.Text(w.say("made", "date", w.made.Format(time.DateOnly), "city", w.City))},
		pdf.Paragraph{Text: pdf.Text(law)},
	}}
}

func heading(level int, text string) pdf.Block {
	return pdf.Heading{Level: level, Text: pdf.Text(text)}
}

func paragraph(text string) pdf.Block { return pdf.Paragraph{Text: pdf.Text(text)} }

// title gives the title of a dataset in the report's language, else in another.
func (w *writing) title(t catalogue.Texts, slug string) pdf.Span {
	if s := strings.TrimSpace(t[w.Lang]); s != "" {
		return pdf.Span{Text: s}
	}
	for _, l := range law.Languages() {
		if s := strings.TrimSpace(t[l]); s != "" {
			return pdf.Span{Text: s, Lang: l}
		}
	}
	return pdf.Span{Text: slug}
}

// CSV gives rows for spreadsheets: UTF-8 with a mark, as they expect it; no
// cell is a formula to them.
func CSV(rows [][]string) ([]byte, error) {
	var b strings.Builder
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, s := range row {
			if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
				s = "'" + s
			}
			safe[i] = s
		}
		if err := out.Write(safe); err != nil {
			return nil, fmt.Errorf("write a row: %w", err)
		}
	}
	out.Flush()
	return []byte(b.String()), out.Error()
}

// JSONLD gives the report's graph.
func (r *Report) JSONLD() ([]byte, error) {
	b, err := json.Marshal(r.Graph, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("write a report as JSON-LD: %w", err)
	}
	return append(b, '\n'), nil
}

// node is a node of JSON-LD.
type node map[string]any

func ref(iri string) node { return node{"@id": iri} }

// graphContext is the @context of reports: the prefixes of DCAT-AP, and the
// vocabulary of governance for what they have no word for.
func graphContext() node {
	texts := func(iri string) node { return node{"@id": iri, "@container": "@language"} }
	return node{"@vocab": "https://beffroi.eu/ns/governance/", "dct": "http://purl.org/dc/terms/", "dcat": "http://www.w3.org/ns/dcat#", "dcatap": "http://data.europa.eu/r5r/", "foaf": "http://xmlns.com/foaf/0.1/", "xsd": "http://www.w3.org/2001/XMLSchema#",
		"title": texts("dct:title"), "issued": node{"@id": "dct:issued", "@type": "xsd:date"}, "on": node{"@id": "on", "@type": "xsd:date"}}
}

func languages(t catalogue.Texts) node {
	out := node{}
	for l, s := range t {
		out[l] = s
	}
	return out
}

// graph begins the graph of a report.
func (w *writing) graph(name, kind string) node {
	return node{"@context": graphContext(), "@id": w.Base + "/api/duties/reports/" + name, "@type": kind, "issued": w.made.Format(time.DateOnly), "on": w.day()}
}
