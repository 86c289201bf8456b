// Package web holds the built user interface: the files of web/dist, made
// from web/src by "npm run build" and committed, so that building beffroi
// needs nothing but Go.
//
// It serves nothing by itself: the HTTP side decides on paths, caching and
// headers. The files of the tree never change while a process runs, file
// names under assets/ carry a digest of their content, and index.html is the
// one shell for every page.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS is the built interface with index.html at its root. The caller may keep
// it and read it from many goroutines; it holds no resource to close.
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// fs.Sub fails only for a name that is not a valid path, and "dist" is.
		panic("web: embedded tree without dist: " + err.Error())
	}
	return sub
}
