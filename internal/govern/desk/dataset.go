package desk

import (
	"context"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/problem"
)

// slugOrNone reports whether s can be the slug of a dataset, or names none.
func slugOrNone(s string) bool { return s == "" || catalogue.CheckSlug(s) == nil }

const noSlug = "dataset is the slug of one in the catalogue, such as shared-bikes, or is left out"

// checkDataset refuses what cannot be the slug of a dataset.
func checkDataset(s string) error {
	if !slugOrNone(s) {
		return problem.New(problem.BadRequestData, noSlug)
	}
	return nil
}

// shownDataset gives what the public register says of the dataset that r names:
// its slug if everybody can see it in the catalogue, and "" for all else, as
// anybody may write anything there and the register is for good.
func (s *Service) shownDataset(ctx context.Context, r *Request, slug string) string {
	if slug == "" || !slugOrNone(slug) || r.Requester.named(slug) != "" || s.o.Published == nil || !s.o.Published(ctx, slug) {
		return ""
	}
	return slug
}
