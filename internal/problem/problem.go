// Package problem names every kind of failure that a caller can act on.
//
// A failure is classified where it is found, with New or Wrap; the edge only
// looks the kind up and writes it. What is not classified is InternalError.
// The package knows nothing of HTTP beyond the status number that each kind
// carries, and it never sees a request.
package problem

import (
	"errors"
	"fmt"
)

// Kind is one kind of failure (CIM 009, 5.5.2 and 6.3.2). The zero Kind is
// InternalError.
type Kind uint8

// The kinds. Their URIs, statuses and descriptions are in one table, Kinds.
const (
	InternalError Kind = iota
	InvalidRequest
	BadRequestData
	TooComplexQuery
	TooManyResults
	ResourceNotFound
	NonexistentTenant
	AlreadyExists
	Conflict
	OperationNotSupported
	NoMultiTenantSupport
	LdContextNotAvailable

	// The kinds below are beffroi's own: what NGSI-LD leaves to plain HTTP.
	Unauthenticated
	Forbidden
	MethodNotAllowed
	NotAcceptable
	LengthRequired
	TooLarge
	UnsupportedMediaType
	PreconditionFailed
	Gone
	TooManyRequests
	NotImplemented
	Unavailable
	OutOfSpace
	CursorLost

	kindCount
)

const (
	ngsi = "https://uri.etsi.org/ngsi-ld/errors/"
	own  = "https://beffroi.eu/errors/"
)

// Info describes one Kind.
type Info struct {
	Kind   Kind
	Name   string // the last part of URI, unique
	URI    string // the `type` member of a problem document (RFC 9457)
	Status int    // HTTP status
	Title  string // one line for people
	When   string // when a caller meets it, for the documentation
}

var table = [kindCount]Info{
	InternalError:         {InternalError, "InternalError", ngsi + "InternalError", 500, "Internal error", "something failed that is not the caller's doing; the trace id finds it in the log"},
	InvalidRequest:        {InvalidRequest, "InvalidRequest", ngsi + "InvalidRequest", 400, "Invalid request", "the request cannot be read: its syntax is wrong, or it has a parameter nobody knows"},
	BadRequestData:        {BadRequestData, "BadRequestData", ngsi + "BadRequestData", 400, "Bad request data", "the request can be read, but its data breaks a rule"},
	TooComplexQuery:       {TooComplexQuery, "TooComplexQuery", ngsi + "TooComplexQuery", 403, "Query too complex", "a query goes over a documented limit of depth, size or work"},
	TooManyResults:        {TooManyResults, "TooManyResults", ngsi + "TooManyResults", 403, "Too many results", "an answer would go over a documented limit"},
	ResourceNotFound:      {ResourceNotFound, "ResourceNotFound", ngsi + "ResourceNotFound", 404, "Not found", "there is no such thing, or it is not for the caller to see"},
	NonexistentTenant:     {NonexistentTenant, "NonexistentTenant", ngsi + "NonexistentTenant", 404, "No such tenant", "the tenant named has never been created"},
	AlreadyExists:         {AlreadyExists, "AlreadyExists", ngsi + "AlreadyExists", 409, "Already exists", "something is created that is there already"},
	Conflict:              {Conflict, "Conflict", ngsi + "Conflict", 409, "Conflict", "the thing changed meanwhile, or contradicts what is there"},
	OperationNotSupported: {OperationNotSupported, "OperationNotSupported", ngsi + "OperationNotSupported", 422, "Operation not supported", "the thing is known, but this cannot be done to it"},
	NoMultiTenantSupport:  {NoMultiTenantSupport, "NoMultiTenantSupport", ngsi + "NoMultiTenantSupport", 501, "No tenants here", "a tenant is named where there are none"},
	LdContextNotAvailable: {LdContextNotAvailable, "LdContextNotAvailable", ngsi + "LdContextNotAvailable", 504, "@context not available", "a remote @context could not be had"},

	Unauthenticated:      {Unauthenticated, "Unauthenticated", own + "Unauthenticated", 401, "Who are you?", "no credentials, or credentials that are not valid"},
	Forbidden:            {Forbidden, "Forbidden", own + "Forbidden", 403, "Not allowed", "the account is known, but may not do this"},
	MethodNotAllowed:     {MethodNotAllowed, "MethodNotAllowed", own + "MethodNotAllowed", 405, "Method not allowed", "the address is known, but not with this method; Allow lists those it has"},
	NotAcceptable:        {NotAcceptable, "NotAcceptable", own + "NotAcceptable", 406, "Not acceptable", "none of the representations asked for is on offer"},
	LengthRequired:       {LengthRequired, "LengthRequired", own + "LengthRequired", 411, "Length required", "a body is needed and none is announced"},
	TooLarge:             {TooLarge, "TooLarge", own + "TooLarge", 413, "Too large", "the body goes over the limit"},
	UnsupportedMediaType: {UnsupportedMediaType, "UnsupportedMediaType", own + "UnsupportedMediaType", 415, "Unsupported media type", "the body is of a type that this address does not read"},
	PreconditionFailed:   {PreconditionFailed, "PreconditionFailed", own + "PreconditionFailed", 412, "Precondition failed", "If-Match or If-None-Match does not hold"},
	Gone:                 {Gone, "Gone", own + "Gone", 410, "Gone", "the thing was there and was removed for good"},
	TooManyRequests:      {TooManyRequests, "TooManyRequests", own + "TooManyRequests", 429, "Too many requests", "the caller asks faster than agreed; Retry-After says when to come back"},
	NotImplemented:       {NotImplemented, "NotImplemented", own + "NotImplemented", 501, "Not built yet", "the operation is in the standard and not built yet"},
	Unavailable:          {Unavailable, "Unavailable", own + "Unavailable", 503, "Not available now", "the server is starting, stopping or overloaded; try again"},
	OutOfSpace:           {OutOfSpace, "OutOfSpace", own + "OutOfSpace", 507, "Out of space", "the disk is too full to keep more; nothing that was acknowledged is lost"},
	CursorLost:           {CursorLost, "CursorLost", own + "CursorLost", 410, "Cursor lost", "the change log no longer reaches back to this cursor: read the state anew"},
}

// Kinds lists every kind, in order of declaration.
func Kinds() []Info { return append([]Info(nil), table[:]...) }

// Info gives the description of k.
func (k Kind) Info() Info {
	if k >= kindCount {
		return table[InternalError]
	}
	return table[k]
}

// String gives the kind's name, such as "BadRequestData".
func (k Kind) String() string { return k.Info().Name }

// Error is a failure that somebody can act on.
type Error struct {
	Kind   Kind
	Detail string // for people outside: what, where, how to mend it; never a secret
	Err    error  // for the log; nil if there is nothing more to say
}

// New makes an Error of kind k whose detail is formatted as by fmt.Sprintf.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error of kind k round err. The detail is for people outside
// and does not include err's text, which may say too much.
func Wrap(k Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...), Err: err}
}

// Error gives everything: kind, detail and cause. It is for logs.
func (e *Error) Error() string {
	s := e.Kind.String() + ": " + e.Detail
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf finds the kind of err: that of the outermost Error in its chain, or
// InternalError if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return InternalError
}

// Is reports whether err is of kind k. It is false for a nil err.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// DetailOf gives what may be told to people outside about err. For a failure
// that was never classified it is a fixed sentence.
func DetailOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != InternalError {
		return e.Detail
	}
	return "The server could not do this. Nothing acknowledged is lost; the trace id finds the cause in the log."
}
