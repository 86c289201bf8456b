package timespan

// Interval is the time from From on until before To. A zero end is open: the
// zero Interval is all of time.
type Interval struct{ From, To Instant }

// Contains reports whether t lies in i. The zero Instant lies in none.
func (i Interval) Contains(t Instant) bool {
	return t != 0 && (i.From == 0 || t >= i.From) && (i.To == 0 || t < i.To)
}

// Empty reports whether no instant lies in i.
func (i Interval) Empty() bool { return i.From != 0 && i.To != 0 && i.From >= i.To }

// Intersect gives what lies in both.
func (i Interval) Intersect(j Interval) Interval {
	if i.From == 0 || j.From != 0 && j.From > i.From {
		i.From = j.From
	}
	if i.To == 0 || j.To != 0 && j.To < i.To {
		i.To = j.To
	}
	return i
}

// Length gives To less From, 0 if an end is open or i is empty.
func (i Interval) Length() Instant {
	if i.From == 0 || i.To == 0 || i.Empty() {
		return 0
	}
	return i.To - i.From
}
