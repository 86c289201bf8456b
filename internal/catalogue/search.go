package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue/find"
	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// searched is the index of one space. It is made from the state when it is
// first asked for and follows the log from then on; it can be thrown away at
// any time.
type searched struct {
	made  chan struct{} // closed when all is in it, or err
	err   error
	index *find.Index
	head  string // where the log stood, if nobody follows it
	// gone are those removed while it is made: what is read later may be older.
	// Below Service.mu; nil when it is made.
	gone map[string]entity.Position
}

// harvestedMark begins the names of harvested datasets in the index; no slug
// has it.
const harvestedMark = "@"

// livePatience is how many expected periods may pass without a reading before
// a dataset no longer counts as live: then it is silent.
const livePatience = 5

// Found is what a search found: one dataset of ours, or one harvested.
type Found struct {
	Score     float64
	Dataset   *Dataset // must not be changed
	Harvested *Harvested
	Live      bool
}

// Page is the answer to a search.
type Page struct {
	find.Result
	Found []Found // of the page asked for
}

// Search finds datasets. What is public is found by everybody; what is not
// only if q asks for it, which is for stewards.
//
// Errors: those of the store. A tenant that is not there has no datasets.
func (s *Service) Search(ctx context.Context, sp store.Space, q find.Query) (Page, error) {
	x, err := s.index(ctx, sp)
	if err != nil {
		return Page{}, err
	}
	until, err := s.measures(ctx, sp, x)
	if err != nil {
		return Page{}, err
	}
	if q.Now == 0 {
		q.Now = s.o.Now()
	}
	if q.Holds == nil {
		q.Holds = func(id string, words []string) bool { return s.holds(ctx, sp, id, words) }
	}
	out := Page{Result: x.Search(q)}
	for _, h := range out.Hits {
		f, err := s.found(ctx, sp, h.ID)
		if problem.Is(err, problem.ResourceNotFound) {
			continue // gone meanwhile
		}
		if err != nil {
			return Page{}, err
		}
		if f.Dataset != nil && (f.Dataset.State == Withdrawn || f.Dataset.State == Draft && !q.Drafts && !q.NotPublic) {
			continue
		}
		f.Score, f.Live = h.Score, until[h.ID] >= q.Now
		out.Found = append(out.Found, f)
	}
	return out, nil
}

func (s *Service) found(ctx context.Context, sp store.Space, id string) (Found, error) {
	if slug, ok := strings.CutPrefix(id, harvestedMark); ok {
		h, err := s.HarvestedOne(ctx, sp, slug)
		return Found{Harvested: h}, err
	}
	d, err := s.Get(ctx, sp, id)
	return Found{Dataset: d}, err
}

// FacetValues gives the values of a facet that datasets of a space have or
// had, in no order.
func (s *Service) FacetValues(ctx context.Context, sp store.Space, f find.Facet) ([]string, error) {
	x, err := s.index(ctx, sp)
	if err != nil {
		return nil, err
	}
	return x.Values(f), nil
}

// holds tells whether a dataset has words in a row in one of its texts.
func (s *Service) holds(ctx context.Context, sp store.Space, id string, words []string) bool {
	f, err := s.found(ctx, sp, id)
	if err != nil {
		return false
	}
	var texts []find.Passage
	if f.Dataset != nil {
		texts = passages(f.Dataset)
	} else {
		texts = harvestedPassages(f.Harvested)
	}
	return slices.ContainsFunc(texts, func(p find.Passage) bool { return find.InRow(p.Text, words) })
}

// index gives the index of a space, made if it is not there.
func (s *Service) index(ctx context.Context, sp store.Space) (*find.Index, error) {
	head, err := s.o.Log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the head of the change log: %w", err)
	}
	for {
		s.mu.Lock()
		l := s.searches[sp]
		mine := l == nil || !s.following && l.head != head.String()
		if mine {
			l = &searched{made: make(chan struct{}), index: find.New(), head: head.String(), gone: map[string]entity.Position{}}
			s.searches[sp] = l
		}
		s.mu.Unlock()
		if mine {
			there, err := s.fill(ctx, sp, l.index)
			s.mu.Lock()
			for id, at := range l.gone {
				l.index.Remove(id, at)
			}
			// Nothing is kept of a tenant that is not there: anybody can make up
			// its name.
			if l.gone, l.err = nil, err; (err != nil || !there) && s.searches[sp] == l {
				delete(s.searches, sp)
			}
			s.mu.Unlock()
			close(l.made)
		}
		select {
		case <-l.made:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if l.err == nil || mine {
			return l.index, l.err
		}
	}
}

// fill puts all datasets of a space into an index; false if there is no such
// tenant.
func (s *Service) fill(ctx context.Context, sp store.Space, x *find.Index) (bool, error) {
	q := &query.Query{Types: query.AnyType(datasetType, harvestedType)}
	var bad error
	err := s.o.Broker.Walk(ctx, broker.Call{Space: sp}, q, 0, func(e *entity.Entity) bool {
		var d *find.Doc
		if d, bad = document(e); d != nil {
			x.Put(d)
		}
		return bad == nil
	})
	if problem.Is(err, problem.NonexistentTenant) {
		return false, nil
	}
	if err = firstOf(err, bad); err != nil {
		return true, fmt.Errorf("read the datasets for the search: %w", err)
	}
	return true, nil
}

