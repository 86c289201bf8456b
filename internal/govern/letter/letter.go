// Package letter writes the letters of a request desk: acknowledgement,
// questions, extension with its reasons, transfer, and the decision that
// grants, wholly or in part, or refuses, in French, Dutch and English.
//
// A letter is a document of format/pdf, and the same document becomes the page
// and the PDF, so neither says something else than the other. The last day to
// answer is computed from the rule that applies, and the letter shows the
// article and each step. The package sends nothing, keeps nothing and asks no
// clock.
package letter

import (
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Kind is what a letter is for.
type Kind string

// The kinds of letters.
const (
	Acknowledgement Kind = "acknowledgement"
	Question        Kind = "question"  // needs reasons: what is asked
	Extension       Kind = "extension" // needs reasons, and must be in time
	Transfer        Kind = "transfer"  // needs reasons: to whom, and why
	Grant           Kind = "grant"     // needs redress
	Partial         Kind = "partial"   // needs reasons and redress
	Refusal         Kind = "refusal"   // needs reasons and redress
)

// decides reports whether a letter of kind k tells a decision.
func (k Kind) decides() bool { return k == Grant || k == Partial || k == Refusal }

// known reports whether there are letters of kind k.
func (k Kind) known() bool {
	return k.decides() || k == Acknowledgement || k == Question || k == Extension || k == Transfer
}

// Letter is what the desk knows.
type Letter struct {
	Kind Kind
	Lang string // fr, nl or en
	// Rule is the rule whose clock runs from receipt, such as "DGA-9.1".
	Rule      string
	Reference string    // of the request, as the desk files it
	Request   string    // what was asked, in a line
	Desk      []string  // who writes, a line each: name first
	To        []string  // who is written to, a line each
	Received  time.Time // when the request came in
	Sent      time.Time // the date that the letter bears
	// Reasons are of an extension, a transfer or a refusal, or the questions,
	// one each.
	Reasons []string
	// Conditions are of a grant: of use, fees, delivery.
	Conditions []string
	// Redress says which body reviews a decision, how and by when.
	Redress string
	// Extended tells that the period of the request was extended before this
	// letter.
	Extended bool
}

// redressRule names the rule that asks for redress text, by the rule of the
// clock; "" if none is shipped.
func redressRule(clock string) string {
	switch clock {
	case "DGA-9.1":
		return "DGA-9.2"
	case "G-12.3":
		return "G-12.4"
	case "FR-2":
		return "FR-3"
	case "ODD-4.2":
		return "ODD-4.3"
	}
	return ""
}

// draft is a letter being written.
type draft struct {
	Letter
	say  func(key string, fill ...string) string
	set  *law.RuleSet
	rule *law.Rule
	cal  *deadline.Calendar
	due  *law.Due
	out  []pdf.Block
}

// Document writes the letter with the rules of book and the working days of
// the desk's place.
//
// Errors: problem.BadRequestData for what a letter of its kind cannot do
// without, for a rule that has no clock from receipt, and for an extension that
// comes too late or that the rule does not know.
func (l Letter) Document(book *law.Book, cal *deadline.Calendar) (*pdf.Document, error) {
	say, err := wording(l.Lang)
	if err != nil {
		return nil, err
	}
	w := &draft{Letter: l, say: say, cal: cal}
	if err := w.check(book); err != nil {
		return nil, err
	}
	w.opening()
	w.body()
	w.redress(book)
	w.counting()
	w.para(say("closing"))
	w.para(l.Desk[0])
	return &pdf.Document{
		Title: say("title."+string(l.Kind)) + " (" + l.Reference + ")", Lang: l.Lang, Author: l.Desk[0], Made: l.Sent,
		Header: l.Desk[0], Footer: l.Reference + " · " + say("page"), Blocks: w.out,
	}, nil
}

// check finds the rule and its last day, and reports what the letter lacks.
func (w *draft) check(book *law.Book) error {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	if w.set, w.rule = book.Rule(w.Rule); w.rule == nil {
		return bad("there is no rule %q", w.Rule)
	}
	if w.rule.Clock == nil || w.rule.Clock.From != "request.receivedAt" {
		return bad("rule %s has no period that runs from receipt of a request", w.Rule)
	}
	var err error
	if w.due, err = w.rule.Due(law.Facts{"request.receivedAt": w.Received}, w.cal); err != nil {
		return err
	}
	empty := func(s []string) bool { return strings.TrimSpace(strings.Join(s, "")) == "" }
	switch {
	case w.due == nil:
		return bad("rule %s has no period that can be counted", w.Rule)
	case w.Received.IsZero() || w.Sent.Before(w.Received):
		return bad("a letter is sent after the request was received: received %s, sent %s", w.Received.Format(time.DateOnly), w.Sent.Format(time.DateOnly))
	case len(w.Desk) == 0 || empty(w.Desk[:1]) || empty(w.To) || empty([]string{w.Reference}) || empty([]string{w.Request}):
		return bad("a letter names who writes, to whom, the reference and the request")
	case !w.Kind.known():
		return bad("there is no letter of kind %q: use acknowledgement, question, extension, transfer, grant, partial or refusal", w.Kind)
	case w.Kind != Acknowledgement && w.Kind != Grant && empty(w.Reasons):
		return bad("a letter of kind %s gives its reasons", w.Kind)
	case w.Kind.decides() && empty([]string{w.Redress}):
		return bad("a decision says how to seek redress")
	case (w.Kind == Extension || w.Extended) && w.due.Extended == nil:
		return bad("rule %s (%s) knows no extension", w.Rule, w.rule.Article)
	}
	if w.Kind != Extension {
		return nil
	}
	// Told after the period ended, an extension prolongs nothing.
	by := w.due.Deadline
	if w.due.TellBy != nil && w.due.TellBy.Until.Before(by.Until) {
		by = *w.due.TellBy
	}
	if !w.Sent.Before(by.Until) {
		return bad("an extension under %s (%s) had to be told by %s: the period can no longer be extended", w.Rule, w.rule.Article, by.Last)
	}
	return nil
}

// last is the end of the period that this letter counts with.
func (w *draft) last() deadline.Deadline {
	if w.Kind == Extension || w.Extended {
		return *w.due.Extended
	}
	return w.due.Deadline
}
