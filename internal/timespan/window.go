package timespan

import (
	"fmt"
	"iter"
	"sort"
)

// Windows are the periods that an aggregation divides an interval into
// (CIM 009, 4.5.19): the first begins where the interval does, each is one
// duration long, the last ends where the interval ends.
type Windows struct {
	each  Duration
	whole Interval
}

// NewWindows divides whole into windows of d. A d of no length gives one
// window: the whole interval.
//
// Errors: a plain error if an end of whole is open or whole is empty.
func NewWindows(d Duration, whole Interval) (Windows, error) {
	if whole.From == 0 || whole.To == 0 || whole.Empty() {
		return Windows{}, fmt.Errorf("windows of %v need an interval with a beginning before its end", d)
	}
	return Windows{each: d, whole: whole}, nil
}

// At gives window k, counted from 0. It is empty if there is none.
func (w Windows) At(k int) Interval {
	if k < 0 {
		return Interval{w.whole.From, w.whole.From}
	}
	if w.each.IsZero() {
		if k > 0 {
			return Interval{w.whole.To, w.whole.To}
		}
		return w.whole
	}
	return Interval{min(w.each.After(w.whole.From, k), w.whole.To), min(w.each.After(w.whole.From, k+1), w.whole.To)}
}

// Index gives the number of the window that t lies in; it is false if t is
// outside all of them.
func (w Windows) Index(t Instant) (int, bool) {
	if w.whole.From == 0 || !w.whole.Contains(t) {
		return 0, false
	}
	switch {
	case w.each.IsZero():
		return 0, true
	case w.each.Months == 0:
		return int((t - w.whole.From) / w.each.Fixed), true
	}
	// Months are 28 days at least, so that this is an upper bound.
	most := int((t-w.whole.From)/(Instant(w.each.Months)*28*Day+w.each.Fixed)) + 1
	return sort.Search(most, func(k int) bool { return w.At(k).To > t }), true
}

// Len gives the number of windows.
func (w Windows) Len() int {
	if w.whole.From == 0 {
		return 0
	}
	k, _ := w.Index(w.whole.To - 1)
	return k + 1
}

// All walks the windows in order of time.
func (w Windows) All() iter.Seq2[int, Interval] {
	return func(yield func(int, Interval) bool) {
		for k := range w.Len() {
			if !yield(k, w.At(k)) {
				return
			}
		}
	}
}