// follows takes changes into the indexes that are there, in the order of the
// log.
func (s *Service) follows(rs []change.Record) {
	for i := range rs {
		r := &rs[i]
		if strings.HasPrefix(string(r.ID), idPrefix) || strings.HasPrefix(string(r.ID), harvestedPrefix) {
			s.indexed(store.Space{Tenant: r.Tenant, Layer: r.Layer}, r.ID, r.After, r.At)
		}
	}
}

// indexed takes one state of a dataset into the index of its space.
func (s *Service) indexed(sp store.Space, id entity.ID, after *entity.Entity, at entity.Position) {
	s.mu.Lock()
	l := s.searches[sp]
	s.mu.Unlock()
	if l == nil {
		return
	}
	if after != nil {
		if d, err := document(after); err == nil && d != nil {
			l.index.Put(d)
			return
		}
	}
	name := docName(id)
	s.mu.Lock()
	if l.gone != nil {
		l.gone[name] = max(l.gone[name], at)
	}
	s.mu.Unlock()
	l.index.Remove(name, at)
}

func docName(id entity.ID) string {
	if slug, ok := strings.CutPrefix(string(id), harvestedPrefix); ok {
		return harvestedMark + slug
	}
	return strings.TrimPrefix(string(id), idPrefix)
}

// document gives what can be found of an entity that keeps a dataset; nil for
// one that is withdrawn or gone.
func document(e *entity.Entity) (*find.Doc, error) {
	if e.HasType(harvestedType) {
		h, err := ReadHarvested(e)
		if err != nil || !h.Gone.IsZero() {
			return nil, err
		}
		return harvestedDocument(h, e.At), nil
	}
	d, err := read(e)
	if err != nil || d.State == Withdrawn {
		return nil, err
	}
	out := &find.Doc{ID: d.Slug, At: e.At, Public: d.State == Published, Texts: passages(d), Changed: d.Changed, Issued: d.Issued}
	out.Box, out.Modified = geo.EmptyRect(), d.Changed
	for _, f := range Files() {
		if !d.Closed() {
			out.Values[find.Format] = append(out.Values[find.Format], f.Name)
		}
	}
	out.Values[find.Access] = []string{cmp.Or(d.Access, AccessPublic)}
	out.Values[find.Theme], out.Values[find.HighValue] = d.Themes, d.HighValue
	out.Values[find.Publisher], out.Values[find.Licence], out.Values[find.Frequency] = given(d.Publisher.Name), given(d.Licence), given(d.Frequency)
	out.Values[find.Layer], out.Values[find.Source], out.Values[find.Tag] = given(d.Layer), []string{""}, tagsOf(d.Keywords)
	return out, nil
}

