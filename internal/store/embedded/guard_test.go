package embedded

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A file that is gone already is no failed write. The file system of a disk
// wraps its errors, which one in memory does not.
func TestWhatIsGoneIsNoFailure(t *testing.T) {
	for name, o := range map[string]Options{"on disk": {Dir: t.TempDir() + "/city", FS: vfs.Default}, "in memory": {}} {
		t.Run(name, func(t *testing.T) {
			s := open(t, o)
			if err := s.unlessFailed(func() error { return s.guard.Remove(s.guard.dir + "/999999.log") }); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("removed what is not there: %v", err)
			}
			if err := s.unlessFailed(func() error { return s.guard.removeLogs([]string{"999999.log"}) }); err != nil {
				t.Errorf("a log that is not there: %v", err)
			}
		})
	}
}
