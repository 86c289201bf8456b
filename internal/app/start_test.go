package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// A mistake that shows only when what the configuration names is read is one
// of the configuration all the same, and its place is named.
func TestMistakesOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, tt := range map[string]struct {
		change func(*config.Config)
		says   string
	}{
		"no mapping":     {func(c *config.Config) { c.Connect.Mappings = []string{dir + "/none-*.yaml"} }, "none-*.yaml"},
		"broken mapping": {func(c *config.Config) { c.Connect.Mappings = []string{write("m.yaml", "source: [")} }, "m.yaml"},
		"no context":     {func(c *config.Config) { c.Contexts.Preload = map[string]string{"http://x.example/c": dir + "/none"} }, "none"},
		"broken context": {func(c *config.Config) {
			c.Contexts.Preload = map[string]string{"http://x.example/c": write("b.jsonld", "{")}
		}, "contexts.preload: the file " + dir + "/b.jsonld"},
		"no @context": {func(c *config.Config) {
			c.Contexts.Preload = map[string]string{"http://x.example/c": write("n.jsonld", "{}")}
		}, "n.jsonld"},
		"bad certificate": {func(c *config.Config) { c.Server.TLSCert = write("c.pem", "x"); c.Server.TLSKey = c.Server.TLSCert }, "c.pem"},
	} {
		c := config.Default()
		c.Store.Dir, c.Server.Addr, c.MQTT.Addr = t.TempDir(), "127.0.0.1:0", "off"
		tt.change(&c)
		_, err := Open(t.Context(), c, Options{MadeBy: MadeByCity})
		if err == nil || !IsConfiguration(err) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, of the configuration %v", name, err, IsConfiguration(err))
		}
	}
	c := config.Default()
	c.Store.Dir, c.Server.Addr, c.MQTT.Addr = write("file", "x"), "127.0.0.1:0", "off"
	if _, err := Open(t.Context(), c, Options{MadeBy: MadeByCity}); err == nil || IsConfiguration(err) {
		t.Errorf("a folder that is none: %v", err)
	}
}

// A certificate is made once for all listeners, before any of them answers.
func TestOneSelfSignedCertificate(t *testing.T) {
	a := opened(t, func(c *config.Config) { c.Server.Addr, c.MQTT.Addr = "0.0.0.0:0", "0.0.0.0:0" })
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	if a.tls == nil || len(a.fingerprint) != 64 {
		t.Fatalf("certificate %v, fingerprint %q", a.tls, a.fingerprint)
	}
	if text := strings.Join(a.Lines(), "\n"); !strings.Contains(text, a.fingerprint) {
		t.Errorf("the fingerprint is not told: %s", text)
	}
}

// A clock that is kept in a form that this program does not know is left as it
// is: the program that knows it may come back.
func TestAnUnknownClockIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	kept := []byte{99, 1, 2, 3}
	st, err := embedded.Open(embedded.Options{Dir: dir, MadeBy: MadeByCity})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Write(t.Context(), []store.RecordWrite{{Key: clockKey(), Value: kept, Any: true}}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Store.Dir, c.Server.Addr, c.MQTT.Addr = dir, "127.0.0.1:0", "off"
	if _, err := Open(t.Context(), c, Options{MadeBy: MadeByCity}); err == nil {
		t.Fatal("a clock of an unknown form was taken")
	}
	if st, err = embedded.Open(embedded.Options{Dir: dir, MadeBy: MadeByCity}); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if r, err := st.Get(t.Context(), clockKey()); err != nil || string(r.Value) != string(kept) {
		t.Errorf("%v became %v, %v", kept, r.Value, err)
	}
}

// A server that takes no writes is not ready.
func TestReadinessKnowsAFullDisk(t *testing.T) {
	for full, want := range map[bool]string{false: "ready", true: "read-only"} {
		a := opened(t, func(c *config.Config) {
			if c.Store.FreeFloor = 1; full {
				c.Store.FreeFloor = 1 << 60
			}
		})
		a.readyOnce.Do(func() { close(a.ready) })
		if word, ok := a.readiness(); word != want || ok == full {
			t.Errorf("full %v: %s, %v", full, word, ok)
		}
		a.clockKnown = false // a full disk keeps no clock
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}
