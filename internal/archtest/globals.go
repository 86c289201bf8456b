package archtest

import (
	"go/ast"
	"go/token"
)

// checkGlobals bans registration in init and package variables that change
// after the program has started. A name that a function declares for itself
// hides the package's one.
func checkGlobals(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.Packages {
		vars := packageVars(p)
		for _, f := range p.Files {
			if f.Test || f.generated() {
				continue
			}
			for _, decl := range f.AST.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				if fn.Recv == nil && fn.Name.Name == "init" {
					out = append(out, f.at(fn.Pos(), "no init: let the caller build what it needs"))
				}
				own := declared(fn)
				for target := range assigned(fn.Body) {
					if id := root(target); id != nil && vars[id.Name] && !own[id.Name] {
						out = append(out, f.at(target.Pos(), "package variable %s changes: give it an owner", id.Name))
					}
				}
			}
		}
	}
	return sorted(out)
}

// packageVars names the variables that the package declares at its top.
func packageVars(p *Package) map[string]bool {
	vars := map[string]bool{}
	for _, f := range p.Files {
		for _, decl := range f.AST.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR || f.Test {
				continue
			}
			for _, spec := range gen.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					vars[name.Name] = name.Name != "_"
				}
			}
		}
	}
	return vars
}

// declared names what fn declares: parameters, results, variables.
func declared(fn *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok {
			own[id.Name] = true
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, e := range n.Lhs {
					add(e)
				}
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				add(n.Key)
				add(n.Value)
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		}
		return true
	})
	return own
}

// assigned yields what the statements of body write to.
func assigned(body *ast.BlockStmt) func(func(ast.Expr) bool) {
	return func(yield func(ast.Expr) bool) {
		done := false
		visit := func(e ast.Expr) { done = done || e != nil && !yield(e) }
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						visit(e)
					}
				}
			case *ast.IncDecStmt:
				visit(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					visit(n.Key)
					visit(n.Value)
				}
			}
			return !done
		})
	}
}

// root finds the variable at the left of x.f, x[i], *x and (x).
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
