package connect

import (
	"context"
	"encoding/base64"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Desk answers for a Supervisor in values that can be written as JSON, for a
// facade that does not know this package.
type Desk struct{ s *Supervisor }

// Desk gives the supervisor's desk.
func (s *Supervisor) Desk() *Desk { return &Desk{s} }

type statusBody struct {
	Source      string     `json:"source"`
	Description string     `json:"description,omitempty"`
	Kind        Kind       `json:"kind"`
	Where       string     `json:"where,omitempty"`
	Mapping     string     `json:"mapping,omitempty"`
	State       State      `json:"state"`
	PeriodS     float64    `json:"periodSeconds,omitempty"`
	LastMessage *time.Time `json:"lastMessageAt,omitempty"`
	LastReading *time.Time `json:"lastReadingAt,omitempty"`
	LastPoll    *time.Time `json:"lastPollAt,omitempty"`
	NextPoll    *time.Time `json:"nextPollAt,omitempty"`
	LastError   string     `json:"lastError,omitempty"`
	LastErrorAt *time.Time `json:"lastErrorAt,omitempty"`
	Payloads    int64      `json:"payloads"`
	Readings    int64      `json:"readings"`
	Skipped     int64      `json:"skipped"`
	PerMinute   float64    `json:"readingsPerMinute"`
	DeadLetters int        `json:"deadLetters"`
	Dropped     int64      `json:"deadLettersDropped"`
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// Sources tells how the sources fare.
func (d *Desk) Sources() any {
	list := []statusBody{}
	for _, st := range d.s.Status() {
		list = append(list, statusBody{
			Source: st.Source, Description: st.Description, Kind: st.Kind, Where: st.Where, Mapping: st.Mapping, State: st.State, PeriodS: st.Period.Seconds(),
			LastMessage: given(st.LastMessage), LastReading: given(st.LastReading), LastPoll: given(st.LastPoll), NextPoll: given(st.NextPoll),
			LastError: st.LastError, LastErrorAt: given(st.LastErrorAt), Payloads: st.Payloads, Readings: st.Readings, Skipped: st.Skipped,
			PerMinute: st.PerMinute, DeadLetters: st.DeadLetters, Dropped: st.Dropped,
		})
	}
	return map[string]any{"sources": list}
}

type letterBody struct {
	ID      string     `json:"id,omitempty"`
	Reason  string     `json:"reason"`
	Mapping string     `json:"mapping,omitempty"`
	Payload *string    `json:"payload,omitempty"`
	Base64  string     `json:"payloadBase64,omitempty"` // when the payload is no text
	Topic   string     `json:"topic,omitempty"`
	Item    bool       `json:"item,omitempty"`
	Key     string     `json:"key,omitempty"`
	Arrived *time.Time `json:"arrivedAt,omitempty"`
	Again   int        `json:"again,omitempty"`
	Last    *time.Time `json:"lastArrivedAt,omitempty"`
}

func letterBodies(ls []DeadLetter) []letterBody {
	out := make([]letterBody, 0, len(ls))
	for i := range ls {
		l := &ls[i]
		b := letterBody{ID: l.ID, Reason: l.Reason, Mapping: l.Mapping, Topic: l.Topic, Item: l.Item, Key: l.Key, Arrived: given(l.Arrived), Again: l.Again, Last: given(l.LastArrived)}
		if text := string(l.Payload); utf8.ValidString(text) {
			b.Payload = &text
		} else {
			b.Base64 = base64.StdEncoding.EncodeToString(l.Payload)
		}
		out = append(out, b)
	}
	return out
}

// Ingest takes a body for a source; clean is set if all of it was mapped.
//
// Errors: those of Push.
func (d *Desk) Ingest(ctx context.Context, source string, body []byte, arrived time.Time) (clean bool, report any, err error) {
	p, err := d.s.Push(ctx, source, body, arrived)
	if err != nil {
		return false, nil, err
	}
	type problemBody struct {
		ID     string `json:"deadLetter"`
		Reason string `json:"reason"`
		Key    string `json:"key,omitempty"`
		Item   string `json:"item,omitempty"`
	}
	problems := []problemBody{}
	for _, l := range p.Letters {
		b := problemBody{ID: l.ID, Reason: l.Reason, Key: l.Key}
		if l.Item {
			b.Item = shortenTo(string(l.Payload), 200)
		}
		problems = append(problems, b)
	}
	return len(problems) == 0, map[string]any{"items": p.Items, "entities": p.Entities, "skipped": p.Skipped, "problems": problems}, nil
}

// DeadLetters lists a page of dead letters; next is the id to go on after, ""
// at the end.
//
// Errors: those of Letters.
func (d *Desk) DeadLetters(ctx context.Context, source, after string, limit int) (page any, next string, err error) {
	ls, err := d.s.Letters(ctx, source, after, limit)
	if err != nil {
		return nil, "", err
	}
	if len(ls) == limit {
		next = ls[len(ls)-1].ID
	}
	kept, dropped := d.s.letters.count(source)
	return map[string]any{"deadLetters": letterBodies(ls), "kept": kept, "dropped": dropped}, next, nil
}

// Replay maps dead letters anew: those named, or the oldest.
//
// Errors: those of Replay of the supervisor.
func (d *Desk) Replay(ctx context.Context, source string, ids []string) (any, error) {
	r, err := d.s.Replay(ctx, source, ids)
	if err != nil {
		return nil, err
	}
	return map[string]any{"tried": r.Tried, "mapped": r.Mapped, "left": letterBodies(r.Left)}, nil
}

// Discard removes dead letters: those named, or all.
//
// Errors: those of Discard of the supervisor.
func (d *Desk) Discard(ctx context.Context, source string, ids []string) (int, error) {
	return d.s.Discard(ctx, source, ids)
}

// Try shows what a payload would give, without doing anything: by the mapping
// given, or by that of the source if there is none.
//
// Errors: those of Compile; problem.ResourceNotFound.
func (d *Desk) Try(source string, mapping, payload []byte, topic string, arrived time.Time) (any, error) {
	var m *Mapping
	var err error
	if mapping == nil {
		m, err = d.s.Mapping(source)
	} else {
		m, err = Compile(mapping)
	}
	if err != nil {
		return nil, err
	}
	t := m.DryRun(Payload{Data: payload, Topic: topic}, arrived)
	entities := make([]jsontext.Value, len(t.Entities))
	for i, e := range t.Entities {
		entities[i] = e
	}
	return map[string]any{"items": t.Items, "skipped": t.Skipped, "entities": entities, "problems": letterBodies(t.Letters)}, nil
}
