package openapi

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Amendment mends a fault of a document, or adds what a later version of its
// standard has.
type Amendment struct {
	// At is a JSON pointer; "*" as a name stands for every member, and
	// "**/name" for that member wherever it is.
	At string `yaml:"at"`
	// Set replaces what is there or adds it; Add appends to an array; Name
	// gives the member another name.
	Set  any    `yaml:"set"`
	Add  any    `yaml:"add"`
	Name string `yaml:"name"`
	// Why says what is wrong, with the clause that says so.
	Why string `yaml:"why"`
}

// apply changes the document.
//
// Errors: an amendment without a reason, and one that finds nothing to change.
func (a Amendment) apply(root map[string]any) error {
	if a.Why == "" {
		return fmt.Errorf("the amendment at %s says not why", a.At)
	}
	n := 0
	if name, ok := strings.CutPrefix(a.At, "**/"); ok {
		n = a.everywhere(root, unescape(name))
	} else {
		names := strings.Split(strings.TrimPrefix(a.At, "/"), "/")
		for i := range names {
			names[i] = unescape(names[i])
		}
		n = a.along(root, names)
	}
	if n == 0 {
		return fmt.Errorf("the amendment at %s changes nothing", a.At)
	}
	return nil
}

// along follows names and changes what the last one names.
func (a Amendment) along(v any, names []string) int {
	m, ok := v.(map[string]any)
	if !ok {
		return 0
	}
	name, rest := names[0], names[1:]
	if name == "*" {
		n := 0
		for k := range m {
			if len(rest) == 0 {
				n += a.change(m, k)
			} else {
				n += a.along(m[k], rest)
			}
		}
		return n
	}
	if len(rest) == 0 {
		return a.change(m, name)
	}
	return a.along(m[name], rest)
}

func (a Amendment) everywhere(v any, name string) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			n += a.everywhere(x, name)
		}
		if _, ok := v[name]; ok {
			n += a.change(v, name)
		}
	case []any:
		for _, x := range v {
			n += a.everywhere(x, name)
		}
	}
	return n
}

func (a Amendment) change(m map[string]any, name string) int {
	switch {
	case a.Name != "":
		v, ok := m[name]
		if !ok {
			return 0
		}
		delete(m, name)
		m[a.Name] = v
	case a.Add != nil:
		list, ok := m[name].([]any)
		if !ok {
			return 0
		}
		m[name] = append(list, plain(a.Add))
	case a.Set == nil:
		if _, ok := m[name]; !ok {
			return 0
		}
		delete(m, name)
	default:
		m[name] = plain(a.Set)
	}
	return 1
}

// plain makes a value of its own of the kinds that JSON has.
func plain(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	out, err := text(string(b))
	if err != nil {
		return v
	}
	return out
}
