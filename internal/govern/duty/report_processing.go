package duty

import (
	"strings"

	"github.com/beffroi/beffroi/internal/format/pdf"
)

// processing is the record of processing activities (GDPR, Art. 30).
func (w *writing) processing() *Report {
	d := w.document(w.say("proc.title", "city", w.City), w.say("proc.law"))
	out := &Report{Document: d, Rows: [][]string{{"id", "name", "role", "controller", "jointControllers", "representative", "officer", "purposes", "legalBasis", "dataSubjects", "dataCategories", "recipients", "transfers", "retention", "measures", "onBehalfOf", "processingCategories", "datasets", "ended", "lacks"}}}
	if len(w.activities) == 0 {
		d.Blocks = append(d.Blocks, paragraph(w.say("proc.empty")))
	}
	nodes := []node{}
	for _, a := range w.activities {
		d.Blocks = append(d.Blocks, heading(2, a.Name))
		if a.Ended {
			d.Blocks = append(d.Blocks, paragraph(w.say("proc.ended")))
		}
		d.Blocks = append(d.Blocks, w.activity(a))
		list := func(l []string) string { return strings.Join(l, "; ") }
		ended := "no"
		if a.Ended {
			ended = "yes"
		}
		var sets []string
		for _, r := range a.Datasets {
			sets = append(sets, string(r))
		}
		out.Rows = append(out.Rows, []string{a.ID, a.Name, a.Role, party(a.Controller), list(partyTexts(a.Joint)), party(a.Representative), party(a.Officer), list(a.Purposes), a.Basis, list(a.Subjects), list(a.Data), list(a.Recipients), list(transferTexts(a.Transfers)), a.Retention, a.Measures, list(partyTexts(a.Customers)), list(a.Work), strings.Join(sets, " "), ended, strings.Join(a.Lacks(), " ")})
		nodes = append(nodes, w.activityNode(a))
	}
	g := w.graph("processing", "RecordOfProcessing")
	g["processingActivity"] = nodes
	out.Graph = g
	return out
}

// activity is a table of what Art. 30 asks for, in its order. What is asked
// for and not there says so; what is asked for where it applies is left out.
func (w *writing) activity(a *Activity) pdf.Block {
	t := pdf.Table{Head: [][]pdf.Span{pdf.Text(w.say("proc.item")), pdf.Text(w.say("proc.content"))}, RowHeads: true}
	row := func(key string, must bool, texts ...string) {
		text := strings.TrimSpace(strings.Join(texts, "; "))
		switch {
		case text != "":
			t.Rows = append(t.Rows, [][]pdf.Span{pdf.Text(w.say(key)), pdf.Text(text)})
		case must:
			t.Rows = append(t.Rows, [][]pdf.Span{pdf.Text(w.say(key)), {{Text: w.say("missing"), Bold: true}}})
		}
	}
	row("proc.role", true, w.say("proc."+a.Role))
	if a.Role == "processor" {
		row("proc.ap", true, party(a.Controller))
		row("proc.customers", true, partyTexts(a.Customers)...)
		row("proc.representative", false, party(a.Representative))
		row("proc.officer", true, party(a.Officer))
		row("proc.work", true, a.Work...)
		row("proc.transfersP", false, transferTexts(a.Transfers)...)
		row("proc.measuresP", true, a.Measures)
	} else {
		row("proc.a", true, party(a.Controller))
		row("proc.joint", false, partyTexts(a.Joint)...)
		row("proc.representative", false, party(a.Representative))
		row("proc.officer", true, party(a.Officer))
		row("proc.purposes", true, a.Purposes...)
		row("proc.basis", false, a.Basis)
		row("proc.subjects", true, a.Subjects...)
		row("proc.data", true, a.Data...)
		row("proc.recipients", true, a.Recipients...)
		row("proc.transfers", false, transferTexts(a.Transfers)...)
		row("proc.retention", true, a.Retention)
		row("proc.measures", true, a.Measures)
	}
	var sets []string
	for _, r := range a.Datasets {
		sets = append(sets, string(r))
	}
	row("proc.datasets", false, strings.Join(sets, ", "))
	return t
}

func party(p Party) string {
	if p.Name == "" || p.Contact == "" {
		return p.Name + p.Contact
	}
	return p.Name + ", " + p.Contact
}

func partyTexts(ps []Party) []string {
	var out []string
	for _, p := range ps {
		out = append(out, party(p))
	}
	return out
}

func transferTexts(ts []Transfer) []string {
	var out []string
	for _, t := range ts {
		s := t.To
		if t.Safeguard != "" {
			s += " (" + t.Safeguard + ")"
		}
		out = append(out, s)
	}
	return out
}

func (w *writing) activityNode(a *Activity) node {
	out := node{"@id": w.Base + "/api/processing/" + a.ID, "@type": "ProcessingActivity", "name": a.Name, "role": a.Role, "done": a.Ended}
	put := func(name string, v any, there bool) {
		if there {
			out[name] = v
		}
	}
	one := func(p Party) node { return node{"name": p.Name, "contact": p.Contact} }
	many := func(ps []Party) []node {
		var l []node
		for _, p := range ps {
			l = append(l, one(p))
		}
		return l
	}
	put("controller", one(a.Controller), a.Controller != Party{})
	put("jointControllers", many(a.Joint), len(a.Joint) > 0)
	put("representative", one(a.Representative), a.Representative != Party{})
	put("officer", one(a.Officer), a.Officer != Party{})
	put("purposes", a.Purposes, len(a.Purposes) > 0)
	put("basis", a.Basis, a.Basis != "")
	put("dataSubjects", a.Subjects, len(a.Subjects) > 0)
	put("dataCategories", a.Data, len(a.Data) > 0)
	put("recipients", a.Recipients, len(a.Recipients) > 0)
	put("transfers", transferTexts(a.Transfers), len(a.Transfers) > 0)
	put("retention", a.Retention, a.Retention != "")
	put("measures", a.Measures, a.Measures != "")
	put("onBehalfOf", many(a.Customers), len(a.Customers) > 0)
	put("processingCategories", a.Work, len(a.Work) > 0)
	var sets []node
	for _, r := range a.Datasets {
		sets = append(sets, ref(w.Base+"/id/dataset/"+string(r)))
	}
	put("datasets", sets, len(sets) > 0)
	put("missing", a.Lacks(), len(a.Lacks()) > 0)
	return out
}
