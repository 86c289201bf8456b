package duty

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/problem"
)

// Evidence is what a person names to show that a duty is met.
type Evidence struct {
	ID      string    `json:"identifier"`
	Dataset Ref       `json:"dataset,omitzero"` // "" for the organisation
	Rule    string    `json:"rule"`
	Link    string    `json:"url,omitzero"`
	Note    string    `json:"note,omitzero"`
	By      string    `json:"by"`
	At      time.Time `json:"registeredAt"`
	// Ended is when somebody took it back, and who did; it stays on record.
	Ended   *time.Time `json:"endedAt,omitzero"`
	EndedBy string     `json:"endedBy,omitzero"`
}

// maxNote bounds a text of a person, in bytes.
const maxNote = 4000

// AddEvidence keeps evidence for a duty of a dataset, or with slug "" of the
// organisation.
//
// Errors: problem.BadRequestData without a link and a note, for a link that is
// no address, or for a rule that is not in the book; problem.ResourceNotFound.
func (s *Service) AddEvidence(ctx context.Context, c broker.Call, slug, rule, link, note string) (*Evidence, error) {
	if slug != "" {
		if _, err := s.o.Catalogue.Get(ctx, c.Space, slug); err != nil {
			return nil, err
		}
	}
	b, err := s.Book(ctx)
	if err != nil {
		return nil, err
	}
	_, r := b.Rule(rule)
	link, note = strings.TrimSpace(link), strings.TrimSpace(note)
	switch {
	case r == nil:
		return nil, problem.New(problem.BadRequestData, "there is no rule %.80q; /api/law/rules lists them", rule)
	case r.OfDataset() != (slug != ""):
		return nil, problem.New(problem.BadRequestData, "the rule %s is about %s: name its evidence there", rule, map[bool]string{true: "a dataset", false: "the organisation"}[r.OfDataset()])
	case link == "" && note == "":
		return nil, problem.New(problem.BadRequestData, "evidence is a link (url), or a note that says what was done and where it is kept")
	case len(note) > maxNote || len(link) > maxNote:
		return nil, problem.New(problem.BadRequestData, "a note or link has at most %d bytes", maxNote)
	}
	if link != "" {
		u, err := url.Parse(link)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, problem.New(problem.BadRequestData, "the link %.200q is not an http or https address", link)
		}
	}
	e := Evidence{Dataset: Ref(slug), Rule: rule, Link: link, Note: note, By: who(c), At: s.now()}
	sum := sha256.Sum256([]byte(strings.Join([]string{slug, rule, link, note, e.By, e.At.Format(time.RFC3339Nano)}, "\x00")))
	e.ID = hex.EncodeToString(sum[:8])
	return &e, s.save(ctx, c, Entry{Kind: KindEvidence, Name: e.ID}, e)
}

// EndEvidence takes evidence back: it counts no longer and stays on record.
//
// Errors: problem.ResourceNotFound.
func (s *Service) EndEvidence(ctx context.Context, c broker.Call, slug, id string) error {
	var ev Evidence
	e, found, err := s.load(ctx, c, KindEvidence, id, &ev)
	if err != nil {
		return err
	}
	if !found || ev.Dataset != Ref(slug) || ev.Ended != nil {
		return problem.New(problem.ResourceNotFound, "there is no evidence %.40q here", id)
	}
	at := s.now()
	ev.Ended, ev.EndedBy = &at, who(c)
	e.Final = true
	return s.save(ctx, c, e, ev)
}

// allEvidence gives the evidence that counts, by slug and in order of time.
func (s *Service) allEvidence(ctx context.Context, c broker.Call) (map[string][]Evidence, error) {
	all, err := listed[Evidence](ctx, s, c, KindEvidence)
	if err != nil {
		return nil, err
	}
	out := map[string][]Evidence{}
	for _, e := range all {
		if e.Ended == nil {
			out[string(e.Dataset)] = append(out[string(e.Dataset)], e)
		}
	}
	for _, l := range out {
		slices.SortStableFunc(l, func(a, b Evidence) int { return a.At.Compare(b.At) })
	}
	return out, nil
}

// now is the time as records keep it.
func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Millisecond) }

// Assessment is what applied to a dataset on a day and how it stood, signed by
// a person. It is never changed; the next one stands beside it.
type Assessment struct {
	Number   int               `json:"number"` // from 1, per dataset
	Dataset  Ref               `json:"dataset"`
	On       string            `json:"on"` // the day on which the law was applied
	Adopted  []string          `json:"ifAdopted,omitzero"`
	Versions map[string]string `json:"versions"` // of the rule sets that were applied
	Facts    map[string]any    `json:"facts"`
	Sources  map[string]Source `json:"sources"`
	Duties   []AssessedDuty    `json:"duties"`
	Note     string            `json:"note,omitzero"`
	By       string            `json:"by"`
	At       time.Time         `json:"decidedAt"`
}

// AssessedDuty is a duty as it stood when it was signed.
type AssessedDuty struct {
	Rule     string     `json:"rule"`
	Set      string     `json:"act"`
	Article  string     `json:"article"`
	Standing Standing   `json:"status"`
	Missing  []string   `json:"missing,omitzero"`
	Evidence []Evidence `json:"evidence,omitzero"`
}

func assessmentName(slug string, n int) string { return fmt.Sprintf("%s-%04d", slug, n) }

// Sign keeps how the duties of a dataset stand now as an assessment.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (s *Service) Sign(ctx context.Context, c broker.Call, slug string, q Asking, note string) (*Assessment, error) {
	if len(note) > maxNote {
		return nil, problem.New(problem.BadRequestData, "a note has at most %d bytes", maxNote)
	}
	st, err := s.Dataset(ctx, c, slug, q)
	if err != nil {
		return nil, err
	}
	earlier, err := s.Assessments(ctx, c, slug)
	if err != nil {
		return nil, err
	}
	a := &Assessment{Number: len(earlier) + 1, Dataset: Ref(slug), On: q.Date.String(), Adopted: q.IfAdopted, Versions: map[string]string{}, Facts: st.Known.Facts, Sources: st.Known.Sources, Duties: []AssessedDuty{}, Note: strings.TrimSpace(note), By: who(c), At: s.now()}
	for i := range st.Duties {
		d := &st.Duties[i]
		a.Versions[d.Set.ID] = d.Set.Version
		a.Duties = append(a.Duties, AssessedDuty{Rule: d.Rule.ID, Set: d.Set.ID, Article: d.Rule.Article, Standing: d.Standing, Missing: d.Missing, Evidence: d.Evidence})
	}
	return a, s.save(ctx, c, Entry{Kind: KindAssessment, Name: assessmentName(slug, a.Number), Final: true}, a)
}

// Assessments gives the signed assessments of a dataset, the first one first.
func (s *Service) Assessments(ctx context.Context, c broker.Call, slug string) ([]*Assessment, error) {
	all, err := listed[*Assessment](ctx, s, c, KindAssessment)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a *Assessment) bool { return a.Dataset != Ref(slug) })
	slices.SortFunc(all, func(a, b *Assessment) int { return a.Number - b.Number })
	return all, nil
}
