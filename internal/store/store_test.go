package store

import (
	"reflect"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

func at(pos ...entity.Position) Cursor { return Cursor{Epoch: 7, Pos: pos} }

func TestCursors(t *testing.T) {
	if c := at(3, 0, 9); c.At(0) != 3 || c.At(2) != 9 || c.At(5) != 0 {
		t.Error("At is wrong")
	}
	covers := []struct {
		c, o Cursor
		want bool
	}{
		{at(3, 4), at(3, 4), true}, {at(3, 4), at(2), true}, {at(3), at(3, 1), false}, {at(3, 4), at(4, 4), false},
		{at(3), Cursor{}, true}, {Cursor{}, at(1), false}, {Cursor{Epoch: 8, Pos: []entity.Position{9}}, at(1), false},
	}
	for _, tt := range covers {
		if got := tt.c.Covers(tt.o); got != tt.want {
			t.Errorf("%v covers %v: %v", tt.c, tt.o, got)
		}
	}
	if got := at(3, 4).Merge(at(1, 9, 2)); !reflect.DeepEqual(got, at(3, 9, 2)) {
		t.Errorf("merged: %v", got)
	}
	c := at(3)
	if got := c.With(2, 5); !reflect.DeepEqual(got, at(3, 0, 5)) || !reflect.DeepEqual(c, at(3)) {
		t.Errorf("with: %v from %v", got, c)
	}
	for _, bad := range []string{"", "!", "////", "gA"} {
		if c, err := ParseCursor(bad); err != nil && !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v, %v", bad, c, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(at(1, 2, 1<<63).String())
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCursor(s)
		if err != nil {
			return
		}
		again, err := ParseCursor(c.String())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%v comes back as %v, %v", c, again, err)
		}
	})
}

func point(name string, observed, modified entity.Instant, pos entity.Position, value string) entity.Instance {
	return entity.Instance{Name: entity.Name(name), Kind: entity.Property, Value: []byte(value), ObservedAt: observed, ModifiedAt: modified, CreatedAt: 1, At: pos}
}

func TestPickGroupsAndCuts(t *testing.T) {
	points := []entity.Instance{point("b", 5, 9, 4, "5"), point("a", 3, 8, 3, "3"), point("a", 0, 2, 1, "none"), point("a", 1, 7, 2, "1"), point("a", 1, 7, 2, "1"), point("a", 1, 8, 5, "again")}
	w := Window{To: 5}
	got := w.Pick(append([]entity.Instance(nil), points...))
	if len(got) != 1 || len(got[0].Points) != 3 || string(got[0].Points[1].Value) != "again" || got[0].More {
		t.Errorf("picked %+v", got)
	}
	w = Window{Limit: 2}
	if got = w.Pick(append([]entity.Instance(nil), points...)); len(got) != 2 || !got[0].More || got[1].More || len(got[0].Points) != 2 {
		t.Errorf("limited %+v", got)
	}
}

func TestAnExpiredValueIsNotReplacedByAnOlderOne(t *testing.T) {
	old, late := point("a", 1, 1, 1, "1"), point("a", 5, 5, 2, "2")
	late.ExpiresAt = 7
	head := &entity.Entity{ID: "urn:a", CreatedAt: 1}
	for _, tt := range []struct {
		at   entity.Instant
		want string
	}{{4, "1"}, {6, "2"}, {8, ""}} {
		got := ""
		if e := ValidAt(head, 0, []entity.Instance{old, late}, tt.at); e != nil && len(e.Attrs) > 0 {
			got = string(e.Attrs[0].Value)
		}
		if got != tt.want {
			t.Errorf("at %d: %q, want %q", tt.at, got, tt.want)
		}
	}
}
