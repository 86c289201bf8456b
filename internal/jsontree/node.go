// Package jsontree holds JSON values as strict, ordered trees: what was
// parsed comes back with the same members in the same order and the same
// number literals.
//
// It is for entities, contexts and everything else whose exact form matters.
// It is not for mapping JSON to Go structs, and not for streams: a document
// is read whole.
//
// Always true: a Node is an immutable value, safe for concurrent use; objects
// of parsed nodes have no two members of one name; every text is valid UTF-8;
// whatever Append writes, Parse accepts (limits aside). A node keeps alive
// the document it was parsed from: clone a small string that is to outlive a
// large document.
package jsontree

import (
	"iter"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// Kind is the type of a JSON value.
type Kind uint8

// The kinds of JSON values. Null is the kind of the zero Node.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "boolean", "number", "string", "array", "object"}

// String gives the name of k as people say it, such as "boolean".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Node is one JSON value. The zero Node is null. Nodes are small, are passed
// by value and cannot be compared with ==; see Equal.
type Node struct {
	_    [0]func() // not comparable
	name string    // of the member that holds it, if its parent is an object
	// ptr is the first byte of the text of a Number or String, or the first
	// child of an Array or Object. One pointer for both makes a Node 32 bytes
	// instead of 64, which is most of what parsing costs. Only text and kids
	// read it, only withText and withKids set it.
	ptr   unsafe.Pointer
	n     uint32 // bytes of text, number of children, or 1 for true
	kind  Kind
	flags uint8
}

const (
	plainText uint8 = 1 << iota // the text needs no escapes
	plainName                   // the name needs no escapes
)

// text gives the literal of a Number or the value of a String.
func (n Node) text() string {
	return unsafe.String((*byte)(n.ptr), n.n)
}

// kids gives the children of an Array or Object.
func (n Node) kids() []Node {
	return unsafe.Slice((*Node)(n.ptr), n.n)
}

func withText(k Kind, s string, flags uint8) Node {
	if len(s) > math.MaxUint32 {
		panic("jsontree: a text of over 4 GiB")
	}
	return Node{kind: k, ptr: unsafe.Pointer(unsafe.StringData(s)), n: uint32(len(s)), flags: flags}
}

func withKids(k Kind, kids []Node) Node {
	if len(kids) == 0 {
		return Node{kind: k}
	}
	if len(kids) > math.MaxUint32 {
		panic("jsontree: over 4,294,967,295 children")
	}
	return Node{kind: k, ptr: unsafe.Pointer(unsafe.SliceData(kids)), n: uint32(len(kids))}
}

// Kind gives the type of n.
func (n Node) Kind() Kind { return n.kind }

// IsNull reports whether n is null.
func (n Node) IsNull() bool { return n.kind == Null }

// Str gives the decoded value of a String, "" for any other kind.
func (n Node) Str() string {
	if n.kind != String {
		return ""
	}
	return n.text()
}

// Literal gives a Number as it was written, "" for any other kind.
func (n Node) Literal() string {
	if n.kind != Number {
		return ""
	}
	return n.text()
}

// Bool reports whether n is true.
func (n Node) Bool() bool { return n.kind == Bool && n.n == 1 }

// Float gives a Number as the nearest float64. It is false for other kinds
// and for a number too large for a float64.
func (n Node) Float() (float64, bool) {
	if n.kind != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.text(), 64)
	return f, err == nil
}

// Len gives the number of items of an Array or members of an Object, 0 for
// any other kind.
func (n Node) Len() int {
	if n.kind < Array {
		return 0
	}
	return int(n.n)
}

// Item gives item i of an Array. It panics if there is none, as an index of a
// slice does.
func (n Node) Item(i int) Node {
	if n.kind != Array {
		panic("jsontree: Item of a value that is no array")
	}
	return n.kids()[i]
}

// Member gives member i of an Object, in the order written. It panics if
// there is none.
func (n Node) Member(i int) (name string, v Node) {
	if n.kind != Object {
		panic("jsontree: Member of a value that is no object")
	}
	v = n.kids()[i]
	return v.name, v
}

// Get finds the member of an Object with the given name; it is false if there
// is none or n is no Object. It takes time in proportion to the number of
// members.
func (n Node) Get(name string) (Node, bool) {
	if n.kind != Object {
		return Node{}, false
	}
	kids := n.kids()
	for i := range kids {
		if kids[i].name == name {
			return kids[i], true
		}
	}
	return Node{}, false
}

// Items walks an Array; it yields nothing for any other kind.
func (n Node) Items() iter.Seq2[int, Node] {
	return func(yield func(int, Node) bool) {
		if n.kind != Array {
			return
		}
		for i, v := range n.kids() {
			if !yield(i, v) {
				return
			}
		}
	}
}

// Members walks an Object in the order written; it yields nothing for any
// other kind.
func (n Node) Members() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		if n.kind != Object {
			return
		}
		for _, v := range n.kids() {
			if !yield(v.name, v) {
				return
			}
		}
	}
}

