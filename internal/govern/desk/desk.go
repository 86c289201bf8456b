// Package desk is the request desk of a local information point: requests for
// data and their re-use, with the clock of the law they fall under, letters,
// decisions, and the registers that the public sees.
//
// What always holds: the period runs from receipt and stops only where a rule
// in force says so; an extension counts only once it was told in time; a
// decision is never changed, by nobody; the registers are made of decisions,
// arrangements, fees and wishes, which hold nothing of a requester. Time comes
// from the caller. What is kept goes through a Keeper, whose layer no public
// door reads. See docs/adr/0119-request-desk.md.
package desk

import (
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/letter"
)

// Requester is who asks. It is all there is of a person, so that erasing is one
// thing.
type Requester struct {
	Name         string `json:"name"`
	Organisation string `json:"organisation,omitzero"`
	Address      string `json:"address,omitzero"` // lines, for letters
	Email        string `json:"email,omitzero"`
}

// Asked is what a requester says.
type Asked struct {
	Requester
	Kind    string `json:"kind"`             // protectedReuse, reuse, access or dataSubject
	Licence bool   `json:"licence,omitzero"` // a licence is asked for
	Lang    string `json:"lang"`             // of the letters: fr, nl or en
	Dataset string `json:"dataset,omitzero"` // its slug in the catalogue; "" if none is meant
	Subject string `json:"subject"`          // in a line
	Purpose string `json:"purpose,omitzero"` // what for
}

// EventKind is what happened to a request.
type EventKind string

// The kinds of events.
const (
	Received     EventKind = "received"
	Acknowledged EventKind = "acknowledged" // the letter was made; it counts when sent
	Questioned   EventKind = "questioned"   // clarification was asked for; the clock goes on
	Clarified    EventKind = "clarified"
	Extended     EventKind = "extended" // the letter was made; it counts when sent in time
	Classified   EventKind = "classified"
	Stopped      EventKind = "stopped" // only by a rule that says so
	Resumed      EventKind = "resumed"
	Transferred  EventKind = "transferred"
	Withdrawn    EventKind = "withdrawn" // by the requester
	Decided      EventKind = "decided"
	Sent         EventKind = "sent" // a letter went out
	Noted        EventKind = "noted"
	Erased       EventKind = "erased"
)

// Event is one thing that happened.
type Event struct {
	Kind     EventKind `json:"kind"`
	At       time.Time `json:"at"`              // when it counts
	Recorded time.Time `json:"recorded"`        // when it was entered
	By       string    `json:"by,omitzero"`     // the account; "" is the requester
	Note     string    `json:"note,omitzero"`   // reasons, questions, to whom
	Rule     string    `json:"rule,omitzero"`   // that it rests on
	Letter   int       `json:"letter,omitzero"` // its number
}

// Letter is a letter of a request.
type Letter struct {
	N          int            `json:"n"` // from 1
	Kind       letter.Kind    `json:"kind"`
	Made       time.Time      `json:"made"`
	Reasons    []string       `json:"reasons,omitzero"`
	Conditions []string       `json:"conditions,omitzero"`
	Redress    string         `json:"redress,omitzero"`
	Extended   bool           `json:"extended,omitzero"` // the period was extended before
	Sent       *deadline.Date `json:"sent,omitzero"`     // the date that counts; nil is a draft
	How        string         `json:"how,omitzero"`      // post, email, hand or portal
}

// Request is one request with all that happened to it.
type Request struct {
	ID string `json:"id"` // such as "2026-0042"
	Asked
	Regime   string         `json:"regime"`
	Channel  string         `json:"channel"` // portal, post, email or hand
	Received time.Time      `json:"received"`
	Secret   string         `json:"secret,omitzero"` // SHA-256 of the requester's, in hex
	Events   []Event        `json:"events"`
	Letters  []Letter       `json:"letters,omitzero"`
	Decided  *deadline.Date `json:"decided,omitzero"` // the day of its Decision
	Decision *Decision      `json:"decision,omitzero"`
	Closed   EventKind      `json:"closed,omitzero"` // Transferred, Withdrawn or Erased

	version uint64
}

// Outcome is what was decided.
type Outcome string

// The outcomes.
const (
	Granted Outcome = "granted"
	Partly  Outcome = "partly"
	Refused Outcome = "refused"
)

// Decision is what the public register shows of a request: nothing of who
// asked. It is never changed.
type Decision struct {
	ID       string        `json:"id"` // of the request
	Regime   string        `json:"regime"`
	Rule     string        `json:"rule"`
	Dataset  string        `json:"dataset,omitzero"`
	Summary  string        `json:"summary"` // what was asked, in the steward's words
	Lang     string        `json:"lang"`    // of Summary
	Outcome  Outcome       `json:"outcome"`
	Grounds  []string      `json:"grounds,omitzero"` // of a refusal
	Received deadline.Date `json:"received"`
	Decided  deadline.Date `json:"decided"`
	Due      deadline.Date `json:"due"` // last day, as it stood
	Fee      *Fee          `json:"fee,omitzero"`
}
