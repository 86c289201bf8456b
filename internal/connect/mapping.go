package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Kind is how a source's payloads come in.
type Kind string

// The kinds of sources.
const (
	MQTT Kind = "mqtt" // messages at the listener, by topic
	Push Kind = "push" // bodies at POST /ingest/{source}
	HTTP Kind = "http" // a URL that is polled
	GBFS Kind = "gbfs" // the GBFS feeds behind a URL
	File Kind = "file" // a file on this machine
)

// kinds lists them with what each needs.
func kinds() []Kind { return []Kind{MQTT, Push, HTTP, GBFS, File} }

// Polled reports whether sources of the kind are asked, rather than heard.
func (k Kind) Polled() bool { return k == HTTP || k == GBFS || k == File }

// Mapping is one source, compiled. It does not change and may be used by many
// goroutines.
type Mapping struct {
	Source      string // the source's id: a-z, 0-9, hyphens
	Description string
	Tenant      string
	Kind        Kind
	URL         string // of http and gbfs
	Path        string // of file
	Topic       string // topic filter of mqtt
	Headers     map[string]string
	Page        Page
	// Period is how often a polled source is asked, and how often others are
	// expected to speak; 0 if they speak when they like.
	Period time.Duration
	Digest string // of the mapping's text: part of the origin of what it makes

	decoder decoder
	items   []itemStep
	unpack  [][]step
	zone    *time.Location
	epsg    int
	bounds  *geo.Rect
	lets    []let
	when    *expr
	parts   []entityRule
	static  map[entity.Name]bool
}

// Page says how a polled list comes in pages; the zero Page is one page.
type Page struct {
	Size          int
	Limit, Offset string // parameter names
	Most          int    // items in all
}

type let struct {
	name string
	e    *expr
}

type entityRule struct {
	where      string
	id         *expr
	types      []entity.Name
	scope      *expr
	when       *expr
	observedAt *expr
	expiresAt  *expr
	lets       []let
	attrs      []attrRule
	classes    []class
}

// class marks readings for which a condition holds with a sub-attribute.
type class struct {
	name    entity.Name
	when    *expr
	because string
}

type attrRule struct {
	where      string
	name       entity.Name
	kind       entity.Kind
	value      *expr
	languages  []let
	point      []*expr
	geometry   *expr
	unit       string
	observedAt *expr
	when       *expr
	dataset    *expr
	static     bool
	required   bool
	nulls      []jsontree.Node
	onNull     nullRule
	subs       []attrRule
	classes    []class
}

type nullRule uint8

const (
	omit   nullRule = iota // the attribute is left as it is
	remove                 // the attribute is deleted
)

// Static reports whether the mapping calls an attribute static: it is what a
// thing is, not what was measured, and is written only when it changes.
func (m *Mapping) Static(n entity.Name) bool { return m.static[n] }

// Zone is where the source's clocks stand.
func (m *Mapping) Zone() *time.Location { return m.zone }

