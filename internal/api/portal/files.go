package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format/sheet"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/vocab"
)

// The bounds of a file and of the time that it may take; rows are written in
// lots.
const (
	maxFile  = 64 << 20
	fileTime = 5 * time.Minute
	lot      = 500
)

func (a *API) fileRoutes() []httpx.Route {
	if a.o.Catalogue == nil {
		return nil
	}
	route := func(method, pattern, name, summary string, h httpx.Handler) httpx.Route {
		return httpx.Route{Method: method, Pattern: pattern, Rule: access.Curate, Name: name, Summary: summary, Group: "Catalogue", MaxBody: maxFile, Timeout: fileTime, Handle: h}
	}
	return []httpx.Route{
		route(http.MethodPost, "/api/files/inspect", "file-inspect", "Read a CSV, XLSX or GeoJSON file and say what it seems to mean; nothing is kept", a.inspectFile),
		route(http.MethodPut, "/api/files/{slug}", "file-put", "Make entities of a file's rows: multipart/form-data with the parts plan (JSON) and file; what the file no longer holds is deleted", a.putFile),
	}
}

// columnJSON is a sheet.Column on the wire.
type columnJSON struct {
	Head     string   `json:"head"`
	Term     string   `json:"term"`
	Role     string   `json:"role"` // attribute, id, longitude, latitude, x, y, latlon, ignore
	Type     string   `json:"type"` // text, number, integer, boolean, date, dateTime, geometry
	Comma    bool     `json:"comma,omitzero"`
	DayFirst bool     `json:"dayFirst,omitzero"`
	Unit     string   `json:"unit,omitzero"`
	Empty    int      `json:"empty,omitzero"`
	Examples []string `json:"examples,omitzero"`
}

type inspection struct {
	Kind      string       `json:"kind"` // csv, xlsx, geojson
	Encoding  string       `json:"encoding,omitzero"`
	Delimiter string       `json:"delimiter,omitzero"`
	Rows      int          `json:"rows"`
	Shapes    bool         `json:"shapes,omitzero"` // rows have geometries of their own
	EPSG      int          `json:"epsg,omitzero"`
	Columns   []columnJSON `json:"columns"`
	Sample    [][]string   `json:"sample"` // the first rows
}

