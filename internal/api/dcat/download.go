package dcat

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/format/csv"
	"github.com/beffroi/beffroi/internal/format/flatgeobuf"
	"github.com/beffroi/beffroi/internal/format/geojson"
	"github.com/beffroi/beffroi/internal/format/geoparquet"
	"github.com/beffroi/beffroi/internal/format/jsonfile"
	"github.com/beffroi/beffroi/internal/format/jsonld"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

const (
	// downloadTime is how long the slowest client may take.
	downloadTime = 30 * time.Minute
	// downloadPage is how many entities are held at a time.
	downloadPage = 500
)

// entitiesPath is where the API gives a dataset's entities.
func entitiesPath(d *catalogue.Dataset) string {
	types := make([]string, len(d.Selection.Types))
	for i, t := range d.Selection.Types {
		types[i] = string(t)
	}
	p := "/ngsi-ld/v1/entities?type=" + url.QueryEscape(strings.Join(types, ","))
	if d.Selection.Scope != "" {
		p += "&scopeQ=" + url.QueryEscape(d.Selection.Scope)
	}
	return p + "&limit=100"
}

// fileWriter is what the file formats have in common.
type fileWriter interface {
	Write(e *entity.Entity) error
	Close() error
}

// file is one file of a dataset as it is asked for.
type file struct {
	about   format.About
	columns []format.Column
	address string // of the file itself
}

type fileFormat struct {
	mediaType string
	open      func(w io.Writer, f file) (fileWriter, error)
}

// formats gives the writers of catalogue.Files, by extension.
func formats() map[string]fileFormat {
	return map[string]fileFormat{
		"geojson": {geojson.MediaType, func(w io.Writer, f file) (fileWriter, error) {
			return geojson.New(w, f.about, f.columns, catalogue.Short)
		}},
		"csv": {csv.MediaType, func(w io.Writer, f file) (fileWriter, error) {
			return csv.New(w, f.about, f.columns, catalogue.Short)
		}},
		"json": {jsonfile.MediaType, func(w io.Writer, f file) (fileWriter, error) {
			return jsonfile.NewDocument(w, f.about, f.columns, catalogue.Short)
		}},
		"ndjson": {jsonfile.MediaTypeLines, func(w io.Writer, f file) (fileWriter, error) {
			return jsonfile.NewLines(w, f.about, f.columns, catalogue.Short)
		}},
		"jsonld": {jsonld.MediaType, func(w io.Writer, f file) (fileWriter, error) {
			return jsonld.New(w, f.about, f.columns, f.address)
		}},
		"parquet": {geoparquet.MediaType, func(w io.Writer, f file) (fileWriter, error) {
			return geoparquet.New(w, f.about, f.columns, catalogue.Short)
		}},
		"fgb": {flatgeobuf.MediaType, func(w io.Writer, f file) (fileWriter, error) {
			return flatgeobuf.New(w, f.about, f.columns, catalogue.Short)
		}},
	}
}

// csvw is the ending of what describes the table: the name under which
// readers of tables look for it (Model for Tabular Data, 5.3).
const csvw = "csv-metadata.json"

