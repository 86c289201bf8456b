package cli

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Each finding of doctor on a folder: its grade, what it says, its mend.
func TestDoctorFindings(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	usual := []string{"--data", "city", "--addr", "127.0.0.1:0", "--mqtt", "off"}
	made := func(t *testing.T) { must(t, "user", "add", "ada", "--role", "administrator", "--data", "city") }
	write := func(name, text string) func(t *testing.T) {
		return func(t *testing.T) {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		before func(t *testing.T)
		args   []string
		env    string
		status int
		says   []string
	}{
		"nothing yet":                  {nil, usual, "", 0, []string{"ok         configuration: it can be read", "ok         data folder: city is not there yet", "ok         server.addr: 127.0.0.1:0 is free", "ok         who can write now: whoever works on this machine"}},
		"a configuration with a fault": {write("b.toml", "[server]\naddres = 1\n"), append(usual, "--config", "b.toml"), "", 1, []string{"broken     configuration: ", "b.toml: line 2", "addres", "mend: "}},
		"a folder that is well":        {made, usual, "", 0, []string{"ok         data folder: city, format 1, made by city; 0 entities", "1 account or token may write"}},
		"a folder that others can read": {func(t *testing.T) {
			made(t)
			if err := os.Chmod("city", 0o755); err != nil {
				t.Fatal(err)
			}
		}, usual, "", 0, []string{"attention  data folder: city can be read by others (mode 0755)", "mend: chmod 700 city"}},
		"a folder below a file":   {write("f", ""), []string{"--data", "f/city", "--addr", "127.0.0.1:0", "--mqtt", "off"}, "", 1, []string{"broken     data folder: stat f/city: not a directory", "mend: check the path"}},
		"a folder that is a file": {write("city", "x"), usual, "", 1, []string{"broken     data folder: ", "city"}},
		"a damaged folder": {func(t *testing.T) {
			made(t)
			files, err := filepath.Glob("city/store/MANIFEST-*")
			if err != nil || len(files) == 0 {
				files, err = filepath.Glob("city/*/MANIFEST-*")
			}
			if err != nil || len(files) == 0 {
				t.Fatal("no manifest", err)
			}
			for _, f := range files {
				if err := os.Truncate(f, 7); err != nil {
					t.Fatal(err)
				}
			}
		}, usual, "", 1, []string{"broken     data folder: ", "mend: see the message; a backup can be restored with beffroi restore"}},
		"too little room":        {nil, usual, "BEFFROI_STORE_FREE_FLOOR=1000000GiB", 1, []string{"broken     disk: ", "less than store.free_floor", "mend: make room"}},
		"a port that is taken":   {nil, []string{"--data", "city", "--addr", taken.Addr().String(), "--mqtt", "off"}, "", 1, []string{"broken     server.addr: " + taken.Addr().String() + " is taken by another process", "mend: stop that process"}},
		"an MQTT port taken":     {nil, []string{"--data", "city", "--addr", "127.0.0.1:0", "--mqtt", taken.Addr().String()}, "", 1, []string{"broken     mqtt.addr: " + taken.Addr().String() + " is taken"}},
		"an address not of here": {nil, []string{"--data", "city", "--addr", "192.0.2.1:80", "--mqtt", "off"}, "", 1, []string{"broken     server.addr: 192.0.2.1:80 cannot be listened on: ", "mend: choose another address"}},
		"no mapping":             {nil, usual, "BEFFROI_CONNECT_MAPPINGS=none/*.yaml", 1, []string{"broken     mapping none/*.yaml: no such file", "mend: correct connect.mappings"}},
		"a bad mapping":          {write("m.yaml", "source: x\nkind: mqtt\n"), usual, "BEFFROI_CONNECT_MAPPINGS=m.yaml", 1, []string{"broken     mapping m.yaml: ", "mend: correct the file; docs/howto/connect.md"}},
		"a good mapping":         {write("m.yaml", "source: x\nkind: mqtt\ntopic: a\ndecoder: json\nentities:\n  - id: '\"urn:x:1\"'\n    type: https://city.example/Bench\n    attributes:\n      https://city.example/a: item.a\n"), usual, "BEFFROI_CONNECT_MAPPINGS=m.yaml", 0, []string{"ok         mapping m.yaml: it compiles"}},
		"nobody may write":       {nil, []string{"--data", "city", "--addr", "0.0.0.0:0", "--mqtt", "off"}, "", 0, []string{"attention  who can write now: nobody can write without credentials; no account", "mend: beffroi user add NAME --role administrator"}},
		"passwords in the clear": {nil, []string{"--data", "city", "--addr", "0.0.0.0:0", "--mqtt", "off", "--insecure-plain"}, "", 1, []string{"broken     who can write now: ", "passwords cross the network unprotected", "mend: without --insecure-plain"}},
		"a key of another certificate": {func(t *testing.T) {
			certificate(-time.Hour, time.Hour)(t)
			k, err := os.ReadFile("k.pem")
			if err != nil {
				t.Fatal(err)
			}
			certificate(-time.Hour, time.Hour)(t)
			write("k.pem", string(k))(t)
		}, usual, "BEFFROI_SERVER_TLS_CERT=c.pem,BEFFROI_SERVER_TLS_KEY=k.pem", 1, []string{"broken     server.tls_cert: ", "private key does not match", "mend: name a PEM certificate"}},
		"a certificate that ended":     {certificate(-48*time.Hour, -24*time.Hour), usual, "BEFFROI_SERVER_TLS_CERT=c.pem,BEFFROI_SERVER_TLS_KEY=k.pem", 1, []string{"broken     server.tls_cert: c.pem ended on ", "mend: renew it"}},
		"a certificate of tomorrow":    {certificate(24*time.Hour, 48*time.Hour), usual, "BEFFROI_SERVER_TLS_CERT=c.pem,BEFFROI_SERVER_TLS_KEY=k.pem", 1, []string{"broken     server.tls_cert: c.pem is valid only from ", "mend: correct the machine's clock"}},
		"a certificate that ends soon": {certificate(-24*time.Hour, 48*time.Hour), usual, "BEFFROI_SERVER_TLS_CERT=c.pem,BEFFROI_SERVER_TLS_KEY=k.pem", 0, []string{"attention  server.tls_cert: c.pem is valid until ", "mend: renew it"}},
		"a certificate that is well":   {certificate(-24*time.Hour, 480*time.Hour), usual, "BEFFROI_SERVER_TLS_CERT=c.pem,BEFFROI_SERVER_TLS_KEY=k.pem", 0, []string{"ok         server.tls_cert: c.pem is valid until "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if tt.before != nil {
				tt.before(t)
			}
			for pair := range strings.SplitSeq(tt.env, ",") {
				if k, v, ok := strings.Cut(pair, "="); ok {
					t.Setenv(k, v)
				}
			}
			status, out, errs := run(t, append([]string{"doctor"}, tt.args...)...)
			if status != tt.status {
				t.Errorf("status %d, want %d: %s", status, tt.status, errs)
			}
			for _, s := range tt.says {
				if !strings.Contains(out, s) {
					t.Errorf("it does not say %q:\n%s", s, out)
				}
			}
		})
	}
}

// certificate writes c.pem and k.pem, valid between two moments from now.
func certificate(from, to time.Duration) func(t *testing.T) {
	return func(t *testing.T) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "city"}, NotBefore: now.Add(from), NotAfter: now.Add(to), DNSNames: []string{"city.example"}}
		der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		k, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string]*pem.Block{"c.pem": {Type: "CERTIFICATE", Bytes: der}, "k.pem": {Type: "PRIVATE KEY", Bytes: k}} {
			if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What depends on the machine is graded by figures.
func TestDoctorGrades(t *testing.T) {
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		got  finding
		want grade
		mend bool
	}{
		"room":               {gradeDisk(4000<<20, 1000<<20), good, false},
		"little room":        {gradeDisk(3999<<20, 1000<<20), watchOut, true},
		"no room":            {gradeDisk(999<<20, 1000<<20), broken, true},
		"a clock":            {gradeClock(now, false), good, false},
		"a clock adrift":     {gradeClock(now, true), watchOut, true},
		"a clock of 1970":    {gradeClock(time.Unix(0, 0), true), broken, true},
		"this machine's own": {finding{examineClock(now).grade % broken, "", "", ""}, examineClock(now).grade, false},
	} {
		if tt.got.grade != tt.want || (tt.got.mend != "") != tt.mend {
			t.Errorf("%s: %+v", name, tt.got)
		}
	}
	if f := examineDisk(filepath.Join(t.TempDir(), "a", "b"), 1); f.grade != good || !strings.Contains(f.says, "MiB free") {
		t.Errorf("a folder that is not there yet: %+v", f)
	}
}

