package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "beffroi.toml")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDefaultsAreValid(t *testing.T) {
	c := Default()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if c.Server.Addr != "127.0.0.1:8080" || c.NGSILD.TemporalPage != 10000 || c.Notify.GiveUp.Std() != time.Hour || c.Store.LogKeep.Std() != 7*24*time.Hour {
		t.Errorf("%+v", c)
	}
}

func TestFileThenEnvironment(t *testing.T) {
	p := write(t, `
[server]
addr = "127.0.0.1:9000"
hosts = ["a.example", "b.example"]
[ngsild]
temporal_page = 50
[store]
cache = "64MiB"
[[store.retention]]
type = "Vehicle"
keep = "30d"
[outbound.allow]
notification = ["127.0.0.1:9000"]
[contexts.preload]
"https://example.org/c.jsonld" = "c.jsonld"
`)
	c, err := Load(p, []string{"BEFFROI_NGSILD_TEMPORAL_PAGE=30", "BEFFROI_OUTBOUND_ALLOW_CONTEXT=10.0.0.0/8, 127.0.0.1:1", "BEFFROI_SERVER_INSECURE_PLAIN=true", "BEFFROI_STORE_RETENTION=A|b|1h", "HOME=/x", "BEFFROI_KILL_ROUNDS=3"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Addr != "127.0.0.1:9000" || c.NGSILD.TemporalPage != 30 || c.Store.Cache != 64<<20 || len(c.Server.Hosts) != 2 || !c.Server.InsecurePlain ||
		len(c.Outbound.Allow.Context) != 2 || c.Outbound.Allow.Notification[0] != "127.0.0.1:9000" || c.Contexts.Preload["https://example.org/c.jsonld"] != "c.jsonld" ||
		c.Store.Retention[0] != (Retention{"A", "b", Duration(time.Hour)}) {
		t.Errorf("%+v", c)
	}
}

func TestErrorsSayWhereAndWhatIsAllowed(t *testing.T) {
	for text, says := range map[string]string{
		"[server]\nadr = 'x'":                   "line 2, column 1: there is no key server.adr (did you mean server.addr?)",
		"[sever]\naddr = 'x'":                   "line 1",
		"[server\n":                             "line 1",
		"[ngsild]\ntemporal_page = 'many'":      "line 2",
		"[server]\nauth = 'never'":              `server.auth: "never" is not allowed; there are auto, always`,
		"[server]\naddr = '8080'":               "server.addr",
		"[server]\npublic_url = 'city.example'": "server.public_url",
		"[server]\ntls_cert = 'a'":              "go together",
		"[notify]\ngive_up = '8d'":              "store.log_keep",
		"[notify]\nworkers = 0":                 "above zero",
		"[notify]\ngive_up = 'soon'":            "length of time",
		"[store]\ncache = '5 apples'":           "apples",
		"[city]\ntime_zone = 'Mars/Olympus'":    "city.time_zone",
		"[city]\ncentre = [1.0]":                "city.centre",
		"[mqtt]\naddr = 'none'":                 "mqtt.addr",
	} {
		_, err := Load(write(t, text), nil)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q gave %v, want something about %q", text, err, says)
		}
	}
	for env, says := range map[string]string{
		"BEFFROI_SERVER_ADR=x":            "did you mean BEFFROI_SERVER_ADDR?",
		"BEFFROI_NGSILD_TEMPORAL_PAGE=x":  "whole number",
		"BEFFROI_SERVER_INSECURE_PLAIN=x": "neither true nor false",
		"BEFFROI_NOTIFY_GIVE_UP=x":        "BEFFROI_NOTIFY_GIVE_UP",
	} {
		if _, err := Load("", []string{env}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s gave %v, want something about %q", env, err, says)
		}
	}
	if _, err := Load("/nonexistent.toml", nil); err == nil {
		t.Error("a file that is not there is passed over")
	}
}

// TestEveryKeyIsDocumentedAndReachable sets every key through the environment
// to what it shows, and looks whether anything changes.
func TestEveryKeyIsDocumentedAndReachable(t *testing.T) {
	c := Default()
	seen := map[string]bool{}
	var env []string
	for _, k := range Keys(&c) {
		if k.Doc == "" || strings.Contains(k.Path, "..") || strings.HasSuffix(k.Path, ".") {
			t.Errorf("%q has no documentation or no name", k.Path)
		}
		if seen[k.Env] {
			t.Errorf("%s stands for two keys", k.Env)
		}
		seen[k.Env] = true
		if v := k.Value(); v != "[]" && v != "" {
			env = append(env, k.Env+"="+v)
		}
	}
	d, err := Load("", env)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(normal(c), normal(d)) {
		t.Errorf("\n%+v\n%+v", c, d)
	}
}

// normal makes empty lists and tables alike.
func normal(c Config) map[string]string {
	out := map[string]string{}
	for _, k := range Keys(&c) {
		out[k.Path] = strings.Trim(k.Value(), "[]")
	}
	return out
}

// An address may have an equals sign, as in a query.
func TestPreloadInTheEnvironment(t *testing.T) {
	c, err := Load("", []string{"BEFFROI_CONTEXTS_PRELOAD=https://a.example/c.jsonld=/etc/c.jsonld, https://b.example/raw?ref=main=b.jsonld"})
	if err != nil || len(c.Contexts.Preload) != 2 || c.Contexts.Preload["https://a.example/c.jsonld"] != "/etc/c.jsonld" || c.Contexts.Preload["https://b.example/raw?ref=main"] != "b.jsonld" {
		t.Errorf("%v, %v", c.Contexts.Preload, err)
	}
	for _, value := range []string{"x", "a.jsonld=x"} {
		if _, err := Load("", []string{"BEFFROI_CONTEXTS_PRELOAD=" + value}); err == nil {
			t.Errorf("%s is taken", value)
		}
	}
	if _, err := Load("", []string{"BEFFROI_NGSILD_UNAVAILABLE_CONTEXT_STATUS=500"}); err == nil {
		t.Error("a status that no version has is taken")
	}
}
