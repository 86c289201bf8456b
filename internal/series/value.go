package series

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
)

// A value is split into a template, its text with the numbers taken out, and
// the numbers. A plain number has the template "\x00"; a GeoJSON Point one
// with two numbers. A JSON text has no byte zero. The numbers at one place of
// one template form a column of decimals: mantissas brought to the column's
// finest scale, so that "20", "20.5" and "20.25" lie close together, and the
// scales, so that each comes back as it was written.

const maxNumbers = 8 // of one template; further numbers stay in its text

type decimal struct {
	mantissa int64
	scale    int8 // digits behind the point
}

// powersOfTen has the powers that fit an int64.
var powersOfTen = [19]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// parseDecimal takes apart a JSON number without exponent that has at most 15
// digits; others stay text.
func parseDecimal(s []byte) (decimal, bool) {
	var d decimal
	whole := s
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	digits, point := 0, -1
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9':
			d.mantissa = d.mantissa*10 + int64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = i
		default:
			return d, false
		}
		if digits > 15 {
			return d, false
		}
	}
	if digits == 0 || neg && d.mantissa == 0 {
		return d, false // nothing, or minus zero, which no integer can say
	}
	if point >= 0 {
		d.scale = int8(len(s) - 1 - point)
		if d.scale == 0 || point == 0 {
			return d, false
		}
	}
	if neg {
		d.mantissa = -d.mantissa
	}
	var buf [24]byte // only what comes back the same may go this way
	return d, bytes.Equal(d.append(buf[:0]), whole)
}

// append writes d as a JSON number with d.scale digits behind the point.
func (d decimal) append(dst []byte) []byte {
	m := d.mantissa
	if m < 0 {
		dst = append(dst, '-')
		m = -m
	}
	if d.scale == 0 {
		return strconv.AppendInt(dst, m, 10)
	}
	dst = strconv.AppendInt(dst, m/powersOfTen[d.scale], 10)
	dst = append(dst, '.')
	frac := m % powersOfTen[d.scale]
	for k := d.scale - 1; k > 0 && frac < powersOfTen[k]; k-- {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, frac, 10)
}

