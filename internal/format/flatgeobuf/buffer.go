package flatgeobuf

import (
	"encoding/binary"
	"math"
	"slices"
)

// buffer makes one size-prefixed FlatBuffer from front to back: a table comes
// before what it refers to, and references are filled in when their targets
// are there. Numbers are aligned from the prefix on, as readers keep it.
type buffer struct{ b []byte }

// start begins anew, with room for the size and the reference to the root.
func (w *buffer) start() { w.b = append(w.b[:0], 0, 0, 0, 0, 0, 0, 0, 0) }

// finish fills in the size and pads to whole numbers of eight bytes, so that
// what follows is aligned where a reader maps the file.
func (w *buffer) finish() []byte {
	w.align(8, 0)
	binary.LittleEndian.PutUint32(w.b, uint32(len(w.b)-4))
	return w.b
}

// align pads so that what begins after more bytes lies at a multiple of n.
func (w *buffer) align(n, more int) {
	for (len(w.b)+more)%n != 0 {
		w.b = append(w.b, 0)
	}
}

// here lets the reference at ref be to what comes next.
func (w *buffer) here(ref int) {
	binary.LittleEndian.PutUint32(w.b[ref:], uint32(len(w.b)-ref))
}

// slot is a field of a table: its number in the schema and a value of 1, 2 or
// 4 bytes; a reference is 4 bytes that here fills in.
type slot struct {
	number int
	size   int
	value  uint32
}

// table writes a table at which ref is to point and gives where its fields
// are, in the order of slots. Slots stand from the widest to the narrowest.
func (w *buffer) table(ref int, slots ...slot) []int {
	last := -1
	for _, s := range slots {
		last = max(last, s.number)
	}
	w.align(4, 4+2*(last+1)) // so that the table follows its vtable at once
	vtable := len(w.b)
	length, offset := 4, make([]uint16, last+1)
	for _, s := range slots {
		offset[s.number] = uint16(length)
		length += s.size
	}
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(4+2*(last+1)))
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(length))
	for _, o := range offset {
		w.b = binary.LittleEndian.AppendUint16(w.b, o)
	}
	w.here(ref)
	w.b = binary.LittleEndian.AppendUint32(w.b, uint32(len(w.b)-vtable))
	places := make([]int, 0, len(slots))
	for _, s := range slots {
		places = append(places, len(w.b))
		switch s.size {
		case 1:
			w.b = append(w.b, byte(s.value))
		case 2:
			w.b = binary.LittleEndian.AppendUint16(w.b, uint16(s.value))
		default:
			w.b = binary.LittleEndian.AppendUint32(w.b, s.value)
		}
	}
	return places
}

// text writes a string.
func (w *buffer) text(ref int, s string) {
	w.align(4, 0)
	w.here(ref)
	w.b = binary.LittleEndian.AppendUint32(w.b, uint32(len(s)))
	w.b = append(append(w.b, s...), 0)
}

// bytes writes a vector of bytes.
func (w *buffer) bytes(ref int, v []byte) {
	w.align(4, 0)
	w.here(ref)
	w.b = binary.LittleEndian.AppendUint32(w.b, uint32(len(v)))
	w.b = append(w.b, v...)
}

// numbers begins a vector of n numbers of the size given, which the caller
// appends.
func (w *buffer) numbers(ref, n, size int) {
	w.align(max(4, size), 4)
	w.here(ref)
	w.b = binary.LittleEndian.AppendUint32(w.b, uint32(n))
	w.b = slices.Grow(w.b, n*size)
}

func (w *buffer) double(f float64) {
	w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(f))
}

// refs writes a vector of n references and gives their places.
func (w *buffer) refs(ref, n int) []int {
	w.numbers(ref, n, 4)
	places := make([]int, n)
	for i := range places {
		places[i] = len(w.b)
		w.b = binary.LittleEndian.AppendUint32(w.b, 0)
	}
	return places
}
