package portal

import (
	"context"
	"net/http"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/shacl"
	"github.com/beffroi/beffroi/internal/store"
)

// Describe says all of a published dataset in DCAT-AP; base begins every
// address in the graph.
type Describe func(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset) (*rdf.Graph, error)

type dimensionAnswer struct {
	Key    string `json:"key"`
	Points int    `json:"points"`
	Max    int    `json:"max"`
}

type missingAnswer struct {
	Key       string          `json:"key"`
	Dimension string          `json:"dimension"`
	Points    int             `json:"points"` // that are missing
	With      int             `json:"with"`   // how many of those looked at meet it: the dataset, its distributions
	Of        int             `json:"of"`
	Title     catalogue.Texts `json:"title"`
	Field     string          `json:"field,omitzero"`
}

type findingAnswer struct {
	Profile    string          `json:"profile"`
	Severity   string          `json:"severity"` // Violation, Warning, Info
	Focus      string          `json:"focus"`
	Path       string          `json:"path,omitzero"`
	Field      string          `json:"field,omitzero"`
	Value      string          `json:"value,omitzero"`
	Constraint string          `json:"constraint"`
	Message    catalogue.Texts `json:"message"` // by language; "und" where the shape names none
}

type qualityAnswer struct {
	Slug       string            `json:"slug"`
	Points     int               `json:"points"`
	Max        int               `json:"max"`
	Rating     quality.Rating    `json:"rating"`
	Dimensions []dimensionAnswer `json:"dimensions"`
	Missing    []missingAnswer   `json:"missing"`
	Profiles   map[string]int    `json:"profiles"` // focus nodes that were looked at
	Findings   []findingAnswer   `json:"findings"`
}

// quality answers GET /api/datasets/{slug}/quality.
func (a *API) quality(w http.ResponseWriter, r *http.Request) error {
	call, _, err := a.datasetCall(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	base := httpx.BaseURL(r)
	g, err := a.o.Describe(r.Context(), base, call.Space, d)
	if err != nil {
		return err
	}
	// The addresses of this program answer: it is answering. Those of others
	// are not asked, and count as not answering.
	ours := func(address string) bool { return strings.HasPrefix(address, base+"/") }
	found, err := quality.Assess(g, rdf.IRI(base+d.Address), ours)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, qualityOf(d.Slug, found))
}

func qualityOf(slug string, found *quality.Assessment) qualityAnswer {
	out := qualityAnswer{Slug: slug, Points: found.Score.Points, Max: quality.Max, Rating: found.Score.Rating, Profiles: found.Looked,
		Missing: []missingAnswer{}, Findings: []findingAnswer{}}
	for _, d := range found.Score.Dimensions {
		out.Dimensions = append(out.Dimensions, dimensionAnswer(d))
	}
	for _, m := range found.Score.Missing() {
		out.Missing = append(out.Missing, missingAnswer{m.Key, m.Dimension, m.Points - m.Got, m.With, m.Of, m.Title, m.Field})
	}
	local := func(iri rdf.IRI) string { return strings.TrimPrefix(string(iri), shacl.SH) }
	for _, f := range found.Findings {
		message := catalogue.Texts{}
		for lang, text := range f.Messages {
			if lang == "" {
				lang = "und"
			}
			message[lang] = text
		}
		out.Findings = append(out.Findings, findingAnswer{Profile: f.Profile, Severity: local(f.Severity), Focus: f.Focus, Path: f.Path, Field: f.Field, Value: f.Value,
			Constraint: strings.TrimSuffix(local(f.Component), "ConstraintComponent"), Message: message})
	}
	return out
}
