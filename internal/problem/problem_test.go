package problem

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
)

func TestEveryKindIsDescribedOnce(t *testing.T) {
	seen := map[string]bool{}
	for i, info := range Kinds() {
		if int(info.Kind) != i {
			t.Errorf("row %d holds kind %d", i, info.Kind)
		}
		u, err := url.Parse(info.URI)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: URI %q is not absolute", info.Name, info.URI)
		}
		if seen[info.URI] || seen[info.Name] {
			t.Errorf("%s stands twice", info.URI)
		}
		seen[info.URI], seen[info.Name] = true, true
		if info.Status < 400 || info.Status > 599 {
			t.Errorf("%s: status %d", info.Name, info.Status)
		}
		if info.Title == "" || info.When == "" {
			t.Errorf("%s: no title or description", info.Name)
		}
	}
}

func TestKindOfLooksThroughWrapping(t *testing.T) {
	err := fmt.Errorf("read: %w", Wrap(Conflict, errors.New("disk says no"), "changed meanwhile"))
	if got := KindOf(err); got != Conflict {
		t.Errorf("KindOf = %v", got)
	}
	if got := DetailOf(err); got != "changed meanwhile" {
		t.Errorf("DetailOf = %q", got)
	}
	if Is(nil, InternalError) {
		t.Error("nil is of a kind")
	}
	if got := KindOf(errors.New("x")); got != InternalError {
		t.Errorf("unclassified = %v", got)
	}
	if DetailOf(errors.New("secret")) == "secret" {
		t.Error("an unclassified cause is told outside")
	}
}