// download answers with a published dataset as a file, or with what describes
// its table. It is read page by page, so that neither its length nor a slow
// client costs memory.
func (a *API) download(w http.ResponseWriter, r *http.Request) error {
	at, err := a.moment(r)
	if err != nil {
		return err
	}
	name := r.PathValue("file")
	slug, ext, _ := strings.Cut(name, ".")
	form, known := formats()[ext]
	if !known && ext != csvw {
		var all []string
		for _, f := range catalogue.Files() {
			all = append(all, "."+f.Ext)
		}
		return problem.New(problem.ResourceNotFound, "there is no file %.80q: a dataset is had as %s; .%s describes its table", name, strings.Join(all, ", "), csvw)
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, slug)
	if err != nil {
		return err
	}
	if d.Closed() {
		return problem.New(problem.Forbidden, "the data of %q is not public: it is listed so that it can be asked for; its page says why, and whom to ask", slug)
	}
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	lang := httpx.Language(r, catalogue.Languages()...)
	h := w.Header()
	h.Add("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-cache")
	// A late value changes the past and nothing that is measured: an earlier
	// state has no tag.
	if at.IsZero() && httpx.NotModified(w, r, x.Version+"-"+ext+"-"+lang) {
		return nil
	}
	h.Set("Content-Language", lang)
	licence, _ := catalogue.LicenceOf(d.Licence)
	base := httpx.BaseURL(r)
	httpx.AddLink(h, licence.URL, "license")
	httpx.AddLink(h, base+d.Address, "describedby")
	query, stamp := "", ""
	if !at.IsZero() {
		query = "?at=" + url.QueryEscape(at.String())
		stamp = "-" + strings.NewReplacer("-", "", ":", "").Replace(at.String())
	}
	f := a.fileOf(base, r.URL.Path, query, d, x, lang, at)
	if ext == csvw {
		return httpx.WriteBody(w, http.StatusOK, csv.MediaTypeMetadata, csv.Describe(f.about, f.columns, slug+".csv"+query, x.Modified.String()))
	}
	if ext == "csv" {
		httpx.AddLink(h, base+"/datasets/"+slug+"."+csvw+query, "describedby", "type", csv.MediaTypeMetadata)
	}
	h.Set("Content-Type", form.mediaType)
	h.Set("Content-Disposition", `attachment; filename="`+d.Slug+stamp+"."+ext+`"`)
	if r.Method == http.MethodHead {
		return nil
	}
	buffer := bufio.NewWriterSize(w, 64<<10)
	out, err := form.open(buffer, f)
	if err != nil {
		return err
	}
	if err := a.pages(r, broker.Call{Space: call.Space, Moment: store.Moment{Valid: at}}, d, out); err != nil {
		return err
	}
	return cmp.Or(out.Close(), buffer.Flush())
}

// fileOf says what stands in a file beside its entities; at is the moment of
// an earlier state, else zero.
func (a *API) fileOf(base, path, query string, d *catalogue.Dataset, x *catalogue.Extent, lang string, at entity.Instant) file {
	licence, _ := catalogue.LicenceOf(d.Licence)
	f := file{columns: x.Columns(), address: base + path + query, about: format.About{Title: d.Title[lang], Publisher: d.Publisher.Name, Licence: licence.Title,
		LicenceURL: licence.URL, Source: base + d.Address, At: a.o.Now(), Valid: at, Language: lang, Synthetic: d.Synthetic}}
	if d.Synthetic {
		f.about.Note = synthetic()[lang][1]
	}
	return f
}

func describeFile() httpx.Description {
	return httpx.Description{Params: []httpx.Param{
		{Name: "at", In: "query", Description: "The state of that moment, as it is known today; without it the current one", Example: "2026-03-29T10:00:00Z", Schema: httpx.Schema{"type": "string", "format": "date-time"}},
	}, Answers: []httpx.Answer{{Status: http.StatusOK, Description: "The file", Headers: []string{"Content-Disposition", "ETag", "Link"}},
		{Status: http.StatusNotModified, Description: "It is what the client has"}}}
}

// moment reads which state is asked for: that of the parameter at, as it is
// known today; zero is now.
func (a *API) moment(r *http.Request) (entity.Instant, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return 0, err
	}
	if err := httpx.OnlyParams(p, "lang", "at"); err != nil || !p.Has("at") {
		return 0, err
	}
	at, err := timespan.ParseInstant(p.Get("at"))
	if err != nil {
		return 0, problem.Wrap(problem.BadRequestData, err, "at is a moment such as 2026-05-01T10:00:00Z: %.200s", err)
	}
	if at > a.o.Now() {
		return 0, problem.New(problem.BadRequestData, "at is %s, which is yet to come: files hold what is and what was", at)
	}
	return at, nil
}

// pages writes all entities of d. Nothing of the store is held while the
// client takes a page.
func (a *API) pages(r *http.Request, call broker.Call, d *catalogue.Dataset, out fileWriter) error {
	q, err := d.Selection.Query()
	if err != nil {
		return err
	}
	page := make([]*entity.Entity, 0, downloadPage)
	for after := entity.Number(0); ; after = page[len(page)-1].Number {
		page = page[:0]
		err := a.o.Broker.Walk(r.Context(), call, &q, after, func(e *entity.Entity) bool {
			page = append(page, e)
			return len(page) < downloadPage
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := out.Write(e); err != nil {
				return fmt.Errorf("write the file of dataset %s: %w", d.Slug, err)
			}
		}
		if len(page) < downloadPage {
			return nil
		}
	}
}
