package contexts

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
)

func wantKind(t *testing.T, what string, err error, k problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != k {
		t.Errorf("%s: %v, want %v", what, err, k)
	}
}

func TestHosted(t *testing.T) {
	s := open(t, Options{})
	id, err := s.Add(t.Context(), "lille", parse1(t, `{"@context":{"a":"urn:x:1"},"other":1}`))
	if err != nil {
		t.Fatal(err)
	}
	// The address is ours, so that no fetcher is needed.
	c, err := s.ResolveURL(t.Context(), "http://127.0.0.1:8080"+Path(id))
	if err != nil {
		t.Fatal(err)
	}
	if iri, _ := c.ExpandTerm("a"); iri != "urn:x:1" {
		t.Errorf("a is %q", iri)
	}
	if doc, err := s.Serve("lille", id); err != nil || doc.String() != `{"@context":{"a":"urn:x:1"}}` {
		t.Errorf("served %s, %v", doc, err)
	}
	if doc, err := s.Serve("lille", "http://127.0.0.1:8080"+Path(id)); err != nil || doc.Len() != 1 {
		t.Errorf("served by its address: %s, %v", doc, err)
	}
	info, err := s.Info("lille", id)
	if err != nil || info.Kind != Hosted || info.ID != id || info.URL != "" || info.Hits != 1 || info.LastUsed.IsZero() || !info.Expires.IsZero() {
		t.Errorf("info %+v, %v", info, err)
	}
	wantKind(t, "reload", s.Reload(t.Context(), "lille", id), problem.BadRequestData)
	for what, err := range map[string]error{
		"serve":  errOf(s.Serve("bruxelles", id)),
		"info":   errOf(s.Info("bruxelles", id)),
		"delete": s.Delete(t.Context(), "bruxelles", id),
		"reload": s.Reload(t.Context(), "bruxelles", id),
	} {
		wantKind(t, "another tenant: "+what, err, problem.ResourceNotFound)
	}
	if n := len(s.List("bruxelles", Hosted)); n != 0 {
		t.Errorf("another tenant sees %d", n)
	}
	if err := s.Delete(t.Context(), "lille", id); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "serve what is deleted", errOf(s.Serve("lille", id)), problem.ResourceNotFound)
	wantKind(t, "use what is deleted", errOf(s.ResolveURL(t.Context(), "http://127.0.0.1:8080"+Path(id))), problem.LdContextNotAvailable)
}

func errOf[T any](_ T, err error) error { return err }

