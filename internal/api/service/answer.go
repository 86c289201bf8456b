package service

import (
	"math"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/served"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// terms are catalogue.Terms on the wire. What is absent is not promised.
type terms struct {
	Availability float64         `json:"availability,omitzero"` // percent
	Freshness    float64         `json:"freshness,omitzero"`    // seconds
	Latency      float64         `json:"latency,omitzero"`      // milliseconds, 95 of 100 requests
	Capacity     int             `json:"capacity,omitzero"`     // requests a minute by one client
	Notice       int             `json:"notice,omitzero"`       // days
	Support      support         `json:"support,omitzero"`
	Use          catalogue.Texts `json:"use,omitzero"`
	Versioning   catalogue.Texts `json:"versioning,omitzero"`
}

type support struct {
	Name  string `json:"name,omitzero"`
	Email string `json:"email,omitzero"`
	URL   string `json:"url,omitzero"`
}

func termsAnswer(t *catalogue.Terms) *terms {
	if t == nil {
		return nil
	}
	return &terms{t.Availability, float64(t.Freshness) / 1e6, float64(t.Latency) / 1e3, t.Capacity, t.Notice, support(t.Support), t.Use, t.Versioning}
}

// readTerms reads the body of a change.
func readTerms(r *http.Request) (*catalogue.Terms, error) {
	if _, err := httpx.MediaType(r, httpx.TypeJSON); err != nil {
		return nil, err
	}
	body, err := httpx.ReadBody(r)
	if err != nil {
		return nil, err
	}
	var in terms
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, problem.Wrap(problem.BadRequestData, err, "the terms cannot be read: %.300s", err)
	}
	const most = 1e12 // beyond it no instant; Check has the bounds that make sense
	if !(math.Abs(in.Freshness) < most && math.Abs(in.Latency) < most) {
		return nil, problem.New(problem.BadRequestData, "freshness is in seconds and latency in milliseconds; %g and %g are neither", in.Freshness, in.Latency)
	}
	return &catalogue.Terms{Availability: in.Availability, Freshness: entity.Instant(in.Freshness * 1e6), Latency: entity.Instant(in.Latency * 1e3), Capacity: in.Capacity,
		Notice: in.Notice, Support: catalogue.Contact(in.Support), Use: in.Use, Versioning: in.Versioning}, nil
}

type availability struct {
	Value float64 `json:"value"` // percent
	// Uptime is the share of minutes in which the server was there, in percent.
	Uptime  float64 `json:"uptime"`
	Minutes int     `json:"minutes"`
	Up      int     `json:"up"`
}

type latency struct {
	P50 float64 `json:"p50"` // milliseconds, rounded up
	P95 float64 `json:"p95"`
}

type freshness struct {
	Age    float64 `json:"age"` // seconds since the newest observation
	Newest string  `json:"newest"`
}

// measured has null for what was not measured yet.
type measured struct {
	From         string        `json:"from,omitzero"`
	To           string        `json:"to,omitzero"`
	Requests     uint64        `json:"requests"`
	Failed       uint64        `json:"failed"`
	Availability *availability `json:"availability"`
	Latency      *latency      `json:"latency"`
	Freshness    *freshness    `json:"freshness"`
}

// kept tells which promises were kept; null where there is no promise, or
// nothing measured.
type kept struct {
	Availability *bool `json:"availability"`
	Latency      *bool `json:"latency"`
	Freshness    *bool `json:"freshness"`
}

type answer struct {
	Slug string `json:"slug"`
	Days int    `json:"days"`
	// Terms are null where nothing is promised; Source tells whose they are.
	Terms    *terms   `json:"promised"`
	Source   string   `json:"promisedBy"` // dataset, default, nobody
	Measured measured `json:"measured"`
	Kept     kept     `json:"kept"`
	Method   string   `json:"method"`
}

const method = "Availability: the share of whole minutes in which the server was there, times the share of requests not answered with a status of 500 or above. " +
	"Latency: from the request's header to the answer's, rounded up by at most 19 %. " +
	"Requests: for the dataset's files and address, and for its types at the NGSI-LD API. " +
	"Freshness: the age of the newest observation now. Time before the first measurement is not counted."

