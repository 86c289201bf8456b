package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/format/pdf"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/letter"
	"github.com/beffroi/beffroi/internal/problem"
)

// Written is a letter as a page and as a PDF.
type Written struct {
	Page []byte `json:"page"` // HTML
	PDF  []byte `json:"pdf"`
}

func dayOf(t time.Time, zone *time.Location) deadline.Date { return deadline.DateOf(t.In(zone)) }

// document writes a letter with the date on.
func (s *Service) document(ctx context.Context, r *Request, l Letter, desk []string, on time.Time) (*pdf.Document, error) {
	regime, err := s.terms.Regime(r.Regime)
	if err != nil {
		return nil, err
	}
	book, err := s.o.Book(ctx)
	if err != nil {
		return nil, err
	}
	to := []string{r.Name}
	for _, line := range append([]string{r.Organisation}, strings.Split(r.Address, "\n")...) {
		if line = strings.TrimSpace(line); line != "" {
			to = append(to, line)
		}
	}
	if len(to) == 1 && r.Email != "" {
		to = append(to, r.Email)
	}
	if on.Before(r.Received) {
		on = r.Received
	}
	w := letter.Letter{Kind: l.Kind, Lang: r.Lang, Rule: regime.Clock, Reference: r.ID, Request: r.Subject, Desk: desk, To: to, Received: r.Received, Sent: on,
		Reasons: l.Reasons, Conditions: l.Conditions, Redress: l.Redress, Extended: l.Extended}
	return w.Document(book, s.o.Calendar)
}

// Letter gives a letter of a request: as it was sent, or as it would be now.
// Errors: problem.ResourceNotFound.
func (s *Service) Letter(ctx context.Context, r *Request, n int) (*Written, error) {
	if n < 1 || n > len(r.Letters) {
		return nil, problem.New(problem.ResourceNotFound, "request %s has no letter %d", r.ID, n)
	}
	l := r.Letters[n-1]
	if l.Sent == nil {
		return s.write(ctx, r, l, l.Made)
	}
	w := &Written{}
	_, err := s.load(ctx, KindLetter, letterID(r.ID, n), w)
	return w, err
}

// letterID names a letter that was sent.
func letterID(id string, n int) string { return fmt.Sprintf("%s-%02d", id, n) }

func (s *Service) write(ctx context.Context, r *Request, l Letter, on time.Time) (*Written, error) {
	city, err := s.o.City(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.document(ctx, r, l, []string{strings.ReplaceAll(s.terms.Desk[r.Lang], "{city}", city)}, on)
	if err != nil {
		return nil, err
	}
	w := &Written{}
	if w.Page, err = letter.Page(d); err != nil {
		return nil, err
	}
	w.PDF, err = pdf.Write(d)
	return w, err
}

// Send records that a letter went out on a day: the date that counts for the
// clock. From then on the letter stays as it is.
//
// Errors: problem.ResourceNotFound; problem.OperationNotSupported for one that
// was sent; problem.BadRequestData for a day to come or before the letter was
// made, and for a way that letters do not go.
func (s *Service) Send(ctx context.Context, id string, n int, on deadline.Date, how, by string) (*Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > len(r.Letters) {
		return nil, problem.New(problem.ResourceNotFound, "request %s has no letter %d", r.ID, n)
	}
	l, zone := &r.Letters[n-1], s.o.Calendar.Zone
	switch {
	case r.Closed == Erased:
		return nil, problem.New(problem.OperationNotSupported, "the requester of %s was erased", r.ID)
	case l.Sent != nil:
		return nil, problem.New(problem.OperationNotSupported, "letter %d of request %s was sent on %s, and stays as it was", n, r.ID, *l.Sent)
	case !slices.Contains([]string{"post", "email", "hand", "portal"}, how):
		return nil, problem.New(problem.BadRequestData, "a letter goes by post, email, hand or portal, not by %.40q", how)
	case on > s.Today():
		return nil, problem.New(problem.BadRequestData, "a letter was sent today or earlier, not on %s", on)
	case on < dayOf(l.Made, zone):
		return nil, problem.New(problem.BadRequestData, "letter %d was made on %s and cannot have been sent on %s", n, dayOf(l.Made, zone), on)
	}
	// The letter bears the day it went out; one that prolongs nothing any more
	// keeps the day it was made.
	date := max(on.Start(zone).Unix(), l.Made.Unix())
	w, err := s.write(ctx, r, *l, time.Unix(date, 0).In(zone))
	if l.Kind == letter.Extension && problem.Is(err, problem.BadRequestData) {
		w, err = s.write(ctx, r, *l, l.Made)
	}
	if err != nil {
		return nil, err
	}
	now := s.o.Now().Truncate(time.Second)
	l.Sent, l.How = &on, how
	r.Events = append(r.Events, Event{Kind: Sent, At: time.Unix(date, 0).In(zone), Recorded: now, By: by, Letter: n})
	// A text that a crash left behind before its sending was recorded gives way.
	if _, err := s.o.Keeper.Load(ctx, KindLetter, letterID(r.ID, n)); err == nil {
		if err := s.o.Keeper.Erase(ctx, KindLetter, letterID(r.ID, n)); err != nil {
			return nil, err
		}
	} else if !problem.Is(err, problem.ResourceNotFound) {
		return nil, err
	}
	kept, err := change(KindLetter, letterID(r.ID, n), w, 0)
	if err != nil {
		return nil, err
	}
	return r, s.keep(ctx, r, kept)
}

// Erase takes the requester out of a request that has come to its end: name,
// addresses, what they wrote, notes, letters. The dates stay, and so does the
// decision, which says nothing of a person.
//
// Errors: problem.Conflict while the request is open or its decision was not
// sent.
func (s *Service) Erase(ctx context.Context, id, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.Open(ctx, id)
	if err != nil {
		return err
	}
	if r.Closed == Erased {
		return nil
	}
	waits := slices.ContainsFunc(r.Letters, func(l Letter) bool { return decides(l.Kind) && l.Sent == nil })
	if r.Closed == "" && (r.Decided == nil || waits) {
		return problem.New(problem.Conflict, "request %s waits for its answer: decide it and send the letter, or record that it was withdrawn, and then erase who asked", r.ID)
	}
	for i := range r.Letters {
		if err := s.o.Keeper.Erase(ctx, KindLetter, letterID(r.ID, r.Letters[i].N)); err != nil {
			return err
		}
		r.Letters[i].Reasons, r.Letters[i].Conditions, r.Letters[i].Redress = nil, nil, ""
	}
	now := s.o.Now().Truncate(time.Second)
	for i := range r.Events {
		r.Events[i].Note = ""
	}
	r.Asked = Asked{Kind: r.Kind, Licence: r.Licence, Lang: r.Lang}
	if r.Decision != nil { // what the requester wrote may be more than a dataset
		if !slugOrNone(r.Decision.Dataset) { // decided before slugs were checked
			r.Decision.Dataset = ""
		}
		r.Dataset = r.Decision.Dataset
	}
	r.Secret, r.Closed = "", Erased
	r.Events = append(r.Events, Event{Kind: Erased, At: now, Recorded: now, By: by})
	// The history of the request says who asked as well: all of it goes, and
	// what is left is a new record. A crash between the two costs the dates
	// alone; the register has its own.
	if err := s.o.Keeper.Erase(ctx, KindRequest, r.ID); err != nil {
		return err
	}
	r.version = 0
	return s.keep(ctx, r)
}
