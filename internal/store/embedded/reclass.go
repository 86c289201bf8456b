package embedded

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

const metaRules = "rules"

// reclass files chunks anew when the rules of retention are others than those
// by which they were filed: keys tell how long a chunk is kept.
func (s *Store) reclass() error {
	rules := fmt.Appendf([]byte{1}, "%v", s.o.Retention)
	v, err := s.acquire()
	if err != nil {
		return err
	}
	was, err := get(v.snap, metaKey(metaRules))
	s.release(v)
	if err != nil || bytes.Equal(was, rules) {
		return err
	}
	if was != nil || len(s.o.Retention) > 0 {
		for _, sp := range s.spaces.each() {
			if err := s.reclassSpace(sp); err != nil {
				return fmt.Errorf("file history by the new rules of retention: %w", err)
			}
		}
	}
	p := s.newPending()
	close(p.ready)
	if err := p.batch.Set(metaKey(metaRules), rules, nil); err != nil {
		return err
	}
	return s.submit(p)
}

func (s *Store) reclassSpace(sp space) error {
	next := sp.key(kindHistory, 0)
	for next != nil {
		var err error
		if next, err = s.reclassPage(sp, next); err != nil {
			return err
		}
	}
	return nil
}

// movedKey is where chunks of a series and month go.
type movedKey struct {
	class, month uint16
	id           seriesID
}

// reclassPage looks at some chunks from the key from on and gives the key to
// go on from, nil at the end.
func (s *Store) reclassPage(sp space, from []byte) (next []byte, err error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	p := s.newPending()
	close(p.ready)
	seqs := map[movedKey]uint32{}
	n := 0
	var failed error
	_, err = collect(v, from, after(sp.key(kindHistory, 0)), func(k, val []byte) bool {
		if n++; n > 4*pageSize {
			next = slices.Clone(k)
			return false
		}
		failed = s.refile(v, p.batch, sp, k, val, seqs)
		return failed == nil
	})
	if err = cmpErr(failed, err); err != nil || p.batch.Empty() {
		p.batch.Close()
		return next, err
	}
	return next, s.submit(p)
}

// refile moves one chunk, if it belongs elsewhere, behind those that are
// there already.
func (s *Store) refile(v *view, b *pebble.Batch, sp space, k, val []byte, seqs map[movedKey]uint32) error {
	class, month, id, _, ok := chunkPlace(k)
	if !ok {
		return corrupt("history", k)
	}
	to := movedKey{s.classOf(v, sp, id), month, id}
	if to.class == class {
		return nil
	}
	seq, known := seqs[to]
	if !known {
		last, _, err := s.lastChunkKey(v, sp, to.class, month, id)
		if err != nil {
			return err
		}
		if last != nil {
			_, _, _, seq, _ = chunkPlace(last)
			seq++
		}
	}
	seqs[to] = seq + 1
	if err := b.Set(sp.chunkKey(to.class, month, id, seq), val, nil); err != nil {
		return err
	}
	return b.Delete(k, nil)
}
