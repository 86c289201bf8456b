package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// Options are what a desk works with.
type Options struct {
	Keeper Keeper
	// Book gives the law book; it is asked with each request.
	Book     func(ctx context.Context) (*law.Book, error)
	Calendar *deadline.Calendar // of the place where the desk acts
	Country  string             // of the holder: FR or BE
	City     func(ctx context.Context) (string, error)
	Now      func() time.Time
	// Published tells whether the catalogue shows a dataset to everybody; only
	// then does a decision in the public register name it. Nil knows none.
	Published func(ctx context.Context, slug string) bool
}

// Service is the desk. Use New. It is safe for use by many goroutines; one
// process keeps a desk.
type Service struct {
	o     Options
	terms *Terms
	mu    sync.Mutex // one writer at a time: numbers are given in order
}

// New makes a desk.
func New(o Options) (*Service, error) {
	terms, err := ReadTerms()
	if err != nil {
		return nil, err
	}
	return &Service{o: o, terms: terms}, nil
}

// Terms gives regimes, grounds and costs.
func (s *Service) Terms() *Terms { return s.terms }

// Country gives the country of the holder.
func (s *Service) Country() string { return s.o.Country }

// Reckoner gives what counts the clocks of requests.
func (s *Service) Reckoner(ctx context.Context) (*Reckoner, error) {
	book, err := s.o.Book(ctx)
	if err != nil {
		return nil, err
	}
	return &Reckoner{Terms: s.terms, Book: book, Calendar: s.o.Calendar}, nil
}

// Today gives the day it is where the desk acts.
func (s *Service) Today() deadline.Date {
	return deadline.DateOf(s.o.Now().In(s.o.Calendar.Zone))
}

// Limits of what people write, in bytes.
const (
	maxLine = 300
	maxText = 8000
)

// check reports what is wrong with what a requester says, all of it.
func (a *Asked) check() error {
	var bad []string
	line := func(what, s string, need bool) {
		switch {
		case need && strings.TrimSpace(s) == "":
			bad = append(bad, what+" is missing")
		case len(s) > maxLine:
			bad = append(bad, fmt.Sprintf("%s is longer than %d bytes", what, maxLine))
		case strings.ContainsFunc(s, unicode.IsControl):
			bad = append(bad, what+" has control characters")
		}
	}
	text := func(what, s string) {
		if len(s) > maxText {
			bad = append(bad, fmt.Sprintf("%s is longer than %d bytes", what, maxText))
		}
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
			bad = append(bad, what+" has control characters")
		}
	}
	line("name", a.Name, true)
	line("organisation", a.Organisation, false)
	line("subject", a.Subject, true)
	if !slugOrNone(a.Dataset) {
		bad = append(bad, noSlug)
	}
	text("address", a.Address)
	text("purpose", a.Purpose)
	if a.Email == "" && strings.TrimSpace(a.Address) == "" {
		bad = append(bad, "email or address is needed, so that an answer can reach you")
	}
	if m, err := mail.ParseAddress(a.Email); a.Email != "" && (err != nil || m.Address != a.Email || len(a.Email) > 254) {
		bad = append(bad, "email is no address such as ada@example.org")
	}
	if a.Lang != "fr" && a.Lang != "nl" && a.Lang != "en" {
		bad = append(bad, "lang is fr, nl or en")
	}
	if len(bad) > 0 {
		return problem.New(problem.BadRequestData, "%s", strings.Join(bad, "; "))
	}
	return nil
}

// Receive takes a request in and gives it with the secret by which its
// requester follows it. at is when it arrived: zero is now; by is the account
// of who types in what came by post, "" for the requester.
//
// Errors: problem.BadRequestData, naming all that is wrong.
func (s *Service) Receive(ctx context.Context, a Asked, channel string, at time.Time, by string) (*Request, string, error) {
	now := s.o.Now()
	if at.IsZero() {
		at = now
	}
	if err := a.check(); err != nil {
		return nil, "", err
	}
	regime, err := s.terms.For(a.Kind, s.o.Country)
	switch {
	case err != nil:
		return nil, "", err
	case at.After(now):
		return nil, "", problem.New(problem.BadRequestData, "a request is received now or earlier, not at %s", at.Format(time.RFC3339))
	case channel != "portal" && channel != "post" && channel != "email" && channel != "hand":
		return nil, "", problem.New(problem.BadRequestData, "a request comes by portal, post, email or hand, not by %.40q", channel)
	}
	raw := make([]byte, 20)
	rand.Read(raw) // never fails
	secret := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
	r := &Request{Asked: a, Regime: regime.ID, Channel: channel, Received: at.Truncate(time.Second), Secret: digest(secret),
		Events: []Event{{Kind: Received, At: at.Truncate(time.Second), Recorded: now.Truncate(time.Second), By: by}}}
	if _, err := s.clock(ctx, r); err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.ID, err = s.number(ctx, at.In(s.o.Calendar.Zone).Year(), KindRequest, KindDecision); err != nil {
		return nil, "", err
	}
	return r, secret, s.keep(ctx, r)
}

// number gives the next number of a year among the documents of kinds.
func (s *Service) number(ctx context.Context, year int, kinds ...string) (string, error) {
	most, prefix := 0, fmt.Sprintf("%d-", year)
	for _, kind := range kinds {
		for d, err := range s.o.Keeper.List(ctx, kind) {
			if err != nil {
				return "", err
			}
			if rest, ok := strings.CutPrefix(d.ID, prefix); ok {
				if n, err := strconv.Atoi(rest); err == nil {
					most = max(most, n)
				}
			}
		}
	}
	return fmt.Sprintf("%s%04d", prefix, most+1), nil
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// keep writes r down after other changes.
func (s *Service) keep(ctx context.Context, r *Request, before ...Change) error {
	c, err := change(KindRequest, r.ID, r, r.version)
	if err != nil {
		return err
	}
	return s.o.Keeper.Keep(ctx, append(before, c)...)
}

// Open gives a request. Errors: problem.ResourceNotFound.
func (s *Service) Open(ctx context.Context, id string) (*Request, error) {
	r := &Request{}
	var err error
	r.version, err = s.load(ctx, KindRequest, id, r)
	if problem.Is(err, problem.ResourceNotFound) {
		return nil, problem.New(problem.ResourceNotFound, "there is no request %.40q", id)
	}
	return r, err
}

// Follow gives a request to whoever has its secret. Errors:
// problem.ResourceNotFound, the same for a wrong secret as for no request.
func (s *Service) Follow(ctx context.Context, id, secret string) (*Request, error) {
	r, err := s.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Secret == "" || subtle.ConstantTimeCompare([]byte(digest(secret)), []byte(r.Secret)) != 1 {
		return nil, problem.New(problem.ResourceNotFound, "there is no request %.40q", id)
	}
	return r, nil
}

// List gives all requests in the order of their numbers.
func (s *Service) List(ctx context.Context) ([]*Request, error) {
	var out []*Request
	err := listed(ctx, s.o.Keeper, KindRequest, func(r *Request, v uint64) {
		r.version = v
		out = append(out, r)
	})
	return out, err
}

// clock counts the clock of r now.
func (s *Service) clock(ctx context.Context, r *Request) (*Clock, error) {
	k, err := s.Reckoner(ctx)
	if err != nil {
		return nil, err
	}
	return k.Clock(r, s.o.Now())
}
