package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

// Reason is why nothing could be had.
type Reason uint8

// The reasons.
const (
	Unreachable Reason = iota // no such name, nobody there, the connection broke
	Refused                   // the address is not allowed
	Malformed                 // the address cannot be used
	Timeout                   // it took too long
	TooLarge                  // the answer goes over the limit
	Redirects                 // too many redirects, or one that is not followed
	BadStatus                 // an answer other than the one hoped for
	BadAnswer                 // an answer that cannot be read

	reasonCount
)

var reasonTexts = [reasonCount]string{
	Unreachable: "the server cannot be reached",
	Refused:     "its address is private or otherwise special and not allowed",
	Malformed:   "its address cannot be used",
	Timeout:     "the server did not answer in time",
	TooLarge:    "the answer is larger than the limit",
	Redirects:   "the server redirects too often or to where it must not",
	BadStatus:   "the server refused",
	BadAnswer:   "the answer cannot be read",
}

// String gives the reason in words.
func (r Reason) String() string { return reasonTexts[min(r, reasonCount-1)] }

// Error is a failure to reach or read something outside. Detail may be told
// outside: it has nothing that a server answered and no address that a name
// resolved to; Error, for logs, has the latter.
type Error struct {
	Reason Reason
	Status int // the HTTP status, if there was an answer
	Err    error

	purpose Purpose
	at      string // host and port that were asked for
}

// Detail says for people outside why nothing could be had and how to mend it.
func (e *Error) Detail() string {
	switch {
	case e.Reason == Refused && e.at != "":
		return fmt.Sprintf("%s; the operator can allow it with --outbound-allow %s or in outbound.allow.%s", e.Reason, e.at, e.purpose)
	case e.Status != 0:
		return fmt.Sprintf("%s with status %d", e.Reason, e.Status)
	}
	return e.Reason.String()
}

// Error is for logs.
func (e *Error) Error() string {
	s := "fetch: " + e.Detail()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf finds why; Unreachable if err is not of this package.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return Unreachable
}

// DetailOf gives what may be told outside about err.
func DetailOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Detail()
	}
	return Unreachable.String()
}

// asError classifies what the network said. A refusal among several failures
// wins, since it can be mended.
func asError(ctx context.Context, err error) error {
	if err == nil {
		return &Error{Reason: Unreachable}
	}
	var e *Error
	if errors.As(err, &e) {
		if error(e) == err {
			return e
		}
		return &Error{Reason: e.Reason, Status: e.Status, Err: err, purpose: e.purpose, at: e.at}
	}
	var netErr net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &netErr) && netErr.Timeout(), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{Reason: Timeout, Err: err}
	}
	return &Error{Reason: Unreachable, Err: err}
}
