package contexts

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// site is a web server that can change, be slow and fail.
type site struct {
	mu    sync.Mutex
	body  string
	age   time.Duration
	delay time.Duration
	err   error
	calls int
}

func (s *site) set(change func(s *site)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *site) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *site) Fetch(ctx context.Context, url string) ([]byte, time.Duration, error) {
	s.mu.Lock()
	s.calls++
	body, age, delay, err := s.body, s.age, s.delay, s.err
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
	return []byte(body), age, err
}

// book is a records in memory.
type book struct {
	mu  sync.Mutex
	m   map[string][]byte
	err error
}

func (b *book) Scan(_ context.Context, kind, prefix, after string) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, name := range slices.Sorted(maps.Keys(b.m)) {
			if !yield(store.Record{Key: store.Key{Kind: kind, Name: name}, Value: b.m[name]}, nil) {
				return
			}
		}
	}
}

func (b *book) Write(_ context.Context, ws []store.RecordWrite) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	if b.m == nil {
		b.m = map[string][]byte{}
	}
	for _, w := range ws {
		if w.Value == nil {
			delete(b.m, w.Key.Name)
		} else {
			b.m[w.Key.Name] = slices.Clone(w.Value)
		}
	}
	return nil
}

func (b *book) names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.m))
}

const address = "https://e.eu/c"

func means(iri string) string { return `{"@context":{"a":"` + iri + `"}}` }

// expand resolves the address and says what a means, or the error.
func expand(t testing.TB, s *Service) string {
	t.Helper()
	c, err := s.ResolveURL(t.Context(), address)
	if err != nil {
		return problem.KindOf(err).String()
	}
	iri, err := c.ExpandTerm("a")
	if err != nil {
		t.Fatal(err)
	}
	return iri
}

func want(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func wantCalls(t testing.TB, what string, w *site, n int) {
	t.Helper()
	if got := w.count(); got != n {
		t.Errorf("%s: fetched %d times, want %d", what, got, n)
	}
}

func TestOneFetchForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{body: means("urn:x:1"), age: time.Hour, delay: time.Second}
		s := open(t, Options{Fetch: w})
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { want(t, "together", expand(t, s), "urn:x:1") })
		}
		wg.Wait()
		wantCalls(t, "together", w, 1)
		first, err := s.ResolveURL(t.Context(), address)
		second, _ := s.Resolve(t.Context(), jsontree.StringNode(address))
		if err != nil || first != second {
			t.Errorf("the same context is compiled again: %p, %p, %v", first, second, err)
		}
	})
}

func TestExpiry(t *testing.T) {
	ages := map[string]struct{ told, lives time.Duration }{
		"as told":        {time.Minute, time.Minute},
		"not told":       {-1, heuristicAge},
		"not at all":     {0, minAge},
		"for ever":       {1 << 62, maxAge},
		"a short moment": {time.Millisecond, minAge},
	}
	for name, age := range ages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &site{body: means("urn:x:1"), age: age.told}
				s := open(t, Options{Fetch: w})
				want(t, "at first", expand(t, s), "urn:x:1")
				before, _ := s.ResolveURL(t.Context(), address)
				w.set(func(w *site) { w.body = means("urn:x:2") })
				time.Sleep(age.lives - time.Millisecond)
				want(t, "just before", expand(t, s), "urn:x:1")
				wantCalls(t, "just before", w, 1)
				time.Sleep(2 * time.Millisecond)
				want(t, "just after", expand(t, s), "urn:x:2")
				wantCalls(t, "just after", w, 2)
				after, _ := s.ResolveURL(t.Context(), address)
				if before.ID() == after.ID() {
					t.Error("another content has the same ID")
				}
			})
		})
	}
}

func TestUnchangedDocumentIsNotCompiledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{body: means("urn:x:1"), age: time.Minute}
		s := open(t, Options{Fetch: w})
		before, _ := s.ResolveURL(t.Context(), address)
		time.Sleep(2 * time.Minute)
		after, _ := s.ResolveURL(t.Context(), address)
		if before != after {
			t.Error("compiled again")
		}
		wantCalls(t, "after it expired", w, 2)
	})
}

// A failure is told for a few seconds without asking again, then not.
func TestFailureIsForgotten(t *testing.T) {
	for name, spoil := range map[string]func(w *site){
		"LdContextNotAvailable": func(w *site) { w.err = errors.New("connection refused") },
		"BadRequestData":        func(w *site) { w.body = "<html>" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &site{}
				spoil(w)
				s := open(t, Options{Fetch: w})
				want(t, "at first", expand(t, s), name)
				want(t, "at once again", expand(t, s), name)
				wantCalls(t, "at once again", w, 1)
				w.set(func(w *site) { w.body, w.err = means("urn:x:1"), nil })
				time.Sleep(failureAge + time.Millisecond)
				want(t, "later", expand(t, s), "urn:x:1")
			})
		})
	}
}

