package series

import (
	"encoding/binary"
	"math/bits"
)

// A column of integers is written as: how it is predicted, a common divisor,
// the first values, then the differences from the prediction in blocks of
// block values, each with its least value and as many bits a value as the
// block needs. Wrapping arithmetic keeps every int64 exact.

const block = 32

// How a value is predicted.
const (
	byNothing = iota // all values are the same; nothing follows
	byZero           // from zero: the values themselves
	byLast           // from the value before: steps
	byStep           // from the step before: steps of steps
)

func appendInts(dst []byte, v []int64) []byte {
	same := true
	for _, x := range v {
		same = same && x == v[0]
	}
	if same {
		return binary.AppendVarint(append(dst, byNothing), v[0])
	}
	div := divisor(v)
	q := make([]int64, len(v)) // (v[i]-v[0])/div
	for i := range v {
		q[i] = (v[i] - v[0]) / div
	}
	best, how := []byte(nil), byte(0)
	d := make([]int64, len(v))
	for _, by := range []byte{byZero, byLast, byStep} {
		differences(d, q, by)
		if b := appendBlocks(nil, d); best == nil || len(b) < len(best) {
			best, how = b, by
		}
	}
	dst = append(dst, how)
	dst = binary.AppendVarint(dst, v[0])
	dst = binary.AppendUvarint(dst, uint64(div))
	return append(dst, best...)
}

// divisor gives the greatest common divisor of the distances from v[0], at
// least 1; 1 if a distance does not fit an int64.
func divisor(v []int64) int64 {
	g := uint64(0)
	for _, x := range v[1:] {
		d := x - v[0]
		if (x > v[0]) != (d > 0) && x != v[0] {
			return 1
		}
		a := uint64(d)
		if d < 0 {
			a = -a
		}
		for a != 0 {
			g, a = a, g%a
		}
		if g == 1 {
			return 1
		}
	}
	if g == 0 || g > 1<<62 {
		return 1
	}
	return int64(g)
}

func differences(d, q []int64, by byte) {
	var last, step int64
	for i, x := range q {
		switch by {
		case byZero:
			d[i] = x
		case byLast:
			d[i] = x - last
		default:
			d[i] = x - last - step
		}
		if i > 0 {
			step = x - last
		}
		last = x
	}
}

func appendBlocks(dst []byte, d []int64) []byte {
	for len(d) > 0 {
		b := d[:min(block, len(d))]
		d = d[len(b):]
		lo, hi := b[0], b[0]
		for _, x := range b {
			lo, hi = min(lo, x), max(hi, x)
		}
		w := bits.Len64(uint64(hi) - uint64(lo))
		dst = append(binary.AppendVarint(dst, lo), byte(w))
		dst = appendBits(dst, b, lo, w)
	}
	return dst
}

func appendBits(dst []byte, b []int64, lo int64, w int) []byte {
	var acc uint64
	n := 0
	for _, x := range b {
		u := uint64(x) - uint64(lo)
		acc |= u << n
		if n+w >= 64 {
			dst = binary.LittleEndian.AppendUint64(dst, acc)
			acc = 0
			if n > 0 {
				acc = u >> (64 - n)
			}
			n += w - 64
		} else {
			n += w
		}
	}
	for ; n > 0; n -= 8 {
		dst = append(dst, byte(acc))
		acc >>= 8
	}
	return dst
}

// decoder reads a chunk; err is set once and stays.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() { d.b, d.bad = nil, true }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

// take gives the next n bytes.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

// ints fills v with a column.
func (d *decoder) ints(v []int64) {
	how := d.byte()
	first := d.varint()
	if how == byNothing {
		for i := range v {
			v[i] = first
		}
		return
	}
	div := int64(d.uvarint())
	if how > byStep || div < 1 {
		d.fail()
		return
	}
	for i := 0; i < len(v) && !d.bad; i += block {
		d.block(v[i:min(i+block, len(v))])
	}
	var last, step int64
	for i := range v {
		switch how {
		case byLast:
			v[i] += last
		case byStep:
			v[i] += last + step
		}
		if i > 0 {
			step = v[i] - last
		}
		last = v[i]
	}
	for i := range v {
		v[i] = first + v[i]*div
	}
}

func (d *decoder) block(v []int64) {
	lo := d.varint()
	w := uint64(d.byte())
	if w > 64 {
		d.fail()
		return
	}
	src := d.take((uint64(len(v))*w + 7) / 8)
	if d.bad {
		return
	}
	var acc uint64
	have := uint64(0) // bits in acc
	for i := range v {
		var u uint64
		for got := uint64(0); got < w; {
			if have == 0 {
				n := min(8, len(src))
				acc = 0
				for k := range n {
					acc |= uint64(src[k]) << (8 * k)
				}
				src, have = src[n:], uint64(8*n)
			}
			n := min(w-got, have)
			part := acc
			if n < 64 {
				part &= 1<<n - 1
				acc >>= n
			}
			u |= part << got
			have -= n
			got += n
		}
		v[i] = int64(u + uint64(lo))
	}
}

// dict reads a dictionary of at most n texts.
func (d *decoder) dict(n int) []string {
	k := d.uvarint()
	if k > uint64(n) {
		d.fail()
		return nil
	}
	out := make([]string, k)
	for i := range out {
		out[i] = string(d.take(d.uvarint()))
	}
	return out
}

// indices fills v with a column of places in a list of n.
func (d *decoder) indices(v []int64, n int) {
	d.ints(v)
	for _, x := range v {
		if x < 0 || x >= int64(n) {
			d.fail()
			return
		}
	}
}
