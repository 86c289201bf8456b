package catalogue

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/timespan"
	"github.com/beffroi/beffroi/internal/vocab"
)

// The names under which a dataset is kept as an entity: those of DCAT where it
// has them, else beffroi's own.
const (
	datasetType entity.Name = vocab.Namespace + "Dataset"

	dct  = "http://purl.org/dc/terms/"
	dcat = "http://www.w3.org/ns/dcat#"
	own  = "https://beffroi.eu/ns/governance/"
)

// Type is the entity type of datasets.
func Type() entity.Name { return datasetType }

type agentJSON struct {
	Name string `json:"name"`
	URL  string `json:"url,omitzero"`
}

type contactJSON struct {
	Name  string `json:"name"`
	Email string `json:"email,omitzero"`
	URL   string `json:"url,omitzero"`
}

type selectionJSON struct {
	Types []entity.Name `json:"types"`
	Scope string        `json:"scope,omitzero"`
}

// field is one attribute of the entity that keeps a D: a dataset of ours or a
// harvested one.
type field[D any] struct {
	name entity.Name
	kind entity.Kind
	// put gives what stands there, nil for nothing; take reads it back.
	put  func(d *D) any
	take func(d *D, raw []byte) error
}

// into reads JSON to where a field says.
func into[D, T any](at func(*D) *T) func(*D, []byte) error {
	return func(d *D, raw []byte) error { return json.Unmarshal(raw, at(d)) }
}

// text is a field with one text.
func text[D any](name entity.Name, at func(*D) *string) field[D] {
	return field[D]{name, entity.Property, func(d *D) any {
		if *at(d) == "" {
			return nil
		}
		return *at(d)
	}, into(at)}
}

