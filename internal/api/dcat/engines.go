package dcat

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
)

// maxSite is how many addresses one site map may have (sitemaps.org).
const maxSite = 50_000

// sitemap lists the pages of datasets; beyond the limit of one file it lists
// files that do.
func (a *API) sitemap(w http.ResponseWriter, r *http.Request) error {
	p, err := httpx.Params(r)
	if err == nil {
		err = httpx.OnlyParams(p, "page")
	}
	if err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	ds, err := a.o.Catalogue.Published(r.Context(), call.Space)
	if err != nil {
		return err
	}
	files := max(1, (len(ds)+maxSite-1)/maxSite)
	n, err := httpx.IntParam(p, "page", 0, 1, files)
	if err != nil {
		return err
	}
	body := siteFile(httpx.BaseURL(r), ds, n, files)
	w.Header().Set("Cache-Control", "no-cache")
	if httpx.NotModified(w, r, digest(body)) {
		return nil
	}
	return httpx.WriteBody(w, http.StatusOK, "application/xml; charset=utf-8", body)
}

// siteFile writes file n of files, or what leads to them if n is 0 and there
// are several.
func siteFile(base string, ds []*catalogue.Dataset, n, files int) []byte {
	var b bytes.Buffer
	line := func(element, address, changed string) {
		b.WriteString("<" + element + "><loc>")
		_ = xml.EscapeText(&b, []byte(base+address)) // a buffer takes all
		b.WriteString("</loc>")
		if changed != "" {
			b.WriteString("<lastmod>" + changed + "</lastmod>")
		}
		b.WriteString("</" + element + ">\n")
	}
	const space = ` xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n"
	b.WriteString(xml.Header)
	if n == 0 && files > 1 {
		b.WriteString("<sitemapindex" + space)
		for i := range files {
			line("sitemap", "/sitemap.xml?page="+strconv.Itoa(i+1), "")
		}
		b.WriteString("</sitemapindex>\n")
		return b.Bytes()
	}
	b.WriteString("<urlset" + space)
	if files == 1 && len(ds) < maxSite {
		line("url", "/catalogue", "")
	}
	from := max(0, n-1) * maxSite
	for _, d := range ds[min(from, len(ds)):min(from+maxSite, len(ds))] {
		line("url", d.Address, d.Changed.String())
	}
	b.WriteString("</urlset>\n")
	return b.Bytes()
}

// robots lets everybody in and says where the site map is.
func (a *API) robots(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteBody(w, http.StatusOK, "text/plain; charset=utf-8", []byte("User-agent: *\nAllow: /\nSitemap: "+httpx.BaseURL(r)+"/sitemap.xml\n"))
}

// datasetPage answers with the page of a published dataset, and in its head
// with what search engines read of it.
func (a *API) datasetPage(w http.ResponseWriter, r *http.Request, call broker.Call, d *catalogue.Dataset) error {
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	c, err := a.o.City(r.Context())
	if err != nil {
		return err
	}
	lang := languageOf(r)
	w.Header().Add("Vary", "Accept-Language")
	head, err := schemaOrg(httpx.BaseURL(r), c, set{d, x}, lang)
	if err != nil {
		return err
	}
	model, err := croissant(httpx.BaseURL(r), set{d, x}, lang)
	if err != nil {
		return err
	}
	return a.o.ShellWith(w, r, head+`<script type="application/ld+json">`+string(model)+"</script>")
}

// languageOf gives the language that a page is asked for in: by lang, else by
// what the browser prefers.
func languageOf(r *http.Request) string {
	if asked := r.URL.Query().Get("lang"); slices.Contains(catalogue.Languages(), asked) {
		return asked
	}
	return httpx.Language(r, catalogue.Languages()...)
}

// node is one of JSON-LD.
type node = map[string]any

// schemaOrg describes a dataset for search engines: schema.org/Dataset as
// JSON-LD in a script that no browser runs, with all that could end it
// escaped.
func schemaOrg(base string, c City, s set, lang string) (string, error) {
	d, x := s.d, s.x
	iri := base + d.Address
	licence, _ := catalogue.LicenceOf(d.Licence)
	organization := func(name, address string) node {
		n := node{"@type": "Organization", "@id": base + "/id/agent/" + slugOf(name), "name": name}
		if address != "" {
			n["url"] = address
		}
		return n
	}
	var files, fields []node
	for _, way := range Ways(base, d) {
		n := node{"@type": "DataDownload", "name": way.Title[lang], "contentUrl": way.URL}
		if way.MediaType != "" {
			n["encodingFormat"] = way.MediaType
		}
		if !way.Service {
			files = append(files, n)
		}
	}
	for i, col := range x.Columns() {
		n := node{"@type": "PropertyValue", "name": col.Short, "propertyID": string(x.Fields[i].Name)}
		if col.Unit != "" {
			n["unitCode"] = col.Unit
		}
		fields = append(fields, n)
	}
	about := strings.TrimSpace(d.Description[lang])
	if runes := []rune(about); len(runes) > 5000 {
		about = string(runes[:5000]) // what search engines take
	}
	doc := node{"@context": "https://schema.org/", "@type": "Dataset", "@id": iri, "url": iri, "identifier": iri, "name": d.Title[lang], "description": about,
		"inLanguage": lang, "license": licence.URL, "isAccessibleForFree": true, "publisher": organization(d.Publisher.Name, d.Publisher.URL),
		"creator": organization(d.Publisher.Name, d.Publisher.URL), "datePublished": d.Issued.String(), "dateModified": x.Modified.String(), "distribution": files,
		"includedInDataCatalog": node{"@type": "DataCatalog", "@id": base + "/catalog", "name": c.Name, "url": base + "/catalogue"}}
	if words := d.Keywords[lang]; len(words) > 0 {
		doc["keywords"] = words
	}
	if len(fields) > 0 {
		doc["variableMeasured"] = fields
	}
	if b := x.Box; !b.Empty() && b.West <= b.East {
		doc["spatialCoverage"] = node{"@type": "Place", "geo": node{"@type": "GeoShape", "box": fmt.Sprintf("%.6f %.6f %.6f %.6f", b.South, b.West, b.North, b.East)}}
	}
	if !x.First.IsZero() {
		doc["temporalCoverage"] = x.First.String() + "/" + x.Last.String()
	}
	text, err := json.Marshal(doc, json.Deterministic(true), jsontext.EscapeForHTML(true))
	if err != nil {
		return "", fmt.Errorf("describe the dataset %s for search engines: %w", d.Slug, err)
	}
	return `<meta name="description" content="` + html.EscapeString(about) + `"><link rel="canonical" href="` + html.EscapeString(iri) + `">` +
		`<script type="application/ld+json">` + string(text) + "</script>", nil
}
