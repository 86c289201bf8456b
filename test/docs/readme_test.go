package docs

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// blocks gives the blocks of indented code in one section of a page.
func blocks(page, section string) []string {
	_, rest, _ := strings.Cut(page, "\n## "+section+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	var out []string
	inside := false
	for line := range strings.SplitSeq(rest, "\n") {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented && inside:
			out[len(out)-1] += "\n" + code
		case indented:
			out = append(out, code)
		}
		inside = indented
	}
	return out
}

// inbox is the reader's program that listens.
type inbox struct {
	mu   sync.Mutex
	came []string
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	in.mu.Lock()
	in.came = append(in.came, string(body))
	in.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// await waits until a notification with the text has come.
func (in *inbox) await(t *testing.T, text string) {
	t.Helper()
	var all string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		in.mu.Lock()
		all = strings.Join(in.came, "\n")
		in.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
	}
	t.Fatalf("no notification with %s; what came: %s", text, all)
}

// sh runs a command as the page shows it; an answer of 400 or more fails.
func sh(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `curl() { command curl --fail-with-body -sS "$@"; }`+"\n"+command)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, command, out)
	}
	return string(out)
}

// What README tells a newcomer to type does what README says, kill included.
func TestTenMinutes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the demo twice")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := blocks(string(page), "Ten minutes with it")
	if len(steps) != 6 {
		t.Fatalf("the section has %d blocks of code, this test knows 6: %q", len(steps), steps)
	}
	in := &inbox{}
	receiver := httptest.NewServer(in)
	defer receiver.Close()
	binary := process.Build(t)
	allow := regexp.MustCompile(`--outbound-allow \S+`).FindString(steps[0])
	here := strings.NewReplacer("127.0.0.1:9000", receiver.Listener.Addr().String())
	srv := &process.Server{Binary: binary, Sub: "demo", Dir: filepath.Join(t.TempDir(), "data"), MQTT: process.FreePort(t), Args: strings.Fields(here.Replace(allow))}
	defer srv.Kill()
	start := func() {
		t.Helper()
		if err := srv.Start(nil); err != nil {
			t.Fatal(err)
		}
		here = strings.NewReplacer("127.0.0.1:9000", receiver.Listener.Addr().String(), "http://127.0.0.1:8080", srv.Base)
	}
	start()
	if !strings.HasPrefix(cmp.Or(steps[2], "?"), "python3 -c") {
		t.Fatalf("the third block is not the receiver: %s", steps[2])
	}
	sh(t, here.Replace(steps[1]))
	if layers := sh(t, "curl "+srv.Base+"/api/city"); !strings.Contains(layers, `"Bench"`) {
		t.Errorf("the bench has no layer on the map: %s", layers)
	}
	sh(t, here.Replace(steps[3]))
	change := steps[4]
	sh(t, here.Replace(change))
	in.await(t, `"value":5`)

	// The receiver is gone, the change is made, the server is killed.
	receiver.Config.SetKeepAlivesEnabled(false)
	gone := httptest.NewUnstartedServer(in)
	gone.Listener.Close()
	addr := receiver.Listener.Addr().String()
	receiver.Close()
	sh(t, here.Replace(strings.Replace(change, `"value": 5`, `"value": 6`, 1)))
	srv.Kill()
	start()
	l, err := listenAgain(addr)
	if err != nil {
		t.Fatal(err)
	}
	gone.Listener = l
	gone.Start()
	defer gone.Close()
	in.await(t, `"value":6`)
	past := sh(t, here.Replace(steps[5]))
	for _, seats := range []string{`"value":4`, `"value":5`, `"value":6`} {
		if !strings.Contains(past, seats) {
			t.Errorf("the bench's history lacks %s: %s", seats, past)
		}
	}
}

// listenAgain takes the address that a server had before.
func listenAgain(addr string) (net.Listener, error) {
	var l net.Listener
	var err error
	for range 100 {
		if l, err = net.Listen("tcp", addr); err == nil {
			return l, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, err
}
