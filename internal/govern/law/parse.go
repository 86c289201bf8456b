package law

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

//go:embed rules/*.yaml
var shipped embed.FS

// Shipped gives the rule sets that come with beffroi.
func Shipped() (*Book, error) { return Load(shipped, "rules") }

// Load reads facts.yaml and the rule sets beside it in dir of files.
// Errors: problem.BadRequestData, naming file and rule, all faults at once.
func Load(files fs.FS, dir string) (*Book, error) {
	text, err := fs.ReadFile(files, path.Join(dir, "facts.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the facts: %w", err)
	}
	var doc struct {
		Facts []Fact `yaml:"facts"`
	}
	if err := yaml.UnmarshalWithOptions(text, &doc, yaml.Strict()); err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "facts.yaml cannot be read")
	}
	if err := checkFacts(doc.Facts); err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "facts.yaml")
	}
	names, err := fs.Glob(files, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	b := &Book{Facts: doc.Facts}
	if b.env, err = newLanguage(doc.Facts); err != nil {
		return nil, err
	}
	for _, name := range names {
		if path.Base(name) == "facts.yaml" {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read a rule set: %w", err)
		}
		s, err := b.parse(text)
		if err != nil {
			return nil, problem.Wrap(problem.BadRequestData, err, "%s", path.Base(name))
		}
		b.Sets = append(b.Sets, s)
	}
	slices.SortFunc(b.Sets, func(a, b *RuleSet) int { return strings.Compare(a.ID, b.ID) })
	return b, b.checkAll()
}

func checkFacts(facts []Fact) error {
	name := regexp.MustCompile(`^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)+$`)
	var faults []error
	seen := map[string]bool{}
	for _, f := range facts {
		switch {
		case !name.MatchString(f.Name) || seen[f.Name]:
			faults = append(faults, fmt.Errorf("fact %q: a name has the form dataset.dynamic and occurs once", f.Name))
		case !slices.Contains([]FactType{Bool, Text, Number, Day, Instant, List}, f.Type):
			faults = append(faults, fmt.Errorf("fact %s: there is no type %q", f.Name, f.Type))
		case len(f.Values) > 0 && f.Type != Text && f.Type != List:
			faults = append(faults, fmt.Errorf("fact %s: only texts and lists have values", f.Name))
		}
		faults = append(faults, f.Ask.check("fact "+f.Name+": ask", true))
		seen[f.Name] = true
	}
	return errors.Join(faults...)
}

// check finds languages that are missing.
func (t Texts) check(what string, must bool) error {
	if len(t) == 0 && !must {
		return nil
	}
	for _, l := range Languages() {
		if strings.TrimSpace(t[l]) == "" {
			return fmt.Errorf("%s: it is not written in %s", what, l)
		}
	}
	if len(t) != len(Languages()) {
		return fmt.Errorf("%s: it has a language other than fr, nl and en", what)
	}
	return nil
}

// Parse reads one more rule set against the facts of b, without adding it.
// Errors: problem.BadRequestData, naming the rules, all faults at once.
func (b *Book) Parse(text []byte) (*RuleSet, error) {
	s, err := b.parse(text)
	if err != nil {
		return nil, problem.New(problem.BadRequestData, "the rule set cannot be taken: %s", listed(err))
	}
	return s, nil
}

func (b *Book) parse(text []byte) (*RuleSet, error) {
	s := &RuleSet{}
	if err := yaml.UnmarshalWithOptions(text, s, yaml.Strict()); err != nil {
		return nil, err
	}
	var faults []error
	if s.ID == "" || s.Act == "" || s.Version == "" {
		faults = append(faults, errors.New("a rule set has id, act and version"))
	}
	if s.Status != InForce && s.Status != Pending {
		faults = append(faults, fmt.Errorf("the status %q is not inForce or pending", s.Status))
	}
	faults = append(faults, s.Name.check("name", true), s.Says.check("says", s.Status == Pending))
	seen := map[string]bool{}
	for i, r := range s.Rules {
		if r == nil {
			faults = append(faults, fmt.Errorf("rule %d is empty", i+1))
			continue
		}
		if r.ID == "" || seen[r.ID] {
			faults = append(faults, fmt.Errorf("rule %q: each has an id of its own", r.ID))
		}
		seen[r.ID] = true
		if err := b.compile(r); err != nil {
			faults = append(faults, fmt.Errorf("rule %s: %w", r.ID, err))
		}
	}
	return s, errors.Join(faults...)
}

