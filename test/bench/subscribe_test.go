package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// Ten thousand subscriptions on distinct entities, a thousand updates a second
// for a minute, counted at the receiver: each notification once, in order per
// subscription.
func BenchmarkNotify(b *testing.B) {
	const (
		subscriptions = 10_000
		rate          = 1000
		seconds       = 60
	)
	for range b.N {
		b.StopTimer()
		rec := newReceiver(b)
		s := serve(b, "--outbound-allow", rec.addr)
		load(b, s.Base, subscriptions, five)
		subscribe(b, s.Base, rec.addr, subscriptions)
		b.StartTimer()
		late := update(b, s.Base, rate, rate*seconds, subscriptions)
		rec.wait(b, rate*seconds, time.Minute)
		b.StopTimer()
		rec.report(b, late)
		s.Kill()
	}
}

// subscribe makes one subscription for each entity.
func subscribe(b *testing.B, base, receiver string, n int) {
	b.Helper()
	all, err := open(base, 16)
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(all))
	for w, c := range all {
		wg.Go(func() {
			defer c.c.Close()
			for i := w; i < n; i += len(all) {
				body := fmt.Appendf(nil, `{"type":"Subscription","entities":[{"id":%q,"type":"Sensor%d"}],"watchedAttributes":["attr0"],"notification":{"attributes":["attr0"],"endpoint":{"uri":"http://%s/%d","accept":"application/json"}}}`, id(i), i%10, receiver, i)
				status, _, err := c.do(request(http.MethodPost, "/ngsi-ld/v1/subscriptions", body))
				if err == nil && status != http.StatusCreated {
					err = fmt.Errorf("subscription %d: status %d", i, status)
				}
				if err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// update changes entities at a fixed rate, whatever the server does, and tells
// how far it fell behind its own plan.
func update(b *testing.B, base string, rate, total, entities int) time.Duration {
	b.Helper()
	all, err := open(base, 32)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		worst time.Duration
		fails error
	)
	for w, c := range all {
		wg.Go(func() {
			defer c.c.Close()
			for i := w; i < total; i += len(all) {
				due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
				time.Sleep(time.Until(due))
				// The value is the moment it was due, so that the receiver knows the lag.
				body := fmt.Appendf(nil, `{"value":%d}`, due.UnixMicro())
				status, _, err := c.do(request(http.MethodPatch, "/ngsi-ld/v1/entities/"+id(i%entities)+"/attrs/attr0", body))
				mu.Lock()
				worst = max(worst, time.Since(due))
				if err == nil && status != http.StatusNoContent {
					err = fmt.Errorf("update %d: status %d", i, status)
				}
				if err != nil {
					fails = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if fails != nil {
		b.Fatal(fails)
	}
	return worst
}

// receiver counts notifications.
type receiver struct {
	addr string

	mu      sync.Mutex
	count   int
	last    map[string]int64 // by path: the newest value seen
	lags    []time.Duration
	twice   int
	unsound int // out of order
}

func newReceiver(b *testing.B) *receiver {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	r := &receiver{addr: l.Addr().String(), last: map[string]int64{}}
	srv := &http.Server{Handler: r}
	go func() { _ = srv.Serve(l) }()
	b.Cleanup(func() { _ = srv.Close() })
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var n struct {
		Data []struct {
			Attr0 struct{ Value float64 }
		}
	}
	if err != nil || json.Unmarshal(body, &n) != nil || len(n.Data) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	value := int64(n.Data[0].Attr0.Value)
	if value < 1e12 {
		return // the notification of the subscription's own creation
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch before := r.last[req.URL.Path]; {
	case value == before:
		r.twice++
	case value < before:
		r.unsound++
	default:
		r.last[req.URL.Path] = value
		r.count++
		r.lags = append(r.lags, time.Since(time.UnixMicro(value)))
	}
}

// wait returns once n notifications came in, or after the given time.
func (r *receiver) wait(b *testing.B, n int, atMost time.Duration) {
	b.Helper()
	for end := time.Now().Add(atMost); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		r.mu.Lock()
		done := r.count >= n
		r.mu.Unlock()
		if done {
			return
		}
	}
}

// report tells what came and what did not.
func (r *receiver) report(b *testing.B, late time.Duration) {
	b.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.lags)
	if len(r.lags) > 0 {
		b.ReportMetric(float64(r.lags[len(r.lags)*99/100].Milliseconds()), "lag-p99-ms")
	}
	b.ReportMetric(float64(r.count), "notified")
	b.ReportMetric(float64(r.twice), "twice")
	b.ReportMetric(float64(r.unsound), "out-of-order")
	b.ReportMetric(float64(late.Milliseconds()), "update-worst-ms")
}
