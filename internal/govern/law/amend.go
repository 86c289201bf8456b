package law

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/problem"
)

// Asks gives the names of the facts that the rule's conditions and its clock
// speak of, in order.
func (r *Rule) Asks() []string {
	var out []string
	for _, c := range []*condition{r.when, r.met} {
		if c != nil {
			out = append(out, c.asks...)
		}
	}
	if r.Clock != nil && r.Clock.From != "" {
		out = append(out, r.Clock.From)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// OfDataset reports whether the rule asks about a dataset; one that does not
// binds its holder, however many datasets there are.
func (r *Rule) OfDataset() bool {
	return slices.ContainsFunc(r.Asks(), func(name string) bool { return strings.HasPrefix(name, "dataset.") })
}

// With gives the book with sets in the place of those with the same
// identifiers, or beside those that are there. b stays as it is.
//
// Errors: problem.BadRequestData if the sets do not go together.
func (b *Book) With(sets ...*RuleSet) (*Book, error) {
	out := &Book{Facts: b.Facts, env: b.env, Sets: slices.Clone(b.Sets)}
	for _, s := range sets {
		if i := slices.IndexFunc(out.Sets, func(o *RuleSet) bool { return o.ID == s.ID }); i >= 0 {
			out.Sets[i] = s
		} else {
			out.Sets = append(out.Sets, s)
		}
	}
	slices.SortFunc(out.Sets, func(a, b *RuleSet) int { return strings.Compare(a.ID, b.ID) })
	return out, out.checkAll()
}

// Set finds a rule set by its identifier; nil if there is none.
func (b *Book) Set(id string) *RuleSet {
	for _, s := range b.Sets {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// ShippedSource gives the text of a set that comes with beffroi, to be changed
// and imported, or imported again to go back.
//
// Errors: problem.ResourceNotFound.
func ShippedSource(id string) ([]byte, error) {
	if strings.ContainsAny(id, "/\\") || id == "facts" {
		return nil, problem.New(problem.ResourceNotFound, "there is no rule set %.80q", id)
	}
	text, err := fs.ReadFile(shipped, path.Join("rules", id+".yaml"))
	if err != nil {
		return nil, problem.New(problem.ResourceNotFound, "beffroi ships no rule set %.80q", id)
	}
	return text, nil
}

// ChangeKind is what happened to a rule.
type ChangeKind string

// The kinds of changes.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Change is what is different in one rule, or in the set itself.
type Change struct {
	Kind ChangeKind
	// Rule is its identifier; "" for the members of the set.
	Rule   string
	Title  Texts // of the rule, as it stands after; before if it is removed
	Fields []FieldChange
}

// FieldChange is one member that differs, as text; "" is not there.
type FieldChange struct{ Field, Before, After string }

// Compare tells what differs between two states of a set, in the order of the
// members of the set, the rules of after, and those that only before has. Nil
// is a set without rules.
func Compare(before, after *RuleSet) []Change {
	if before == nil {
		before = &RuleSet{}
	}
	if after == nil {
		after = &RuleSet{}
	}
	var out []Change
	if f := fieldsOf(before.members(), after.members()); len(f) > 0 {
		kind := Changed
		if before.ID == "" {
			kind = Added
		}
		out = append(out, Change{Kind: kind, Title: after.Name, Fields: f})
	}
	for _, r := range after.Rules {
		old := before.Rule(r.ID)
		if old == nil {
			out = append(out, Change{Kind: Added, Rule: r.ID, Title: r.Title, Fields: fieldsOf(nil, r.members())})
			continue
		}
		if f := fieldsOf(old.members(), r.members()); len(f) > 0 {
			out = append(out, Change{Kind: Changed, Rule: r.ID, Title: r.Title, Fields: f})
		}
	}
	for _, r := range before.Rules {
		if after.Rule(r.ID) == nil {
			out = append(out, Change{Kind: Removed, Rule: r.ID, Title: r.Title, Fields: fieldsOf(r.members(), nil)})
		}
	}
	return out
}

// member is one member of a rule or a set as text.
type member struct{ name, text string }

func fieldsOf(before, after []member) []FieldChange {
	at := map[string]int{}
	var out []FieldChange
	for _, m := range before {
		at[m.name] = len(out)
		out = append(out, FieldChange{Field: m.name, Before: m.text})
	}
	for _, m := range after {
		i, ok := at[m.name]
		if !ok {
			i = len(out)
			out = append(out, FieldChange{Field: m.name})
		}
		out[i].After = m.text
	}
	return slices.DeleteFunc(out, func(f FieldChange) bool { return f.Before == f.After })
}

func (t Texts) members(name string) []member {
	var out []member
	for _, l := range Languages() {
		out = append(out, member{name + "." + l, t[l]})
	}
	return out
}

func (s *RuleSet) members() []member {
	out := []member{{"act", s.Act}, {"celex", s.CELEX}, {"address", s.Address}, {"status", string(s.Status)}, {"version", s.Version}}
	return slices.Concat(out, s.Name.members("name"), s.Says.members("says"))
}

func (r *Rule) members() []member {
	day := func(d fmt.Stringer, there bool) string {
		if !there {
			return ""
		}
		return d.String()
	}
	out := []member{{"article", r.Article}, {"from", day(r.From, r.From != nil)}, {"until", day(r.Until, r.Until != nil)}, {"when", r.When}, {"met", r.Met}}
	out = append(out, r.Clock.members()...)
	out = append(out, member{"verification", string(r.Verification)}, member{"source", r.Source}, member{"action", r.Action}, member{"replaces", strings.Join(r.Replaces, ", ")})
	for _, t := range []struct {
		name  string
		texts Texts
	}{{"title", r.Title}, {"bound", r.Bound}, {"duty", r.Duty}, {"evidence", r.Evidence}, {"note", r.Note}} {
		out = append(out, t.texts.members(t.name)...)
	}
	return out
}

func (c *Clock) members() []member {
	if c == nil {
		return nil
	}
	var out []member
	if len(c.Periods) > 0 {
		out = append(out, member{"clock", periods(c.Periods) + " from " + c.From})
	}
	if c.Extension != nil {
		s := periods(c.Extension.Periods)
		if len(c.Extension.Tell) > 0 {
			s += ", told within " + periods(c.Extension.Tell)
		}
		out = append(append(out, member{"extension", s}), c.Extension.Because.members("extensionIf")...)
	}
	if len(c.Pause) > 0 {
		out = append(out, c.Pause.members("pause")...)
	}
	return append(out, c.Text.members("limit")...)
}

func periods[T fmt.Stringer](ps []T) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.String())
	}
	return strings.Join(out, " and ")
}