// texts is a field with one text in several languages.
func texts[D any](name entity.Name, at func(*D) *Texts) field[D] {
	return field[D]{name, entity.LanguageProperty, func(d *D) any {
		out := Texts{}
		for lang, s := range *at(d) {
			if strings.TrimSpace(s) != "" {
				out[lang] = s
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}, into(at)}
}

// moment is a field with a time.
func moment[D any](name entity.Name, at func(*D) *entity.Instant) field[D] {
	return field[D]{name, entity.Property, func(d *D) any {
		if at(d).IsZero() {
			return nil
		}
		return at(d).String()
	}, func(d *D, raw []byte) error {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		t, err := timespan.ParseInstant(s)
		*at(d) = t
		return err
	}}
}

func fields() []field[Dataset] {
	return []field[Dataset]{
		texts(dct+"title", func(d *Dataset) *Texts { return &d.Title }),
		texts(dct+"description", func(d *Dataset) *Texts { return &d.Description }),
		text(dct+"license", func(d *Dataset) *string { return &d.Licence }),
		{dct + "publisher", entity.JSONProperty, func(d *Dataset) any {
			if d.Publisher == (Agent{}) {
				return nil
			}
			return agentJSON(d.Publisher)
		}, func(d *Dataset, raw []byte) error { return json.Unmarshal(raw, (*agentJSON)(&d.Publisher)) }},
		{dcat + "contactPoint", entity.JSONProperty, func(d *Dataset) any {
			if d.Contact == (Contact{}) {
				return nil
			}
			return contactJSON(d.Contact)
		}, func(d *Dataset, raw []byte) error { return json.Unmarshal(raw, (*contactJSON)(&d.Contact)) }},
		{dcat + "theme", entity.JSONProperty, func(d *Dataset) any {
			if len(d.Themes) == 0 {
				return nil
			}
			return d.Themes
		}, into(func(d *Dataset) *[]string { return &d.Themes })},
		{"http://data.europa.eu/r5r/hvdCategory", entity.JSONProperty, func(d *Dataset) any {
			if len(d.HighValue) == 0 {
				return nil
			}
			return d.HighValue
		}, into(func(d *Dataset) *[]string { return &d.HighValue })},
		text(dct+"accrualPeriodicity", func(d *Dataset) *string { return &d.Frequency }),
		{dcat + "keyword", entity.JSONProperty, func(d *Dataset) any {
			if len(d.Keywords) == 0 {
				return nil
			}
			return d.Keywords
		}, into(func(d *Dataset) *map[string][]string { return &d.Keywords })},
		{own + "selection", entity.JSONProperty, func(d *Dataset) any {
			if len(d.Selection.Types) == 0 {
				return nil
			}
			return selectionJSON(d.Selection)
		}, func(d *Dataset, raw []byte) error { return json.Unmarshal(raw, (*selectionJSON)(&d.Selection)) }},
		{dct + "conformsTo", entity.JSONProperty, func(d *Dataset) any {
			if len(d.ConformsTo) == 0 {
				return nil
			}
			return d.ConformsTo
		}, into(func(d *Dataset) *[]string { return &d.ConformsTo })},
		text(dct+"spatial", func(d *Dataset) *string { return &d.Place }),
		moment(dcat+"startDate", func(d *Dataset) *entity.Instant { return &d.From }),
		moment(dcat+"endDate", func(d *Dataset) *entity.Instant { return &d.Until }),
		text(dct+"accessRights", func(d *Dataset) *string { return &d.Access }),
		text(own+"reason", func(d *Dataset) *string { return &d.Reason }),
		text(own+"layer", func(d *Dataset) *string { return &d.Layer }),
		{own + "period", entity.Property, func(d *Dataset) any {
			if d.Period == 0 {
				return nil
			}
			return float64(d.Period) / 1e6
		}, func(d *Dataset, raw []byte) error {
			var seconds float64
			err := json.Unmarshal(raw, &seconds)
			d.Period = entity.Instant(seconds * 1e6)
			return err
		}},
		{vocab.Namespace + "synthetic", entity.Property, func(d *Dataset) any {
			if !d.Synthetic {
				return nil
			}
			return true
		}, into(func(d *Dataset) *bool { return &d.Synthetic })},
		{own + "state", entity.Property, func(d *Dataset) any { return d.State.String() }, func(d *Dataset, raw []byte) error {
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return err
			}
			for i, name := range stateNames {
				if s == name {
					d.State = State(i)
					return nil
				}
			}
			return fmt.Errorf("there is no state %.40q", s)
		}},
		moment(dct+"issued", func(d *Dataset) *entity.Instant { return &d.Issued }),
		text(own+"address", func(d *Dataset) *string { return &d.Address }),
		termsField(),
		protectionField(),
	}
}

// fragment gives d as an entity. cur, if there is one, is what is kept now:
// then only what differs is in it, and what is to go is marked Null.
func (d *Dataset) fragment(cur *entity.Entity) (entity.Fragment, error) {
	f := entity.Fragment{ID: ID(d.Slug), Types: []entity.Name{datasetType}}
	for _, fd := range fields() {
		v := fd.put(d)
		var old *entity.Instance
		if cur != nil {
			old, _ = cur.Attr(fd.name, "")
		}
		if v == nil {
			if old != nil {
				f.Attrs = append(f.Attrs, entity.Instance{Name: fd.name, Kind: entity.Null})
			}
			continue
		}
		raw, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			return f, fmt.Errorf("write %s of dataset %s: %w", fd.name, d.Slug, err)
		}
		i := entity.Instance{Name: fd.name, Kind: fd.kind, Value: raw}
		if old == nil || !old.SameContent(&i) {
			f.Attrs = append(f.Attrs, i)
		}
	}
	return f, nil
}

// read gives the dataset that e keeps.
func read(e *entity.Entity) (*Dataset, error) {
	slug, ok := strings.CutPrefix(string(e.ID), idPrefix)
	if !ok {
		return nil, fmt.Errorf("the dataset %s has an id that does not begin with %s", e.ID, idPrefix)
	}
	d := &Dataset{Slug: slug, Changed: e.ModifiedAt}
	for _, fd := range fields() {
		i, ok := e.Attr(fd.name, "")
		if !ok {
			continue
		}
		if err := fd.take(d, i.Value); err != nil {
			return nil, fmt.Errorf("read %s of dataset %s: %w", fd.name, slug, err)
		}
	}
	return d, nil
}
