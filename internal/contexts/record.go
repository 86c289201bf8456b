package contexts

import (
	"context"
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// recordKind is the kind of the bookkeeping records of this package.
const recordKind = "context"

// recordVersion begins each record: version 1 is a JSON object with id, kind,
// url, tenant, created, expires (absent if never) and context.
const recordVersion = 1

// preloadBytes bounds a document that is part of the program.
const preloadBytes = 16 << 20

func recordKey(doc *document) store.Key { return store.Key{Kind: recordKind, Name: doc.id} }

func encode(doc *document) []byte {
	at := func(t time.Time) jsontree.Node {
		if t.IsZero() {
			return jsontree.NullNode()
		}
		return jsontree.StringNode(timespan.FromTime(t).String())
	}
	n := jsontree.ObjectNode([]jsontree.Member{
		{Name: "id", Value: jsontree.StringNode(doc.id)},
		{Name: "kind", Value: jsontree.StringNode(string(doc.kind))},
		{Name: "url", Value: jsontree.StringNode(doc.url)},
		{Name: "tenant", Value: jsontree.StringNode(doc.tenant)},
		{Name: "created", Value: at(doc.created)},
		{Name: "expires", Value: at(doc.expires)},
		{Name: "context", Value: doc.content},
	})
	return n.Append([]byte{recordVersion})
}

func decode(value []byte, maxBytes int) (*document, error) {
	if len(value) == 0 || value[0] != recordVersion {
		return nil, fmt.Errorf("version %x is unknown", value[:min(1, len(value))])
	}
	n, err := jsontree.Parse(value[1:], jsontree.Limits{MaxBytes: maxBytes})
	if err != nil {
		return nil, err
	}
	text := func(name string) string {
		v, _ := n.Get(name)
		return v.Str()
	}
	at := func(name string) (time.Time, error) {
		if text(name) == "" {
			return time.Time{}, nil
		}
		i, err := timespan.ParseInstant(text(name))
		return i.Time(), err
	}
	doc := &document{id: text("id"), kind: Kind(text("kind")), url: text("url"), tenant: text("tenant"), use: new(usage)}
	if doc.created, err = at("created"); err != nil {
		return nil, err
	}
	if doc.expires, err = at("expires"); err != nil {
		return nil, err
	}
	content, ok := n.Get("context")
	if !ok || doc.id == "" {
		return nil, fmt.Errorf("it lacks its id or its context")
	}
	doc.content, doc.size = content, len(value)
	return doc, nil
}

// load fills a new Service with what was kept and what is part of the program.
func (s *Service) load(ctx context.Context) error {
	if s.o.Records != nil {
		for r, err := range s.o.Records.Scan(ctx, recordKind, "", "") {
			if err != nil {
				return fmt.Errorf("read the contexts that were kept: %w", err)
			}
			doc, err := decode(r.Value, 2*s.o.MaxDocumentBytes+16<<10)
			if err != nil {
				return fmt.Errorf("read the context %s: %w", r.Key.Name, err)
			}
			s.put(doc)
		}
	}
	now := s.o.Now()
	core, err := read(ldctx.CoreURL, []byte(ldctx.CoreDocument()), preloadBytes)
	if err != nil {
		return err
	}
	s.pin(ldctx.CoreURL, core, now)
	for url, body := range s.o.Preload {
		content, err := read(url, body, preloadBytes)
		if err != nil {
			return err
		}
		s.pin(url, content, now)
	}
	return nil
}

// pin takes in a document that is part of the program.
func (s *Service) pin(url string, content jsontree.Node, now time.Time) {
	s.put(&document{id: cachedID(url), kind: Cached, url: url, content: content, created: now, pinned: true, use: new(usage)})
}

// coreUsage counts the uses of the core context, whichever address named it.
func (s *Service) coreUsage() *usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byURL[ldctx.CoreURL].use
}

// write keeps doc, durably.
func (s *Service) write(ctx context.Context, doc *document) error {
	if s.o.Records == nil {
		return nil
	}
	err := s.o.Records.Write(ctx, []store.RecordWrite{{Key: recordKey(doc), Value: encode(doc), Any: true}})
	if err != nil {
		return fmt.Errorf("keep the context %s: %w", doc.id, err)
	}
	return nil
}

func (s *Service) erase(ctx context.Context, docs ...*document) error {
	if s.o.Records == nil || len(docs) == 0 {
		return nil
	}
	ws := make([]store.RecordWrite, 0, len(docs))
	for _, d := range docs {
		ws = append(ws, store.RecordWrite{Key: recordKey(d), Any: true})
	}
	if err := s.o.Records.Write(ctx, ws); err != nil {
		return fmt.Errorf("delete %d contexts: %w", len(docs), err)
	}
	return nil
}

// keep writes a fetched document, so that it is at hand after a restart even
// if its server is not. The document is in use whether that works or not.
func (s *Service) keep(doc *document, evicted []*document) {
	if err := s.write(s.ctx, doc); err != nil && s.ctx.Err() == nil {
		s.o.Log.Warn("a fetched @context is not kept for the next start", "url", doc.url, "err", err)
	}
	s.forget(evicted)
}

// forget deletes the records of documents that had to make room.
func (s *Service) forget(evicted []*document) {
	if err := s.erase(s.ctx, evicted...); err != nil && s.ctx.Err() == nil {
		s.o.Log.Warn("contexts that made room come back at the next start", "count", len(evicted), "err", err)
	}
}
