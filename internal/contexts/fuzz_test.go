package contexts

import (
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

// No @context makes the program fall, and what one gives is sound.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{
		`{"a":"https://e.eu/a","p":"https://e.eu/p#","p:x":"https://e.eu/p#x","b":{"@id":"p:b","@type":"@id","@container":["@set"]}}`,
		`[{"@version":1.1,"@vocab":"https://e.eu/","a":null,"b":{"@type":"@json"}},{"a:b":"a:b","c":{"@reverse":"d"}}]`,
		`{"@protected":true,"a":{"@id":"urn:x","@protected":false,"@prefix":true,"@index":"b","@nest":"@nest","@language":"fr","@direction":"rtl"}}`,
		`"` + ldctx.CoreURL + `"`, `{"@import":"https://e.eu/x"}`, `{"":"@id","@base":"x","@language":null}`, `[[]]`, `{"a":"b:","b":"a:"}`,
		`{"type":"https://e.eu/t","id":{"@id":"@type"},"ngsi-ld":null}`, `{"a":{"@id":"_:b"},"b":{"@id":"a b"}}`,
	} {
		f.Add(s)
	}
	s, err := Open(f.Context(), Options{Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := jsontree.Parse([]byte(text), jsontree.Limits{MaxBytes: 4096, MaxDepth: 32})
		if err != nil {
			return
		}
		c, err := s.Resolve(t.Context(), value)
		if err != nil {
			if k := problem.KindOf(err); k != problem.BadRequestData && k != problem.LdContextNotAvailable {
				t.Fatalf("%s: %v", text, err)
			}
			return
		}
		if again, err := s.Resolve(t.Context(), c.Source()); err != nil || again.Terms() != c.Terms() {
			t.Fatalf("%s goes out as %s, which gives %v", text, c.Source(), err)
		}
		for _, item := range append([]jsontree.Node{value}, items(value)...) {
			for name := range item.Members() {
				iri, err := c.ExpandTerm(name)
				if err != nil || strings.HasPrefix(name, "@") {
					continue
				}
				short := c.CompactTerm(iri)
				if back, err := c.ExpandTerm(short); err != nil || back != iri {
					t.Fatalf("%s: %q is %q is %q is %q, %v", text, name, iri, short, back, err)
				}
			}
		}
	})
}

func items(n jsontree.Node) (list []jsontree.Node) {
	for _, item := range n.Items() {
		list = append(list, item)
	}
	return list
}

// Records that others wrote, or that were spoilt, are errors.
func FuzzDecode(f *testing.F) {
	f.Add(encode(&document{id: "x", kind: Hosted, tenant: "t", created: time.Unix(1, 0), content: jsontree.StringNode(ldctx.CoreURL)}))
	f.Add([]byte("\x01{}"))
	f.Fuzz(func(t *testing.T, value []byte) {
		doc, err := decode(value, 4096)
		if err != nil {
			return
		}
		again, err := decode(encode(doc), 1<<20)
		if err != nil || again.id != doc.id || again.kind != doc.kind || again.url != doc.url || again.tenant != doc.tenant ||
			!again.content.Equal(doc.content) || !again.created.Equal(doc.created) || !again.expires.Equal(doc.expires) {
			t.Fatalf("%q: %+v became %+v, %v", value, doc, again, err)
		}
	})
}
