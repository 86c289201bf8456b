// Package sources is the HTTP side of the intake: bodies that are pushed for a
// source, how the sources fare, their dead letters, and dry runs of mappings.
//
// It maps nothing itself. What always holds: a body is answered once what came
// of it is durable; a dry run changes nothing.
package sources

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// desk is who takes things in. What it gives can be written as JSON.
type desk interface {
	// Ingest takes a body for a source and returns when it is durable; clean
	// is set if all of it was mapped.
	Ingest(ctx context.Context, source string, body []byte, arrived time.Time) (clean bool, report any, err error)
	Sources() any
	DeadLetters(ctx context.Context, source, after string, limit int) (page any, next string, err error)
	Replay(ctx context.Context, source string, ids []string) (any, error)
	Discard(ctx context.Context, source string, ids []string) (int, error)
	// Try uses the mapping, or that of the source if there is none.
	Try(source string, mapping, payload []byte, topic string, arrived time.Time) (any, error)
}

// API answers the routes.
type API struct {
	desk desk
	now  func() time.Time
}

// New makes an API; now is the city's clock.
func New(d desk, now func() time.Time) *API { return &API{d, now} }

// maxTrial bounds a mapping with its payload, in bytes.
const maxTrial = 4 << 20

// Routes gives the addresses.
func (a *API) Routes() []httpx.Route {
	const group = "Sources"
	const letters = "/api/sources/{source}/dead-letters"
	return []httpx.Route{
		{Method: http.MethodPost, Pattern: "/ingest/{source}", Rule: access.Feed, Name: "ingest", Summary: "Hand in readings of a source, as its mapping reads them", Group: group, Handle: a.ingest},
		{Method: http.MethodGet, Pattern: "/api/sources", Rule: access.Read, Name: "list-sources", Summary: "How the sources fare", Group: group, Handle: a.list},
		{Method: http.MethodGet, Pattern: letters, Rule: access.Curate, Name: "list-dead-letters", Summary: "What a source said that could not be mapped", Group: group, Handle: a.letters},
		{Method: http.MethodDelete, Pattern: letters, Rule: access.Curate, Name: "discard-dead-letters", Summary: "Remove dead letters", Group: group, Handle: a.discard},
		{Method: http.MethodPost, Pattern: letters + "/replay", Rule: access.Curate, Name: "replay-dead-letters", Summary: "Map dead letters anew, with the mapping of today", Group: group, MaxBody: 1 << 20, Handle: a.replay},
		{Method: http.MethodPost, Pattern: "/api/sources/{source}/try", Rule: access.Curate, Name: "try-payload", Summary: "Dry run: the entities that a payload would give", Group: group, MaxBody: maxTrial, Handle: a.tryPayload},
		{Method: http.MethodPost, Pattern: "/api/mappings/try", Rule: access.Curate, Name: "try-mapping", Summary: "Dry run of a mapping that is not in use", Group: group, MaxBody: maxTrial, Handle: a.tryMapping},
	}
}

// ingest answers 204 if all of the body was mapped, else 207 with what was not.
func (a *API) ingest(w http.ResponseWriter, r *http.Request) error {
	source := r.PathValue("source")
	who := access.From(r.Context())
	if !who.MayFeed(source) {
		return problem.New(problem.Forbidden, "the account %q may not feed the source %.64q", who.Account, source)
	}
	if err := noParams(r); err != nil {
		return err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	clean, report, err := a.desk.Ingest(r.Context(), source, body, a.now())
	if err != nil {
		return err
	}
	if clean {
		return httpx.NoContent(w)
	}
	return httpx.WriteJSON(w, http.StatusMultiStatus, report)
}

func noParams(r *http.Request) error {
	_, err := params(r)
	return err
}

func params(r *http.Request, known ...string) (map[string][]string, error) {
	p, err := httpx.Params(r)
	if err != nil {
		return nil, err
	}
	return p, httpx.OnlyParams(p, known...)
}

func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, a.desk.Sources())
}

func (a *API) letters(w http.ResponseWriter, r *http.Request) error {
	p, err := params(r, "after", "limit")
	if err != nil {
		return err
	}
	limit, err := httpx.IntParam(p, "limit", 100, 1, 1000)
	if err != nil {
		return err
	}
	after := first(p["after"])
	page, next, err := a.desk.DeadLetters(r.Context(), r.PathValue("source"), after, limit)
	if err != nil {
		return err
	}
	if next != "" {
		httpx.AddLink(w.Header(), httpx.WithParams(r, map[string][]string{"after": {next}}), "next", "type", "application/json")
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, page)
}

func first(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// discard removes one letter (?id=) or all (?all=true): never all by a slip.
func (a *API) discard(w http.ResponseWriter, r *http.Request) error {
	p, err := params(r, "id", "all")
	if err != nil {
		return err
	}
	id, all := first(p["id"]), first(p["all"])
	if (id == "") == (all != "true") {
		return problem.New(problem.BadRequestData, "say which dead letter with ?id=, or ?all=true")
	}
	var ids []string
	if id != "" {
		ids = []string{id}
	}
	n, err := a.desk.Discard(r.Context(), r.PathValue("source"), ids)
	switch {
	case err != nil:
		return err
	case n == 0 && id != "":
		return problem.New(problem.ResourceNotFound, "there is no dead letter %.40q", id)
	}
	return httpx.NoContent(w)
}

// replay takes {"ids": [...]}, or {} for the oldest 1,000.
func (a *API) replay(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	var body struct {
		IDs []string `json:"ids"`
	}
	if err := httpx.ReadJSON(r, &body); err != nil {
		return err
	}
	if len(body.IDs) > 1000 {
		return problem.New(problem.BadRequestData, "at most 1,000 ids at once")
	}
	report, err := a.desk.Replay(r.Context(), r.PathValue("source"), body.IDs)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, report)
}

// tryPayload takes the payload as the body and, of an MQTT source, the topic.
func (a *API) tryPayload(w http.ResponseWriter, r *http.Request) error {
	p, err := params(r, "topic")
	if err != nil {
		return err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return err
	}
	out, err := a.desk.Try(r.PathValue("source"), nil, body, first(p["topic"]), a.now())
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// trial is the body of tryMapping.
type trial struct {
	Mapping string `json:"mapping"` // the file's text
	Payload string `json:"payload"`
	Base64  string `json:"payloadBase64"` // instead of payload, for bytes
	Topic   string `json:"topic"`
	Arrived string `json:"arrivedAt"` // RFC 3339; now if it is not there
}

func (a *API) tryMapping(w http.ResponseWriter, r *http.Request) error {
	if err := noParams(r); err != nil {
		return err
	}
	var t trial
	if err := httpx.ReadJSON(r, &t); err != nil {
		return err
	}
	payload, arrived := []byte(t.Payload), a.now()
	if t.Base64 != "" {
		b, err := base64.StdEncoding.DecodeString(t.Base64)
		if err != nil || t.Payload != "" {
			return problem.New(problem.BadRequestData, "payloadBase64 is base64, and stands instead of payload")
		}
		payload = b
	}
	if t.Arrived != "" {
		at, err := time.Parse(time.RFC3339, t.Arrived)
		if err != nil {
			return problem.New(problem.BadRequestData, "arrivedAt is a time such as 2026-03-02T10:00:00Z")
		}
		arrived = at
	}
	out, err := a.desk.Try("", []byte(t.Mapping), payload, t.Topic, arrived)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, out)
}
