package catalogue

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Terms are what the city promises of the API of a dataset: its terms of use
// and its quality of service on performance, capacity and availability ((EU)
// 2023/138, Art. 3(2); (EU) 2023/2854, Art. 33). A zero is no promise.
type Terms struct {
	Availability float64        // percent of the time
	Freshness    entity.Instant // greatest age of the newest observation
	Latency      entity.Instant // within which 95 of 100 requests begin to be answered
	Capacity     int            // requests a minute that one client may make
	Notice       int            // days between the announcement of a breaking change and the change
	Support      Contact        // whom to ask when the API fails
	Use          Texts          // terms of use of the API, for people
	Versioning   Texts          // how versions of the API come and go
}

// termsJSON is how Terms are kept; lengths of time are in seconds.
type termsJSON struct {
	Availability float64     `json:"availability,omitzero"`
	Freshness    float64     `json:"freshness,omitzero"`
	Latency      float64     `json:"latency,omitzero"`
	Capacity     int         `json:"capacity,omitzero"`
	Notice       int         `json:"notice,omitzero"`
	Support      contactJSON `json:"support,omitzero"`
	Use          Texts       `json:"use,omitzero"`
	Versioning   Texts       `json:"versioning,omitzero"`
}

func (t *Terms) keep() termsJSON {
	return termsJSON{t.Availability, float64(t.Freshness) / 1e6, float64(t.Latency) / 1e6, t.Capacity, t.Notice, contactJSON(t.Support), t.Use, t.Versioning}
}

func (j termsJSON) terms() *Terms {
	return &Terms{j.Availability, entity.Instant(j.Freshness * 1e6), entity.Instant(j.Latency * 1e6), j.Capacity, j.Notice, Contact(j.Support), j.Use, j.Versioning}
}

