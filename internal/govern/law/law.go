// Package law holds legal rules as versioned data and answers which duties
// apply to given facts on a given date, why, and what is missing.
//
// A rule is never code: act, article, who is bound, a condition on facts, the
// duty, its clock, the evidence that satisfies it, from when to when it holds,
// where it was read and how far that was checked. The shipped sets are in
// rules/; what could not be checked with the official text is marked, and is
// never shown as a duty that is met.
package law

import (
	"slices"

	"github.com/beffroi/beffroi/internal/govern/deadline"
)

// Texts is a text by language: fr, nl and en.
type Texts map[string]string

// Languages gives the languages in which every text of a rule set is written.
func Languages() []string { return []string{"fr", "nl", "en"} }

// Verification tells how far a rule was checked with its source.
type Verification string

// The degrees of verification.
const (
	// Read means that the article itself was read.
	Read Verification = "read"
	// Secondary means that a text was read that quotes or cites the official
	// one.
	Secondary Verification = "secondary"
	// Unverified means that the rule is to be checked with the official text.
	Unverified Verification = "unverified"
)

// Status tells what a rule set is.
type Status string

// The states of a rule set.
const (
	// InForce holds law.
	InForce Status = "inForce"
	// Pending holds what a proposal would change: it applies only when it is
	// asked for.
	Pending Status = "pending"
)

// Clock is a legal time limit.
type Clock struct {
	// From names the fact of type date or instant that starts the period.
	From string `yaml:"from"`
	// Periods are counted one after the other.
	Periods []deadline.Period `yaml:"periods"`
	// Extension may prolong the period; nil if nothing does.
	Extension *Extension `yaml:"extension"`
	// Pause says when the rule lets the period stand still; nil if it never
	// does. No shipped rule does (DGA Art. 9, GDPR Art. 12).
	Pause Texts `yaml:"pause"`
	// Text says the limit in words, for those that are no count of days.
	Text Texts `yaml:"text"`
}

// Extension prolongs a time limit.
type Extension struct {
	Periods []deadline.Period `yaml:"periods"` // counted after those of the clock
	// Because says when it is allowed.
	Because Texts `yaml:"because"`
	// Tell is the time, from the clock's beginning, in which the person must
	// be told of the extension; empty if the law only says soon.
	Tell []deadline.Period `yaml:"tell"`
}

// Rule is one duty, right or ban of one article.
type Rule struct {
	ID      string `yaml:"id"`      // such as "HVD-3.2"; it stays
	Article string `yaml:"article"` // as people cite it: "Art. 3(2)"
	Title   Texts  `yaml:"title"`
	// Bound says who is bound.
	Bound Texts `yaml:"bound"`
	// When is the condition on facts, in CEL; "" is always.
	When string `yaml:"when"`
	Duty Texts  `yaml:"duty"`
	// Clock is nil if the duty has no time limit of its own.
	Clock *Clock `yaml:"clock"`
	// Met is the condition on facts under which the duty is satisfied, in CEL;
	// "" if only a person can say so.
	Met string `yaml:"met"`
	// Evidence says what satisfies the duty.
	Evidence Texts `yaml:"evidence"`
	// Action names what a machine can do towards it; "" for nothing.
	Action string `yaml:"action"`
	// From is the first day on which the rule applies, Until the last; nil is
	// open.
	From         *deadline.Date `yaml:"from"`
	Until        *deadline.Date `yaml:"until"`
	Source       string         `yaml:"source"`
	Verification Verification   `yaml:"verification"`
	// Note says what else one must know, such as why a date was chosen.
	Note Texts `yaml:"note"`
	// Replaces lists the rules, of any set, that are gone if this one holds.
	Replaces []string `yaml:"replaces"`

	when, met *condition
}

// InTime reports whether the rule holds on d.
func (r *Rule) InTime(d deadline.Date) bool {
	return (r.From == nil || d >= *r.From) && (r.Until == nil || d <= *r.Until)
}

// RuleSet is the rules of one act, or of one proposal.
type RuleSet struct {
	ID      string `yaml:"id"`
	Name    Texts  `yaml:"name"`
	Act     string `yaml:"act"`   // its number, such as "(EU) 2023/138"
	CELEX   string `yaml:"celex"` // "" for national law
	Address string `yaml:"address"`
	Status  Status `yaml:"status"`
	// Version changes with every change of the set, such as "2026-11-25".
	Version string `yaml:"version"`
	// Says is a line about the state of things, shown with the set.
	Says  Texts   `yaml:"says"`
	Rules []*Rule `yaml:"rules"`
}

// Rule finds a rule by its identifier.
func (s *RuleSet) Rule(id string) *Rule {
	for _, r := range s.Rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Book is rule sets and the facts that they speak of. It is not changed once
// it is made, and safe for use by many goroutines.
type Book struct {
	Facts []Fact
	Sets  []*RuleSet // in order of ID

	env *language
}

// Rule finds a rule by its identifier in all sets; nil if there is none.
func (b *Book) Rule(id string) (*RuleSet, *Rule) {
	for _, s := range b.Sets {
		if r := s.Rule(id); r != nil {
			return s, r
		}
	}
	return nil, nil
}

// Fact finds a fact by its name.
func (b *Book) Fact(name string) (Fact, bool) {
	i := slices.IndexFunc(b.Facts, func(f Fact) bool { return f.Name == name })
	if i < 0 {
		return Fact{}, false
	}
	return b.Facts[i], true
}
