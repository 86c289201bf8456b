package quality

import (
	"bytes"
	"embed"
	"fmt"
	"sync"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
)

//go:embed shapes/*.ttl
var shapeFiles embed.FS

// Profile is a set of official shapes.
type Profile struct {
	Name   string // "DCAT-AP 3.0.1" or "DCAT-AP HVD 3.0.0"
	shapes *shacl.Shapes
}

// Validate holds a graph against the profile.
func (p Profile) Validate(g *rdf.Graph) (*shacl.Report, error) { return p.shapes.Validate(g) }

// Profiles gives DCAT-AP 3.0.1 and DCAT-AP HVD 3.0.0, in this order. They are
// compiled when they are first asked for.
var Profiles = sync.OnceValues(func() ([]Profile, error) {
	var out []Profile
	for _, p := range []struct{ name, file string }{{"DCAT-AP 3.0.1", "dcat-ap-SHACL.ttl"}, {"DCAT-AP HVD 3.0.0", "hvd-SHACL-full.ttl"}} {
		text, err := shapeFiles.ReadFile("shapes/" + p.file)
		if err != nil {
			return nil, err
		}
		g, err := rdf.Read(bytes.NewReader(text), rdf.TurtleForm, rdf.IRI("https://semiceu.github.io/"+p.file), rdf.Limits{})
		if err != nil {
			return nil, fmt.Errorf("the shapes of %s: %w", p.name, err)
		}
		s, err := shacl.Compile(g, shacl.Limits{})
		if err != nil {
			return nil, fmt.Errorf("the shapes of %s: %w", p.name, err)
		}
		out = append(out, Profile{p.name, s})
	}
	return out, nil
})

// Finding is what a profile finds at one node.
type Finding struct {
	Profile   string
	Severity  rdf.IRI
	Focus     string
	Path      string // as shacl.Result has it
	Field     string // of the description that a steward types, "" if none
	Value     string
	Component rdf.IRI
	Messages  catalogue.Texts // by language; "" where the shape names none
}

// Assessment is all that is said of a description.
type Assessment struct {
	Score    Score
	Findings []Finding      // by profile, then as shacl orders them
	Looked   map[string]int // focus nodes by profile
}

// fields are the properties that a steward types.
func fields() map[rdf.IRI]string {
	return map[rdf.IRI]string{dct + "title": "title", dct + "description": "description", dct + "publisher": "publisher", dcat + "contactPoint": "contact",
		dcat + "theme": "themes", dcat + "keyword": "keywords", dct + "license": "license", dct + "accrualPeriodicity": "frequency",
		"http://data.europa.eu/r5r/hvdCategory": "highValue"}
}

// Assess scores a dataset and holds it against the profiles; that of high-value
// datasets only if it is one.
func Assess(g *rdf.Graph, dataset rdf.IRI, answers func(address string) bool) (*Assessment, error) {
	profiles, err := Profiles()
	if err != nil {
		return nil, err
	}
	out := &Assessment{Looked: map[string]int{}}
	conforms, field := true, fields()
	for i, p := range profiles {
		if i == 1 && !highValue(g, dataset) {
			continue
		}
		report, err := p.Validate(g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if i == 0 {
			conforms = report.Count(shacl.Violation) == 0
		}
		for _, l := range report.Looked {
			out.Looked[p.Name] += l.Nodes
		}
		for _, r := range report.Results {
			f := Finding{Profile: p.Name, Severity: r.Severity, Focus: r.Focus.Value(), Path: r.Path, Field: field[r.Predicate], Component: r.Component, Messages: catalogue.Texts{}}
			if r.HasValue {
				f.Value = r.Value.Value()
			}
			for _, m := range r.Messages {
				f.Messages[m.Lang] = m.Text
			}
			out.Findings = append(out.Findings, f)
		}
	}
	out.Score = ScoreOf(Given{Graph: g, Dataset: dataset, Conforms: conforms, Answers: answers})
	return out, nil
}

// highValue reports whether a dataset is one of (EU) 2023/138.
func highValue(g *rdf.Graph, dataset rdf.IRI) bool {
	return g.Has(dataset, "http://data.europa.eu/r5r/applicableLegislation", rdf.Ref(catalogue.HighValueAct))
}
