// Package gbfs reads the feeds of shared bikes and their like (GBFS 2.x and
// 3.x): it finds the files behind an address, gets those that are needed and
// hands them on as one payload, an object of the files by name. What the
// stations are is for the mapping to say.
//
// What always holds: files that seldom change, such as where the stations are,
// are not asked for at every poll, but at least once an hour.
package gbfs

import (
	"context"
	"time"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/fetch"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// Options are the settings of the readers.
type Options struct {
	// Get gets a JSON document for a source.
	Get func(ctx context.Context, c *fetch.Client, m *connect.Mapping, address string) (jsontree.Node, error)
	// Now is the city's clock.
	Now func() time.Time
}

// Open gives the way to read sources through f. The address of a source is
// that of its gbfs.json.
func Open(f *fetch.Fetcher, o Options) connect.Open {
	return func(m *connect.Mapping) (connect.Reader, error) {
		c, err := f.For(fetch.Source, fetch.Limits{Bytes: connect.MaxPayloadBytes}, m.URL)
		if err != nil {
			return nil, err
		}
		return &reader{m: m, c: c, o: o, kept: map[string]file{}}, nil
	}
}

type reader struct {
	m    *connect.Mapping
	c    *fetch.Client
	o    Options
	kept map[string]file // what seldom changes
	list map[string]string
	till time.Time // how long list counts
}

type file struct {
	doc  jsontree.Node
	till time.Time
}

const (
	seldom    = 5 * time.Minute // at least so long a file that seldom changes counts
	mostOften = time.Hour       // at most so long
)

// wanted lists the files that are read; fresh ones with every poll.
func wanted() []struct {
	name     string
	fresh    bool
	required bool
} {
	return []struct {
		name     string
		fresh    bool
		required bool
	}{{"system_information", false, false}, {"vehicle_types", false, false}, {"station_information", false, true}, {"station_status", true, true}}
}

// Read gets what is due and hands it on as one payload.
func (r *reader) Read(ctx context.Context, _ []byte, take func(connect.Payload, []byte) error) error {
	if err := r.discover(ctx); err != nil {
		return err
	}
	var members []jsontree.Member
	for _, w := range wanted() {
		address, ok := r.list[w.name]
		if !ok {
			if w.required {
				return problem.New(problem.BadRequestData, "the feed does not list %s", w.name)
			}
			continue
		}
		doc, err := r.get(ctx, w.name, address, w.fresh)
		if err != nil {
			r.till = time.Time{} // the addresses may have changed
			return err
		}
		members = append(members, jsontree.Member{Name: w.name, Value: doc})
	}
	return take(connect.Payload{Data: jsontree.ObjectNode(members).Raw()}, nil)
}

// get gives a file, from memory if it is not due.
func (r *reader) get(ctx context.Context, name, address string, fresh bool) (jsontree.Node, error) {
	now := r.o.Now()
	if k, ok := r.kept[name]; ok && !fresh && now.Before(k.till) {
		return k.doc, nil
	}
	doc, err := r.o.Get(ctx, r.c, r.m, address)
	if err != nil || fresh {
		return doc, err
	}
	r.kept[name] = file{doc, now.Add(life(doc))}
	return doc, nil
}

// life tells how long a file counts, by what it says itself, within bounds.
func life(doc jsontree.Node) time.Duration {
	ttl, _ := doc.Get("ttl")
	s, ok := ttl.Float()
	if !ok || s < 0 || s > 1e6 {
		return seldom
	}
	return min(max(time.Duration(s)*time.Second, seldom), mostOften)
}

// discover reads the list of files (gbfs.json). In 2.x there is one list for
// each language: they name the same files, any will do; French, Dutch and
// English come first.
func (r *reader) discover(ctx context.Context) error {
	now := r.o.Now()
	if r.list != nil && now.Before(r.till) {
		return nil
	}
	doc, err := r.o.Get(ctx, r.c, r.m, r.m.URL)
	if err != nil {
		return err
	}
	data, _ := doc.Get("data")
	feeds, ok := data.Get("feeds")
	for _, lang := range []string{"fr", "nl", "en"} {
		if l, has := data.Get(lang); has && !ok {
			feeds, ok = l.Get("feeds")
		}
	}
	for _, l := range data.Members() {
		if !ok {
			feeds, ok = l.Get("feeds")
		}
	}
	list := map[string]string{}
	for _, f := range feeds.Items() {
		name, _ := f.Get("name")
		url, _ := f.Get("url")
		if name.Str() != "" && url.Str() != "" {
			list[name.Str()] = url.Str()
		}
	}
	if len(list) == 0 {
		return problem.New(problem.BadRequestData, "the address is not that of a list of GBFS files (gbfs.json): there are no data.feeds")
	}
	r.list, r.till = list, now.Add(life(doc))
	return nil
}
