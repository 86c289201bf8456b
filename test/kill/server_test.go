package kill

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startWait is how long a server may take to say that it listens.
const startWait = 60 * time.Second

// server is one beffroi process on a data folder that outlives it.
type server struct {
	binary, dir, config, mqtt string

	base string // http://host:port of the running process
	cmd  *exec.Cmd
	log  *tail
}

// build compiles the binary that is killed: without the race detector, as it
// is released.
func build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "cmd", "beffroi")); err != nil {
		t.Skip("there is no cmd/beffroi yet")
	}
	binary := filepath.Join(t.TempDir(), "beffroi")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/beffroi")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// freePort finds a port of the loopback interface that is free now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the server and returns once it says that it listens, or once
// stop is closed, with an error then.
func (s *server) start(stop <-chan struct{}) error {
	s.log = &tail{}
	s.cmd = exec.Command(s.binary, "serve", "--data", s.dir, "--addr", "127.0.0.1:0", "--mqtt", s.mqtt, "--config", s.config)
	s.cmd.Stderr = s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	listening := make(chan string, 1)
	go func() {
		defer close(listening)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(s.log, lines.Text())
			if base, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				base, _, _ = strings.Cut(base, " ")
				select {
				case listening <- strings.TrimSuffix(base, "/"):
				default:
				}
			}
		}
	}()
	select {
	case base, ok := <-listening:
		if !ok {
			err := s.cmd.Wait()
			return fmt.Errorf("the server ended before it listened: %v\n%s", err, s.log)
		}
		s.base = base
		return nil
	case <-stop:
		return fmt.Errorf("stopped while it started")
	case <-time.After(startWait):
		s.kill()
		return fmt.Errorf("no word of listening after %v:\n%s", startWait, s.log)
	}
}

// kill ends the process without giving it a moment, and waits for it to be gone.
func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// terminate asks the process to stop and returns its exit status.
func (s *server) terminate() (int, error) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	done := make(chan struct{})
	defer close(done)
	process := s.cmd.Process
	go func() {
		select {
		case <-done:
		case <-time.After(startWait):
			_ = process.Kill()
		}
	}()
	_ = s.cmd.Wait()
	status := s.cmd.ProcessState.ExitCode()
	s.cmd = nil
	return status, nil
}

// newClient makes an HTTP client of its own, so that its connections die with
// its round.
func newClient() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
}

// tail keeps the last part of what a process prints.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf.Len() > 64<<10 {
		keep := bytes.Clone(t.buf.Bytes()[t.buf.Len()-16<<10:])
		t.buf.Reset()
		t.buf.Write(keep)
	}
	return t.buf.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buf.Bytes()
	if len(b) > 6000 {
		b = b[len(b)-6000:]
	}
	return string(b)
}
