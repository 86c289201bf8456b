package geo

import (
	"sync"
	"testing"
)

// TestPredicateIsForMany lets goroutines share one predicate; the race
// detector and the answers tell whether they may.
func TestPredicateIsForMany(t *testing.T) {
	centre := Point{3.06, 50.63}
	within := must(NewPredicate(Relation{Op: OpWithin}, circle(centre, 0.02, 500)))
	near := must(Near(circle(centre, 0.001, 50), 0, 900))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 25 {
				at := Point{centre.Lon + float64((i*7+g)%50)*0.001 - 0.025, centre.Lat}
				in := at.Lon > centre.Lon-0.0199 && at.Lon+1e-4 < centre.Lon+0.0198
				if got := within.Match(house(at)); got != in && (at.Lon < centre.Lon-0.0201 || in) {
					t.Errorf("a house at %v is within: %v", at, got)
				}
				d := near.Geometry().DistanceTo(house(at))
				if got := near.Match(house(at)); got != (d <= 900) {
					t.Errorf("a house at %v, %v m away, is near: %v", at, d, got)
				}
			}
		})
	}
	wg.Wait()
}
