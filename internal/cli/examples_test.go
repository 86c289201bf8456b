package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"github.com/beffroi/beffroi/internal/connect"
)

// run runs a command as main does.
func run(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

// must is run for a command that has to work.
func must(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := run(t, args...)
	if status != 0 {
		t.Fatalf("beffroi %s: status %d\n%s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// listener is an output that tells where a server listens.
type listener struct {
	mu  sync.Mutex
	all bytes.Buffer
	at  chan string
}

var listening = regexp.MustCompile(`(?m)^listening on (\S+)$`)

func (l *listener) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.all.Write(b)
	if m := listening.FindSubmatch(l.all.Bytes()); m != nil {
		select {
		case l.at <- string(m[1]):
		default:
		}
	}
	return n, err
}

// start runs a command that goes on until it is stopped and waits until it
// listens; end stops it and gives its exit status.
func start(t *testing.T, args ...string) (url string, end func() int) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, errs := &listener{at: make(chan string, 1)}, &bytes.Buffer{}
	done := make(chan int, 1)
	go func() { done <- Main(ctx, args, Streams{In: strings.NewReader(""), Out: out, Err: errs}) }()
	end = sync.OnceValue(func() int {
		stop()
		return <-done
	})
	t.Cleanup(func() { end() })
	select {
	case url = <-out.at:
	case status := <-done:
		done <- status
		t.Fatalf("beffroi %s ended with status %d\n%s", strings.Join(args, " "), status, errs)
	}
	return url, end
}

// world makes a folder with all that the examples speak of, and goes there.
func world(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_DATA_HOME", "home")
	for name, text := range map[string]string{
		"entities.ndjson": `{"id": "urn:ngsi-ld:Bench:1", "type": "Bench", "material": {"type": "Property", "value": "Oak"}}` + "\n",
		"trees.geojson": `{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [3.2, 50.6]},
			"properties": {"nr": 7, "kind": "Tilia"}}]}`,
		"trees.yaml": "source: trees\nkind: file\npath: trees.geojson\ndecoder: geojson\nentities:\n  - id: '\"urn:ngsi-ld:Tree:\" + string(item.properties.nr)'\n    type: Tree\n" +
			"    attributes:\n      species: item.properties.kind\n      location: {geometry: item.geometry}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "import", "entities.ndjson", "--data", "./city")
	must(t, "backup", "./backup-monday", "--data", "./city")
}

// commands gives every command with its full name, in order.
func commands(root *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{root}
	for _, c := range root.Commands() {
		out = append(out, commands(c)...)
	}
	return out
}

// Every command tells how it is used, with an example, and each line of each
// example works as it stands, but for ports, which a test machine may lack.
func TestExamplesWork(t *testing.T) {
	for _, c := range commands(newRoot(Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})) {
		t.Run(strings.ReplaceAll(c.CommandPath(), " ", "-"), func(t *testing.T) {
			help := must(t, append(strings.Fields(c.CommandPath())[1:], "--help")...)
			if c.Example == "" || !strings.Contains(help, c.Example) {
				t.Fatalf("the help has no example:\n%s", help)
			}
			for line := range strings.Lines(c.Example) {
				line, _, _ = strings.Cut(strings.TrimSpace(line), "   ") // what follows is a remark
				args := strings.Fields(line)
				if len(args) < 2 || args[0] != "beffroi" {
					t.Errorf("%q is no call of beffroi", line)
					continue
				}
				t.Run(strings.Join(args[1:], "-"), func(t *testing.T) { example(t, args[1:]) })
			}
		})
	}
}

func example(t *testing.T, args []string) {
	world(t)
	switch args[0] {
	case "demo":
		if testing.Short() {
			t.Skip("short: a city takes seconds to build")
		}
		fallthrough
	case "serve":
		_, end := start(t, append(args, "--addr", "127.0.0.1:0", "--mqtt", "off")...)
		if status := end(); status != 0 {
			t.Errorf("status %d after it was stopped", status)
		}
		return
	case "doctor":
		args = append(args, "--addr", "127.0.0.1:0", "--mqtt", "off")
	case "restore":
		if err := os.RemoveAll("city"); err != nil {
			t.Fatal(err)
		}
	case "backup":
		if err := os.RemoveAll("backup-monday"); err != nil {
			t.Fatal(err)
		}
	case "user", "token", "device":
		if args[1] == "reset" || args[1] == "revoke" { // what is there to be changed
			for _, c := range accountCommands(Streams{}) {
				if c.Name() == args[0] {
					must(t, strings.Fields(c.Example)[1:]...)
				}
			}
		}
	}
	for i, a := range args {
		if a == "http://127.0.0.1:8080" {
			url, end := start(t, "serve", "--data", "./running", "--addr", "127.0.0.1:0", "--mqtt", "off")
			defer end()
			args[i] = url
		}
	}
	must(t, args...)
}

// Wrong use is status 2, and the mistake is named.
func TestWrongUse(t *testing.T) {
	for _, tt := range []struct{ call, says string }{
		{"frobnicate", "frobnicate"},
		{"user frobnicate", "frobnicate"},
		{"token list extra --data x", "extra"},
		{"demo --speed nan", "--speed"},
		{"demo --speed 0", "--speed"},
		{"demo --faults gremlins", "gremlins"},
		{"serve --outbound-allow 10.0.0.0/33", "--outbound-allow"},
		{"serve --addr nowhere", "nowhere"},
		{"serve --config none.toml", "none.toml"},
		{"export --data a --url http://127.0.0.1:1", "data url"},
		{"export --url 127.0.0.1:1", "127.0.0.1:1"},
		{"export --data none", "none"},
		{"import x.ndjson --map none.yaml --data city", "none.yaml"},
	} {
		t.Run(tt.call, func(t *testing.T) {
			t.Chdir(t.TempDir())
			status, out, errs := run(t, strings.Fields(tt.call)...)
			if status != 2 || !strings.Contains(errs, tt.says) || strings.Count(errs, "\n") != 2 {
				t.Errorf("status %d\n%s%s", status, out, errs)
			}
			if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
				t.Errorf("it left %v; %v", left, err)
			}
		})
	}
}

// A mapping that cannot be right is a mistake of the configuration.
func TestServeNamesABrokenMapping(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("m.yaml", []byte("source: x\nkind: mqtt\ntopic: a\ndecoder: json\nentities:\n  - id: '1 + \"a\"'\n    type: T\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BEFFROI_CONNECT_MAPPINGS", "m.yaml")
	status, _, errs := run(t, "serve", "--data", "city", "--addr", "127.0.0.1:0", "--mqtt", "off")
	if status != 2 || !strings.Contains(errs, "m.yaml") || !strings.Contains(errs, "line 6") {
		t.Errorf("status %d\n%s", status, errs)
	}
}

// The first account comes before the first start.
func TestAccountsBeforeTheFirstStart(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, "user", "add", "ada", "--role", "administrator", "--data", "city")
	if out := must(t, "user", "list", "--data", "city"); !strings.Contains(out, "ada") || strings.Contains(out, "password") {
		t.Errorf("list: %s", out)
	}
	url, end := start(t, "serve", "--data", "city", "--addr", "127.0.0.1:0", "--mqtt", "off")
	status, _, errs := run(t, "user", "list", "--data", "city")
	if status != 1 || !strings.Contains(errs, url) {
		t.Errorf("a folder in use: status %d, %s", status, errs)
	}
	if status, out, _ := run(t, "doctor", "--data", "city", "--addr", "127.0.0.1:0", "--mqtt", "off"); status != 0 || strings.Contains(out, "no account") {
		t.Errorf("doctor says of a folder that it cannot read: %s", out)
	}
	must(t, "token", "add", "t1", "--role", "editor", "--url", url)
	must(t, "token", "revoke", "t1", "--url", url)
	if status, _, errs := run(t, "token", "revoke", "t1", "--url", url); status != 1 || !strings.Contains(errs, "t1") {
		t.Errorf("revoked twice: status %d, %s", status, errs)
	}
	if status := end(); status != 0 {
		t.Errorf("status %d", status)
	}
}

// An export that fails leaves no half file behind, and none is written over.
func TestExportIsWholeOrNotThere(t *testing.T) {
	world(t)
	_, end := start(t, "serve", "--data", "city", "--addr", "127.0.0.1:0", "--mqtt", "off")
	if status, _, errs := run(t, "export", "x.ndjson", "--data", "city"); status != 1 {
		t.Errorf("status %d, %s", status, errs)
	}
	if _, err := os.Stat("x.ndjson"); err == nil {
		t.Error("a failed export left a file")
	}
	end()
	must(t, "export", "x.ndjson", "--data", "city")
	if status, _, errs := run(t, "export", "x.ndjson", "--data", "city"); status != 1 || !strings.Contains(errs, "x.ndjson") {
		t.Errorf("written over: status %d, %s", status, errs)
	}
	first := must(t, "export", "--data", "city")
	must(t, "import", "x.ndjson", "--data", "other")
	if second := must(t, "export", "-", "--data", "other"); first != second || len(first) < 100 {
		t.Errorf("the exports differ:\n%.500s\n%.500s", first, second)
	}
}

// A table is longer than what is read at once, and than what one payload may be.
func TestImportOfALongTable(t *testing.T) {
	t.Chdir(t.TempDir())
	const rows = 1200
	var b bytes.Buffer
	b.WriteString("id,height,remark\n")
	for k := range rows {
		fmt.Fprintf(&b, "%d,%d,%s\n", k, k%30, strings.Repeat("x", connect.MaxPayloadBytes/rows))
	}
	if b.Len() <= connect.MaxPayloadBytes {
		t.Fatal("the table is too short for this test")
	}
	const mapping = `source: trees
kind: file
path: trees.csv
decoder: csv
entities:
  - id: '"urn:ngsi-ld:Tree:" + item.id'
    type: Tree
    attributes:
      height: double(item.height)
`
	for name, text := range map[string]string{"trees.csv": b.String(), "trees.yaml": mapping} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := must(t, "import", "trees.csv", "--map", "trees.yaml", "--data", "city"); !strings.Contains(out, "1200 entities loaded, 1200 of them new") {
		t.Error(out)
	}
	if out := must(t, "import", "trees.csv", "--map", "trees.yaml", "--data", "city"); !strings.Contains(out, "0 of them new") {
		t.Error(out)
	}
}

// Lines that cannot be loaded are told with their number.
func TestImportNamesTheLine(t *testing.T) {
	world(t)
	for name, text := range map[string]string{
		"broken":  `{"id": "urn:a", "type": "T"}` + "\n{",
		"refused": `{"id": "urn:a", "type": "T"}` + "\n" + `{"id": "not a uri", "type": "T"}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, errs := run(t, "import", "broken", "--data", "city"); status != 1 || !strings.Contains(errs, "line 2") || !strings.Contains(errs, "broken") {
		t.Errorf("broken: status %d, %s", status, errs)
	}
	status, out, errs := run(t, "import", "refused", "--data", "city")
	if status != 1 || !strings.Contains(errs, "not a uri") || !strings.Contains(out, "1 refused") {
		t.Errorf("refused: status %d, %s%s", status, out, errs)
	}
}

// A server that is not there is named.
func TestNoServer(t *testing.T) {
	if status, _, errs := run(t, "export", "--url", "http://127.0.0.1:1"); status != 1 || !strings.Contains(errs, "127.0.0.1:1") {
		t.Errorf("status %d, %s", status, errs)
	}
}
