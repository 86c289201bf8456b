package contexts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

// pathStart is where contexts are served (CIM 009, 6.30).
const pathStart = "/ngsi-ld/v1/jsonldContexts/"

// Path gives the path at which the document with a local identifier is served.
func Path(id string) string { return pathStart + id }

// localID finds the local identifier in an address of the form in which we
// give them out. Whose server it names does not matter: identifiers are too
// long to meet by chance.
func localID(address string) (string, bool) {
	_, id, ok := strings.Cut(address, pathStart)
	if !ok || len(id) != 32 || strings.ContainsAny(id, "/?#") {
		return "", false
	}
	return id, true
}

// Info is what is told about a document (CIM 009, 5.13.3.5).
type Info struct {
	ID       string // local identifier, see Path
	Kind     Kind
	URL      string // where a Cached one came from; "" for the others, which are at Path(ID)
	Created  time.Time
	Expires  time.Time // zero unless Cached
	LastUsed time.Time // since the start of the program; zero is never
	Hits     int64     // since the start of the program
}

func (d *document) info() Info {
	i := Info{ID: d.id, Kind: d.kind, URL: d.url, Created: d.created, Expires: d.expires, Hits: d.use.hits.Load()}
	if last := d.use.last.Load(); last != 0 {
		i.LastUsed = time.Unix(0, last).UTC()
	}
	return i
}

// Add hosts a context (CIM 009, 5.13.2). Body is an object with an @context
// member; other members are dropped. It gives the local identifier.
//
// Errors: problem.BadRequestData if body is no such object or its context is
// not valid; problem.LdContextNotAvailable if a document that it names cannot
// be had; problem.Unavailable if there are too many.
func (s *Service) Add(ctx context.Context, tenant string, body jsontree.Node) (id string, err error) {
	content, ok := body.Get("@context")
	if !ok {
		return "", problem.New(problem.BadRequestData, "an object with an @context member is expected, not %s", article(body.Kind()))
	}
	if content.IsNull() {
		return "", bad("", "it is null")
	}
	if _, err := s.Resolve(ctx, content); err != nil {
		return "", err
	}
	var random [16]byte
	rand.Read(random[:]) // never fails
	return s.host(ctx, &document{id: hex.EncodeToString(random[:]), kind: Hosted, tenant: tenant, content: content})
}

// Implicit makes a document of the source of c, for a Link header to name,
// unless c has an address already. It gives the address, or the local
// identifier of the document: one of the two is "". The same source of the
// same tenant gives the same document.
//
// Errors: problem.Unavailable if there are too many documents.
func (s *Service) Implicit(ctx context.Context, tenant string, c *ldctx.Context) (url, id string, err error) {
	if url, ok := c.URL(); ok {
		return url, "", nil
	}
	sum := sha256.Sum256(c.Source().Append([]byte(tenant + "\x00")))
	id = hex.EncodeToString(sum[:16])
	s.mu.Lock()
	_, ok := s.docs[id]
	s.mu.Unlock()
	if ok {
		return "", id, nil
	}
	id, err = s.host(ctx, &document{id: id, kind: ImplicitlyCreated, tenant: tenant, content: c.Source()})
	return "", id, err
}

// host stores a new document of ours, durably before it can be used.
func (s *Service) host(ctx context.Context, doc *document) (string, error) {
	doc.size = len(doc.content.Append(nil))
	doc.created = s.o.Now()
	doc.use = new(usage)
	if doc.size > s.o.MaxDocumentBytes {
		return "", bad("", "it has more than %d bytes", s.o.MaxDocumentBytes)
	}
	if err := s.room(doc.size); err != nil {
		return "", err
	}
	if err := s.write(ctx, doc); err != nil {
		return "", err
	}
	s.mu.Lock()
	evicted := s.put(doc)
	s.mu.Unlock()
	s.forget(evicted)
	return doc.id, nil
}

// room checks that one more document of ours fits. Cached ones make way.
func (s *Service) room(size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	count, bytes := 0, size
	for _, d := range s.docs {
		if d.kind != Cached {
			count++
			bytes += d.size
		}
	}
	if count >= s.o.MaxHosted || bytes > s.o.MaxStoredBytes {
		return problem.New(problem.Unavailable, "the server keeps as many contexts as it may (%d, %d bytes); delete some that are not used", count, bytes-size)
	}
	return nil
}

