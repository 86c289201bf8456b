package embedded

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
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
				return storetest.Checked(open(t, o))
			})
		})
	}
}

// crashable is a store on a file system that forgets what was not synced.
func crashable(o Options) storetest.Subject {
	fss := map[store.Driver]*vfs.MemFS{}
	return storetest.Subject{
		Exact: true,
		Open: func(t testing.TB, c *storetest.Clock) store.Driver {
			o := o
			fs := vfs.NewCrashableMem()
			o.Clock, o.FS = c.Now, fs
			s := open(t, o)
			fss[s] = fs
			return s
		},
		Reopen: func(t testing.TB, d store.Driver, c *storetest.Clock) store.Driver {
			o := o
			fs := fss[d].CrashClone(vfs.CrashCloneCfg{})
			d.Close()
			o.Clock, o.FS = c.Now, fs
			s := open(t, o)
			fss[s] = fs
			return s
		},
	}
}

func TestRandom(t *testing.T) {
	memory := func(o memstore.Options) storetest.Subject {
		return storetest.Subject{Exact: o.Partitions == 1, Open: func(_ testing.TB, c *storetest.Clock) store.Driver {
			o := o
			o.Clock = c.Now
			return memstore.New(o)
		}}
	}
	storetest.Random(t, memory(memstore.Options{Partitions: 1}), memory(memstore.Options{Partitions: 3, TwiceApply: true}),
		crashable(Options{}), crashable(Options{CacheBytes: 1, TailBytes: 1}))
}
