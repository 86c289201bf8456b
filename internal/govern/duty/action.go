package duty

import (
	"context"
	"slices"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Action is something that the platform does when a steward says so.
type Action struct {
	ID string
	// To is the value that would be set: the key of a licence, the code of a
	// frequency; "" if there is none.
	To string
}

// action is one line of the table of what a machine can do: towards which rule
// it is offered, when, and what is done. Only what the catalogue has a call for
// stands here.
type action struct {
	id string
	// offered tells whether it can be done now towards f, and the value.
	offered func(s *State, f *law.Finding) (to string, ok bool)
	do      func(ctx context.Context, c broker.Call, in datasets, d catalogue.Dataset, to string) error
}

func actions() []action {
	put := func(change func(d *catalogue.Dataset, to string)) func(context.Context, broker.Call, datasets, catalogue.Dataset, string) error {
		return func(ctx context.Context, c broker.Call, in datasets, d catalogue.Dataset, to string) error {
			change(&d, to)
			return in.Put(ctx, c, d)
		}
	}
	return []action{
		{"withdraw", offerWithdraw, func(ctx context.Context, c broker.Call, in datasets, d catalogue.Dataset, _ string) error {
			return in.Withdraw(ctx, c, d.Slug)
		}},
		{"setLicence", offerLicence, put(func(d *catalogue.Dataset, to string) { d.Licence = to })},
		{"publishHighValue", offerHighValue, func(ctx context.Context, c broker.Call, in datasets, d catalogue.Dataset, to string) error {
			d.HighValue = append(slices.Clone(d.HighValue), to)
			if err := in.Put(ctx, c, d); err != nil {
				return err
			}
			if d.State == catalogue.Draft {
				return in.Publish(ctx, c, d.Slug)
			}
			return nil
		}},
		{"publish", offerPublish, func(ctx context.Context, c broker.Call, in datasets, d catalogue.Dataset, _ string) error {
			return in.Publish(ctx, c, d.Slug)
		}},
		{"setFrequency", offerFrequency, put(func(d *catalogue.Dataset, to string) { d.Frequency = to })},
	}
}

// Actions lists the identifiers of all there are, in the order in which they
// are offered.
func Actions() []string {
	var out []string
	for _, a := range actions() {
		out = append(out, a.id)
	}
	return out
}

func actionsFor(s *State, f *law.Finding) []Action {
	var out []Action
	for _, a := range actions() {
		if to, ok := a.offered(s, f); ok {
			out = append(out, Action{ID: a.id, To: to})
		}
	}
	return out
}

// lacks tells whether a fact keeps f from being met: the rule asks for it and
// it is false.
func lacks(s *State, f *law.Finding, names ...string) bool {
	asks := f.Rule.Asks()
	return f.Applies == law.Yes && slices.ContainsFunc(names, func(n string) bool { return slices.Contains(asks, n) && s.Known.Facts[n] == false })
}

// kept tells whether the data must not be shown to everybody, as far as is
// known: persons, secrets.
func kept(s *State) bool {
	k := s.Known.Facts
	l, _ := k["dataset.protectedBy"].([]string)
	return k["dataset.personal"] == true && k["dataset.anonymised"] != true || len(l) > 0 || k["dataset.origin"] == "b2g"
}

func offerPublish(s *State, f *law.Finding) (string, bool) {
	ready := s.Dataset.State == catalogue.Draft && len(s.Dataset.Missing()) == 0 && !kept(s)
	return "", ready && lacks(s, f, "dataset.published", "dataset.api", "dataset.bulk", "dataset.machineReadable", "dataset.openFormat", "dataset.docs", "dataset.contact")
}

// offerHighValue marks a dataset as of high value in the metadata; a draft that
// is complete is published with it, API and bulk download included.
func offerHighValue(s *State, f *law.Finding) (string, bool) {
	if f.Rule.Action != "markHighValue" || !lacks(s, f, "dataset.hvdMark") || len(s.Dataset.HighValue) > 0 || !s.Dataset.OpenLicence() || kept(s) {
		return "", false
	}
	if s.Dataset.State == catalogue.Draft && len(s.Dataset.Missing()) > 0 {
		return "", false
	}
	told, _ := s.Known.Facts["dataset.hvdCategory"].([]string)
	for _, c := range categories() {
		if slices.Contains(told, c.theme) {
			return c.code, true
		}
	}
	if s.Known.Facts["dataset.environmentalInformation"] == true { // annex, 2(iii)
		return "c_dd313021", true
	}
	return "", false
}

// offerLicence proposes the licence of the country where one is in use, else
// CC BY 4.0. It replaces none that is open already.
func offerLicence(s *State, f *law.Finding) (string, bool) {
	if s.Dataset.OpenLicence() || f.Applies != law.Yes || !slices.Contains(f.Rule.Asks(), "dataset.licenceOpen") {
		return "", false
	}
	if s.Known.Facts["holder.country"] == "FR" {
		return "LO_2_0", true
	}
	return "CC_BY_4_0", true
}

// offerFrequency proposes the frequency that was measured, for a rule about
// dynamic data whose description says another.
func offerFrequency(s *State, f *law.Finding) (string, bool) {
	to := FrequencyOf(s.Extent.Period)
	return to, to != "" && to != s.Dataset.Frequency && f.Applies == law.Yes && slices.Contains(f.Rule.Asks(), "dataset.dynamic")
}

// offerWithdraw is for data that must not be shown, such as what a company
// handed in for an emergency (Data Act, Art. 17(2)(f)).
func offerWithdraw(s *State, f *law.Finding) (string, bool) {
	return "", f.Rule.Action == "blockPublication" && f.Applies == law.Yes && s.Dataset.State == catalogue.Published
}

// FrequencyOf gives the code of the EU table frequency whose span is the
// shortest that holds a measured period; "" for 0 and for more than a year.
func FrequencyOf(period entity.Instant) string {
	p := time.Duration(period) * time.Microsecond
	if p <= 0 {
		return ""
	}
	for _, f := range []struct {
		span time.Duration
		code string
	}{{30 * time.Second, "UPDATE_CONT"}, {time.Minute, "1MIN"}, {5 * time.Minute, "5MIN"}, {10 * time.Minute, "10MIN"}, {15 * time.Minute, "15MIN"}, {30 * time.Minute, "30MIN"}, {time.Hour, "HOURLY"},
		{24 * time.Hour, "DAILY"}, {7 * 24 * time.Hour, "WEEKLY"}, {31 * 24 * time.Hour, "MONTHLY"}, {92 * 24 * time.Hour, "QUARTERLY"}, {366 * 24 * time.Hour, "ANNUAL"}} {
		// A tenth more: clocks of devices are no masters of the second.
		if p <= f.span+f.span/10 {
			return f.code
		}
	}
	return ""
}

// Do does what is offered towards a rule.
//
// Errors: problem.OperationNotSupported if it is not offered now; those of the
// catalogue.
func (s *Service) Do(ctx context.Context, c broker.Call, slug, rule, id string, q Asking) error {
	st, err := s.Dataset(ctx, c, slug, q)
	if err != nil {
		return err
	}
	for i := range st.Duties {
		if st.Duties[i].Rule.ID != rule {
			continue
		}
		for _, a := range st.Duties[i].Actions {
			if a.ID != id {
				continue
			}
			for _, known := range actions() {
				if known.id == id {
					return known.do(ctx, c, s.o.Catalogue, *st.Dataset, a.To)
				}
			}
		}
	}
	return problem.New(problem.OperationNotSupported, "%q cannot be done towards %q for the dataset %q now: /api/datasets/%s/duties lists what can", id, rule, slug, slug)
}
