package catalogue

import (
	"sync"

	"github.com/beffroi/beffroi/internal/vocab"
)

// shorts turns the city context round: IRI to short name.
var shorts = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, len(vocab.Terms()))
	for short, iri := range vocab.Terms() {
		m[iri] = short
	}
	return m
})
