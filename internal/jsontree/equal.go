package jsontree

// Equal reports whether n and m have the same value: the order of members
// does not count, the order of items does, and numbers are compared by their
// exact decimal value.
func (n Node) Equal(m Node) bool {
	if n.kind != m.kind {
		return false
	}
	switch n.kind {
	case Bool:
		return n.n == m.n
	case Number:
		return CompareNumbers(n.text(), m.text()) == 0
	case String:
		return n.text() == m.text()
	case Array:
		return equalItems(n.kids(), m.kids())
	case Object:
		return equalMembers(n.kids(), m.kids())
	default:
		return true
	}
}

func equalItems(a, b []Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// equalMembers relies on names being unique on both sides.
func equalMembers(a, b []Node) bool {
	if len(a) != len(b) {
		return false
	}
	var index map[string]int
	for i := range a {
		j := i // mostly both are in the same order
		if b[j].name != a[i].name {
			if index == nil {
				index = nameIndex(b)
			}
			if j = indexOf(b, index, a[i].name); j < 0 {
				return false
			}
		}
		if !a[i].Equal(b[j]) {
			return false
		}
	}
	return true
}

// NullMarker is the string that stands for "remove this" in fragments
// (CIM 009, 4.5.0).
const NullMarker = "urn:ngsi-ld:null"

// IsNullMarker reports whether n is the string NullMarker.
func (n Node) IsNullMarker() bool { return n.kind == String && n.text() == NullMarker }

// Merge gives dst changed by patch in the way of RFC 7396, with NullMarker
// instead of null (CIM 009, 5.5.12): where both are objects it descends, a
// member of patch that is the marker removes that of dst, anything else
// replaces. Members keep the order of dst; new ones follow in the order of
// patch. Markers in objects that dst does not have are dropped; arrays are
// replaced whole. JSON null is a value like others.
func Merge(dst, patch Node) Node {
	if patch.kind != Object {
		return patch
	}
	var old []Node
	if dst.kind == Object {
		old = dst.kids()
	}
	changes := patch.kids()
	inOld, inChanges := nameIndex(old), nameIndex(changes)
	kids := make([]Node, 0, len(old)+len(changes))
	for i := range old {
		j := indexOf(changes, inChanges, old[i].name)
		switch {
		case j < 0:
			kids = append(kids, old[i])
		case !changes[j].IsNullMarker():
			kids = append(kids, named(Merge(old[i], changes[j]), changes[j]))
		}
	}
	for i := range changes {
		if changes[i].IsNullMarker() || indexOf(old, inOld, changes[i].name) >= 0 {
			continue
		}
		kids = append(kids, named(Merge(Node{}, changes[i]), changes[i]))
	}
	return withKids(Object, kids)
}

// named gives v the name of m.
func named(v, m Node) Node {
	v.name = m.name
	v.flags = v.flags&^plainName | m.flags&plainName
	return v
}
