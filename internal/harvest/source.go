// Package harvest takes in what other catalogues describe: as an RDF dump, as
// DCAT in pages (Hydra), by the CKAN action API, or by OAI-PMH 2.0. It reads
// as it comes, keeps what it read as harvested datasets of the catalogue, and
// writes a report that the other catalogue's publisher can act on.
//
// What always holds: memory does not grow with what a source has, save some
// bytes a dataset; a bad record is a finding and stops no other; a page that
// was read is not read again in one run; a run that was killed goes on where
// it stood; a dataset is marked as gone only after its source was read to its
// end; a dry run writes nothing but its report.
package harvest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/problem"
)

// Kind is how a source is read.
type Kind string

// The kinds.
const (
	Dump  Kind = "rdf"  // one document with all
	Pages Kind = "dcat" // documents that lead to one another by Hydra
	CKAN  Kind = "ckan" // the action API below URL
	OAI   Kind = "oai"  // OAI-PMH 2.0 at URL
)

// Kinds lists them all.
func Kinds() []Kind { return []Kind{Dump, Pages, CKAN, OAI} }

// Source is another catalogue, and how it is read.
type Source struct {
	Slug     string `json:"slug"`
	Name     string `json:"name"` // for people
	Kind     Kind   `json:"kind"`
	URL      string `json:"url"`
	Language string `json:"language,omitzero"` // of texts that name none; "" leaves them without
	Prefix   string `json:"prefix,omitzero"`   // OAI-PMH: metadataPrefix; "" is dcat_ap
	Set      string `json:"set,omitzero"`      // OAI-PMH: only this set
	Filter   string `json:"filter,omitzero"`   // CKAN: fq
	Every    int64  `json:"every,omitzero"`    // seconds between two runs; 0 runs by hand only
	Limits   Limits `json:"limits"`
}

// Limits bound one run. A zero field means its default.
type Limits struct {
	Bytes   int64 `json:"bytes,omitzero"`   // that are read: 2 GiB
	Pages   int   `json:"pages,omitzero"`   // documents that are asked for: 10,000
	Seconds int64 `json:"seconds,omitzero"` // two hours
	Records int   `json:"records,omitzero"` // datasets: 200,000
}

func (l Limits) withDefaults() Limits {
	pick := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	pages, records := int64(l.Pages), int64(l.Records)
	pick(&l.Bytes, 2<<30)
	pick(&pages, 10_000)
	pick(&l.Seconds, 2*3600)
	pick(&records, 200_000)
	l.Pages, l.Records = int(pages), int(records)
	return l
}

func (l Limits) time() time.Duration { return time.Duration(l.Seconds) * time.Second }

// minEvery keeps a schedule from being a nuisance to others, in seconds.
const minEvery = 300

// maxSlug leaves room for the digest in the slugs of records.
const maxSlug = 60

// check finds what is wrong with a source, all of it.
func (s *Source) check(address func(string) error) []string {
	var out []string
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if err := catalogue.CheckSlug(s.Slug); err != nil {
		bad("%s", problem.DetailOf(err))
	} else if len(s.Slug) > maxSlug {
		bad("the slug has %d characters, and %d are taken", len(s.Slug), maxSlug)
	}
	if strings.TrimSpace(s.Name) == "" {
		bad("name is missing: what people call this catalogue")
	}
	if !slices.Contains(Kinds(), s.Kind) {
		bad("kind is %.40q: it is rdf (one document), dcat (pages), ckan or oai", s.Kind)
	}
	if u, err := url.Parse(s.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad("url %.200q is not an http or https address", s.URL)
	} else if err := address(s.URL); err != nil {
		bad("url: %s", problem.DetailOf(err))
	}
	if s.Language != "" && (len(s.Language) < 2 || len(s.Language) > 8 || strings.Trim(strings.ToLower(s.Language), "abcdefghijklmnopqrstuvwxyz-") != "") {
		bad("language is %.40q: it is a tag such as fr", s.Language)
	}
	if s.Every != 0 && s.Every < minEvery {
		bad("every is %d: it is 0 or at least %d seconds", s.Every, minEvery)
	}
	if s.Limits.Bytes < 0 || s.Limits.Pages < 0 || s.Limits.Seconds < 0 || s.Limits.Records < 0 {
		bad("a limit is below zero")
	}
	for name, v := range map[string]string{"name": s.Name, "url": s.URL, "prefix": s.Prefix, "set": s.Set, "filter": s.Filter} {
		if len(v) > 2_000 {
			bad("%s is longer than 2000 bytes", name)
		}
	}
	slices.Sort(out)
	return out
}

// sourceVersion begins the record of a source.
const sourceVersion = 1

func writeSource(s Source) ([]byte, error) {
	b, err := json.Marshal(s, json.Deterministic(true))
	return append([]byte{sourceVersion}, b...), err
}

func readSource(value []byte) (Source, error) {
	var s Source
	if len(value) == 0 || value[0] != sourceVersion {
		return s, fmt.Errorf("the record of a harvest source is not one of this version")
	}
	return s, json.Unmarshal(value[1:], &s)
}
