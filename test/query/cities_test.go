package query

import (
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store/embedded"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// cities names every way of answering.
func cities() map[string]func(*testing.T) city {
	over := func(t *testing.T, o memstore.Options) *broker.Broker {
		o.Clock = now
		st := memstore.New(o)
		t.Cleanup(func() { _ = st.Close() })
		return brokerOver(st)
	}
	return map[string]func(*testing.T) city{
		"match": func(t *testing.T) city {
			b := over(t, memstore.Options{Partitions: 1})
			return city{b, byMatch(b)}
		},
		"memstore, one partition": func(t *testing.T) city {
			b := over(t, memstore.Options{Partitions: 1})
			return city{b, byIndex(b)}
		},
		"memstore, three partitions, closures twice": func(t *testing.T) city {
			b := over(t, memstore.Options{Partitions: 3, TwiceApply: true})
			return city{b, byIndex(b)}
		},
		"embedded": func(t *testing.T) city {
			st, err := embedded.Open(embedded.Options{Dir: filepath.Join(t.TempDir(), "data"), FS: vfs.NewMem(), Clock: now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			})
			b := brokerOver(st)
			return city{b, byIndex(b)}
		},
	}
}

func brokerOver(st broker.Store) *broker.Broker {
	return broker.New(st, broker.Options{Now: func() entity.Instant { return entity.Instant(now().UnixMicro()) }})
}
