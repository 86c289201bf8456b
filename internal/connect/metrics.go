package connect

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Collector gives the figures of the sources to Prometheus, one series for
// each source.
func (s *Supervisor) Collector() prometheus.Collector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("beffroi_source_"+name, help, []string{"source"}, nil)
	}
	return &collector{s: s, figures: []figure{
		{desc("payloads_total", "Payloads taken in."), prometheus.CounterValue, func(st *Status) float64 { return float64(st.Payloads) }},
		{desc("readings_total", "Attributes taken in."), prometheus.CounterValue, func(st *Status) float64 { return float64(st.Readings) }},
		{desc("skipped_total", "Items that the mapping does not want."), prometheus.CounterValue, func(st *Status) float64 { return float64(st.Skipped) }},
		{desc("dead_letters", "Dead letters kept now."), prometheus.GaugeValue, func(st *Status) float64 { return float64(st.DeadLetters) }},
		{desc("dead_letters_dropped_total", "Dead letters that fell out."), prometheus.CounterValue, func(st *Status) float64 { return float64(st.Dropped) }},
		{desc("last_reading_seconds", "When readings last came, seconds since 1970; 0 if never."), prometheus.GaugeValue, func(st *Status) float64 {
			if st.LastReading.IsZero() {
				return 0
			}
			return float64(st.LastReading.UnixMilli()) / 1000
		}},
		{desc("up", "1 if the source is ok, 0 if it is late, silent or failing or never spoke."), prometheus.GaugeValue, func(st *Status) float64 {
			if st.State == OK {
				return 1
			}
			return 0
		}},
	}}
}

type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*Status) float64
}

type collector struct {
	s       *Supervisor
	figures []figure
}

// Describe lists the figures.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		ch <- f.desc
	}
}

// Collect gives the figures of now.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	list := c.s.Status()
	for i := range list {
		for _, f := range c.figures {
			ch <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(&list[i]), list[i].Source)
		}
	}
}
