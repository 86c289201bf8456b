package record

import (
	_ "embed" // for the table of terms
	"fmt"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/entity"
)

// Context is the address of the governance context. It is answered from
// memory, and served at /contexts/governance.jsonld.
const Context = "https://beffroi.eu/contexts/governance.jsonld"

//go:embed terms.txt
var termsText string

// term is one word of the governance context.
type term struct {
	iri  entity.Name
	form string // "value", "lang", "link" or "type"
}

var vocabulary = sync.OnceValue(func() map[string]term {
	m := map[string]term{}
	for _, info := range Kinds() {
		m[strings.TrimPrefix(string(info.Type), Namespace)] = term{info.Type, "type"}
	}
	for line := range strings.Lines(termsText) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		t := term{entity.Name(Namespace + f[0]), f[1]}
		if len(f) > 2 {
			t.iri = entity.Name(f[2])
		}
		m[f[0]] = t
	}
	return m
})

var shortNames = sync.OnceValue(func() map[entity.Name]string {
	m := map[entity.Name]string{}
	for name, t := range vocabulary() {
		m[t.iri] = name
	}
	return m
})

// Term gives the IRI of a word of the governance context, such as "state",
// for queries and tests. It panics if there is none: terms are constants of
// the program.
func Term(short string) entity.Name {
	if t, ok := vocabulary()[short]; ok {
		return t.iri
	}
	panic("record: no term " + short)
}

// ContextJSON gives the document of the governance context. A link is of type
// @id; all else is plain.
func ContextJSON() []byte {
	m := map[string]any{}
	for name, t := range vocabulary() {
		if t.form == "link" {
			m[name] = map[string]string{"@id": string(t.iri), "@type": "@id"}
			continue
		}
		m[name] = string(t.iri)
	}
	b, err := json.Marshal(map[string]any{"@context": m}, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		panic("record: the context cannot be written: " + err.Error()) // texts alone
	}
	return append(b, '\n')
}

// attributes gives the members of the JSON object raw as attributes. Members
// that are null, and texts, lists and objects that are empty, are left out.
func attributes(raw []byte) ([]entity.Instance, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("a record is a JSON object: %w", err)
	}
	var out []entity.Instance
	for _, name := range sortedKeys(members) {
		v := members[name]
		if err := v.Compact(); err != nil {
			return nil, err
		}
		if s := string(v); s == "null" || s == "{}" || s == "[]" || s == `""` {
			continue
		}
		t, ok := vocabulary()[name]
		if !ok || t.form == "type" || name == "closedAt" {
			return nil, fmt.Errorf("the governance context has no term %q for a member: add a line to internal/govern/record/terms.txt", name)
		}
		i := entity.Instance{Name: t.iri, Value: v}
		switch {
		case t.form == "lang":
			i.Kind = entity.LanguageProperty
		case t.form == "link":
			i.Kind = entity.Relationship
		case v.Kind() == '{' || v.Kind() == '[':
			i.Kind = entity.JSONProperty
		default:
			i.Kind = entity.Property
		}
		if err := checkForm(i); err != nil {
			return nil, fmt.Errorf("member %s: %w", name, err)
		}
		out = append(out, i)
	}
	return out, nil
}

func checkForm(i entity.Instance) error {
	switch i.Kind {
	case entity.LanguageProperty:
		var m map[string]string
		if err := json.Unmarshal(i.Value, &m); err != nil {
			return fmt.Errorf("this term has texts by language: %w", err)
		}
	case entity.Relationship:
		var many []string
		if i.Value[0] != '[' {
			many = make([]string, 1)
			if err := json.Unmarshal(i.Value, &many[0]); err != nil {
				return fmt.Errorf("this term has an id or a list of ids: %w", err)
			}
		} else if err := json.Unmarshal(i.Value, &many); err != nil {
			return fmt.Errorf("this term has an id or a list of ids: %w", err)
		}
		for _, id := range many {
			if err := entity.CheckURI(id); err != nil {
				return fmt.Errorf("%.80q is no id: %w", id, err)
			}
		}
	}
	return nil
}

// members gives the attributes of e as one JSON object, in order of name.
func members(e *entity.Entity) ([]byte, error) {
	m := map[string]jsontext.Value{}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		name, ok := shortNames()[a.Name]
		if !ok || a.Dataset != "" || a.Name == closedAt() {
			continue // of a newer version of the program, or our own
		}
		m[name] = jsontext.Value(a.Value)
	}
	return json.Marshal(m, json.Deterministic(true))
}
