// Package bench measures beffroi over HTTP, as its users meet it: client and
// server share the machine, and every write is on disk before it is answered.
//
// It is for figures, never for pass or fail: `make bench` runs it several times
// and benchstat compares. What always holds: the client is the same lean one
// for every figure, and a wrong answer ends the run.
package bench

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// conns is how many clients ask at once.
const conns = 64

// serve starts an empty server that ends with the benchmark.
func serve(b *testing.B, args ...string) *process.Server {
	b.Helper()
	s := &process.Server{Binary: process.Build(b), Dir: filepath.Join(b.TempDir(), "data"), MQTT: "off", Args: args}
	if err := s.Start(nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Kill)
	return s
}

// observed is the i-th moment of measuring.
func observed(i int) string {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05Z")
}

// id names the i-th entity.
func id(i int) string { return fmt.Sprintf("urn:ngsi-ld:Bench:%06d", i) }

// place spreads entities over thirty kilometres.
func place(i int) (lon, lat float64) {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	return 3 + r.Float64()*0.42, 50.5 + r.Float64()*0.27
}

// sample writes an entity of ten types with a place and n numeric attributes.
func sample(buf *bytes.Buffer, i, n, when int) {
	lon, lat := place(i)
	fmt.Fprintf(buf, `{"id":%q,"type":"Sensor%d","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[%.6f,%.6f]}}`, id(i), i%10, lon, lat)
	for a := range n {
		fmt.Fprintf(buf, `,"attr%d":{"type":"Property","value":%d.%d,"unitCode":"CEL","observedAt":%q}`, a, (i*7+a*13+when)%100, when%10, observed(when))
	}
	buf.WriteByte('}')
}

// heavy is sample with six attributes and texts: about 1.5 kB.
func heavy(buf *bytes.Buffer, i int) {
	var plain bytes.Buffer
	sample(&plain, i, 6, 0)
	buf.Write(plain.Bytes()[:plain.Len()-1])
	fmt.Fprintf(buf, `,"refDistrict":{"type":"Relationship","object":"urn:ngsi-ld:District:%d"},"description":{"type":"Property","value":"%0600d"}}`, i%40, i)
}

// batch joins entities from first on into one body.
func batch(first, size int, entity func(*bytes.Buffer, int)) []byte {
	var body bytes.Buffer
	body.WriteByte('[')
	for i := range size {
		if i > 0 {
			body.WriteByte(',')
		}
		entity(&body, first+i)
	}
	body.WriteByte(']')
	return body.Bytes()
}