func TestAddRefuses(t *testing.T) {
	s := open(t, Options{MaxHosted: 2, MaxDocumentBytes: 300})
	for body, kind := range map[string]problem.Kind{
		`{"a":"urn:x:1"}`:                     problem.BadRequestData,
		`[]`:                                  problem.BadRequestData,
		`"https://e.eu/c"`:                    problem.BadRequestData,
		`{"@context":5}`:                      problem.BadRequestData,
		`{"@context":true}`:                   problem.BadRequestData,
		`{"@context":null}`:                   problem.BadRequestData,
		`{"@context":[5]}`:                    problem.BadRequestData,
		`{"@context":{"a":5}}`:                problem.BadRequestData,
		`{"@context":"https://e.eu/nowhere"}`: problem.LdContextNotAvailable,
		`{"@context":{"a":"urn:x:` + strings.Repeat("a", 300) + `"}}`: problem.BadRequestData,
	} {
		wantKind(t, body[:min(len(body), 40)], errOf(s.Add(t.Context(), "", parse1(t, body))), kind)
	}
	for range 2 {
		if _, err := s.Add(t.Context(), "", parse1(t, `{"@context":{"a":"urn:x:1"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, "one too many", errOf(s.Add(t.Context(), "", parse1(t, `{"@context":{}}`))), problem.Unavailable)
}

func TestImplicit(t *testing.T) {
	s := open(t, Options{Fetch: web{address: means("urn:x:1")}})
	inline := resolve(t, s, `["`+address+`",{"b":"urn:x:b"}]`)
	url, id, err := s.Implicit(t.Context(), "lille", inline)
	if err != nil || url != "" {
		t.Fatal(url, err)
	}
	if _, again, _ := s.Implicit(t.Context(), "lille", inline); again != id {
		t.Error("made twice")
	}
	if _, other, _ := s.Implicit(t.Context(), "bruxelles", inline); other == id {
		t.Error("shared between tenants")
	}
	c, err := s.ResolveURL(t.Context(), "https://beffroi.example"+Path(id))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "urn:x:1", "b": "urn:x:b"} {
		if iri, _ := c.ExpandTerm(name); iri != want {
			t.Errorf("%s is %q", name, iri)
		}
	}
	if info, _ := s.Info("lille", id); info.Kind != ImplicitlyCreated || info.Hits != 1 {
		t.Errorf("%+v", info)
	}
	if url, id, _ := s.Implicit(t.Context(), "lille", resolve(t, s, `"`+address+`"`)); url != address || id != "" {
		t.Errorf("one address needs no document: %q, %q", url, id)
	}
	if err := s.Delete(t.Context(), "lille", id); err != nil {
		t.Error(err)
	}
	wantKind(t, "reload", s.Reload(t.Context(), "bruxelles", id), problem.ResourceNotFound)
}

func TestCachedDocuments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{body: means("urn:x:1"), age: time.Hour}
		s := open(t, Options{Fetch: w})
		expand(t, s)
		expand(t, s)
		info, err := s.Info("any", address)
		if err != nil || info.Kind != Cached || info.URL != address || info.Hits != 2 || info.Expires.Sub(info.Created) != time.Hour {
			t.Fatalf("info %+v, %v", info, err)
		}
		wantKind(t, "serve", errOf(s.Serve("", address)), problem.OperationNotSupported)
		wantKind(t, "serve by id", errOf(s.Serve("", info.ID)), problem.OperationNotSupported)

		w.set(func(w *site) { w.body = means("urn:x:2") })
		if err := s.Reload(t.Context(), "", info.ID); err != nil {
			t.Fatal(err)
		}
		want(t, "reloaded", expand(t, s), "urn:x:2")
		if info, _ := s.Info("", address); info.Hits != 3 {
			t.Errorf("a reload forgets the hits: %+v", info)
		}
		w.set(func(w *site) { w.err = errors.New("no route") })
		wantKind(t, "reload of what is gone", s.Reload(t.Context(), "", address), problem.LdContextNotAvailable)
		want(t, "the old one", expand(t, s), "urn:x:2")
		w.set(func(w *site) { w.err, w.body = nil, "<html>" })
		wantKind(t, "reload of what is broken", s.Reload(t.Context(), "", address), problem.LdContextNotAvailable)
		want(t, "the old one", expand(t, s), "urn:x:2")

		w.set(func(w *site) { w.body = means("urn:x:3") })
		if err := s.Delete(t.Context(), "", address); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "info of what is deleted", errOf(s.Info("", address)), problem.ResourceNotFound)
		time.Sleep(time.Minute) // the failure is forgotten
		want(t, "fetched again", expand(t, s), "urn:x:3")
		wantKind(t, "delete what never was", s.Delete(t.Context(), "", "https://e.eu/other"), problem.ResourceNotFound)
	})
}

func TestCoreIsListedAndStays(t *testing.T) {
	s := open(t, Options{Preload: map[string][]byte{address: []byte(means("urn:x:1"))}})
	if _, err := s.ResolveURL(t.Context(), "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld"); err != nil {
		t.Fatal(err)
	}
	listed := func() []string {
		var urls []string
		for _, i := range s.List("", Cached) {
			urls = append(urls, i.URL)
		}
		slices.Sort(urls)
		return urls
	}
	for range 2 {
		// A preloaded document is in the cache from its first use on.
		if got := listed(); !slices.Equal(got, []string{ldctx.CoreURL}) {
			t.Errorf("listed before its use: %v", got)
		}
		wantKind(t, "delete before its use", s.Delete(t.Context(), "", address), problem.ResourceNotFound)
		want(t, "used", expand(t, s), "urn:x:1")
		if got := listed(); !slices.Equal(got, []string{address, ldctx.CoreURL}) {
			t.Errorf("listed after its use: %v", got)
		}
		if err := s.Reload(t.Context(), "", address); err != nil {
			t.Errorf("reload: %v", err)
		}
		if err := s.Delete(t.Context(), "", address); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	for _, ref := range []string{ldctx.CoreURL, "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"} {
		wantKind(t, ref, s.Delete(t.Context(), "", ref), problem.BadRequestData)
		if err := s.Reload(t.Context(), "", ref); err != nil {
			t.Errorf("reload %s: %v", ref, err)
		}
	}
	if info, _ := s.Info("", ldctx.CoreURL); info.Hits != 1 {
		t.Errorf("%+v", info)
	}
}

func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{Fetch: &site{body: means("urn:x:1")}})
		expand(t, s)
		var ids []string
		for range 3 {
			time.Sleep(time.Second)
			id, err := s.Add(t.Context(), "", parse1(t, `{"@context":["`+address+`"]}`))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		var got []string
		for _, i := range s.List("", Hosted) {
			got = append(got, i.ID)
		}
		if !slices.Equal(got, ids) {
			t.Errorf("listed %v, want %v", got, ids)
		}
		if n := len(s.List("", "")); n != 5 {
			t.Errorf("%d listed, want 3 hosted, 1 cached and the core", n)
		}
	})
}