// split gives v's template and its numbers.
func split(tmpl []byte, nums []decimal, v []byte) ([]byte, []decimal) {
	inText := false
	for i := 0; i < len(v); i++ {
		c := v[i]
		if inText {
			tmpl = append(tmpl, c)
			switch {
			case c == '\\' && i+1 < len(v):
				i++
				tmpl = append(tmpl, v[i])
			case c == '"':
				inText = false
			}
			continue
		}
		if c == '-' || c >= '0' && c <= '9' {
			end := i + 1
			for end < len(v) && isNumberByte(v[end]) {
				end++
			}
			if d, ok := parseDecimal(v[i:end]); ok && len(nums) < maxNumbers {
				tmpl, nums = append(tmpl, 0), append(nums, d)
			} else {
				tmpl = append(tmpl, v[i:end]...)
			}
			i = end - 1
			continue
		}
		inText = c == '"'
		tmpl = append(tmpl, c)
	}
	return tmpl, nums
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// values writes the values.
func (e *encoder) values(dst []byte, points []entity.Instance) []byte {
	var dict []string
	known := map[string]int{}
	numbers := make([][]decimal, len(points))
	var tmpl []byte
	for i := range points {
		v := points[i].Value
		var nums []decimal
		if bytes.IndexByte(v, 0) >= 0 { // no JSON; kept all the same
			tmpl = append(append(tmpl[:0], 1), v...)
		} else {
			tmpl, nums = split(append(tmpl[:0], 0), nil, v)
		}
		k, ok := known[string(tmpl)]
		if !ok {
			k = len(dict)
			dict = append(dict, string(tmpl))
			known[dict[k]] = k
		}
		e.ints[i], numbers[i] = int64(k), nums
	}
	dst = appendInts(appendDict(dst, dict), e.ints)
	of := make([]decimal, 0, len(points))
	for k, t := range dict {
		for slot := range slots(t) {
			of = of[:0]
			for i := range points {
				if e.ints[i] == int64(k) {
					of = append(of, numbers[i][slot])
				}
			}
			dst = appendDecimals(dst, of)
		}
	}
	return dst
}

// slots gives the number of numbers in a template.
func slots(t string) int {
	if t == "" || t[0] != 0 {
		return 0
	}
	return strings.Count(t[1:], "\x00")
}

// appendDecimals writes a column: the finest scale, whether every scale is
// what leaving out trailing zeros gives, else the scales, and the mantissas.
func appendDecimals(dst []byte, ds []decimal) []byte {
	finest := int8(0)
	for _, d := range ds {
		finest = max(finest, d.scale)
	}
	m := make([]int64, len(ds))
	fits, shortest := true, true
	for i, d := range ds {
		up := powersOfTen[finest-d.scale]
		if d.mantissa > math.MaxInt64/up || d.mantissa < math.MinInt64/up {
			fits = false
			break
		}
		m[i] = d.mantissa * up
		shortest = shortest && trimmed(m[i], finest) == d.scale
	}
	mode := byte(0)
	switch {
	case !fits:
		mode = 2
		for i, d := range ds {
			m[i] = d.mantissa
		}
	case !shortest:
		mode = 1
	}
	dst = append(dst, mode, byte(finest))
	if mode != 0 {
		s := make([]int64, len(ds))
		for i, d := range ds {
			s[i] = int64(d.scale)
		}
		dst = appendInts(dst, s)
	}
	return appendInts(dst, m)
}

// trimmed gives the scale at which m*10^-scale has no trailing zero.
func trimmed(m int64, scale int8) int8 {
	for scale > 0 && m%10 == 0 {
		m, scale = m/10, scale-1
	}
	return scale
}

// decimals reads a column of n.
func (d *decoder) decimals(n int) []decimal {
	mode, finest := d.byte(), int8(d.byte())
	if mode > 2 || finest < 0 || int(finest) >= len(powersOfTen) {
		d.fail()
		return nil
	}
	out, v := make([]decimal, n), make([]int64, n)
	if mode != 0 {
		d.ints(v)
		for i, s := range v {
			if s < 0 || s > int64(finest) {
				d.fail()
				return nil
			}
			out[i].scale = int8(s)
		}
	}
	d.ints(v)
	for i, m := range v {
		if m == math.MinInt64 {
			d.fail()
			return nil
		}
		if mode == 0 {
			out[i].scale = trimmed(m, finest)
		}
		if mode != 2 {
			m /= powersOfTen[finest-out[i].scale]
		}
		out[i].mantissa = m
	}
	return out
}

// values fills in the values of points.
func (d *decoder) values(points []entity.Instance) {
	dict := d.dict(len(points))
	idx := make([]int64, len(points))
	d.indices(idx, len(dict))
	if d.bad {
		return
	}
	total := 0
	columns := make([][][]decimal, len(dict))
	for k, t := range dict {
		n := 0
		for _, x := range idx {
			if x == int64(k) {
				n++
			}
		}
		total += n * (len(t) + 20*slots(t))
		if slots(t) > maxNumbers {
			d.fail()
			return
		}
		for range slots(t) {
			columns[k] = append(columns[k], d.decimals(n))
		}
		if d.bad || total > maxDecoded {
			d.fail()
			return
		}
	}
	slab := make([]byte, 0, total)
	next := make([]int, len(dict))
	for i := range points {
		k := idx[i]
		start := len(slab)
		slab = fill(slab, dict[k], columns[k], next[k])
		next[k]++
		if len(slab) > start {
			points[i].Value = slab[start:len(slab):len(slab)]
		}
	}
}

// maxDecoded bounds the bytes of one chunk's values.
const maxDecoded = 256 << 20

func fill(dst []byte, t string, cols [][]decimal, row int) []byte {
	if t == "" {
		return dst
	}
	if t[0] != 0 {
		return append(dst, t[1:]...)
	}
	slot := 0
	for _, c := range []byte(t[1:]) {
		if c == 0 {
			dst = cols[slot][row].append(dst)
			slot++
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// Number gives the value of a plain JSON number. It is false for anything
// else and for a number too large for a float64.
func Number(v []byte) (float64, bool) {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(v), 64)
	return x, err == nil
}

// appendExtra writes sub-attributes and further members of p; nothing if
// there are none.
func appendExtra(dst []byte, p *entity.Instance) []byte {
	if len(p.Subs) == 0 && len(p.More) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.More)))
	for i := range p.More {
		dst = appendText(dst, p.More[i].Name)
		dst = appendText(dst, string(p.More[i].Raw))
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.Subs)))
	for i := range p.Subs {
		s := &p.Subs[i]
		dst = appendText(dst, string(s.Name))
		dst = appendText(dst, s.Dataset)
		dst = append(dst, byte(s.Kind))
		dst = appendText(dst, string(s.Value))
		dst = appendText(dst, s.Unit)
		// Times equal to those of the attribute are the rule, and written so
		// that equal sub-attributes of several points are equal bytes.
		for _, t := range []struct{ t, base entity.Instant }{{s.ObservedAt, p.ObservedAt}, {s.CreatedAt, p.CreatedAt}, {s.ModifiedAt, p.ModifiedAt}, {s.DeletedAt, p.DeletedAt}, {s.ExpiresAt, p.ExpiresAt}} {
			if t.t == t.base {
				dst = append(dst, 1)
			} else {
				dst = binary.AppendVarint(append(dst, 0), int64(t.t))
			}
		}
		dst = binary.AppendUvarint(dst, uint64(s.At))
		dst = binary.AppendUvarint(dst, uint64(s.Ordinal))
		dst = binary.AppendUvarint(dst, uint64(s.Origin))
		dst = appendText(dst, string(appendExtra(nil, s)))
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// maxDepth bounds how deep sub-attributes lie in one another.
const maxDepth = 64

func (d *decoder) text() string { return string(d.take(d.uvarint())) }

// raw gives bytes, nil for none.
func (d *decoder) raw() []byte {
	b := d.take(d.uvarint())
	if len(b) == 0 {
		return nil
	}
	return append([]byte(nil), b...)
}

func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)) { // each takes a byte at least
		d.fail()
		return 0
	}
	return int(n)
}

