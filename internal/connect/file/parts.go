package file

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/connect"
)

// maxLine bounds one row or line.
const maxLine = 4 << 20

// lines hands on lines of JSON.
func lines(f *os.File, at *mark, hand func([]byte) error) error {
	if _, err := f.Seek(at.Done, io.SeekStart); err != nil {
		return err
	}
	sc := bufio.NewReaderSize(f, 256<<10)
	var part []byte
	n := 0
	flush := func(end bool) error {
		at.Whole = end
		data := clip(part)
		part, n = part[:0], 0
		return hand(data)
	}
	for {
		line, err := readLine(sc)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		at.Done += int64(len(line))
		if part = append(part, line...); len(bytes.TrimSpace(line)) > 0 {
			n++
		}
		switch {
		case errors.Is(err, io.EOF):
			return flush(true)
		case n == partItems || len(part) > maxLine:
			if err := flush(false); err != nil {
				return err
			}
		}
	}
}

// readLine reads up to and with the line break.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		frag, err := r.ReadSlice('\n')
		line = append(line, frag...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("a line is longer than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// rows hands on rows of a table, each part with the header before it.
func rows(f *os.File, at *mark, t connect.Table, hand func([]byte) error) error {
	reader := func(from int64) *csv.Reader {
		r := csv.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, from, at.Size-from), 256<<10))
		r.Comma, r.FieldsPerRecord, r.ReuseRecord = t.Delimiter, -1, true
		return r
	}
	var header []byte
	start := at.Done
	if t.Header {
		r := reader(0)
		if _, err := r.Read(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		header = make([]byte, r.InputOffset())
		if _, err := f.ReadAt(header, 0); err != nil {
			return err
		}
		if start == 0 {
			start = int64(len(header))
		}
		if header[len(header)-1] != '\n' {
			header = append(header, '\n')
		}
	}
	r := reader(start)
	for n, from := 0, start; ; {
		before := start + r.InputOffset()
		_, err := r.Read()
		end := errors.Is(err, io.EOF)
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad): // its lines count from start
			return fmt.Errorf("the row at byte %d: %w", before, bad.Err)
		case err != nil && !end:
			return err
		}
		if !end {
			n++
		}
		if n < partItems && !end {
			continue
		}
		to := start + r.InputOffset()
		if end {
			to = at.Size
		}
		if n > 0 {
			chunk := make([]byte, to-from)
			if _, err := f.ReadAt(chunk, from); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			at.Done, at.Whole = to, end || to == at.Size
			if err := hand(clip(header, chunk)); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
		n, from = 0, to
	}
}

// features hands on the features of a GeoJSON collection.
func features(f *os.File, at *mark, hand func([]byte) error) error {
	d := jsontext.NewDecoder(bufio.NewReaderSize(withoutMark(f), 256<<10))
	if err := toFeatures(d); err != nil {
		return err
	}
	skip := at.Items
	var part [][]byte
	flush := func(end bool) error {
		at.Done, at.Whole = d.InputOffset(), end
		if end {
			at.Done = at.Size
		}
		data := clip([]byte(`{"type":"FeatureCollection","features":[`), bytes.Join(part, []byte(",")), []byte("]}"))
		part = part[:0]
		return hand(data)
	}
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		if skip > 0 {
			skip--
			continue
		}
		at.Items++
		if part = append(part, bytes.Clone(v)); len(part) == partItems {
			if err := flush(false); err != nil {
				return err
			}
		}
	}
	return flush(true)
}

// toFeatures goes to the first item of the member features.
func toFeatures(d *jsontext.Decoder) error {
	tok, err := d.ReadToken()
	if err != nil || tok.Kind() != '{' {
		return errors.Join(errors.New("it is not a JSON object"), err)
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if name.String() != "features" {
			if err := d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		tok, err := d.ReadToken()
		if err != nil || tok.Kind() != '[' {
			return errors.Join(errors.New("its member features is not an array"), err)
		}
		return nil
	}
	return errors.New("it has no member features; is it a FeatureCollection of GeoJSON?")
}

// withoutMark skips a byte order mark.
func withoutMark(f *os.File) io.Reader {
	buf := make([]byte, 3)
	n, err := f.ReadAt(buf, 0)
	if err == nil && n == 3 && string(buf) == "\xef\xbb\xbf" {
		return io.NewSectionReader(f, 3, 1<<62)
	}
	return io.NewSectionReader(f, 0, 1<<62)
}
