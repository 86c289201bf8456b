// Package openapi describes what the server answers: /openapi.json (OpenAPI
// 3.1) and a page to read it, both made from the route table that is served,
// so that neither can name an address that is not there or leave one out.
package openapi

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// Param is a parameter of an operation beyond those in its path.
type Param struct {
	Name, In, Description string // In is query or header
	Required              bool
	Example               string
}

// Options are the settings of an API.
type Options struct {
	Title   string
	Version string
	// Params gives the parameters of an operation by its name; nil knows none.
	Params func(operation string) []Param
}

// API answers. It describes the routes that Describe was given.
type API struct {
	o      Options
	routes []httpx.Route
}

// New makes an API without routes.
func New(o Options) *API { return &API{o: o} }

// Describe sets the routes; it is called once, before the first request. Those
// that only repeat others with a slash at the end are left out.
func (a *API) Describe(rs []httpx.Route) {
	a.routes = slices.DeleteFunc(slices.Clone(rs), func(r httpx.Route) bool {
		return strings.HasSuffix(r.Pattern, "/{$}") && r.Pattern != "/{$}"
	})
}

// Routes gives the addresses of the description. rule is that of the address:
// the description tells what there is to attack.
func (a *API) Routes() []httpx.Route {
	return []httpx.Route{
		{Method: http.MethodGet, Pattern: "/openapi.json", Rule: access.Read, Name: "openapi", Summary: "This description (OpenAPI 3.1)", Group: "Operations", Handle: a.document},
		{Method: http.MethodGet, Pattern: "/api", Rule: access.Read, Name: "explorer", Summary: "A page to read this description", Group: "Operations", Handle: a.explorer},
	}
}

var pathParam = regexp.MustCompile(`\{([A-Za-z]+)(\.\.\.)?\}`)

// cleanPath turns a pattern of net/http into a path of OpenAPI.
func cleanPath(pattern string) string {
	p := strings.ReplaceAll(pattern, "{$}", "")
	return pathParam.ReplaceAllString(p, "{$1}")
}

func (a *API) document(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, a.Document(httpx.BaseURL(r)))
}

func noParams(r *http.Request) error {
	p, err := httpx.Params(r)
	if err != nil {
		return err
	}
	return httpx.OnlyParams(p)
}

type object = map[string]any

// Document gives the description with base as the server's address.
func (a *API) Document(base string) any {
	paths := object{}
	for i := range a.routes {
		rt := &a.routes[i]
		p := cleanPath(rt.Pattern)
		item, _ := paths[p].(object)
		if item == nil {
			item = object{}
			paths[p] = item
		}
		item[strings.ToLower(rt.Method)] = a.operation(rt)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": a.o.Title, "version": a.o.Version, "license": object{"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
			"description": "Made from the routes that this server answers."},
		"servers": []object{{"url": base}},
		"paths":   paths,
		"components": object{
			"schemas":         object{"Problem": problemSchema()},
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}, "session": object{"type": "apiKey", "in": "cookie", "name": "beffroi_session"}},
		},
	}
}

func problemSchema() object {
	kinds := make([]string, 0, len(problem.Kinds()))
	for _, k := range problem.Kinds() {
		kinds = append(kinds, k.URI)
	}
	return object{
		"type": "object", "required": []string{"type", "title", "status"},
		"properties": object{
			"type":    object{"type": "string", "format": "uri", "enum": kinds},
			"title":   object{"type": "string"},
			"detail":  object{"type": "string"},
			"status":  object{"type": "integer"},
			"traceId": object{"type": "string"},
		},
	}
}

