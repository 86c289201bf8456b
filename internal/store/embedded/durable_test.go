package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/storetest"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func put(t testing.TB, s *Store, id string, attrs ...entity.Instance) store.Result {
	t.Helper()
	rs, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Upsert(id, attrs...)}, store.CommitOptions{})
	if err != nil || rs[0].Err != nil {
		t.Fatalf("commit: %+v, %v", rs, err)
	}
	return rs[0]
}

// gate holds back syncs of the write-ahead log while it is shut.
type gate struct {
	mu   sync.Mutex
	shut chan struct{}
	held chan struct{} // told when a sync has begun that is held back
}

func (g *gate) MaybeError(op errorfs.Op) error {
	if !strings.HasSuffix(op.Path, ".log") || op.Kind != errorfs.OpFileSync && op.Kind != errorfs.OpFileSyncData && op.Kind != errorfs.OpFileSyncTo {
		return nil
	}
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		select {
		case g.held <- struct{}{}:
		default:
		}
		<-shut
	}
	return nil
}
func (g *gate) String() string { return "gate" }

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if shut {
		g.shut = make(chan struct{})
	} else {
		close(g.shut)
		g.shut = nil
	}
}

func TestNothingIsShownBeforeItIsDurable(t *testing.T) {
	g := &gate{held: make(chan struct{}, 1)}
	s := open(t, Options{FS: errorfs.Wrap(vfs.NewMem(), g)})
	put(t, s, "urn:a", storetest.Prop("p", "1"))
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.set(true)
	done := make(chan error, 5)
	commit := func(m store.Mutation) {
		_, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{m}, store.CommitOptions{})
		done <- err
	}
	go commit(storetest.Upsert("urn:a", storetest.Prop("p", "2")))
	<-g.held // the sync has begun: Pebble shows the batch by now
	go commit(storetest.Upsert("urn:b"))
	// A closure that sees the first commit and does nothing may not answer either.
	go commit(storetest.Record("urn:a"))
	go func() {
		_, _, err := s.Commit(t.Context(), store.Space{Tenant: "new"}, []store.Mutation{storetest.Upsert("urn:a")}, store.CommitOptions{CreateTenant: true})
		done <- err
	}()
	go func() {
		done <- s.Write(t.Context(), []store.RecordWrite{{Key: store.Key{Kind: "k", Name: "n"}, Value: []byte{1}}})
	}()
	for range 300 {
		e, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a")
		if err != nil || string(e.Attrs[0].Value) != "1" {
			t.Fatalf("state: %+v, %v", e, err)
		}
		if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:b"); err == nil {
			t.Fatal("an entity is seen too early")
		}
		if rs, _, err := s.Read(t.Context(), head, 10); err != nil || len(rs) > 0 {
			t.Fatalf("log: %v, %v", rs, err)
		}
		if _, ss, err := s.History(t.Context(), store.Space{}, "urn:a", store.Window{Clock: store.ModifiedAt}); err != nil || len(ss[0].Points) != 1 {
			t.Fatalf("history: %v, %v", ss, err)
		}
		if _, err := s.Get(t.Context(), store.Key{Kind: "k", Name: "n"}); err == nil {
			t.Fatal("a record is seen too early")
		}
		if ts, err := s.Tenants(t.Context()); err != nil || len(ts) != 1 {
			t.Fatalf("tenants: %q, %v", ts, err)
		}
		if _, err := s.Entity(t.Context(), store.Space{Tenant: "new"}, store.Moment{}, "urn:a"); !problem.Is(err, problem.NonexistentTenant) {
			t.Fatalf("a tenant is seen too early: %v", err)
		}
		if len(done) > 0 {
			t.Fatalf("an answer left too early: %v", <-done)
		}
	}
	g.set(false)
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if e, _ := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a"); string(e.Attrs[0].Value) != "2" {
		t.Errorf("after the sync: %+v", e)
	}
}

// TestCrash ends the store at every k-th write of its life, with all that was
// not synced lost, and wants every acknowledged commit, and nothing that
// nobody sent, once it is open again.
func TestCrash(t *testing.T) {
	step := 7
	if testing.Short() {
		step = 41
	}
	for k := 1; k < 400; k += step {
		mem := vfs.NewCrashableMem()
		var left atomic.Int64
		left.Store(1 << 40)
		down := errors.New("the disk is gone")
		inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && left.Add(-1) < 0 {
				return down
			}
			return nil
		})
		o := Options{Dir: "city", FS: errorfs.Wrap(mem, inject), Log: quiet(), TailBytes: 2000}
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		left.Store(int64(k))
		acknowledged := churn(t, s)
		// Of what was not synced nothing survives, or any half of it.
		crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: k % 2 * 50, RNG: rand.New(rand.NewPCG(1, uint64(k)))})
		left.Store(1 << 40)
		s.Close()
		o.FS = crashed
		if s, err = Open(o); err != nil {
			t.Fatalf("after a crash at write %d: %v", k, err)
		}
		for w, last := range acknowledged {
			check(t, s, k, w, last)
		}
		put(t, s, "urn:new")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

