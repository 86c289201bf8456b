// Package scripts runs the command as a person or a service manager does: each
// file in testdata is a little story with what must come of it.
//
// It is for what docs/howto/contract.md promises. What always holds: a script
// sees only its own folder, and every server it starts ends with it.
package scripts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/beffroi/beffroi/test/process"
)

func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server in each script")
	}
	binary := process.Build(t)
	testscript.Run(t, testscript.Params{
		Dir:      "testdata",
		Deadline: time.Now().Add(5 * time.Minute), // a server that was not expected to come up
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("HOME", env.WorkDir)
			env.Values[running{}] = map[string]*process.Server{}
			env.Defer(func() {
				for _, s := range env.Values[running{}].(map[string]*process.Server) {
					s.Kill()
				}
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"up":     func(ts *testscript.TestScript, neg bool, args []string) { up(ts, neg, binary, args) },
			"down":   down,
			"http":   request,
			"port":   port,
		},
	})
}

// running is the key under which a script keeps its servers.
type running struct{}

func servers(ts *testscript.TestScript) map[string]*process.Server {
	return ts.Value(running{}).(map[string]*process.Server)
}

// number reads an argument that is a number.
func number(ts *testscript.TestScript, arg string) int {
	n, err := strconv.Atoi(arg)
	if err != nil {
		ts.Fatalf("%q is not a number", arg)
	}
	return n
}

// status N COMMAND ARG...: runs a command that must end with exit status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND ARG...")
	}
	want, got := number(ts, args[0]), 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// up NAME [ARG...]: starts a server on $WORK/NAME and sets $URL.
func up(ts *testscript.TestScript, neg bool, binary string, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: up NAME [ARG...]")
	}
	s := &process.Server{
		Binary: binary, Dir: ts.MkAbs(args[0]), MQTT: "off", Args: args[1:],
		Env: []string{"HOME=" + ts.Getenv("HOME"), "XDG_DATA_HOME=" + ts.Getenv("XDG_DATA_HOME")},
	}
	servers(ts)[args[0]] = s
	ts.Check(s.Start(nil))
	ts.Setenv("URL", s.Base)
}

// down NAME: asks a server to stop, which it must do with exit status 0.
func down(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || servers(ts)[args[0]] == nil {
		ts.Fatalf("usage: down NAME")
	}
	s := servers(ts)[args[0]]
	delete(servers(ts), args[0])
	code, err := s.Terminate()
	ts.Check(err)
	if code != 0 {
		ts.Fatalf("exit status %d after SIGTERM\n%s", code, s.Log)
	}
}

// http STATUS METHOD PATH [BODYFILE [HEADER:VALUE...]]: asks the server at $URL;
// the answer's body is the standard output.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: http STATUS METHOD PATH [BODYFILE]")
	}
	var body io.Reader
	if len(args) > 3 {
		body = bytes.NewBufferString(ts.ReadFile(args[3]))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, args[1], ts.Getenv("URL")+args[2], body)
	ts.Check(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := process.NewClient().Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if _, err := ts.Stdout().Write(answer); err != nil {
		ts.Fatalf("%v", err)
	}
	if want := number(ts, args[0]); resp.StatusCode != want {
		ts.Fatalf("%s %s: status %d, want %d: %.500s", args[1], args[2], resp.StatusCode, want, answer)
	}
}

// port VAR: puts the HOST:PORT of the server at $URL into VAR.
func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port VAR")
	}
	const scheme = "http://"
	ts.Setenv(args[0], ts.Getenv("URL")[len(scheme):])
}
