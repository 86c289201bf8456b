package embedded

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = "city"
	}
	if o.FS == nil {
		o.FS = vfs.NewMem()
	}
	s, err := Open(o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestContract(t *testing.T) {
	tests := map[string]Options{
		"as usual":                    {},
		"no cache, everything sealed": {CacheBytes: 1, TailBytes: 1},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t testing.TB, c *storetest.Clock) store.Driver {
				o := o
				o.Clock = c.Now
				return open(t, o)
			})
		})
	}
}
