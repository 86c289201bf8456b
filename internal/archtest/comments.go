package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// checkComments asks every package for a comment and every exported name for
// another. In a group of constants or variables one comment serves all.
func checkComments(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.Packages {
		described, first := false, (*File)(nil)
		for _, f := range p.Files {
			if f.Test {
				continue
			}
			if first == nil {
				first = f
			}
			described = described || says(f.AST.Doc)
			if f.AST.Name.Name == "main" || f.generated() {
				continue
			}
			for _, decl := range f.AST.Decls {
				out = append(out, undocumented(f, decl)...)
			}
		}
		if first != nil && !described {
			out = append(out, Finding{Path: p.Dir, Text: "the package has no comment: say what it is for, what it is not for, what always holds"})
		}
	}
	return sorted(out)
}

// says tells whether a comment has words, directives aside.
func says(doc *ast.CommentGroup) bool { return doc != nil && strings.TrimSpace(doc.Text()) != "" }

// undocumented reports the exported names of decl that lack a comment.
func undocumented(f *File, decl ast.Decl) []Finding {
	var out []Finding
	missing := func(id *ast.Ident, what, name string) {
		out = append(out, f.at(id.Pos(), "exported %s %s has no comment", what, name))
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() || says(d.Doc) {
			return nil
		}
		if d.Recv == nil {
			missing(d.Name, "function", d.Name.Name)
		} else if id := root(generic(d.Recv.List[0].Type)); id != nil && id.IsExported() {
			missing(d.Name, "method", id.Name+"."+d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && !says(d.Doc) && !says(s.Doc) {
					missing(s.Name, "type", s.Name.Name)
				}
			case *ast.ValueSpec:
				if says(d.Doc) || says(s.Doc) || says(s.Comment) {
					continue
				}
				for _, id := range s.Names {
					if id.IsExported() {
						missing(id, valueWord(d.Tok), id.Name)
					}
				}
			}
		}
	}
	return out
}

// valueWord names what a declaration declares.
func valueWord(tok token.Token) string {
	if tok == token.CONST {
		return "constant"
	}
	return "variable"
}

// generic takes the type parameters off a receiver.
func generic(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.StarExpr:
		return generic(x.X)
	case *ast.IndexExpr:
		return x.X
	case *ast.IndexListExpr:
		return x.X
	}
	return e
}

// The longest that a file and a function may be, in lines.
const (
	maxFileLines     = 1000
	maxFunctionLines = 150
)

// checkLength bans files and functions that nobody reads to the end. What a
// program wrote is exempt.
func checkLength(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.Packages {
		for _, f := range p.Files {
			if f.generated() {
				continue
			}
			if f.Lines > maxFileLines {
				out = append(out, Finding{Path: f.Path, Text: "over 1000 lines: one concept, one file"})
			}
			for _, decl := range f.AST.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					if n := f.line(fn.End()) - f.line(fn.Pos()) + 1; n > maxFunctionLines {
						out = append(out, f.at(fn.Pos(), "function %s has %d lines, more than 150: give its steps names", fn.Name.Name, n))
					}
				}
			}
		}
	}
	for p, text := range t.Texts {
		if isPageSource(p) && strings.Count(string(text), "\n") > maxFileLines {
			out = append(out, Finding{Path: p, Text: "over 1000 lines: one concept, one file"})
		}
	}
	return sorted(out)
}

// isPageSource tells whether p is a hand-written source of the page.
func isPageSource(p string) bool {
	return strings.HasPrefix(p, "web/src/") &&
		(strings.HasSuffix(p, ".ts") || strings.HasSuffix(p, ".tsx") || strings.HasSuffix(p, ".css"))
}

// checkTodo asks every open end in a comment for the number of its issue.
func checkTodo(t *Tree) []Finding {
	open := regexp.MustCompile(`^\s*(?:TODO|FIXME|XXX|HACK)\b(\(#\d+\))?`)
	var out []Finding
	for _, p := range t.Packages {
		for _, f := range p.Files {
			for _, group := range f.AST.Comments {
				for _, c := range group.List {
					text := strings.TrimLeft(c.Text, "/* ")
					if m := open.FindStringSubmatch(text); m != nil && m[1] == "" {
						out = append(out, f.at(c.Pos(), "an open end carries its issue: write TODO(#12)"))
					}
				}
			}
		}
	}
	return sorted(out)
}

// registryHosts are addresses of package registries. No committed file names
// one: which registry serves a build is the business of the machine it runs on.
// They are put together here so that this file does not name them either.
func registryHosts() []string {
	return []string{
		"registry." + "npmjs.org", "registry." + "yarnpkg.com", "registry." + "npmjs.com",
		"pypi" + ".org", "files." + "pythonhosted.org", "pypi." + "python.org",
		"proxy." + "golang.org", "sum." + "golang.org", "goproxy" + ".io", "goproxy" + ".cn",
		"crates" + ".io",
		"repo1." + "maven.org", "repo.maven." + "apache.org", "central." + "sonatype.com",
		"deb." + "debian.org",
	}
}

// checkHosts bans the addresses of package registries.
func checkHosts(t *Tree) []Finding {
	var out []Finding
	for p, text := range t.Texts {
		for _, host := range registryHosts() {
			if i := strings.Index(string(text), host); i >= 0 {
				out = append(out, Finding{Path: p, Line: 1 + strings.Count(string(text[:i]), "\n"), Text: "names the package registry " + host})
			}
		}
	}
	return sorted(out)
}
