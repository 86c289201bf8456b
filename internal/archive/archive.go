// Package archive writes a whole city into one stream and reads it back:
// entities with their history, and the bookkeeping that belongs to the city
// (subscriptions, contexts, sources). Secrets are never in it.
//
// The stream is NDJSON, one thing a line, described in docs/format/export.md.
// What always holds: reading a stream into an empty store and writing it again
// gives the same bytes.
package archive

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// Version is the version of the stream; a reader takes its own and older ones.
const Version = 1

// Head is the first line of a stream.
type Head struct {
	Beffroi   string `json:"beffroi"` // "export"
	Version   int    `json:"version"`
	Synthetic bool   `json:"synthetic"` // nothing in it is real
	Note      string `json:"note,omitzero"`
}

// line is one of the following lines; exactly one member is set.
type line struct {
	Entity *entityLine `json:"entity,omitzero"`
	Record *recordLine `json:"record,omitzero"`
	End    *endLine    `json:"end,omitzero"`
}

// endLine is the last line: a stream without it was cut short.
type endLine struct {
	Entities int `json:"entities"`
	Records  int `json:"records"`
}

type recordLine struct {
	Kind  string `json:"kind"`
	Name  []byte `json:"name"`  // base64: names may hold zero bytes
	Value []byte `json:"value"` // base64: the owner's own form, with its version byte
}

type entityLine struct {
	Tenant     string         `json:"tenant,omitzero"`
	ID         entity.ID      `json:"id"`
	Types      []entity.Name  `json:"types"`
	Scopes     []string       `json:"scopes,omitzero"`
	CreatedAt  string         `json:"createdAt,omitzero"`
	ModifiedAt string         `json:"modifiedAt,omitzero"`
	ExpiresAt  string         `json:"expiresAt,omitzero"`
	Deleted    bool           `json:"deleted,omitzero"`
	Attrs      []instanceLine `json:"attrs,omitzero"`   // the state, in its order
	History    []instanceLine `json:"history,omitzero"` // all else, oldest first by attribute
}

type instanceLine struct {
	Name       entity.Name    `json:"name"`
	Dataset    string         `json:"datasetId,omitzero"`
	Kind       string         `json:"type,omitzero"` // absent: deleted at DeletedAt
	Value      jsontext.Value `json:"value,omitzero"`
	Unit       string         `json:"unitCode,omitzero"`
	ObservedAt string         `json:"observedAt,omitzero"`
	CreatedAt  string         `json:"createdAt,omitzero"`
	ModifiedAt string         `json:"modifiedAt,omitzero"`
	ExpiresAt  string         `json:"expiresAt,omitzero"`
	DeletedAt  string         `json:"deletedAt,omitzero"`
	Origin     *originLine    `json:"origin,omitzero"`
	Subs       []instanceLine `json:"subs,omitzero"`
	More       []memberLine   `json:"more,omitzero"`
}

type originLine struct {
	Account string `json:"account,omitzero"`
	Source  string `json:"source,omitzero"`
	Mapping string `json:"mapping,omitzero"`
}

type memberLine struct {
	Name  string         `json:"name"`
	Value jsontext.Value `json:"value"`
}

func when(t entity.Instant) string {
	if t == 0 {
		return ""
	}
	return t.String()
}

func moment(s string) (entity.Instant, error) {
	if s == "" {
		return 0, nil
	}
	return timespan.ParseInstant(s)
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	return append(b, '\n'), err
}

func lineOf(i *entity.Instance, origin func(entity.OriginID) store.Origin) instanceLine {
	l := instanceLine{Name: i.Name, Dataset: i.Dataset, Kind: i.Kind.String(), Value: i.Value, Unit: i.Unit, ObservedAt: when(i.ObservedAt),
		CreatedAt: when(i.CreatedAt), ModifiedAt: when(i.ModifiedAt), ExpiresAt: when(i.ExpiresAt), DeletedAt: when(i.DeletedAt)}
	if o := origin(i.Origin); o != (store.Origin{}) {
		l.Origin = &originLine{o.Account, o.Source, o.Mapping}
	}
	for k := range i.Subs {
		l.Subs = append(l.Subs, lineOf(&i.Subs[k], origin))
	}
	for _, m := range i.More {
		l.More = append(l.More, memberLine{m.Name, m.Raw})
	}
	return l
}

func (l *instanceLine) instance(origin func(store.Origin) (entity.OriginID, error)) (i entity.Instance, err error) {
	i = entity.Instance{Name: l.Name, Dataset: l.Dataset, Value: l.Value, Unit: l.Unit}
	if l.Kind != "" {
		k, ok := entity.ParseKind(l.Kind)
		if !ok {
			return i, bad("the attribute %s has the type %q, which is none", l.Name, l.Kind)
		}
		i.Kind = k
	}
	for _, t := range []struct {
		text string
		to   *entity.Instant
	}{{l.ObservedAt, &i.ObservedAt}, {l.CreatedAt, &i.CreatedAt}, {l.ModifiedAt, &i.ModifiedAt}, {l.ExpiresAt, &i.ExpiresAt}, {l.DeletedAt, &i.DeletedAt}} {
		if *t.to, err = moment(t.text); err != nil {
			return i, bad("the attribute %s: %s", l.Name, err.Error())
		}
	}
	if l.Origin != nil {
		if i.Origin, err = origin(store.Origin{Account: l.Origin.Account, Source: l.Origin.Source, Mapping: l.Origin.Mapping}); err != nil {
			return i, err
		}
	}
	for k := range l.Subs {
		s, err := l.Subs[k].instance(origin)
		if err != nil {
			return i, err
		}
		i.Subs = append(i.Subs, s)
	}
	for _, m := range l.More {
		i.More = append(i.More, entity.Member{Name: m.Name, Raw: m.Value})
	}
	return i, nil
}
