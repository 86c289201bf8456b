package app

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// openFolder opens the data folder and holds the demo to its own folders: it
// refuses one that it did not make, and moves the old one aside when it is to
// begin anew.
func (a *App) openFolder(o embedded.Options) (*embedded.Store, error) {
	_, missing := os.Stat(o.Dir)
	st, err := embedded.Open(o)
	if err != nil || a.o.Demo == nil || errors.Is(missing, os.ErrNotExist) {
		return st, err
	}
	if st.Header().MadeBy != MadeByDemo {
		return nil, errors.Join(problem.New(problem.Conflict, "the folder %s holds a city that the demo did not make; name another one with --data", o.Dir), st.Close())
	}
	if !a.o.Demo.Fresh {
		return st, nil
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	aside := fmt.Sprintf("%s.old-%s", o.Dir, time.Now().Format("20060102-150405"))
	if err := os.Rename(o.Dir, aside); err != nil {
		return nil, problem.Wrap(problem.Unavailable, err, "the old demo in %s cannot be moved aside; move or delete it yourself", o.Dir)
	}
	a.log.Info("the old demo was moved aside", "from", o.Dir, "to", aside)
	return embedded.Open(o)
}
