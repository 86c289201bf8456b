// Package clauses knows which clauses of CIM 009 the conformance tests prove,
// by reading their sources, and writes docs/conformance.md from that and from
// docs/conformance.yaml.
//
// It is for `make gen` and for the conformance tests, which hold themselves to
// it. What always holds: the same tree gives the same bytes; nothing is run.
package clauses

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Test is one Test function.
type Test struct {
	File string // its file's name
	Name string
	// Cases are the clauses that it names, one for each time it does.
	Cases []string
	// Calls tells that it calls clauses at all, be it with numbers that only
	// running it would tell.
	Calls bool
}

var (
	number = regexp.MustCompile(`[4-7](?:\.\d+)+`)
	whole  = regexp.MustCompile(`^[4-7](?:\.\d+)+$`)
	opens  = regexp.MustCompile(`^[4-7](?:\.\d+)+[:,]`)
)

// Scan reads the test files of a folder. A clause counts as named by a test
// where the number stands as a text of its own within the function, and by the
// table that a test goes through where a text of the table opens with it (as
// traps do).
func Scan(dir string) ([]Test, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	var out []Test
	tables := map[string][]string{} // clauses in a package variable, by its name
	var uses []map[string]bool      // variables that a test names
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && strings.HasPrefix(d.Name.Name, "Test") && d.Name.Name != "TestMain" && d.Body != nil {
					t, used := read(d)
					t.File = filepath.Base(path)
					out, uses = append(out, t), append(uses, used)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && len(v.Names) == 1 {
						tables[v.Names[0].Name] = opening(v)
					}
				}
			}
		}
	}
	for i := range out {
		for name := range uses[i] {
			out[i].Cases = append(out[i].Cases, tables[name]...)
		}
	}
	return out, nil
}

// read finds what a function names: clauses and variables.
func read(d *ast.FuncDecl) (Test, map[string]bool) {
	t, used := Test{Name: d.Name.Name}, map[string]bool{}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s := text(n); whole.MatchString(s) {
				t.Cases = append(t.Cases, s)
			}
		case *ast.Ident:
			used[n.Name] = true
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "clauses" && len(n.Args) > 1 {
				t.Calls = true
			}
		}
		return true
	})
	return t, used
}

// opening gives the clauses that the texts of a table open with or go on to
// name.
func opening(v *ast.ValueSpec) []string {
	var out []string
	for _, x := range v.Values {
		ast.Inspect(x, func(n ast.Node) bool {
			if _, ok := n.(*ast.FuncLit); ok {
				return false
			}
			if l, ok := n.(*ast.BasicLit); ok {
				if s := text(l); opens.MatchString(s) {
					out = append(out, number.FindAllString(s, -1)...)
				}
			}
			return true
		})
	}
	return out
}

func text(l *ast.BasicLit) string {
	if l.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return s
}
