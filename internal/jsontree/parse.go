package jsontree

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Limits bound what Parse accepts. A zero field means its default.
type Limits struct {
	MaxBytes   int // of the whole document
	MaxDepth   int // of arrays and objects within each other
	MaxMembers int // values in the whole document, at every depth
}

// DefaultLimits are those of a zero Limits: 16 MiB, 128 levels, 1,048,576
// values. A parsed value takes 32 bytes beside its text.
var DefaultLimits = Limits{MaxBytes: 16 << 20, MaxDepth: 128, MaxMembers: 1 << 20}

// maxBytes is the largest document whatever the limits say: offsets have 32 bits.
const maxBytes = 1 << 30

// quadraticNames is how many members an object may have before duplicate
// names are found with a map instead of by comparing each with each.
const quadraticNames = 16

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultLimits.MaxBytes
	}
	l.MaxBytes = min(l.MaxBytes, maxBytes)
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultLimits.MaxDepth
	}
	if l.MaxMembers <= 0 {
		l.MaxMembers = DefaultLimits.MaxMembers
	}
	return l
}

// SyntaxError says what is wrong in a JSON text, and where.
type SyntaxError struct {
	Offset int // in bytes, from 0
	Line   int // from 1
	Col    int // in characters, from 1
	Msg    string
	// Limit reports that the text may be JSON, but goes over a limit.
	Limit bool
}

// Error gives the message and the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d (byte %d): %s", e.Line, e.Col, e.Offset, e.Msg)
}

func newSyntaxError(src string, offset int, msg string) *SyntaxError {
	before := src[:min(offset, len(src))]
	line := 1 + strings.Count(before, "\n")
	before = before[strings.LastIndexByte(before, '\n')+1:]
	return &SyntaxError{Offset: offset, Line: line, Col: 1 + utf8.RuneCountInString(before), Msg: msg}
}

// Parse reads data, which must be exactly one JSON value (RFC 8259) with
// nothing but white space round it. It does not keep data.
//
// Errors: a *SyntaxError at the first fault: anything that RFC 8259 forbids,
// a byte order mark, two members of one name in one object, bytes that are
// not UTF-8, an escape that is half of a surrogate pair, more than lim.
func Parse(data []byte, lim Limits) (Node, error) { return parse(data, lim, false) }

// ParseShared is Parse without the copy: the nodes point into data, which
// must never change again. It is for values that are already kept, such as
// those of stored entities; a number or plain string then allocates nothing.
func ParseShared(data []byte, lim Limits) (Node, error) { return parse(data, lim, true) }

func parse(data []byte, lim Limits, share bool) (Node, error) {
	lim = lim.withDefaults()
	src := unsafe.String(unsafe.SliceData(data), len(data)) // a view
	if len(src) > lim.MaxBytes {
		e := newSyntaxError(src, lim.MaxBytes, fmt.Sprintf("the document has more than %d bytes", lim.MaxBytes))
		e.Limit = true
		return Node{}, e
	}
	valid := utf8.ValidString(src)
	p := parsers.Get().(*parser)
	p.src, p.data, p.lim = src, data, lim
	ok := p.document()
	if !valid {
		if bad := firstInvalid(src); ok || p.at >= bad {
			p.at, p.msg, p.limit, ok = bad, "this is not UTF-8", false, false
		}
	}
	var n Node
	var err error
	if ok {
		n = p.build(share)
	} else {
		e := newSyntaxError(src, p.at, p.msg)
		e.Limit = p.limit
		err = e
	}
	p.release()
	return n, err
}

// firstInvalid gives the offset of the first byte that is not UTF-8.
func firstInvalid(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}

// rec is a value while parsing. It has no pointers: stacks of them cost no
// write barriers and need no clearing. Offsets below len(src) are in src, the
// rest in esc.
type rec struct {
	nameOff, nameLen uint32
	nameAt           uint32 // where the name's opening quote is in src
	off, n           uint32 // of the text; of the children in out
	kind             Kind
	flags            uint8
}

type parser struct {
	src   string
	data  []byte // the same bytes
	lim   Limits
	depth int
	count int
	stack []rec  // finished children of containers that are still open
	out   []rec  // children of finished containers, each container's in one piece
	esc   []byte // texts that had escapes, decoded
	names map[string]struct{}

	at    int // where it went wrong
	msg   string
	limit bool
}

