package synth

// mix is the finaliser of splitmix64: a bijection on 64 bits that scatters
// neighbouring inputs.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// label turns a purpose such as "trees" into a number, so that each part of
// the generator draws from its own stream and a change in one part leaves the
// others as they were (FNV-1a).
func label(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// hash3 is the source of everything that must be evaluable at any instant: the
// same numbers give the same 64 bits, with no state in between.
func hash3(seed, a, b uint64) uint64 {
	return mix(mix(seed^mix(a)) ^ mix(b+0x632be59bd9b4e019))
}

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// bell maps a hash to a number near the normal distribution (mean 0, deviation
// 1, never beyond ±3.5). It adds four uniform parts, so it needs no logarithm
// and gives the same bits on every machine.
func bell(h uint64) float64 {
	sum := int64(h&0xffff) + int64(h>>16&0xffff) + int64(h>>32&0xffff) + int64(h>>48)
	return float64(sum-2*65535) / 37837.0 // 65536 × √(4/12)
}

// rng is a seeded sequence (splitmix64). The zero rng is valid and seeded 0.
type rng struct{ state uint64 }

// newRNG starts the stream of one purpose of one city.
func newRNG(seed uint64, purpose string) *rng {
	return &rng{mix(seed ^ label(purpose))}
}

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

// float is uniform in [0, 1).
func (r *rng) float() float64 { return unit(r.next()) }

// between is uniform in [lo, hi).
func (r *rng) between(lo, hi float64) float64 { return lo + float64((hi-lo)*r.float()) }

// around is uniform in [-d, d).
func (r *rng) around(d float64) float64 { return r.between(-d, d) }

// norm is near normal: mean 0, deviation 1.
func (r *rng) norm() float64 { return bell(r.next()) }

// intn is uniform in [0, n); n must be positive.
func (r *rng) intn(n int) int { return int((r.next() >> 1) % uint64(n)) }

// chance is true with probability p.
func (r *rng) chance(p float64) bool { return r.float() < p }

// pick takes one element; s must not be empty.
func pick[T any](r *rng, s []T) T { return s[r.intn(len(s))] }

// shuffle puts s in a random order (Fisher-Yates).
func shuffle[T any](r *rng, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := r.intn(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}

// wave is smooth noise on a line: mean 0, roughly within ±1, one independent
// knot per whole x, joined by a curve whose slope is 0 at the knots.
func wave(seed, id uint64, x float64) float64 {
	k := floorInt(x)
	f := x - float64(k)
	a := unit(hash3(seed, id, uint64(k)))
	b := unit(hash3(seed, id, uint64(k+1)))
	s := f * f * (3 - float64(2*f))
	return 2*(a+float64((b-a)*s)) - 1
}

func floorInt(x float64) int64 {
	k := int64(x)
	if float64(k) > x {
		k--
	}
	return k
}
