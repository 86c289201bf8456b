package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beffroi/beffroi/internal/store/memstore"
)

func TestClockRunsAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, ctx := memstore.New(memstore.Options{}), context.Background()
		c := NewClock(60)
		if last, err := c.Resume(ctx, st); err != nil || !last.IsZero() {
			t.Fatalf("a folder that was never used: %v, %v", last, err)
		}
		began := time.Now()
		time.Sleep(time.Minute)
		if got := c.Now().Sub(began); got != time.Hour {
			t.Errorf("a minute at speed 60 is %v", got)
		}
		if got := c.Real(time.Minute); got != time.Second {
			t.Errorf("a minute of the city takes %v", got)
		}
		if err := c.Keep(ctx, st); err != nil {
			t.Fatal(err)
		}
		stopped := c.Now()
		time.Sleep(10 * time.Minute) // nobody runs it: the lead stays as it is

		c = NewClock(1)
		last, err := c.Resume(ctx, st)
		if err != nil || !last.Equal(stopped) {
			t.Errorf("last in use %v, want %v; %v", last, stopped, err)
		}
		if got := c.Now().Sub(stopped); got != 10*time.Minute {
			t.Errorf("ten minutes later the city is %v further", got)
		}
	})
}

func TestClockNeverGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, ctx := memstore.New(memstore.Options{}), context.Background()
		c := NewClock(1)
		c.city = c.city.Add(time.Hour)
		if err := c.Keep(ctx, st); err != nil {
			t.Fatal(err)
		}
		kept := c.Now()
		d := NewClock(1)
		if _, err := d.Resume(ctx, st); err != nil || d.Now().Before(kept) {
			t.Errorf("%v is before %v; %v", d.Now(), kept, err)
		}
	})
}

func TestClockFollowsTheMachine(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	c := NewClock(1)
	c.machine = func() time.Time { return now }
	c.base, c.city = now, now
	now = now.Add(8 * time.Hour) // it slept
	if got := c.Now(); !got.Equal(now) {
		t.Errorf("%v, want %v", got, now)
	}
	highest := now
	now = now.Add(-time.Minute) // it was set back
	if got := c.Now(); !got.Equal(highest) {
		t.Errorf("went back to %v", got)
	}
	now = now.Add(2 * time.Minute)
	if got := c.Now(); !got.Equal(now) {
		t.Errorf("%v, want %v", got, now)
	}
}
