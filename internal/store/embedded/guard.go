package embedded

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guardFS is the file system that Pebble sees. Pebble ends the process, by a
// fatal message, a panic or by unlocking a lock twice, when its log cannot be
// written. Here the first write that fails stops the store instead, and the
// call never returns: nothing in Pebble learns of it, and nothing goes on from
// a half-done step. The goroutine stays where it is until the process ends.
type guardFS struct {
	vfs.FS
	s   *Store
	dir string // of Pebble; what is written elsewhere, backups, may fail

	logMu sync.Mutex  // held while a log is taken for another, or removed
	anew  atomic.Bool // logs are made anew: old ones have what was erased
}

// checked gives err back, unless it is a failed write of a running store.
func (g *guardFS) checked(name string, err error) error {
	if err == nil || !g.s.armed.Load() || name != g.dir && !strings.HasPrefix(name, g.dir+"/") {
		return err
	}
	g.s.fail(err)
	select {}
}

// entered lets nothing through once a failed store has been closed: the folder
// may be another's now.
func (g *guardFS) entered() {
	if g.s.fence.Load() {
		select {}
	}
}

func (g *guardFS) file(name string, f vfs.File, err error) (vfs.File, error) {
	if err := g.checked(name, err); err != nil {
		return nil, err
	}
	return &guardFile{File: f, g: g, name: name}, nil
}

func (g *guardFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	g.entered()
	f, err := g.FS.Create(name, c)
	return g.file(name, f, err)
}

func (g *guardFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	g.entered()
	f, err := g.reuse(old, name, c)
	return g.file(name, f, err)
}

// reuse takes the log old for the new one, unless that is to be made anew or
// old was removed meanwhile.
func (g *guardFS) reuse(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	g.logMu.Lock()
	defer g.logMu.Unlock()
	if _, missing := g.FS.Stat(old); missing == nil && !g.anew.Load() {
		return g.FS.ReuseForWrite(old, name, c)
	} else if missing == nil {
		if err := g.FS.Remove(old); err != nil {
			return nil, err
		}
	}
	return g.FS.Create(name, c)
}

func (g *guardFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	g.entered()
	f, err := g.FS.OpenReadWrite(name, c, opts...)
	return g.file(name, f, err)
}

func (g *guardFS) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	return g.file(name, f, err)
}

func (g *guardFS) Rename(old, name string) error {
	g.entered()
	return g.checked(name, g.FS.Rename(old, name))
}

func (g *guardFS) Remove(name string) error {
	g.entered()
	err := g.FS.Remove(name)
	if errors.Is(err, fs.ErrNotExist) { // not os.IsNotExist: vfs wraps errors
		return err // Pebble asks and goes on
	}
	return g.checked(name, err)
}

func (g *guardFS) RemoveAll(name string) error {
	g.entered()
	return g.checked(name, g.FS.RemoveAll(name))
}

func (g *guardFS) Link(old, name string) error {
	g.entered()
	return g.FS.Link(old, name) // Pebble copies where it cannot link
}

// Unwrap gives the file system below.
func (g *guardFS) Unwrap() vfs.FS { return g.FS }

type guardFile struct {
	vfs.File
	g    *guardFS
	name string
}

func (f *guardFile) Write(b []byte) (int, error) {
	f.g.entered()
	n, err := f.File.Write(b)
	return n, f.g.checked(f.name, err)
}

func (f *guardFile) WriteAt(b []byte, at int64) (int, error) {
	f.g.entered()
	n, err := f.File.WriteAt(b, at)
	return n, f.g.checked(f.name, err)
}

func (f *guardFile) Sync() error {
	f.g.entered()
	return f.g.checked(f.name, f.File.Sync())
}

func (f *guardFile) SyncData() error {
	f.g.entered()
	return f.g.checked(f.name, f.File.SyncData())
}

func (f *guardFile) SyncTo(n int64) (bool, error) {
	f.g.entered()
	full, err := f.File.SyncTo(n)
	return full, f.g.checked(f.name, err)
}
