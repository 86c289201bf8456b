package broker

import (
	"context"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// Create makes an entity (CIM 009, 5.6.1), and the tenant with it.
//
// Errors: problem.AlreadyExists; problem.BadRequestData.
func (b *Broker) Create(ctx context.Context, c Call, f entity.Fragment) error {
	_, err := b.one(ctx, c, store.CommitOptions{CreateTenant: true}, f.ID, createOp(f))
	return err
}

func createOp(f entity.Fragment) operation {
	return func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
		if cur != nil {
			return change.Effect{}, problem.New(problem.AlreadyExists, "the entity %s exists already; PATCH or PUT changes it", f.ID)
		}
		e, err := entity.Create(f, now)
		return change.Effect{After: e}, err
	}
}

// Append adds attributes (CIM 009, 5.6.3).
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) Append(ctx context.Context, c Call, f entity.Fragment, overwrite bool) (entity.Report, error) {
	return b.reported(ctx, c, f.ID, appendOp(f, overwrite))
}

func appendOp(f entity.Fragment, overwrite bool) operation {
	return existing(f.ID, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, any, error) {
		e, rep, err := entity.Append(cur, f, overwrite, now)
		return e, rep, err
	})
}

// Update replaces attributes as a whole, appends missing ones and deletes
// those marked Null (CIM 009, 5.6.2).
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) Update(ctx context.Context, c Call, f entity.Fragment) (entity.Report, error) {
	return b.reported(ctx, c, f.ID, existing(f.ID, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, any, error) {
		e, rep, err := entity.Update(cur, f, now)
		return e, rep, err
	}))
}

func (b *Broker) reported(ctx context.Context, c Call, id entity.ID, op operation) (entity.Report, error) {
	res, err := b.one(ctx, c, store.CommitOptions{}, id, op)
	if err != nil {
		return entity.Report{}, err
	}
	rep, _ := res.Report.(entity.Report)
	return rep, nil
}

// Partial changes one attribute instance (CIM 009, 5.6.4).
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) Partial(ctx context.Context, c Call, id entity.ID, p entity.Patch) error {
	return b.plain(ctx, c, id, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		return entity.Partial(cur, &p, now)
	})
}

// Merge merges a fragment into an entity (CIM 009, 5.6.17).
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) Merge(ctx context.Context, c Call, f entity.Fragment, o entity.MergeOptions) error {
	_, err := b.one(ctx, c, store.CommitOptions{}, f.ID, mergeOp(f, o))
	return err
}

func mergeOp(f entity.Fragment, o entity.MergeOptions) operation {
	return existing(f.ID, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, any, error) {
		e, err := entity.Merge(cur, f, o, now)
		return e, nil, err
	})
}

// Replace puts what f describes in place of an entity (CIM 009, 5.6.18).
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) Replace(ctx context.Context, c Call, f entity.Fragment) error {
	return b.plain(ctx, c, f.ID, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		return entity.Replace(cur, f, now)
	})
}

// ReplaceAttr replaces one attribute instance (CIM 009, 5.6.19).
//
// Errors: problem.ResourceNotFound; problem.BadRequestData.
func (b *Broker) ReplaceAttr(ctx context.Context, c Call, id entity.ID, in entity.Instance) error {
	return b.plain(ctx, c, id, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		return entity.ReplaceAttr(cur, &in, now)
	})
}

// DeleteAttr removes an attribute: the instance with the given dataset, or
// all of them (CIM 009, 5.6.5).
//
// Errors: problem.ResourceNotFound.
func (b *Broker) DeleteAttr(ctx context.Context, c Call, id entity.ID, name entity.Name, dataset string, all bool) error {
	return b.plain(ctx, c, id, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		return entity.DeleteAttr(cur, name, dataset, all, now)
	})
}

