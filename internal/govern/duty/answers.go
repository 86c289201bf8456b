package duty

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Told is one fact as a person said it.
type Told struct {
	Value any       `json:"value"` // as in JSON; law.Book.ReadFacts gives it its type
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

// Answers are facts that people told, by name.
type Answers map[string]Told

// Source is where a fact comes from.
type Source string

// The sources, the one that wins first.
const (
	Measured    Source = "measured" // by beffroi, from the data and its description
	FromDataset Source = "dataset"  // told about the dataset
	FromHolder  Source = "holder"   // told about the organisation
)

// Known is what is known, and from where.
type Known struct {
	Facts   law.Facts
	Sources map[string]Source
	// Against names facts that people told and the measure contradicts; the
	// measure holds.
	Against []string
	// Unread names facts that were told and that the vocabulary of this
	// version does not take; they count as not known.
	Unread []string
}

// holderName is the record of the organisation's own answers.
const holderName = "holder"

const datasetPrefix = "dataset-"

// Holder gives the facts of the organisation.
func (s *Service) Holder(ctx context.Context, c broker.Call) (Answers, error) {
	a, _, err := s.told(ctx, c, holderName)
	return a, err
}

// Answers gives what people told of a dataset.
func (s *Service) Answers(ctx context.Context, c broker.Call, slug string) (Answers, error) {
	a, _, err := s.told(ctx, c, datasetPrefix+slug)
	return a, err
}

// keptAnswers is how answers are kept.
type keptAnswers struct {
	Facts Answers `json:"facts"`
}

func (s *Service) told(ctx context.Context, c broker.Call, name string) (Answers, Entry, error) {
	var k keptAnswers
	e, _, err := s.load(ctx, c, KindAnswers, name, &k)
	if k.Facts == nil {
		k.Facts = Answers{}
	}
	return k.Facts, e, err
}

func (s *Service) allAnswers(ctx context.Context, c broker.Call) (map[string]Answers, error) {
	es, err := s.o.Ledger.List(ctx, c, KindAnswers)
	if err != nil {
		return nil, err
	}
	out := map[string]Answers{}
	for _, e := range es {
		slug, ok := strings.CutPrefix(e.Name, datasetPrefix)
		if !ok {
			continue
		}
		var k keptAnswers
		if err := decode(e, &k); err != nil {
			return nil, err
		}
		out[slug] = k.Facts
	}
	return out, nil
}

// TellHolder keeps facts of the organisation: those in values are changed, a
// nil takes one back, others stay. Facts that did not change keep who said them.
//
// Errors: problem.BadRequestData, also for facts that are a dataset's.
func (s *Service) TellHolder(ctx context.Context, c broker.Call, values map[string]any) error {
	for name := range values {
		if strings.HasPrefix(name, "dataset.") {
			return problem.New(problem.BadRequestData, "%s is a fact of a dataset: tell it there", name)
		}
	}
	return s.tell(ctx, c, holderName, values)
}

// TellDataset keeps facts of a dataset, as TellHolder does.
//
// Errors: problem.BadRequestData, also for facts that are the organisation's;
// problem.ResourceNotFound.
func (s *Service) TellDataset(ctx context.Context, c broker.Call, slug string, values map[string]any) error {
	if _, err := s.o.Catalogue.Get(ctx, c.Space, slug); err != nil {
		return err
	}
	for name := range values {
		if strings.HasPrefix(name, "holder.") {
			return problem.New(problem.BadRequestData, "%s is a fact of the organisation: tell it there, it holds for all datasets", name)
		}
	}
	return s.tell(ctx, c, datasetPrefix+slug, values)
}

func (s *Service) tell(ctx context.Context, c broker.Call, name string, values map[string]any) error {
	b, err := s.Book(ctx)
	if err != nil {
		return err
	}
	if _, err := b.ReadFacts(values); err != nil {
		return err
	}
	a, e, err := s.told(ctx, c, name)
	if err != nil {
		return err
	}
	changed := false
	for _, n := range slices.Sorted(maps.Keys(values)) {
		v := values[n]
		old, there := a[n]
		switch {
		case v == nil && there:
			delete(a, n)
			changed = true
		case v != nil && !(there && same(old.Value, v)):
			a[n] = Told{Value: v, By: who(c), At: s.o.Now().UTC().Truncate(time.Millisecond)}
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return s.save(ctx, c, e, keptAnswers{a})
}

// same compares values as they stand in JSON.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		l, ok := b.([]any)
		return ok && slices.EqualFunc(a, l, same)
	case bool, string, float64:
		return a == b
	}
	return false
}

// know puts together what is known: measured before told, told of the dataset
// before told of the organisation.
func (w *work) know(measured law.Facts, dataset, holder Answers) Known {
	k := Known{Facts: law.Facts{}, Sources: map[string]Source{}}
	for name, v := range measured {
		k.Facts[name], k.Sources[name] = v, Measured
	}
	for _, from := range []struct {
		source  Source
		answers Answers
	}{{FromDataset, dataset}, {FromHolder, holder}} {
		for _, name := range slices.Sorted(maps.Keys(from.answers)) {
			read, err := w.book.ReadFacts(map[string]any{name: from.answers[name].Value})
			if err != nil {
				k.Unread = append(k.Unread, name)
				continue
			}
			v := read[name]
			switch {
			case k.Sources[name] == "":
				k.Facts[name], k.Sources[name] = v, from.source
			case k.Sources[name] == Measured && !sameFact(k.Facts[name], v):
				k.Against = append(k.Against, name)
			}
		}
	}
	return k
}

func sameFact(a, b any) bool {
	if l, ok := a.([]string); ok {
		m, ok := b.([]string)
		return ok && slices.Equal(slices.Sorted(slices.Values(l)), slices.Sorted(slices.Values(m)))
	}
	return a == b
}

// measured gives all facts of a dataset that the platform knows itself.
func (w *work) measured(ctx context.Context, d *catalogue.Dataset, x *catalogue.Extent) (law.Facts, error) {
	out := FactsOf(d, x)
	for _, a := range w.activities {
		if !a.Ended && slices.Contains(a.Datasets, Ref(d.Slug)) {
			// The record that this package keeps is the evidence.
			out["processing.recorded"] = len(a.Lacks()) == 0
			break
		}
	}
	t, _, err := w.o.Catalogue.TermsOf(ctx, w.call.Space, d)
	if err != nil {
		return nil, err
	}
	maps.Copy(out, factsOfTerms(d, t))
	return out, nil
}
