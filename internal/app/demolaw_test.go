package app

import (
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// The demo says once who the city is, in facts of the vocabulary; what was told
// since stays.
func TestInstruct(t *testing.T) {
	calendars, err := deadline.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC) }
	st := memstore.New(memstore.Options{Clock: now})
	b := broker.New(st, broker.Options{Now: func() entity.Instant { return entity.Instant(now().UnixMicro()) }, Guard: record.Guard})
	sets := catalogue.New(catalogue.Options{Broker: b, Log: st, Now: func() entity.Instant { return entity.Instant(now().UnixMicro()) }})
	s := duty.New(duty.Options{Ledger: duty.Records{Service: record.New(record.Options{Broker: b})}, Shipped: sync.OnceValues(book.Shipped), Calendars: calendars, Catalogue: sets, Now: now})
	call := broker.Call{Origin: store.Origin{Source: "test"}}
	for _, want := range []string{"FR", "BE"} {
		if err := instruct(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		told, err := s.Holder(t.Context(), call)
		if err != nil || len(told) != len(demoHolder()) || told["holder.country"].Value != want {
			t.Fatalf("%v, want %s: %v", told, want, err)
		}
		if err := s.TellHolder(t.Context(), call, map[string]any{"holder.country": "BE"}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Activities(t.Context(), call)
	if err != nil || len(all) != 1 || len(all[0].Lacks()) > 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	state, err := s.Organisation(t.Context(), call, duty.Asking{Date: deadline.On(2026, 11, 25)})
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Known.Unread) > 0 {
		t.Errorf("facts that nobody knows: %v", state.Known.Unread)
	}
}
