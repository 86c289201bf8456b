package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

func stillPace() *pace {
	now := time.Date(2026, 9, 8, 9, 0, 0, 0, time.UTC)
	return newPace(func() time.Time { return now })
}

// What is refused does not use up the day of others, and wishes do not use up
// that of requests.
func TestRefusedCostsNobodyTheDay(t *testing.T) {
	p := stillPace()
	for i := range 2 * perDay {
		failed, err := p.take(fmt.Sprint(i), aRequest)
		if err != nil {
			t.Fatal(err)
		}
		failed()
	}
	for i := range perDay {
		if _, err := p.take(fmt.Sprint(i), aWish); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.take("another", aWish); !problem.Is(err, problem.TooManyRequests) {
		t.Error(err)
	}
	if _, err := p.take("another", aRequest); err != nil {
		t.Error(err)
	}
}

func TestFailuresHaveALimit(t *testing.T) {
	p := stillPace()
	for range failures {
		failed, err := p.take("one", aRequest)
		if err != nil {
			t.Fatal(err)
		}
		failed()
	}
	if _, err := p.take("one", aRequest); !problem.Is(err, problem.TooManyRequests) {
		t.Error(err)
	}
}

// One customer has a whole /64.
func TestPaceByNetwork(t *testing.T) {
	p := stillPace()
	for i := range perPeer {
		if _, err := p.take(fmt.Sprintf("2001:db8::%x", i), aRequest); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.take("2001:db8::ffff:1", aRequest); !problem.Is(err, problem.TooManyRequests) {
		t.Error(err)
	}
	if _, err := p.take("2001:db8:0:1::1", aRequest); err != nil {
		t.Error(err)
	}
	for peer, want := range map[string]string{"::ffff:192.0.2.1": "192.0.2.1", "192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::/64", "x": "x"} {
		if got := network(peer); got != want {
			t.Errorf("%s is %s, want %s", peer, got, want)
		}
	}
}
