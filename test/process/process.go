// Package process runs a built beffroi as a process of its own: what a test that
// kills, measures or calls it from outside needs.
//
// It is for tests. What always holds: a process that was started here ends with
// the test that started it, and keeps to the contract in docs/howto/contract.md.
package process

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// StartWait is how long a server may take to say that it listens.
const StartWait = 60 * time.Second

// Server is one beffroi process on a data folder that outlives it. The fields
// are set before Start; the zero Log and Base are filled by it.
type Server struct {
	Binary string
	Sub    string   // the subcommand; "" is serve
	Dir    string   // the data folder
	MQTT   string   // HOST:PORT of its MQTT listener, or "off"
	Args   []string // further arguments of serve
	Env    []string // further environment, KEY=value

	Base string // http://host:port of the running process
	Log  *Tail

	cmd *exec.Cmd
}

// Build compiles the binary as it is released, without the race detector. It
// skips the test while there is no command to build.
func Build(t testing.TB) string {
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

// FreePort finds a port of the loopback interface that is free now.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Ended says that a server ended before it listened.
type Ended struct {
	Status int // its exit status
	Log    string
}

// Error gives the status and what the process said.
func (e *Ended) Error() string {
	return fmt.Sprintf("the server ended before it listened, exit status %d\n%s", e.Status, e.Log)
}

// Start runs the server and returns once it says that it listens, or once
// stop is closed, with an error then.
func (s *Server) Start(stop <-chan struct{}) error {
	s.Log = &Tail{}
	s.cmd = exec.Command(s.Binary, append([]string{cmp.Or(s.Sub, "serve"), "--data", s.Dir, "--addr", "127.0.0.1:0", "--mqtt", s.MQTT}, s.Args...)...)
	s.cmd.Env = append(os.Environ(), s.Env...)
	s.cmd.Stderr = s.Log
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
			fmt.Fprintln(s.Log, lines.Text())
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
			_ = s.cmd.Wait()
			status := s.cmd.ProcessState.ExitCode()
			s.cmd = nil
			return &Ended{Status: status, Log: s.Log.String()}
		}
		s.Base = base
		return nil
	case <-stop:
		return fmt.Errorf("stopped while it started")
	case <-time.After(StartWait):
		s.Kill()
		return fmt.Errorf("no word of listening after %v:\n%s", StartWait, s.Log)
	}
}

// Kill ends the process without giving it a moment, and waits for it to be gone.
func (s *Server) Kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Terminate asks the process to stop and returns its exit status.
func (s *Server) Terminate() (int, error) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	done := make(chan struct{})
	defer close(done)
	process := s.cmd.Process
	go func() {
		select {
		case <-done:
		case <-time.After(StartWait):
			_ = process.Kill()
		}
	}()
	_ = s.cmd.Wait()
	status := s.cmd.ProcessState.ExitCode()
	s.cmd = nil
	return status, nil
}

// NewClient makes an HTTP client of its own, so that its connections die with
// its round.
func NewClient() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
}

// Tail keeps the last part of what a process prints.
type Tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write takes what the process prints.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf.Len() > 64<<10 {
		keep := bytes.Clone(t.buf.Bytes()[t.buf.Len()-16<<10:])
		t.buf.Reset()
		t.buf.Write(keep)
	}
	return t.buf.Write(p)
}

// String gives the last lines.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buf.Bytes()
	if len(b) > 6000 {
		b = b[len(b)-6000:]
	}
	return string(b)
}

// Resident gives the memory that the running process holds, in bytes.
func (s *Server) Resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		return 0, fmt.Errorf("read statm: %w", err)
	}
	return resident * int64(os.Getpagesize()), nil
}

// Spent gives the processor time that the running process has taken so far, in
// user and in kernel mode, to the hundredth of a second.
func (s *Server) Spent() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is a name in brackets and may hold anything.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("read stat: %d fields", len(fields))
	}
	var ticks int64
	for _, field := range fields[11:13] { // utime, stime: fields 14 and 15 of proc(5)
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil // USER_HZ is 100 on every Linux
}
