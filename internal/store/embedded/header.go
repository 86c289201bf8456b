package embedded

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// Format is the version of what is in a data folder.
const Format = 1

// Header says what a data folder is.
type Header struct {
	Format     int
	Epoch      uint64 // of cursors; a restored backup gets another
	MadeBy     string // "city" or "demo"
	Synthetic  bool   // what is in it is invented
	Partitions int
	CreatedAt  entity.Instant
}

// Header says what the folder is.
func (s *Store) Header() Header { return s.header }

func appendHeader(h Header) []byte {
	b := binary.AppendUvarint(nil, uint64(h.Format))
	b = binary.AppendUvarint(b, h.Epoch)
	b = appendText(b, h.MadeBy)
	if h.Synthetic {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(h.Partitions))
	return binary.AppendVarint(b, int64(h.CreatedAt))
}

func parseHeader(b []byte, dir string) (Header, error) {
	d := decoder{b: b}
	h := Header{Format: int(d.uvarint())}
	if h.Format > Format {
		return h, problem.New(problem.Unavailable, "the data folder %s has format %d and this program knows formats up to %d; use the program that wrote it or a newer one", dir, h.Format, Format)
	}
	h.Epoch, h.MadeBy, h.Synthetic, h.Partitions = d.uvarint(), d.text(), d.byte() == 1, int(d.uvarint())
	h.CreatedAt = d.instant()
	if d.bad || h.Format < 1 || h.Partitions != 1 {
		return h, corrupt("the header of "+dir, nil)
	}
	return h, nil
}

// loadHeader reads the header, or writes one into a new folder.
func (s *Store) loadHeader() error {
	b, err := get(s.db, systemKey(kindHeader, ""))
	if err != nil {
		return err
	}
	if b != nil {
		s.header, err = parseHeader(b, s.o.Dir)
		return err
	}
	it, err := s.db.NewIter(nil)
	if err != nil {
		return err
	}
	empty := !it.First()
	if err := it.Close(); err != nil {
		return err
	}
	if !empty {
		return problem.New(problem.Unavailable, "%s holds a Pebble store that beffroi did not make; name another folder", s.o.Dir)
	}
	s.header = Header{Format: Format, Epoch: uint64(s.now()), MadeBy: s.o.MadeBy, Synthetic: s.o.Synthetic, Partitions: 1, CreatedAt: s.now()}
	return s.db.Set(systemKey(kindHeader, ""), appendHeader(s.header), pebble.Sync)
}

const metaClock = "clock"

// ClockState gives what SetClockState kept last; nil if nothing was.
func (s *Store) ClockState() ([]byte, error) {
	v, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release(v)
	return get(v.snap, metaKey(metaClock))
}

// SetClockState keeps the state of a scaled clock with the folder, durably.
func (s *Store) SetClockState(b []byte) error {
	p := s.newPending()
	close(p.ready)
	if err := p.batch.Set(metaKey(metaClock), b, nil); err != nil {
		return err
	}
	return s.submit(p)
}

// inUseName is the file that names who has a folder open. It is a notice, not
// the lock: that is Pebble's, which the system drops when a process ends.
const inUseName = "in-use.json"

type inUse struct {
	PID   int    `json:"pid"`
	URL   string `json:"url,omitempty"`
	Since string `json:"since"`
}

// SetURL tells where the server that has this folder open answers.
func (s *Store) SetURL(url string) error {
	s.o.URL = url
	return s.writeInUse()
}

func (s *Store) writeInUse() error {
	b, err := json.Marshal(inUse{os.Getpid(), s.o.URL, time.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	name := path.Join(s.o.Dir, inUseName)
	f, err := s.fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

func (s *Store) removeInUse() {
	if err := s.fs.Remove(path.Join(s.o.Dir, inUseName)); err != nil && s.failure() == nil {
		s.o.Log.Warn("the notice that the folder is in use could not be removed", "dir", s.o.Dir, "error", err)
	}
}

// InUseBy tells who has the data folder dir open, from the notice in it: the
// process and the address where it answers, if it has said one. It is false
// if there is no notice. A process that was killed leaves its notice behind.
func InUseBy(fs vfs.FS, dir string) (pid int, url string, ok bool) {
	f, err := fs.Open(path.Join(dir, inUseName))
	if err != nil {
		return 0, "", false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	var u inUse
	if err != nil || json.Unmarshal(b, &u) != nil {
		return 0, "", false
	}
	return u.PID, u.URL, true
}

// inUseError says that another process has dir open.
func inUseError(fs vfs.FS, dir string, cause error) error {
	pid, url, ok := InUseBy(fs, dir)
	switch {
	case ok && url != "":
		return problem.Wrap(problem.Unavailable, cause, "the data folder %s is in use by process %d, which answers at %s; use --url %s, or stop that process first", dir, pid, url, url)
	case ok:
		return problem.Wrap(problem.Unavailable, cause, "the data folder %s is in use by process %d; stop it first, or name another folder with --data", dir, pid)
	default:
		return problem.Wrap(problem.Unavailable, cause, "the data folder %s is in use by another process, or cannot be locked; stop that process first, or name another folder with --data", dir)
	}
}
