package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/timespan"
	"github.com/beffroi/beffroi/internal/vocab"
)

// description is what a steward sends, and gets back to edit.
type description struct {
	Title       catalogue.Texts     `json:"title"`
	Description catalogue.Texts     `json:"description"`
	Licence     string              `json:"license"`
	Publisher   agentIn             `json:"publisher"`
	Contact     contactAnswer       `json:"contact"`
	Themes      []string            `json:"themes"`
	Frequency   string              `json:"frequency"`
	Keywords    map[string][]string `json:"keywords"`
	HighValue   []string            `json:"highValue"` // codes, such as c_63b37dd4
	Selection   selectionIn         `json:"selection"`
	Layer       string              `json:"layer"`
	Period      float64             `json:"period"` // seconds
	ConformsTo  []string            `json:"conformsTo,omitzero"`
	Spatial     string              `json:"spatial,omitzero"`  // address of a place
	Temporal    *spanIn             `json:"temporal,omitzero"` // dates or instants
	Access      string              `json:"access,omitzero"`   // code of the EU table access-right
	Reason      string              `json:"reason,omitzero"`   // why it is not public
}

type agentIn struct {
	Name string `json:"name"`
	URL  string `json:"url,omitzero"`
}

type selectionIn struct {
	Types []string `json:"types"`
	Scope string   `json:"scope,omitzero"`
}

type spanIn struct {
	From  string `json:"from,omitzero"`
	Until string `json:"until,omitzero"`
}

// readDescription reads one from the body of a request.
func (a *API) readDescription(r *http.Request) (catalogue.Dataset, error) {
	if _, err := httpx.MediaType(r, httpx.TypeJSON); err != nil {
		return catalogue.Dataset{}, err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return catalogue.Dataset{}, err
	}
	var in description
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return catalogue.Dataset{}, problem.Wrap(problem.BadRequestData, err, "the description cannot be read: %.300s", err)
	}
	if !(in.Period >= 0 && in.Period < 1e9) {
		return catalogue.Dataset{}, problem.New(problem.BadRequestData, "period is a number of seconds, not %g", in.Period)
	}
	city, err := a.o.City(r.Context())
	if err != nil {
		return catalogue.Dataset{}, err
	}
	d := catalogue.Dataset{Slug: r.PathValue("slug"), Title: in.Title, Description: in.Description, Licence: in.Licence, Publisher: catalogue.Agent(in.Publisher),
		Contact: catalogue.Contact(in.Contact), Themes: in.Themes, Frequency: in.Frequency, Keywords: in.Keywords, HighValue: in.HighValue, Layer: in.Layer,
		Period: entity.Instant(in.Period * 1e6), Synthetic: city.Synthetic, Selection: catalogue.Selection{Scope: in.Selection.Scope},
		ConformsTo: in.ConformsTo, Place: in.Spatial, Access: in.Access, Reason: in.Reason}
	if in.Temporal != nil {
		if d.From, err = dayOf(in.Temporal.From); err == nil {
			d.Until, err = dayOf(in.Temporal.Until)
		}
		if err != nil {
			return d, err
		}
	}
	for _, t := range in.Selection.Types {
		if iri, ok := vocab.Terms()[t]; ok {
			t = iri
		}
		d.Selection.Types = append(d.Selection.Types, entity.Name(t))
	}
	return d, nil
}

// dayOf reads a date or an instant; "" is none.
func dayOf(s string) (entity.Instant, error) {
	if s == "" {
		return 0, nil
	}
	text := s
	if len(s) == len("2026-05-03") {
		text += "T00:00:00Z"
	}
	at, err := timespan.ParseInstant(text)
	if err != nil {
		return 0, problem.Wrap(problem.BadRequestData, err, "temporal: %.40q is neither a date such as 2026-05-03 nor an instant such as 2026-05-03T10:00:00Z", s)
	}
	return at, nil
}

func dayText(at entity.Instant) string {
	if at.IsZero() {
		return ""
	}
	return strings.TrimSuffix(at.String(), "T00:00:00Z")
}

// descriptionOf is the inverse of readDescription: what is sent back unchanged
// changes nothing.
func descriptionOf(d *catalogue.Dataset) description {
	out := description{Title: d.Title, Description: d.Description, Licence: d.Licence, Publisher: agentIn(d.Publisher), Contact: contactAnswer(d.Contact), Themes: d.Themes,
		Frequency: d.Frequency, Keywords: d.Keywords, HighValue: d.HighValue, Layer: d.Layer, Period: float64(d.Period) / 1e6, ConformsTo: d.ConformsTo, Spatial: d.Place,
		Access: d.Access, Reason: d.Reason, Selection: selectionIn{Scope: d.Selection.Scope}}
	if !d.From.IsZero() || !d.Until.IsZero() {
		out.Temporal = &spanIn{dayText(d.From), dayText(d.Until)}
	}
	for _, t := range d.Selection.Types {
		out.Selection.Types = append(out.Selection.Types, string(t))
	}
	return out
}

// tagOf names a description in an ETag; "" if there is none.
func tagOf(d *catalogue.Dataset) (string, error) {
	if d == nil {
		return "", nil
	}
	text, err := json.Marshal(descriptionOf(d), json.Deterministic(true))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12]), nil
}

// editAnswer is a dataset as its editor opens it.
type editAnswer struct {
	Slug        string      `json:"slug"`
	State       string      `json:"state"` // draft, published, withdrawn
	Href        string      `json:"href,omitzero"`
	Description description `json:"description"`
}

// describedAs answers GET /api/datasets/{slug}/description.
func (a *API) describedAs(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Get(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	tag, err := tagOf(d)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("ETag", `"`+tag+`"`)
	return httpx.WriteJSON(w, http.StatusOK, editAnswer{d.Slug, d.State.String(), d.Address, descriptionOf(d)})
}

// putDataset answers PUT /api/datasets/{slug}. If-Match and If-None-Match: *
// keep one steward from writing over another.
func (a *API) putDataset(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	d, err := a.readDescription(r)
	if err != nil {
		return err
	}
	err = a.o.Catalogue.PutIf(r.Context(), call, d, func(cur *catalogue.Dataset) error {
		if cur != nil && r.Header.Get("If-None-Match") == "*" {
			return exists(cur)
		}
		tag, err := tagOf(cur)
		if err != nil {
			return err
		}
		return httpx.CheckMatch(r, tag)
	})
	if err != nil {
		return err
	}
	kept, err := a.o.Catalogue.Get(r.Context(), call.Space, d.Slug)
	if err != nil {
		return err
	}
	tag, err := tagOf(kept)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", `"`+tag+`"`)
	return httpx.NoContent(w)
}

// exists says that a slug is taken, and by what.
func exists(d *catalogue.Dataset) error {
	return httpx.WithMember(problem.New(problem.AlreadyExists, "there is a dataset %q already (%s): change that one, or choose another title", d.Slug, d.State), "existing", existingOf(d))
}

type existing struct {
	Slug  string          `json:"slug"`
	State string          `json:"state"`
	Title catalogue.Texts `json:"title"`
	// File tells that its data came from a file that was published, so that
	// another file can take its place.
	File bool `json:"file"`
}

func existingOf(d *catalogue.Dataset) existing {
	return existing{d.Slug, d.State.String(), d.Title, d.Selection.Scope == fileScope(d.Slug)}
}

// fileScope is the scope of the rows of a published file.
func fileScope(slug string) string { return "/files/" + strings.ReplaceAll(slug, "-", "_") }
