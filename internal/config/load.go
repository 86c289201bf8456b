package config

import (
	"encoding"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// EnvPrefix begins the name of every environment variable.
const EnvPrefix = "BEFFROI_"

// Default gives the configuration of a server that was told nothing.
func Default() Config {
	c := Config{where: map[string]string{}}
	for _, k := range keysOf(reflect.ValueOf(&c).Elem(), "") {
		if k.fallback != "" {
			if err := set(k.value, k.fallback); err != nil {
				panic(fmt.Sprintf("config: default of %s: %v", k.Path, err)) // a test reads them all
			}
		}
	}
	return c
}

// Load gives the defaults with the file and the environment over them. An
// empty file name reads no file. environ is as os.Environ gives it.
//
// Errors name the file with line and column, or the variable, and what is
// allowed there.
func Load(file string, environ []string) (Config, error) {
	c := Default()
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return c, fmt.Errorf("read the configuration: %w", err)
		}
		if err := parse(b, &c); err != nil {
			return c, fmt.Errorf("%s: %w", file, err)
		}
		for path, line := range linesOf(b) {
			c.where[path] = fmt.Sprintf("%s:%d", file, line)
		}
	}
	if err := fromEnv(&c, environ); err != nil {
		return c, err
	}
	return c, c.Check()
}

func parse(b []byte, c *Config) error {
	d := toml.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	err := d.Decode(c)
	var strict *toml.StrictMissingError
	var broken *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		var all []error
		for i := range strict.Errors {
			e := &strict.Errors[i]
			row, col := e.Position()
			key := strings.Join(e.Key(), ".")
			all = append(all, fmt.Errorf("line %d, column %d: there is no key %s%s", row, col, key, meant(key, paths(c))))
		}
		return errors.Join(all...)
	case errors.As(err, &broken):
		row, col := broken.Position()
		return fmt.Errorf("line %d, column %d: %s", row, col, mismatch(c, linesOf(b), row, strings.TrimPrefix(broken.Error(), "toml: ")))
	}
	return err
}

func fromEnv(c *Config, environ []string) error {
	keys := keysOf(reflect.ValueOf(c).Elem(), "")
	var all []error
	for _, kv := range environ {
		name, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.HasPrefix(name, EnvPrefix) {
			continue
		}
		i := slices.IndexFunc(keys, func(k Key) bool { return k.Env == name })
		if i >= 0 {
			if err := set(keys[i].value, value); err != nil {
				all = append(all, fmt.Errorf("the environment variable %s: %w", name, err))
			}
			c.where[keys[i].Path] = name
			continue
		}
		// A variable of another program may begin alike; one that names a
		// section of ours is a slip of the pen.
		section, _, _ := strings.Cut(strings.TrimPrefix(name, EnvPrefix), "_")
		if slices.ContainsFunc(keys, func(k Key) bool { return strings.HasPrefix(k.Env, EnvPrefix+section+"_") }) {
			names := make([]string, len(keys))
			for j := range keys {
				names[j] = keys[j].Env
			}
			all = append(all, fmt.Errorf("there is no environment variable %s%s", name, meant(name, names)))
		}
	}
	return errors.Join(all...)
}

// Key is one key of the configuration.
type Key struct {
	Path     string // such as server.addr
	Env      string // such as BEFFROI_SERVER_ADDR
	Doc      string
	Default  string
	Allowed  []string
	value    reflect.Value
	fallback string
}

// Keys lists every key with its value in c, in order of declaration.
func Keys(c *Config) []Key { return keysOf(reflect.ValueOf(c).Elem(), "") }

// Value gives the key's value as text.
func (k Key) Value() string { return show(k.value) }

func paths(c *Config) []string {
	var out []string
	for _, k := range Keys(c) {
		out = append(out, k.Path)
	}
	return out
}

func keysOf(v reflect.Value, prefix string) []Key {
	var out []Key
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		path := prefix + f.Tag.Get("toml")
		_, isText := v.Field(i).Addr().Interface().(encoding.TextUnmarshaler)
		if f.Type.Kind() == reflect.Struct && !isText {
			out = append(out, keysOf(v.Field(i), path+".")...)
			continue
		}
		k := Key{Path: path, Env: EnvPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_")), Doc: f.Tag.Get("doc"),
			Default: f.Tag.Get("default"), fallback: f.Tag.Get("default"), value: v.Field(i)}
		if a := f.Tag.Get("allowed"); a != "" {
			k.Allowed = strings.Fields(a)
		}
		out = append(out, k)
	}
	return out
}

