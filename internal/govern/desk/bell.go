package desk

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/inbox"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// notices is the inbox.
type notices interface {
	Tell(ctx context.Context, tenant string, n inbox.News) (isNew bool, err error)
	SettleBut(ctx context.Context, tenant, topic string, causes map[string]bool) error
}

// Bell tells stewards, through the inbox, of requests whose last day comes near
// or has passed, of what came in on the board, and of exclusive arrangements
// that must end or be looked at again. What it says names nobody.
type Bell struct {
	Desk   *Service
	Inbox  notices
	Failed func(error) // hears of rounds that failed; the next one tries again
}

// Run looks at each tick until ctx ends.
func (b *Bell) Run(ctx context.Context, tick <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
		if err := b.Look(ctx); err != nil && ctx.Err() == nil {
			b.Failed(err)
		}
	}
}

// topicBoard is of wishes that nobody has looked at.
const topicBoard = "wanted"

// Look looks once at everything, and first enters in the register what did not
// get there.
func (b *Bell) Look(ctx context.Context) error {
	return errors.Join(b.Desk.Mend(ctx), b.requests(ctx), b.arrangements(ctx), b.wishes(ctx))
}

func (b *Bell) requests(ctx context.Context) error {
	all, err := b.Desk.List(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	k, err := b.Desk.Reckoner(ctx)
	if err != nil {
		return err
	}
	causes := map[string]bool{}
	for _, r := range all {
		c, err := k.Clock(r, b.Desk.o.Now())
		if err != nil {
			return err
		}
		text := law.Texts{}
		for _, lang := range law.Languages() {
			text[lang] = c.Set.Name[lang] + ", " + c.Rule.Article
		}
		for _, x := range b.due(r, c) {
			// Each has a key of its own: who has seen to one hears of the next.
			n := inbox.News{Topic: inbox.Deadline, Key: r.ID + "/" + x.what, Path: "/desk/" + r.ID, Title: fill("request."+x.what, r.ID, x.on), Text: text,
				Due: lastMoment(x.on.End(b.Desk.o.Calendar.Zone)), Severity: inbox.Attention}
			if x.what == "overdue" {
				n.Severity = inbox.Urgent
			}
			causes[n.Key] = true
			if _, err := b.Inbox.Tell(ctx, "", n); err != nil {
				return err
			}
		}
	}
	return b.Inbox.SettleBut(ctx, "", inbox.Deadline, causes)
}

// due is something about a request with the day that counts.
type due struct {
	what string // soon, overdue, letter, tell or refuse
	on   deadline.Date
}

// due gives what is to be told of a request.
func (b *Bell) due(r *Request, c *Clock) []due {
	var out []due
	switch {
	case c.Standing == Soon:
		out = append(out, due{"soon", c.Last.Last})
	case c.Standing == Overdue || c.Standing == SilentRefusal:
		out = append(out, due{"overdue", c.Last.Last})
	case r.Closed == "" && r.Decided != nil && c.Next == SendLetter:
		out = append(out, due{"letter", c.Last.Last})
	}
	if r.Closed != "" || r.Decided != nil {
		return out
	}
	cal := b.Desk.o.Calendar
	soon := func(on deadline.Date) bool {
		days, passed := cal.Open(deadline.Deadline{Last: on, Until: on.End(cal.Zone)}, b.Desk.o.Now())
		return !passed && days <= soonDays
	}
	if c.Next == SendExtension && soon(c.TellBy.Last) {
		out = append(out, due{"tell", c.TellBy.Last})
	}
	if c.Extended && c.RefuseBy != nil && soon(*c.RefuseBy) {
		out = append(out, due{"refuse", *c.RefuseBy})
	}
	return out
}

func (b *Bell) arrangements(ctx context.Context) error {
	all, err := b.Desk.Arrangements(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	causes := map[string]bool{}
	for _, a := range all {
		alarms, err := b.Desk.Alarms(a)
		if err != nil {
			return err
		}
		for _, x := range alarms {
			if x.Kind == ToldTooFew {
				continue // it is shown, and nothing can be done about it
			}
			n := inbox.News{Topic: inbox.Arrangement, Key: a.ID + "/" + string(x.Kind), Path: "/registers", Title: fill("arrangement."+string(x.Kind), a.ID, x.On), Text: a.Data,
				Due: lastMoment(x.On.End(b.Desk.o.Calendar.Zone)), Severity: inbox.Attention}
			if x.Late {
				n.Severity = inbox.Urgent
			}
			causes[n.Key] = true
			if _, err := b.Inbox.Tell(ctx, "", n); err != nil {
				return err
			}
		}
	}
	return b.Inbox.SettleBut(ctx, "", inbox.Arrangement, causes)
}

func (b *Bell) wishes(ctx context.Context) error {
	all, err := b.Desk.Wishes(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	causes := map[string]bool{}
	for _, w := range all {
		if w.State != WishNew {
			continue
		}
		causes[w.ID] = true
		n := inbox.News{Topic: topicBoard, Key: w.ID, Path: "/wanted", Title: fill("wish.new", w.ID, w.Asked), Severity: inbox.Info}
		if _, err := b.Inbox.Tell(ctx, "", n); err != nil {
			return err
		}
	}
	return b.Inbox.SettleBut(ctx, "", topicBoard, causes)
}

// lastMoment gives the last second before a period ends, so that people read
// the day that counts and not the next one.
func lastMoment(until time.Time) entity.Instant {
	return entity.Instant(until.Add(-time.Second).UnixMicro())
}

// fill gives what the bell says, in three languages.
func fill(key, id string, on deadline.Date) law.Texts {
	words := map[string]law.Texts{
		"request.soon":       {"fr": "Demande {id} : répondre au plus tard le {on}", "nl": "Verzoek {id}: uiterlijk op {on} te beantwoorden", "en": "Request {id}: to be answered by {on}"},
		"request.overdue":    {"fr": "Demande {id} : le délai est passé depuis le {on}", "nl": "Verzoek {id}: de termijn liep af op {on}", "en": "Request {id}: the last day was {on}"},
		"request.tell":       {"fr": "Demande {id} : la prolongation est à annoncer au plus tard le {on}", "nl": "Verzoek {id}: de verlenging is uiterlijk op {on} mee te delen", "en": "Request {id}: the extension is to be told by {on}"},
		"request.refuse":     {"fr": "Demande {id} : un refus n’est possible que jusqu’au {on}", "nl": "Verzoek {id}: weigeren kan tot en met {on}", "en": "Request {id}: it can be refused until {on}"},
		"request.letter":     {"fr": "Demande {id} : la décision attend d’être envoyée", "nl": "Verzoek {id}: de beslissing wacht op verzending", "en": "Request {id}: the decision waits to be sent"},
		"arrangement.ends":   {"fr": "Accord d’exclusivité {id} : il doit finir le {on}", "nl": "Exclusieve overeenkomst {id}: ze moet eindigen op {on}", "en": "Exclusive arrangement {id}: it must end on {on}"},
		"arrangement.review": {"fr": "Accord d’exclusivité {id} : à réexaminer avant le {on}", "nl": "Exclusieve overeenkomst {id}: te herzien vóór {on}", "en": "Exclusive arrangement {id}: to be reviewed by {on}"},
		"wish.new":           {"fr": "Données souhaitées {id} : à lire avant l’affichage", "nl": "Gewenste data {id}: te lezen vóór plaatsing", "en": "Wanted data {id}: to be read before the board shows it"},
	}
	out := law.Texts{}
	for lang, s := range words[key] {
		out[lang] = strings.NewReplacer("{id}", id, "{on}", on.String()).Replace(s)
	}
	return out
}
