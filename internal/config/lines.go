package config

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// linesOf finds the line on which each key and each table of a TOML document
// stands; the tables of a list are named key[0], key[1] and so on. The text is
// known to be TOML.
func linesOf(text []byte) map[string]int {
	lines := map[string]int{}
	counts := map[string]int{}
	p := unstable.Parser{}
	p.Reset(text)
	table := ""
	for p.NextExpression() {
		n := p.Expression()
		name, line := keyOf(&p, n)
		switch n.Kind {
		case unstable.Table:
			table = name + "."
			note(lines, name, line)
		case unstable.ArrayTable:
			table = name + "."
			note(lines, name, line)
			note(lines, fmt.Sprintf("%s[%d]", name, counts[name]), line)
			counts[name]++
		case unstable.KeyValue:
			note(lines, table+name, line)
			inline(&p, lines, table+name, n.Value())
		}
	}
	return lines
}

// inline notes the keys of an inline table.
func inline(p *unstable.Parser, lines map[string]int, name string, v *unstable.Node) {
	if v.Kind != unstable.InlineTable {
		return
	}
	it := v.Children()
	for it.Next() {
		n := it.Node()
		inner, line := keyOf(p, n)
		note(lines, name+"."+inner, line)
		inline(p, lines, name+"."+inner, n.Value())
	}
}

// note keeps the first line of a name, and of the tables round it.
func note(lines map[string]int, name string, line int) {
	for {
		if lines[name] == 0 {
			lines[name] = line
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return
		}
		name = name[:i]
	}
}

func keyOf(p *unstable.Parser, n *unstable.Node) (name string, line int) {
	var parts []string
	it := n.Key()
	for it.Next() {
		k := it.Node()
		parts = append(parts, string(k.Data))
		if line == 0 && k.Raw.Length > 0 {
			line = p.Shape(k.Raw).Start.Line
		}
	}
	return strings.Join(parts, "."), line
}
