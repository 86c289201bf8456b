package geo

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestTransformGolden(t *testing.T) {
	f, err := os.Open("testdata/epsg/golden-coordinates.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	num := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	seen := map[int]int{}
	for _, r := range rows[1:] {
		epsg, _ := strconv.Atoi(r[4])
		if !slices.Contains(EPSGCodes(), epsg) {
			continue
		}
		seen[epsg]++
		p, x, y := Point{num(r[2]), num(r[3])}, num(r[5]), num(r[6])
		limit := 0.01
		if epsg == 31370 {
			limit = 0.02
		}
		gx, gy, err := FromWGS84(epsg, p)
		if d := math.Hypot(gx-x, gy-y); err != nil || !(d < limit) {
			t.Errorf("%s to EPSG:%d: %.4f, %.4f; want %.4f, %.4f (%.4f m off), %v", r[0], epsg, gx, gy, x, y, d, err)
		}
		q, err := ToWGS84(epsg, x, y)
		if d := Distance(p, q); err != nil || !(d < limit) {
			t.Errorf("%s from EPSG:%d: %v, want %v (%.4f m off), %v", r[0], epsg, q, p, d, err)
		}
	}
	for _, epsg := range []int{3857, 2154, 31370, 3812, 25831, 25832} {
		if seen[epsg] < 20 {
			t.Errorf("EPSG:%d: only %d golden positions", epsg, seen[epsg])
		}
	}
}

func TestTransformZone33(t *testing.T) {
	// On the middle meridian of the zone, and the same distance from it as a
	// golden position is from that of zone 31.
	x31, y31, _ := FromWGS84(25831, Point{4.3517, 50.8466})
	x33, y33, err := FromWGS84(25833, Point{16.3517, 50.8466})
	if err != nil || math.Abs(x31-x33) > 1e-6 || math.Abs(y31-y33) > 1e-6 {
		t.Errorf("zone 33 gives %v, %v (%v); zone 31, twelve degrees west, %v, %v", x33, y33, err, x31, y31)
	}
}

func TestTransformRoundTrip(t *testing.T) {
	for _, epsg := range EPSGCodes() {
		for lon := -5.0; lon <= 12; lon += 1.7 {
			for lat := 40.0; lat <= 55; lat += 1.3 {
				p := Point{lon, lat}
				x, y, err := FromWGS84(epsg, p)
				if err != nil {
					t.Fatal(err)
				}
				q, err := ToWGS84(epsg, x, y)
				if d := Distance(p, q); err != nil || d > 0.002 {
					t.Errorf("EPSG:%d: %v comes back as %v (%v m off), %v", epsg, p, q, d, err)
				}
			}
		}
	}
}

func TestTransformRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		epsg int
		x, y float64
	}{{1234, 1, 2}, {4326, 181, 0}, {4326, 3, 91}, {3857, nan, 0}, {3857, 0, inf}, {2154, 1e9, 0}, {25831, nan, nan}, {31370, -inf, 3}, {3857, 2.5e7, 0}} {
		if p, err := ToWGS84(c.epsg, c.x, c.y); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("ToWGS84(%d, %v, %v) = %v, %v", c.epsg, c.x, c.y, p, err)
		}
	}
	for _, epsg := range EPSGCodes() {
		for _, p := range []Point{{0, 90}, {180, -90}, {-180, 0}, {179, 89.999}, {-90, -45}} {
			if _, _, err := FromWGS84(epsg, p); err != nil && !problem.Is(err, problem.BadRequestData) {
				t.Errorf("FromWGS84(%d, %v): %v", epsg, p, err)
			}
		}
	}
}