// List tells what is stored (CIM 009, 5.13.3), in order of creation: of kind,
// or of every kind if that is "". Those that other tenants left here are not
// in it; cached ones are everybody's.
func (s *Service) List(tenant string, kind Kind) []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Info
	for _, d := range s.docs {
		if (kind == "" || d.kind == kind) && d.visible(tenant) && !d.shelved() {
			list = append(list, d.info())
		}
	}
	slices.SortFunc(list, func(a, b Info) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// shelved reports whether d was preloaded and nobody has asked for it yet. To
// clients a preloaded document is one that can be had at its address without a
// network: it is in the cache from its first use on.
func (d *document) shelved() bool {
	return d.pinned && d.url != ldctx.CoreURL && d.use.hits.Load() == 0
}

func (d *document) visible(tenant string) bool { return d.kind == Cached || d.tenant == tenant }

// find gives the document with the local identifier or, if it is Cached, the
// address ref. The caller holds mu.
func (s *Service) find(tenant, ref string) (*document, error) {
	doc, ok := s.docs[ref]
	if !ok {
		doc, ok = s.byURL[ref]
	}
	if !ok && ldctx.IsCore(ref) {
		doc, ok = s.byURL[ldctx.CoreURL]
	}
	if !ok {
		// An address that we gave out for one of ours.
		if u, err := url.Parse(ref); err == nil && u.IsAbs() {
			if id, local := localID(ref); local {
				doc, ok = s.docs[id]
			}
		}
	}
	if !ok || !doc.visible(tenant) || doc.shelved() {
		return nil, problem.New(problem.ResourceNotFound, "there is no @context %.200q here", ref)
	}
	return doc, nil
}

// Info tells about one document, by local identifier or address (CIM 009,
// 5.13.4 with details).
//
// Errors: problem.ResourceNotFound.
func (s *Service) Info(tenant, ref string) (Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, err := s.find(tenant, ref)
	if err != nil {
		return Info{}, err
	}
	return doc.info(), nil
}

// Serve gives a document of ours, an object with an @context member
// (CIM 009, 5.13.4).
//
// Errors: problem.ResourceNotFound; problem.OperationNotSupported if it is
// Cached, so that whoever wants it must go where it comes from.
func (s *Service) Serve(tenant, ref string) (jsontree.Node, error) {
	s.mu.Lock()
	doc, err := s.find(tenant, ref)
	s.mu.Unlock()
	if err != nil {
		return jsontree.Node{}, err
	}
	if doc.kind == Cached {
		return jsontree.Node{}, problem.New(problem.OperationNotSupported, "the @context %.200s is a cached copy, which is not served; get it from there, or ask for details=true", doc.url)
	}
	return jsontree.ObjectNode([]jsontree.Member{{Name: "@context", Value: doc.content}}), nil
}

// Delete removes a document (CIM 009, 5.13.5). Contexts in use that rest on a
// Cached one fetch it again.
//
// A preloaded one is put back on its shelf until a request names it again.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData for the core
// context.
func (s *Service) Delete(ctx context.Context, tenant, ref string) error {
	s.mu.Lock()
	doc, err := s.find(tenant, ref)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	switch {
	case doc.pinned && ldctx.IsCore(doc.url):
		return problem.New(problem.BadRequestData, "the @context %.200s is part of this server and cannot be deleted", doc.url)
	case doc.pinned:
		doc.use.reset() // as if it had not been asked for yet
		return nil
	}
	if err := s.erase(ctx, doc); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.docs[doc.id] == doc {
		s.remove(doc)
	}
	return nil
}

// Reload fetches a Cached document anew (CIM 009, 5.13.5, reload=true). If
// that fails, the old copy stays in use.
//
// Errors: problem.ResourceNotFound; problem.BadRequestData if it is not
// Cached; problem.LdContextNotAvailable if it cannot be had or read.
func (s *Service) Reload(ctx context.Context, tenant, ref string) error {
	s.mu.Lock()
	doc, err := s.find(tenant, ref)
	var f *flight
	switch {
	case err != nil:
	case doc.kind != Cached:
		err = problem.New(problem.BadRequestData, "only a Cached @context can be reloaded; %.200q is %s", ref, doc.kind)
	case !doc.pinned:
		f, err = s.fetch(doc.url, doc)
	}
	s.mu.Unlock()
	if err != nil || f == nil {
		return err // a pinned one is what it always is
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return notHere(ctx.Err(), doc.url, "the request ended before it had been fetched")
	}
	if f.err != nil {
		return problem.Wrap(problem.LdContextNotAvailable, f.err, "the old copy stays in use: %s", problem.DetailOf(f.err))
	}
	return nil
}
