package desk

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

// WishState is how far a wish is.
type WishState string

// The states of a wish.
const (
	WishNew      WishState = "new"      // nobody has looked at it; it is not on the board
	WishListed   WishState = "listed"   // on the board, without an answer
	WishPlanned  WishState = "planned"  // the data will be there
	WishDeclined WishState = "declined" // it will not, and the answer says why
	WishMet      WishState = "met"      // the data is there: Dataset
	WishHidden   WishState = "hidden"   // not for the board: no wish for data
)

// Wish asks for data that is not there yet (MIM3 C7), as the board shows it.
type Wish struct {
	ID      string        `json:"id"`
	Asked   deadline.Date `json:"asked"`
	Lang    string        `json:"lang"`
	Title   string        `json:"title"` // as a steward let it stand
	Text    string        `json:"text,omitzero"`
	State   WishState     `json:"state"`
	Answer  string        `json:"answer,omitzero"`
	Dataset string        `json:"dataset,omitzero"` // the later one
	Changed time.Time     `json:"changed"`
}

// Wished is a wish as stewards see it: with who asked, and what they wrote.
type Wished struct {
	Wish
	From  *Requester `json:"from,omitzero"`
	Words string     `json:"words,omitzero"`
	// Wrote is the title as it came in.
	Wrote string `json:"wrote,omitzero"`

	version uint64
}

// Wanted is what somebody writes on the board.
type Wanted struct {
	Title string `json:"title"`
	Text  string `json:"text,omitzero"`
	Lang  string `json:"lang"`
	Name  string `json:"name,omitzero"`  // for the holder alone
	Email string `json:"email,omitzero"` // for the holder alone
}

