package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"hash"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden digest anew")

// cityOf plans the city of a seed once for all tests.
var cityOf = func() func(t testing.TB, seed uint64) *City {
	var mu sync.Mutex
	cities := map[uint64]*City{}
	return func(t testing.TB, seed uint64) *City {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if cities[seed] == nil {
			cities[seed] = Plan(seed)
		}
		return cities[seed]
	}
}()

func writef(h hash.Hash, format string, args ...any) {
	if _, err := fmt.Fprintf(h, format, args...); err != nil {
		panic(err) // a hash does not fail
	}
}

// planDigest covers all that stays.
func planDigest(c *City) string {
	h := sha256.New()
	var buf []byte
	for x := range c.Things() {
		buf = x.Shape.AppendGeoJSON(buf[:0])
		writef(h, "%s|%s|%v|%s|%v\n", x.Kind, x.ID, x.Name, buf, x.Attrs)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// lifeDigest covers what changes: every device at instants all over a year, and
// the messages of some minutes.
func lifeDigest(c *City) string {
	h := sha256.New()
	start := time.Date(2026, 1, 4, 22, 59, 30, 0, time.UTC)
	for k := range 40 {
		t := start.Add(time.Duration(k) * 216 * time.Hour).Add(time.Duration(k*k*977) * time.Second)
		writef(h, "%v %+v\n", t, c.Weather(t))
		for i := range c.BikeStations {
			writef(h, "%+v\n", c.BikesAt(i, t))
		}
		for i := range c.CarParks {
			writef(h, "%+v\n", c.ParkingAt(i, t))
		}
		for i := range c.Counters {
			writef(h, "%+v\n", c.CountAt(i, t, CounterMinutes))
		}
		for i, s := range c.Sensors {
			switch s.Kind {
			case "air":
				writef(h, "%+v\n", c.AirAt(i, t))
			case "noise":
				writef(h, "%+v\n", c.NoiseAt(i, t))
			default:
				writef(h, "%+v\n", c.WeatherAt(i, t))
			}
		}
		for i := range c.Buses {
			writef(h, "%+v\n", c.BusAt(i, t))
		}
	}
	for m := range c.Messages(start, start.Add(2*time.Minute)) {
		writef(h, "%s %v %s\n", m.Topic, m.Time, m.Payload)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestPlanKeepsItsGoldenDigest(t *testing.T) {
	c := cityOf(t, 42)
	got := fmt.Sprintf("plan %s\nlife %s\n", planDigest(c), lifeDigest(c))
	name := filepath.Join("testdata", "digest-42.txt")
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("seed 42 gives another city than before.\ngot  %s\nwant %s\nIf that is meant, run this test with -update.", got, want)
	}
}

func TestPlanDependsOnTheSeedAlone(t *testing.T) {
	a, b := cityOf(t, 42), Plan(42)
	plan, life := planDigest(a), lifeDigest(a)
	if planDigest(b) != plan || lifeDigest(b) != life {
		t.Error("the same seed gave two cities")
	}
	if other := cityOf(t, 7); planDigest(other) == plan || lifeDigest(other) == life {
		t.Error("two seeds gave the same city")
	}
}

func TestPlanIsLargeEnough(t *testing.T) {
	seeds := []uint64{42, 7}
	if !testing.Short() {
		seeds = append(seeds, 1, math.MaxUint64)
	}
	for _, seed := range seeds {
		c := cityOf(t, seed)
		var km float64
		for _, s := range c.Streets {
			if s.Class != "path" {
				km += s.LengthM / 1000
			}
		}
		for _, n := range []struct {
			what        string
			got         int
			least, most int
		}{
			{"buildings", len(c.Buildings), 15000, 24000}, {"kilometres of streets", int(km), 400, 900}, {"trees", len(c.Trees), 8000, 16000},
			{"bike stations", len(c.BikeStations), 80, 80}, {"car parks", len(c.CarParks), 30, 30}, {"counters", len(c.Counters), 100, 100},
			{"sensors", len(c.Sensors), 60, 60}, {"buses", len(c.Buses), 60, 60}, {"bus lines", len(c.BusLines), 8, 8}, {"bus stops", len(c.BusStops), 80, 300},
			{"quarters", len(c.Quarters), 30, 40}, {"districts", len(c.Districts), 7, 7}, {"landmarks", len(c.Landmarks), 20, 90}, {"parks", len(c.Parks), 20, 90},
			{"squares", len(c.Squares), 10, 60}, {"waters", len(c.Waters), 7, 9}, {"streets", len(c.Streets), 1000, 3000},
		} {
			if n.got < n.least || n.got > n.most {
				t.Errorf("seed %d has %d %s, want %d to %d", seed, n.got, n.what, n.least, n.most)
			}
		}
		addresses := 0
		for _, b := range c.Buildings {
			if b.Address.Street >= 0 {
				addresses++
			}
		}
		if addresses < 13000 {
			t.Errorf("seed %d has %d addresses", seed, addresses)
		}
	}
}

// streetIndex is the carriageways of a city in metres.
func streetIndex(c *City) *segments {
	ix := newSegments()
	for i, s := range c.Streets {
		if s.Class == "path" {
			continue
		}
		for _, l := range s.Shape.Coords[0] {
			ix.addLine(planeAll(l), s.WidthM/2, int32(i))
		}
	}
	return ix
}

func TestHousesStandClearOfStreetsAndWater(t *testing.T) {
	for _, seed := range []uint64{42, 7} {
		checkGround(t, cityOf(t, seed))
	}
}

func checkGround(t *testing.T, c *City) {
	t.Helper()
	ix := streetIndex(c)
	var wet [][][]vec
	var wetBox []box
	for _, w := range c.Waters {
		for _, p := range w.Shape.Coords {
			var rings [][]vec
			for _, r := range p {
				rings = append(rings, planeAll(r))
			}
			wet = append(wet, rings)
			wetBox = append(wetBox, boxOf(rings[0]))
		}
	}
	const tolerance = 0.8 // metres that a corner may stand on the pavement
	streetHits, waterHits := 0, 0
	for _, b := range c.Buildings {
		ring := planeAll(b.Ring)
		for i := 1; i < len(ring); i++ {
			mid := ring[i].lerp(ring[i-1], 0.5)
			if !ix.clear(ring[i], -tolerance) || !ix.clear(mid, -tolerance) {
				streetHits++
				if streetHits < 4 {
					t.Errorf("%s (%s) stands in a street at %v", b.ID, b.Kind, plane(b.Ring[i]))
				}
				break
			}
		}
		for k, rings := range wet {
			if !wetBox[k].meets(boxOf(ring)) {
				continue
			}
			for _, p := range ring {
				if inside(p, rings[0]) && (len(rings) < 2 || !inside(p, rings[1])) {
					waterHits++
					t.Errorf("%s stands in water", b.ID)
					break
				}
			}
		}
	}
	if streetHits > 0 {
		t.Errorf("%d of %d houses stand in a street, %d in water", streetHits, len(c.Buildings), waterHits)
	}
}

func TestHousesDoNotOverlap(t *testing.T) {
	for _, seed := range []uint64{42, 7} {
		checkWalls(t, cityOf(t, seed))
	}
}

func checkWalls(t *testing.T, c *City) {
	t.Helper()
	ix := newGrid()
	var rings [][]vec
	for _, b := range c.Buildings {
		ring := planeAll(b.Ring[:len(b.Ring)-1])
		m := centroid(ring)
		for i, p := range ring { // neighbours share walls
			ring[i] = p.add(m.sub(p).unit().mul(0.4))
		}
		rings = append(rings, ring)
		ix.add(boxOf(ring))
	}
	bad := 0
	for i, b := range c.Buildings {
		if b.Landmark >= 0 {
			continue // parts of a landmark stand on one another
		}
		for _, j := range ix.near(boxOf(rings[i])) {
			if int(j) > i && overlap(rings[i], rings[j]) {
				bad++
				if bad < 4 {
					t.Errorf("%s and %s overlap", b.ID, c.Buildings[j].ID)
				}
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d overlaps", bad)
	}
}

func TestThingsAreWellFormed(t *testing.T) {
	mirrored := map[bool]bool{}
	for _, seed := range []uint64{42, 7, 1} {
		c := cityOf(t, seed)
		mirrored[c.turn.mirror] = true
		checkThings(t, c)
	}
	if len(mirrored) != 2 {
		t.Error("no seed gives a mirror image: choose others")
	}
}

func checkThings(t *testing.T, c *City) {
	t.Helper()
	seen := map[string]bool{}
	count := map[Kind]int{}
	for x := range c.Things() {
		if seen[x.ID] {
			t.Errorf("ID %s twice", x.ID)
		}
		seen[x.ID] = true
		count[x.Kind]++
		if x.ID == "" || strings.ToLower(x.ID) != x.ID && x.Kind != KindCarPark && x.Kind != KindCounter {
			t.Errorf("ID %q is no slug", x.ID)
		}
		synthetic := false
		for _, a := range x.Attrs {
			if a.Name == "synthetic" && a.Value == true {
				synthetic = true
			}
			if f, ok := a.Value.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
				t.Errorf("%s: %s is %v", x.ID, a.Name, f)
			}
		}
		if !synthetic {
			t.Errorf("%s does not say that it is synthetic", x.ID)
		}
		checkShape(t, c, x)
	}
	for _, k := range []Kind{KindDistrict, KindQuarter, KindLanduse, KindWater, KindPark, KindSquare, KindRail, KindStreet, KindLandmark, KindBusLine, KindBusStop, KindBikeStation, KindCarPark, KindCounter, KindSensor, KindBuilding, KindTree, KindAddress} {
		if count[k] == 0 {
			t.Errorf("no %s", k)
		}
	}
	for range c.Things() { // stopping early must do no harm
		break
	}
}

func checkShape(t *testing.T, c *City, x Thing) {
	t.Helper()
	area2 := x.Shape.Type == "Polygon" || x.Shape.Type == "MultiPolygon"
	for _, poly := range x.Shape.Coords {
		for k, ring := range poly {
			for _, p := range ring {
				if p.Lon < c.Bounds[0]-0.02 || p.Lon > c.Bounds[2]+0.02 || p.Lat < c.Bounds[1]-0.02 || p.Lat > c.Bounds[3]+0.02 {
					t.Fatalf("%s lies at %v, outside of the city", x.ID, p)
				}
				if math.Abs(p.Lon*1e7-math.Round(p.Lon*1e7)) > 1e-3 || math.Abs(p.Lat*1e7-math.Round(p.Lat*1e7)) > 1e-3 {
					t.Fatalf("%s has more than 7 decimals: %v", x.ID, p)
				}
			}
			if !area2 {
				if x.Shape.Type != "Point" && len(ring) < 2 {
					t.Errorf("%s: a line of %d points", x.ID, len(ring))
				}
				continue
			}
			if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				t.Errorf("%s: ring %d has %d points or is open", x.ID, k, len(ring))
				continue
			}
			if a := area(planeAll(ring[:len(ring)-1])); (a > 0) != (k == 0) {
				t.Errorf("%s: ring %d runs the wrong way (area %.1f)", x.ID, k, a)
			}
		}
	}
}

func TestNamesAndNumbersAreUnique(t *testing.T) {
	c := cityOf(t, 42)
	streets := map[string]string{}
	for _, s := range c.Streets {
		if s.Name.FR == "" || s.Name.NL == "" || s.Name.EN == "" {
			t.Errorf("%s has no name", s.ID)
		}
		if o := streets[s.Name.FR]; o != "" {
			t.Errorf("%s and %s are both called %s", o, s.ID, s.Name.FR)
		}
		streets[s.Name.FR] = s.ID
	}
	doors := map[[2]int]string{}
	for _, b := range c.Buildings {
		if b.Address.Street < 0 {
			continue
		}
		key := [2]int{b.Address.Street, b.Address.Number}
		if o := doors[key]; o != "" {
			t.Errorf("%s and %s have the same address", o, b.ID)
		}
		doors[key] = b.ID
		if b.Address.Number < 1 || b.Address.PostCode == "" {
			t.Errorf("%s: address %+v", b.ID, b.Address)
		}
	}
}

// The generator rounds what each stage hands on, because compilers may fuse a
// product and a sum into one operation. TestPlanKeepsItsGoldenDigest run with
// GOAMD64=v3 or on arm64 shows that it is enough for this seed.

func BenchmarkPlan(b *testing.B) {
	for b.Loop() {
		Plan(42)
	}
}
