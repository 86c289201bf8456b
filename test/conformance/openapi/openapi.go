// Package openapi holds requests and answers to an OpenAPI document: path,
// method, parameters, bodies, statuses and headers.
//
// It is for conformance tests, which send each exchange through it. What
// always holds: a fault names what of the exchange is not as described; a
// document is changed by nothing but the amendments that are given, each of
// which must find its place.
package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Doc is a document, ready to check with; several goroutines may.
type Doc struct {
	root  map[string]any
	base  string // path before those of the document
	paths []path

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by JSON pointer
}

type path struct {
	template string
	parts    []string
}

// Exchange is one request and its answer.
type Exchange struct {
	Method     string
	URL        *url.URL
	Request    http.Header
	Body       string // of the request
	Status     int
	Answer     http.Header
	AnswerBody string
}

// address is what the compiler knows the document by; nothing is fetched.
const address = "urn:doc"

// Parse reads a document in YAML or JSON whose paths stand below base, amended.
//
// Errors: what is no document, and amendments that change nothing.
func Parse(text []byte, base string, amendments []Amendment) (*Doc, error) {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return nil, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the document is no object")
	}
	for _, a := range amendments {
		if err := a.apply(root); err != nil {
			return nil, err
		}
	}
	d := &Doc{root: root, base: base, schemas: map[string]*jsonschema.Schema{}, compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(address, root); err != nil {
		return nil, err
	}
	paths, _ := root["paths"].(map[string]any)
	for p := range paths {
		d.paths = append(d.paths, path{p, strings.Split(strings.TrimSuffix(p, "/"), "/")})
	}
	// literal segments win over parameters
	slices.SortFunc(d.paths, func(a, b path) int { return strings.Compare(a.template, b.template) })
	slices.SortStableFunc(d.paths, func(a, b path) int {
		return strings.Count(a.template, "{") - strings.Count(b.template, "{")
	})
	return d, nil
}

// Operations lists what the document describes, as "GET /entities".
func (d *Doc) Operations() []string {
	var out []string
	for _, p := range d.paths {
		item, _ := d.at("paths", p.template)
		for _, m := range []string{"get", "post", "put", "patch", "delete"} {
			if _, ok := item[m]; ok {
				out = append(out, strings.ToUpper(m)+" "+p.template)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Find gives the operation of a request as "GET /entities/{entityId}", and
// false for the part that the document does not have.
func (d *Doc) Find(method string, u *url.URL) (string, bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), d.base)
	if !ok {
		return "", false
	}
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	for _, p := range d.paths {
		if !p.matches(parts) {
			continue
		}
		item, _ := d.at("paths", p.template)
		_, ok := item[strings.ToLower(method)]
		return method + " " + p.template, ok
	}
	return method + " " + rest, false
}

func (p path) matches(parts []string) bool {
	if len(p.parts) != len(parts) {
		return false
	}
	for i, s := range p.parts {
		if strings.HasPrefix(s, "{") {
			if parts[i] == "" {
				return false
			}
		} else if s != parts[i] {
			return false
		}
	}
	return true
}

// at follows names from the root to an object, through references.
func (d *Doc) at(names ...string) (map[string]any, string) {
	v, pointer := any(d.root), ""
	for _, n := range names {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, pointer
		}
		v, pointer = m[n], pointer+"/"+escape(n)
		for {
			m, ok := v.(map[string]any)
			ref, _ := m["$ref"].(string)
			if !ok || ref == "" {
				break
			}
			pointer = strings.TrimPrefix(ref, "#")
			v = lookup(d.root, pointer)
		}
	}
	m, _ := v.(map[string]any)
	return m, pointer
}

func lookup(root any, pointer string) any {
	for _, n := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		n = unescape(n)
		switch v := root.(type) {
		case map[string]any:
			root = v[n]
		case []any:
			i, err := strconv.Atoi(n)
			if err != nil || i >= len(v) {
				return nil
			}
			root = v[i]
		default:
			return nil
		}
	}
	return root
}

func unescape(s string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(s) }

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// valid holds a value to the schema at a pointer.
func (d *Doc) valid(pointer string, v any) error {
	d.mu.Lock()
	s := d.schemas[pointer]
	if s == nil {
		var err error
		if s, err = d.compiler.Compile(address + "#" + (&url.URL{Fragment: pointer}).EscapedFragment()); err != nil {
			d.mu.Unlock()
			return fmt.Errorf("the schema at %s: %w", pointer, err)
		}
		d.schemas[pointer] = s
	}
	d.mu.Unlock()
	return s.Validate(v)
}

// text parses JSON as the validator wants it.
func text(s string) (any, error) {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(s))
	if err != nil {
		return nil, fmt.Errorf("%w in %.200s", err, s)
	}
	return v, nil
}

// number reads a parameter's text as its schema wants it; what it is not stays
// a string and fails there.
func number(s string) any {
	var n json.Number
	if json.Unmarshal([]byte(s), &n) == nil {
		return n
	}
	return s
}
