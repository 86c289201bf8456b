package entity

// Record takes instances into an entity's history (CIM 009, 5.6.11): of each
// attribute instance (name and dataset) the one that was observed last becomes
// the current value, unless the current one is newer or it was deleted later;
// the others are given back as points that belong in history only, in the
// order received. What says that an attribute was deleted is history too: it
// takes nothing from the current state, which has operations for that.
//
// Errors: those of Create.
func Record(cur *Entity, f Fragment, now Instant) (next *Entity, points []Instance, err error) {
	type key struct {
		name    Name
		dataset string
	}
	newest := make(map[key]int, 8)
	for i := range f.Attrs {
		if f.Attrs[i].Kind == Null {
			continue
		}
		k := key{f.Attrs[i].Name, f.Attrs[i].Dataset}
		if j, ok := newest[k]; !ok || !f.Attrs[i].ObservedAt.Before(f.Attrs[j].ObservedAt) {
			newest[k] = i
		}
	}
	for i := range f.Attrs {
		if f.Attrs[i].Kind != Null {
			continue
		}
		k := key{f.Attrs[i].Name, f.Attrs[i].Dataset}
		if j, ok := newest[k]; ok && (f.Attrs[i].DeletedAt == 0 || !f.Attrs[j].ObservedAt.After(f.Attrs[i].DeletedAt)) {
			delete(newest, k)
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
		p := fresh(&f.Attrs[i], cur, now)
		if p.Kind == Null {
			if p.DeletedAt = f.Attrs[i].DeletedAt; p.DeletedAt == 0 {
				p.DeletedAt = now
			}
		}
		points = append(points, p)
	}
	if cur == nil {
		next, err = Create(state, now)
		return next, points, err
	}
	next, _, err = Append(cur, state, true, now)
	return next, points, err
}

// RecordScope gives what history is told of scopes when f was recorded, which
// made after of before: the instances that f has, or that of a mere scope,
// of which nobody said since when it holds.
func RecordScope(before, after *Entity, f Fragment, now Instant) []Instance {
	if len(f.ScopeHistory) == 0 {
		if p, ok := ScopeChange(before, after, now); ok {
			p.ObservedAt = 0
			return []Instance{p}
		}
		return nil
	}
	out := make([]Instance, len(f.ScopeHistory))
	for i, p := range f.ScopeHistory {
		p.CreatedAt, p.ModifiedAt = now, now
		if p.Kind == Null && p.DeletedAt == 0 {
			p.DeletedAt = now
		}
		out[i] = p
	}
	return out
}
