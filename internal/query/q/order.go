package q

import (
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// MaxOrder bounds the terms of an order.
const MaxOrder = 16

// Order reads the value of orderBy (CIM 009, 4.23.3).
//
// Errors: problem.BadRequestData, problem.TooComplexQuery, and what names
// reports.
func Order(text string, names Names) ([]query.OrderTerm, error) {
	var out []query.OrderTerm
	p := parser{lex: lex{what: "orderBy", src: text}, o: Options{Names: names}}
	if err := p.bounded(); err != nil {
		return nil, err
	}
	for {
		var t query.OrderTerm
		if t.Head = p.head(); t.Head == "" {
			if err := p.path(&t.Path); err != nil {
				return nil, err
			}
		}
		if len(t.Path.Links) > 0 {
			return nil, p.fail("linked entities give no order")
		}
		if p.take(";") {
			p.skip()
			at := p.pos
			for p.pos < len(p.src) && p.src[p.pos] != ',' {
				p.pos++
			}
			switch dir := strings.TrimSpace(p.src[at:p.pos]); dir {
			case "asc":
			case "desc":
				t.Desc = true
			case "dist-asc":
				t.Dist = true
			case "dist-desc":
				t.Dist, t.Desc = true, true
			default:
				p.pos = at
				return nil, p.fail("%q is no direction; there are asc, desc, dist-asc, dist-desc", dir)
			}
		}
		if out = append(out, t); len(out) > MaxOrder {
			return nil, problem.New(problem.TooComplexQuery, "orderBy has over %d terms", MaxOrder)
		}
		if !p.take(",") {
			break
		}
	}
	if p.skip(); p.pos < len(p.src) {
		return nil, p.fail("%q is not expected here; terms are joined by commas", p.rest())
	}
	return out, nil
}

// head reads the name of an entity member that is no attribute; "" if
// something else comes.
func (p *parser) head() string {
	p.skip()
	start := p.pos
	p.name()
	switch word := p.src[start:p.pos]; word {
	case "id", "type", "scope":
		if p.pos == len(p.src) || strings.IndexByte(",; ", p.src[p.pos]) >= 0 {
			return word
		}
	}
	p.pos = start
	return ""
}
