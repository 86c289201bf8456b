package app

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/beffroi/beffroi/internal/store"
)

func hostname() string {
	h, err := os.Hostname()
	if err != nil {
		return "" // then the machine is called by its addresses alone
	}
	return h
}

// serveMetrics answers /metrics.
func (a *App) serveMetrics(w http.ResponseWriter, r *http.Request) error {
	promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{Registry: a.metrics}).ServeHTTP(w, r)
	return nil
}

// register adds the figures of the process, the store and the listeners.
func (a *App) register() {
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.metrics.MustRegister(a.sources.Collector())
	gauge := func(name, help string, f func() float64) {
		a.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "beffroi", Name: name, Help: help}, f))
	}
	counter := func(name, help string, f func() float64) {
		a.metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "beffroi", Name: name, Help: help}, f))
	}
	stat := func(of func(store.Stats) float64) func() float64 {
		return func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			s, err := a.st.Stats(ctx)
			if err != nil {
				return -1
			}
			return of(s)
		}
	}
	gauge("store_entities", "Entities kept.", stat(func(s store.Stats) float64 { return float64(s.Entities) }))
	gauge("store_disk_bytes", "Bytes on disk.", stat(func(s store.Stats) float64 { return float64(s.DiskBytes) }))
	gauge("store_free_bytes", "Bytes free on the disk, -1 if unknown.", stat(func(s store.Stats) float64 { return float64(s.FreeBytes) }))
	gauge("store_log_records", "Records in the change log.", stat(func(s store.Stats) float64 { return float64(s.LogRecords) }))
	gauge("store_tail_points", "History points not yet in a chunk.", stat(func(s store.Stats) float64 { return float64(s.TailPoints) }))
	gauge("store_read_only", "1 if writes are refused.", stat(func(s store.Stats) float64 {
		if s.ReadOnly != "" {
			return 1
		}
		return 0
	}))
	counter("store_commits_total", "Durable commits.", stat(func(s store.Stats) float64 { return float64(s.Commits) }))
	gauge("city_clock_seconds", "The city's time, seconds since 1970.", func() float64 { return float64(a.clock.Instant()) / 1e6 })
}