// set reads text into a field. Lists are separated by commas, tables are
// name=value pairs separated by commas.
func set(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = text
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*p = b
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		*p = n
	case *[]string:
		*p = list(text)
	case *[]float64:
		*p = nil
		for _, s := range list(text) {
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return fmt.Errorf("%q is not a number", s)
			}
			*p = append(*p, f)
		}
	case *map[string]string:
		*p = map[string]string{}
		for _, s := range list(text) {
			// An address may have an equals sign in its query; a file has none.
			i := strings.LastIndexByte(s, '=')
			if i < 0 {
				return fmt.Errorf("%q is not a pair such as address=file", s)
			}
			(*p)[s[:i]] = s[i+1:]
		}
	case *[]Retention:
		*p = nil
		for _, s := range list(text) {
			parts := strings.Split(s, "|")
			if len(parts) != 3 {
				return fmt.Errorf("%q is not a rule such as Vehicle|location|30d", s)
			}
			r := Retention{Type: parts[0], Attr: parts[1]}
			if err := r.Keep.UnmarshalText([]byte(parts[2])); err != nil {
				return err
			}
			*p = append(*p, r)
		}
	default:
		return fmt.Errorf("a value of type %T cannot be set by text", p)
	}
	return nil
}

func list(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func show(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		b, err := m.MarshalText()
		if err == nil {
			return string(b)
		}
	}
	switch p := v.Interface().(type) {
	case []string:
		return strings.Join(p, ",")
	case map[string]string:
		var pairs []string
		for k, x := range p {
			pairs = append(pairs, k+"="+x)
		}
		slices.Sort(pairs)
		return strings.Join(pairs, ",")
	}
	return fmt.Sprint(v.Interface())
}

// meant gives " (did you mean x?)" for the name nearest to what was written,
// if one is near.
func meant(wrote string, names []string) string {
	best, least := "", max(2, len(wrote)/3)+1
	for _, n := range names {
		if d := distance(strings.ToLower(wrote), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// distance counts the edits from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}

// Check finds values that cannot be meant, all of them.
func (c *Config) Check() error {
	var all []error
	bad := func(key, format string, args ...any) {
		text := key + ": " + fmt.Sprintf(format, args...)
		if w := c.where[key]; w != "" {
			text = w + ": " + text
		}
		all = append(all, errors.New(text))
	}
	for _, k := range Keys(c) {
		if k.Allowed != nil && !slices.Contains(k.Allowed, k.Value()) {
			bad(k.Path, "%q is not allowed; there are %s", k.Value(), strings.Join(k.Allowed, ", "))
		}
		if n, ok := k.value.Interface().(int); ok && n <= 0 {
			bad(k.Path, "it must be above zero, not %d", n)
		}
	}
	addr := func(key, a string) {
		host, port, err := net.SplitHostPort(a)
		if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, " /") {
			bad(key, "%q is not an address such as 127.0.0.1:8080", a)
		}
	}
	addr("server.addr", c.Server.Addr)
	if c.MQTT.Addr != "off" {
		addr("mqtt.addr", c.MQTT.Addr)
	}
	if c.Server.PublicURL != "" {
		u, err := url.Parse(c.Server.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			bad("server.public_url", "%q is not an address such as https://data.city.example", c.Server.PublicURL)
		}
	}
	if (c.Server.TLSCert == "") != (c.Server.TLSKey == "") {
		bad("server.tls_cert", "tls_cert and tls_key go together")
	}
	if _, err := time.LoadLocation(c.City.TimeZone); err != nil {
		bad("city.time_zone", "%q is not a time zone such as Europe/Brussels", c.City.TimeZone)
	}
	if n := len(c.City.Centre); n != 0 && n != 2 {
		bad("city.centre", "it must be longitude and latitude")
	}
	if n := len(c.City.Bounds); n != 0 && n != 4 {
		bad("city.bounds", "it must be west, south, east, north")
	}
	c.checkReach(bad)
	c.checkMail(bad)
	if c.Store.LogKeep < c.Notify.GiveUp {
		bad("store.log_keep", "the change log must be kept at least as long as notify.give_up, since notifications are read from it")
	}
	return errors.Join(all...)
}
