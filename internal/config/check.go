package config

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/problem"
)

// checkReach judges what says who comes in and where the server goes.
func (c *Config) checkReach(bad func(key, format string, args ...any)) {
	if c.MQTT.Addr == c.Server.Addr && !strings.HasSuffix(c.Server.Addr, ":0") {
		bad("mqtt.addr", "%s is server.addr already; choose another port, or off", c.MQTT.Addr)
	}
	for _, h := range c.Server.Hosts {
		if h == "" || strings.ContainsAny(h, "/ @") {
			bad("server.hosts", "%q is not a host name such as city.example or city.example:8443", h)
		}
	}
	if c.Server.TLSCert != "" && c.Server.TLSKey != "" {
		for key, file := range map[string]string{"server.tls_cert": c.Server.TLSCert, "server.tls_key": c.Server.TLSKey} {
			if err := readable(file); err != nil {
				bad(key, "%v", err)
			}
		}
		if c.Server.InsecurePlain {
			bad("server.insecure_plain", "a certificate and plain HTTP contradict each other; take one away")
		}
	}
	for key, items := range map[string][]string{
		"outbound.allow.context": c.Outbound.Allow.Context, "outbound.allow.notification": c.Outbound.Allow.Notification,
		"outbound.allow.source": c.Outbound.Allow.Source, "outbound.allow.harvest": c.Outbound.Allow.Harvest, "outbound.allow.mail": c.Outbound.Allow.Mail,
	} {
		if _, err := fetch.ParseAllow(items...); err != nil {
			bad(key, "%s", problem.DetailOf(err))
		}
	}
	if a := c.NGSILD.Alias; a != "" && !isToken(a) {
		bad("ngsild.alias", "%q is not a token such as city-broker: up to 200 letters, digits and !#$%%&'*+-.^_`|~ (RFC 7230, 3.2.6)", a)
	}
	if s := c.NGSILD.Unavailable; s != 503 && s != 504 {
		bad("ngsild.unavailable_context_status", "it is 504 or 503, not %d", s)
	}
	for _, address := range slices.Sorted(maps.Keys(c.Contexts.Preload)) {
		if u, err := url.Parse(address); err != nil || u.Scheme == "" || u.Host == "" {
			bad("contexts.preload", "%q is not the address of a @context", address)
		}
	}
}

// isToken reports whether s can stand for the server in the header Via.
func isToken(s string) bool {
	return len(s) <= 200 && !strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
	})
}

// readable tries to open a file that will be needed.
func readable(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	return f.Close()
}

// mismatch says in the file's words what the TOML decoder says in Go's: which
// key has a value of the wrong kind, and which kind it should be.
func mismatch(c *Config, lines map[string]int, row int, text string) string {
	for _, k := range Keys(c) {
		if lines[k.Path] != row {
			continue
		}
		if strings.Contains(text, "cannot") || strings.Contains(text, "incompatible") {
			return fmt.Sprintf("%s: it must be %s", k.Path, k.Type())
		}
		return k.Path + ": " + text
	}
	return text
}
