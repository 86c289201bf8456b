package mvt

// stride bounds the run of positions that is simplified at once: the work
// grows with the square of it for lines made to be awkward.
const stride = 512

// simplify leaves out the positions of a line or closed ring that lie within
// the tolerance of what stays (Douglas and Peucker's method). The ends stay.
// It does not look at the tile's borders, so that neighbouring tiles agree.
// The result is in the argument's memory.
func (b *Builder) simplify(line []xy) []xy {
	tol := b.o.Tolerance
	if tol <= 0 || len(line) <= 2 {
		return line
	}
	// What is nearer than the grid's rounding to its predecessor goes at once.
	const near2 = 0.25 * 0.25
	k := 1
	for i := 1; i < len(line); i++ {
		if d := distance2(line[i], line[k-1]); d > near2 || i == len(line)-1 {
			line[k] = line[i]
			k++
		}
	}
	line = line[:k]
	if len(line) <= 2 || len(line) == 5 && line[0] == line[4] {
		return line // a house's four corners
	}
	if cap(b.work.keep) < len(line) {
		b.work.keep = make([]bool, len(line)+len(line)/2)
	}
	keep := b.work.keep[:len(line)]
	clear(keep)
	for from := 0; from < len(line)-1; from += stride {
		to := min(from+stride, len(line)-1)
		keep[from], keep[to] = true, true
		mark(line, keep, from, to, tol*tol)
	}
	k = 0
	for i, p := range line {
		if keep[i] {
			line[k] = p
			k++
		}
	}
	return line[:k]
}

// mark keeps the position between from and to that is farthest from the
// straight line between them if it is too far, and looks at both halves.
func mark(line []xy, keep []bool, from, to int, tol2 float64) {
	for to-from > 1 {
		at, worst := 0, tol2
		for i := from + 1; i < to; i++ {
			if d := segmentDistance2(line[i], line[from], line[to]); d > worst {
				at, worst = i, d
			}
		}
		if at == 0 {
			return
		}
		keep[at] = true
		mark(line, keep, from, at, tol2)
		from = at
	}
}

func distance2(p, q xy) float64 {
	dx, dy := p.x-q.x, p.y-q.y
	return dx*dx + dy*dy
}

func segmentDistance2(p, a, b xy) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	l2 := dx*dx + dy*dy
	if l2 == 0 {
		return distance2(p, a)
	}
	t := min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/l2, 0), 1)
	return distance2(p, xy{a.x + t*dx, a.y + t*dy})
}
