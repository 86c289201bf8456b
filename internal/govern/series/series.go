// Package series keeps dataset series: datasets that belong together, such as
// one a year, with the order among them if they have one (DCAT-AP 3.0.1,
// Dataset Series).
//
// A series is a governance record. It is public as soon as one of its datasets
// is; what is not published of it is shown to nobody but stewards. Its address
// is given once and not used again: a series that was taken back stays as a
// record and answers that it is gone.
package series

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/record"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Series is datasets that belong together.
type Series struct {
	Slug        string // names it in addresses, as that of a dataset does
	Title       catalogue.Texts
	Description catalogue.Texts
	// Datasets are slugs; in the order of the series if it has one.
	Datasets []string
	Ordered  bool // each dataset follows the one before it
	// Withdrawn tells that it was taken back.
	Withdrawn bool

	// What follows is set by the Service.
	Issued  entity.Instant // when it was made
	Changed entity.Instant
}

// maxDatasets bounds how many datasets a series has.
const maxDatasets = 2000

// value is a series as its record has it.
type value struct {
	Title       catalogue.Texts `json:"title"`
	Description catalogue.Texts `json:"description"`
	Datasets    []string        `json:"datasets,omitempty"` // ids of their entities
	Ordered     bool            `json:"ordered"`
	State       string          `json:"state"` // kept, withdrawn
	Issued      string          `json:"issued"`
}

// Records is what keeps the records.
type Records interface {
	Create(ctx context.Context, c record.Call, d record.Draft) (*record.Record, error)
	Change(ctx context.Context, c record.Call, k record.Kind, name string, how func(r *record.Record) error) (*record.Record, error)
	List(ctx context.Context, c record.Call, a record.Ask) ([]*record.Record, error)
}

// datasets knows which there are.
type datasets interface {
	Get(ctx context.Context, sp store.Space, slug string) (*catalogue.Dataset, error)
}

// Options are the settings of a Service.
type Options struct {
	Records  Records
	Datasets datasets
	Now      func() entity.Instant
}

// Service keeps the series. It holds nothing itself.
type Service struct{ o Options }

// New makes a Service.
func New(o Options) *Service { return &Service{o} }

// All gives every series of a tenant in order of slug, those withdrawn too.
func (s *Service) All(ctx context.Context, tenant string) ([]Series, error) {
	rs, err := s.o.Records.List(ctx, record.Call{Tenant: tenant}, record.Ask{Kind: record.Series})
	if problem.Is(err, problem.NonexistentTenant) {
		return nil, nil // nobody shall learn from it which tenants there are
	}
	if err != nil {
		return nil, err
	}
	var out []Series
	for _, r := range rs {
		one, err := read(r)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Series) int { return strings.Compare(a.Slug, b.Slug) })
	return out, nil
}

func read(r *record.Record) (Series, error) {
	var v value
	if err := r.Into(&v); err != nil {
		return Series{}, err
	}
	issued, err := timespan.ParseInstant(v.Issued)
	if err != nil {
		return Series{}, fmt.Errorf("read when the series %s was made: %w", r.Name, err)
	}
	out := Series{Slug: r.Name, Title: v.Title, Description: v.Description, Ordered: v.Ordered, Withdrawn: v.State == "withdrawn", Issued: issued, Changed: r.Changed}
	for _, id := range v.Datasets {
		out.Datasets = append(out.Datasets, strings.TrimPrefix(id, string(catalogue.ID(""))))
	}
	return out, nil
}

// Get gives the series with a slug.
//
// Errors: problem.ResourceNotFound; problem.Gone for one that was withdrawn.
func (s *Service) Get(ctx context.Context, tenant, slug string) (Series, error) {
	all, err := s.All(ctx, tenant)
	if err != nil {
		return Series{}, err
	}
	i := slices.IndexFunc(all, func(x Series) bool { return x.Slug == slug })
	switch {
	case i < 0:
		return Series{}, problem.New(problem.ResourceNotFound, "there is no series %.80q", slug)
	case all[i].Withdrawn:
		return all[i], problem.New(problem.Gone, "the series %q was withdrawn", slug)
	}
	return all[i], nil
}

