package q

import (
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query"
)

// Print writes x as a q that Parse reads back as the same condition. compact
// gives the short name of an IRI. It is false if q cannot say x.
func Print(x query.Expr, compact func(entity.Name) string) (string, bool) {
	p := printer{compact: compact, ok: true}
	p.expr(x, 0)
	return string(p.out), p.ok
}

type printer struct {
	out     []byte
	compact func(entity.Name) string
	ok      bool
}

func (p *printer) text(s string) { p.out = append(p.out, s...) }

// expr writes x; tight is 0 at the top, 1 within an or, 2 within an and.
func (p *printer) expr(x query.Expr, tight int) {
	switch x := x.(type) {
	case query.Or:
		p.join(len(x), func(i int) query.Expr { return x[i] }, "|", 1, tight > 1)
	case query.And:
		p.join(len(x), func(i int) query.Expr { return x[i] }, ";", 2, tight > 2)
	case *query.Test:
		p.test(x)
	default:
		p.ok = false
	}
}

func (p *printer) join(n int, at func(int) query.Expr, joint string, tight int, parens bool) {
	if n == 0 {
		p.ok = false
		return
	}
	if parens {
		p.text("(")
	}
	for i := range n {
		if i > 0 {
			p.text(joint)
		}
		part := at(i)
		if sameKind(part, joint) {
			p.text("(")
			p.expr(part, 0)
			p.text(")")
			continue
		}
		p.expr(part, tight)
	}
	if parens {
		p.text(")")
	}
}

// sameKind reports whether x is itself joined by joint, so that only
// parentheses keep its place in the tree.
func sameKind(x query.Expr, joint string) bool {
	switch x.(type) {
	case query.Or:
		return joint == "|"
	case query.And:
		return joint == ";"
	}
	return false
}

func (p *printer) test(t *query.Test) {
	if t.Quantifier != query.Some || t.Missing != query.False || t.Mismatch != query.Of(t.Op == query.Unequal) {
		p.ok = false
		return
	}
	p.path(&t.Path, 0)
	for _, o := range operators {
		if o.op == t.Op {
			p.text(o.text)
		}
	}
	switch {
	case t.Op == query.Exists:
	case t.Pattern != nil:
		p.pattern(t.Pattern.String())
	case t.Range != nil:
		p.literal(&t.Range.Low)
		p.text("..")
		p.literal(&t.Range.High)
	default:
		for i := range t.Values {
			if i > 0 {
				p.text(",")
			}
			p.literal(&t.Values[i])
		}
	}
}

// pattern prints in quotes what reads back from them, else bare: a backslash
// before a quote that belongs to the pattern cannot stand in quotes.
func (p *printer) pattern(src string) {
	text := `"` + strings.ReplaceAll(src, `"`, `\"`) + `"`
	if closing(text, 0) == len(text) && unquoted(text) == src {
		p.text(text)
		return
	}
	bare := parser{lex: lex{src: src}}
	if bare.skip(); bare.pos > 0 || strings.HasPrefix(src, `"`) || bare.barePattern() != src {
		p.ok = false
		return
	}
	p.text(src)
}

func (p *printer) path(x *query.Path, link int) {
	if link < len(x.Links) {
		l := x.Links[link]
		p.text(p.compact(l.Name) + "{")
		for i, t := range l.Types {
			if i > 0 {
				p.text(",")
			}
			p.text(p.compact(t))
		}
		if len(l.Types) > 0 {
			p.text(":")
		}
		p.path(x, link+1)
		p.text("}")
		return
	}
	for i, n := range x.Names {
		if i > 0 {
			p.text(".")
		}
		p.text(p.compact(n))
	}
	if len(x.Inside) > 0 {
		p.text("[" + strings.Join(x.Inside, ".") + "]")
	}
}

func (p *printer) literal(l *query.Literal) {
	if l.Kind == query.Text {
		p.out = jsontree.AppendString(p.out, l.Text)
		return
	}
	p.text(l.Text)
}
