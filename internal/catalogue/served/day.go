package served

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/beffroi/beffroi/internal/entity"
)

// The version bytes of the two kinds of records, see docs/format/served.md.
const (
	dayVersion  = 1
	beatVersion = 1
)

const (
	second   = entity.Instant(1_000_000)
	minute   = 60 * second
	dayTime  = 24 * 60 * minute
	minutes  = 24 * 60 // of a day
	mapBytes = minutes / 8
)

// The classes of the histogram: class i holds times up to 100 µs times
// 2^(i/4), so that a bound is at most 19 % above what was measured. The last
// one holds all that is longer.
const (
	classes = 81 // up to 105 s
	finest  = 100.0
)

// classOf finds the class of a time in microseconds.
func classOf(us int64) int {
	if us <= finest {
		return 0
	}
	return min(int(math.Ceil(4*math.Log2(float64(us)/finest)-1e-9)), classes-1)
}

// boundOf gives the upper bound of a class, in microseconds.
func boundOf(class int) entity.Instant {
	return entity.Instant(math.Round(finest * math.Exp2(float64(class)/4)))
}

// day counts the requests for one dataset in a day.
type day struct {
	requests uint64 // answered, by whatever status
	failed   uint64 // of them, with 500 and above
	times    [classes]uint64
}

func (d *day) add(o *day) {
	d.requests += o.requests
	d.failed += o.failed
	for i, n := range o.times {
		d.times[i] += n
	}
}

// within gives the bound of the class below which a share of the requests
// stayed; 0 if there were none.
func (d *day) within(share float64) entity.Instant {
	all := uint64(0)
	for _, n := range d.times {
		all += n
	}
	want := uint64(math.Ceil(share * float64(all)))
	sum := uint64(0)
	for i, n := range d.times {
		if sum += n; n > 0 && sum >= want {
			return boundOf(i)
		}
	}
	return 0
}

// encode writes a day: version, requests, failed, then pairs of class and
// number for the classes that have some.
func (d *day) encode() []byte {
	b := []byte{dayVersion}
	b = binary.AppendUvarint(b, d.requests)
	b = binary.AppendUvarint(b, d.failed)
	for i, n := range d.times {
		if n > 0 {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(i)), n)
		}
	}
	return b
}

// decodeDay reads what encode wrote.
func decodeDay(b []byte) (*day, error) {
	if len(b) == 0 || b[0] != dayVersion {
		return nil, fmt.Errorf("a day of requests is kept in a form that this program does not know")
	}
	b = b[1:]
	next := func() (uint64, error) {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return 0, fmt.Errorf("a day of requests breaks off")
		}
		b = b[size:]
		return n, nil
	}
	d := &day{}
	var err error
	if d.requests, err = next(); err != nil {
		return nil, err
	}
	if d.failed, err = next(); err != nil {
		return nil, err
	}
	for len(b) > 0 {
		class, err := next()
		if err != nil {
			return nil, err
		}
		n, err := next()
		if err != nil {
			return nil, err
		}
		if class >= classes {
			return nil, fmt.Errorf("a day of requests has the class %d, and there are %d", class, classes)
		}
		d.times[class] += n
	}
	return d, nil
}

// beats has a bit for each minute of a day (UTC) in which a process was up.
type beats [mapBytes]byte

func (m *beats) set(i int)      { m[i/8] |= 1 << (i % 8) }
func (m *beats) has(i int) bool { return m[i/8]&(1<<(i%8)) != 0 }

func (m *beats) or(o *beats) {
	for i, b := range o {
		m[i] |= b
	}
}

// first gives the first minute that is set, -1 if none is.
func (m *beats) first() int {
	for i, b := range m {
		if b != 0 {
			return 8*i + bits.TrailingZeros8(b)
		}
	}
	return -1
}

func (m *beats) encode() []byte { return append([]byte{beatVersion}, m[:]...) }

func decodeBeats(b []byte) (*beats, error) {
	if len(b) != 1+mapBytes || b[0] != beatVersion {
		return nil, fmt.Errorf("a day of heartbeats is kept in a form that this program does not know")
	}
	m := &beats{}
	copy(m[:], b[1:])
	return m, nil
}