// Put makes a series, or changes it.
//
// Errors: problem.BadRequestData, naming all that is wrong; problem.Gone.
func (s *Service) Put(ctx context.Context, c record.Call, x Series) error {
	if err := s.check(ctx, c.Tenant, &x); err != nil {
		return err
	}
	v := value{Title: x.Title, Description: x.Description, Ordered: x.Ordered, State: "kept", Issued: s.o.Now().String()}
	for _, slug := range x.Datasets {
		v.Datasets = append(v.Datasets, string(catalogue.ID(slug)))
	}
	_, err := s.o.Records.Create(ctx, c, record.Draft{Kind: record.Series, Name: x.Slug, Value: v})
	if !problem.Is(err, problem.AlreadyExists) {
		return err
	}
	_, err = s.o.Records.Change(ctx, c, record.Series, x.Slug, func(r *record.Record) error {
		var old value
		if err := r.Into(&old); err != nil {
			return err
		}
		if old.State == "withdrawn" {
			return problem.New(problem.Gone, "the series %q was withdrawn; its address is not used again", x.Slug)
		}
		v.Issued = old.Issued
		return r.Set(v)
	})
	return err
}

// Withdraw takes a series back; its datasets stay as they are.
//
// Errors: problem.ResourceNotFound.
func (s *Service) Withdraw(ctx context.Context, c record.Call, slug string) error {
	if err := catalogue.CheckSlug(slug); err != nil {
		return err
	}
	_, err := s.o.Records.Change(ctx, c, record.Series, slug, func(r *record.Record) error {
		var v value
		if err := r.Into(&v); err != nil {
			return err
		}
		v.State = "withdrawn"
		return r.Set(v)
	})
	return err
}

// check finds all that is wrong with a series.
func (s *Service) check(ctx context.Context, tenant string, x *Series) error {
	if err := catalogue.CheckSlug(x.Slug); err != nil {
		return err
	}
	var found []string
	for what, texts := range map[string]catalogue.Texts{"title": x.Title, "description": x.Description} {
		// The words are held to the rules of a dataset's.
		d := catalogue.Dataset{Slug: x.Slug, Title: texts}
		if what == "description" {
			d = catalogue.Dataset{Slug: x.Slug, Description: texts}
		}
		for _, f := range d.Findings() {
			if (f.Field == what || strings.HasPrefix(f.Field, what+".")) && f.Missing {
				found = append(found, f.Field+" is missing")
			} else if !f.Missing {
				found = append(found, f.Message["en"])
			}
		}
	}
	if len(x.Datasets) > maxDatasets {
		found = append(found, fmt.Sprintf("it has more than %d datasets", maxDatasets))
	}
	seen := map[string]bool{}
	for _, slug := range x.Datasets[:min(len(x.Datasets), maxDatasets)] {
		if seen[slug] {
			found = append(found, fmt.Sprintf("the dataset %q stands in it twice", slug))
		}
		seen[slug] = true
		if _, err := s.o.Datasets.Get(ctx, store.Space{Tenant: tenant}, slug); problem.Is(err, problem.ResourceNotFound) {
			found = append(found, fmt.Sprintf("there is no dataset %.80q", slug))
		} else if err != nil {
			return err
		}
	}
	if len(found) > 0 {
		slices.Sort(found)
		return problem.New(problem.BadRequestData, "the series %q cannot be kept: %s", x.Slug, strings.Join(found, "; "))
	}
	return nil
}

// Of gives the series of all that hold a dataset, in their order, and its place
// in each.
func Of(all []Series, slug string) []Place {
	var out []Place
	for i := range all {
		if at := slices.Index(all[i].Datasets, slug); at >= 0 && !all[i].Withdrawn {
			out = append(out, Place{&all[i], at})
		}
	}
	return out
}

// Place is where a dataset stands in a series.
type Place struct {
	Series *Series
	At     int // index in Datasets
}

// Public gives what everybody may see of a series: its datasets that are
// published. Without one, it is none.
func (x Series) Public(published func(slug string) bool) (Series, bool) {
	if x.Withdrawn {
		return x, false
	}
	x.Datasets = slices.DeleteFunc(slices.Clone(x.Datasets), func(slug string) bool { return !published(slug) })
	return x, len(x.Datasets) > 0
}
