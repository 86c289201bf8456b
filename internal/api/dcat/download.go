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
	"github.com/beffroi/beffroi/internal/format/geojson"
	"github.com/beffroi/beffroi/internal/problem"
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

type fileFormat struct {
	mediaType string
	open      func(w io.Writer, a format.About, columns []format.Column) (fileWriter, error)
}

func formats() map[string]fileFormat {
	return map[string]fileFormat{
		"geojson": {geojson.MediaType, func(w io.Writer, a format.About, c []format.Column) (fileWriter, error) {
			return geojson.New(w, a, c, catalogue.Short)
		}},
		"csv": {csv.MediaType, func(w io.Writer, a format.About, c []format.Column) (fileWriter, error) {
			return csv.New(w, a, c, catalogue.Short)
		}},
	}
}

// download answers with a published dataset as a file. It is read page by
// page, so that neither its length nor a slow client costs memory.
func (a *API) download(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	file := r.PathValue("file")
	slug, ext, _ := strings.Cut(file, ".")
	f, known := formats()[ext]
	if !known {
		return problem.New(problem.ResourceNotFound, "there is no file %.80q: a dataset is had as .geojson and as .csv", file)
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, slug)
	if err != nil {
		return err
	}
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	lang := httpx.Language(r, catalogue.Languages()...)
	h := w.Header()
	h.Add("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-cache")
	if httpx.NotModified(w, r, x.Version+"-"+ext+"-"+lang) {
		return nil
	}
	h.Set("Content-Type", f.mediaType)
	h.Set("Content-Disposition", `attachment; filename="`+d.Slug+"."+ext+`"`)
	h.Set("Content-Language", lang)
	licence, _ := catalogue.LicenceOf(d.Licence)
	h.Add("Link", "<"+licence.URL+`>; rel="license"`)
	if r.Method == http.MethodHead {
		return nil
	}
	about := format.About{Title: d.Title[lang], Publisher: d.Publisher.Name, Licence: licence.Title, LicenceURL: licence.URL,
		Source: httpx.BaseURL(r) + d.Address, At: a.o.Now(), Synthetic: d.Synthetic}
	if d.Synthetic {
		about.Note = synthetic()[lang][1]
	}
	buffer := bufio.NewWriterSize(w, 64<<10)
	out, err := f.open(buffer, about, x.Columns())
	if err != nil {
		return err
	}
	if err := a.pages(r, broker.Call{Space: call.Space}, d, out); err != nil {
		return err
	}
	return cmp.Or(out.Close(), buffer.Flush())
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
