package config

import (
	"bytes"
	"fmt"
	"strings"
)

// Type tells in words what a key may hold.
func (k Key) Type() string {
	switch k.value.Interface().(type) {
	case bool:
		return "true or false"
	case int:
		return "a whole number above zero"
	case Duration:
		return `a length of time such as "90s", "1h30m" or "7d"`
	case Bytes:
		return `an amount of data such as "512MiB" or "2GiB"`
	case []string:
		return "a list of texts"
	case []float64:
		return "a list of numbers"
	case map[string]string:
		return "a table of texts"
	case []Retention:
		return "a list of tables with type, attr and keep"
	}
	if len(k.Allowed) > 0 {
		return "one of " + strings.Join(k.Allowed, ", ")
	}
	return "a text"
}

// inEnv tells how a list or table is written in an environment variable.
func (k Key) inEnv() string {
	switch k.value.Interface().(type) {
	case []string, []float64:
		return "separated by commas"
	case map[string]string:
		return "`name=value`, separated by commas"
	case []Retention:
		return "`type|attr|keep`, separated by commas"
	}
	return ""
}

// Page gives docs/howto/configuration.md, which lists every key.
func Page() []byte {
	var b bytes.Buffer
	b.WriteString(`# Configuration

<!-- Made by "make gen" from internal/config; changes here are lost. -->

beffroi runs without any configuration. What is set comes from four places,
each over the one before: the defaults below, the file given with ` + "`--config`" + `
(TOML), environment variables, flags. A key that nobody knows, or a value that
cannot be meant, stops the start with a line that names the place and what is
allowed; the exit status is then 2.

` + "```toml" + `
[server]
addr = "127.0.0.1:8080"
auth = "always"

[outbound.allow]
notification = ["127.0.0.1:9000"]

[[store.retention]]
type = "Vehicle"
keep = "30d"
` + "```" + `

` + "`beffroi doctor`" + ` shows the values in force.
`)
	section := ""
	c := Default()
	for _, k := range Keys(&c) {
		i := strings.LastIndexByte(k.Path, '.')
		if s := k.Path[:i]; s != section {
			section = s
			fmt.Fprintf(&b, "\n## [%s]\n", s)
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n- Value: %s", k.Path, k.Doc, k.Type())
		if k.Default != "" {
			fmt.Fprintf(&b, ", by default `%s`", k.Default)
		}
		fmt.Fprintf(&b, "\n- Environment: `%s`", k.Env)
		if how := k.inEnv(); how != "" {
			fmt.Fprintf(&b, ", %s", how)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
