// Package page serves the built user interface: one shell for every page, and
// its files. The files of the build carry a digest in their names and are kept
// by browsers for good; the shell is asked for each time.
//
// Everything is read once, when the package is made; a page shows nothing of
// the city by itself, so everyone may have it.
package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// API serves a built interface. Use New.
type API struct {
	files map[string]file // by path below the root, such as assets/index-1a2b.js
	shell file
}

type file struct {
	body      []byte
	mediaType string
	tag       string
}

// New reads dist, which has index.html at its root; the shell's ETag is
// version, which must change with every build.
func New(dist fs.FS, version string) (*API, error) {
	a := &API{files: map[string]file{}}
	err := fs.WalkDir(dist, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dist, p)
		if err != nil {
			return err
		}
		a.files[p] = file{body: b, mediaType: typeOf(p), tag: version}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built interface: %w", err)
	}
	shell, ok := a.files["index.html"]
	if !ok {
		return nil, fmt.Errorf("the built interface has no index.html; build it with npm run build in web/")
	}
	a.shell = shell
	return a, nil
}

// typeOf gives the media type by the file's ending, without asking the
// machine's own table first: that one differs from machine to machine.
func typeOf(p string) string {
	switch path.Ext(p) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// Routes gives the addresses of the pages and their files.
func (a *API) Routes() []httpx.Route {
	var rs []httpx.Route
	add := func(pattern, name, summary string, h httpx.Handler) {
		rs = append(rs, httpx.Route{Method: http.MethodGet, Pattern: pattern, Rule: access.Anyone, Name: name, Summary: summary, Group: "Pages", Handle: h})
	}
	add("/{$}", "page-start", "The map", a.Shell)
	add("/map", "page-map", "The map", a.Shell)
	add("/catalogue", "page-catalogue", "The catalogue", a.Shell)
	add("/inventory", "page-inventory", "The steward's list of datasets", a.Shell)
	add("/duties", "page-organisation-duties", "Where the organisation stands with each act", a.Shell)
	add("/inventory/{slug}", "page-duties", "Which acts apply to a dataset", a.Shell)
	add("/inventory/{slug}/edit", "page-edit", "The editor of a dataset's description", a.Shell)
	add("/series", "page-series", "The series of datasets", a.Shell)
	add("/describe", "page-describe", "Describe a new dataset", a.Shell)
	add("/harvest", "page-harvest", "The catalogues that are harvested, with their reports", a.Shell)
	add("/publish", "page-publish", "From a file to a published dataset", a.Shell)
	add("/information-point", "page-information-point", "The protected data that can be asked for", a.Shell)
	add("/inbox", "page-inbox", "What you are to be told", a.Shell)
	add("/requests/new", "page-ask", "Asking for data", a.Shell)
	add("/requests/{id}", "page-follow", "Following a request", a.Shell)
	add("/registers", "page-registers", "Decisions, exclusive arrangements, fees", a.Shell)
	add("/wanted", "page-wanted", "The board of wanted data", a.Shell)
	add("/desk", "page-desk", "The steward's requests", a.Shell)
	add("/desk/{id}", "page-desk-request", "One request", a.Shell)
	add("/login", "page-login", "Logging in", a.Shell)
	for p := range a.files {
		if dir, _, deep := strings.Cut(p, "/"); deep {
			pattern := "/" + dir + "/{file...}"
			if !has(rs, pattern) {
				add(pattern, "page-files-"+dir, "Files of the pages", a.asset(dir))
			}
		} else if p != "index.html" {
			add("/"+p, "page-file-"+strings.ReplaceAll(p, ".", "-"), "A file of the pages", a.asset(""))
		}
	}
	return rs
}

func has(rs []httpx.Route, pattern string) bool {
	for i := range rs {
		if rs[i].Pattern == pattern {
			return true
		}
	}
	return false
}

// Shell answers with the page: also for addresses that another facade owns
// and that a browser asked for.
func (a *API) Shell(w http.ResponseWriter, r *http.Request) error {
	httpx.AsPage(w.Header())
	w.Header().Set("Cache-Control", "no-cache")
	if httpx.NotModified(w, r, a.shell.tag) {
		return nil
	}
	return httpx.WriteBody(w, http.StatusOK, a.shell.mediaType, a.shell.body)
}

// ShellWith answers with the page and what a reader without scripts shall find
// in its head: head is HTML, escaped by the caller.
func (a *API) ShellWith(w http.ResponseWriter, r *http.Request, head string) error {
	httpx.AsPage(w.Header())
	w.Header().Set("Cache-Control", "no-cache")
	sum := sha256.Sum256([]byte(head))
	if httpx.NotModified(w, r, a.shell.tag+"-"+hex.EncodeToString(sum[:8])) {
		return nil
	}
	before, after, found := bytes.Cut(a.shell.body, []byte("</head>"))
	if !found {
		return httpx.WriteBody(w, http.StatusOK, a.shell.mediaType, a.shell.body)
	}
	return httpx.WriteBody(w, http.StatusOK, a.shell.mediaType, slices.Concat(before, []byte(head), []byte("</head>"), after))
}

// Lost answers with the page, which says that there is nothing at its address,
// and with status 404.
func (a *API) Lost(w http.ResponseWriter, _ *http.Request) error {
	httpx.AsPage(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteBody(w, http.StatusNotFound, a.shell.mediaType, a.shell.body)
}

func (a *API) asset(dir string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, ok := a.files[strings.TrimPrefix(path.Clean(r.URL.Path), "/")]
		if !ok {
			return problem.New(problem.ResourceNotFound, "there is no file %.80s", r.URL.Path)
		}
		if dir == "assets" {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-cache")
			if httpx.NotModified(w, r, f.tag) {
				return nil
			}
		}
		if strings.HasPrefix(f.mediaType, "text/javascript") {
			httpx.AsPage(w.Header()) // a worker is bound by the policy of its own script
		}
		return httpx.WriteBody(w, http.StatusOK, f.mediaType, f.body)
	}
}
