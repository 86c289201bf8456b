package contexts

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestFromLink(t *testing.T) {
	const rel = `rel="http://www.w3.org/ns/json-ld#context"`
	tests := map[string]struct {
		headers []string
		want    string // "!" and a part of the error
	}{
		"none":                     {nil, ""},
		"empty":                    {[]string{"", " , ,"}, ""},
		"usual":                    {[]string{`<https://e.eu/c>; ` + rel + `; type="application/ld+json"`}, "https://e.eu/c"},
		"tight":                    {[]string{`<https://e.eu/c>;` + rel + `;type="application/ld+json"`}, "https://e.eu/c"},
		"wide":                     {[]string{" \t< https://e.eu/c >\t ; \trel = \"http://www.w3.org/ns/json-ld#context\" ;; "}, "https://e.eu/c"},
		"commas in the address":    {[]string{`<https://e.eu/c?a=1,2;3>; ` + rel}, "https://e.eu/c?a=1,2;3"},
		"second of a header":       {[]string{`<https://e.eu/next>; rel="next", <https://e.eu/c>; ` + rel}, "https://e.eu/c"},
		"first of a header":        {[]string{`<https://e.eu/c>; ` + rel + `,<https://e.eu/next>; rel=next`}, "https://e.eu/c"},
		"second header":            {[]string{`<https://e.eu/next>; rel=next`, `<https://e.eu/c>; ` + rel}, "https://e.eu/c"},
		"several relations":        {[]string{`<https://e.eu/c>; rel="x http://www.w3.org/ns/json-ld#context  y"`}, "https://e.eu/c"},
		"no quotes":                {[]string{`<https://e.eu/c>; rel=http://www.w3.org/ns/json-ld#context; type=application/ld+json`}, "https://e.eu/c"},
		"case":                     {[]string{`<https://e.eu/c>; REL="HTTP://www.w3.org/ns/json-ld#context"`}, "https://e.eu/c"},
		"parameter without value":  {[]string{`<https://e.eu/c>; crossorigin; ` + rel}, "https://e.eu/c"},
		"quoted quote and comma":   {[]string{`<https://e.eu/x>; title="a \", <b>; c\\"; rel=next, <https://e.eu/c>; ` + rel}, "https://e.eu/c"},
		"escaped in rel":           {[]string{`<https://e.eu/c>; rel="http://www.w3.org\/ns/json-ld#context"`}, "https://e.eu/c"},
		"another relation":         {[]string{`<https://e.eu/c>; rel="describedby"`}, ""},
		"no relation":              {[]string{`<https://e.eu/c>`}, ""},
		"first rel counts":         {[]string{`<https://e.eu/c>; rel=next; ` + rel}, ""},
		"of another resource":      {[]string{`<https://e.eu/c>; ` + rel + `; anchor="#x"`}, ""},
		"part of a relation":       {[]string{`<https://e.eu/c>; rel="http://www.w3.org/ns/json-ld#context2"`}, ""},
		"relative address":         {[]string{`<c.jsonld>; ` + rel}, "c.jsonld"},
		"two contexts":             {[]string{`<https://e.eu/c>; ` + rel + `, <https://e.eu/d>; ` + rel}, "!several"},
		"two contexts, two fields": {[]string{`<https://e.eu/c>; ` + rel, `<https://e.eu/d>; ` + rel}, "!several"},
		"no brackets":              {[]string{`https://e.eu/c; ` + rel}, "!<>"},
		"open bracket":             {[]string{`<https://e.eu/c; ` + rel}, "!closing >"},
		"open quote":               {[]string{`<https://e.eu/c>; rel="http://www.w3.org/ns/json-ld#context`}, "!closing quote"},
		"quote after backslash":    {[]string{`<https://e.eu/c>; rel="x\`}, "!closing quote"},
		"no semicolon":             {[]string{`<https://e.eu/c> ` + rel}, "!semicolon"},
		"no value":                 {[]string{`<https://e.eu/c>; rel=; x`}, "!no value"},
		"no name":                  {[]string{`<https://e.eu/c>; ="x"`}, "!name of a parameter"},
		"empty address":            {[]string{`<>; ` + rel}, "!empty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := FromLink(tt.headers)
			if part, bad := strings.CutPrefix(tt.want, "!"); bad {
				if !problem.Is(err, problem.InvalidRequest) || !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, %v; want an error with %q", got, err, part)
				}
			} else if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func FuzzFromLink(f *testing.F) {
	f.Add(`<https://e.eu/c>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json", <x>; a="\"b"; c`)
	f.Fuzz(func(t *testing.T, header string) {
		target, err := FromLink([]string{header})
		if err != nil || target == "" {
			return
		}
		again, err := FromLink([]string{`<` + target + `>; rel="` + LinkRel + `"`})
		if err != nil || again != target {
			t.Fatalf("%q gives %q, which gives %q, %v", header, target, again, err)
		}
	})
}
