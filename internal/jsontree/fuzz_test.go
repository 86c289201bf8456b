package jsontree

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// oracle reads data with an independent strict parser and writes it compactly.
func oracle(data []byte) ([]byte, bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out)
	for {
		tok, err := dec.ReadToken()
		if err != nil {
			return nil, false
		}
		if err := enc.WriteToken(tok); err != nil {
			return nil, false
		}
		if dec.StackDepth() == 0 {
			break
		}
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, false
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), true
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/jsontestsuite/test_*/*.json")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && len(data) < 10_000 {
			f.Add(data)
		}
	}
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := Limits{MaxDepth: 10_000} // that of the oracle
		n, err := Parse(data, lim)
		want, ok := oracle(data)
		if (err == nil) != ok {
			t.Fatalf("Parse: %v, but the oracle accepts = %v", err, ok)
		}
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(data) || syntax.Line < 1 || syntax.Col < 1 {
				t.Fatalf("error %#v for %d bytes", err, len(data))
			}
			return
		}
		got := n.Append(nil)
		if !bytes.Equal(got, want) {
			t.Fatalf("written as %s, by the oracle as %s", got, want)
		}
		again, err := Parse(got, lim)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !again.Equal(n) || !n.Equal(again) {
			t.Fatalf("%s is not equal to itself", got)
		}
		if !Merge(n, n).Equal(Merge(Node{}, n)) {
			t.Fatalf("merging %s with itself gives %s", n, Merge(n, n))
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\x00\x1f\x7f\u2028é😀\xff\xc3")
	f.Fuzz(func(t *testing.T, s string) {
		got := AppendString(nil, s)
		want, _ := jsontext.AppendQuote(nil, s) // reports bad UTF-8, which it replaces as we do
		if !bytes.Equal(got, want) {
			t.Fatalf("AppendString(%q) = %s, the oracle says %s", s, got, want)
		}
	})
}
