package archive_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/archive"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/embedded"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

var ctx = context.Background()

func prop(name, value string, at entity.Instant) entity.Instance {
	return entity.Instance{Name: entity.Name("x:" + name), Kind: entity.Property, Value: []byte(value), ObservedAt: at, Unit: "CEL",
		Subs: []entity.Instance{{Name: "x:sub", Kind: entity.Relationship, Value: []byte(`"urn:y"`)}}, More: []entity.Member{{Name: "valueType", Raw: []byte(`"x"`)}}}
}

func newBroker(st store.Driver) *broker.Broker {
	return broker.New(st, broker.Options{Now: func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }})
}

// fill makes a city with all that an export must carry: several values, late
// ones, deleted attributes and entities, tenants, origins and records.
func fill(t *testing.T, st store.Driver) {
	t.Helper()
	b := newBroker(st)
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	me, src := broker.Call{Origin: store.Origin{Account: "ada"}}, broker.Call{Origin: store.Origin{Source: "s", Mapping: "m"}}
	f := func(id string, attrs ...entity.Instance) entity.Fragment {
		return entity.Fragment{ID: entity.ID(id), Types: []entity.Name{"x:A", "x:B"}, Scopes: []string{"/a"}, Attrs: attrs}
	}
	ok(b.Create(ctx, me, f("urn:1", prop("a", "10.50", 100), prop("b", `{"k":[1,2.0]}`, 0))))
	for i := range 5 {
		_, err := b.Ingest(ctx, src, []entity.Fragment{f("urn:1", prop("a", string(rune('1'+i)), entity.Instant(200+100*(i^1))))})
		ok(err)
	}
	ok(b.DeleteAttr(ctx, me, "urn:1", "x:b", "", false))
	_, err := b.AddHistory(ctx, me, []entity.Fragment{f("urn:2", prop("a", "1", 300), prop("a", "2", 100), prop("a", "3", 200))}, false)
	ok(err)
	ok(b.Create(ctx, me, f("urn:gone", prop("a", "1", 100))))
	ok(b.Delete(ctx, me, "urn:gone"))
	ok(b.Create(ctx, broker.Call{Space: store.Space{Tenant: "other"}}, f("urn:1", prop("z", "true", 0))))
	ok(st.Write(ctx, []store.RecordWrite{{Key: store.Key{Kind: "subscription", Name: "\x00urn:s"}, Value: []byte{1, 2, 3}, Any: true},
		{Key: store.Key{Kind: "account", Name: "ada"}, Value: []byte("secret"), Any: true}}))
}

func export(t *testing.T, st store.Driver) string {
	t.Helper()
	var b bytes.Buffer
	if err := archive.Export(ctx, &b, st, archive.Options{Kinds: []string{"subscription"}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRoundTripIsByteEqual(t *testing.T) {
	drivers := map[string]func() store.Driver{
		"memstore": func() store.Driver { return memstore.New(memstore.Options{Partitions: 1}) },
		"embedded": func() store.Driver {
			st, err := embedded.Open(embedded.Options{Dir: t.TempDir(), MadeBy: "city"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			})
			return st
		},
	}
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			first := open()
			fill(t, first)
			want := export(t, first)
			if strings.Contains(want, "secret") {
				t.Error("a secret is in the export")
			}
			for _, x := range []string{`10.50`, `"deleted":true`, `"tenant":"other"`, `"source":"s"`, `"deletedAt"`} {
				if !strings.Contains(want, x) {
					t.Errorf("the export lacks %s", x)
				}
			}
			second := open()
			added, _, err := archive.Import(ctx, strings.NewReader(want), newBroker(second), second, archive.ImportOptions{Kinds: []string{"subscription"}})
			if err != nil || added != 4 {
				t.Fatalf("%d added, %v", added, err)
			}
			if got := export(t, second); got != want {
				t.Errorf("not the same:\n%s\n---\n%s", got, want)
			}
			added, there, err := archive.Import(ctx, strings.NewReader(want), newBroker(second), second, archive.ImportOptions{Kinds: []string{"subscription"}})
			if err != nil || added != 1 || there != 3 { // what was deleted is deleted once more
				t.Errorf("again: %d added, %d there, %v", added, there, err)
			}
		})
	}
}

func TestImportRefuses(t *testing.T) {
	st := memstore.New(memstore.Options{})
	fill(t, st)
	whole := export(t, st)
	lines := strings.SplitAfter(whole, "\n")
	for name, text := range map[string]string{
		"cut short":        strings.Join(lines[:3], ""),
		"not an export":    `{"a":1}` + "\n",
		"empty":            "",
		"newer":            strings.Replace(whole, `"version":1`, `"version":9`, 1),
		"unknown member":   lines[0] + `{"entity":{"id":"urn:x","types":["x:A"],"surprise":1}}` + "\n",
		"bad id":           lines[0] + `{"entity":{"id":"x","types":["x:A"]}}` + "\n",
		"bad time":         lines[0] + `{"entity":{"id":"urn:x","types":["x:A"],"createdAt":"noon"}}` + "\n",
		"foreign record":   lines[0] + `{"record":{"kind":"account","name":"YQ==","value":"YQ=="}}` + "\n",
		"synthetic":        strings.Replace(whole, `"synthetic":false`, `"synthetic":true`, 1),
		"behind the end":   whole + lines[1],
		"a line missing":   strings.Replace(whole, lines[2], "", 1),
		"broken in middle": lines[0] + lines[1][:20] + "\n",
	} {
		empty := memstore.New(memstore.Options{})
		_, _, err := archive.Import(ctx, strings.NewReader(text), newBroker(empty), empty, archive.ImportOptions{Kinds: []string{"subscription"}})
		if !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