// maxListed bounds what is told of faults, in bytes.
const maxListed = 8000

// listed writes faults as one line that says where each is, without the text
// around it.
func listed(err error) string {
	var out []string
	add := func(err error) {
		text := strings.TrimSpace(yaml.FormatError(err, false, false))
		for line := range strings.Lines(text) {
			// CEL draws an arrow below the condition: people get the condition.
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "|") {
				out = append(out, line)
			}
		}
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			add(e)
		}
	} else {
		add(err)
	}
	s := strings.Join(out, "; ")
	if len(s) > maxListed {
		s = strings.ToValidUTF8(s[:maxListed], "") + " ... (more faults follow)"
	}
	return s
}

// compile checks a rule and compiles its conditions.
func (b *Book) compile(r *Rule) error {
	faults := []error{r.Title.check("title", true), r.Bound.check("bound", true), r.Duty.check("duty", true), r.Evidence.check("evidence", false), r.Note.check("note", false)}
	if r.Article == "" || r.Source == "" {
		faults = append(faults, errors.New("it needs an article and a source"))
	}
	if !slices.Contains([]Verification{Read, Secondary, Unverified}, r.Verification) {
		faults = append(faults, fmt.Errorf("the verification %q is not read, secondary or unverified", r.Verification))
	}
	if r.From != nil && r.Until != nil && *r.Until < *r.From {
		faults = append(faults, fmt.Errorf("it ends on %s, before it begins on %s", r.Until, r.From))
	}
	for _, c := range []struct {
		text string
		into **condition
	}{{r.When, &r.when}, {r.Met, &r.met}} {
		if c.text == "" {
			continue
		}
		got, err := b.env.compile(c.text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		*c.into = got
	}
	return errors.Join(append(faults, b.checkClock(r.Clock))...)
}

func (b *Book) checkClock(c *Clock) error {
	if c == nil {
		return nil
	}
	if len(c.Periods) == 0 {
		return c.Text.check("clock", true)
	}
	f, ok := b.Fact(c.From)
	if !ok || f.Type != Day && f.Type != Instant {
		return fmt.Errorf("clock: %q is no fact that is a date or an instant", c.From)
	}
	faults := []error{c.Text.check("clock", false), c.Pause.check("pause", false), deadline.Check(c.Periods)}
	if e := c.Extension; e != nil {
		faults = append(faults, e.Because.check("extension", true), deadline.Check(slices.Concat(c.Periods, e.Periods)))
		if len(e.Tell) > 0 {
			faults = append(faults, deadline.Check(e.Tell))
		}
	}
	return errors.Join(faults...)
}

// checkAll checks what sets owe one another.
func (b *Book) checkAll() error {
	var faults []error
	at := map[string]string{}
	for _, s := range b.Sets {
		for _, r := range s.Rules {
			if other := at[r.ID]; other != "" {
				faults = append(faults, fmt.Errorf("rule %s stands in %s and in %s", r.ID, other, s.ID))
			}
			at[r.ID] = s.ID
		}
	}
	for _, s := range b.Sets {
		for _, r := range s.Rules {
			for _, id := range r.Replaces {
				if at[id] == "" {
					faults = append(faults, fmt.Errorf("rule %s replaces %s, which is not there", r.ID, id))
				}
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return problem.New(problem.BadRequestData, "the rule sets do not go together: %s", listed(err))
	}
	return nil
}
