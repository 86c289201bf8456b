package memstore

import (
	"context"
	"slices"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Commit applies muts partition by partition; see store.Writer.
func (s *Store) Commit(ctx context.Context, sp store.Space, muts []store.Mutation, o store.CommitOptions) ([]store.Result, store.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, store.Cursor{}, err
	}
	s.commits.Lock()
	defer s.commits.Unlock()
	if err := s.begin(sp, o); err != nil {
		return nil, store.Cursor{}, err
	}
	res := make([]store.Result, len(muts))
	for p := range s.parts {
		if p > 0 && s.o.Between != nil {
			s.o.Between()
		}
		s.mu.Lock()
		s.commitPart(sp, p, muts, res)
		s.mu.Unlock()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return res, s.headCursor(), nil
}

func (s *Store) begin(sp store.Space, o store.CommitOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	if !slices.Contains(s.tenants, sp.Tenant) {
		if !o.CreateTenant {
			return problem.New(problem.NonexistentTenant, "there is no tenant %q; it is made with its first entity", sp.Tenant)
		}
		s.tenants = append(s.tenants, sp.Tenant)
	}
	if s.spaces[sp] == nil {
		if sp.Layer != "" && !o.CreateTenant {
			return store.NoLayer(sp)
		}
		s.spaces[sp] = &space{byID: map[entity.ID]*kept{}}
	}
	s.now = max(s.now, s.present())
	s.done++
	return nil
}

// commitPart applies those of muts that fall into partition p.
func (s *Store) commitPart(name store.Space, p int, muts []store.Mutation, res []store.Result) {
	part, sp := &s.parts[p], s.spaces[name]
	first := part.head() + 1
	for i := range muts {
		if s.partOf(muts[i].ID) == p {
			s.ops++
			s.apply(name, sp, p, first, &muts[i], &res[i])
		}
	}
	if cut := len(part.log) - s.o.KeepLog; s.o.KeepLog > 0 && cut > 0 {
		part.log, part.trimmed = slices.Clone(part.log[cut:]), part.trimmed+entity.Position(cut)
	}
	if part.head() >= first {
		close(s.moved)
		s.moved = make(chan struct{})
	}
}

func (s *Store) apply(name store.Space, sp *space, p int, first entity.Position, m *store.Mutation, res *store.Result) {
	k := sp.get(m.ID)
	var raw *entity.Entity
	if k != nil {
		raw = k.state
	}
	known := func(x *entity.Instance) (bool, error) {
		return k != nil && slices.ContainsFunc(k.history, func(y entity.Instance) bool { return store.SamePoint(&y, x) }), nil
	}
	d, err := store.Decide(m, raw, s.now, known)
	if err == nil && s.o.TwiceApply {
		d, err = store.Decide(m, raw, s.now, known)
	}
	if err != nil {
		res.Err = err
		return
	}
	res.Report = d.Effect.Report
	if k != nil {
		res.Number = k.head.Number
	}
	if !d.Changes() {
		res.After = d.Before
		return
	}
	if k == nil && d.Effect.After == nil && len(d.Effect.Points) == 0 {
		return // nothing to edit
	}
	if k == nil {
		k = &kept{head: &entity.Entity{Number: entity.Number(len(sp.all) + 1)}}
		sp.byID[m.ID] = k
		sp.all = append(sp.all, k)
	}
	part := &s.parts[p]
	r, _ := d.Seal(m, name, uint16(p), k.head.Number, part.head()+1, first, s.now)
	part.log = append(part.log, r)
	k.take(&r, s.now)
	res.Number, res.At, res.Kind, res.After = r.Number, r.At, r.Kind, r.After
}

// take brings k to what r says.
func (k *kept) take(r *change.Record, now entity.Instant) {
	for _, d := range r.Deltas {
		if d.After != nil {
			k.history = append(k.history, *d.After)
		}
	}
	k.history = append(append(k.history, r.Points...), change.Tombstones(r)...)
	if len(r.Edits) > 0 { // on a copy: readers may hold the other
		k.history = change.Amend(slices.Clone(k.history), r.Edits, r.At)
	}
	k.forgotten = r.After == nil && (k.forgotten || slices.ContainsFunc(r.Edits, func(e change.Edit) bool { return e.Whole() }))
	switch {
	case r.After != nil:
		k.head, k.state, k.deleted = change.Head(r.After), r.After, 0
	case r.Kind == change.Deleted:
		k.state, k.deleted = nil, now
	}
}

// Erase removes an entity as if it had never been; see store.Driver.
func (s *Store) Erase(ctx context.Context, sp store.Space, id entity.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.commits.Lock()
	defer s.commits.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	k := s.spaces[sp].get(id)
	if k == nil {
		return nil
	}
	n := k.head.Number
	delete(s.spaces[sp].byID, id)
	s.spaces[sp].all[n-1] = &kept{head: &entity.Entity{Number: n}, forgotten: true} // numbers are places
	s.empty(func(r *change.Record) bool { return r.Tenant == sp.Tenant && r.Layer == sp.Layer && r.Number == n })
	return nil
}

// empty takes out of the log the records that gone holds for. The caller holds
// mu.
func (s *Store) empty(gone func(*change.Record) bool) {
	for p := range s.parts {
		log := slices.Clone(s.parts[p].log) // readers may hold the other
		for i, r := range log {
			if gone(&r) {
				log[i] = change.Record{Part: r.Part, At: r.At, Commit: r.Commit, Time: r.Time, Tenant: r.Tenant, Layer: store.LayerGone, Kind: change.Recorded}
			}
		}
		s.parts[p].log = log
	}
}

// DropLayer removes a layer; see store.Driver.
func (s *Store) DropLayer(ctx context.Context, sp store.Space, _ store.Cursor) error {
	if sp.Layer == "" {
		return problem.New(problem.OperationNotSupported, "the main layer of a tenant cannot be dropped")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.commits.Lock()
	defer s.commits.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return err
	}
	delete(s.spaces, sp)
	s.empty(func(r *change.Record) bool { return r.Tenant == sp.Tenant && r.Layer == sp.Layer })
	return nil
}
