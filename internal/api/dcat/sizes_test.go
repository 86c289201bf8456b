package dcat

import (
	"context"
	"net/http"
	"testing"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/store"
)

// What is said of a file's length is what its download has; nothing is said of
// files that nobody may have; and an unchanged dataset is not measured again.
func TestSizes(t *testing.T) {
	c := newTown(t)
	api := New(Options{Catalogue: c.s, Broker: c.b, Now: c.clock, City: func(context.Context) (City, error) { return City{"Clairebeke", true}, nil }})
	d, err := c.s.Get(t.Context(), store.Space{}, "shared-bikes")
	c.must(err)
	got, err := api.Sizes(t.Context(), "https://data.clairebeke.example", store.Space{}, d, "en")
	c.must(err)
	if len(got.Bytes) != len(catalogue.Files()) || got.Estimated {
		t.Errorf("%+v", got)
	}
	for ext, n := range got.Bytes {
		if w := c.get("/datasets/shared-bikes."+ext, "Accept-Language", "en"); w.Code != http.StatusOK || int64(w.Body.Len()) != n {
			t.Errorf("%s: %d bytes, its download has %d (%d)", ext, n, w.Body.Len(), w.Code)
		}
	}
	c.now += 1e6
	again, err := api.Sizes(t.Context(), "https://data.clairebeke.example", store.Space{}, d, "en")
	c.must(err)
	if again.At != got.At {
		t.Errorf("measured again at %s", again.At)
	}
	closed := *d
	closed.Access, closed.Reason = "RESTRICTED", "security"
	c.must(c.s.Put(t.Context(), broker.Call{}, closed))
	if got, err := api.Sizes(t.Context(), "", store.Space{}, &closed, "en"); err != nil || len(got.Bytes) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}
