package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/semaphore"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/series"
)

// dbName is the directory of Pebble within the data folder.
const dbName = "store"

// Open opens the data folder o.Dir, making it if it is not there.
//
// Errors: problem.Unavailable, which says what is wrong with the folder and
// how to mend it: in use by another process, of a newer format, made by
// another program, damaged.
func Open(o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{o: o, fs: o.FS, names: newNames(), overlay: map[idKey]*overlaid{}, older: map[*view]struct{}{}, nextNumber: map[space]entity.Number{},
		wake: make(chan struct{}, 1), pendingOps: semaphore.NewWeighted(maxPending), records: map[string]recordState{},
		published: make(chan struct{}), failedCh: make(chan struct{}), pace: newPace(), typeCounts: map[space]map[entity.Name]int{}}
	s.recent.max = 8 << 20
	s.sealer.wake, s.sealer.stop = make(chan struct{}, 1), make(chan struct{})
	s.cache, s.ids = newEntityCache(o.CacheBytes*3/8), newIDCache(o.CacheBytes/8)
	s.tail = newTail(s.names)
	if err := s.openDB(); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		err = errors.Join(err, s.db.Close())
		s.blocks.Unref()
		return nil, errors.Join(err, s.lock.Close())
	}
	s.start()
	if err := s.resumeErasures(); err != nil {
		s.sealFailed(err)
	}
	return s, nil
}

func (s *Store) openDB() (err error) {
	dir := path.Join(s.o.Dir, dbName)
	_, missing := s.fs.Stat(dir)
	if err := s.fs.MkdirAll(s.o.Dir, 0o700); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be made; check its path and permissions, or name another one with --data", s.o.Dir)
	}
	if err := s.fs.MkdirAll(dir, 0o700); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be written; check its permissions, or name another one with --data", s.o.Dir)
	}
	made := []string{path.Dir(s.o.Dir), s.o.Dir}
	if missing == nil {
		made = nil
	}
	for _, d := range made { // the folders themselves must outlive a crash too
		if err := syncDir(s.fs, d); err != nil {
			return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be synced to disk; check the disk", s.o.Dir)
		}
	}
	if s.lock, err = pebble.LockDirectory(dir, s.fs); errors.Is(err, os.ErrPermission) {
		return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be written; check its permissions, or name another one with --data", s.o.Dir)
	} else if err != nil {
		return inUseError(s.fs, s.o.Dir, err)
	}
	if err := s.roomToOpen(dir); err != nil {
		return errors.Join(err, s.lock.Close())
	}
	s.blocks = pebble.NewCache(s.o.CacheBytes / 2)
	s.guard = &guardFS{FS: s.fs, s: s, dir: dir}
	opts := pebbleOptions(s.guard, s.blocks)
	opts.Lock = s.lock
	opts.Logger = pebbleLog{s}
	s.db, err = pebble.Open(dir, opts)
	if err != nil {
		s.blocks.Unref()
		return errors.Join(openError(s.o.Dir, err), s.lock.Close())
	}
	return nil
}

// openSlack is what opening needs on the disk beside the logs it writes anew.
const openSlack = 4 << 20

// roomToOpen refuses to open on a disk without room for the tables into which
// Pebble turns the logs first: it would try that for ever.
func (s *Store) roomToOpen(dir string) error {
	u, err := s.fs.GetDiskUsage(dir)
	if err != nil {
		return nil // unknown: Pebble will tell
	}
	names, err := s.fs.List(dir)
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be read; check its permissions", s.o.Dir)
	}
	need := uint64(openSlack)
	for _, name := range names {
		if path.Ext(name) != ".log" {
			continue
		}
		info, err := s.fs.Stat(path.Join(dir, name))
		if err != nil {
			return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be read; check its permissions", s.o.Dir)
		}
		need += uint64(info.Size())
	}
	if u.AvailBytes < need {
		return problem.New(problem.OutOfSpace, "the disk of %s has %d MB free and opening needs %d MB; nothing is lost: make room and start again", s.o.Dir, u.AvailBytes>>20, need>>20)
	}
	return nil
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func openError(dir string, err error) error {
	if strings.Contains(err.Error(), "format major version") {
		return problem.Wrap(problem.Unavailable, err, "the data folder %s was written by a newer program; use that one or a newer one", dir)
	}
	return problem.Wrap(problem.Unavailable, err, "the store in %s cannot be opened; if the disk is sound, restore a backup", dir)
}

