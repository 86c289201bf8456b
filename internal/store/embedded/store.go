// Package embedded keeps a city in one directory, without a server, on Pebble:
// state, history, change log and bookkeeping in one commit. It is a
// store.Driver with one partition.
//
// It is not for several processes: a directory belongs to one at a time.
//
// What always holds: nothing is shown, neither to readers nor in the log,
// before it is synced to disk; a commit is whole or not there at all;
// positions have no gaps. DESIGN.md tells the way of a commit and what a crash
// at each step leaves; docs/format/store.md describes what is on disk.
package embedded

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/semaphore"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Options are the settings of a Store. Only Dir is needed.
type Options struct {
	// Dir is the data folder; it is made, with mode 0700, if it is not there.
	Dir string
	// FS is where Dir is; nil is the machine's file system.
	FS vfs.FS
	// Clock gives the present; nil is time.Now.
	Clock func() time.Time
	// MadeBy and Synthetic go into the header of a new folder: "city" or
	// "demo", and whether what is in it is invented. See Store.Header.
	MadeBy    string
	Synthetic bool
	// URL is where the server that has the folder open answers, told to
	// others who try to open it; see also SetURL.
	URL string
	// CacheBytes is shared by decoded entities and blocks of the disk; 0
	// means 128 MiB.
	CacheBytes int64
	// TailBytes bounds the history that is not yet in chunks; 0 means 32 MiB.
	TailBytes int64
	// TailRecords bounds how far back in the log the tail reaches, and with
	// it how long opening takes after a crash; 0 means 100,000.
	TailRecords int64
	// LogAge and LogRecords bound the change log; 0 means 7 days and
	// 2,000,000 records. LogBytes, if positive, bounds its size on disk.
	LogAge     time.Duration
	LogRecords int64
	LogBytes   int64
	// FreeFloor is the number of bytes on the disk below which writes are
	// refused; 0 means 256 MiB, negative none.
	FreeFloor int64
	// Retention says how long history is kept; none means for ever.
	Retention []Rule
	// Housekeeping is how often the log is trimmed and history dropped; 0
	// means a minute.
	Housekeeping time.Duration
	// Log is told what happens to the store; nil is slog.Default.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.CacheBytes, 128<<20)
	def(&o.TailBytes, 32<<20)
	def(&o.TailRecords, 100_000)
	def(&o.LogRecords, 2_000_000)
	def(&o.FreeFloor, 256<<20)
	o.FreeFloor = max(o.FreeFloor, 0)
	if o.LogAge == 0 {
		o.LogAge = 7 * 24 * time.Hour
	}
	if o.Housekeeping == 0 {
		o.Housekeeping = time.Minute
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MadeBy == "" {
		o.MadeBy = "city"
	}
	return o
}

// Store is a store.Driver. Use Open.
type Store struct {
	o      Options
	fs     vfs.FS
	guard  *guardFS
	db     *pebble.DB
	blocks *pebble.Cache
	header Header
	names  *names
	spaces spaces
	cache  *entityCache
	ids    *idCache

	// seq is the sequencer's lock: commits are decided in the order in which
	// they become durable.
	seq        sync.Mutex
	closing    bool
	queue      []*pending
	queuedOps  int64
	wakeAt     int64 // queued operations at which the committer is woken
	overlay    map[idKey]*overlaid
	lastPos    entity.Position
	lastTime   entity.Instant
	nextNumber map[space]entity.Number // the last that was given
	entities   int64
	version    uint64 // of bookkeeping records
	wake       chan struct{}
	pendingOps *semaphore.Weighted

	recordsMu sync.Mutex
	records   map[string]recordState // on their way

	pace    pace
	scratch scratchPool

	// The committer's own.
	lastView     uint64
	low          entity.Position
	spaceChecked time.Time
	published    chan struct{} // closed when the publisher has ended

	viewMu  sync.Mutex
	current *view              // nil once closed
	older   map[*view]struct{} // those before it that are in use
	views   sync.WaitGroup

	// pubMu is held for writing while a group is shown: view, cache, tail and
	// ring move together.
	pubMu      sync.RWMutex
	typeCounts map[space]map[entity.Name]int // of those spaces that were asked about
	tail       *tail
	recent     ring
	sealUpTo   entity.Position // series whose first record is no later are sealed

	moved    signal
	tailRoom signal                 // told when the tail has shrunk
	sealing  atomic.Pointer[failed] // what the last sealing came to
	sealer   sealer
	houseMu  sync.Mutex      // one housekeeping at a time
	marked   entity.Position // as markTail wrote it last; guarded by houseMu
	failedAs atomic.Pointer[failed]
	failedCh chan struct{}
	armed    atomic.Bool // a failed write stops the store
	fence    atomic.Bool // Pebble may not write any more
	full     atomic.Bool
	free     atomic.Int64

	commits, operations, groups atomic.Int64

	lock      *pebble.Lock
	closeOnce sync.Once
	closeErr  error
}

var _ store.Driver = (*Store)(nil)

func (s *Store) now() entity.Instant { return entity.Instant(s.o.Clock().UnixMicro()) }

func closed() error { return problem.New(problem.Unavailable, "the store is closed") }

// usable reports why the store takes no commits, nil if it does.
func (s *Store) usable() error {
	if err := s.failure(); err != nil {
		return err
	}
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if s.current == nil {
		return closed()
	}
	return nil
}

// Close ends the store. Commits under way are finished first.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	close(s.sealer.stop)
	s.sealer.done.Wait()
	if s.failure() == nil {
		s.markTail()
	}
	s.seq.Lock()
	s.closing = true
	s.seq.Unlock()
	s.tailRoom.broadcast()
	s.poke()
	select {
	case <-s.published:
	case <-s.failedCh:
	}
	s.hide()
	s.moved.broadcast()
	s.tailRoom.broadcast()
	err := s.closeDB()
	s.removeInUse()
	if lerr := s.lock.Close(); err == nil && lerr != nil {
		err = fmt.Errorf("release the data folder %s: %w", s.o.Dir, lerr)
	}
	return err
}

// closeDB closes Pebble. A failed one stays as it is, cut off from the disk:
// some of it waits for a write that never ends.
func (s *Store) closeDB() error {
	if s.failure() != nil {
		s.fence.Store(true)
		return s.lock.Close() // in the name of Pebble, which has a share in it
	}
	err := s.db.Close()
	s.blocks.Unref()
	return err
}
