package memstore_test

import (
	"testing"

	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

func TestContract(t *testing.T) {
	tests := map[string]memstore.Options{
		"one partition":             {Partitions: 1},
		"three partitions":          {},
		"three, closures run twice": {TwiceApply: true},
		"one, closures run twice":   {Partitions: 1, TwiceApply: true},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(_ testing.TB, c *storetest.Clock) store.Driver {
				o := o
				o.Clock = c.Now
				return storetest.Checked(memstore.New(o))
			})
		})
	}
}
