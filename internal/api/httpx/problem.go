package httpx

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/beffroi/beffroi/internal/problem"
)

// Media types that httpx itself writes.
const (
	TypeJSON    = "application/json"
	TypeProblem = "application/problem+json"
)

// Detail adds to an error what its answer shall also say. Members stand in the
// problem document beside the usual ones, Header in the answer's header. The
// names type, title, detail, status and traceId are taken.
type Detail struct {
	Err     error
	Members map[string]any
	Header  http.Header
	Status  int // of the answer, if not zero, instead of that of the error's kind
}

// Error gives the text of the error within.
func (d *Detail) Error() string { return d.Err.Error() }

// Unwrap gives the error within.
func (d *Detail) Unwrap() error { return d.Err }

// WithMember adds one member to the problem document of err.
func WithMember(err error, name string, value any) error {
	return &Detail{Err: err, Members: map[string]any{name: value}}
}

// RetryAfter adds the seconds after which a caller may try again.
func RetryAfter(err error, seconds int) error {
	return &Detail{Err: err, Header: http.Header{"Retry-After": {strconv.Itoa(seconds)}}}
}

// ProblemDocument gives the members of err's problem document (RFC 9457; CIM
// 009, 5.5.3), for batches that report per item. traceID may be empty.
func ProblemDocument(err error, traceID string) map[string]any {
	info := problem.KindOf(err).Info()
	doc := map[string]any{}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if d, ok := e.(*Detail); ok {
			maps.Copy(doc, d.Members)
		}
	}
	doc["type"], doc["title"], doc["status"], doc["detail"] = info.URI, info.Title, statusOf(err), problem.DetailOf(err)
	if traceID != "" {
		doc["traceId"] = traceID
	}
	return doc
}

// AppendProblem appends the problem document of err as JSON, members in the
// order type, title, status, detail, traceId, then the others by name.
func AppendProblem(dst []byte, err error, traceID string) []byte {
	doc := ProblemDocument(err, traceID)
	dst = append(dst, '{')
	for i, name := range slices.Concat([]string{"type", "title", "status", "detail", "traceId"}, others(doc)) {
		value, ok := doc[name]
		if !ok {
			continue
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		text, jerr := json.Marshal(value)
		if jerr != nil {
			text = []byte("null") // a member that cannot be written is not worth the answer
		}
		dst = strconv.AppendQuote(dst, name)
		dst = append(append(dst, ':'), text...)
	}
	return append(dst, '}')
}

func others(doc map[string]any) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(doc)), func(name string) bool {
		return slices.Contains([]string{"type", "title", "status", "detail", "traceId"}, name)
	})
}

// statusOf gives the status of err: that of its kind, unless a Detail says
// another one.
func statusOf(err error) int {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if d, ok := e.(*Detail); ok && d.Status != 0 {
			return d.Status
		}
	}
	return problem.KindOf(err).Info().Status
}

// writeProblem answers with err.
func writeProblem(w http.ResponseWriter, r *http.Request, c *call, err error) {
	kind := problem.KindOf(err)
	status := statusOf(err)
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Disposition", "Etag", "Last-Modified", "Link", "Location", "Preference-Applied"} {
		h.Del(name)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if d, ok := e.(*Detail); ok {
			maps.Copy(h, d.Header)
		}
	}
	h.Set("Cache-Control", "no-store")
	if kind == problem.Unauthenticated || kind == problem.Forbidden {
		unshare(h)
	}
	if kind == problem.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="beffroi"`)
	}
	if c.style == NGSILD && (kind == problem.LengthRequired || kind == problem.UnsupportedMediaType) {
		h.Del("Content-Type")
		h.Set("Content-Length", "0")
		w.WriteHeader(status)
		return
	}
	body := AppendProblem(nil, err, c.trace)
	mediaType := TypeProblem
	if c.style == NGSILD {
		mediaType = TypeJSON
	}
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, werr := w.Write(body); werr != nil {
		return // the client has gone; the request's own line tells of err
	}
}
