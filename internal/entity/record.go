package entity

// Record takes instances into an entity's history (CIM 009, 5.6.11): of each
// attribute instance (name and dataset) the one that was observed last becomes
// the current value, unless the current one is newer; the others are given
// back as points that belong in history only, in the order received.
//
// Errors: those of Create.
func Record(cur *Entity, f Fragment, now Instant) (next *Entity, points []Instance, err error) {
	type key struct {
		name    Name
		dataset string
	}
	newest := make(map[key]int, 8)
	for i := range f.Attrs {
		k := key{f.Attrs[i].Name, f.Attrs[i].Dataset}
		if j, ok := newest[k]; !ok || !f.Attrs[i].ObservedAt.Before(f.Attrs[j].ObservedAt) {
			newest[k] = i
		}
	}
	if cur != nil {
		for k, i := range newest {
			if old, ok := cur.Attr(k.name, k.dataset); ok && f.Attrs[i].LateFor(old) {
				delete(newest, k)
			}
		}
	}
	state := f
	state.Attrs = make([]Instance, 0, len(newest))
	points = make([]Instance, 0, len(f.Attrs)-len(newest))
	for i := range f.Attrs {
		k := key{f.Attrs[i].Name, f.Attrs[i].Dataset}
		if j, ok := newest[k]; ok && j == i {
			state.Attrs = append(state.Attrs, f.Attrs[i])
			continue
		}
		points = append(points, fresh(&f.Attrs[i], cur, now))
	}
	if cur == nil {
		next, err = Create(state, now)
		return next, points, err
	}
	if err := noNulls(f.Attrs); err != nil {
		return nil, nil, err
	}
	next, _, err = Append(cur, state, true, now)
	return next, points, err
}
