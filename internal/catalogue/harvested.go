package catalogue

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/vocab"
)

const (
	harvestedType entity.Name = vocab.Namespace + "HarvestedDataset"

	harvestedPrefix = "urn:ngsi-ld:HarvestedDataset:"
)

// HarvestedType is the entity type of harvested datasets.
func HarvestedType() entity.Name { return harvestedType }

// Harvested is a dataset that another catalogue describes. It is no selection
// of our entities: what is known of it is what its source says, it keeps the
// IRI that it has there, and only the record about it (Slug) is ours.
type Harvested struct {
	Slug   string // of our record: HarvestedSlug(Source, IRI)
	Source string // slug of the source that brought it
	IRI    string // of the dataset, as its source names it
	// Key is what its source knows it by if that is not IRI, such as the
	// identifier of an OAI-PMH record; "" if it is. The slug comes from it.
	Key    string
	Origin Agent  // the catalogue that brought it: its name and where it is read
	Page   string // about it at its source; "" if none is named

	Title       Texts // by language tag; "und" where the source names none
	Description Texts
	Publisher   Agent
	Contact     Contact
	Themes      []string // codes of the EU table data-theme
	HighValue   []string // codes of the EU table of categories of high-value datasets
	Keywords    map[string][]string
	// Licence is the key of one that is known here, "" if it is not; LicenceIRI
	// is what the source names, whatever it is.
	Licence, LicenceIRI string
	Frequency           string         // code of the EU table frequency
	Rights              string         // code of the EU table access-right, such as "PUBLIC"
	Issued, Modified    entity.Instant // as the source says; zero if it does not
	From, Until         entity.Instant // what it is about in time
	Box                 []float64      // west, south, east, north in degrees; nil if unknown
	Ways                []HarvestedWay

	// What follows is set by the catalogue.
	Gone    entity.Instant // when its source stopped having it; zero while it has it
	Changed entity.Instant // of this record
	digest  string         // of what the source says
}

// HarvestedWay is one way to have a harvested dataset: a distribution.
type HarvestedWay struct {
	IRI         string `json:"iri,omitzero"` // as its source names it; "" if it does not
	Title       Texts  `json:"title,omitzero"`
	AccessURL   string `json:"accessURL,omitzero"`
	DownloadURL string `json:"downloadURL,omitzero"`
	Format      string `json:"format,omitzero"` // for people, such as "CSV"
	FormatCode  string `json:"formatCode,omitzero"`
	MediaType   string `json:"mediaType,omitzero"`
	Licence     string `json:"licence,omitzero"` // as in Harvested
	LicenceIRI  string `json:"licenceIRI,omitzero"`
	Bytes       int64  `json:"bytes,omitzero"`
}

// HarvestedSlug gives the last part of the address of our record of a dataset:
// the same for the same source and key there (its IRI, unless Key is set), for
// ever.
func HarvestedSlug(source, key string) string {
	sum := sha256.Sum256([]byte(source + "\n" + key))
	return source + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// HarvestedID gives the entity that holds the record with a slug.
func HarvestedID(slug string) entity.ID { return entity.ID(harvestedPrefix + slug) }

// Address is the path of our record of it. The dataset itself is at its IRI.
func (h *Harvested) Address() string { return "/id/record/" + h.Slug }

// some is a field with anything that has a length.
func some[D any](name entity.Name, at func(*D) (v any, n int), take func(*D, []byte) error) field[D] {
	return field[D]{name, entity.JSONProperty, func(d *D) any {
		v, n := at(d)
		if n == 0 {
			return nil
		}
		return v
	}, take}
}

func harvestedFields() []field[Harvested] {
	type h = Harvested
	return []field[h]{
		text(dct+"source", func(d *h) *string { return &d.IRI }),
		text(own+"harvestKey", func(d *h) *string { return &d.Key }),
		text(own+"harvestSource", func(d *h) *string { return &d.Source }),
		some(own+"harvestedFrom", func(d *h) (any, int) { return agentJSON(d.Origin), len(d.Origin.Name) + len(d.Origin.URL) },
			func(d *h, raw []byte) error { return json.Unmarshal(raw, (*agentJSON)(&d.Origin)) }),
		texts(dct+"title", func(d *h) *Texts { return &d.Title }),
		texts(dct+"description", func(d *h) *Texts { return &d.Description }),
		text(dcat+"landingPage", func(d *h) *string { return &d.Page }),
		some(dct+"publisher", func(d *h) (any, int) { return agentJSON(d.Publisher), len(d.Publisher.Name) + len(d.Publisher.URL) },
			func(d *h, raw []byte) error { return json.Unmarshal(raw, (*agentJSON)(&d.Publisher)) }),
		some(dcat+"contactPoint", func(d *h) (any, int) {
			return contactJSON(d.Contact), len(d.Contact.Name) + len(d.Contact.Email) + len(d.Contact.URL)
		}, func(d *h, raw []byte) error { return json.Unmarshal(raw, (*contactJSON)(&d.Contact)) }),
		some(dcat+"theme", func(d *h) (any, int) { return d.Themes, len(d.Themes) }, into(func(d *h) *[]string { return &d.Themes })),
		some("http://data.europa.eu/r5r/hvdCategory", func(d *h) (any, int) { return d.HighValue, len(d.HighValue) }, into(func(d *h) *[]string { return &d.HighValue })),
		some(dcat+"keyword", func(d *h) (any, int) { return d.Keywords, len(d.Keywords) }, into(func(d *h) *map[string][]string { return &d.Keywords })),
		text(own+"licence", func(d *h) *string { return &d.Licence }),
		text(dct+"license", func(d *h) *string { return &d.LicenceIRI }),
		text(dct+"accrualPeriodicity", func(d *h) *string { return &d.Frequency }),
		text(dct+"accessRights", func(d *h) *string { return &d.Rights }),
		moment(dct+"issued", func(d *h) *entity.Instant { return &d.Issued }),
		moment(dct+"modified", func(d *h) *entity.Instant { return &d.Modified }),
		moment(dcat+"startDate", func(d *h) *entity.Instant { return &d.From }),
		moment(dcat+"endDate", func(d *h) *entity.Instant { return &d.Until }),
		some(dcat+"bbox", func(d *h) (any, int) { return d.Box, len(d.Box) }, into(func(d *h) *[]float64 { return &d.Box })),
		some(dcat+"distribution", func(d *h) (any, int) { return d.Ways, len(d.Ways) }, into(func(d *h) *[]HarvestedWay { return &d.Ways })),
		moment(own+"gone", func(d *h) *entity.Instant { return &d.Gone }),
		text(own+"digest", func(d *h) *string { return &d.digest }),
	}
}

// said digests what the source says: equal digests need no writing.
func (h *Harvested) said() (string, error) {
	bare := *h
	bare.Gone, bare.Changed, bare.digest = 0, 0, ""
	f, err := bare.fragment()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, a := range f.Attrs {
		fmt.Fprintf(sum, "%s %d:", a.Name, len(a.Value))
		sum.Write(a.Value)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12]), nil
}