// Want takes a wish in; the board shows it once a steward has looked at it.
// Errors: problem.BadRequestData.
func (s *Service) Want(ctx context.Context, in Wanted) (*Wished, error) {
	q := Asked{Requester: Requester{Name: in.Name, Email: in.Email, Address: "-"}, Lang: in.Lang, Subject: in.Title, Purpose: in.Text}
	if q.Name == "" {
		q.Name = "-"
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	title := strings.TrimSpace(in.Title)
	w := &Wished{Wish: Wish{Asked: s.Today(), Lang: in.Lang, Title: title, State: WishNew, Changed: s.o.Now().Truncate(time.Second)}, Words: strings.TrimSpace(in.Text), Wrote: title}
	if in.Name != "" || in.Email != "" {
		w.From = &Requester{Name: in.Name, Email: in.Email}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if w.ID, err = s.number(ctx, w.Asked.Year(), KindWish, KindBoard); err != nil {
		return nil, err
	}
	c, err := change(KindWish, w.ID, w, 0)
	if err != nil {
		return nil, err
	}
	return w, s.o.Keeper.Keep(ctx, c)
}

// Reply is what the holder says to a wish.
type Reply struct {
	State   WishState `json:"state"`
	Title   string    `json:"title,omitzero"` // "" keeps it
	Text    string    `json:"text,omitzero"`  // "" keeps it
	Answer  string    `json:"answer,omitzero"`
	Dataset string    `json:"dataset,omitzero"`
}

// Reply answers a wish; the board shows the wish from then on.
// Errors: problem.BadRequestData, also for public words that name who asked.
func (s *Service) Reply(ctx context.Context, id string, in Reply) (*Wished, error) {
	bad := func(format string, args ...any) error { return problem.New(problem.BadRequestData, format, args...) }
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.wished(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := checkDataset(in.Dataset); err != nil {
		return nil, err
	}
	if in.Title != "" {
		w.Title = strings.TrimSpace(in.Title)
	}
	if in.Text != "" {
		w.Text = strings.TrimSpace(in.Text)
	}
	w.State, w.Answer, w.Dataset, w.Changed = in.State, strings.TrimSpace(in.Answer), in.Dataset, s.o.Now().Truncate(time.Second)
	public := w.Title + "\n" + w.Text + "\n" + w.Answer
	switch {
	case !slices.Contains([]WishState{WishListed, WishPlanned, WishDeclined, WishMet, WishHidden}, w.State):
		return nil, bad("a wish becomes listed, planned, declined, met or hidden, not %.40q", w.State)
	case w.Title == "" || len(w.Title) > maxLine || len(public) > 2*maxText || strings.ContainsFunc(w.Title, unicode.IsControl):
		return nil, bad("title, text and answer are a line and at most %d bytes", 2*maxText)
	case (w.State == WishPlanned || w.State == WishDeclined) && w.Answer == "":
		return nil, bad("a wish that is %s has an answer that says why, or when", w.State)
	case w.State == WishMet && w.Dataset == "":
		return nil, bad("a wish that is met names the dataset")
	case w.From != nil && w.From.named(public) != "":
		return nil, bad("the board is public, and the text says %q, which is of who asked: leave it out", w.From.named(public))
	}
	if err := s.show(ctx, w); err != nil {
		return nil, err
	}
	c, err := change(KindWish, id, w, w.version)
	if err != nil {
		return nil, err
	}
	return w, s.o.Keeper.Keep(ctx, c)
}

// wished loads a wish. Errors: problem.ResourceNotFound.
func (s *Service) wished(ctx context.Context, id string) (*Wished, error) {
	w := &Wished{}
	var err error
	w.version, err = s.load(ctx, KindWish, id, w)
	return w, err
}

// show puts a wish on the board as it is now, before it is kept itself: what
// the board says of it is never newer than what a steward was told.
func (s *Service) show(ctx context.Context, w *Wished) error {
	d, err := s.o.Keeper.Load(ctx, KindBoard, w.ID)
	if problem.Is(err, problem.ResourceNotFound) && w.State == WishHidden {
		return nil
	}
	if err != nil && !problem.Is(err, problem.ResourceNotFound) {
		return err
	}
	if w.State == WishHidden {
		return s.reboard(ctx, w.stub())
	}
	c, err := change(KindBoard, w.ID, w.Wish, d.Version)
	if err != nil {
		return err
	}
	return s.o.Keeper.Keep(ctx, c)
}

// stub is what stays of a wish whose words go: its number stays taken.
func (w *Wish) stub() Wish {
	return Wish{ID: w.ID, Asked: w.Asked, Lang: w.Lang, State: WishHidden, Changed: w.Changed}
}

// reboard makes what the board has of a wish anew: what stood there before is
// gone, also from history and log. A crash in between costs the entry alone,
// and doing it again mends that.
func (s *Service) reboard(ctx context.Context, w Wish) error {
	if err := s.o.Keeper.Erase(ctx, KindBoard, w.ID); err != nil {
		return err
	}
	c, err := change(KindBoard, w.ID, w, 0)
	if err != nil {
		return err
	}
	return s.o.Keeper.Keep(ctx, c)
}

// own takes out of w what who asked wrote: a title or text stays only in words
// that a steward gave it. It reports whether a wish is left.
func (w *Wished) own() bool {
	same := func(a, b string) bool { return catalogue.Fold(a) == catalogue.Fold(b) }
	if w.Wrote != "" && same(w.Title, w.Wrote) {
		w.Title = ""
	}
	if w.Words != "" && same(w.Text, w.Words) {
		w.Text = ""
	}
	w.From, w.Words, w.Wrote = nil, "", ""
	return w.Title != ""
}

// ForgetWish takes out who asked, and what they wrote themselves, also from the
// board; a wish that nobody put on the board, or that no steward gave a title,
// is gone, the latter but for its number.
func (s *Service) ForgetWish(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.wished(ctx, id)
	if err != nil {
		return err
	}
	left := w.own() && w.State != WishNew && w.State != WishHidden
	shown := w.Wish
	if !left {
		shown = w.stub()
	}
	_, err = s.o.Keeper.Load(ctx, KindBoard, id)
	if err == nil || left {
		err = s.reboard(ctx, shown)
	}
	if err != nil && !problem.Is(err, problem.ResourceNotFound) {
		return err
	}
	if err := s.o.Keeper.Erase(ctx, KindWish, id); err != nil || !left {
		return err
	}
	c, err := change(KindWish, id, w, 0)
	if err != nil {
		return err
	}
	return s.o.Keeper.Keep(ctx, c)
}

// Wishes gives all wishes, newest first, with what only stewards may see.
func (s *Service) Wishes(ctx context.Context) ([]*Wished, error) {
	var out []*Wished
	err := listed(ctx, s.o.Keeper, KindWish, func(w *Wished, _ uint64) { out = append(out, w) })
	slices.Reverse(out)
	return out, err
}

// Board gives the wishes that the public sees, newest first.
func (s *Service) Board(ctx context.Context) ([]*Wish, error) {
	var out []*Wish
	err := listed(ctx, s.o.Keeper, KindBoard, func(w *Wish, _ uint64) {
		if w.State != WishHidden {
			out = append(out, w)
		}
	})
	slices.Reverse(out)
	return out, err
}
