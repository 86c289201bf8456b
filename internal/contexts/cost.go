package contexts

import (
	"strings"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// Bounds of what one context object can cost to compile. Terms may build on
// each other (a: "b:x", b: "c:x" ...), so that a document of 1 MiB could ask
// for gigabytes of IRIs, or for a very deep recursion.
const (
	maxString = 2048 // bytes of one address or IRI, as written or made
	maxCost   = 4096 // of a term, see cost
	hopCost   = 20   // of building on one more term: 200 at most
)

// costs measures the terms of one object.
type costs struct {
	object map[string]jsontree.Node
	known  map[string]int // -1 while it is being measured
}

// CheckCost refuses an object that would cost too much to compile; base names
// its document in the error.
//
// Errors: problem.BadRequestData.
func CheckCost(object jsontree.Node, base string) error {
	c := costs{make(map[string]jsontree.Node, object.Len()), make(map[string]int, object.Len())}
	for name, def := range object.Members() {
		c.object[name] = def
	}
	for name := range object.Members() {
		if c.cost(name) > maxCost {
			return bad(base, "the term %.80q is too long, or builds on too many other terms", name)
		}
	}
	return nil
}

// cost bounds the length of what name stands for, plus the number of terms
// that it builds on. It stops counting beyond maxCost.
func (c *costs) cost(name string) int {
	if known, ok := c.known[name]; ok {
		return max(0, known) // a circle is the compiler's to refuse
	}
	c.known[name] = -1
	own, under := 0, 0
	for _, s := range references(name, c.object[name]) {
		if own = max(own, len(s)); own > maxString {
			own = maxCost + 1
			break
		}
		before, _, _ := strings.Cut(s, ":")
		for _, ref := range [2]string{before, s} {
			if _, ok := c.object[ref]; ok && ref != name && under <= maxCost {
				under = max(under, c.cost(ref))
			}
		}
	}
	cost := min(own+under+hopCost, maxCost+1)
	c.known[name] = cost
	return cost
}

// references lists the texts of a definition that may name other terms.
func references(name string, def jsontree.Node) []string {
	list := []string{name}
	if def.Kind() == jsontree.String {
		return append(list, def.Str())
	}
	for _, v := range def.Members() {
		if v.Kind() == jsontree.String {
			list = append(list, v.Str())
		}
	}
	return list
}
