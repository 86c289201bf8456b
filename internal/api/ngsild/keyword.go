package ngsild

import (
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// plainNames gives a subscription or query with id and type in place of @id
// and @type, which may be sent instead of them and never come back (CIM 009,
// 4.4): its own, and those of its entities.
//
// Errors: problem.BadRequestData if both are there.
func plainNames(n jsontree.Node) (jsontree.Node, error) {
	n, err := plainMembers(n)
	if err != nil {
		return n, err
	}
	list, _ := n.Get("entities")
	if list.Kind() != jsontree.Array {
		return n, nil
	}
	items := make([]jsontree.Node, 0, list.Len())
	for _, item := range list.Items() {
		if item, err = plainMembers(item); err != nil {
			return n, err
		}
		items = append(items, item)
	}
	return n.With("entities", jsontree.ArrayNode(items)), nil
}

func hasKeyword(n jsontree.Node) bool {
	_, id := n.Get("@id")
	_, typed := n.Get("@type")
	return id || typed
}

func plainMembers(n jsontree.Node) (jsontree.Node, error) {
	if !hasKeyword(n) {
		return n, nil
	}
	ms := make([]jsontree.Member, 0, n.Len())
	for name, v := range n.Members() {
		if name == "@id" || name == "@type" {
			if _, both := n.Get(name[1:]); both {
				return n, problem.New(problem.BadRequestData, "there are both %s and %s", name[1:], name)
			}
			name = name[1:]
		}
		ms = append(ms, jsontree.Member{Name: name, Value: v})
	}
	return jsontree.ObjectNode(ms), nil
}