// Compile reads a mapping file.
//
// Errors: problem.BadRequestData with line and column.
func Compile(data []byte) (*Mapping, error) {
	s, err := readSpec(data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	m := &Mapping{Description: s.Description, Tenant: s.Tenant, Headers: s.Headers, Digest: hex.EncodeToString(sum[:8]), static: map[entity.Name]bool{}}
	c := &compiler{m: m, s: s}
	for _, step := range []func() error{c.head, c.place, c.decoding, c.names, c.rules} {
		if err := step(); err != nil {
			return nil, badMapping(err)
		}
	}
	return m, nil
}

// Where tells people where the source is: its address without the query, which
// may hold a key, its topic filter or its file.
func (m *Mapping) Where() string {
	switch m.Kind {
	case MQTT:
		return m.Topic
	case File:
		return m.Path
	}
	u, err := url.Parse(m.URL)
	if err != nil || m.URL == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.Path
}

type compiler struct {
	m        *Mapping
	s        *spec
	lang     *language
	prefixes map[string]string
	vocab    string // begins the IRI of names that nobody knows; "" refuses them
}

// head reads what kind of source it is and where.
func (c *compiler) head() error {
	s, m := c.s, c.m
	if !s.Source.set() {
		return at(1, 1, "source is missing: give the source a name such as car-parks")
	}
	if !plainID(s.Source.text) {
		return s.Source.bad("the source's name %.40q is not of a-z, 0-9 and hyphens, 1 to 64 of them", s.Source.text)
	}
	if m.Source = s.Source.text; m.Source == Unrouted {
		return s.Source.bad("the name %s is that of messages that no source takes; choose another", Unrouted)
	}
	if !s.Kind.set() {
		return at(1, 1, "kind is missing: mqtt, push, http, gbfs or file")
	}
	m.Kind = Kind(s.Kind.text)
	if !slices.Contains(kinds(), m.Kind) {
		return s.Kind.bad("the kind %.40q is not mqtt, push, http, gbfs or file", s.Kind.text)
	}
	if err := c.only(); err != nil {
		return err
	}
	switch m.Kind {
	case HTTP, GBFS:
		u, err := url.Parse(s.URL.text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return s.place("url").bad("a source of kind %s needs url: with an address such as https://data.example.org/feed.json", m.Kind)
		}
		m.URL = s.URL.text
	case MQTT:
		if err := checkFilter(s.Topic.text); err != nil {
			return s.place("topic").bad("a source of kind mqtt needs topic: %s", err)
		}
		m.Topic = s.Topic.text
	case File:
		if s.Path.text == "" {
			return s.place("path").bad("a source of kind file needs path: with the file's name")
		}
		m.Path = s.Path.text
	}
	return c.period()
}

// place gives the line of a key, or of the kind if the key is not there.
func (s *spec) place(key string) located {
	l := map[string]located{"url": s.URL, "topic": s.Topic, "path": s.Path}[key]
	if !l.set() {
		return s.Kind
	}
	return l
}

// only refuses what has no meaning for the kind, so that nothing is ignored.
func (c *compiler) only() error {
	s := c.s
	for _, k := range []struct {
		key  string
		at   located
		fits []Kind
	}{{"url", s.URL, []Kind{HTTP, GBFS}}, {"topic", s.Topic, []Kind{MQTT}}, {"path", s.Path, []Kind{File}}} {
		if k.at.set() && !slices.Contains(k.fits, c.m.Kind) {
			return k.at.bad("%s has no meaning for a source of kind %s", k.key, c.m.Kind)
		}
	}
	if (s.Page != nil || len(s.Headers) > 0) && c.m.Kind != HTTP && !(c.m.Kind == GBFS && s.Page == nil) {
		return s.Kind.bad("page and headers have no meaning for a source of kind %s", c.m.Kind)
	}
	if s.Page == nil {
		return nil
	}
	p := *s.Page
	if p.Limit == "" {
		p.Limit = "limit"
	}
	if p.Offset == "" {
		p.Offset = "offset"
	}
	if p.Most == 0 {
		p.Most = 10_000
	}
	if p.Size < 1 || p.Size > 10_000 || p.Most < p.Size || p.Most > MaxItems {
		return s.Kind.bad("page: size goes from 1 to 10,000 and most from size to %d", MaxItems)
	}
	c.m.Page = Page(p)
	return nil
}

func (c *compiler) period() error {
	p := c.s.Period
	if !p.set() {
		switch c.m.Kind {
		case HTTP, GBFS, File:
			c.m.Period = time.Minute
		}
		return nil
	}
	d, err := time.ParseDuration(p.text)
	if err != nil || d < time.Second || d > 31*24*time.Hour {
		return p.bad("the period %.40q is not a span from 1s to 744h such as 30s, 5m or 24h", p.text)
	}
	c.m.Period = d
	return nil
}

func plainID(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' {
		return false
	}
	for _, r := range []byte(s) {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') {
			return false
		}
	}
	return true
}

