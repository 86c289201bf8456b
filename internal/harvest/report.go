package harvest

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
)

// Report is what a run found, for the publisher of the source and for
// stewards. It is kept.
type Report struct {
	Source  string         `json:"source"`
	Run     string         `json:"run"` // names it; later runs have greater names
	Dry     bool           `json:"dry,omitzero"`
	State   RunState       `json:"state"`
	Started entity.Instant `json:"started"`
	Ended   entity.Instant `json:"ended,omitzero"`
	Bytes   int64          `json:"bytes"` // read
	Pages   int            `json:"pages"` // asked for
	Counts  Counts         `json:"counts"`
	// Findings are the first of them; ByCode counts all.
	Findings []Finding      `json:"findings,omitzero"`
	ByCode   map[string]int `json:"byCode,omitzero"`
	Preview  Preview        `json:"preview,omitzero"`
}

// Counts are numbers of datasets.
type Counts struct {
	Seen    int `json:"seen"` // that could be read
	New     int `json:"new"`
	Altered int `json:"altered"`
	Same    int `json:"same"`
	Gone    int `json:"gone"`
	Refused int `json:"refused"` // that could not be kept
}

// Preview names the first datasets that are, or would be, new, altered and
// gone.
type Preview struct {
	New     []Line `json:"new,omitzero"`
	Altered []Line `json:"altered,omitzero"`
	Gone    []Line `json:"gone,omitzero"`
}

// Line is one dataset in a Preview.
type Line struct {
	Slug  string          `json:"slug"`
	IRI   string          `json:"iri"`
	Title catalogue.Texts `json:"title"`
}

// RunState tells how far a run came.
type RunState string

// The states.
const (
	Running RunState = "running"
	Done    RunState = "done" // the source was read to its end
	Cut     RunState = "cut"  // it was not; the last findings say why
)

// How much of a report is kept.
const (
	maxFindings = 500
	maxPreview  = 50
	keptReports = 20

	// maxFaults is after how many findings a source is not read on.
	maxFaults = 100_000
)

// found counts all findings.
func (r *Report) found() (n int) {
	for _, of := range r.ByCode {
		n += of
	}
	return n
}

func (r *Report) note(f Finding) {
	if r.ByCode == nil {
		r.ByCode = map[string]int{}
	}
	r.ByCode[f.Code]++
	// What says how a run ended is kept whatever came before it.
	if l := f.Level(); len(r.Findings) < maxFindings || l == Notice || r.ByCode[f.Code] == 1 && len(r.Findings) < maxFindings+50 {
		r.Findings = append(r.Findings, f)
	}
}

// Trouble gives the finding for which a steward must look at a run: what
// stopped it, or that more than half of the source has gone.
func (r *Report) Trouble() (Finding, bool) {
	for i := len(r.Findings) - 1; i >= 0; i-- {
		f := r.Findings[i]
		if f.Code == "vanish-held" || r.State == Cut && f.Level() == Failing {
			return f, true
		}
	}
	return Finding{Code: "incomplete", Where: r.Source}, r.State == Cut
}

func (r *Report) show(kept catalogue.Kept, h *catalogue.Harvested) {
	line := Line{h.Slug, h.IRI, h.Title}
	switch to := &r.Preview.New; kept {
	case catalogue.KeptAltered:
		to = &r.Preview.Altered
		fallthrough
	case catalogue.KeptNew:
		if len(*to) < maxPreview {
			*to = append(*to, line)
		}
	}
}

func (c *Counts) add(k catalogue.Kept) {
	switch k {
	case catalogue.KeptNew:
		c.New++
	case catalogue.KeptAltered:
		c.Altered++
	case catalogue.KeptSame:
		c.Same++
	default:
		c.Refused++
	}
}

// reportVersion begins the record of a report, and that of progress.
const reportVersion = 1

func writeRecord(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write a harvest’s record: %w", err)
	}
	return append([]byte{reportVersion}, b...), nil
}

func readRecord(value []byte, v any) error {
	if len(value) == 0 || value[0] != reportVersion {
		return fmt.Errorf("a record of harvests is not one of this version")
	}
	return json.Unmarshal(value[1:], v)
}