func pebbleOptions(fs vfs.FS, blocks *pebble.Cache) *pebble.Options {
	o := &pebble.Options{
		FS: fs, Cache: blocks,
		// Named, so that another Pebble does not move a folder to a format
		// that the program before could not read.
		FormatMajorVersion:          pebble.FormatValueSeparation,
		MemTableSize:                32 << 20,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       24,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                1000,
		BytesPerSync:                1 << 20,
		WALBytesPerSync:             0,
	}
	o.CompactionConcurrencyRange = func() (int, int) { return 1, 2 }
	for i := range o.Levels {
		o.Levels[i].BlockSize = 16 << 10
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// pebbleLog takes Pebble's messages. Pebble counts on the process ending with
// a fatal one; here the store stops instead and can be opened anew.
type pebbleLog struct{ s *Store }

func (pebbleLog) Infof(string, ...any) {}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.s.o.Log.Error("pebble: "+fmt.Sprintf(format, args...), "dir", l.s.o.Dir)
}

func (l pebbleLog) Fatalf(format string, args ...any) { l.s.fail(fmt.Errorf(format, args...)) }

// load reads what must be in memory.
func (s *Store) load() error {
	if err := s.loadHeader(); err != nil {
		return err
	}
	if err := s.names.load(s.db); err != nil {
		return err
	}
	if err := s.spaces.load(s.db); err != nil {
		return err
	}
	if err := s.loadHead(); err != nil {
		return err
	}
	s.lastView = 1
	s.show(&view{seq: 1, snap: s.db.NewSnapshot(), head: s.lastPos, low: s.low})
	if err := s.rebuildTail(); err != nil {
		s.hide()
		return err
	}
	if err := s.writeInUse(); err != nil {
		s.hide()
		return problem.Wrap(problem.Unavailable, err, "the data folder %s cannot be written; check its permissions", s.o.Dir)
	}
	return nil
}

func (s *Store) loadHead() error {
	b, err := get(s.db, metaKey(metaHead))
	if err != nil || b == nil {
		return err
	}
	d := decoder{b: b}
	v := d.byte()
	s.lastPos, s.lastTime = entity.Position(d.uvarint()), d.instant()
	s.version, s.entities = d.uvarint(), d.varint()
	if v != 1 || d.bad {
		return corrupt("the head of the change log", metaKey(metaHead))
	}
	// The log begins where its first record is.
	s.low = s.lastPos
	prefix := space{}.key(kindLog, 0)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	if it.First() {
		s.low = entity.Position(tail8(it.Key())) - 1
	}
	return it.Close()
}

// rebuildTail reads the points that are not yet in chunks from the log.
func (s *Store) rebuildTail() error {
	b, err := get(s.db, metaKey(metaTail))
	if err != nil {
		return err
	}
	from := s.low
	if b != nil {
		mark, n := binary.Uvarint(b[min(1, len(b)):])
		if b[0] != 1 || n <= 0 {
			return corrupt("the mark of the tail", metaKey(metaTail))
		}
		from = max(from, entity.Position(mark)-1)
	}
	if from >= s.lastPos {
		return nil
	}
	gone, err := s.erasures(s.current.snap)
	if err != nil {
		return err
	}
	known, err := newSealedIndex(s)
	if err != nil {
		return err
	}
	err = s.scanLog(s.current.snap, from, s.lastPos, func(b []byte, at entity.Position) (bool, error) {
		r, displaced, n, err := s.decodeRecord(b, at)
		if err != nil {
			return false, err
		}
		if erased(gone, n, r.Number, at) {
			return true, nil
		}
		it := &item{rec: r, displaced: displaced, space: n}
		return true, s.retake(it, known)
	})
	return errors.Join(err, known.it.Close())
}

type sealedKey struct {
	space space
	month uint16
	id    seriesID
}

// sealedIndex tells how far series are in chunks, remembering what it found.
type sealedIndex struct {
	s     *Store
	it    *pebble.Iterator
	known map[sealedKey]entity.Position
}

func newSealedIndex(s *Store) (*sealedIndex, error) {
	it, err := s.db.NewIter(nil)
	return &sealedIndex{s, it, map[sealedKey]entity.Position{}}, err
}

// through gives the position of the last record whose points of a series and
// month are in a chunk; zero if none are.
func (x *sealedIndex) through(k sealedKey, class uint16) (entity.Position, error) {
	if at, ok := x.known[k]; ok {
		return at, nil
	}
	if len(x.known) > 1<<18 {
		clear(x.known)
	}
	prefix := k.space.chunkPrefix(class, k.month, k.id)
	at := entity.Position(0)
	if x.it.SeekLT(after(prefix)) && bytes.HasPrefix(x.it.Key(), prefix) {
		b, err := x.it.ValueAndErr()
		if err != nil {
			return 0, err
		}
		var ok bool
		if at, _, ok = unwrapChunk(b); !ok {
			return 0, corrupt("history", x.it.Key())
		}
	}
	x.known[k] = at
	return at, x.it.Error()
}

// retake adds what it brought to history to the tail, save what is in a chunk
// already.
func (s *Store) retake(it *item, sealed *sealedIndex) error {
	points := append(it.displaced, it.rec.Points...)
	if it.rec.Kind != change.Recorded {
		points = append(points, change.Tombstones(&it.rec)...)
	}
	for i := range points {
		p := &points[i]
		name, _ := s.names.find(string(p.Name))
		dataset, _ := s.names.find(p.Dataset)
		k := sealedKey{it.space, monthOf(series.When(p)), seriesID{it.rec.Number, name, dataset}}
		through, err := sealed.through(k, s.classOf(s.current, k.space, k.id))
		if err != nil {
			return err
		}
		if it.rec.At > through {
			s.tail.add(it.space, it.rec.Number, p, it.rec.At)
		}
	}
	return nil
}

func (s *Store) start() {
	s.armed.Store(true)
	groups := make(chan group, inFlight-1)
	go s.commitLoop(groups)
	go s.publishLoop(groups)
	s.spaceChecked = time.Time{}
	s.checkSpace()
	s.sealer.done.Add(1)
	go s.sealLoop()
	s.sealer.poke()
}
