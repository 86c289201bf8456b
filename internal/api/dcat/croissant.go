package dcat

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/format"
	"github.com/beffroi/beffroi/internal/format/csv"
)

// croissant answers with a dataset as Croissant 1.0.
func (a *API) croissant(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	call, err := a.o.Call(r)
	if err != nil {
		return err
	}
	d, err := a.o.Catalogue.Open(r.Context(), call.Space, r.PathValue("slug"))
	if err != nil {
		return err
	}
	x, err := a.o.Catalogue.Extent(r.Context(), call.Space, d)
	if err != nil {
		return err
	}
	body, err := croissant(httpx.BaseURL(r), set{d, x}, languageOf(r))
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "no-cache")
	if httpx.NotModified(w, r, digest(body)) {
		return nil
	}
	return httpx.WriteBody(w, http.StatusOK, typeJSONLD, body)
}

// croissantContext is the context that the Croissant 1.0 specification gives
// in its appendix, with the language of the texts.
func croissantContext(lang string) node {
	c := node{"@language": lang, "@vocab": "https://schema.org/", "sc": "https://schema.org/", "cr": "http://mlcommons.org/croissant/",
		"rai": "http://mlcommons.org/croissant/RAI/", "dct": "http://purl.org/dc/terms/", "conformsTo": "dct:conformsTo",
		"data": node{"@id": "cr:data", "@type": "@json"}, "dataType": node{"@id": "cr:dataType", "@type": "@vocab"}, "examples": node{"@id": "cr:examples", "@type": "@json"}}
	for _, term := range strings.Fields("citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset jsonPath key md5 " +
		"parentField path recordSet references regex repeated replace samplingRate separator source subField transform") {
		c[term] = "cr:" + term
	}
	return c
}

// croissant describes a dataset for those who train models with it: its files,
// and the columns of its table. The data lives, so that no file has a digest
// (Croissant 1.0, isLiveDataset). All that could end a script is escaped.
func croissant(base string, s set, lang string) ([]byte, error) {
	d, x := s.d, s.x
	iri := base + d.Address
	licence, _ := catalogue.LicenceOf(d.Licence)
	publisher := node{"@type": "sc:Organization", "name": d.Publisher.Name}
	if d.Publisher.URL != "" {
		publisher["url"] = d.Publisher.URL
	}
	doc := node{"@context": croissantContext(lang), "@type": "sc:Dataset", "@id": iri, "conformsTo": "http://mlcommons.org/croissant/1.0", "url": iri,
		"name": d.Title[lang], "description": strings.TrimSpace(d.Description[lang]), "inLanguage": lang, "license": licence.URL, "creator": publisher,
		"publisher": publisher, "datePublished": d.Issued.String(), "dateModified": x.Modified.String(), "isLiveDataset": true, "citeAs": citation(d, iri, lang)}
	if words := d.Keywords[lang]; len(words) > 0 {
		doc["keywords"] = words
	}
	media := formats()
	var files []node
	for _, way := range distributionsOf(d) {
		if way.service {
			continue
		}
		files = append(files, node{"@type": "cr:FileObject", "@id": d.Slug + "." + way.Ext, "name": d.Slug + "." + way.Ext, "description": way.title[lang],
			"contentUrl": base + way.address(d), "encodingFormat": cmp.Or(way.Media, mediaName(media[way.Ext].mediaType))})
	}
	if len(files) > 0 {
		doc["distribution"] = files
		doc["recordSet"] = []node{{"@type": "cr:RecordSet", "@id": "entities", "name": "entities", "key": node{"@id": "entities/id"},
			"description": map[string]string{"fr": "Une ligne par objet.", "nl": "Een rij per object.", "en": "A row for each entity."}[lang],
			"field":       croissantFields(d.Slug+".csv", x.Columns())}}
	}
	text, err := json.Marshal(doc, json.Deterministic(true), jsontext.EscapeForHTML(true))
	if err != nil {
		return nil, fmt.Errorf("describe the dataset %s as Croissant: %w", d.Slug, err)
	}
	return text, nil
}

// mediaName takes the parameters off a media type.
func mediaName(s string) string {
	name, _, _ := strings.Cut(s, ";")
	return name
}

// croissantFields gives the columns of the table in a file.
func croissantFields(file string, columns []format.Column) []node {
	types := map[string]string{"": "sc:Text", "anyURI": "sc:URL", "double": "sc:Float", "number": "sc:Float", "boolean": "sc:Boolean", "dateTime": "sc:DateTime"}
	var out []node
	for _, h := range csv.Headings(columns) {
		n := node{"@type": "cr:Field", "@id": "entities/" + h.Title, "name": h.Title, "dataType": types[h.Datatype],
			"source": node{"fileObject": node{"@id": file}, "extract": node{"column": h.Title}}}
		if h.Of != nil {
			n["equivalentProperty"] = string(h.Of.Name)
			if h.Of.Unit != "" {
				n["description"] = "UN/CEFACT " + h.Of.Unit
			}
		}
		out = append(out, n)
	}
	return out
}

// citation says how to cite a dataset, as BibTeX.
func citation(d *catalogue.Dataset, iri, lang string) string {
	plain := strings.NewReplacer("{", "", "}", "", "\\", "", "\n", " ")
	return "@misc{" + d.Slug + ", title = {" + plain.Replace(d.Title[lang]) + "}, author = {{" + plain.Replace(d.Publisher.Name) + "}}, year = {" + d.Issued.String()[:4] + "}, url = {" + iri + "}}"
}