// place reads zone, coordinate system and bounds.
func (c *compiler) place() error {
	s, m := c.s, c.m
	m.zone, m.epsg = time.UTC, 4326
	if s.Zone.set() {
		z, err := time.LoadLocation(s.Zone.text)
		if err != nil || s.Zone.text == "Local" {
			return s.Zone.bad("there is no time zone %.60q; write one such as Europe/Brussels", s.Zone.text)
		}
		m.zone = z
	}
	if s.CRS.set() {
		n, err := strconv.Atoi(strings.TrimPrefix(s.CRS.text, "EPSG:"))
		if err != nil || !geo.KnowsEPSG(n) {
			known := make([]string, 0, 12)
			for _, k := range geo.EPSGCodes() {
				known = append(known, "EPSG:"+strconv.Itoa(k))
			}
			return s.CRS.bad("the coordinate system %.40q is not known; known are %s", s.CRS.text, strings.Join(known, ", "))
		}
		m.epsg = n
	}
	if len(s.Bounds) > 0 {
		if len(s.Bounds) != 4 {
			return s.Kind.bad("bounds are four numbers: west, south, east, north, in degrees")
		}
		r, err := geo.NewRect(s.Bounds[0], s.Bounds[1], s.Bounds[2], s.Bounds[3])
		if err != nil {
			return s.Kind.bad("bounds: %s", err)
		}
		m.bounds = &r
	}
	return nil
}

// decoding reads how payloads are taken apart.
func (c *compiler) decoding() error {
	if err := c.chooseDecoder(); err != nil {
		return err
	}
	items := c.s.Items.text
	if !c.s.Items.set() {
		items = c.m.decoder.items()
	}
	steps, err := parseItems(items)
	if err != nil {
		return c.s.Items.bad("%s", err)
	}
	c.m.items = steps
	for _, u := range c.s.Unpack {
		var path []step
		for part := range strings.SplitSeq(u.text, ".") {
			if part == "" {
				return u.bad("unpack: %.60q is not a path such as properties.measures", u.text)
			}
			path = append(path, step{name: part})
		}
		c.m.unpack = append(c.m.unpack, path)
	}
	return nil
}

// names reads where short names come from.
func (c *compiler) names() error {
	c.prefixes = map[string]string{}
	for p, iri := range c.s.Prefixes {
		if !plainName(p) || entity.CheckURI(iri.text) != nil {
			return iri.bad("the prefix %.40q needs a name of letters and digits and the beginning of an IRI", p)
		}
		c.prefixes[p] = iri.text
	}
	switch ctx := c.s.Context; {
	case !ctx.set() || ctx.text == "city":
	case entity.CheckURI(ctx.text) == nil && strings.Contains(ctx.text, "://"):
		c.vocab = ctx.text
	default:
		return ctx.bad("context is city (the built-in names) or the beginning of the IRIs of your own names, such as https://data.example.org/ns/")
	}
	return nil
}

func plainName(s string) bool {
	return ldctx.CheckName(s) == nil && !strings.ContainsAny(s, ":/")
}

// name expands a short name.
func (c *compiler) name(l located) (entity.Name, error) {
	s := l.text
	if strings.Contains(s, "://") {
		if err := entity.CheckURI(s); err != nil {
			return "", l.bad("the name %.80q is not an IRI: %s", s, err)
		}
		return entity.Name(s), nil
	}
	if p, rest, ok := strings.Cut(s, ":"); ok {
		iri, known := c.prefixes[p]
		if !known || rest == "" {
			return "", l.bad("the name %.80q uses a prefix that is not under prefixes", s)
		}
		return entity.Name(iri + rest), nil
	}
	if !plainName(s) {
		return "", l.bad("%.80q cannot be a name", s)
	}
	if iri, ok := vocab.Terms()[s]; ok {
		return entity.Name(iri), nil
	}
	if t, ok := ldctx.Core().Lookup(s); ok && strings.HasPrefix(t.IRI, "http") {
		return entity.Name(t.IRI), nil
	}
	if c.vocab != "" {
		return entity.Name(c.vocab + s), nil
	}
	return "", l.bad("the short name %.60q is not known%s; write the full IRI, or set context to the beginning of your own names", s, nearest(s))
}

// nearest suggests what may have been meant.
func nearest(s string) string {
	for _, n := range slices.Sorted(maps.Keys(vocab.Terms())) {
		if strings.EqualFold(n, s) || len(s) > 4 && (strings.HasPrefix(strings.ToLower(n), strings.ToLower(s)) || strings.HasPrefix(strings.ToLower(s), strings.ToLower(n))) {
			return " (did you mean " + n + "?)"
		}
	}
	return ""
}