// Findings about a running server.
func TestDoctorServer(t *testing.T) {
	city := func(now time.Time) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/healthz", "/readyz":
				fmt.Fprintln(w, "ok")
			case "/api/city":
				fmt.Fprintf(w, `{"name":"Ville","now":%q,"version":"1"}`, now.Format(time.RFC3339))
			}
		})
	}
	well := httptest.NewServer(city(time.Now()))
	defer well.Close()
	fast := httptest.NewServer(city(time.Now().Add(time.Hour)))
	defer fast.Close()
	private := httptest.NewUnstartedServer(city(time.Now()))
	private.Config.ErrorLog = log.New(io.Discard, "", 0) // a handshake that is refused
	private.StartTLS()
	defer private.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/city" {
			fmt.Fprint(w, "<html>")
		}
	}))
	defer other.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: private.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"well":                       {[]string{"--url", well.URL}, 0, "ok         city: Ville, version 1"},
		"another clock":              {[]string{"--url", fast.URL}, 0, "attention  clock: the city's clock differs from this machine's by "},
		"an unknown certificate":     {[]string{"--url", private.URL}, 1, "mend: give its certificate with --cacert"},
		"a certificate it was given": {[]string{"--url", private.URL, "--cacert", ca}, 0, "ok         city: Ville"},
		"another program":            {[]string{"--url", other.URL}, 1, "broken     city: "},
		"nobody there":               {[]string{"--url", gone.URL}, 1, "mend: is it running"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := run(t, append([]string{"doctor"}, tt.args...)...)
			if status != tt.status || !strings.Contains(out, tt.says) {
				t.Errorf("status %d\n%s%s", status, out, errs)
			}
		})
	}
}

// A report says how many findings are broken, and each mend under its finding.
func TestDoctorReport(t *testing.T) {
	var b bytes.Buffer
	err := report(&b, []finding{{good, "a", "x", ""}, {broken, "b", "y", "z"}})
	if err == nil || err.Error() != "1 of 2 findings are broken" || b.String() != "ok         a: x\nbroken     b: y\n           mend: z\n" {
		t.Errorf("%v\n%s", err, b.String())
	}
}
