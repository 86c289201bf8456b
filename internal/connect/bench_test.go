package connect

import (
	"testing"

	"github.com/beffroi/beffroi/internal/connect/mappings"
)

// BenchmarkMap maps one message of a bus: twelve attributes.
func BenchmarkMap(b *testing.B) {
	files, err := mappings.City("http://127.0.0.1:9", [4]float64{3, 50, 4, 51})
	if err != nil {
		b.Fatal(err)
	}
	m, err := Compile(files["buses"])
	if err != nil {
		b.Fatal(err)
	}
	p := Payload{Topic: "clairebeke/bus/vp/1/bus-1", Data: []byte(`{"VP":{"desi":"1","dir":"1","veh":"bus-4005","tst":"2026-06-16T08:22:10Z","tsi":1781598130,"spd":7.2,"hdg":9,"lat":50.6146276,"long":3.2191917,"dl":-30,"odo":120.5,"drst":0,"oday":"2026-06-16","jrn":7,"start":"10:12","stop":"stop-010","route":"line-1","occu":12,"source":"synthetic"}}`)}
	now := at0("2026-06-16T08:22:11Z")
	b.ReportAllocs()
	for b.Loop() {
		if r := m.Map(p, now); len(r.Fragments) != 1 {
			b.Fatal(r.Letters)
		}
	}
}