// rules compiles the expressions.
func (c *compiler) rules() error {
	lang, err := newLanguage(c.m.zone)
	if err != nil {
		return err
	}
	if c.lang, c.m.lets, err = c.compileLets(lang, c.s.Let); err != nil {
		return err
	}
	if c.m.when, err = c.optional(c.lang, c.s.When, cel.BoolType); err != nil {
		return err
	}
	entities := c.s.Entities
	if len(entities) == 0 {
		if c.m.Kind != GBFS {
			return at(1, 1, "entities is missing: say which entities come of a payload")
		}
		built, err := readSpec([]byte(gbfsEntities))
		if err != nil {
			return fmt.Errorf("the built-in rules for GBFS: %w", err)
		}
		entities = built.Entities
	}
	for i := range entities {
		r, err := c.entity(&entities[i], i)
		if err != nil {
			return err
		}
		c.m.parts = append(c.m.parts, r)
	}
	return nil
}

func (c *compiler) compileLets(lang *language, ps pairs) (*language, []let, error) {
	var out []let
	for _, p := range ps {
		src, err := p.text()
		if err != nil {
			return nil, nil, err
		}
		e, err := lang.compile(src)
		if err != nil {
			return nil, nil, err
		}
		if lang, err = lang.with(p.name, e); err != nil {
			return nil, nil, err
		}
		out = append(out, let{p.name.text, e})
	}
	return lang, out, nil
}

func (c *compiler) optional(lang *language, src located, want ...*cel.Type) (*expr, error) {
	if !src.set() {
		return nil, nil
	}
	return lang.compile(src, want...)
}

func (c *compiler) entity(s *entitySpec, i int) (entityRule, error) {
	r := entityRule{where: fmt.Sprintf("entities[%d]", i)}
	if !s.ID.set() || len(s.Type) == 0 {
		return r, at(max(1, s.ID.line), 1, "%s needs id and type", r.where)
	}
	lang, lets, err := c.compileLets(c.lang, s.Let)
	if err != nil {
		return r, err
	}
	r.lets = lets
	for _, e := range []struct {
		to   **expr
		src  located
		want []*cel.Type
	}{
		{&r.id, s.ID, []*cel.Type{cel.StringType}}, {&r.when, s.When, []*cel.Type{cel.BoolType}},
		{&r.scope, s.Scope, []*cel.Type{cel.StringType, cel.ListType(cel.StringType)}},
		{&r.observedAt, s.ObservedAt, timeTypes()}, {&r.expiresAt, s.ExpiresAt, timeTypes()},
	} {
		if *e.to, err = c.optional(lang, e.src, e.want...); err != nil {
			return r, err
		}
	}
	for _, t := range s.Type {
		n, err := c.name(t)
		if err != nil {
			return r, err
		}
		r.types = append(r.types, n)
	}
	if r.classes, err = c.classes(lang, s.Classify); err != nil {
		return r, err
	}
	if r.attrs, err = c.attributes(lang, s.Attributes, r.where, 0); err != nil {
		return r, err
	}
	return r, c.noteStatic(&r, s)
}

func timeTypes() []*cel.Type {
	return []*cel.Type{cel.TimestampType, cel.StringType, cel.DoubleType, cel.IntType}
}

// noteStatic keeps which attributes are static: a name is so everywhere in a
// mapping or nowhere.
func (c *compiler) noteStatic(r *entityRule, s *entitySpec) error {
	for i, a := range r.attrs {
		if was, ok := c.m.static[a.name]; ok && was != a.static {
			return s.Attributes[i].name.bad("%s is static in one place of the mapping and not in another", s.Attributes[i].name.text)
		}
		c.m.static[a.name] = a.static
	}
	return nil
}

func (c *compiler) classes(lang *language, cs []classify) ([]class, error) {
	var out []class
	for _, s := range cs {
		if !s.As.set() || !s.When.set() {
			return nil, at(max(1, s.As.line, s.When.line), 1, "classify needs as and when")
		}
		n, err := c.name(s.As)
		if err != nil {
			return nil, err
		}
		e, err := lang.compile(s.When, cel.BoolType)
		if err != nil {
			return nil, err
		}
		because := s.Because.text
		if because == "" {
			because = s.When.text
		}
		out = append(out, class{n, e, because})
	}
	return out, nil
}
