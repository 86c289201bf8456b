package embedded

import (
	"cmp"
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/series"
	"github.com/beffroi/beffroi/internal/store"
)

// few decodes no more chunks than it takes for the last, or the first, points
// of each series: a window that asks for one value of a sensor must not read
// its whole life.
type few struct {
	w      store.Window
	need   int // points of a series
	newest bool
	refs   map[seriesID][]chunkRef
}

type chunkRef struct {
	span  series.Range
	chunk []byte
}

// newFew gives nil if w asks for all points, or by a time that chunks do not
// tell the span of.
func newFew(w store.Window) *few {
	f := &few{w: w, refs: map[seriesID][]chunkRef{}}
	switch {
	case w.Clock != store.ObservedAt && w.Clock != store.ModifiedAt:
		return nil
	case w.Last > 0:
		f.need, f.newest = w.Last, true
	case w.Limit > 0:
		f.need = w.Limit
	default:
		return nil
	}
	f.need++ // whether there are more is asked too
	return f
}

func (f *few) add(id seriesID, h *series.Header, chunk []byte) {
	span := h.Observed
	if f.w.Clock == store.ModifiedAt {
		span = h.Modified
	}
	f.refs[id] = append(f.refs[id], chunkRef{span, slices.Clone(chunk)})
}

// decode appends the points needed to out, which has those from elsewhere.
func (f *few) decode(out []entity.Instance, texts []string) ([]entity.Instance, error) {
	for id, refs := range f.refs {
		name, dataset := entity.Name(texts[id.name]), texts[id.dataset]
		var times []entity.Instant
		note := func(points []entity.Instance) {
			for i := range points {
				if p := &points[i]; p.Name == name && p.Dataset == dataset && f.w.Has(p) {
					times = append(times, f.w.Clock.Of(p))
				}
			}
		}
		note(out)
		slices.SortFunc(refs, func(a, b chunkRef) int {
			if f.newest {
				return cmp.Compare(b.span.Max, a.span.Max)
			}
			return cmp.Compare(a.span.Min, b.span.Min)
		})
		for _, r := range refs {
			if f.enough(times, r.span) {
				break
			}
			at := len(out)
			var err error
			if out, err = series.Decode(out, r.chunk, name, dataset); err != nil {
				return nil, err
			}
			note(out[at:])
		}
	}
	return out, nil
}

// enough reports whether no point of a chunk with this span, or of any that
// follows, can be among those needed: enough are surely before it in order.
func (f *few) enough(times []entity.Instant, span series.Range) bool {
	n := 0
	for _, t := range times {
		if f.newest && t > span.Max || !f.newest && t < span.Min {
			n++
		}
	}
	return n >= f.need
}
