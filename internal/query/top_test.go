package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
)

// Pages that are followed by their marks are the whole order, once.
func TestTopPages(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := []string{`1`, `2.5`, `"b"`, `"É"`, `"a"`, `true`, `[1]`, `{"x":1}`, `"2020-01-01"`, `null`}
	var es []*entity.Entity
	for i := range 500 {
		e := &entity.Entity{ID: entity.ID(fmt.Sprintf("urn:%d", r.IntN(1000000))), Number: entity.Number(i + 1), Types: []entity.Name{"T"}}
		if i%7 > 0 {
			e.Attrs = append(e.Attrs, entity.Instance{Name: "v", Value: []byte(values[r.IntN(len(values))])})
		}
		es = append(es, e)
	}
	path := Path{Names: []entity.Name{"v"}}
	for name, terms := range map[string][]OrderTerm{"value": {{Path: path}}, "down, id": {{Path: path, Desc: true}, {Head: "id"}}, "id down": {{Head: "id", Desc: true}}} {
		o := &Order{Terms: terms}
		page := func(most int, mark []byte) ([]Place, bool) {
			top, err := o.Top(most, mark, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range es {
				top.Add(e)
			}
			return top.Places(), top.More()
		}
		whole, more := page(len(es), nil)
		if len(whole) != len(es) || more {
			t.Fatalf("%s: %d of %d, more %v", name, len(whole), len(es), more)
		}
		var ids, paged []entity.ID
		for _, p := range whole {
			ids = append(ids, p.ID)
		}
		var mark []byte
		for more = true; more; {
			var places []Place
			if places, more = page(7, mark); len(places) == 0 {
				break
			}
			for _, p := range places {
				paged = append(paged, p.ID)
			}
			mark = places[len(places)-1].Mark()
		}
		if !slices.Equal(ids, paged) {
			t.Errorf("%s: pages give another order than the whole", name)
		}
	}
	o := &Order{Terms: []OrderTerm{{Path: path}}}
	for _, bad := range []string{"", "x", "0123456789", "\x01\x00\x00\x00\x00\x00\x00\x00\x00\xff"} {
		if _, err := o.Top(1, []byte(bad), 0); err == nil {
			t.Errorf("the mark %q is taken", bad)
		}
	}
	if top, _ := o.Top(0, nil, 0); top != nil {
		top.Add(es[0])
		if len(top.Places()) != 0 || !top.More() {
			t.Error("the first none")
		}
	}
}