// extra reads what appendExtra wrote into p.
func (d *decoder) extra(p *entity.Instance, depth int) {
	if len(d.b) == 0 {
		return
	}
	if depth > maxDepth {
		d.fail()
		return
	}
	for range d.count() {
		p.More = append(p.More, entity.Member{Name: d.text(), Raw: d.raw()})
	}
	for range d.count() {
		s := entity.Instance{Name: entity.Name(d.text()), Dataset: d.text(), Kind: entity.Kind(d.byte()), Value: d.raw(), Unit: d.text()}
		for _, t := range []struct {
			t    *entity.Instant
			base entity.Instant
		}{{&s.ObservedAt, p.ObservedAt}, {&s.CreatedAt, p.CreatedAt}, {&s.ModifiedAt, p.ModifiedAt}, {&s.DeletedAt, p.DeletedAt}, {&s.ExpiresAt, p.ExpiresAt}} {
			*t.t = t.base
			if d.byte() == 0 {
				*t.t = entity.Instant(d.varint())
			}
		}
		s.At, s.Ordinal, s.Origin = entity.Position(d.uvarint()), uint32(d.uvarint()), entity.OriginID(d.uvarint())
		in := decoder{b: d.take(d.uvarint())}
		in.extra(&s, depth+1)
		if d.bad || in.bad || s.Kind > entity.ListRelationship {
			d.fail()
			return
		}
		p.Subs = append(p.Subs, s)
	}
}
