package archtest

import (
	"go/ast"
	"go/token"
	"iter"
	"slices"
	"strings"
)

// structFields yields the fields of every struct type in the file.
func structFields(file *ast.File) iter.Seq[*ast.Field] {
	return func(yield func(*ast.Field) bool) {
		done := false
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.StructType)
			if !ok || done {
				return !done
			}
			for _, field := range s.Fields.List {
				if !yield(field) {
					done = true
					return false
				}
			}
			return true
		})
	}
}

// clockReads reports every look at the wall clock and every wait on it.
func clockReads(f *File) []Finding {
	banned := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	var out []Finding
	f.selectors("time", func(name string, at token.Pos) {
		if slices.Contains(banned, name) {
			out = append(out, f.at(at, "time.%s reads the clock: let the caller pass the time", name))
		}
	})
	return out
}

// checkClock keeps the platform's services off the wall clock: the city's time
// may run faster. A look at it that measures how long something took says so
// on its line with the words "wall clock". Ring 0 is looked at by checkPure.
func checkClock(t *Tree) []Finding {
	var out []Finding
	for p, f := range t.code {
		if at := placeOf(p.Dir); !at.known || at.ring != services {
			continue
		}
		excused := map[int]bool{}
		for _, group := range f.AST.Comments {
			for _, c := range group.List {
				if strings.Contains(c.Text, "wall clock") {
					excused[f.line(c.Pos())] = true
				}
			}
		}
		f.selectors("time", func(name string, at token.Pos) {
			if name == "Now" && !excused[f.line(at)] {
				out = append(out, f.at(at, "time.Now is not the city's time: take the clock from the caller"))
			}
		})
	}
	return sorted(out)
}

// unseeded reports uses of the shared random source of the given package.
func unseeded(f *File, lib string) []Finding {
	seeded := []string{"New", "NewPCG", "NewChaCha8", "NewSource", "NewZipf", "Rand", "PCG", "ChaCha8", "Source", "Source64", "Zipf"}
	var out []Finding
	f.selectors(lib, func(name string, at token.Pos) {
		if !slices.Contains(seeded, name) {
			out = append(out, f.at(at, "rand.%s is not seeded: take a *rand.Rand made from a seed", name))
		}
	})
	return out
}

// checkCgo keeps C out: the binary is static and cross-compiled.
func checkCgo(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.Packages {
		for _, f := range p.Files {
			for _, spec := range f.AST.Imports {
				if imported(spec) == "C" {
					out = append(out, f.at(spec.Pos(), "no cgo: the binary must build without a C compiler"))
				}
			}
		}
	}
	return sorted(out)
}

// checkOutbound keeps every outbound connection of the server in one place,
// where private addresses are refused and answers are limited. A subcommand
// that asks a server of the operator's own (--url) is a client, not the server.
func checkOutbound(t *Tree) []Finding {
	ways := map[string][]string{
		"net/http":   {"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport"},
		"net":        {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix"},
		"crypto/tls": {"Dial", "DialWithDialer"},
	}
	made := map[string][]string{
		"net/http":   {"Client", "Transport"},
		"net":        {"Dialer"},
		"crypto/tls": {"Dialer"},
	}
	const mend = "goes out past internal/fetch: take a client or a dialer from there"
	var out []Finding
	for p, f := range t.code {
		if unit := placeOf(p.Dir).unit; unit == "internal/fetch" || unit == "internal/cli" {
			continue
		}
		for lib, names := range ways {
			f.selectors(lib, func(name string, at token.Pos) {
				if slices.Contains(names, name) {
					out = append(out, f.at(at, "%s.%s %s", f.nameOf(lib), name, mend))
				}
			})
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			sel, ok := lit.Type.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for lib, names := range made {
				if id, ok := sel.X.(*ast.Ident); ok && id.Name == f.nameOf(lib) && slices.Contains(names, sel.Sel.Name) {
					out = append(out, f.at(lit.Pos(), "%s.%s{} %s", id.Name, sel.Sel.Name, mend))
				}
			}
			return true
		})
	}
	return sorted(out)
}

// checkWriter keeps the right to change the city in the broker's hands: only
// the contract, its drivers, the broker and the assembly know store.Writer.
func checkWriter(t *Tree) []Finding {
	var out []Finding
	for p, f := range t.code {
		unit := placeOf(p.Dir).unit
		if strings.HasPrefix(unit, "internal/store") || unit == "internal/broker" || unit == "internal/app" {
			continue
		}
		f.selectors(Module+"/internal/store", func(name string, at token.Pos) {
			if name == "Writer" {
				out = append(out, f.at(at, "only the broker changes the city: ask it instead of store.Writer"))
			}
		})
	}
	return sorted(out)
}

// checkSQL keeps SQL in the drivers.
func checkSQL(t *Tree) []Finding {
	var out []Finding
	for p, f := range t.code {
		if strings.HasPrefix(p.Dir, "internal/store/") {
			continue
		}
		for _, spec := range f.AST.Imports {
			if lib := imported(spec); lib == "database/sql" || strings.HasPrefix(lib, "github.com/jackc/pgx") {
				out = append(out, f.at(spec.Pos(), "%s outside a store driver: a query crosses a boundary as a query.Query", lib))
			}
		}
	}
	return sorted(out)
}

// checkErrors bans the ways past the problem table.
func checkErrors(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.code {
		f.selectors("net/http", func(name string, at token.Pos) {
			if name == "Error" || name == "NotFound" || name == "NotFoundHandler" {
				out = append(out, f.at(at, "http.%s writes no problem: return an error and let httpx write it", name))
			}
		})
	}
	return sorted(out)
}

// checkNames bans package names that say nothing.
func checkNames(t *Tree) []Finding {
	empty := []string{"util", "utils", "common", "base", "helper", "helpers", "misc", "shared", "lib"}
	var out []Finding
	for _, p := range t.Packages {
		for _, f := range p.Files {
			if name := strings.TrimSuffix(f.AST.Name.Name, "_test"); slices.Contains(empty, name) {
				out = append(out, f.at(f.AST.Name.Pos(), "the package name %q says nothing: name it for what it gives", name))
			}
		}
	}
	return sorted(out)
}