// load puts n entities in by batches of 500 over four connections.
func load(b *testing.B, base string, n int, entity func(*bytes.Buffer, int)) {
	b.Helper()
	all, err := open(base, 4)
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(all))
	for w, c := range all {
		wg.Go(func() {
			defer c.c.Close()
			for first := w * 500; first < n; first += len(all) * 500 {
				body := batch(first, min(500, n-first), entity)
				status, _, err := c.do(request(http.MethodPost, "/ngsi-ld/v1/entityOperations/upsert", body))
				if err == nil && status != http.StatusCreated && status != http.StatusNoContent {
					err = fmt.Errorf("batch from %d: status %d", first, status)
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

// five is the entity of most figures.
func five(buf *bytes.Buffer, i int) { sample(buf, i, 5, 0) }

// Single-attribute updates, each durable before its answer.
func BenchmarkUpdate(b *testing.B) {
	const entities = 10_000
	s := serve(b)
	load(b, s.Base, entities, five)
	drive(b, s, conns, http.StatusNoContent, func(_, i int) []byte {
		body := fmt.Appendf(nil, `{"value":%d,"observedAt":%q}`, i, observed(i+1))
		return request(http.MethodPatch, "/ngsi-ld/v1/entities/"+id(i%entities)+"/attrs/attr0", body)
	})
}

// Retrieves of one entity by its id.
func BenchmarkRetrieve(b *testing.B) {
	const entities = 10_000
	s := serve(b)
	load(b, s.Base, entities, five)
	drive(b, s, conns, http.StatusOK, func(_, i int) []byte {
		return request(http.MethodGet, "/ngsi-ld/v1/entities/"+id(i*7919%entities), nil)
	})
}

// Pages of twenty entities of one type.
func BenchmarkQueryPage(b *testing.B) {
	s := serve(b)
	load(b, s.Base, 10_000, five)
	drive(b, s, conns, http.StatusOK, func(_, i int) []byte {
		return request(http.MethodGet, fmt.Sprintf("/ngsi-ld/v1/entities?type=Sensor%d&limit=20", i%10), nil)
	})
}

// Upserts of 500 entities with six readings each.
func BenchmarkHistoryPoints(b *testing.B) {
	const size = 500
	s := serve(b)
	load(b, s.Base, 4*size, func(buf *bytes.Buffer, i int) { sample(buf, i, 6, 0) })
	drive(b, s, 4, http.StatusNoContent, func(worker, i int) []byte {
		body := batch(worker*size, size, func(buf *bytes.Buffer, e int) { sample(buf, e, 6, i+1) })
		return request(http.MethodPost, "/ngsi-ld/v1/entityOperations/upsert?options=update", body)
	})
	b.ReportMetric(float64(b.N*size*6)/b.Elapsed().Seconds(), "points/s")
}

// Entities of one type within a kilometre that are warmer than 55, out of 200,000.
func BenchmarkNearFilter(b *testing.B) {
	s := serve(b)
	load(b, s.Base, 200_000, heavy)
	drive(b, s, conns, http.StatusOK, func(_, i int) []byte {
		lon, lat := place(i * 31)
		return request(http.MethodGet, fmt.Sprintf("/ngsi-ld/v1/entities?type=Sensor%d&q=attr0%%3E55&georel=near%%3BmaxDistance%%3D%%3D1000&geometry=Point&coordinates=%%5B%.6f,%.6f%%5D&limit=100", i%10, lon, lat), nil)
	})
}

// Loading 200,000 entities of 1.5 kB into an empty folder.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := serve(b)
		b.StartTimer()
		load(b, s.Base, 200_000, heavy)
		b.StopTimer()
		resident(b, s)
		s.Kill()
		b.StartTimer()
	}
}

// The start with an empty folder, until the first request is answered, and
// what the idle process then holds.
func BenchmarkEmptyStart(b *testing.B) {
	binary := process.Build(b)
	for b.Loop() {
		s := &process.Server{Binary: binary, Dir: filepath.Join(b.TempDir(), "data"), MQTT: "off"}
		if err := s.Start(nil); err != nil {
			b.Fatal(err)
		}
		ask(b, http.MethodGet, s.Base+"/readyz", nil)
		b.StopTimer()
		resident(b, s)
		s.Kill()
		b.StartTimer()
	}
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
}

// resident reports the memory of the process.
func resident(b *testing.B, s *process.Server) {
	b.Helper()
	n, err := s.Resident()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(n)/1e6, "resident-MB")
}

// Temporal posts of five hundred values of six attributes each.
func BenchmarkTemporalPost(b *testing.B) {
	const values, attrs = 500, 6
	s := serve(b)
	load(b, s.Base, 1000, five)
	drive(b, s, 4, http.StatusNoContent, func(_, i int) []byte {
		return request(http.MethodPost, "/ngsi-ld/v1/temporal/entities/"+id(i%1000)+"/attrs", past(i/1000*values, values, attrs))
	})
	b.ReportMetric(float64(b.N*values*attrs)/b.Elapsed().Seconds(), "points/s")
}

// past writes n values of each of some attributes, a minute apart.
func past(first, n, attrs int) []byte {
	var body bytes.Buffer
	for a := range attrs {
		body.WriteByte("{,"[min(a, 1)])
		fmt.Fprintf(&body, `"attr%d":[`, a)
		for v := range n {
			if v > 0 {
				body.WriteByte(',')
			}
			at := time.Date(2025, 1, 1, 0, first+v, 0, 0, time.UTC).Format("2006-01-02T15:04:05Z")
			fmt.Fprintf(&body, `{"type":"Property","value":%d.%d,"unitCode":"CEL","observedAt":%q}`, (v+a*13)%100, v%10, at)
		}
		body.WriteByte(']')
	}
	body.WriteByte('}')
	return body.Bytes()
}

// One attribute's day, a value a minute, out of a month of ten entities.
func BenchmarkHistoryDay(b *testing.B) {
	const entities, days = 10, 30
	s := serve(b)
	load(b, s.Base, entities, five)
	for d := range days {
		for e := range entities {
			ask(b, http.MethodPost, s.Base+"/ngsi-ld/v1/temporal/entities/"+id(e)+"/attrs", past(d*1440, 1440, 1))
		}
	}
	drive(b, s, 16, http.StatusOK, func(_, i int) []byte {
		from := time.Date(2025, 1, 1+i*7%days, 0, 0, 0, 0, time.UTC)
		return request(http.MethodGet, fmt.Sprintf("/ngsi-ld/v1/temporal/entities/%s?attrs=attr0&options=temporalValues&timerel=between&timeAt=%s&endTimeAt=%s", id(i*31%entities),
			from.Format("2006-01-02T15:04:05Z"), from.AddDate(0, 0, 1).Add(-time.Second).Format("2006-01-02T15:04:05Z")), nil)
	})
}
