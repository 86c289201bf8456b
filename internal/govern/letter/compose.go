package letter

import (
	"strings"

	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// para adds a paragraph.
func (w *draft) para(s string) { w.out = append(w.out, pdf.Paragraph{Text: pdf.Text(s)}) }

// list adds a list of texts that say something.
func (w *draft) list(texts []string) {
	var items []pdf.Item
	for _, s := range texts {
		if strings.TrimSpace(s) != "" {
			items = append(items, pdf.Item{Text: pdf.Text(s)})
		}
	}
	if len(items) > 0 {
		w.out = append(w.out, pdf.List{Items: items})
	}
}

// heading adds a heading below the title.
func (w *draft) heading(key string) {
	w.out = append(w.out, pdf.Heading{Level: 2, Text: pdf.Text(w.say(key))})
}

// fact adds a line of the letter's head: what it is, then the text.
func (w *draft) fact(key string, text ...pdf.Span) {
	label := w.say(key) + ": "
	if w.Lang == "fr" {
		label = w.say(key) + "\u00A0: "
	}
	w.out = append(w.out, pdf.Paragraph{Text: append([]pdf.Span{{Text: label, Bold: true}}, text...)})
}

// opening writes title, head and greeting.
func (w *draft) opening() {
	w.out = append(w.out, pdf.Heading{Level: 1, Text: pdf.Text(w.say("title." + string(w.Kind)))})
	one := func(s string) pdf.Span { return pdf.Span{Text: s} }
	w.fact("from", one(strings.Join(w.Desk, ", ")))
	w.fact("to", one(strings.Join(w.To, ", ")))
	w.fact("date", one(w.day(deadline.DateOf(w.Sent.In(w.cal.Zone)))))
	w.fact("reference", one(w.Reference))
	w.fact("request", one(w.Request))
	w.fact("received", one(w.day(deadline.DateOf(w.Received.In(w.cal.Zone)))))
	w.fact("law", pdf.Span{Text: w.set.Name[w.Lang], Link: w.set.Address}, one(", "+w.rule.Article))
	if w.Kind == Extension || w.Extended {
		w.fact("lastBefore", one(w.day(w.due.Last)))
	}
	w.fact("last", pdf.Span{Text: w.day(w.last().Last), Bold: true}, one(" ("+w.rule.Article+")"))
	w.para(w.say("greeting"))
}

// body writes what the letter is for.
func (w *draft) body() {
	last := w.day(w.last().Last)
	switch w.Kind {
	case Acknowledgement:
		w.para(w.say("ack", "{last}", last))
		if w.due.Extended != nil && !w.Extended {
			w.para(w.say("may", "{extended}", w.day(w.due.Extended.Last), "{because}", w.rule.Clock.Extension.Because[w.Lang]))
		}
	case Extension:
		w.para(w.say("extended", "{before}", w.day(w.due.Last), "{last}", last))
		w.para(w.say("allowed", "{because}", w.rule.Clock.Extension.Because[w.Lang]))
		w.heading("reasons")
		w.list(w.Reasons)
	case Question:
		w.para(w.say("question"))
		w.list(w.Reasons)
		w.para(w.say("goesOn", "{last}", last))
	case Transfer:
		w.para(w.say("transferred"))
		w.list(w.Reasons)
	case Partial:
		w.para(w.say("partly"))
		w.heading("reasons")
		w.list(w.Reasons)
		if len(w.Conditions) > 0 {
			w.heading("conditions")
			w.list(w.Conditions)
		}
	case Grant:
		w.para(w.say("granted"))
		if len(w.Conditions) > 0 {
			w.heading("conditions")
			w.list(w.Conditions)
		}
	case Refusal:
		w.para(w.say("refused"))
		w.heading("reasons")
		w.list(w.Reasons)
	}
}

// redress writes how a decision can be reviewed, with the article that asks for
// saying so.
func (w *draft) redress(book *law.Book) {
	if !w.Kind.decides() {
		return
	}
	w.heading("redress")
	w.para(w.Redress)
	set, rule := book.Rule(redressRule(w.Rule))
	if rule != nil {
		w.out = append(w.out, pdf.Paragraph{Text: []pdf.Span{{Text: set.Name[w.Lang], Link: set.Address}, {Text: ", " + rule.Article + "."}}})
	}
}

// counting shows the steps that lead to the last day, while one is awaited.
func (w *draft) counting() {
	if w.Kind != Acknowledgement && w.Kind != Extension {
		return
	}
	w.heading("counting")
	w.para(w.say("counted"))
	var items []pdf.Item
	for _, s := range w.last().Steps {
		why := w.say(s.Rule)
		if name := s.Holiday[w.Lang]; name != "" {
			why += " – " + name
		}
		items = append(items, pdf.Item{Text: pdf.Text(w.say("step", "{from}", w.day(s.From), "{to}", w.day(s.To), "{why}", why, "{article}", s.Article))})
	}
	w.out = append(w.out, pdf.List{Numbered: true, Items: items})
	if !w.cal.Verified || w.rule.Verification != law.Read || national(w.set) {
		w.para(w.say("unchecked"))
	}
}

// national tells whether periods of a set are counted as national law says:
// that of a national act, or the one that transposes a directive (the sixth
// letter of a CELEX number is L).
func national(s *law.RuleSet) bool {
	return len(s.CELEX) < 6 || s.CELEX[5] == 'L'
}
