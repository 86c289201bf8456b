package duty

import (
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// duties is where the organisation and its datasets stand, with the timeline.
func (w *writing) duties() *Report {
	d := w.document(w.say("duty.title", "city", w.City), w.say("duty.law", "date", w.day()))
	out := &Report{Document: d, Rows: [][]string{{"slug", "dataset", "act", "article", "rule", "title", "standing", "applies", "verification", "missing", "evidence", "actor"}}}
	if ids := w.board.Asking.IfAdopted; len(ids) > 0 {
		var names []string
		for _, id := range ids {
			names = append(names, w.board.Book.Set(id).Name[w.Lang])
		}
		d.Blocks = append(d.Blocks, paragraph(w.say("duty.adopted", "sets", strings.Join(names, ", "))))
	}
	nodes := []node{}
	for _, st := range w.board.Rows {
		title := pdf.Span{Text: w.say("duty.organisation")}
		if st.Dataset != nil {
			title = w.title(st.Dataset.Title, st.Dataset.Slug)
		}
		d.Blocks = append(d.Blocks, pdf.Heading{Level: 2, Text: []pdf.Span{title}})
		d.Blocks = append(d.Blocks, w.standings(st)...)
		for i := range st.Duties {
			x := &st.Duties[i]
			var evidence []string
			for _, e := range x.Evidence {
				evidence = append(evidence, strings.TrimSpace(e.Link+" "+e.Note))
			}
			out.Rows = append(out.Rows, []string{st.slug(), title.Text, x.Set.Act, x.Rule.Article, x.Rule.ID, x.Rule.Title[w.Lang], string(x.Standing), x.Applies.String(), string(x.Rule.Verification), strings.Join(x.Missing, " "), strings.Join(evidence, "; "), string(x.Actor)})
			nodes = append(nodes, w.dutyNode(st, x))
		}
	}
	d.Blocks = append(d.Blocks, heading(2, w.say("timeline.title")), w.timeline())
	g := w.graph("duties", "DutyReport")
	g["duties"] = nodes
	out.Graph = g
	return out
}

// standings is a table of the duties that apply to a dataset or the
// organisation, and how many are open.
func (w *writing) standings(st *State) []pdf.Block {
	t := pdf.Table{Head: [][]pdf.Span{pdf.Text(w.say("duty.duty")), pdf.Text(w.say("duty.act")), pdf.Text(w.say("duty.article")), pdf.Text(w.say("duty.standing"))}, RowHeads: true}
	for i := range st.Duties {
		x := &st.Duties[i]
		if x.Standing == Maybe {
			continue
		}
		says := w.say("standing." + string(x.Standing))
		if x.Rule.Verification == law.Unverified {
			says = w.say("standing.check")
		}
		t.Rows = append(t.Rows, [][]pdf.Span{pdf.Text(x.Rule.Title[w.Lang]), pdf.Text(x.Set.Act), pdf.Text(x.Rule.Article), pdf.Text(says)})
	}
	var out []pdf.Block
	if len(t.Rows) > 0 {
		out = append(out, t)
	} else {
		out = append(out, paragraph(w.say("duty.nothing")))
	}
	if n := st.Count(Maybe); n > 0 {
		out = append(out, paragraph(w.say("duty.maybe", "n", strconv.Itoa(n))))
	}
	return out
}

func (w *writing) timeline() pdf.Block {
	t := pdf.Table{Head: [][]pdf.Span{pdf.Text(w.say("timeline.date")), pdf.Text(w.say("duty.duty")), pdf.Text(w.say("duty.act")), pdf.Text(w.say("timeline.what"))}, RowHeads: true}
	for _, e := range w.board.Timeline {
		t.Rows = append(t.Rows, [][]pdf.Span{pdf.Text(e.Date.String()), pdf.Text(e.Rule.Title[w.Lang]), pdf.Text(e.Set.Act + ", " + e.Rule.Article), pdf.Text(w.say("timeline." + string(e.Kind)))})
	}
	if len(t.Rows) == 0 {
		return paragraph(w.say("timeline.none"))
	}
	return t
}

func (w *writing) dutyNode(st *State, x *Duty) node {
	out := node{"@type": "DutyAssessment", "rule": x.Rule.ID, "act": x.Set.Act, "articleNumber": x.Rule.Article, "title": node{"fr": x.Rule.Title["fr"], "nl": x.Rule.Title["nl"], "en": x.Rule.Title["en"]}, "status": string(x.Standing), "verification": string(x.Rule.Verification)}
	if st.Dataset != nil {
		out["dataset"] = ref(w.Base + "/id/dataset/" + st.Dataset.Slug)
	}
	if len(x.Missing) > 0 {
		out["missing"] = x.Missing
	}
	var links []string
	for _, e := range x.Evidence {
		if e.Link != "" {
			links = append(links, e.Link)
		}
	}
	if len(links) > 0 {
		out["evidence"] = refs(links)
	}
	return out
}
