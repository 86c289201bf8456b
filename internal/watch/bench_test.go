package watch_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/store/memstore"
	"github.com/beffroi/beffroi/internal/watch"
)

// mixed gives the members of the subscription i: of all sorts of filters, on
// twenty types, ten thousand ids and ten attributes.
func mixed(i int) string {
	typ, attr, id := fmt.Sprintf("Type%d", i/10%20), fmt.Sprintf("attr%d", i/10%10), fmt.Sprintf("urn:ngsi-ld:Type%d:%05d", i/10%20, i)
	lon, lat := 4+float64(i%100)/100, 50+float64(i/100)/100
	switch i % 10 {
	case 0, 1:
		return fmt.Sprintf(`"entities":[{"type":%q,"id":%q}]`, typ, id)
	case 2:
		return fmt.Sprintf(`"entities":[{"type":%q,"id":%q}],"watchedAttributes":[%q],"q":"%s>50"`, typ, id, attr, attr)
	case 3:
		return fmt.Sprintf(`"entities":[{"type":%q,"idPattern":"^urn:ngsi-ld:Type%d:%03d.*"}]`, typ, i/10%20, i/10)
	case 4:
		return fmt.Sprintf(`"entities":[{"type":%q,"idPattern":".*%03d$"}],"watchedAttributes":[%q]`, typ, i/10, attr)
	case 5, 6:
		return fmt.Sprintf(`"entities":[{"type":%q}],"watchedAttributes":[%q],"q":"%s>%d;attr0<%d"`, typ, attr, attr, 1000+i, i)
	case 7:
		return fmt.Sprintf(`"entities":[{"type":%q}],"geoQ":{"georel":"within","geometry":"Polygon","coordinates":[[[%[2]g,%[3]g],[%[4]g,%[3]g],[%[4]g,%[5]g],[%[2]g,%[5]g],[%[2]g,%[3]g]]]}`, typ, lon, lat, lon+0.01, lat+0.01)
	case 8:
		return fmt.Sprintf(`"watchedAttributes":[%q],"geoQ":{"georel":"near;maxDistance==500","geometry":"Point","coordinates":[%g,%g]}`, attr, lon, lat)
	}
	return fmt.Sprintf(`"entities":[{"type":%q}],"q":"attr1==%d|attr2~=\"x%d.*\"","notificationTrigger":["attributeUpdated"]`, typ, i, i)
}

// changed is an update of one attribute of one of the entities.
func changed(i int) change.Record {
	at := entity.Position(i + 2)
	id := entity.ID(fmt.Sprintf("urn:ngsi-ld:Type%d:%05d", i%20, i*7919%10_000))
	e := &entity.Entity{ID: id, Types: []entity.Name{entity.Name(fmt.Sprintf("x:Type%d", i%20))}, At: at}
	for a := range 10 {
		e.Attrs = append(e.Attrs, inst(fmt.Sprintf("attr%d", a), fmt.Sprint(a*i%100), 1))
	}
	e.Attrs = append(e.Attrs, entity.Instance{Name: "x:location", Kind: entity.GeoProperty, Value: fmt.Appendf(nil, `{"type":"Point","coordinates":[%g,%g]}`, 4+float64(i%97)/97, 50+float64(i%89)/89), At: 1})
	old := e.Attrs[i%10]
	e.Attrs[i%10] = inst(fmt.Sprintf("attr%d", i%10), fmt.Sprint(1000+i), at)
	return change.Record{At: at, Time: 1000, Kind: change.Updated, ID: id, Before: change.Head(e), After: e, Deltas: []change.Delta{{Before: &old, After: &e.Attrs[i%10]}}}
}

// What one change costs with ten thousand subscriptions of mixed filters.
func BenchmarkMatch(b *testing.B) {
	subs := watch.New(watch.Options{Records: memstore.New(memstore.Options{}), Now: func() entity.Instant { return 1000 }})
	for i := range 10_000 {
		if err := subs.Create(context.Background(), must(b, fmt.Sprintf(`{"id":"urn:s:%d",%s,%s}`, i, mixed(i), tail))); err != nil {
			b.Fatal(err)
		}
	}
	rs := make([]change.Record, 1000)
	for i := range rs {
		rs[i] = changed(i)
	}
	due, before := 0, cpu(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		step, err := subs.Handle(context.Background(), rs[i%1000:i%1000+1])
		if err != nil {
			b.Fatal(err)
		}
		due += len(step)
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-us/op")
	b.ReportMetric(float64(due)/float64(b.N), "due/op")
}

// cpu gives the processor time that the process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
