package harvest

import (
	"cmp"
	"net/http"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
)

// agentAnswer is who publishes, or the catalogue that a record comes from.
type agentAnswer struct {
	Name string `json:"name"`
	URL  string `json:"url,omitzero"`
}

type contactAnswer struct {
	Name  string `json:"name,omitzero"`
	Email string `json:"email,omitzero"`
	URL   string `json:"url,omitzero"`
}

type licenceAnswer struct {
	Title string `json:"title"`
	URL   string `json:"url,omitzero"`
}

// recordAnswer is a harvested dataset.
type recordAnswer struct {
	Slug        string                   `json:"slug"`
	IRI         string                   `json:"iri"`
	Page        string                   `json:"page,omitzero"`
	Source      string                   `json:"source"`
	From        agentAnswer              `json:"harvestedFrom"`
	Title       catalogue.Texts          `json:"title"`
	Description catalogue.Texts          `json:"description"`
	Publisher   *agentAnswer             `json:"publisher,omitzero"`
	Contact     *contactAnswer           `json:"contact,omitzero"`
	Themes      []string                 `json:"themes"`
	HighValue   []string                 `json:"highValue,omitzero"`
	Keywords    map[string][]string      `json:"keywords"`
	Licence     *licenceAnswer           `json:"licence,omitzero"`
	Frequency   string                   `json:"frequency,omitzero"`
	Rights      string                   `json:"accessRights,omitzero"`
	Issued      string                   `json:"issued,omitzero"`
	Modified    string                   `json:"modified,omitzero"`
	Temporal    []string                 `json:"temporal,omitzero"`
	Bbox        []float64                `json:"bbox,omitzero"`
	Ways        []catalogue.HarvestedWay `json:"distributions"`
	Gone        string                   `json:"gone,omitzero"` // since when its source no longer has it
	Changed     string                   `json:"changed"`       // of this record
}

// record answers with a harvested dataset, for the page about it.
func (a *API) record(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	h, err := a.o.Catalogue.HarvestedOne(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	out := recordAnswer{Slug: h.Slug, IRI: h.IRI, Page: h.Page, Source: h.Source, From: agentAnswer(h.Origin), Title: h.Title, Description: h.Description, Themes: []string{},
		Keywords: h.Keywords, Rights: h.Rights, Issued: when(h.Issued), Modified: when(h.Modified), Bbox: h.Box, Ways: h.Ways, Gone: when(h.Gone), Changed: when(h.Changed)}
	if h.Publisher.Name != "" {
		out.Publisher = &agentAnswer{h.Publisher.Name, h.Publisher.URL}
	}
	if c := contactAnswer(h.Contact); c != (contactAnswer{}) {
		out.Contact = &c
	}
	for _, t := range h.Themes {
		out.Themes = append(out.Themes, catalogue.Authority+"data-theme/"+t)
	}
	for _, c := range h.HighValue {
		out.HighValue = append(out.HighValue, catalogue.BNA+c)
	}
	if l, ok := catalogue.LicenceOf(h.Licence); ok {
		out.Licence = &licenceAnswer{l.Title, l.URL}
	} else if h.LicenceIRI != "" {
		out.Licence = &licenceAnswer{h.LicenceIRI, h.LicenceIRI}
	}
	if h.Frequency != "" {
		out.Frequency = catalogue.Authority + "frequency/" + h.Frequency
	}
	if h.From != 0 || h.Until != 0 {
		out.Temporal = []string{cmp.Or(when(h.From), ".."), cmp.Or(when(h.Until), "..")}
	}
	if out.Keywords == nil {
		out.Keywords = map[string][]string{}
	}
	if out.Ways == nil {
		out.Ways = []catalogue.HarvestedWay{}
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, out)
}
