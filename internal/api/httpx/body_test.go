package httpx

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func zipped(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, p); err != nil {
			panic(err)
		}
		if err := z.Close(); err != nil {
			panic(err)
		}
	}
	return b.String()
}

func TestReadBody(t *testing.T) {
	const limit = 1000
	whole := strings.Repeat("x", limit)
	tests := map[string]struct {
		body   string
		coding string
		chunks bool
		want   string
		kind   problem.Kind
	}{
		"as it is":                      {"abc", "", false, "abc", 0},
		"in chunks":                     {"abc", "", true, "abc", 0},
		"just the limit":                {whole, "", false, whole, 0},
		"one more":                      {whole + "x", "", false, "", problem.TooLarge},
		"one more, in chunks":           {whole + "x", "", true, "", problem.TooLarge},
		"gzip":                          {zipped("abc"), "gzip", false, "abc", 0},
		"gzip, upper case":              {zipped("abc"), "GZIP", true, "abc", 0},
		"identity":                      {"abc", "identity", false, "abc", 0},
		"gzip of just the limit":        {zipped(whole), "gzip", false, whole, 0},
		"a gzip bomb":                   {zipped(strings.Repeat("\x00", 900_000)), "gzip", false, "", problem.TooLarge},
		"only the first member is read": {zipped("abc", "def"), "gzip", false, "abc", 0},
		"gzip that is none":             {"abc", "gzip", false, "", problem.InvalidRequest},
		"gzip cut short":                {zipped("abcdef")[:20], "gzip", false, "", problem.InvalidRequest},
		"gzip twice":                    {zipped("abc"), "gzip, gzip", false, "", problem.UnsupportedMediaType},
		"brotli":                        {"abc", "br", false, "", problem.UnsupportedMediaType},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []byte
			var err error
			route := open("POST", "/x", func(w http.ResponseWriter, r *http.Request) error {
				got, err = ReadBody(r)
				return NoContent(w)
			})
			route.MaxBody = limit
			s := httptest.NewServer(build(t, Options{}, route))
			defer s.Close()
			src := io.Reader(strings.NewReader(tt.body))
			if tt.chunks {
				src = io.MultiReader(src) // hides the length
			}
			r, rerr := http.NewRequest("POST", s.URL+"/x", src)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if tt.coding != "" {
				r.Header.Set("Content-Encoding", tt.coding)
			}
			res, rerr := s.Client().Do(r)
			if rerr != nil {
				t.Fatal(rerr)
			}
			res.Body.Close()
			if tt.kind == 0 && (err != nil || string(got) != tt.want) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			if tt.kind != 0 && !problem.Is(err, tt.kind) {
				t.Errorf("error %v, want %v", err, tt.kind)
			}
		})
	}
}

// CIM 009, 6.3.4.
func TestABodyMustBeAnnounced(t *testing.T) {
	r := httptest.NewRequest("POST", "/x", nil)
	if _, err := ReadBody(r); !problem.Is(err, problem.LengthRequired) {
		t.Errorf("no length: %v", err)
	}
	r.Header.Set("Content-Length", "0")
	if b, err := ReadBody(r); err != nil || len(b) != 0 {
		t.Errorf("an empty body: %q, %v", b, err)
	}
}

func TestAnAnnouncedBodyCostsNothingUntilItComes(t *testing.T) {
	buf, err := readAll(strings.NewReader("abc"), DefaultMaxBody, DefaultMaxBody)
	if err != nil || cap(buf) > 2*firstRead {
		t.Errorf("%d bytes set aside, %v", cap(buf), err)
	}
}

func TestReadJSON(t *testing.T) {
	type thing struct {
		Name string `json:"name"`
		N    int    `json:"n"`
	}
	tests := map[string]struct {
		body, media string
		kind        problem.Kind
		says        string
	}{
		"fine":            {`{"name":"a","n":1}`, "application/json", 0, ""},
		"unknown member":  {`{"name":"a","m":1}`, "application/json", problem.BadRequestData, "/m"},
		"another type":    {`{"name":"a","n":"1"}`, "application/json", problem.BadRequestData, "/n"},
		"twice":           {`{"name":"a","name":"b"}`, "application/json", problem.InvalidRequest, "name"},
		"not JSON":        {`{"name":`, "application/json", problem.InvalidRequest, "not JSON"},
		"trailing":        {`{} {}`, "application/json", problem.InvalidRequest, ""},
		"bad UTF-8":       {"{\"name\":\"\xff\"}", "application/json", problem.InvalidRequest, ""},
		"a form":          {`name=a`, "application/x-www-form-urlencoded", problem.UnsupportedMediaType, "application/json"},
		"plain from page": {`{"name":"a"}`, "text/plain", problem.UnsupportedMediaType, "application/json"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/x", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.media)
			var v thing
			err := ReadJSON(r, &v)
			if tt.kind == 0 {
				if err != nil || v != (thing{"a", 1}) {
					t.Errorf("%+v, %v", v, err)
				}
				return
			}
			if !problem.Is(err, tt.kind) || !strings.Contains(problem.DetailOf(err), tt.says) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A handler that reads the body itself is bounded like ReadBody.
func TestABodyThatIsReadAsItComesIsBounded(t *testing.T) {
	route := open("POST", "/x", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	})
	route.MaxBody = 10
	r := httptest.NewRequest("POST", "/x", strings.NewReader(strings.Repeat("x", 11)))
	r.Host = "localhost"
	if w := serve(build(t, Options{}, route), r); w.Code != 413 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestABodyAnnouncedTooLargeIsNotReadAtAll(t *testing.T) {
	read := false
	r := httptest.NewRequest("POST", "/x", readerFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }))
	r.ContentLength = DefaultMaxBody + 1
	if _, err := ReadBody(r); !problem.Is(err, problem.TooLarge) || read {
		t.Errorf("read: %v, %v", read, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
