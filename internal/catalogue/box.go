package catalogue

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/vocab"
)

// box grows round the places of entities.
type box struct {
	r geo.Rect
	n int
}

func newBox() *box { return &box{r: geo.EmptyRect()} }

func (b *box) add(e *entity.Entity) {
	if i, ok := e.Attr(vocab.Location, ""); ok {
		if g, ok := query.GeometryOf(i); ok {
			b.r = b.r.Union(g.Bounds())
			b.n++
		}
	}
}

func (b *box) rect() ([4]float64, bool) {
	return [4]float64{b.r.West, b.r.South, b.r.East, b.r.North}, b.n > 0
}
