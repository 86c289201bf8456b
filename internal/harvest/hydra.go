package harvest

import (
	"context"

	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/rdf"
)

// hydraReader reads pages that lead to one another, in the present words of
// Hydra (next) or its older ones (nextPage), or by a Link header. The cursor
// is the address of the page.
type hydraReader struct {
	s Source
	v *visitor
}

// One page is held in memory, so it is bounded.
const (
	pageBytes   = 32 << 20
	pageTriples = 300_000
)

func (h *hydraReader) close() error { return nil }

func (h *hydraReader) name(cursor string) string {
	if cursor == "" {
		return h.s.URL
	}
	return cursor
}

// page reads one.
func (h *hydraReader) page(ctx context.Context, cursor string, b *batch) (string, error) {
	address := h.name(cursor)
	a, err := h.v.open(ctx, address, rdfAccept)
	if err != nil {
		return "", err
	}
	g := &triplesOf{subjects: map[rdf.IRI][]rdf.Triple{}}
	if err := triples(ctx, address, a, rdf.Limits{Bytes: pageBytes, Triples: pageTriples}, b.note, g.add); err != nil {
		return "", err
	}
	for _, s := range g.instances(datasetIRI) {
		m := &mapper{d: g, where: string(s), lang: h.s.Language, note: b.note}
		d, err := m.dataset(h.s.Slug, s)
		if err != nil {
			return "", err
		}
		if d != nil {
			b.found = append(b.found, d)
		}
	}
	return h.next(address, a, g, b)
}

// next finds where the page leads.
func (h *hydraReader) next(address string, a Answer, g *triplesOf, b *batch) (string, error) {
	var own, any []string
	for _, s := range g.order {
		for _, t := range g.subjects[s] {
			if t.P != hydraNS+"next" && t.P != hydraNS+"nextPage" {
				continue
			}
			to := t.O.Value()
			if string(s) == address || string(s) == a.URL {
				own = append(own, to)
			}
			any = append(any, to)
		}
	}
	if len(own) > 0 {
		any = own
	}
	if len(any) == 0 {
		any = linked(a.Header.Values("Link"))
	}
	slices.Sort(any)
	any = slices.Compact(any)
	if len(any) == 0 {
		return "", nil
	}
	if len(any) > 1 {
		b.note(finding("next-many", address, any[0]))
	}
	u, err := url.Parse(any[0])
	if base, baseErr := url.Parse(a.URL); err == nil && baseErr == nil {
		u = base.ResolveReference(u)
	}
	if err != nil || !webAddress(u.String()) {
		return "", stopped("address-bad", address, "hydra:next", any[0])
	}
	return u.String(), nil
}

// linked gives the targets of rel=next (RFC 8288).
func linked(headers []string) []string {
	var out []string
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			target, params, ok := strings.Cut(strings.TrimSpace(part), ">")
			if !ok || !strings.HasPrefix(target, "<") {
				continue
			}
			for p := range strings.SplitSeq(params, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
				if strings.EqualFold(name, "rel") && slices.Contains(strings.Fields(strings.Trim(value, `"`)), "next") {
					out = append(out, target[1:])
				}
			}
		}
	}
	return out
}

// triplesOf is the graph of one page, by subject in order of appearance.
type triplesOf struct {
	subjects map[rdf.IRI][]rdf.Triple
	order    []rdf.IRI
}

func (g *triplesOf) add(t rdf.Triple) error {
	if _, ok := g.subjects[t.S]; !ok {
		g.order = append(g.order, t.S)
	}
	g.subjects[t.S] = append(g.subjects[t.S], t)
	return nil
}

func (g *triplesOf) of(s rdf.IRI) ([]rdf.Triple, error) { return g.subjects[s], nil }

// instances gives the subjects of a class.
func (g *triplesOf) instances(class rdf.IRI) []rdf.IRI {
	var out []rdf.IRI
	for _, s := range g.order {
		if slices.ContainsFunc(g.subjects[s], func(t rdf.Triple) bool { return t.P == rdf.Type && t.O.Value() == string(class) }) {
			out = append(out, s)
		}
	}
	return out
}
