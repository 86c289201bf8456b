package embedded

import (
	"errors"
	"fmt"
	"path"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/beffroi/beffroi/internal/problem"
)

// Checkpoint writes a copy of the running store into the folder dir, which
// must not be there yet. It holds everything that was acknowledged before the
// call. Files that no longer change are shared with the store (hard links) if
// dir is on the same disk. Restore makes a data folder of it.
//
// Errors: problem.AlreadyExists; problem.Unavailable.
func (s *Store) Checkpoint(dir string) error {
	if err := s.usable(); err != nil {
		return err
	}
	if err := mustBeAbsent(s.fs, dir); err != nil {
		return err
	}
	// A view keeps Close away.
	v, err := s.acquire()
	if err != nil {
		return err
	}
	defer s.release(v)
	if err := s.fs.MkdirAll(dir, 0o700); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the folder %s for the backup cannot be made; check its path and permissions", dir)
	}
	if err := s.db.Checkpoint(path.Join(dir, dbName), pebble.WithFlushedWAL()); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the backup into %s failed; remove that folder and check that its disk has room", dir)
	}
	return errors.Join(syncDir(s.fs, dir), syncDir(s.fs, path.Dir(dir)))
}

func mustBeAbsent(fs vfs.FS, dir string) error {
	if names, err := fs.List(dir); err == nil && len(names) > 0 {
		return problem.New(problem.AlreadyExists, "the folder %s is there already and is not empty; name another one", dir)
	}
	return nil
}

// Restore makes the data folder dst from the backup src, which stays as it
// is. The copy begins a new epoch: cursors and event ids from the time after
// the backup are not taken for its own.
//
// Errors: problem.AlreadyExists; problem.ResourceNotFound if src is no backup;
// problem.Unavailable.
func Restore(fs vfs.FS, src, dst string) error {
	if fs == nil {
		fs = vfs.Default
	}
	if _, err := fs.Stat(path.Join(src, dbName)); err != nil {
		return problem.Wrap(problem.ResourceNotFound, err, "%s is not a backup: there is no folder %q in it", src, dbName)
	}
	if err := mustBeAbsent(fs, dst); err != nil {
		return err
	}
	// Under another name until it is whole: a crash leaves no half of a folder.
	part := dst + ".part"
	if err := fs.RemoveAll(part); err != nil {
		return fmt.Errorf("remove what an earlier restore left in %s: %w", part, err)
	}
	if err := fs.MkdirAll(part, 0o700); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the folder %s cannot be made; check its path and permissions", part)
	}
	if _, err := vfs.Clone(fs, fs, path.Join(src, dbName), path.Join(part, dbName), vfs.CloneSync); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the backup %s cannot be copied to %s; check that the disk has room", src, part)
	}
	if err := newEpoch(fs, part); err != nil {
		return err
	}
	if err := fs.RemoveAll(dst); err != nil {
		return fmt.Errorf("make room for %s: %w", dst, err)
	}
	if err := fs.Rename(part, dst); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the restored folder %s cannot be renamed to %s; do it by hand", part, dst)
	}
	return syncDir(fs, path.Dir(dst))
}

// newEpoch gives the data folder dir another epoch.
func newEpoch(fs vfs.FS, dir string) error {
	s, err := Open(Options{Dir: dir, FS: fs, FreeFloor: -1})
	if err != nil {
		return err
	}
	h := s.header
	h.Epoch = max(h.Epoch+1, uint64(s.now()))
	p := s.newPending()
	close(p.ready)
	err = p.batch.Set(systemKey(kindHeader, ""), appendHeader(h), nil)
	if err == nil {
		err = s.submit(p)
	}
	return errors.Join(err, s.Close())
}