const churners = 4

// churn lets writers count up, each on its own entity, until the store fails,
// and gives the last number of each that was acknowledged.
func churn(t *testing.T, s *Store) [churners]int {
	var acknowledged [churners]int
	var wg sync.WaitGroup
	for w := range churners {
		wg.Go(func() {
			for i := 1; i <= 300; i++ {
				m := storetest.Upsert(fmt.Sprintf("urn:%d", w), storetest.Prop("p", fmt.Sprint(i)))
				rs, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{m}, store.CommitOptions{})
				if err != nil {
					if !problem.Is(err, problem.Unavailable) {
						t.Errorf("a failed store answers %v", err)
					}
					return
				}
				if rs[0].Err != nil {
					t.Error(rs[0].Err)
				}
				acknowledged[w] = i
			}
		})
	}
	wg.Wait()
	return acknowledged
}

func check(t *testing.T, s *Store, k, w, last int) {
	t.Helper()
	id := entity.ID(fmt.Sprintf("urn:%d", w))
	e, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, id)
	if last == 0 && err != nil {
		return
	}
	if err != nil {
		t.Fatalf("crash at write %d: %s was acknowledged at %d and is not there: %v", k, id, last, err)
	}
	var now int
	fmt.Sscan(string(e.Attrs[0].Value), &now)
	if now < last || now > last+1 {
		t.Errorf("crash at write %d: %s was acknowledged at %d and is at %d", k, id, last, now)
	}
	_, ss, err := s.History(t.Context(), store.Space{}, id, store.Window{Clock: store.ModifiedAt})
	if err != nil || len(ss) != 1 || len(ss[0].Points) != now {
		t.Fatalf("crash at write %d: history of %s at %d: %v, %v", k, id, now, ss, err)
	}
	for i, p := range ss[0].Points {
		if string(p.Value) != fmt.Sprint(i+1) {
			t.Fatalf("crash at write %d: point %d of %s is %s", k, i, id, p.Value)
		}
	}
	n := 0
	rs, _, err := s.Read(t.Context(), store.Cursor{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		if r.ID == id {
			n++
		}
	}
	if n != now {
		t.Errorf("crash at write %d: %d records of %s at %d", k, n, id, now)
	}
}

func TestAFailedStoreCanBeOpenedAgain(t *testing.T) {
	fs := vfs.NewMem()
	var down atomic.Bool
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if down.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errors.New("the disk is gone")
		}
		return nil
	})
	o := Options{Dir: "city", FS: errorfs.Wrap(fs, inject), Log: quiet()}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "urn:a")
	head, _ := s.Head(t.Context())
	waits := make(chan error)
	go func() { waits <- s.Wait(t.Context(), head) }()
	down.Store(true)
	_, _, err = s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Upsert("urn:b")}, store.CommitOptions{})
	if !problem.Is(err, problem.Unavailable) {
		t.Fatalf("commit on a broken disk: %v", err)
	}
	<-s.Failed()
	if err := <-waits; !problem.Is(err, problem.Unavailable) {
		t.Errorf("a reader of the log waits on: %v", err)
	}
	if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a"); err != nil {
		t.Errorf("what was durable cannot be read any more: %v", err)
	}
	if st, err := s.Stats(t.Context()); err != nil || st.ReadOnly == "" {
		t.Errorf("stats: %+v, %v", st, err)
	}
	down.Store(false)
	s.Close()
	s, err = Open(o)
	if err != nil {
		t.Fatalf("open again: %v", err)
	}
	defer s.Close()
	if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a"); err != nil {
		t.Error(err)
	}
	put(t, s, "urn:c")
}

// TestNewLogCannotBeMade fails a write to which Pebble knows no answer but the
// end of the process.
func TestNewLogCannotBeMade(t *testing.T) {
	var down atomic.Bool
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if down.Load() && strings.HasSuffix(op.Path, ".log") && (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite) {
			return errors.New("no new files")
		}
		return nil
	})
	mem := vfs.NewMem()
	s := open(t, Options{FS: errorfs.Wrap(mem, inject), Log: quiet()})
	down.Store(true)
	long := storetest.Prop("p", `"`+strings.Repeat("x", 10_000)+`"`)
	acknowledged := 0
	for i := range 1000 {
		_, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Upsert(fmt.Sprintf("urn:%d", i), long)}, store.CommitOptions{})
		if problem.Is(err, problem.Unavailable) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		acknowledged = i + 1
	}
	if acknowledged == 1000 {
		t.Fatal("no log was changed")
	}
	s.Close()
	s = open(t, Options{FS: mem})
	for i := range acknowledged {
		if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, entity.ID(fmt.Sprintf("urn:%d", i))); err != nil {
			t.Fatalf("%d of %d: %v", i, acknowledged, err)
		}
	}
}

