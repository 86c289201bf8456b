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
)

// Options are the settings of an API.
type Options struct {
	Title   string
	Version string
	// Schemas are the named schemas that descriptions of routes refer to.
	Schemas map[string]any
	// Webhooks are requests that this server makes, by a name each: what its
	// body is, and the answers that it understands.
	Webhooks map[string]httpx.Description
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
	Params                           []httpx.Param
	Body                             []string // media types
	Answers                          []httpx.Answer
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
		if rt.Describe != nil {
			d := rt.Describe()
			e.Params, e.Answers = d.Params, d.Answers
			for _, m := range d.Body {
				e.Body = append(e.Body, m.Type)
			}
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
{{if .Body}}<p>Takes a body of type {{range $i, $m := .Body}}{{if $i}}, {{end}}<code>{{$m}}</code>{{end}}.</p>{{end}}
{{if .Answers}}<table><caption>Answers</caption><thead><tr><th scope="col">Status</th><th scope="col">What it means</th><th scope="col">Body</th></tr></thead>
<tbody>{{range .Answers}}<tr><th scope="row">{{.Status}}</th><td>{{.Description}}</td><td>{{range $i, $m := .Body}}{{if $i}}, {{end}}<code>{{$m.Type}}</code>{{end}}</td></tr>{{end}}</tbody></table>{{end}}
<pre tabindex="0"><code>{{.Curl}}</code></pre>
</details>
{{end}}
</section>
{{end}}
</main>
</body>
</html>
`))