func given(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func tagsOf(keywords map[string][]string) []string {
	var out []string
	for _, words := range keywords {
		out = append(out, words...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func passages(d *Dataset) []find.Passage {
	return slices.Concat(described(d.Title, d.Description, d.Keywords, d.Themes, d.HighValue),
		[]find.Passage{{Field: find.Name, Text: d.Publisher.Name}, {Field: find.Name, Text: d.Slug}})
}

func described(title, description Texts, keywords map[string][]string, themes, highValue []string) []find.Passage {
	var out []find.Passage
	for _, lang := range slices.Sorted(maps.Keys(title)) {
		out = append(out, find.Passage{Field: find.Title, Lang: lang, Text: title[lang]})
	}
	for _, lang := range slices.Sorted(maps.Keys(keywords)) {
		out = append(out, find.Passage{Field: find.Keyword, Lang: lang, Text: strings.Join(keywords[lang], " · ")})
	}
	for _, t := range themes {
		for i, text := range themeWords[t] {
			out = append(out, find.Passage{Field: find.Keyword, Lang: Languages()[i], Text: text})
		}
	}
	for _, c := range highValue {
		out = append(out, find.Passage{Field: find.Keyword, Lang: "en", Text: HighValueLabel(c)})
	}
	for _, lang := range slices.Sorted(maps.Keys(description)) {
		out = append(out, find.Passage{Field: find.Body, Lang: lang, Text: description[lang]})
	}
	return out
}

func harvestedPassages(h *Harvested) []find.Passage {
	out := append(described(h.Title, h.Description, h.Keywords, h.Themes, h.HighValue), find.Passage{Field: find.Name, Text: h.Publisher.Name})
	return append(out, find.Passage{Field: find.Name, Text: h.Source})
}

func harvestedDocument(h *Harvested, at entity.Position) *find.Doc {
	out := &find.Doc{ID: harvestedMark + h.Slug, At: at, Public: true, Texts: harvestedPassages(h), Changed: h.Changed, Issued: h.Issued}
	out.Box, out.Modified = geo.EmptyRect(), h.Modified
	if b := h.Box; len(b) == 4 {
		out.Box = geo.Rect{West: b[0], South: b[1], East: b[2], North: b[3]}
	}
	for _, w := range h.Ways {
		out.Values[find.Format] = append(out.Values[find.Format], given(w.Format)...)
	}
	out.Values[find.Theme], out.Values[find.HighValue] = h.Themes, h.HighValue
	out.Values[find.Publisher], out.Values[find.Licence], out.Values[find.Frequency] = given(h.Publisher.Name), given(cmp.Or(h.Licence, h.LicenceIRI)), given(h.Frequency)
	out.Values[find.Source], out.Values[find.Tag], out.Values[find.Access] = []string{h.Source}, tagsOf(h.Keywords), given(h.Rights)
	return out
}

// measures tells the index what the data says of each dataset of ours, and
// gives until when each is live. What was never measured is measured now.
func (s *Service) measures(ctx context.Context, sp store.Space, x *find.Index) (map[string]entity.Instant, error) {
	l, err := s.list(ctx, sp)
	if err != nil {
		return nil, err
	}
	until := map[string]entity.Instant{}
	for _, d := range l.all {
		if d.State == Withdrawn || d.Closed() || len(d.Selection.Types) == 0 {
			continue // of what is closed, where and when is closed too
		}
		p := place{sp, d.Slug}
		s.mu.Lock()
		m := s.measured[p]
		known := m != nil && m.sum.known && s.following
		s.mu.Unlock()
		if !known {
			if _, err := s.Extent(ctx, sp, d); err != nil {
				return nil, err
			}
		}
		s.mu.Lock()
		if m = s.measured[p]; m == nil { // the description changed meanwhile
			s.mu.Unlock()
			continue
		}
		sum := m.sum
		s.mu.Unlock()
		live := find.Measure{Box: sum.box, Modified: max(sum.modified, d.Changed), Count: sum.count}
		if period := cmp.Or(d.Period, sum.period); period > 0 && !sum.last.IsZero() {
			live.LiveUntil = sum.last + livePatience*period
		}
		until[d.Slug] = live.LiveUntil
		x.Measured(d.Slug, live)
	}
	return until, nil
}

// summary is what is known of a dataset's data without looking at it again:
// an Extent, moved by what the log says since. Its box only grows and its
// count is that of the log, until the dataset is measured again.
type summary struct {
	known          bool
	count          int
	box            geo.Rect
	last, modified entity.Instant
	period         entity.Instant
}

func summaryOf(x *Extent) summary {
	return summary{true, x.Count, x.Box, x.Last, x.Modified, x.Period}
}

// hears moves a summary by one change of an entity. The caller holds
// Service.mu.
func (m *measured) hears(r *change.Record) {
	if !m.sum.known || m.query == nil {
		return
	}
	was := r.Before != nil && m.query.Match(r.Before, nil)
	is := r.After != nil && m.query.Match(r.After, nil)
	switch {
	case is && !was:
		m.sum.count++
	case was && !is:
		m.sum.count--
	}
	if !is {
		if was {
			m.sum.modified = max(m.sum.modified, r.Time)
		}
		return
	}
	m.sum.modified = max(m.sum.modified, r.After.ModifiedAt)
	for _, d := range r.Deltas {
		if d.After == nil {
			continue
		}
		m.sum.last = max(m.sum.last, d.After.ObservedAt)
		if d.After.Name == query.LocationName {
			if shape, ok := query.GeometryOf(d.After); ok {
				m.sum.box = m.sum.box.Union(shape.Bounds())
			}
		}
	}
}

// themeWords are what people call the themes of the EU table data-theme, by
// which they look for them: French, Dutch, English.
var themeWords = map[string][3]string{
	"AGRI": {"Agriculture, pêche, sylviculture et alimentation", "Landbouw, visserij, bosbouw en voeding", "Agriculture, fisheries, forestry and food"},
	"ECON": {"Économie et finances", "Economie en financiën", "Economy and finance"},
	"EDUC": {"Éducation, culture et sport", "Onderwijs, cultuur en sport", "Education, culture and sport"},
	"ENER": {"Énergie", "Energie", "Energy"},
	"ENVI": {"Environnement", "Milieu", "Environment"},
	"GOVE": {"Gouvernement et secteur public", "Overheid en publieke sector", "Government and public sector"},
	"HEAL": {"Santé", "Gezondheid", "Health"},
	"INTR": {"Questions internationales", "Internationale vraagstukken", "International issues"},
	"JUST": {"Justice, système juridique et sécurité publique", "Justitie, rechtsstelsel en openbare veiligheid", "Justice, legal system and public safety"},
	"REGI": {"Régions et villes", "Regio’s en steden", "Regions and cities"},
	"SOCI": {"Population et société", "Bevolking en samenleving", "Population and society"},
	"TECH": {"Science et technologie", "Wetenschap en technologie", "Science and technology"},
	"TRAN": {"Transports", "Vervoer", "Transport"},
}
