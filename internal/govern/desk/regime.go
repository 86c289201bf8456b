package desk

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

//go:embed regimes.yaml
var regimesYAML []byte

// Regime is a law under which requests are answered.
type Regime struct {
	ID   string    `yaml:"id"` // such as "dga"
	Name law.Texts `yaml:"name"`
	Help law.Texts `yaml:"help"`
	// Kinds are what may be asked for under it.
	Kinds []string `yaml:"kinds"`
	// Countries are those of holders it is for; empty is all that no other
	// regime of the same kind is for.
	Countries []string `yaml:"countries"`
	Clock     string   `yaml:"clock"` // the rule whose period runs from receipt
	// Counts tells which date has to be in time: of the decision, or of the
	// answer that was sent.
	Counts Counts `yaml:"counts"`
	// Silence names the rule by which one may appeal when the period ends
	// without an answer, which then is a refusal; "" where silence is nothing.
	Silence string `yaml:"silence"`
	// ExtendOnly is "licence" if only requests for a licence may be extended.
	ExtendOnly  string    `yaml:"extendOnly"`
	RedressRule string    `yaml:"redressRule"`
	Redress     law.Texts `yaml:"redress"` // proposed to the person who decides
	Fees        struct {
		Rule       string   `yaml:"rule"`
		Categories []string `yaml:"categories"` // that may be charged; none is free
	} `yaml:"fees"`
}

// Counts tells which date has to be in time.
type Counts string

// What has to be in time.
const (
	DecisionCounts Counts = "decision" // DGA Art. 9(1): "adopt a decision"
	AnswerCounts   Counts = "answer"   // the person must have been told, or given
)

// Named is something with an identifier and a name.
type Named struct {
	ID      string    `yaml:"id"`
	Name    law.Texts `yaml:"name"`
	Regimes []string  `yaml:"regimes"` // those it belongs to; nil is all
}

// Terms is what the desk knows of regimes, grounds and costs. It is not changed
// once it is made.
type Terms struct {
	Desk    law.Texts `yaml:"desk"` // who writes letters; {city} is filled in
	Regimes []Regime  `yaml:"regimes"`
	Grounds []Named   `yaml:"grounds"` // of a refusal
	Costs   []Named   `yaml:"costs"`   // that a fee may cover (DGA Art. 6(5))
}

// ReadTerms gives the shipped terms.
func ReadTerms() (*Terms, error) {
	t := &Terms{}
	if err := yaml.UnmarshalWithOptions(regimesYAML, t, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the regimes of the request desk: %w", err)
	}
	return t, nil
}

// Regime finds a regime. Errors: problem.BadRequestData.
func (t *Terms) Regime(id string) (*Regime, error) {
	for i := range t.Regimes {
		if t.Regimes[i].ID == id {
			return &t.Regimes[i], nil
		}
	}
	return nil, problem.New(problem.BadRequestData, "there is no regime %.40q: use dga, gdpr, crpa or odd", id)
}

// For finds the regime for what is asked of a holder in a country.
// Errors: problem.BadRequestData if no law shipped fits.
func (t *Terms) For(kind, country string) (*Regime, error) {
	for i := range t.Regimes {
		r := &t.Regimes[i]
		if slices.Contains(r.Kinds, kind) && (len(r.Countries) == 0 || slices.Contains(r.Countries, country)) {
			return r, nil
		}
	}
	return nil, problem.New(problem.BadRequestData, "no law in the book fits a request of kind %.40q in %.10q: use protectedReuse, dataSubject or reuse", kind, country)
}

// Offered lists the kinds that may be asked for in a country, each with its
// regime.
func (t *Terms) Offered(country string) []Offer {
	var out []Offer
	for _, r := range t.Regimes {
		for _, k := range r.Kinds {
			if fit, err := t.For(k, country); err == nil && fit.ID == r.ID {
				out = append(out, Offer{Kind: k, Regime: fit})
			}
		}
	}
	return out
}

// Offer is a kind of request with the regime it falls under.
type Offer struct {
	Kind   string
	Regime *Regime
}

// ground reports whether a ground may be given under a regime.
func (t *Terms) ground(id, regime string) bool {
	return slices.ContainsFunc(t.Grounds, func(g Named) bool { return g.ID == id && slices.Contains(g.Regimes, regime) })
}