// inspectFile answers POST /api/files/inspect.
func (a *API) inspectFile(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.curating(r); err != nil {
		return err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	t, err := sheet.Read(body)
	if err != nil {
		return err
	}
	p := t.Guess()
	out := inspection{Kind: t.Kind, Encoding: t.Encoding, Delimiter: t.Delimiter, Rows: len(t.Rows), Shapes: t.Shapes != nil, EPSG: p.EPSG, Sample: t.Rows[:min(5, len(t.Rows))]}
	for _, c := range p.Columns {
		out.Columns = append(out.Columns, columnJSON(c))
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// filePlan is what a steward confirmed.
type filePlan struct {
	Type    string       `json:"type"` // short name or IRI of the entities
	EPSG    int          `json:"epsg"`
	Columns []columnJSON `json:"columns"`
	DryRun  bool         `json:"dryRun"`
	// Skip takes the rows that can be taken although others cannot.
	Skip bool `json:"skip"`
	// Replace puts the rows in the place of those that an earlier file gave to
	// the dataset of this name. Without it nothing that exists is touched.
	Replace bool `json:"replace"`
}

type faultJSON struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitzero"`
	Text   string `json:"text"`
}

type fileAnswerJSON struct {
	Rows     int         `json:"rows"`
	Entities int         `json:"entities"`
	Bad      int         `json:"bad"` // rows left out
	Faults   []faultJSON `json:"faults,omitzero"`
	Written  bool        `json:"written"`
	Created  int         `json:"created"`
	Deleted  int         `json:"deleted"`
	// Selection is what a dataset of these entities selects.
	Selection struct {
		Types []string `json:"types"`
		Scope string   `json:"scope"`
	} `json:"selection"`
	First map[string]any `json:"first,omitzero"` // the first entity, as people read it
}

// putFile answers PUT /api/files/{slug}.
func (a *API) putFile(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	slug := r.PathValue("slug")
	if err := catalogue.CheckSlug(slug); err != nil {
		return err
	}
	plan, data, err := fileParts(r)
	if err != nil {
		return err
	}
	t, err := sheet.Read(data)
	if err != nil {
		return err
	}
	p := sheet.Plan{EPSG: plan.EPSG}
	for _, c := range plan.Columns {
		p.Columns = append(p.Columns, sheet.Column(c))
	}
	if err := t.Check(&p); err != nil {
		return err
	}
	to, err := targetOf(plan.Type, slug)
	if err != nil {
		return err
	}
	fs, faults, bad := t.Entities(&p, to)
	out := fileAnswerJSON{Rows: len(t.Rows), Entities: len(fs), Bad: bad}
	for _, f := range faults {
		out.Faults = append(out.Faults, faultJSON(f))
	}
	out.Selection.Types, out.Selection.Scope = []string{string(to.Type)}, to.Scope
	if len(fs) > 0 {
		short := map[entity.Name]string{}
		for _, at := range fs[0].Attrs {
			short[at.Name] = catalogue.Short(at.Name)
		}
		out.First = row(&entity.Entity{ID: fs[0].ID, Types: fs[0].Types, Attrs: fs[0].Attrs}, short, "en")
	}
	if plan.DryRun || len(fs) == 0 || bad > 0 && !plan.Skip {
		return httpx.WriteJSON(w, http.StatusOK, out)
	}
	if err := a.mayFill(r.Context(), call, slug, to, plan.Replace); err != nil {
		return err
	}
	if err := a.writeRows(r.Context(), call, to, fs, &out); err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// mayFill refuses rows for a dataset that exists, unless they are to take the
// place of rows that came from a file too.
//
// Errors: problem.AlreadyExists, with what exists; problem.Conflict if its
// data comes from elsewhere; problem.Gone.
func (a *API) mayFill(ctx context.Context, call broker.Call, slug string, to sheet.Target, replace bool) error {
	d, err := a.o.Catalogue.Get(ctx, call.Space, slug)
	switch {
	case problem.Is(err, problem.ResourceNotFound):
		return nil
	case err != nil:
		return err
	case d.State == catalogue.Withdrawn:
		return problem.New(problem.Gone, "the dataset %q was withdrawn; its address is not used again: choose another title", slug)
	}
	e := existingOf(d)
	e.File = e.File && slices.Contains(d.Selection.Types, to.Type)
	switch {
	case !e.File:
		err = problem.New(problem.Conflict, "there is a dataset %q already, and its data does not come from a file of such rows: choose another title", slug)
	case !replace:
		err = problem.New(problem.AlreadyExists, "there is a dataset %q already (%s): send the plan with \"replace\": true to put these rows in the place of its rows, or choose another title", slug, d.State)
	default:
		return nil
	}
	return httpx.WithMember(err, "existing", e)
}

// fileParts reads plan and file from a form.
func fileParts(r *http.Request) (plan filePlan, data []byte, err error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return plan, nil, problem.New(problem.UnsupportedMediaType, "send multipart/form-data with the parts plan (JSON, as /api/files/inspect proposes it) and file")
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return plan, nil, err
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	planned := false
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return plan, nil, problem.Wrap(problem.BadRequestData, err, "the form cannot be read: %v", err)
		}
		content, err := io.ReadAll(part) // bounded by the body
		if err != nil {
			return plan, nil, problem.Wrap(problem.BadRequestData, err, "the part %q of the form breaks off", part.FormName())
		}
		switch part.FormName() {
		case "plan":
			planned = true
			if err := json.Unmarshal(content, &plan, json.RejectUnknownMembers(true)); err != nil {
				return plan, nil, problem.Wrap(problem.BadRequestData, err, "the plan cannot be read: %.300s", err)
			}
		case "file":
			data = content
		default:
			return plan, nil, problem.New(problem.BadRequestData, "the form has a part %.60q; its parts are plan and file", part.FormName())
		}
	}
	if !planned || data == nil {
		return plan, nil, problem.New(problem.BadRequestData, "the form needs both parts: plan (JSON) and file")
	}
	return plan, data, nil
}

// targetOf says what the rows become: a known short name, a full IRI, or a new
// short name in the default vocabulary.
func targetOf(typ, slug string) (sheet.Target, error) {
	expand := func(s string) entity.Name {
		if iri, ok := vocab.Terms()[s]; ok {
			return entity.Name(iri)
		}
		if strings.Contains(s, ":") {
			return entity.Name(s)
		}
		return entity.Name(ldctx.DefaultVocab + s)
	}
	to := sheet.Target{Type: expand(typ), Slug: slug, Scope: fileScope(slug), Expand: expand}
	if typ == "" || entity.CheckURI(string(to.Type)) != nil {
		return to, problem.New(problem.BadRequestData, "type %.80q cannot name what a row is: give one word, such as LampPost", typ)
	}
	if to.Type == catalogue.Type() {
		return to, problem.New(problem.OperationNotSupported, "rows cannot become datasets: describe a dataset by PUT /api/datasets/{slug}")
	}
	to.Short = catalogue.Short(to.Type)
	return to, nil
}

// writeRows puts the entities in, and takes out those of the file before that
// this one no longer has. Each lot is durable when it is answered; what a
// crash leaves is made whole by sending the file again.
func (a *API) writeRows(ctx context.Context, call broker.Call, to sheet.Target, fs []entity.Fragment, out *fileAnswerJSON) error {
	call.Origin.Source = "file:" + to.Slug
	kept := make(map[entity.ID]bool, len(fs))
	for i := 0; i < len(fs); i += lot {
		part := fs[i:min(i+lot, len(fs))]
		res, err := a.o.Broker.UpsertMany(ctx, call, part, broker.UpsertReplace)
		if err != nil {
			return fmt.Errorf("write rows %d to %d of the file %s: %w", i+1, i+len(part), to.Slug, err)
		}
		for _, o := range res {
			if o.Err != nil {
				return fmt.Errorf("write %s of the file %s: %w", o.ID, to.Slug, o.Err)
			}
			kept[o.ID] = true
			if o.Created {
				out.Created++
			}
		}
	}
	scope, err := q.Scopes(to.Scope)
	if err != nil {
		return err
	}
	var gone []entity.ID
	prefix := "urn:ngsi-ld:" + to.Short + ":" + to.Slug + ":"
	err = a.o.Broker.Walk(ctx, call, &query.Query{Types: query.OneType(to.Type), Scope: scope}, 0, func(e *entity.Entity) bool {
		if !kept[e.ID] && strings.HasPrefix(string(e.ID), prefix) {
			gone = append(gone, e.ID)
		}
		return true
	})
	if err != nil {
		return err
	}
	for i := 0; i < len(gone); i += lot {
		res, err := a.o.Broker.DeleteMany(ctx, call, gone[i:min(i+lot, len(gone))])
		if err != nil {
			return fmt.Errorf("delete what the file %s no longer holds: %w", to.Slug, err)
		}
		for _, o := range res {
			if o.Err != nil && !problem.Is(o.Err, problem.ResourceNotFound) {
				return o.Err
			}
			out.Deleted++
		}
	}
	out.Written = true
	return nil
}