func TestNoRoomToOpen(t *testing.T) {
	fs := vfs.NewMem()
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40})
	o := Options{FS: fs, FreeFloor: 1, Log: quiet()}
	s := open(t, o)
	put(t, s, "urn:a")
	s.Close()
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 20})
	o.Dir = s.o.Dir
	if s, err := Open(o); !problem.Is(err, problem.OutOfSpace) {
		if err == nil {
			s.Close()
		}
		t.Fatalf("opened without room: %v", err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	s = open(t, o) // and the folder is not left locked
	if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a"); err != nil {
		t.Fatal(err)
	}
}

func TestFullDisk(t *testing.T) {
	fs := vfs.NewMem()
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40})
	s := open(t, Options{FS: fs, FreeFloor: 100 << 20, Log: quiet()})
	put(t, s, "urn:a")
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 99 << 20})
	s.checkSpaceNow()
	_, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{storetest.Upsert("urn:b")}, store.CommitOptions{})
	if !problem.Is(err, problem.OutOfSpace) {
		t.Fatalf("commit: %v", err)
	}
	if err := s.Write(t.Context(), []store.RecordWrite{{Key: store.Key{Kind: "k"}, Value: []byte{1}}}); !problem.Is(err, problem.OutOfSpace) {
		t.Errorf("record: %v", err)
	}
	if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a"); err != nil {
		t.Errorf("read: %v", err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 105 << 20})
	if s.checkSpaceNow(); !s.full.Load() {
		t.Error("writes are let in again with hardly more free than the floor")
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 120 << 20})
	put(t, s, "urn:b") // it looks again by itself
}

// TestCloseWhileWritersWrite closes under load: each commit is done or refused,
// none is left without an answer.
func TestCloseWhileWritersWrite(t *testing.T) {
	for round := range 20 {
		fs := vfs.NewMem()
		s, err := Open(Options{Dir: "city", FS: fs, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var done [churners]int
		started := make(chan struct{}, churners)
		for w := range churners {
			wg.Go(func() {
				for i := 1; ; i++ {
					m := storetest.Upsert(fmt.Sprintf("urn:%d", w), storetest.Prop("p", fmt.Sprint(i)))
					_, _, err := s.Commit(t.Context(), store.Space{}, []store.Mutation{m}, store.CommitOptions{})
					if err != nil {
						if !problem.Is(err, problem.Unavailable) {
							t.Errorf("commit: %v", err)
						}
						return
					}
					if done[w] = i; i == 1+round {
						started <- struct{}{}
					}
				}
			})
		}
		for range churners {
			<-started
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		s = open(t, Options{FS: fs})
		for w, last := range done {
			check(t, s, round, w, last)
		}
	}
}

func TestFolderInUse(t *testing.T) {
	dir := path.Join(t.TempDir(), "city")
	s := open(t, Options{Dir: dir, FS: vfs.Default, Log: quiet()})
	if fi, err := os.Stat(dir); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder: %v, %v", fi.Mode(), err)
	}
	_, err := Open(Options{Dir: dir})
	if !problem.Is(err, problem.Unavailable) || !strings.Contains(problem.DetailOf(err), fmt.Sprint(os.Getpid())) {
		t.Errorf("without a URL: %v", err)
	}
	if err := s.SetURL("http://127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Dir: dir})
	if !problem.Is(err, problem.Unavailable) || !strings.Contains(problem.DetailOf(err), "--url http://127.0.0.1:8080") {
		t.Errorf("with a URL: %v", err)
	}
	put(t, s, "urn:a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := InUseBy(vfs.Default, dir); ok {
		t.Error("the notice is still there")
	}
	s = open(t, Options{Dir: dir, FS: vfs.Default, Log: quiet()})
	if _, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:a"); err != nil {
		t.Error(err)
	}
}

func TestHeaderTellsWhatMadeTheFolder(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs, MadeBy: "demo", Synthetic: true})
	epoch := s.Header().Epoch
	if err := s.SetClockState([]byte("60x")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, Options{FS: fs, MadeBy: "city"})
	if h := s.Header(); h.MadeBy != "demo" || !h.Synthetic || h.Epoch != epoch || h.Format != Format || h.Partitions != 1 {
		t.Errorf("header %+v", h)
	}
	if b, err := s.ClockState(); err != nil || string(b) != "60x" {
		t.Errorf("clock %q, %v", b, err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{FS: fs})
	h := s.Header()
	h.Format = Format + 1
	if err := s.db.Set(systemKey(kindHeader, ""), appendHeader(h), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	s.Close()
	_, err := Open(Options{Dir: "city", FS: fs})
	if !problem.Is(err, problem.Unavailable) || !strings.Contains(problem.DetailOf(err), "format 2") {
		t.Errorf("open: %v", err)
	}
}

func TestBackupAndRestore(t *testing.T) {
	fs := vfs.NewMem()
	c := storetest.NewClock()
	s := open(t, Options{FS: fs, Clock: c.Now, TailBytes: 3000})
	for i := range 700 {
		put(t, s, "urn:a", storetest.Prop("p", fmt.Sprint(i)))
		c.Add(time.Second)
	}
	if err := s.Write(t.Context(), []store.RecordWrite{{Key: store.Key{Kind: "k", Name: "n"}, Value: []byte("v")}}); err != nil {
		t.Fatal(err)
	}
	cursor, _ := s.Head(t.Context())
	if err := s.Checkpoint("backup"); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint("backup"); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("a second backup into one folder: %v", err)
	}
	put(t, s, "urn:later")
	if err := Restore(fs, "nothing", "new"); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("restore of nothing: %v", err)
	}
	if err := Restore(fs, "backup", "city"); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("restore over a folder: %v", err)
	}
	if err := Restore(fs, "backup", "new"); err != nil {
		t.Fatal(err)
	}
	r := open(t, Options{Dir: "new", FS: fs, Clock: c.Now})
	_, ss, err := r.History(t.Context(), store.Space{}, "urn:a", store.Window{Clock: store.ModifiedAt})
	if err != nil || len(ss) != 1 || len(ss[0].Points) != 700 {
		t.Fatalf("history: %v", err)
	}
	if rec, err := r.Get(t.Context(), store.Key{Kind: "k", Name: "n"}); err != nil || !bytes.Equal(rec.Value, []byte("v")) {
		t.Errorf("record: %v", err)
	}
	if _, err := r.Entity(t.Context(), store.Space{}, store.Moment{}, "urn:later"); err == nil {
		t.Error("the backup has what came after it")
	}
	if _, _, err := r.Read(t.Context(), cursor, 1); !problem.Is(err, problem.CursorLost) {
		t.Errorf("a cursor from before the restore: %v", err)
	}
	put(t, r, "urn:more")
}

