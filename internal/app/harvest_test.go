package app

import (
	"bytes"
	"testing"

	"github.com/beffroi/beffroi/internal/config"
)

// What was signed before a restart is taken after it, and each use has a key
// of its own.
func TestAKeyOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	keys := func() (one, other []byte) {
		a := opened(t, func(c *config.Config) { c.Store.Dir = dir })
		defer func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}()
		one, err := a.keptKey(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		other, err = a.keptKey(t.Context(), "other")
		if err != nil {
			t.Fatal(err)
		}
		return one, other
	}
	one, other := keys()
	again, _ := keys()
	if len(one) != 32 || bytes.Equal(one, other) || !bytes.Equal(one, again) {
		t.Errorf("%x, %x, after a restart %x", one, other, again)
	}
}