func TestOldCopyStays(t *testing.T) {
	for name, spoil := range map[string]func(w *site){
		"unreachable": func(w *site) { w.err = errors.New("connection refused") },
		"invalid":     func(w *site) { w.body = "<html>" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &site{body: means("urn:x:1"), age: time.Minute}
				s := open(t, Options{Fetch: w})
				want(t, "at first", expand(t, s), "urn:x:1")
				w.set(spoil)
				time.Sleep(time.Hour)
				want(t, "expired", expand(t, s), "urn:x:1")
				want(t, "expired, again", expand(t, s), "urn:x:1")
				wantCalls(t, "expired, again", w, 2)
				time.Sleep(staleRetry + time.Millisecond)
				want(t, "tried again", expand(t, s), "urn:x:1")
				wantCalls(t, "tried again", w, 3)
				w.set(func(w *site) { w.body, w.err = means("urn:x:2"), nil })
				time.Sleep(staleRetry + time.Millisecond)
				want(t, "back", expand(t, s), "urn:x:2")
			})
		})
	}
}

// A slow server costs a request two seconds when there is an old copy, and
// the new one is used once it is there.
func TestSlowReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{body: means("urn:x:1"), age: time.Minute}
		s := open(t, Options{Fetch: w})
		expand(t, s)
		time.Sleep(time.Hour)
		w.set(func(w *site) { w.body, w.delay = means("urn:x:2"), 8*time.Second })
		start := time.Now()
		want(t, "while it loads", expand(t, s), "urn:x:1")
		if d := time.Since(start); d != staleWait {
			t.Errorf("waited %v", d)
		}
		time.Sleep(7 * time.Second)
		want(t, "once it is there", expand(t, s), "urn:x:2")
		wantCalls(t, "once it is there", w, 2)
	})
}

func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{body: means("urn:x:1"), age: time.Hour, delay: time.Hour}
		s := open(t, Options{Fetch: w, FetchTimeout: 10 * time.Second})
		start := time.Now()
		want(t, "a server that hangs", expand(t, s), "LdContextNotAvailable")
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("waited %v", d)
		}
		// The end of one request does not end the fetch for the others.
		time.Sleep(time.Minute)
		w.set(func(w *site) { w.delay = 5 * time.Second })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.ResolveURL(ctx, address); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		want(t, "another request", expand(t, s), "urn:x:1")
		wantCalls(t, "another request", w, 2)
	})
}

func TestCloseEndsFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{delay: 5 * time.Second}
		s := open(t, Options{Fetch: w})
		var wg sync.WaitGroup
		wg.Go(func() { want(t, "closed", expand(t, s), "LdContextNotAvailable") })
		synctest.Wait()
		start := time.Now()
		s.Close()
		wg.Wait()
		if d := time.Since(start); d != 0 {
			t.Errorf("closing took %v", d)
		}
		if c, err := s.Resolve(t.Context(), jsontree.StringNode(ldctx.CoreURL)); err != nil || c == nil {
			t.Errorf("what is in memory still works: %v", err)
		}
	})
}

// manySites answers for any address, slowly.
type manySites struct{ site }

func TestFetchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &manySites{site{body: means("urn:x:1"), age: time.Hour, delay: time.Second}}
		s := open(t, Options{Fetch: w})
		var wg sync.WaitGroup
		var mu sync.Mutex
		refused := 0
		for i := range maxFetches + 5 {
			wg.Go(func() {
				if _, err := s.ResolveURL(t.Context(), fmt.Sprint(address, i)); err != nil {
					mu.Lock()
					defer mu.Unlock()
					refused++
				}
			})
		}
		wg.Wait()
		if refused != 5 {
			t.Errorf("%d refused, want 5", refused)
		}
	})
}

