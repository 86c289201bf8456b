package dcat

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store"
)

// Sizes are how long the files of a dataset are, in bytes by extension.
type Sizes struct {
	Bytes     map[string]int64
	Estimated bool           // from the first of many entities
	At        entity.Instant // when that was measured
}

const (
	// sizeSample is how many entities are written to measure a file; the rest
	// is reckoned from them.
	sizeSample = 2000
	// sizeRest is how long what was measured is good for, whatever changes.
	sizeRest = time.Minute
	// sizesKept bounds how many datasets' sizes are kept.
	sizesKept = 1000
)

// sizes keeps what was measured.
type sizes struct {
	mu   sync.Mutex
	kept map[sizedKey]sized
}

type sizedKey struct {
	space      store.Space
	slug, lang string
}

type sized struct {
	version string
	until   time.Time // wall clock: what the work costs this machine
	sizes   Sizes
}

// counter counts what is written to it.
type counter struct{ n int64 }

// Write counts; it never fails.
func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// Sizes measures the files of d by writing them to nowhere: all of a small
// dataset, the first entities of a large one. What was measured is kept while
// the data is the same, and for a minute in any case. base begins the addresses
// within.
func (a *API) Sizes(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset, lang string) (Sizes, error) {
	out := Sizes{Bytes: map[string]int64{}, At: a.o.Now()}
	if d.Closed() {
		return out, nil
	}
	x, err := a.o.Catalogue.Extent(ctx, sp, d)
	if err != nil {
		return out, err
	}
	key := sizedKey{sp, d.Slug, lang}
	a.sizes.mu.Lock()
	k, ok := a.sizes.kept[key]
	a.sizes.mu.Unlock()
	if ok && (k.version == x.Version || time.Now().Before(k.until)) { // wall clock: see until
		return k.sizes, nil
	}
	q, err := d.Selection.Query()
	if err != nil {
		return out, err
	}
	var first []*entity.Entity
	err = a.o.Broker.Walk(ctx, broker.Call{Space: sp}, &q, 0, func(e *entity.Entity) bool {
		first = append(first, e)
		return len(first) < sizeSample
	})
	if err != nil {
		return out, err
	}
	out.Estimated = x.Count > len(first)
	for _, f := range catalogue.Files() {
		if out.Bytes[f.Ext], err = a.sizeOf(f.Ext, base, d, x, lang, first); err != nil {
			return out, fmt.Errorf("measure the %s file of %s: %w", f.Ext, d.Slug, err)
		}
	}
	a.sizes.mu.Lock()
	if len(a.sizes.kept) >= sizesKept || a.sizes.kept == nil {
		a.sizes.kept = map[sizedKey]sized{}
	}
	a.sizes.kept[key] = sized{x.Version, time.Now().Add(sizeRest), out} // wall clock: see until
	a.sizes.mu.Unlock()
	return out, nil
}

// sizeOf writes one file of some entities and reckons how long it would be with
// all of them: what an empty one has is not multiplied.
func (a *API) sizeOf(ext, base string, d *catalogue.Dataset, x *catalogue.Extent, lang string, some []*entity.Entity) (int64, error) {
	length := func(es []*entity.Entity) (int64, error) {
		var c counter
		w, err := formats()[ext].open(&c, a.fileOf(base, "/datasets/"+d.Slug+"."+ext, "", d, x, lang, 0))
		if err != nil {
			return 0, err
		}
		for _, e := range es {
			if err := w.Write(e); err != nil {
				return 0, err
			}
		}
		err = w.Close() // what it still holds counts too
		return c.n, err
	}
	empty, err := length(nil)
	if err != nil {
		return 0, err
	}
	whole, err := length(some)
	if err != nil || len(some) == 0 {
		return empty, err
	}
	if x.Count <= len(some) {
		return whole, nil
	}
	return empty + (whole-empty)*int64(x.Count)/int64(len(some)), nil
}
