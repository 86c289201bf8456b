package series

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
)

const t0 = entity.Instant(1_793_000_000_000_000)

func roundTrip(t testing.TB, points []entity.Instance) []byte {
	t.Helper()
	b := Append(nil, points)
	got, err := Decode(nil, b, points[0].Name, points[0].Dataset)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	if len(got) != len(points) {
		t.Fatalf("%d points, want %d", len(got), len(points))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], points[i]) {
			t.Fatalf("point %d\n got %+v\nwant %+v", i, got[i], points[i])
		}
	}
	return b
}

func TestLiteralsComeBack(t *testing.T) {
	for _, l := range []string{"0", "-0", "-0.0", "0.0", "1", "-1", "1.0", "1.00", "0.10", "100", "1e5", "1E+5", "123456789012345", "1234567890123456", "0.000000000000001",
		"0.00000000000000001", "-12.5", "99999999999999999999999999", "1.7976931348623157e308", `""`, `"1.5"`, `"a\"1.5"`, `"\\"`, "true", "false", "null", `[]`, `[1,2.50,-3]`,
		`{"a":1,"b":[1,2,3,4,5,6,7,8,9,10]}`, `{"type":"Point","coordinates":[4.1234567,51.0]}`, "", "\x00", "not json 1.5", "-", "1.", ".5", "01", "--1", "1.2.3"} {
		var want []byte
		if l != "" {
			want = []byte(l)
		}
		p := entity.Instance{Name: "n", Kind: entity.Property, Value: want}
		q := p
		q.Value = []byte("7.25")
		roundTrip(t, []entity.Instance{p})
		roundTrip(t, []entity.Instance{p, q, p})
		roundTrip(t, []entity.Instance{q, p, q})
	}
}

func full() []entity.Instance {
	sub := entity.Instance{Name: "s", Kind: entity.Property, Value: []byte("0.50"), Unit: "P1", CreatedAt: t0, ModifiedAt: t0,
		Subs: []entity.Instance{{Name: "deep", Dataset: "urn:d", Kind: entity.Relationship, Value: []byte(`"urn:x"`), ObservedAt: 5}}}
	p := entity.Instance{Name: "n", Dataset: "urn:e", Kind: entity.JSONProperty, Value: []byte(`{"x":1.0}`), Unit: "CEL", ObservedAt: t0 - 99, CreatedAt: t0 - 7, ModifiedAt: t0,
		ExpiresAt: t0 + 5, At: 77, Ordinal: 3, Origin: 9, Subs: []entity.Instance{sub}, More: []entity.Member{{Name: "valueType", Raw: []byte(`"T"`)}, {Name: "empty"}}}
	gone := entity.Instance{Name: "n", Dataset: "urn:e", Kind: entity.Null, CreatedAt: t0, ModifiedAt: t0 + 10, DeletedAt: t0 + 10, At: 78}
	before := p
	before.ExpiresAt, before.DeletedAt, before.ObservedAt = 1, math.MinInt64/4, -5
	before.At, before.Ordinal, before.Origin = math.MaxUint64, math.MaxUint32, math.MaxUint32
	return []entity.Instance{p, gone, before, p}
}

func TestWholeInstancesComeBack(t *testing.T) { roundTrip(t, full()) }

func TestIntegersComeBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func(i int) int64{
		"constant": func(int) int64 { return -5 }, "steps": func(i int) int64 { return int64(i) * 300e6 }, "random": func(int) int64 { return int64(r.Uint64()) },
		"extremes": func(i int) int64 { return []int64{math.MinInt64, math.MaxInt64, 0, 1}[i%4] }, "small": func(int) int64 { return r.Int64N(100) - 50 },
		"one far": func(i int) int64 { return map[bool]int64{true: math.MaxInt64}[i == 7] }, "least and next": func(i int) int64 { return math.MinInt64 + int64(i%2) },
	}
	for name, f := range shapes {
		for _, n := range []int{1, 2, 31, 32, 33, 240} {
			v := make([]int64, n)
			for i := range v {
				v[i] = f(i)
			}
			d := decoder{b: appendInts(nil, v)}
			got := make([]int64, n)
			d.ints(got)
			if d.bad || len(d.b) != 0 || !reflect.DeepEqual(got, v) {
				t.Errorf("%s, %d: bad %v, %d left\n got %v\nwant %v", name, n, d.bad, len(d.b), got, v)
			}
		}
	}
}

