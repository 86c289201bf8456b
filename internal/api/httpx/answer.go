package httpx

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/problem"
)

// WriteBody answers with a whole body in one write, its length announced. The
// other headers must be set before.
func WriteBody(w http.ResponseWriter, status int, mediaType string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if ww, ok := w.(*writer); ok && ww.status == 0 && ww.worthZip(status, body) {
		ww.startZip()
	}
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// WriteJSON answers with v as JSON, members of maps in order of name. It is
// for beffroi's own answers; NGSI-LD is written by represent.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	return WriteBody(w, status, TypeJSON, body)
}

// NoContent answers 204: no body, no Content-Length (RFC 9110, 8.6).
func NoContent(w http.ResponseWriter) error {
	w.Header().Del("Content-Type")
	w.Header().Del("Content-Length")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Created answers 201 without a body and with the Location of the new thing,
// a path or an absolute URL.
func Created(w http.ResponseWriter, location string) error {
	w.Header().Set("Location", location)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusCreated)
	return nil
}

// NotModified sets the ETag and answers 304 if the client has it already
// (If-None-Match, compared weakly; RFC 9110, 13.1.2). The tag is given without
// quotes and is sent as a weak one. With true nothing more is to be written.
func NotModified(w http.ResponseWriter, r *http.Request, tag string) bool {
	quoted := `W/"` + tag + `"`
	w.Header().Set("ETag", quoted)
	if !matchesTag(r.Header.Values("If-None-Match"), tag) {
		return false
	}
	w.Header().Del("Content-Type")
	w.WriteHeader(http.StatusNotModified)
	return true
}

// CheckMatch holds the request to its If-Match header: tag is that of what is
// there, "" if nothing is.
// Errors: problem.PreconditionFailed.
func CheckMatch(r *http.Request, tag string) error {
	values := r.Header.Values("If-Match")
	if len(values) == 0 || tag != "" && matchesTag(values, tag) {
		return nil
	}
	return problem.New(problem.PreconditionFailed, "If-Match does not hold: the thing has changed or is not there; read it again")
}

// matchesTag looks for tag in the lists of entity tags; * matches any.
func matchesTag(values []string, tag string) bool {
	for _, v := range values {
		for item := range strings.SplitSeq(v, ",") {
			item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
			if item == "*" || len(item) >= 2 && item[0] == '"' && item[len(item)-1] == '"' && item[1:len(item)-1] == tag {
				return true
			}
		}
	}
	return false
}