// DeleteScope removes an entity's scopes (CIM 009, 5.6.5 for the attribute
// name "scope").
//
// Errors: problem.ResourceNotFound if the entity or its scope is not there.
func (b *Broker) DeleteScope(ctx context.Context, c Call, id entity.ID) error {
	return b.plain(ctx, c, id, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, error) {
		if len(cur.Scopes) == 0 {
			return nil, problem.New(problem.ResourceNotFound, "entity %s has no scope", id)
		}
		e := *cur
		e.Scopes, e.ModifiedAt = nil, now
		return &e, nil
	})
}

func (b *Broker) plain(ctx context.Context, c Call, id entity.ID, op func(*entity.Entity, entity.Instant) (*entity.Entity, error)) error {
	_, err := b.one(ctx, c, store.CommitOptions{}, id, existing(id, func(cur *entity.Entity, now entity.Instant) (*entity.Entity, any, error) {
		e, err := op(cur, now)
		return e, nil, err
	}))
	return err
}

// Delete removes an entity; its history stays (CIM 009, 5.6.6).
//
// Errors: problem.ResourceNotFound.
func (b *Broker) Delete(ctx context.Context, c Call, id entity.ID) error {
	_, err := b.one(ctx, c, store.CommitOptions{}, id, deleteOp(id))
	return err
}

func deleteOp(id entity.ID) operation {
	return existing(id, func(*entity.Entity, entity.Instant) (*entity.Entity, any, error) { return nil, nil, nil })
}

// Outcome is what became of one entity of a batch.
type Outcome struct {
	ID      entity.ID
	Err     error
	Created bool
	Report  entity.Report
}

// UpsertMode says what an upsert does to an entity that is there
// (CIM 009, 5.6.8).
type UpsertMode uint8

// The modes of an upsert.
const (
	UpsertReplace UpsertMode = iota // replaced as a whole: the default
	UpsertUpdate                    // attributes are added, existing ones overwritten
)

// CreateMany creates each entity (CIM 009, 5.6.7), and the tenant with them.
func (b *Broker) CreateMany(ctx context.Context, c Call, fs []entity.Fragment) ([]Outcome, error) {
	return b.many(ctx, c, store.CommitOptions{CreateTenant: true}, fs, createOp)
}

// UpsertMany creates or changes each entity (CIM 009, 5.6.8).
func (b *Broker) UpsertMany(ctx context.Context, c Call, fs []entity.Fragment, m UpsertMode) ([]Outcome, error) {
	return b.many(ctx, c, store.CommitOptions{}, fs, func(f entity.Fragment) operation {
		return func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			var e *entity.Entity
			var err error
			switch {
			case cur == nil:
				e, err = entity.Create(f, now)
			case m == UpsertReplace:
				e, err = entity.Replace(cur, f, now)
			default:
				e, _, err = entity.Update(cur, f, now) // CIM 009, 5.6.8.4
			}
			return change.Effect{After: e}, err
		}
	})
}

// UpdateMany appends to each entity (CIM 009, 5.6.9).
func (b *Broker) UpdateMany(ctx context.Context, c Call, fs []entity.Fragment, overwrite bool) ([]Outcome, error) {
	return b.many(ctx, c, store.CommitOptions{}, fs, func(f entity.Fragment) operation { return appendOp(f, overwrite) })
}

// MergeMany merges into each entity (CIM 009, 5.6.20).
func (b *Broker) MergeMany(ctx context.Context, c Call, fs []entity.Fragment, o entity.MergeOptions) ([]Outcome, error) {
	return b.many(ctx, c, store.CommitOptions{}, fs, func(f entity.Fragment) operation { return mergeOp(f, o) })
}

// DeleteMany deletes each entity (CIM 009, 5.6.10).
func (b *Broker) DeleteMany(ctx context.Context, c Call, ids []entity.ID) ([]Outcome, error) {
	fs := make([]entity.Fragment, len(ids))
	for i, id := range ids {
		fs[i].ID = id
	}
	return b.many(ctx, c, store.CommitOptions{}, fs, func(f entity.Fragment) operation { return deleteOp(f.ID) })
}