// noisy gives a day's half of one sensor: three decimals, times off by up to
// two seconds, stored within a second, among others' commits.
func noisy(n int) []entity.Instance {
	r := rand.New(rand.NewPCG(3, 4))
	out := make([]entity.Instance, n)
	x := 18.0
	for i := range out {
		x += r.NormFloat64() * 0.3
		obs := t0 + entity.Instant(i)*300e6 + entity.Instant(r.IntN(4001)-2000)*1000
		out[i] = entity.Instance{Name: "n", Kind: entity.Property, Value: fmt.Appendf(nil, "%.3f", x), Unit: "CEL", ObservedAt: obs,
			CreatedAt: t0, ModifiedAt: obs + 200e3 + entity.Instant(r.IntN(800))*1000, At: entity.Position(1000 + i*10000 + r.IntN(200)), Origin: 3}
	}
	return out
}

func TestSize(t *testing.T) {
	points := noisy(Target)
	b := roundTrip(t, points)
	whole := float64(len(b)) / Target
	bare := noisy(Target)
	for i := range bare {
		bare[i].ModifiedAt, bare[i].At = bare[i].ObservedAt, 1
	}
	values := float64(len(roundTrip(t, bare))) / Target
	t.Logf("%.2f bytes a point; %.2f without time and place of storage", whole, values)
	if values > 4 || whole > 7 {
		t.Errorf("%.2f bytes a point, %.2f without time and place of storage: more than 7 and 4", whole, values)
	}
	bus := noisy(Target)
	for i := range bus {
		bus[i].Value = fmt.Appendf(nil, `{"type":"Point","coordinates":[%.6f,%.6f]}`, 4.35+float64(i)*0.0003+0.00001*float64(i%7), 50.85+float64(i)*0.0001)
	}
	if n := len(roundTrip(t, bus)); n > 12*Target {
		t.Errorf("a moving point takes %d bytes for %d points", n, Target)
	}
}

func TestHeader(t *testing.T) {
	points := full()
	points[0].Value = []byte("3")
	points[3].Value = []byte("-1.5")
	points[2].ObservedAt = 0
	h, err := ParseHeader(Append(nil, points))
	want := Header{Count: 4, Observed: Range{t0 - 99, t0 - 99}, Modified: Range{t0, t0 + 10}, Deleted: 2, Numbers: Summary{2, -1.5, 3, 1.5, 11.25}}
	if err != nil || h != want {
		t.Errorf("header %+v, %v; want %+v", h, err, want)
	}
	if !h.Observed.Meets(0, 0) || h.Observed.Meets(t0, 0) || h.Observed.Meets(0, t0-99) || !h.Observed.Meets(t0-99, t0-98) || (Range{}).Meets(0, 0) {
		t.Error("Meets is wrong")
	}
}

func TestNewerVersionIsNamed(t *testing.T) {
	b := Append(nil, full())
	b[0] = 9
	if _, err := Decode(nil, b, "n", ""); err == nil || err == ErrCorrupt {
		t.Errorf("a chunk of version 9: %v", err)
	}
}

func TestMerge(t *testing.T) {
	p := noisy(4)
	got := Merge([]entity.Instance{p[0], p[2]}, []entity.Instance{p[3], p[1], p[2]})
	if !reflect.DeepEqual(got, p) {
		t.Errorf("merged %v", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, full()))
	f.Add(Append(nil, noisy(40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		points, err := Decode(nil, b, "n", "d")
		if err != nil {
			return
		}
		again := Append(nil, points)
		got, err := Decode(nil, again, "n", "d")
		if err != nil || !reflect.DeepEqual(got, points) {
			t.Fatalf("what was decoded does not come back: %v", err)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("1.50"), []byte(`{"a":[1,2.5]}`), int64(t0), int64(5), uint64(1), "CEL")
	f.Fuzz(func(t *testing.T, v, w []byte, obs, mod int64, at uint64, unit string) {
		a := entity.Instance{Name: "n", Kind: entity.Property, Value: v, ObservedAt: entity.Instant(obs), ModifiedAt: entity.Instant(mod), At: entity.Position(at), Unit: unit}
		b := entity.Instance{Name: "n", Kind: entity.Property, Value: w, ObservedAt: entity.Instant(mod), CreatedAt: entity.Instant(obs), Ordinal: uint32(at),
			More: []entity.Member{{Name: unit, Raw: bytes.Clone(v)}}}
		for _, p := range []*entity.Instance{&a, &b} {
			if len(p.Value) == 0 {
				p.Value = nil
			}
		}
		if len(v) == 0 {
			b.More[0].Raw = nil
		}
		roundTrip(t, []entity.Instance{a, b, a, b, b})
	})
}

func BenchmarkAppend(b *testing.B) {
	points := noisy(Target)
	var dst []byte
	for b.Loop() {
		dst = Append(dst[:0], points)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*Target), "ns/point")
}

func BenchmarkDecode(b *testing.B) {
	chunk := Append(nil, noisy(Target))
	var dst []entity.Instance
	for b.Loop() {
		dst, _ = Decode(dst[:0], chunk, "n", "")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*Target), "ns/point")
}
