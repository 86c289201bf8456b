package law

import (
	"maps"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/duty"
	book "github.com/beffroi/beffroi/internal/govern/law"
)

type calendarAnswer struct {
	ID       string            `json:"id"`
	Name     map[string]string `json:"name"`
	Verified bool              `json:"verified"` // false: its holidays are to be checked with the official list
}

type actAnswer struct {
	ID           string         `json:"id"`
	Name         book.Texts     `json:"name"`
	Act          string         `json:"act"`
	CELEX        string         `json:"celex,omitzero"`
	Address      string         `json:"address,omitzero"`
	Status       book.Status    `json:"status"`
	Version      string         `json:"version"`
	Says         book.Texts     `json:"says,omitzero"`
	Rules        int            `json:"rules"`
	Verification map[string]int `json:"verification"` // rules by how far they were checked
}

type factAnswer struct {
	Name   string        `json:"name"`
	Type   book.FactType `json:"type"`
	Ask    book.Texts    `json:"ask"`
	Values []string      `json:"values,omitzero"`
}

type actsAnswer struct {
	Acts      []actAnswer      `json:"acts"`
	Facts     []factAnswer     `json:"facts"`
	Calendars []calendarAnswer `json:"calendars"`
}

func actsOf(b *book.Book, calendars map[string]*deadline.Calendar) actsAnswer {
	out := actsAnswer{Acts: []actAnswer{}, Facts: []factAnswer{}, Calendars: []calendarAnswer{}}
	for _, s := range b.Sets {
		act := actAnswer{ID: s.ID, Name: s.Name, Act: s.Act, CELEX: s.CELEX, Address: s.Address, Status: s.Status, Version: s.Version, Says: s.Says, Rules: len(s.Rules), Verification: map[string]int{}}
		for _, r := range s.Rules {
			act.Verification[string(r.Verification)]++
		}
		out.Acts = append(out.Acts, act)
	}
	for _, f := range b.Facts {
		out.Facts = append(out.Facts, factAnswer(f))
	}
	for _, id := range slices.Sorted(maps.Keys(calendars)) {
		c := calendars[id]
		out.Calendars = append(out.Calendars, calendarAnswer{ID: c.ID, Name: c.Name, Verified: c.Verified})
	}
	return out
}

type ruleAnswer struct {
	ID           string            `json:"id"`
	Set          string            `json:"set"`
	Act          string            `json:"act"`
	Article      string            `json:"article"`
	Status       book.Status       `json:"status"`
	About        string            `json:"about"` // dataset or organisation
	Title        book.Texts        `json:"title"`
	Bound        book.Texts        `json:"bound"`
	Duty         book.Texts        `json:"duty"`
	Condition    string            `json:"condition,omitzero"` // on facts, in CEL
	MetIf        string            `json:"metIf,omitzero"`     // on facts, in CEL; without it only a person can say
	Evidence     book.Texts        `json:"evidence,omitzero"`
	Limit        book.Texts        `json:"limit,omitzero"` // a time limit that is no count of days
	Action       string            `json:"action,omitzero"`
	From         *deadline.Date    `json:"from,omitzero"`
	Until        *deadline.Date    `json:"until,omitzero"`
	Source       string            `json:"source"`
	Verification book.Verification `json:"verification"`
	Note         book.Texts        `json:"note,omitzero"`
	Replaces     []string          `json:"replaces,omitzero"`
}

type rulesAnswer struct {
	On      string       `json:"on"`
	Adopted []string     `json:"adopted,omitzero"`
	Rules   []ruleAnswer `json:"rules"`
}

func ruleOf(s *book.RuleSet, r *book.Rule) ruleAnswer {
	out := ruleAnswer{ID: r.ID, Set: s.ID, Act: s.Act, Article: r.Article, Status: s.Status, About: "organisation", Title: r.Title, Bound: r.Bound, Duty: r.Duty, Condition: r.When, MetIf: r.Met,
		Evidence: r.Evidence, Action: r.Action, From: r.From, Until: r.Until, Source: r.Source, Verification: r.Verification, Note: r.Note, Replaces: r.Replaces}
	if r.OfDataset() {
		out.About = "dataset"
	}
	if r.Clock != nil {
		out.Limit = r.Clock.Text
	}
	return out
}