func TestPreload(t *testing.T) {
	s := open(t, Options{Preload: map[string][]byte{address: []byte(means("urn:x:1"))}})
	want(t, "preloaded", expand(t, s), "urn:x:1")
	if _, err := s.ResolveURL(t.Context(), "https://e.eu/other"); problem.KindOf(err) != problem.LdContextNotAvailable {
		t.Errorf("without a fetcher: %v", err)
	}
	if _, err := Open(t.Context(), Options{Now: time.Now, Preload: map[string][]byte{address: []byte("{")}}); err == nil {
		t.Error("a preloaded document that is not JSON is accepted")
	}
	if _, err := Open(t.Context(), Options{}); err == nil {
		t.Error("a service without a clock opens")
	}
	for _, url := range ldctx.CoreURLs() {
		if c, err := s.ResolveURL(t.Context(), url); err != nil || c.Source().Str() != url {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// Documents come back after a restart, even if their server does not.
func TestDocumentsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(book)
		w := &site{body: means("urn:x:1"), age: time.Minute}
		s := open(t, Options{Fetch: w, Records: b})
		expand(t, s)
		id, err := s.Add(t.Context(), "lille", parse1(t, `{"@context":[{"b":"urn:x:1.0"},"`+ldctx.CoreURL+`"]}`))
		if err != nil {
			t.Fatal(err)
		}
		before, _ := s.Info("lille", address)
		s.Close()
		w.set(func(w *site) { w.err = errors.New("no route") })
		time.Sleep(time.Hour)

		s = open(t, Options{Fetch: w, Records: b})
		want(t, "after a restart", expand(t, s), "urn:x:1")
		after, _ := s.Info("lille", address)
		if !after.Created.Equal(before.Created) || !after.Expires.Equal(before.Expires) || after.Created.IsZero() {
			t.Errorf("%+v became %+v", before, after)
		}
		doc, err := s.Serve("lille", id)
		if err != nil || doc.String() != `{"@context":[{"b":"urn:x:1.0"},"`+ldctx.CoreURL+`"]}` {
			t.Errorf("served %s, %v", doc, err)
		}

		b.m["x"] = []byte{9, 9}
		if _, err := Open(t.Context(), Options{Now: time.Now, Records: b}); err == nil || !strings.Contains(err.Error(), "version 09 is unknown") {
			t.Errorf("a record of a newer version: %v", err)
		}
		b.m["x"] = []byte("\x01{}")
		if _, err := Open(t.Context(), Options{Now: time.Now, Records: b}); err == nil {
			t.Error("a record without content is accepted")
		}
	})
}

func TestStoreFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{err: problem.New(problem.OutOfSpace, "the disk is full")}
		s := open(t, Options{Fetch: &site{body: means("urn:x:1")}, Records: b, Log: slog.New(slog.DiscardHandler)})
		want(t, "a cached document is used though it cannot be kept", expand(t, s), "urn:x:1")
		if _, err := s.Add(t.Context(), "", parse1(t, `{"@context":{}}`)); problem.KindOf(err) != problem.OutOfSpace {
			t.Errorf("a hosted one is not: %v", err)
		}
		if n := len(s.List("", Hosted)); n != 0 {
			t.Errorf("%d hosted", n)
		}
	})
}

// Cached documents make room, the least recently used first; hosted ones and
// the core context do not.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		filler := strings.Repeat("x", 900)
		b := new(book)
		s := open(t, Options{Records: b, Fetch: &site{body: means("urn:x:" + filler), age: maxAge}, MaxStoredBytes: 20_000})
		id, err := s.Add(t.Context(), "", parse1(t, `{"@context":{"b":"urn:x:b"}}`))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			time.Sleep(time.Second)
			if _, err := s.ResolveURL(t.Context(), fmt.Sprint(address, i)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ResolveURL(t.Context(), fmt.Sprint(address, 0)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if s.bytes > 20_000 {
			t.Errorf("%d bytes are stored", s.bytes)
		}
		for ref, there := range map[string]bool{id: true, ldctx.CoreURL: true, address + "0": true, address + "29": true, address + "1": false} {
			if _, err := s.Info("", ref); (err == nil) != there {
				t.Errorf("%s: %v, want there = %v", ref, err, there)
			}
		}
		if kept, have := len(b.names()), len(s.List("", "")); kept != have-1 { // the core is not kept
			t.Errorf("%d records for %d documents", kept, have)
		}
	})
}

func TestResolveDoesNotAllocate(t *testing.T) {
	s := open(t, Options{Fetch: web{address: means("urn:x:1")}})
	value := parse1(t, `["`+address+`",{"b":"urn:x:b"}]`)
	resolve(t, s, value.String())
	n := testing.AllocsPerRun(200, func() {
		if _, err := s.Resolve(t.Context(), value); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkResolve(b *testing.B) {
	s := open(b, Options{Fetch: web{address: means("urn:x:1")}})
	value := parse1(b, `["`+address+`",{"b":"urn:x:b"}]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Resolve(b.Context(), value); err != nil {
			b.Fatal(err)
		}
	}
}

// A failed reload is not tried again by each context that names the document,
// and a success wipes the failure out.
func TestFailedReloadIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &site{body: means("urn:x:1"), age: time.Minute}
		s := open(t, Options{Fetch: w})
		expand(t, s)
		time.Sleep(time.Hour)
		w.set(func(w *site) { w.err = errors.New("no route") })
		want(t, "expired", expand(t, s), "urn:x:1")
		time.Sleep(staleRetry / 2)
		if _, err := s.Resolve(t.Context(), parse1(t, `["`+address+`",{"b":"urn:x:b"}]`)); err != nil {
			t.Error(err)
		}
		wantCalls(t, "another context", w, 2)

		w.set(func(w *site) { w.err, w.body, w.age = nil, means("urn:x:2"), 0 })
		if err := s.Reload(t.Context(), "", address); err != nil {
			t.Fatal(err)
		}
		want(t, "reloaded", expand(t, s), "urn:x:2")
		w.set(func(w *site) { w.body = means("urn:x:3") })
		time.Sleep(minAge + time.Millisecond)
		want(t, "expired again", expand(t, s), "urn:x:3")
	})
}
