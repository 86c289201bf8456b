package watch_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/watch"
)

// What the index finds is what asking each subscription finds, also after
// subscriptions were changed and deleted.
func TestIndexMissesNothing(t *testing.T) {
	ctx := context.Background()
	var due []watch.Due
	subs := watch.New(watch.Options{Records: memstore.New(memstore.Options{}), Now: func() entity.Instant { return 1000 }, Wake: func(ds []watch.Due) { due = ds }})
	all := map[string]*watch.Subscription{}
	make := func(i int, members string) *watch.Subscription {
		s := must(t, fmt.Sprintf(`{"id":"urn:s:%d",%s,%s}`, i, members, tail))
		all[s.ID] = s
		return s
	}
	for i := range 600 {
		members := mixed(i * 5)
		switch i % 7 {
		case 0:
			members = fmt.Sprintf(`"watchedAttributes":["attr%d"],"notificationTrigger":["entityDeleted","attributeCreated"]`, i%10)
		case 1:
			members = fmt.Sprintf(`"entities":[{"type":"Type%d|Type%d"},{"type":"*","id":["urn:ngsi-ld:Type1:%05d","urn:x"]}],"q":"attr%d==%d"`, i%20, i%3, i, i%10, i%100)
		case 2:
			members = fmt.Sprintf(`"localOnly":true,"q":"attr%d<%d;attr2>=%d"`, i%10, i%100, i%50)
		}
		if err := subs.Create(ctx, make(i, members)); err != nil {
			t.Fatal(err)
		}
	}
	compare := func() {
		t.Helper()
		found := 0
		for i := range 150 {
			r := changed(i)
			switch i % 5 {
			case 0:
				r.Kind, r.Before = change.Created, nil
				r.Deltas = change.Diff(nil, r.After, r.At)
			case 1:
				r = change.Record{At: r.At, Time: r.Time, Kind: change.Deleted, ID: r.ID, Before: change.Head(r.After), Deltas: change.Diff(r.After, nil, r.At)}
			}
			var want, got []string
			for _, s := range all {
				if s.Due(&r, nil) {
					want = append(want, watch.Due{Sub: s.ID, At: r.At}.ID())
				}
			}
			if _, err := subs.Handle(ctx, []change.Record{r}); err != nil {
				t.Fatal(err)
			}
			due = nil
			subs.Durable()
			for _, d := range due {
				got = append(got, d.ID())
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("change %d of %s: found %d, want %d\n%v\n%v", i, r.ID, len(got), len(want), got, want)
			}
			found += len(got)
		}
		if found < 200 {
			t.Errorf("only %d are due: that tells little", found)
		}
	}
	compare()
	for i := range 600 {
		id := fmt.Sprintf("urn:s:%d", i)
		switch {
		case i%3 == 0:
			delete(all, id)
			if err := subs.Delete(ctx, "", id); err != nil {
				t.Fatal(err)
			}
		case i%3 == 1:
			if err := subs.Replace(ctx, make(i, mixed(i*3))); err != nil {
				t.Fatal(err)
			}
		}
	}
	compare()
}