type stepAnswer struct {
	Rule    string            `json:"rule"`
	Article string            `json:"article"` // of Regulation 1182/71
	From    deadline.Date     `json:"from"`
	To      deadline.Date     `json:"to"`
	Holiday map[string]string `json:"holiday,omitzero"`
}

type dueAnswer struct {
	Last     deadline.Date  `json:"last"`
	Until    string         `json:"until"`
	Goal     string         `json:"goal"` // the strictest reading, to aim at
	Extended *deadline.Date `json:"extended,omitzero"`
	Because  book.Texts     `json:"extendedIf,omitzero"`
	TellBy   *deadline.Date `json:"tellBy,omitzero"`
	Steps    []stepAnswer   `json:"steps"`
}

type dutyAnswer struct {
	ruleAnswer
	Applies string   `json:"applies"`          // yes or open
	IsMet   string   `json:"met,omitzero"`     // yes, no or open, of a duty that applies
	Missing []string `json:"missing,omitzero"` // the facts that would decide
	Because []string `json:"because,omitzero"` // the facts that the answer rests on
	// ClockFrom is the fact that starts the time limit, if it is not known.
	ClockFrom string     `json:"clockFrom,omitzero"`
	Due       *dueAnswer `json:"due,omitzero"`
	// Standing is unmet, asked, met or maybe; of what is kept, evidence and all.
	Standing duty.Standing `json:"standing,omitzero"`
	// Actor is whose turn it is: machine, steward, holder or officer.
	Actor   duty.Actor       `json:"actor,omitzero"`
	Actions []actionAnswer   `json:"actions,omitzero"` // what beffroi does towards it if a steward says so
	Proof   []evidenceAnswer `json:"proof,omitzero"`   // the evidence that is kept, for stewards
}

type actionAnswer struct {
	ID string `json:"id"`
	To string `json:"to,omitzero"` // the value that would be set
}

type evidenceAnswer struct {
	ID   string    `json:"id"`
	Rule string    `json:"rule"`
	URL  string    `json:"url,omitzero"`
	Note string    `json:"note,omitzero"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

func evidenceOf(e duty.Evidence) evidenceAnswer {
	return evidenceAnswer{ID: e.ID, Rule: e.Rule, URL: e.Link, Note: e.Note, By: e.By, At: e.At}
}

type dutiesAnswer struct {
	On       string          `json:"on"`
	Adopted  []string        `json:"adopted,omitzero"`
	Calendar *calendarAnswer `json:"calendar,omitzero"`
	Facts    book.Facts      `json:"facts,omitzero"`
	// Sources says of each fact who knows it: measured, dataset or holder.
	Sources map[string]duty.Source `json:"sources,omitzero"`
	// Against names facts that people told and the measure contradicts.
	Against []string     `json:"against,omitzero"`
	Duties  []dutyAnswer `json:"duties"`
}

// dutyOf writes a finding; c may be nil, and then no last days are given.
func (a *API) dutyOf(f book.Finding, facts book.Facts, c *deadline.Calendar) (dutyAnswer, error) {
	out := dutyAnswer{ruleAnswer: ruleOf(f.Set, f.Rule), Applies: f.Applies.String(), Missing: f.Missing, Because: f.Because}
	if f.Applies == book.Yes {
		out.IsMet = f.Met.String()
	}
	k := f.Rule.Clock
	if k == nil || len(k.Periods) == 0 {
		return out, nil
	}
	if facts[k.From] == nil {
		out.ClockFrom = k.From
		return out, nil
	}
	if c == nil {
		return out, nil
	}
	due, err := f.Rule.Due(facts, c)
	if err != nil {
		return out, err
	}
	out.Due = &dueAnswer{Last: due.Last, Until: due.Until.Format(time.RFC3339), Goal: due.Earliest.Format(time.RFC3339), Steps: []stepAnswer{}}
	for _, s := range due.Steps {
		out.Due.Steps = append(out.Due.Steps, stepAnswer(s))
	}
	if due.Extended != nil {
		out.Due.Extended, out.Due.Because = &due.Extended.Last, k.Extension.Because
	}
	if due.TellBy != nil {
		out.Due.TellBy = &due.TellBy.Last
	}
	return out, nil
}
