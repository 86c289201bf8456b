package entitymap

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// stubborn refuses to write while it says so.
type stubborn struct {
	*memstore.Store
	refuse bool
}

func (s *stubborn) Write(ctx context.Context, ws []store.RecordWrite) error {
	if s.refuse {
		return errors.New("not now")
	}
	return s.Store.Write(ctx, ws)
}

// The maps of a space go with it, records included, and no others do.
func TestDropASpace(t *testing.T) {
	ctx := context.Background()
	st := &stubborn{Store: memstore.New(memstore.Options{Clock: time.Now})}
	s, _ := open(t, Options{Records: st})
	make := func(space store.Space, n int) *Map {
		m, err := s.Make(ctx, Map{Space: space}, fillTo(n))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	main, layer := store.Space{}, store.Space{Layer: "s1"}
	stays := []*Map{make(main, 3), make(store.Space{Tenant: "gent", Layer: "s1"}, 3), make(store.Space{Layer: "s11"}, 3)}
	goes := []*Map{make(layer, chunkEntities+1), make(layer, 0)}
	st.refuse = true
	if err := s.Drop(ctx, layer); err == nil {
		t.Fatal("what could not be written was taken for dropped")
	}
	st.refuse = false
	for range 2 {
		if err := s.Drop(ctx, layer); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(ctx, Options{Records: st, Now: func() entity.Instant { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Service{s, again} {
		for _, m := range goes {
			if _, ok := s.Get(m.Space, m.ID); ok {
				t.Errorf("%s is still there", m.ID)
			}
		}
		for _, m := range stays {
			if _, ok := s.Get(m.Space, m.ID); !ok {
				t.Errorf("%s of %v went too", m.ID, m.Space)
			}
			if n, _ := count(t, s, m); n != 3 {
				t.Errorf("%s has %d entities", m.ID, n)
			}
		}
	}
	if s.bytes != again.bytes {
		t.Errorf("it counts %d bytes, and %d after a start", s.bytes, again.bytes)
	}
}
