package harvest

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/rdf"
)

// spool holds the triples of a document that may be larger than memory: in a
// file, in order of their subjects. What is said of one subject is found by a
// thin index and one read.
type spool struct {
	dir   string
	chunk int // bytes of triples that are sorted in memory at once
	block int // bytes of the file that one entry of the index stands for

	note func(Finding) // if set, hears of subjects that are too large

	lot  []rdf.Triple
	size int
	runs []string

	file  *os.File
	index []mark
	end   int64
}

// mark says where a subject begins in the file.
type mark struct {
	subject string
	at      int64
}

func newSpool(parent string) (*spool, error) {
	dir, err := os.MkdirTemp(parent, "spool-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for what is harvested: %w", err)
	}
	return &spool{dir: dir, chunk: 32 << 20, block: 8 << 10}, nil
}

// close removes all of it.
func (s *spool) close() error {
	var err error
	if s.file != nil {
		err = s.file.Close()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// add takes a triple in; seal must follow the last.
func (s *spool) add(t rdf.Triple) error {
	s.lot = append(s.lot, t)
	s.size += len(t.S) + len(t.P) + len(t.O.Value()) + len(t.O.Datatype()) + len(t.O.Lang()) + 160 // with what a Triple itself takes
	if s.size < s.chunk {
		return nil
	}
	return s.flush()
}

func bySubject(a, b rdf.Triple) int { return strings.Compare(string(a.S), string(b.S)) }

func (s *spool) flush() error {
	slices.SortStableFunc(s.lot, bySubject)
	name := filepath.Join(s.dir, fmt.Sprintf("run-%d", len(s.runs)))
	w, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("spool a harvest: %w", err)
	}
	b := bufio.NewWriterSize(w, 1<<16)
	for _, t := range s.lot {
		if _, err = b.Write(encodeTriple(nil, t)); err != nil {
			break
		}
	}
	if err = errors.Join(err, b.Flush(), w.Close()); err != nil {
		return fmt.Errorf("spool a harvest: %w", err)
	}
	s.runs, s.lot, s.size = append(s.runs, name), s.lot[:0], 0
	return nil
}

// encodeTriple writes subject, predicate, value, language and datatype, each
// with its length; an IRI has an empty datatype. The file lives as long as a
// run: it is no format that others read.
func encodeTriple(b []byte, t rdf.Triple) []byte {
	for _, part := range [...]string{string(t.S), string(t.P), t.O.Value(), t.O.Lang(), string(t.O.Datatype())} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

func decodeTriple(r *bufio.Reader) (t rdf.Triple, n int, err error) {
	var parts [5]string
	for i := range parts {
		size, err := binary.ReadUvarint(r)
		if err != nil {
			if i > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return t, 0, err
		}
		buf := make([]byte, size)
		if _, err := io.ReadFull(r, buf); err != nil {
			return t, 0, io.ErrUnexpectedEOF
		}
		parts[i] = string(buf)
		n += len(binary.AppendUvarint(nil, size)) + int(size)
	}
	t.S, t.P = rdf.IRI(parts[0]), rdf.IRI(parts[1])
	switch {
	case parts[4] == "":
		t.O = rdf.Ref(rdf.IRI(parts[2]))
	case parts[3] != "":
		t.O = rdf.In(parts[3], parts[2])
	default:
		t.O = rdf.Typed(parts[2], rdf.IRI(parts[4]))
	}
	return t, n, nil
}

// head is the next triple of a run.
type head struct {
	t rdf.Triple
	r *bufio.Reader
	n int // of the run: equal subjects keep the order of the document
}

type heads []head

func (h heads) Len() int { return len(h) }
func (h heads) Less(i, j int) bool {
	return cmp.Or(bySubject(h[i].t, h[j].t), cmp.Compare(h[i].n, h[j].n)) < 0
}
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is for package heap.
func (h *heads) Push(x any) { *h = append(*h, x.(head)) }

// Pop is for package heap.
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// seal merges what was added into the one file and its index.
func (s *spool) seal() (err error) {
	if err := s.flush(); err != nil {
		return err
	}
	s.lot = nil
	var open []*os.File
	defer func() {
		for _, f := range open {
			err = errors.Join(err, f.Close())
		}
	}()
	var h heads
	for n, name := range s.runs {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read what was spooled: %w", err)
		}
		open = append(open, f)
		r := bufio.NewReaderSize(f, 1<<16)
		t, _, err := decodeTriple(r)
		if err == io.EOF {
			continue
		}
		if err != nil {
			return fmt.Errorf("read what was spooled: %w", err)
		}
		h = append(h, head{t, r, n})
	}
	heap.Init(&h)
	if s.file, err = os.Create(filepath.Join(s.dir, "sorted")); err != nil {
		return fmt.Errorf("spool a harvest: %w", err)
	}
	w := bufio.NewWriterSize(s.file, 1<<16)
	if err := s.merge(&h, w); err != nil {
		return err
	}
	for _, name := range s.runs {
		err = errors.Join(err, os.Remove(name))
	}
	return errors.Join(err, w.Flush())
}

func (s *spool) merge(h *heads, w *bufio.Writer) error {
	last, marked := "", int64(-1)
	var buf []byte
	for h.Len() > 0 {
		t := (*h)[0].t
		if subject := string(t.S); s.end == 0 || subject != last {
			if marked < 0 || s.end-marked >= int64(s.block) {
				s.index, marked = append(s.index, mark{subject, s.end}), s.end
			}
			last = subject
		}
		buf = encodeTriple(buf[:0], t)
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("spool a harvest: %w", err)
		}
		s.end += int64(len(buf))
		next, _, err := decodeTriple((*h)[0].r)
		switch {
		case err == io.EOF:
			heap.Pop(h)
		case err != nil:
			return fmt.Errorf("read what was spooled: %w", err)
		default:
			(*h)[0].t = next
			heap.Fix(h, 0)
		}
	}
	return nil
}

// from reads the file on from the first triple whose subject is subject or
// comes after it.
func (s *spool) from(subject string) *bufio.Reader {
	i := sort.Search(len(s.index), func(i int) bool { return s.index[i].subject > subject })
	at := int64(0)
	if i > 0 {
		at = s.index[i-1].at
	}
	return bufio.NewReaderSize(io.NewSectionReader(s.file, at, s.end-at), s.block)
}

// maxSaid is how many triples of one subject are read.
const maxSaid = 20_000

// of gives what is said of a subject: the first maxSaid of it.
func (s *spool) of(subject rdf.IRI) ([]rdf.Triple, error) {
	var out []rdf.Triple
	r := s.from(string(subject))
	for {
		t, _, err := decodeTriple(r)
		switch {
		case err == io.EOF || err == nil && t.S > subject:
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("read what was spooled: %w", err)
		case t.S == subject && len(out) == maxSaid:
			if s.note != nil {
				s.note(finding("cap-subject", string(subject), strconv.Itoa(maxSaid)))
			}
			return out, nil
		case t.S == subject:
			out = append(out, t)
		}
	}
}

// subjects calls yield with each subject of a type that comes after one, in
// order, until it returns false.
func (s *spool) subjects(class, after rdf.IRI, yield func(rdf.IRI) bool) error {
	r, last := s.from(string(after)), rdf.IRI("")
	for {
		t, _, err := decodeTriple(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what was spooled: %w", err)
		}
		if t.S <= after || t.S == last || t.P != rdf.Type || t.O.Value() != string(class) {
			continue
		}
		if last = t.S; !yield(t.S) {
			return nil
		}
	}
}
