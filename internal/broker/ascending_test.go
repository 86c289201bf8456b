package broker

import (
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
)

// The short way for bodies in order must see every instance of a time that
// stands twice.
func TestLastOfEach(t *testing.T) {
	at := func(name entity.Name, dataset string, t entity.Instant) entity.Instance {
		return entity.Instance{Name: name, Dataset: dataset, Kind: entity.Property, ObservedAt: t}
	}
	for name, tt := range map[string]struct {
		in        []entity.Instance
		ascending bool
		left      int
	}{
		"nothing":                      {nil, true, 0},
		"two series in order":          {[]entity.Instance{at("a", "", 1), at("a", "", 2), at("b", "", 1)}, true, 3},
		"datasets are series":          {[]entity.Instance{at("a", "", 1), at("a", "d", 1)}, true, 2},
		"one time twice":               {[]entity.Instance{at("a", "", 1), at("a", "", 1)}, false, 1},
		"backwards":                    {[]entity.Instance{at("a", "", 2), at("a", "", 1)}, false, 2},
		"a series that comes again":    {[]entity.Instance{at("a", "", 1), at("b", "", 1), at("a", "", 1)}, false, 2},
		"without a time all are kept":  {[]entity.Instance{at("a", "", 0), at("a", "", 0)}, false, 2},
		"again and later is no double": {[]entity.Instance{at("a", "", 1), at("b", "", 1), at("a", "", 2)}, false, 3},
	} {
		f := entity.Fragment{Attrs: tt.in}
		if got := ascending(f); got != tt.ascending {
			t.Errorf("%s: ascending %t", name, got)
		}
		if got := len(lastOfEach(f).Attrs); got != tt.left {
			t.Errorf("%s: %d instances are left, want %d", name, got, tt.left)
		}
	}
}
