package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path under which the packages of the tree import each other.
const Module = "github.com/beffroi/beffroi"

// Tree is the part of a source tree that the rules look at.
type Tree struct {
	Packages []*Package        // sorted by folder
	Texts    map[string][]byte // every text file by slash-separated path
	Paths    map[string]bool   // every file, and every folder that holds one
	fset     *token.FileSet
}

// Package is one folder with Go files.
type Package struct {
	Dir   string // slash-separated, from the root; "." for the root
	Files []*File
}

// File is one parsed Go file.
type File struct {
	Path  string
	Lines int
	Test  bool // its name ends in _test.go
	AST   *ast.File
	fset  *token.FileSet
}

// Load reads the named files of fsys and parses those that are Go. Files in a
// folder called testdata count as text only, since they may be wrong on
// purpose; binary files are left out.
//
// Errors: a file that cannot be read or, outside testdata, not parsed.
func Load(fsys fs.FS, paths []string) (*Tree, error) {
	t := &Tree{Texts: map[string][]byte{}, Paths: map[string]bool{}, fset: token.NewFileSet()}
	byDir := map[string]*Package{}
	for _, p := range paths {
		for up := p; up != "."; up = path.Dir(up) {
			t.Paths[up] = true
		}
		data, err := fs.ReadFile(fsys, p)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", p, err)
		}
		if bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0 {
			continue
		}
		t.Texts[p] = data
		if path.Ext(p) != ".go" || slices.Contains(strings.Split(p, "/"), "testdata") {
			continue
		}
		parsed, err := parser.ParseFile(t.fset, p, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", p, err)
		}
		dir := path.Dir(p)
		pkg := byDir[dir]
		if pkg == nil {
			pkg = &Package{Dir: dir}
			byDir[dir] = pkg
			t.Packages = append(t.Packages, pkg)
		}
		pkg.Files = append(pkg.Files, &File{
			Path:  p,
			Lines: bytes.Count(data, []byte("\n")),
			Test:  strings.HasSuffix(p, "_test.go"),
			AST:   parsed,
			fset:  t.fset,
		})
	}
	slices.SortFunc(t.Packages, func(a, b *Package) int { return strings.Compare(a.Dir, b.Dir) })
	return t, nil
}

// code yields every file that ends up in the product: no tests, no tools.
func (t *Tree) code(yield func(*Package, *File) bool) {
	for _, p := range t.Packages {
		if place := placeOf(p.Dir); place.known && place.ring == tools {
			continue
		}
		for _, f := range p.Files {
			if !f.Test && !yield(p, f) {
				return
			}
		}
	}
}

// line gives the line of pos in its file.
func (f *File) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// at makes a finding at pos.
func (f *File) at(pos token.Pos, format string, args ...any) Finding {
	return Finding{Path: f.Path, Line: f.line(pos), Text: fmt.Sprintf(format, args...)}
}

// generated tells whether the file says that a program wrote it.
func (f *File) generated() bool { return ast.IsGenerated(f.AST) }

// imported gives the path of an import.
func imported(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

// nameOf gives the name under which f knows the package with the given import
// path, and "" when f does not import it.
func (f *File) nameOf(importPath string) string {
	for _, spec := range f.AST.Imports {
		if imported(spec) != importPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		last := path.Base(importPath)
		if strings.HasPrefix(last, "v") && len(last) > 1 && strings.Trim(last[1:], "0123456789") == "" {
			last = path.Base(path.Dir(importPath))
		}
		return last
	}
	return ""
}

// selectors calls visit for each use of a name of the package importPath in f.
func (f *File) selectors(importPath string, visit func(name string, at token.Pos)) {
	known := f.nameOf(importPath)
	if known == "" || known == "_" {
		return
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == known {
				visit(sel.Sel.Name, sel.Pos())
			}
		}
		return true
	})
}
