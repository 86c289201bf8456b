package kill

import (
	"strings"
	"testing"
)

// The judge must see each kind of damage, else a green run proves nothing.
func TestLedgerSeesDamage(t *testing.T) {
	a, b := key{"urn:a", "count"}, key{"urn:b", "count"}
	// once says that each value is in history one time.
	once := func(values ...int) map[int]int {
		m := map[int]int{}
		for _, v := range values {
			m[v]++
		}
		return m
	}
	tests := map[string]struct {
		run  func(*ledger)
		want string // part of the complaint; "" for none
	}{
		"all is well": {func(l *ledger) {
			l.ack(l.send(a))
			l.ack(l.send(a))
			l.settle(a, found{2, once(1, 2)})
		}, ""},
		"what flew may be kept": {func(l *ledger) {
			l.ack(l.send(a))
			l.send(a)
			l.settle(a, found{2, once(1, 2)})
			l.settle(a, found{2, once(1, 2)})
		}, ""},
		"what flew may be lost": {func(l *ledger) {
			l.ack(l.send(a))
			l.send(a)
			l.settle(a, found{1, once(1)})
			l.settle(a, found{1, once(1)})
		}, ""},
		"a device may send again what was lost": {func(l *ledger) {
			w := l.send(a)
			l.settle(a, found{0, nil})
			l.resend(w[0])
			l.ack(w)
			l.settle(a, found{1, once(1)})
		}, ""},
		"an acknowledged value is gone": {func(l *ledger) {
			l.ack(l.send(a))
			l.settle(a, found{0, nil})
		}, "1 was acknowledged and is not in history"},
		"an acknowledged value is only in history": {func(l *ledger) {
			l.ack(l.send(a))
			l.ack(l.send(a))
			l.settle(a, found{1, once(1, 2)})
		}, "the value is 1, the last one kept is 2"},
		"a value that a reader saw is gone": {func(l *ledger) {
			l.send(a)
			l.saw(a, 1)
			l.settle(a, found{0, nil})
		}, "1 was acknowledged"},
		"a value turns up twice": {func(l *ledger) {
			l.ack(l.send(a))
			l.settle(a, found{1, once(1, 1)})
		}, "1 is in history 2 times"},
		"a lost value comes back": {func(l *ledger) {
			l.send(a)
			l.settle(a, found{0, nil})
			l.settle(a, found{1, once(1)})
		}, "was gone after a restart and is back"},
		"a kept value vanishes at the second restart": {func(l *ledger) {
			l.send(a)
			l.settle(a, found{1, once(1)})
			l.settle(a, found{0, nil})
		}, "1 was acknowledged and is not in history"},
		"history holds what nobody sent": {func(l *ledger) {
			l.ack(l.send(a))
			l.settle(a, found{1, once(1, 7)})
		}, "7 is in history and nobody sent it"},
		"a reader sees what nobody sent": {func(l *ledger) {
			l.saw(a, 3)
		}, "shown 3, which nobody sent"},
		"a reader sees what was lost": {func(l *ledger) {
			l.send(a)
			l.settle(a, found{0, nil})
			l.saw(a, 1)
		}, "which was gone after a restart"},
		"a batch is kept by half": {func(l *ledger) {
			l.send(a, b)
			l.settle(a, found{1, once(1)})
			l.settle(b, found{0, nil})
			l.settleBatches()
		}, "kept by half"},
		"a batch is lost whole": {func(l *ledger) {
			l.send(a, b)
			l.settle(a, found{0, nil})
			l.settle(b, found{0, nil})
			l.settleBatches()
		}, ""},
		"an acknowledged batch is no longer looked at": {func(l *ledger) {
			l.ack(l.send(a, b))
			l.settle(a, found{1, once(1)})
			l.settle(b, found{1, once(1)})
			l.settleBatches()
		}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			tt.run(l)
			got := strings.Join(l.trouble(), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("complaints %q, want %q", got, tt.want)
			}
		})
	}
}
