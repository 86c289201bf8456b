// Package file reads sources that are files on this machine: tables (CSV),
// lines of JSON, GeoJSON, and JSON as a whole. Long files are handed on in
// parts of some hundred items, and reading goes on after the last part that
// was kept: after a stop, and when lines were added to a file.
//
// It maps nothing. What always holds: memory is bounded by a part, except for
// formats that can only be read whole; a file that was replaced is read from
// its beginning.
package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/problem"
)

// partItems is how many items go into one part.
const partItems = 500

// Options are the settings of the readers.
type Options struct {
	// Progress is told how many bytes of how many were read; nil tells nobody.
	Progress func(done, total int64)
}

// Open gives the way to read files.
func Open(o Options) connect.Open {
	return func(m *connect.Mapping) (connect.Reader, error) { return &reader{m: m, o: o}, nil }
}

type reader struct {
	m *connect.Mapping
	o Options
}

// mark is how far a file was read.
type mark struct {
	Path     string `json:"path"`
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // nanoseconds since 1970
	Head     string `json:"head"`     // digest of the first bytes
	HeadSize int64  `json:"headSize"`
	Done     int64  `json:"done"`  // bytes that were read
	Items    int64  `json:"items"` // items of GeoJSON that were read
	Whole    bool   `json:"whole"` // the end was reached
}

// headBytes is how much of a file tells whether it is still the same one.
const headBytes = 4096

// Read hands on what is new in the file.
func (r *reader) Read(ctx context.Context, state []byte, take func(connect.Payload, []byte) error) error {
	f, err := os.Open(r.m.Path)
	if err != nil {
		return problem.Wrap(problem.Unavailable, err, "the file %s cannot be opened: %s", r.m.Path, why(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return problem.New(problem.BadRequestData, "%s is not a file", r.m.Path)
	}
	at := mark{Path: r.m.Path, Size: info.Size(), Modified: info.ModTime().UnixNano()}
	if err := at.head(f, headBytes); err != nil {
		return err
	}
	if err := r.resume(f, state, &at); err != nil || at.Whole {
		return err
	}
	hand := func(part []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		next, err := json.Marshal(at)
		if err != nil {
			return fmt.Errorf("keep how far the file was read: %w", err)
		}
		if err := take(connect.Payload{Data: part}, next); err != nil {
			return err
		}
		if r.o.Progress != nil {
			r.o.Progress(at.Done, at.Size)
		}
		return nil
	}
	if err := r.parts(f, &at, hand); err != nil {
		var pe *problem.Error
		if errors.As(err, &pe) || ctx.Err() != nil {
			return err
		}
		return problem.Wrap(problem.BadRequestData, err, "the file %s cannot be read: %s", r.m.Path, err)
	}
	return nil
}

// parts reads on from where at is.
func (r *reader) parts(f *os.File, at *mark, hand func([]byte) error) error {
	t := r.m.Table()
	switch r.m.Format() {
	case "csv":
		if !t.Bytewise {
			break
		}
		return rows(f, at, t, hand)
	case "ndjson":
		return lines(f, at, hand)
	case "geojson":
		return features(f, at, hand)
	}
	return whole(f, at, hand)
}

func why(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "there is none of that name"
	case errors.Is(err, os.ErrPermission):
		return "this program may not read it"
	}
	return "the system refuses"
}

// head takes the digest of the first bytes, at most n.
func (m *mark) head(f *os.File, n int64) error {
	n = min(n, m.Size)
	buf := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, n), buf); err != nil {
		return problem.Wrap(problem.Unavailable, err, "the file %s cannot be read", m.Path)
	}
	sum := sha256.Sum256(buf)
	m.Head, m.HeadSize = hex.EncodeToString(sum[:16]), n
	return nil
}

// resume finds where to go on: at the last mark if the file is the same, or
// has only grown.
func (r *reader) resume(f *os.File, state []byte, at *mark) error {
	var old mark
	if state == nil || json.Unmarshal(state, &old) != nil || old.Path != at.Path || old.Size > at.Size {
		return nil // read from the beginning
	}
	if old.Size == at.Size && old.Modified == at.Modified && old.Head == at.Head {
		at.Done, at.Items, at.Whole = old.Done, old.Items, old.Whole
		return nil
	}
	same := *at
	if err := same.head(f, old.HeadSize); err != nil {
		return err
	}
	format := r.m.Format()
	if same.Head != old.Head || format != "csv" && format != "ndjson" || old.Done == 0 {
		return nil
	}
	// Rows are only added behind a line break: else the last row was cut.
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, old.Done-1); err != nil || last[0] != '\n' {
		return nil
	}
	at.Done = old.Done
	at.Whole = at.Done == at.Size
	return nil
}

// whole hands on all of it.
func whole(f *os.File, at *mark, hand func([]byte) error) error {
	if at.Size > connect.MaxPayloadBytes {
		return fmt.Errorf("it has %d bytes; in this format at most %d are read, as it can only be read whole", at.Size, connect.MaxPayloadBytes)
	}
	data, err := io.ReadAll(io.LimitReader(f, connect.MaxPayloadBytes+1))
	if err != nil {
		return err
	}
	at.Done, at.Whole = at.Size, true
	return hand(data)
}

// clip gives a copy, since the buffer is used again.
func clip(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