func answerOf(s state) answer {
	out := answer{Slug: s.d.Slug, Days: served.Window, Terms: termsAnswer(s.terms), Source: "nobody", Method: method}
	switch {
	case s.own:
		out.Source = "dataset"
	case s.terms != nil:
		out.Source = "default"
	}
	f := s.found
	m := &out.Measured
	m.Requests, m.Failed = f.Requests, f.Failed
	var promised catalogue.Terms
	if s.terms != nil {
		promised = *s.terms
	}
	judge := func(promise bool, good bool) *bool {
		if !promise {
			return nil
		}
		return &good
	}
	if f.Known() {
		m.From, m.To = f.From.String(), f.To.String()
		m.Availability = &availability{floor(f.Availability()), floor(100 * float64(f.Up) / float64(f.Minutes)), f.Minutes, f.Up}
		out.Kept.Availability = judge(promised.Availability > 0, f.Availability() >= promised.Availability)
	}
	if f.P95 > 0 {
		m.Latency = &latency{float64(f.P50) / 1e3, float64(f.P95) / 1e3}
		out.Kept.Latency = judge(promised.Latency > 0, f.P95 <= promised.Latency)
	}
	if age, ok := s.age(); ok {
		m.Freshness = &freshness{float64(age) / 1e6, s.x.Last.String()}
		out.Kept.Freshness = judge(promised.Freshness > 0, age <= promised.Freshness)
	}
	return out
}

// age gives how old the newest observation is.
func (s state) age() (entity.Instant, bool) {
	if s.x.Last.IsZero() {
		return 0, false
	}
	return max(0, s.now-s.x.Last), true
}

// floor cuts a percentage to three decimals: 99.9996 is not 100.
func floor(percent float64) float64 { return math.Floor(percent*1000) / 1000 }

func describeTerms() httpx.Description {
	texts := httpx.Schema{"type": "object", "additionalProperties": httpx.Schema{"type": "string"}}
	return httpx.Description{Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{"type": "object", "additionalProperties": false, "properties": httpx.Schema{
		"availability": httpx.Schema{"type": "number", "minimum": 0, "maximum": 100, "description": "Percent of the time."},
		"freshness":    httpx.Schema{"type": "number", "minimum": 0, "description": "Greatest age of the newest observation, in seconds."},
		"latency":      httpx.Schema{"type": "number", "minimum": 0, "description": "Within which 95 of 100 requests begin to be answered, in milliseconds."},
		"capacity":     httpx.Schema{"type": "integer", "minimum": 0, "description": "Requests a minute that one client may make."},
		"notice":       httpx.Schema{"type": "integer", "minimum": 0, "description": "Days between the announcement of a breaking change and the change."},
		"support":      httpx.Schema{"type": "object"}, "use": texts, "versioning": texts,
	}, "example": map[string]any{"availability": 99.5, "latency": 500, "freshness": 300, "notice": 60, "use": map[string]any{"en": "Free for everybody."}}}}},
		Answers: []httpx.Answer{{Status: http.StatusNoContent, Description: "They hold from now on."}, {Status: http.StatusBadRequest, Description: "What cannot be promised, all of it."}}}
}

func describeService() httpx.Description {
	object := httpx.Schema{"type": []string{"object", "null"}}
	return httpx.Description{Answers: []httpx.Answer{{Status: http.StatusOK, Description: "What is promised beside what was measured.", Body: []httpx.Media{{Type: httpx.TypeJSON, Schema: httpx.Schema{
		"type": "object", "required": []string{"slug", "days", "promised", "promisedBy", "measured", "kept", "method"}, "properties": httpx.Schema{
			"slug": httpx.Schema{"type": "string"}, "days": httpx.Schema{"type": "integer"}, "promised": object, "promisedBy": httpx.Schema{"type": "string"},
			"measured": object, "kept": object, "method": httpx.Schema{"type": "string"}}}}}}}}
}