// TestAnEntityThatNeverRests changes one entity again before the change before
// is durable, time after time: what is remembered of it on the way must stay
// small, and be nothing at rest.
func TestAnEntityThatNeverRests(t *testing.T) {
	s := open(t, Options{})
	var wg sync.WaitGroup
	most := 0
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				put(t, s, "urn:a", storetest.Prop("p", fmt.Sprint(i)))
				s.seq.Lock()
				for _, o := range s.overlay {
					most = max(most, len(o.recent))
				}
				s.seq.Unlock()
			}
		})
	}
	wg.Wait()
	s.publishedAll(t)
	s.seq.Lock()
	defer s.seq.Unlock()
	if most > 100 {
		t.Errorf("%d points were remembered for 8 changes on their way", most)
	}
	if len(s.overlay) != 0 || len(s.records) != 0 {
		t.Errorf("at rest %d entities and %d records are on their way", len(s.overlay), len(s.records))
	}
}

// publishedAll returns when everything that was queued so far has been shown
// and forgotten: groups are published one after the other.
func (s *Store) publishedAll(t testing.TB) {
	t.Helper()
	for range 2 {
		if err := s.SetClockState([]byte{1}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHugeCommit is larger than a memtable of Pebble, which treats it apart.
func TestHugeCommit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 100 MB of memory")
	}
	mem := vfs.NewCrashableMem()
	s := open(t, Options{FS: mem})
	long := `"` + strings.Repeat("x", 100_000) + `"`
	var muts []store.Mutation
	for i := range 250 {
		muts = append(muts, storetest.Upsert(fmt.Sprintf("urn:%d", i), storetest.Prop("p", long)))
	}
	if _, _, err := s.Commit(t.Context(), store.Space{}, muts, store.CommitOptions{}); err != nil {
		t.Fatal(err)
	}
	put(t, s, "urn:0", storetest.Prop("p", "1"))
	mem = mem.CrashClone(vfs.CrashCloneCfg{})
	s.Close()
	s = open(t, Options{FS: mem})
	for i := range 250 {
		want := len(long)
		if i == 0 {
			want = 1
		}
		e, err := s.Entity(t.Context(), store.Space{}, store.Moment{}, entity.ID(fmt.Sprintf("urn:%d", i)))
		if err != nil || len(e.Attrs[0].Value) != want {
			t.Fatalf("urn:%d: %v", i, err)
		}
	}
	if rs, _, err := s.Read(t.Context(), store.Cursor{}, 1000); err != nil || len(rs) != 251 {
		t.Errorf("log: %d, %v", len(rs), err)
	}
}
