package series

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

func TestLifeOfASeries(t *testing.T) {
	now := entity.Instant(1_780_000_000_000_000)
	clock := func() entity.Instant { return now }
	st := memstore.New(memstore.Options{TwiceApply: true, Clock: func() time.Time { return now.Time() }})
	b := broker.New(st, broker.Options{Now: clock, Guard: broker.Guards(catalogue.Guard, record.Guard)})
	sets := catalogue.New(catalogue.Options{Broker: b, Log: st, Now: clock})
	s := New(Options{Records: record.New(record.Options{Broker: b}), Datasets: sets, Now: clock})
	ctx, call := t.Context(), record.Call{By: access.Local()}
	three := func(text string) catalogue.Texts { return catalogue.Texts{"fr": text, "nl": text, "en": text} }
	for _, slug := range []string{"budget-2024", "budget-2025", "budget-2026"} {
		if err := sets.Put(ctx, broker.Call{}, catalogue.Dataset{Slug: slug}); err != nil {
			t.Fatal(err)
		}
	}
	good := Series{Slug: "budget", Title: three("Budget"), Description: three("Each year's."), Ordered: true, Datasets: []string{"budget-2024", "budget-2025"}}
	for name, tt := range map[string]struct {
		change func(x *Series)
		want   string
	}{
		"slug":        {func(x *Series) { x.Slug = "My series" }, "lower-case"},
		"no title":    {func(x *Series) { x.Title = catalogue.Texts{"fr": "x"} }, "title.en is missing"},
		"control":     {func(x *Series) { x.Description = three("a\x00") }, "U+0000"},
		"twice":       {func(x *Series) { x.Datasets = []string{"budget-2024", "budget-2024"} }, "twice"},
		"no such":     {func(x *Series) { x.Datasets = []string{"none"} }, `no dataset "none"`},
		"another one": {func(x *Series) { x.Title = catalogue.Texts{"de": "x"} }, `given in "de"`},
	} {
		x := good
		tt.change(&x)
		if err := s.Put(ctx, call, x); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Put(ctx, call, good); err != nil {
		t.Fatal(err)
	}
	first := now
	now += 60e6
	for n := 1; n <= 3; n += 2 {
		good.Datasets = []string{"budget-2026", "budget-2024", "budget-2025"}[:n]
		if err := s.Put(ctx, call, good); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(ctx, "", "budget")
		if err != nil || fmt.Sprint(got.Datasets) != fmt.Sprint(good.Datasets) || got.Issued != first || got.Changed != now || !got.Ordered || got.Title["nl"] != "Budget" {
			t.Errorf("%+v %v", got, err)
		}
	}
	all, err := s.All(ctx, "")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if p := Of(all, "budget-2024"); len(p) != 1 || p[0].At != 1 || len(Of(all, "other")) != 0 {
		t.Errorf("%+v", p)
	}
	if x, ok := all[0].Public(func(slug string) bool { return slug == "budget-2025" }); !ok || fmt.Sprint(x.Datasets) != "[budget-2025]" || len(all[0].Datasets) != 3 {
		t.Errorf("%v %v", x, ok)
	}
	if _, ok := all[0].Public(func(string) bool { return false }); ok {
		t.Error("a series without a published dataset is public")
	}
	if all, err := s.All(ctx, "nobody"); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
	if err := s.Withdraw(ctx, call, "budget"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "", "budget"); !problem.Is(err, problem.Gone) {
		t.Error(err)
	}
	if err := s.Put(ctx, call, good); !problem.Is(err, problem.Gone) {
		t.Error(err)
	}
	if err := s.Withdraw(ctx, call, "none"); !problem.Is(err, problem.ResourceNotFound) {
		t.Error(err)
	}
}
