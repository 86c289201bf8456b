package httpx

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meter counts requests by operation.
type meter struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	under    prometheus.Gauge
}

// newMeter makes the counters; with a nil registerer they are counted and
// shown to nobody.
func newMeter(reg prometheus.Registerer) *meter {
	m := &meter{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beffroi_http_requests_total", Help: "Requests answered, by operation and status.",
		}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "beffroi_http_request_seconds", Help: "Time from the request's header to the answer's end, by operation.",
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30},
		}, []string{"operation"}),
		under: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "beffroi_http_requests_under_way", Help: "Requests being answered.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.seconds, m.under)
	}
	return m
}

func (m *meter) busy(n int64) { m.under.Set(float64(n)) }

// routeMeter keeps the counters of one operation at hand.
type routeMeter struct {
	m        *meter
	name     string
	seconds  prometheus.Observer
	byStatus [600]atomic.Pointer[prometheus.Counter]
}

func (m *meter) route(name string) *routeMeter {
	return &routeMeter{m: m, name: name, seconds: m.seconds.WithLabelValues(name)}
}

func (r *routeMeter) done(status int, took time.Duration) {
	r.seconds.Observe(took.Seconds())
	if status < 0 || status >= len(r.byStatus) {
		status = 500
	}
	c := r.byStatus[status].Load()
	if c == nil {
		made := r.m.requests.WithLabelValues(r.name, strconv.Itoa(status))
		r.byStatus[status].Store(&made)
		c = &made
	}
	(*c).Inc()
}