// Member is a name and a value, for building an Object.
type Member struct {
	Name  string
	Value Node
}

// NullNode gives null, which is also the zero Node.
func NullNode() Node { return Node{} }

// BoolNode gives true or false.
func BoolNode(b bool) Node {
	if b {
		return Node{kind: Bool, n: 1}
	}
	return Node{kind: Bool}
}

// StringNode gives s as a String. Bytes that are not UTF-8 become U+FFFD.
func StringNode(s string) Node {
	return withText(String, strings.ToValidUTF8(s, "\uFFFD"), 0)
}

// NumberNode gives a Number with the given literal.
//
// Errors: a *SyntaxError if literal is not a JSON number.
func NumberNode(literal string) (Node, error) {
	end, why := scanNumber(literal, 0)
	if why == "" && end < len(literal) {
		why = "there is something after the number"
	}
	if why != "" {
		return Node{}, newSyntaxError(literal, end, why)
	}
	return withText(Number, strings.Clone(literal), plainText), nil
}

// IntNode gives a Number with the decimal digits of i.
func IntNode(i int64) Node {
	return withText(Number, strconv.FormatInt(i, 10), plainText)
}

// FloatNode gives a Number with the shortest literal that reads back as f. It
// is false if f is not finite, which JSON cannot say.
func FloatNode(f float64) (Node, bool) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return Node{}, false
	}
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return withText(Number, strconv.FormatFloat(f, form, -1, 64), plainText), true
}

// ArrayNode gives an Array of the given items. It keeps the slice, which must
// not change any more.
func ArrayNode(items []Node) Node { return withKids(Array, items) }

// ObjectNode gives an Object with the given members, in that order. It does
// not keep the slice. Names must be unique: a second member of the same name
// replaces the value of the first.
func ObjectNode(members []Member) Node {
	kids := make([]Node, 0, len(members))
	var seen map[string]int
	if len(members) > quadraticNames {
		seen = make(map[string]int, len(members))
	}
	for _, m := range members {
		v := m.Value
		v.name = strings.ToValidUTF8(m.Name, "\uFFFD")
		v.flags &^= plainName
		if i := indexOf(kids, seen, v.name); i >= 0 {
			kids[i] = v
			continue
		}
		if seen != nil {
			seen[v.name] = len(kids)
		}
		kids = append(kids, v)
	}
	return withKids(Object, kids)
}

// nameIndex gives the places of names, or nil if kids are few enough to be
// searched one by one.
func nameIndex(kids []Node) map[string]int {
	if len(kids) <= quadraticNames {
		return nil
	}
	index := make(map[string]int, len(kids))
	for i := range kids {
		index[kids[i].name] = i
	}
	return index
}

// indexOf finds the place of name, with the index if there is one.
func indexOf(kids []Node, seen map[string]int, name string) int {
	if seen != nil {
		if i, ok := seen[name]; ok {
			return i
		}
		return -1
	}
	for i := range kids {
		if kids[i].name == name {
			return i
		}
	}
	return -1
}

// With gives a copy of the Object n in which the member name has the value v:
// in its place if it is there, else at the end. It panics if n is no Object.
func (n Node) With(name string, v Node) Node {
	if n.kind != Object {
		panic("jsontree: With of a value that is no object")
	}
	old := n.kids()
	kids := make([]Node, len(old), len(old)+1)
	copy(kids, old)
	v.name, v.flags = strings.ToValidUTF8(name, "\uFFFD"), v.flags&^plainName
	if i := indexOf(kids, nil, v.name); i >= 0 {
		kids[i] = v
	} else {
		kids = append(kids, v)
	}
	return withKids(Object, kids)
}

// Without gives the Object n less the member name. It gives n itself if there
// is no such member or n is no Object.
func (n Node) Without(name string) Node {
	if n.kind != Object {
		return n
	}
	old := n.kids()
	i := indexOf(old, nil, name)
	if i < 0 {
		return n
	}
	kids := make([]Node, 0, len(old)-1)
	kids = append(append(kids, old[:i]...), old[i+1:]...)
	return withKids(Object, kids)
}

// Plain gives n as encoding/json decodes a document: nil, bool, float64, string,
// []any or map[string]any, which is what json-gold takes. A number loses what a
// float64 cannot hold.
func (n Node) Plain() any {
	switch n.Kind() {
	case Bool:
		return n.Bool()
	case Number:
		f, _ := n.Float()
		return f
	case String:
		return n.Str()
	case Array:
		list := make([]any, 0, n.Len())
		for _, item := range n.Items() {
			list = append(list, item.Plain())
		}
		return list
	case Object:
		m := make(map[string]any, n.Len())
		for name, v := range n.Members() {
			m[name] = v.Plain()
		}
		return m
	default:
		return nil
	}
}
