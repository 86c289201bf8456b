package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// conn is a client that costs little, since it shares the machine with what
// it measures: one kept connection, requests as bytes, answers read and dropped.
type conn struct {
	c net.Conn
	r *bufio.Reader
}

func dial(base string) (*conn, error) {
	host.Store(strings.TrimPrefix(base, "http://"))
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// host is the server that is measured now: requests are built before a
// connection is chosen, and the server checks whom they are for.
var host atomic.Value

// request builds a request as bytes.
func request(method, path string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host.Load())
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// do sends a request and returns the status and the length of the answer's body.
func (c *conn) do(req []byte) (status, length int, err error) {
	if _, err := c.c.Write(req); err != nil {
		return 0, 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < 12 {
		return 0, 0, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, err
	}
	length, chunked := 0, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		return status, 0, c.dropChunks(&length)
	}
	_, err = c.r.Discard(length)
	return status, length, err
}

// dropChunks reads a chunked body and adds up its length.
func (c *conn) dropChunks(length *int) error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := c.r.Discard(int(n) + 2); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		*length += int(n)
	}
}

// drive sends b.N requests over the given number of connections and reports
// how many a second were answered with the wanted status, and how long the
// slowest hundredth took, and the processor time that the server spent on one:
// the figure that says something while others use the machine too. make gives the i-th request; it is called from
// several goroutines.
func drive(b *testing.B, s *process.Server, conns, want int, make func(worker, i int) []byte) {
	b.Helper()
	all, err := open(s.Base, conns)
	if err != nil {
		b.Fatal(err)
	}
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		mu    sync.Mutex
		waits []time.Duration
		fails error
	)
	before := spent(b, s)
	b.ResetTimer()
	for w, c := range all {
		wg.Go(func() {
			var mine []time.Duration
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					break
				}
				req := make(w, i)
				began := time.Now()
				status, _, err := c.do(req)
				if err == nil && status != want {
					err = fmt.Errorf("status %d, want %d, for %.300s", status, want, req)
				}
				if err != nil {
					mu.Lock()
					fails = errors.Join(fails, err)
					mu.Unlock()
					break
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			waits = append(waits, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	b.StopTimer()
	if fails != nil {
		b.Fatal(fails)
	}
	b.ReportMetric(float64((spent(b, s)-before).Microseconds())/float64(b.N), "server-cpu-us/op")
	slices.Sort(waits)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
	for _, c := range all {
		c.c.Close()
	}
}

// spent is the processor time that the server has taken so far.
func spent(b *testing.B, s *process.Server) time.Duration {
	b.Helper()
	d, err := s.Spent()
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// open makes several connections.
func open(base string, n int) ([]*conn, error) {
	all := make([]*conn, n)
	for i := range all {
		c, err := dial(base)
		if err != nil {
			return nil, err
		}
		all[i] = c
	}
	return all, nil
}

// ask sends one request for its answer, for setting up.
func ask(b *testing.B, method, url string, body []byte) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	if resp.StatusCode >= 300 || resp.StatusCode == http.StatusMultiStatus {
		b.Fatalf("%s %s: %d %.500s", method, url, resp.StatusCode, answer)
	}
	return answer
}
