package law

import (
	"net/http"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/problem"
)

// form is a form in which reports are given out.
type form struct {
	name, media string
	make        func(*duty.Report) ([]byte, error)
}

func forms() []form {
	return []form{
		{"html", "text/html; charset=utf-8", func(r *duty.Report) ([]byte, error) { return pdf.Page(r.Document, "") }},
		{"pdf", "application/pdf", func(r *duty.Report) ([]byte, error) { return pdf.Write(r.Document) }},
		{"csv", "text/csv; charset=utf-8", func(r *duty.Report) ([]byte, error) { return duty.CSV(r.Rows) }},
		{"jsonld", "application/ld+json", (*duty.Report).JSONLD},
	}
}

func (a *API) reportRoutes() []httpx.Route {
	names := []string{}
	var media []httpx.Media
	for _, f := range forms() {
		names = append(names, f.name)
		media = append(media, httpx.Media{Type: f.media})
	}
	return []httpx.Route{
		route(http.MethodGet, "/api/duties/reports/{report}", access.Curate, "duties-report", "A report: duties, hvd (the city's part of the State's report, (EU) 2023/138, Art. 5), processing (GDPR, Art. 30)", a.report, func() httpx.Description {
			return httpx.Description{Params: append(when(),
				httpx.Param{Name: "format", In: "query", Description: "html if it is left out.", Schema: httpx.Schema{"enum": names}},
				httpx.Param{Name: "lang", In: "query", Description: "fr if it is left out.", Schema: httpx.Schema{"enum": []string{"fr", "nl", "en"}}}),
				Answers: []httpx.Answer{{Status: http.StatusOK, Description: "The report.", Body: media}}}
		}),
	}
}

func (a *API) report(w http.ResponseWriter, r *http.Request) error {
	c, q, err := a.asking(r, "format", "lang")
	if err != nil {
		return err
	}
	p := r.URL.Query()
	format, lang := p.Get("format"), p.Get("lang")
	if format == "" {
		format = "html"
	}
	if lang == "" {
		lang = "fr"
	}
	city, err := a.o.City(r.Context())
	if err != nil {
		return err
	}
	name := r.PathValue("report")
	got, err := a.o.Duty.Report(r.Context(), c, name, q, duty.Printing{Lang: lang, Base: httpx.BaseURL(r), City: city, Ways: a.o.Ways})
	if err != nil {
		return err
	}
	for _, f := range forms() {
		if f.name != format {
			continue
		}
		body, err := f.make(got)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		if format != "html" {
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+"-"+q.Date.String()+"."+format+`"`)
		}
		return httpx.WriteBody(w, http.StatusOK, f.media, body)
	}
	return problem.New(problem.BadRequestData, "a report is given as html, pdf, csv or jsonld, not as %.20q", format)
}