func (b *Broker) many(ctx context.Context, c Call, o store.CommitOptions, fs []entity.Fragment, op func(entity.Fragment) operation) ([]Outcome, error) {
	items := make([]Item, len(fs))
	for i := range fs {
		items[i] = Item{ID: fs[i].ID, Op: op(fs[i])}
	}
	return b.outcomes(ctx, c, o, items)
}

// outcomes commits items and says what became of each.
func (b *Broker) outcomes(ctx context.Context, c Call, o store.CommitOptions, items []Item) ([]Outcome, error) {
	res, err := b.run(ctx, c, o, items)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(res))
	for i := range res {
		out[i] = Outcome{ID: items[i].ID, Err: res[i].Err, Created: res[i].Err == nil && res[i].Kind == change.Created}
		if rep, ok := res[i].Report.(entity.Report); ok {
			out[i].Report = rep
		}
	}
	return out, nil
}

// Ingest takes in what a connector read. It returns when all of it is
// durable: only then may the source be told that it arrived. Late readings go
// to history only; a reading that is there already changes nothing.
//
// Outcomes are in the order of fs; an error there concerns that one alone.
func (b *Broker) Ingest(ctx context.Context, c Call, fs []entity.Fragment) ([]Outcome, error) {
	return b.many(ctx, c, store.CommitOptions{CreateTenant: true}, fs, func(f entity.Fragment) operation {
		return func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			if _, err := entity.ParseID(string(f.ID)); err != nil {
				return change.Effect{}, err
			}
			e, late, err := entity.Absorb(cur, f, now)
			return change.Effect{After: e, Points: late}, err
		}
	})
}

// AddHistory creates or extends the history of entities (CIM 009, 5.6.11 and
// 5.6.12). A fragment may hold many instances of one attribute; the newest by
// observation time becomes the current value unless that is newer still. One
// that was observed when history has one of its dataset takes the place of
// that. With mustExist an entity that is not there is
// problem.ResourceNotFound.
func (b *Broker) AddHistory(ctx context.Context, c Call, fs []entity.Fragment, mustExist bool) ([]Outcome, error) {
	items := make([]Item, len(fs))
	for i := range fs {
		all := lastOfEach(fs[i])
		f, cs, err := b.corrections(ctx, c.Space, all)
		if err != nil {
			return nil, err
		}
		items[i] = Item{ID: all.ID, Op: func(cur *entity.Entity, now entity.Instant) (change.Effect, error) {
			if cur == nil && mustExist {
				return change.Effect{}, notFound(all.ID)
			}
			if cur == nil {
				return recorded(nil, all, nil, now) // a new life
			}
			eff, err := recorded(cur, f, cs, now)
			if err == nil && len(cs) > 0 {
				err = b.mayAmend(c, cur, cur, &eff)
			}
			return eff, err
		}}
	}
	return b.outcomes(ctx, c, store.CommitOptions{CreateTenant: !mustExist}, items)
}

// recorded gives what f, new to history, and corrections make of cur.
func recorded(cur *entity.Entity, f entity.Fragment, cs []correction, now entity.Instant) (change.Effect, error) {
	e, points, err := entity.Record(cur, f, now)
	if err != nil {
		return change.Effect{}, err
	}
	eff := change.Effect{After: e, Points: append(points, entity.RecordScope(cur, e, f, now)...)}
	for i := range cs {
		cs[i].apply(&eff, now)
	}
	return eff, nil
}

// MakeTenant makes the tenant of c if it is not there: the first subscription
// makes it as the first entity does (CIM 009, 5.5.10).
func (b *Broker) MakeTenant(ctx context.Context, c Call) error {
	if c.Space.Tenant == "" {
		return nil
	}
	_, _, err := b.st.Commit(ctx, store.Space{Tenant: c.Space.Tenant}, nil, store.CommitOptions{CreateTenant: true})
	return err
}
