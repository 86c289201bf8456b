package archtest

import (
	"path"
	"slices"
	"strings"
)

// The rings, from the inside out. A tool stands outside: it may import
// everything and nothing imports it.
const (
	city     = iota // plain types and pure functions
	services        // what the platform does
	adapters        // how it meets the world
	assembly        // what builds the whole
	tools
)

// ringOf names the ring of each folder; a folder below one of these belongs to
// the same ring. A new package is added here first.
func ringOf() map[string]int {
	return map[string]int{
		"internal/problem": city, "internal/timespan": city, "internal/jsontree": city,
		"internal/geo": city, "internal/entity": city, "internal/ldctx": city,
		"internal/represent": city, "internal/query": city, "internal/series": city,
		"internal/change": city, "internal/branch": city, "internal/rdf": city,
		"internal/shacl": city, "internal/model": city, "internal/vocab": city,

		"internal/store": services, "internal/contexts": services, "internal/format": services,
		"internal/feed": services, "internal/broker": services, "internal/watch": services,
		"internal/federate": services, "internal/scenario": services, "internal/catalogue": services,
		"internal/govern": services, "internal/prove": services, "internal/access": services,
		"internal/snapshot": services, "internal/synth": services, "internal/archive": services,
		"internal/entitymap": services, "internal/harvest": services,

		"internal/store/memstore": adapters, "internal/store/embedded": adapters,
		"internal/store/pgstore": adapters, "internal/api": adapters, "internal/connect": adapters,
		"internal/notify": adapters, "internal/identity": adapters, "internal/fetch": adapters,
		"web": adapters,

		"internal/config": assembly, "internal/app": assembly, "internal/cli": assembly,
		"cmd": assembly,

		"internal/archtest": tools, "internal/tools": tools, "test": tools,
	}
}

// place is where a folder stands.
type place struct {
	ring  int
	unit  string // the part it belongs to: a neighbour has another one
	known bool
}

// placeOf finds the longest entry of ringOf that holds dir.
func placeOf(dir string) place {
	rings := ringOf()
	for d := dir; d != "." && d != "/"; d = path.Dir(d) {
		ring, ok := rings[d]
		if !ok {
			continue
		}
		unit := d
		// Each facade and each connector is a part of its own.
		if (d == "internal/api" || d == "internal/connect" || d == "internal/notify") && dir != d {
			first, _, _ := strings.Cut(strings.TrimPrefix(dir, d+"/"), "/")
			unit = d + "/" + first
		}
		return place{ring: ring, unit: unit, known: true}
	}
	return place{}
}

// shared tells which neighbours a part of the third ring may use.
func shared(from, to place) bool {
	switch {
	case from.unit == to.unit:
		return true
	case to.unit == "internal/fetch":
		return true
	case to.unit == "internal/api/httpx":
		return strings.HasPrefix(from.unit, "internal/api/")
	case to.unit == "internal/connect":
		return strings.HasPrefix(from.unit, "internal/connect/")
	case to.unit == "internal/notify":
		return strings.HasPrefix(from.unit, "internal/notify/")
	}
	return false
}

// checkRings sees to it that imports point inwards and that the adapters do
// not know each other. Tests may import what they like of the module.
func checkRings(t *Tree) []Finding {
	var out []Finding
	for _, p := range t.Packages {
		from := placeOf(p.Dir)
		if !from.known {
			out = append(out, Finding{Path: p.Dir, Text: "the folder has no ring: add it to ringOf in internal/archtest/rings.go"})
			continue
		}
		for _, f := range p.Files {
			if f.Test || from.ring == tools {
				continue
			}
			for _, spec := range f.AST.Imports {
				dir, ok := strings.CutPrefix(imported(spec), Module+"/")
				if !ok {
					continue
				}
				to := placeOf(dir)
				switch {
				case !to.known:
					out = append(out, f.at(spec.Pos(), "%s has no ring: add it to ringOf in internal/archtest/rings.go", dir))
				case to.ring > from.ring:
					out = append(out, f.at(spec.Pos(), "ring %d must not import %s of ring %d: declare what is needed as an interface here", from.ring, dir, to.ring))
				case to.ring == adapters && from.ring == adapters && !shared(from, to):
					out = append(out, f.at(spec.Pos(), "%s must not import its neighbour %s: let app join them", p.Dir, dir))
				}
			}
		}
	}
	return sorted(out)
}

// checkPure sees to it that the innermost ring has no way to reach the world:
// no forbidden import, no clock, no unseeded randomness, no wire format.
func checkPure(t *Tree) []Finding {
	var out []Finding
	for p, f := range t.code {
		if at := placeOf(p.Dir); !at.known || at.ring != city {
			continue
		}
		out = append(out, impureImports(f)...)
		out = append(out, clockReads(f)...)
		for _, lib := range []string{"math/rand", "math/rand/v2"} {
			out = append(out, unseeded(f, lib)...)
		}
		out = append(out, wireTags(f)...)
	}
	return sorted(out)
}

// impureImports reports imports that the innermost ring may not have.
func impureImports(f *File) []Finding {
	banned := []string{"net", "os", "database/sql", "log/slog", "log", "syscall", "plugin", "crypto/rand"}
	// Pure mathematics and collation: they give the same answer for ever.
	allowed := []string{
		"github.com/golang/geo", "github.com/peterstace/simplefeatures/geom",
		"golang.org/x/text/collate", "golang.org/x/text/language",
	}
	under := func(p string, list []string) bool {
		return slices.ContainsFunc(list, func(b string) bool { return p == b || strings.HasPrefix(p, b+"/") })
	}
	var out []Finding
	for _, spec := range f.AST.Imports {
		p := imported(spec)
		first, _, _ := strings.Cut(p, "/")
		switch {
		case p == "net/url" || p == "net/netip": // texts, no sockets
		case under(p, banned):
			out = append(out, f.at(spec.Pos(), "ring 0 must not import %s", p))
		case strings.Contains(first, ".") && !strings.HasPrefix(p, Module+"/") && !under(p, allowed):
			out = append(out, f.at(spec.Pos(), "ring 0 must not import the third-party package %s", p))
		}
	}
	return out
}

// wireTags reports struct tags.
func wireTags(f *File) []Finding {
	var out []Finding
	for field := range structFields(f.AST) {
		if field.Tag != nil {
			out = append(out, f.at(field.Tag.Pos(), "ring 0 has no struct tags: a wire format belongs to a facade"))
		}
	}
	return out
}