// parsers keeps the scratch space of finished parses.
var parsers = sync.Pool{New: func() any { return new(parser) }}

// keepScratch is how many records of scratch space survive a parse.
const keepScratch = 1 << 14

func (p *parser) release() {
	if cap(p.stack)+cap(p.out) > keepScratch || cap(p.esc) > keepScratch {
		return
	}
	p.src, p.data, p.depth, p.count = "", nil, 0, 0
	p.stack, p.out, p.esc = p.stack[:0], p.out[:0], p.esc[:0]
	p.at, p.msg, p.limit = 0, "", false
	parsers.Put(p)
}

func (p *parser) fail(at int, msg string) bool {
	p.at, p.msg = at, msg
	return false
}

func (p *parser) over(at int, msg string) bool {
	p.limit = true
	return p.fail(at, msg)
}

// document reads the whole of src and leaves its value alone on the stack.
func (p *parser) document() bool {
	if strings.HasPrefix(p.src, "\uFEFF") {
		return p.fail(0, "there is a byte order mark before the JSON; leave it out")
	}
	i, ok := p.value(p.space(0), rec{})
	if !ok {
		return false
	}
	if i = p.space(i); i < len(p.src) {
		return p.fail(i, "there is something after the JSON value")
	}
	return true
}

func (p *parser) space(i int) int {
	for i < len(p.src) {
		if c := p.src[i]; c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			break
		}
		i++
	}
	return i
}

// value reads the value that begins at i, pushes it on the stack, and gives
// the place after it. r holds the name, if it has one; it goes by value
// because a pointer to it would put each one on the heap.
func (p *parser) value(i int, r rec) (int, bool) {
	if i >= len(p.src) {
		return i, p.fail(i, "the text ends where a value is expected")
	}
	if p.count++; p.count > p.lim.MaxMembers {
		return i, p.over(i, fmt.Sprintf("the document has more than %d values", p.lim.MaxMembers))
	}
	end := 0
	switch c := p.src[i]; c {
	case '"':
		var ok bool
		if r, end, ok = p.text(i, r); !ok {
			return end, false
		}
	case '{':
		return p.object(i, r)
	case '[':
		return p.array(i, r)
	case 't':
		r.kind, r.n = Bool, 1
		end = p.word(i, "true")
	case 'f':
		r.kind = Bool
		end = p.word(i, "false")
	case 'n':
		end = p.word(i, "null")
	default:
		if c != '-' && (c < '0' || c > '9') {
			return i, p.fail(i, "a value is expected: an object, an array, a string in double quotes, a number, true, false or null")
		}
		var why string
		if end, why = scanNumber(p.src, i); why != "" {
			return i, p.fail(end, why)
		}
		r.kind, r.off, r.n, r.flags = Number, uint32(i), uint32(end-i), r.flags|plainText
	}
	if end == 0 {
		return i, false
	}
	p.stack = append(p.stack, r)
	return end, true
}

// word gives the place after w, or 0 if it is not there.
func (p *parser) word(i int, w string) int {
	if !strings.HasPrefix(p.src[i:], w) {
		p.fail(i, "a value is expected; this begins like "+w)
		return 0
	}
	return i + len(w)
}

func (p *parser) enter(i int) bool {
	if p.depth++; p.depth > p.lim.MaxDepth {
		return p.over(i, fmt.Sprintf("arrays and objects are nested more than %d deep", p.lim.MaxDepth))
	}
	return true
}

// leave moves the children above mark to out and pushes their container r.
func (p *parser) leave(mark int, r rec) {
	r.off, r.n = uint32(len(p.out)), uint32(len(p.stack)-mark)
	p.out = append(p.out, p.stack[mark:]...)
	p.stack = append(p.stack[:mark], r)
	p.depth--
}

func (p *parser) array(i int, r rec) (int, bool) {
	r.kind = Array
	if !p.enter(i) {
		return i, false
	}
	mark := len(p.stack)
	if i = p.space(i + 1); i < len(p.src) && p.src[i] == ']' {
		p.leave(mark, r)
		return i + 1, true
	}
	for {
		var ok bool
		if i, ok = p.value(i, rec{}); !ok {
			return i, false
		}
		i = p.space(i)
		switch {
		case i < len(p.src) && p.src[i] == ',':
			i = p.space(i + 1)
		case i < len(p.src) && p.src[i] == ']':
			p.leave(mark, r)
			return i + 1, true
		default:
			return i, p.fail(i, "a comma or ] is expected after an item of an array")
		}
	}
}

