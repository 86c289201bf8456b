package operate_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/operate"
	"github.com/beffroi/beffroi/internal/archive"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// desk is a store with the API over it, asked as an administrator.
type desk struct {
	t   *testing.T
	st  *embedded.Store
	b   *broker.Broker
	mux http.Handler
	dir string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	var err error
	if d.st, err = embedded.Open(embedded.Options{Dir: d.dir, MadeBy: "city"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.st.Close(); err != nil {
			t.Error(err)
		}
	})
	d.b = broker.New(d.st, broker.Options{Now: func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }})
	api := operate.New(operate.Options{Broker: d.b, Records: d.st, Kinds: []string{"subscription"}, Checkpoint: d.st.Checkpoint, Dir: d.dir,
		Export: func(ctx context.Context, w io.Writer) error {
			return archive.Export(ctx, w, d.st, archive.Options{Kinds: []string{"subscription"}})
		}})
	if d.mux, err = httpx.New(httpx.Options{Access: admin{}}, api.Routes()...); err != nil {
		t.Fatal(err)
	}
	return d
}

type admin struct{}

func (admin) Caller(context.Context, access.Evidence) (access.Caller, error) {
	return access.Caller{Account: "ada", Role: access.Administrator}, nil
}

func (d *desk) ask(method, path, body string) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	r = r.WithContext(httpx.OnListener(r.Context(), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

const two = `[{"id":"urn:a","type":"A","x":{"type":"Property","value":1}},{"id":"urn:b","type":"A","x":2}]`

func TestLoadIsIdempotentAndReports(t *testing.T) {
	d := newDesk(t)
	var out operate.Loaded
	load := func(body string) int {
		w := d.ask("POST", "/api/load", body)
		out = operate.Loaded{}
		if w.Code == 200 {
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
		}
		return w.Code
	}
	if code := load(two); code != 200 || out.Created != 2 || out.Taken != 2 {
		t.Fatalf("%d %+v", code, out)
	}
	head, err := d.st.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if code := load(two); code != 200 || out.Created != 0 || out.Taken != 2 {
		t.Errorf("again: %d %+v", code, out)
	}
	if again, _ := d.st.Head(t.Context()); again.String() != head.String() {
		t.Error("loading the same again left a trace in the change log")
	}
	if code := load(`[{"id":"no uri","type":"A"},{"id":"urn:c","type":"A"},{"id":"urn:d"}]`); code != 200 || len(out.Errors) != 2 || out.Created != 1 || !strings.Contains(out.Errors[0].Detail, "item 0") {
		t.Errorf("some are wrong: %d %+v", code, out)
	}
	for _, body := range []string{`{}`, `[`, `[{"id":"urn:a","id":"urn:b"}]`} {
		if code := load(body); code != 400 {
			t.Errorf("%s: %d", body, code)
		}
	}
}

func TestBackupUnpacksAndRestores(t *testing.T) {
	d := newDesk(t)
	if w := d.ask("POST", "/api/load", two); w.Code != 200 {
		t.Fatal(w.Code)
	}
	w := d.ask("GET", "/api/backup", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/x-tar" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	left, err := filepath.Glob(filepath.Join(d.dir, "checkpoint-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	dir := filepath.Join(t.TempDir(), "backup")
	if err := operate.Unpack(bytes.NewReader(w.Body.Bytes()), dir); err != nil {
		t.Fatal(err)
	}
	if err := operate.Unpack(bytes.NewReader(w.Body.Bytes()), dir); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("over an older one: %v", err)
	}
	to := filepath.Join(t.TempDir(), "city")
	if err := embedded.Restore(nil, dir, to); err != nil {
		t.Fatal(err)
	}
	st, err := embedded.Open(embedded.Options{Dir: to, MadeBy: "city"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	if n, err := st.TypesOf(t.Context(), broker.Call{}.Space); err != nil || len(n) != 1 {
		t.Errorf("restored: %v, %v", n, err)
	}
}

func TestUnpackRefusesWhatABackupNeverHolds(t *testing.T) {
	for name, h := range map[string]tar.Header{
		"a way out":  {Name: "../evil", Typeflag: tar.TypeReg, Mode: 0o600},
		"a root":     {Name: "/etc/evil", Typeflag: tar.TypeReg, Mode: 0o600},
		"a link":     {Name: "evil", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		"a hardlink": {Name: "evil", Typeflag: tar.TypeLink, Linkname: "other"},
	} {
		var b bytes.Buffer
		tw := tar.NewWriter(&b)
		if err := errors.Join(tw.WriteHeader(&h), tw.Close()); err != nil {
			t.Fatal(err)
		}
		parent := t.TempDir()
		if err := operate.Unpack(&b, filepath.Join(parent, "d")); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(parent, "evil")); err == nil {
			t.Errorf("%s got out", name)
		}
	}
}

func TestExportAndImportOverHTTP(t *testing.T) {
	d := newDesk(t)
	if w := d.ask("POST", "/api/load", two); w.Code != 200 {
		t.Fatal(w.Code)
	}
	stream := d.ask("GET", "/api/export", "").Body.String()
	other := newDesk(t)
	if w := other.ask("POST", "/api/import", stream); w.Code != 200 || w.Body.String() != `{"added":2,"there":0}` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got := other.ask("GET", "/api/export", "").Body.String(); got != stream {
		t.Errorf("not the same:\n%s\n%s", got, stream)
	}
	if w := other.ask("POST", "/api/import", stream[:len(stream)-30]); w.Code != 400 {
		t.Errorf("cut short: %d", w.Code)
	}
}