// fragment gives h as an entity, whole.
func (h *Harvested) fragment() (entity.Fragment, error) {
	f := entity.Fragment{ID: HarvestedID(h.Slug), Types: []entity.Name{harvestedType}}
	for _, fd := range harvestedFields() {
		v := fd.put(h)
		if v == nil {
			continue
		}
		raw, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			return f, fmt.Errorf("write %s of the harvested dataset %s: %w", fd.name, h.Slug, err)
		}
		f.Attrs = append(f.Attrs, entity.Instance{Name: fd.name, Kind: fd.kind, Value: raw})
	}
	return f, nil
}

// ReadHarvested gives the harvested dataset that e keeps.
//
// Errors: for an entity that is none, or was not written by the catalogue.
func ReadHarvested(e *entity.Entity) (*Harvested, error) {
	slug, ok := strings.CutPrefix(string(e.ID), harvestedPrefix)
	if !ok || !e.HasType(harvestedType) {
		return nil, fmt.Errorf("%s is no harvested dataset", e.ID)
	}
	h := &Harvested{Slug: slug, Changed: e.ModifiedAt}
	for _, fd := range harvestedFields() {
		i, ok := e.Attr(fd.name, "")
		if !ok {
			continue
		}
		if err := fd.take(h, i.Value); err != nil {
			return nil, fmt.Errorf("read %s of the harvested dataset %s: %w", fd.name, slug, err)
		}
	}
	return h, nil
}

// The bounds of one harvested dataset.
const (
	maxHarvestedBytes = 512 << 10
	maxHarvestedWays  = 2_000
)

// check finds why h cannot be kept, all of it.
func (h *Harvested) check() []string {
	var out []string
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if err := rdf.CheckIRI(h.IRI); err != nil {
		bad("%s", err)
	}
	if h.Source == "" || h.Slug != HarvestedSlug(h.Source, cmp.Or(h.Key, h.IRI)) {
		bad("the slug %q is not that of its source and key", h.Slug)
	}
	if len(h.Title) == 0 {
		bad("it has no title")
	}
	size := 0
	for _, t := range []Texts{h.Title, h.Description} {
		for _, s := range t {
			size += len(s)
		}
	}
	for _, w := range h.Ways {
		size += len(w.AccessURL) + len(w.DownloadURL) + len(w.IRI) + len(w.LicenceIRI) + len(w.Format)
		for _, s := range w.Title {
			size += len(s)
		}
	}
	if size > maxHarvestedBytes {
		bad("its texts have %d bytes, and %d are taken", size, maxHarvestedBytes)
	}
	if n := len(h.Ways); n > maxHarvestedWays {
		bad("it has %d distributions, and %d are taken", n, maxHarvestedWays)
	}
	slices.Sort(out)
	return out
}