func (a *API) operation(rt *httpx.Route) object {
	op := object{"operationId": rt.Name, "summary": rt.Summary, "tags": []string{rt.Group},
		"description": "Who may: " + rt.Rule.Info().Who + "."}
	var params []object
	for _, m := range pathParam.FindAllStringSubmatch(rt.Pattern, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	if a.o.Params != nil {
		for _, p := range a.o.Params(rt.Name) {
			o := object{"name": p.Name, "in": p.In, "required": p.Required, "description": p.Description, "schema": object{"type": "string"}}
			if p.Example != "" {
				o["example"] = p.Example
			}
			params = append(params, o)
		}
	}
	if params != nil {
		op["parameters"] = params
	}
	if rt.Method == http.MethodPost || rt.Method == http.MethodPut || rt.Method == http.MethodPatch {
		op["requestBody"] = object{"content": object{"application/json": object{}}}
	}
	media := "application/problem+json"
	if rt.Style == httpx.NGSILD {
		media = "application/json"
	}
	op["responses"] = object{
		"2XX":     object{"description": "It worked."},
		"default": object{"description": "It did not; the body says why.", "content": object{media: object{"schema": object{"$ref": "#/components/schemas/Problem"}}}},
	}
	if !rt.Rule.Info().Open {
		op["security"] = []object{{"token": []string{}}, {"session": []string{}}}
	}
	return op
}

// JSON gives the description as text, for tests and files.
func (a *API) JSON(base string) ([]byte, error) {
	return json.Marshal(a.Document(base), json.Deterministic(true), jsontext.WithIndent("  "))
}

type explorerGroup struct {
	Name   string
	Routes []explorerRoute
}

type explorerRoute struct {
	Method, Path, Summary, Who, Curl string
	Params                           []Param
}

func (a *API) explorer(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	base := httpx.BaseURL(r)
	var groups []explorerGroup
	for i := range a.routes {
		rt := &a.routes[i]
		g := slices.IndexFunc(groups, func(g explorerGroup) bool { return g.Name == rt.Group })
		if g < 0 {
			groups = append(groups, explorerGroup{Name: rt.Group})
			g = len(groups) - 1
		}
		e := explorerRoute{Method: rt.Method, Path: cleanPath(rt.Pattern), Summary: rt.Summary, Who: rt.Rule.Info().Who}
		e.Curl = "curl"
		if rt.Method != http.MethodGet {
			e.Curl += " -X " + rt.Method
		}
		e.Curl += " '" + base + e.Path + "'"
		if a.o.Params != nil {
			e.Params = a.o.Params(rt.Name)
		}
		groups[g].Routes = append(groups[g].Routes, e)
	}
	slices.SortStableFunc(groups, func(x, y explorerGroup) int { return strings.Compare(x.Name, y.Name) })
	var b bytes.Buffer
	if err := explorerPage.Execute(&b, map[string]any{"Title": a.o.Title, "Version": a.o.Version, "Groups": groups}); err != nil {
		return fmt.Errorf("write the explorer page: %w", err)
	}
	httpx.AsPage(w.Header())
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteBody(w, http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

var explorerPage = template.Must(template.New("explorer").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}: what this server answers</title>
<link rel="stylesheet" href="/explorer.css">
</head>
<body>
<a class="skip" href="#content">Skip to the operations</a>
<header><p><a href="/">beffroi</a></p></header>
<main id="content">
<h1>What this server answers</h1>
<p>Version {{.Version}}. The same, for programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).
Send a token as <code>Authorization: Bearer …</code> where credentials are needed.</p>
<nav aria-label="Groups"><ul>{{range $i, $g := .Groups}}<li><a href="#g{{$i}}">{{$g.Name}}</a></li>{{end}}</ul></nav>
{{range $i, $g := .Groups}}
<section aria-labelledby="g{{$i}}">
<h2 id="g{{$i}}">{{$g.Name}}</h2>
{{range $g.Routes}}
<details>
<summary><span class="method">{{.Method}}</span> <code>{{.Path}}</code> <span class="what">{{.Summary}}</span></summary>
<p>Who may: {{.Who}}.</p>
{{if .Params}}<table><caption>Parameters</caption><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">What it does</th></tr></thead>
<tbody>{{range .Params}}<tr><th scope="row"><code>{{.Name}}</code></th><td>{{.In}}</td><td>{{.Description}}{{if .Example}} For example <code>{{.Example}}</code>.{{end}}</td></tr>{{end}}</tbody></table>{{end}}
<pre tabindex="0"><code>{{.Curl}}</code></pre>
</details>
{{end}}
</section>
{{end}}
</main>
</body>
</html>
`))
