package connect

import (
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/timespan"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Trial is what a payload would give.
type Trial struct {
	// Entities are the fragments as normalised NGSI-LD, compacted with the
	// city context; one JSON object each.
	Entities [][]byte
	Letters  []DeadLetter
	Items    int
	Skipped  int
}

// DryRun shows what a payload would give, without doing anything.
func (m *Mapping) DryRun(p Payload, arrived time.Time) Trial {
	r := m.Map(p, arrived)
	t := Trial{Letters: r.Letters, Items: r.Items, Skipped: r.Skipped}
	v := represent.View{Context: cityContext()}
	for i := range r.Fragments {
		f := &r.Fragments[i]
		e, err := entity.Create(*f, timespan.FromTime(arrived))
		if err != nil {
			t.Letters = append(t.Letters, m.letter(r.from[i].payload(p.Topic), arrived, r.from[i].key, err))
			continue
		}
		t.Entities = append(t.Entities, v.AppendEntity(nil, e))
	}
	return t
}

// cityContext is the built-in context, compiled: all its terms are plain.
func cityContext() *ldctx.Context {
	terms := make(map[string]ldctx.Term, len(vocab.Terms()))
	for name, iri := range vocab.Terms() {
		terms[name] = ldctx.Term{IRI: iri}
	}
	return ldctx.New(vocab.CityContext, jsontree.StringNode(vocab.CityContext), terms)
}