// Check finds what cannot be promised, all of it at once.
//
// Errors: problem.BadRequestData.
func (t *Terms) Check() error {
	var out []string
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !(t.Availability >= 0 && t.Availability <= 100) {
		bad("availability is a percentage from 0 to 100, not %g", t.Availability)
	}
	const year = 366 * 86_400 * second
	if t.Freshness < 0 || t.Freshness > 10*year {
		bad("freshness is a time of up to ten years")
	}
	if t.Latency < 0 || t.Latency > 600*second {
		bad("latency is a time of up to ten minutes")
	}
	if t.Capacity < 0 || t.Capacity > 1e9 {
		bad("capacity is a number of requests a minute, not %d", t.Capacity)
	}
	if t.Notice < 0 || t.Notice > 3660 {
		bad("notice is a number of days, not %d", t.Notice)
	}
	if len(t.Support.Name) > 300 {
		bad("the name of the support is longer than 300 bytes")
	}
	if e := t.Support.Email; e != "" {
		if a, err := mail.ParseAddress(e); err != nil || a.Address != e || strings.ContainsAny(e, " <>\"'\\^`{|}?#%") {
			bad("the e-mail of the support %.100q is not an address", e)
		}
	}
	if u := t.Support.URL; u != "" && (entity.CheckURI(u) != nil || !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://")) {
		bad("the address of the support %.100q is not an http or https address", u)
	}
	for what, texts := range map[string]Texts{"terms of use": t.Use, "versioning": t.Versioning} {
		for lang, s := range texts {
			if !slices.Contains(Languages(), lang) || len(s) > maxText {
				bad("the text of %s in %.20q: the languages are %s, and a text has up to %d bytes", what, lang, strings.Join(Languages(), ", "), maxText)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.Sort(out)
	return problem.New(problem.BadRequestData, "the terms cannot be kept: %s", strings.Join(out, "; "))
}

// termsField keeps the terms of one dataset in its entity.
func termsField() field[Dataset] {
	return field[Dataset]{own + "serviceTerms", entity.JSONProperty, func(d *Dataset) any {
		if d.Terms == nil {
			return nil
		}
		return d.Terms.keep()
	}, func(d *Dataset, raw []byte) error {
		var j termsJSON
		err := json.Unmarshal(raw, &j)
		d.Terms = j.terms()
		return err
	}}
}

// The entity that keeps the terms that hold where a dataset has none of its own.
const (
	termsType    entity.Name = vocab.Namespace + "ServiceTerms"
	defaultTerms entity.ID   = "urn:ngsi-ld:ServiceTerms:default"
)

// SetTerms gives a published or drafted dataset terms of its own; nil takes
// them away, and the default holds again.
//
// Errors: problem.BadRequestData, naming all that is wrong;
// problem.ResourceNotFound; problem.Gone.
func (s *Service) SetTerms(ctx context.Context, c broker.Call, slug string, t *Terms) error {
	if t != nil {
		if err := t.Check(); err != nil {
			return err
		}
	}
	return s.amend(ctx, c, slug, func(d *Dataset) { d.Terms = t })
}

// amend changes one thing of a description that is there.
func (s *Service) amend(ctx context.Context, c broker.Call, slug string, how func(d *Dataset)) error {
	return s.change(ctx, c, slug, func(cur *Dataset) (*Dataset, error) {
		switch {
		case cur == nil:
			return nil, problem.New(problem.ResourceNotFound, "there is no dataset %.80q", slug)
		case cur.State == Withdrawn:
			return nil, problem.New(problem.Gone, "the dataset %q was withdrawn; its address is not used again", slug)
		}
		d := *cur
		how(&d)
		if found := d.check(); len(found) > 0 {
			return nil, wrong(slug, "cannot be kept", found)
		}
		if missing := d.Missing(); cur.State == Published && len(missing) > 0 {
			return nil, wrong(slug, "is published and would lack", missing)
		}
		return &d, nil
	})
}

// TermsOf gives the terms that hold for d: its own, else the default, else
// none (nil). own tells which.
func (s *Service) TermsOf(ctx context.Context, sp store.Space, d *Dataset) (t *Terms, own bool, err error) {
	if d.Terms != nil {
		return d.Terms, true, nil
	}
	t, err = s.DefaultTerms(ctx, sp)
	return t, false, err
}

// DefaultTerms gives the terms that hold where a dataset has none of its own;
// nil if nobody set any.
func (s *Service) DefaultTerms(ctx context.Context, sp store.Space) (*Terms, error) {
	e, err := s.o.Broker.Entity(ctx, broker.Call{Space: sp}, defaultTerms)
	switch {
	case problem.Is(err, problem.ResourceNotFound), problem.Is(err, problem.NonexistentTenant):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the default terms of service: %w", err)
	}
	i, ok := e.Attr(own+"serviceTerms", "")
	if !ok {
		return nil, nil
	}
	var j termsJSON
	if err := json.Unmarshal(i.Value, &j); err != nil {
		return nil, fmt.Errorf("read the default terms of service: %w", err)
	}
	return j.terms(), nil
}

// SetDefaultTerms sets the terms that hold where a dataset has none of its own.
//
// Errors: problem.BadRequestData, naming all that is wrong.
func (s *Service) SetDefaultTerms(ctx context.Context, c broker.Call, t Terms) error {
	if err := t.Check(); err != nil {
		return err
	}
	raw, err := json.Marshal(t.keep(), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write the default terms of service: %w", err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	c.Access, c.Origin.Source = nil, WriterName
	f := entity.Fragment{ID: defaultTerms, Types: []entity.Name{termsType}, Attrs: []entity.Instance{{Name: own + "serviceTerms", Kind: entity.JSONProperty, Value: raw}}}
	if _, err = s.o.Broker.Entity(ctx, broker.Call{Space: c.Space}, defaultTerms); problem.Is(err, problem.ResourceNotFound) {
		err = s.o.Broker.Create(ctx, c, f)
	} else if err == nil {
		_, err = s.o.Broker.Update(ctx, c, f)
	}
	if err != nil {
		return fmt.Errorf("keep the default terms of service: %w", err)
	}
	return nil
}
