// Package series holds the history of one attribute instance (one name, one
// dataset of one entity): the codec for chunks of it, which all drivers
// share, and the aggregates over it (CIM 009, 4.5.19).
//
// It is not for keeping chunks or for finding them: drivers do that.
//
// What always holds: Decode gives back exactly what Append was given, number
// literals included, save for name and dataset, which the caller knows; no
// input makes Decode panic or allocate out of proportion; a chunk says in its
// first byte how it is written.
package series

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/beffroi/beffroi/internal/entity"
)

// Version is the first byte of what Append writes.
const Version = 1

// MaxPoints is the greatest number of points in a chunk.
const MaxPoints = 1 << 14

// Target is the number of points that a chunk should have: fewer cost bytes
// (3 to 7 % more at 60), more cost time when a window needs only some.
const Target = 240

// ErrCorrupt says that a chunk cannot be read.
var ErrCorrupt = errors.New("series: the chunk is damaged")

// Range is the span of a time over the points that have it; zero if none has.
type Range struct{ Min, Max entity.Instant }

func (r *Range) add(t entity.Instant) {
	if t == 0 {
		return
	}
	if r.Min == 0 || t < r.Min {
		r.Min = t
	}
	if r.Max == 0 || t > r.Max {
		r.Max = t
	}
}

// Meets reports whether a point in r can lie in [from, to); zero leaves an end
// open.
func (r Range) Meets(from, to entity.Instant) bool {
	return r != Range{} && (from == 0 || r.Max >= from) && (to == 0 || r.Min < to)
}

// Header says what a chunk holds, without decoding it.
type Header struct {
	Count    int
	Observed Range
	Modified Range
	Deleted  int // tombstones among the points
	// Numbers sums up the points whose value is a plain JSON number: all of
	// them, if Numbers.Count equals Count.
	Numbers Summary
}

// Summary is what must be kept of numbers to give their aggregates later.
type Summary struct {
	Count                int
	Min, Max, Sum, SumSq float64
}

// Add takes in one number.
func (s *Summary) Add(x float64) {
	if s.Count == 0 || x < s.Min {
		s.Min = x
	}
	if s.Count == 0 || x > s.Max {
		s.Max = x
	}
	s.Count++
	s.Sum += x
	s.SumSq += x * x
}

// Append appends a chunk of points, at most MaxPoints and at least one, in
// their order. Name and Dataset are not kept.
func Append(dst []byte, points []entity.Instance) []byte {
	if len(points) == 0 || len(points) > MaxPoints {
		panic(fmt.Sprintf("series: a chunk of %d points", len(points)))
	}
	n := len(points)
	e := encoder{ints: make([]int64, n)}
	dst = append(dst, Version)
	dst = e.header(dst, points)
	dst = e.times(dst, points)
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.At) })
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.Ordinal) })
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.Origin) })
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.Kind) })
	dst = e.texts(dst, points, func(p *entity.Instance) string { return p.Unit })
	dst = e.texts(dst, points, func(p *entity.Instance) string { return string(appendExtra(nil, p)) })
	return e.values(dst, points)
}

type encoder struct{ ints []int64 }

func (e *encoder) header(dst []byte, points []entity.Instance) []byte {
	h := Header{Count: len(points)}
	for i := range points {
		p := &points[i]
		h.Observed.add(p.ObservedAt)
		h.Modified.add(p.ModifiedAt)
		if p.DeletedAt != 0 {
			h.Deleted++
		}
		if x, ok := Number(p.Value); ok {
			h.Numbers.Add(x)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(h.Count))
	for _, r := range []Range{h.Observed, h.Modified} {
		dst = binary.AppendVarint(dst, int64(r.Min))
		dst = binary.AppendVarint(dst, int64(r.Max-r.Min))
	}
	dst = binary.AppendUvarint(dst, uint64(h.Deleted))
	dst = binary.AppendUvarint(dst, uint64(h.Numbers.Count))
	if h.Numbers.Count > 0 {
		for _, f := range []float64{h.Numbers.Min, h.Numbers.Max, h.Numbers.Sum, h.Numbers.SumSq} {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
		}
	}
	return dst
}

// times writes the five times: the first as it is, the others as differences
// from the time of storage or from the observation, which mostly are small or
// the same.
func (e *encoder) times(dst []byte, points []entity.Instance) []byte {
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.ObservedAt) })
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.ModifiedAt - p.ObservedAt) })
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return int64(p.CreatedAt) })
	dst = e.column(dst, points, func(p *entity.Instance) int64 { return relative(p.DeletedAt, p.ModifiedAt) })
	return e.column(dst, points, func(p *entity.Instance) int64 { return relative(p.ExpiresAt, p.ModifiedAt) })
}

// relative gives t as a difference from base, told apart from "no time": zero
// stays zero, a difference of d becomes d+1 or d.
func relative(t, base entity.Instant) int64 {
	if t == 0 {
		return 0
	}
	if d := int64(t - base); d >= 0 {
		return d + 1
	} else {
		return d
	}
}

func absolute(v int64, base entity.Instant) entity.Instant {
	switch {
	case v == 0:
		return 0
	case v > 0:
		return base + entity.Instant(v-1)
	default:
		return base + entity.Instant(v)
	}
}

func (e *encoder) column(dst []byte, points []entity.Instance, get func(*entity.Instance) int64) []byte {
	for i := range points {
		e.ints[i] = get(&points[i])
	}
	return appendInts(dst, e.ints)
}

// texts writes texts through a dictionary of those that occur.
func (e *encoder) texts(dst []byte, points []entity.Instance, get func(*entity.Instance) string) []byte {
	var dict []string
	known := make(map[string]int, 4)
	for i := range points {
		s := get(&points[i])
		k, ok := known[s]
		if !ok {
			k = len(dict)
			known[s] = k
			dict = append(dict, s)
		}
		e.ints[i] = int64(k)
	}
	return appendInts(appendDict(dst, dict), e.ints)
}

func appendDict(dst []byte, dict []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(dict)))
	for _, s := range dict {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}
