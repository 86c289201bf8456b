package portal

import (
	"net/http"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
)

// contradictionAnswer is what the data says against the description.
type contradictionAnswer struct {
	Field    string          `json:"field"`
	Declared string          `json:"declared"`
	Measured string          `json:"measured"`
	Text     catalogue.Texts `json:"text"`
}

// measuredAnswer is what nobody types: it comes from the data.
type measuredAnswer struct {
	Count    int         `json:"count"`
	Bbox     *[4]float64 `json:"bbox,omitzero"`     // west, south, east, north
	Temporal *[2]string  `json:"temporal,omitzero"` // oldest and newest observation
	Period   float64     `json:"period,omitzero"`   // seconds between two readings, median
	Modified string      `json:"modified"`
	Fields   int         `json:"fields"`
}

// typedAnswer is what only people know.
type typedAnswer struct {
	Title     catalogue.Texts `json:"title"`
	Publisher string          `json:"publisher"`
	Licence   string          `json:"license"`
	Themes    []string        `json:"themes"`    // codes
	Frequency string          `json:"frequency"` // code
	Period    float64         `json:"period,omitzero"`
	HighValue []string        `json:"highValue,omitzero"` // codes
}

type inventoryLine struct {
	Slug  string `json:"slug"`
	State string `json:"state"` // draft, published, withdrawn
	Href  string `json:"href,omitzero"`
	// Light says where to look first: "red" lacks something or is published
	// empty, "amber" contradicts itself, "green" neither.
	Light          string                `json:"light"`
	Missing        []string              `json:"missing,omitzero"`
	Contradictions []contradictionAnswer `json:"contradictions,omitzero"`
	Typed          typedAnswer           `json:"typed"`
	Measured       measuredAnswer        `json:"measured"`
}

// inventory answers GET /api/inventory: every dataset in whatever state, what
// it lacks, what is typed and what is measured, and where they disagree.
func (a *API) inventory(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	ds, err := a.o.Catalogue.All(r.Context(), call.Space)
	if err != nil {
		return err
	}
	out := []inventoryLine{}
	for _, d := range ds {
		x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
		if err != nil {
			return err
		}
		out = append(out, a.inventoryLine(d, x))
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, map[string]any{"datasets": out})
}

func measuredOf(x *catalogue.Extent) measuredAnswer {
	out := measuredAnswer{Count: x.Count, Period: float64(x.Period) / 1e6, Modified: x.Modified.String(), Fields: len(x.Fields)}
	if !x.Box.Empty() {
		out.Bbox = &[4]float64{x.Box.West, x.Box.South, x.Box.East, x.Box.North}
	}
	if !x.First.IsZero() {
		out.Temporal = &[2]string{x.First.String(), x.Last.String()}
	}
	return out
}

func (a *API) inventoryLine(d *catalogue.Dataset, x *catalogue.Extent) inventoryLine {
	out := inventoryLine{Slug: d.Slug, State: d.State.String(), Href: d.Address, Light: "green", Missing: d.Missing(),
		Typed:    typedAnswer{Title: d.Title, Publisher: d.Publisher.Name, Licence: d.Licence, Themes: d.Themes, Frequency: d.Frequency, Period: float64(d.Period) / 1e6, HighValue: d.HighValue},
		Measured: measuredOf(x)}
	if d.State == catalogue.Withdrawn {
		return out // nobody relies on it any more
	}
	for _, c := range catalogue.Contradictions(d, x, a.o.Now()) {
		out.Contradictions = append(out.Contradictions, contradictionAnswer(c))
		out.Light = "amber"
	}
	if len(out.Missing) > 0 || d.State == catalogue.Published && x.Count == 0 && !d.Closed() {
		out.Light = "red"
	}
	return out
}