func (p *parser) object(i int, r rec) (int, bool) {
	r.kind = Object
	if !p.enter(i) {
		return i, false
	}
	mark := len(p.stack)
	if i = p.space(i + 1); i < len(p.src) && p.src[i] == '}' {
		p.leave(mark, r)
		return i + 1, true
	}
	for {
		var ok bool
		if i, ok = p.member(i, mark); !ok {
			return i, false
		}
		i = p.space(i)
		switch {
		case i < len(p.src) && p.src[i] == ',':
			i = p.space(i + 1)
		case i < len(p.src) && p.src[i] == '}':
			if len(p.stack)-mark > quadraticNames && !p.unique(p.stack[mark:]) {
				return i, false
			}
			p.leave(mark, r)
			return i + 1, true
		default:
			return i, p.fail(i, "a comma or } is expected after a member of an object")
		}
	}
}

// member reads the name that begins at i and its value. The object's members
// so far are on the stack above mark.
func (p *parser) member(i, mark int) (int, bool) {
	if i >= len(p.src) || p.src[i] != '"' {
		return i, p.fail(i, "the name of a member, in double quotes, is expected")
	}
	name, end, ok := p.text(i, rec{})
	if !ok {
		return end, false
	}
	m := rec{nameOff: name.off, nameLen: name.n, nameAt: uint32(i)}
	if name.flags&plainText != 0 {
		m.flags = plainName
	}
	if len(p.stack)-mark < quadraticNames && p.known(p.stack[mark:], m) {
		return i, p.fail(i, fmt.Sprintf("the object has two members named %.80q", p.at32(m.nameOff, m.nameLen)))
	}
	if i = p.space(end); i >= len(p.src) || p.src[i] != ':' {
		return i, p.fail(i, "a colon is expected after the name of a member")
	}
	return p.value(p.space(i+1), m)
}

func (p *parser) known(members []rec, m rec) bool {
	name := p.at32(m.nameOff, m.nameLen)
	for i := range members {
		if members[i].nameLen == m.nameLen && p.at32(members[i].nameOff, members[i].nameLen) == name {
			return true
		}
	}
	return false
}

// unique checks the names of a large object once it is complete.
func (p *parser) unique(members []rec) bool {
	if p.names == nil {
		p.names = make(map[string]struct{}, len(members))
	}
	defer func() {
		if len(members) > keepScratch {
			p.names = nil
			return
		}
		clear(p.names)
	}()
	for _, m := range members {
		name := p.at32(m.nameOff, m.nameLen)
		if _, ok := p.names[name]; ok {
			return p.fail(int(m.nameAt), fmt.Sprintf("the object has two members named %.80q", name))
		}
		p.names[name] = struct{}{}
	}
	return true
}

// at32 gives a text by its place. The string is valid until esc grows.
func (p *parser) at32(off, n uint32) string {
	if n == 0 {
		return ""
	}
	if int(off) < len(p.src) {
		return p.src[off : off+n]
	}
	b := p.esc[int(off)-len(p.src):][:n]
	return unsafe.String(&b[0], n)
}

// build makes the nodes: one allocation for all texts, unless they are shared
// with the input, and one for all children.
func (p *parser) build(share bool) Node {
	whole := p.src
	switch {
	case len(p.esc) > 0:
		var b strings.Builder
		b.Grow(len(p.src) + len(p.esc))
		b.WriteString(p.src)
		b.Write(p.esc)
		whole = b.String()
	case !share:
		whole = strings.Clone(whole)
	}
	slab := make([]Node, len(p.out))
	for i := range p.out {
		slab[i] = node(&p.out[i], whole, slab)
	}
	return node(&p.stack[0], whole, slab)
}

func node(r *rec, whole string, slab []Node) Node {
	n := Node{kind: r.kind, flags: r.flags, n: r.n, name: whole[r.nameOff : r.nameOff+r.nameLen]}
	switch r.kind {
	case Number, String:
		n.ptr = unsafe.Pointer(unsafe.StringData(whole[r.off : r.off+r.n]))
	case Array, Object:
		if r.n > 0 {
			n.ptr = unsafe.Pointer(&slab[r.off : r.off+r.n][0])
		}
	}
	return n
}
