package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestErrorsNameTheLine(t *testing.T) {
	dir := t.TempDir()
	cert := filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(cert, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"[server]\nauth = 'never'":                                                             "beffroi.toml:2: server.auth",
		"# a\n\n[outbound]\nallow.source = ['10.1.2.3/8']":                                     "beffroi.toml:4: outbound.allow.source: outbound allow list, item \"10.1.2.3/8\"",
		"[outbound.allow]\ncontext = ['localhost']":                                            "beffroi.toml:2: outbound.allow.context",
		"server = {addr = 'x', hosts = ['a/b']}":                                               "beffroi.toml:1: server.hosts",
		"[server]\naddr = '127.0.0.1:1883'":                                                    "mqtt.addr: 127.0.0.1:1883 is server.addr already",
		"[server]\ntls_cert = '" + cert + "'\ntls_key = '/none/k'":                             "beffroi.toml:3: server.tls_key: it cannot be read",
		"[server]\ntls_cert = '" + cert + "'\ntls_key = '" + cert + "'\ninsecure_plain = true": "contradict each other",
		"[contexts.preload]\n'a.jsonld' = 'x'":                                                 "beffroi.toml:1: contexts.preload",
		"[ngsild]\nalias = 'a b'":                                                              "ngsild.alias: \"a b\" is not a token",
		"[ngsild]\ntemporal_page = 'many'":                                                     "line 2, column 17: ngsild.temporal_page: it must be a whole number",
		"[server]\nhosts = 'a'":                                                                "server.hosts: it must be a list of texts",
		"[store]\nretention = [{typ = 'a'}]":                                                   "typ",
		"[server]\naddr = '127.0.0.1:8080'\naddr = '127.0.0.1:8081'":                           "beffroi.toml: ",
	} {
		c, err := Load(write(t, text), nil)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q gave %v, want something about %q (%+v)", text, err, says, c)
		}
		if err != nil && strings.Contains(err.Error(), "config.") {
			t.Errorf("%q: the error speaks of Go: %v", text, err)
		}
	}
	_, err := Load("", []string{"BEFFROI_OUTBOUND_ALLOW_HARVEST=10.0.0.0/8:0"})
	if err == nil || !strings.Contains(err.Error(), "BEFFROI_OUTBOUND_ALLOW_HARVEST: outbound.allow.harvest") {
		t.Errorf("from the environment: %v", err)
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	_, err := Load(write(t, "[server]\nauth = 'x'\npublic_url = 'y'\n[log]\nlevel = 'z'"), nil)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

func TestWhereAKeyWasSet(t *testing.T) {
	c, err := Load(write(t, "[server]\naddr = '127.0.0.1:1'\n[[store.retention]]\nkeep = '1d'\n"), []string{"BEFFROI_LOG_LEVEL=warn"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"server.addr": "beffroi.toml:2", "log.level": "BEFFROI_LOG_LEVEL", "store.retention": "beffroi.toml:3", "mqtt.addr": ""} {
		if got := filepath.Base(c.Where(key)); got != want && !(want == "" && got == ".") {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// The page in docs lists the keys as they are; make gen writes it anew.
func TestThePageIsUpToDate(t *testing.T) {
	have, err := os.ReadFile("../../docs/howto/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, Page()) {
		t.Error("docs/howto/configuration.md differs from the keys: run make gen")
	}
	if n := strings.Count(string(have), "- Environment: `BEFFROI_"); n < 30 {
		t.Errorf("%d keys are listed", n)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("[server]\naddr = '127.0.0.1:1'\nhosts = ['a']\n[[store.retention]]\nkeep = '1d'\n")
	f.Add("server = {addr = 1, \"x.y\" = {z = 2}}\n[a.b]\nc.d.'e' = 1979-05-27")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		p := filepath.Join(dir, "f.toml")
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(p, nil)
		if err == nil && c.Check() != nil {
			t.Errorf("loaded, and then does not do: %v", c.Check())
		}
	})
}
