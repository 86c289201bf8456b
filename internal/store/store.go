// Package store is the contract between the platform and the drivers that
// keep a city: state, history, change log and bookkeeping. storetest checks
// every driver against it; memstore is the oracle.
//
// What always holds: entities are hashed into partitions; a partition is one
// serial order of atomic commits. Nothing is shown, neither to readers nor in
// the log, before it is durable. A commit puts state, history and log record
// down in one step.
package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"iter"

	"github.com/beffroi/beffroi/internal/change"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
)

// Space names one body of state: a tenant ("" is the default) and a layer of
// it ("" is main; branches and snapshots are others).
type Space struct {
	Tenant string
	Layer  string
}

// LayerGone is the layer that records of a dropped layer name. It has nothing
// in it, and no layer is called so.
const LayerGone = "-"

// NoLayer says that a layer is not there.
func NoLayer(s Space) error {
	return problem.New(problem.ResourceNotFound, "there is no layer %q", s.Layer)
}

// Moment says as of when a question is asked. The zero Moment is now.
type Moment struct {
	// Valid, if not zero, asks for what we know today about the city at that
	// time: each attribute's newest value observed (or, for want of an
	// observation time, stored) at or before it.
	Valid entity.Instant
}

// Stored is the state of one entity as the store holds it.
type Stored struct {
	*entity.Entity
}

// Mutation is one operation on one entity.
type Mutation struct {
	ID entity.ID
	// Apply gives the operation's effect on the current state: nil if the
	// entity is absent, was deleted or has expired at now. It is pure: it may
	// be called twice and must not keep or change cur. now is the commit's
	// time. An error leaves the entity alone and becomes Result.Err.
	Apply func(cur *entity.Entity, now entity.Instant) (change.Effect, error)
	// Origin is who or what brought this; see OriginOf.
	Origin entity.OriginID
	// SkipKnownPoints drops from Effect.Points those that history already has
	// with the same attribute, dataset, observation time, origin and content:
	// redelivered late readings.
	SkipKnownPoints bool
}

// Result is what became of one Mutation.
type Result struct {
	Err    error // from Apply, or nil
	Number entity.Number
	At     entity.Position // place of the record; zero if nothing changed
	Kind   change.Kind
	Report any // Effect.Report
	After  *entity.Entity
}

// CommitOptions are the settings of one Commit.
type CommitOptions struct {
	// CreateTenant makes the tenant if it is not there (CIM 009, 5.5.10), and
	// likewise a layer other than main.
	CreateTenant bool
}

// Writer changes the state of a city. Only the broker calls it.
type Writer interface {
	// Commit applies muts in their order and returns when what it did is
	// durable and visible. Operations on entities of one partition are atomic
	// together; each mutation whose Apply fails is left out and reported in
	// its Result, the others stand. Results are in the order of muts. The
	// cursor covers all that was committed.
	//
	// Errors: problem.NonexistentTenant; problem.ResourceNotFound for a layer
	// other than main that was never made; problem.OutOfSpace when the disk is
	// too full; problem.Unavailable when the store is closing or failed. Then
	// nothing was applied, or (Unavailable only) it is not known.
	Commit(ctx context.Context, s Space, muts []Mutation, o CommitOptions) ([]Result, Cursor, error)

	// OriginOf gives the number of an origin, making one at the first call.
	OriginOf(ctx context.Context, o Origin) (entity.OriginID, error)
}

// Origin is who or what brought a value.
type Origin struct {
	Account string // of whoever wrote through an API; "" for a source
	Source  string // the connector's source id; "" for an API
	Mapping string // digest of the mapping that made it, "" if none
}

// Reader answers questions about one space at one moment. Each entity is seen
// at one position, never older than the call's start; there is no snapshot
// across entities.
type Reader interface {
	// Entity returns the state of id at m.
	// Errors: problem.ResourceNotFound, problem.NonexistentTenant.
	Entity(ctx context.Context, s Space, m Moment, id entity.ID) (Stored, error)

	// Select yields, in entity-number order, every entity that q matches, and
	// may yield others: a driver filters with the indexes it has, the caller
	// re-checks with q.Match. An extra entity costs time; a missing one is a
	// bug. With after set it begins behind that number. The sequence ends
	// after its first error.
	Select(ctx context.Context, s Space, m Moment, q *query.Query, after entity.Number) iter.Seq2[Stored, error]

	// TypesOf counts the entities of each type in a space, expired included.
	TypesOf(ctx context.Context, s Space) (map[entity.Name]int, error)

	// OriginByID gives back what OriginOf was given; the zero Origin if the
	// number is unknown.
	OriginByID(id entity.OriginID) Origin
}

// Clock tells which of an instance's times a window is about.
type Clock uint8

// The time properties (CIM 009, 4.11).
const (
	ObservedAt Clock = iota
	CreatedAt
	ModifiedAt
	DeletedAt
)

// Window selects instances of history.
type Window struct {
	Clock Clock
	// From is inclusive and To exclusive; zero leaves that end open.
	From, To entity.Instant
	// Names are the attributes asked for; nil is all.
	Names []entity.Name
	// Last, if positive, keeps only that many instances per attribute
	// instance (name and dataset), the newest on Clock.
	Last int
	// Limit, if positive, bounds the instances per attribute instance that
	// are read, from the oldest on (with Last: it bounds Last).
	Limit int
}

// Series is the history of one attribute instance: same name, same dataset.
type Series struct {
	Name    entity.Name
	Dataset string
	// Points are in ascending order of the window's clock, then of position.
	// Instances without that time do not occur.
	Points []entity.Instance
	// More is set when Limit cut points off.
	More bool
}

// Historian reads history.
type Historian interface {
	// History gives the series of id that have points in w, in the order of
	// name and dataset, and the state's head (types, scopes, times, DeletedAt
	// if it was deleted). It works for deleted entities too.
	// Errors: problem.ResourceNotFound if id was never there, or if its whole
	// history was taken away and it was not made again since.
	History(ctx context.Context, s Space, id entity.ID, w Window) (head *entity.Entity, ss []Series, err error)

	// HistorySelect yields in entity-number order the heads of entities that
	// were ever there and whose id and types q can match; like Select it may
	// yield others.
	HistorySelect(ctx context.Context, s Space, q *query.Query, after entity.Number) iter.Seq2[*entity.Entity, error]
}

// Cursor marks how far a reader of the log has come: an epoch and one position
// per partition. It is opaque: it can be compared, kept as text, and nothing
// else. The zero Cursor is before everything.
type Cursor struct {
	Epoch uint64
	Pos   []entity.Position // by partition; shorter means zeros
}

// String gives the cursor as text, safe in URLs and as an event id.
func (c Cursor) String() string {
	b := binary.AppendUvarint(nil, c.Epoch)
	for _, p := range c.Pos {
		b = binary.AppendUvarint(b, uint64(p))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads what String gave.
// Errors: problem.BadRequestData.
func ParseCursor(s string) (Cursor, error) {
	bad := problem.New(problem.BadRequestData, "%.40q is not a cursor that this server gave", s)
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(s) > 1000 {
		return Cursor{}, bad
	}
	var c Cursor
	for i := 0; len(b) > 0; i++ {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return Cursor{}, bad
		}
		b = b[n:]
		if i == 0 {
			c.Epoch = v
		} else {
			c.Pos = append(c.Pos, entity.Position(v))
		}
	}
	return c, nil
}

// At gives the position in partition p.
func (c Cursor) At(p int) entity.Position {
	if p < len(c.Pos) {
		return c.Pos[p]
	}
	return 0
}

// Covers reports whether all that o has seen, c has seen too. Cursors of
// different epochs never cover one another.
func (c Cursor) Covers(o Cursor) bool {
	if c.Epoch != o.Epoch {
		return len(o.Pos) == 0
	}
	for p := range o.Pos {
		if c.At(p) < o.Pos[p] {
			return false
		}
	}
	return true
}

// With gives c moved to at in partition p.
func (c Cursor) With(p int, at entity.Position) Cursor {
	out := Cursor{Epoch: c.Epoch, Pos: make([]entity.Position, max(len(c.Pos), p+1))}
	copy(out.Pos, c.Pos)
	out.Pos[p] = at
	return out
}

// Merge gives the later of c and o in each partition.
func (c Cursor) Merge(o Cursor) Cursor {
	out := Cursor{Epoch: max(c.Epoch, o.Epoch), Pos: make([]entity.Position, max(len(c.Pos), len(o.Pos)))}
	for p := range out.Pos {
		out.Pos[p] = max(c.At(p), o.At(p))
	}
	return out
}

// Log is the change log.
type Log interface {
	// Head covers everything that is durable now.
	Head(ctx context.Context) (Cursor, error)

	// Read gives up to max records behind from, each partition's in order,
	// and the cursor behind the last of them. No records means that there are
	// none yet. Errors: problem.CursorLost if from is older than the log or
	// of another epoch.
	Read(ctx context.Context, from Cursor, max int) ([]change.Record, Cursor, error)

	// Wait returns when there is something behind from, or with ctx's error.
	Wait(ctx context.Context, from Cursor) error
}

// Key names one bookkeeping record. Names sort bytewise within a kind.
type Key struct {
	Kind string // registered by its owner, such as "account"
	Name string
}

// Record is one bookkeeping record.
type Record struct {
	Key     Key
	Value   []byte // opaque to the store; begins with the owner's version byte
	Version uint64 // changes with every write; zero is "not there"
}

// RecordWrite is one change in a call of Records.Write.
type RecordWrite struct {
	Key    Key
	Value  []byte // nil deletes
	Expect uint64 // the version that must be there; with Any set it is not looked at
	Any    bool
}

// Records keeps the bookkeeping of all who need some: accounts, subscriptions,
// cursors, outboxes, contexts. It is durable like everything else, and not
// part of the change log.
type Records interface {
	// Get errors with problem.ResourceNotFound.
	Get(ctx context.Context, k Key) (Record, error)
	// Scan yields the records of kind whose names begin with prefix and are
	// greater than after, in order of name.
	Scan(ctx context.Context, kind, prefix, after string) iter.Seq2[Record, error]
	// Write does all of ws, durably, or nothing.
	// Errors: problem.Conflict if an expected version is not there.
	Write(ctx context.Context, ws []RecordWrite) error
}

// Driver is the whole contract.
type Driver interface {
	Writer
	Reader
	Historian
	Log
	Records

	// Expired lists up to max entities that have expired by now, or have
	// attributes that have, in all spaces, those that expired first first.
	// SweepMutation removes what has.
	Expired(ctx context.Context, now entity.Instant, max int) ([]Expired, error)

	// DropLayer removes a layer other than main with all that it holds: state,
	// indexes, history, and what the log says of it. Its records stay where
	// they are, as ones of kind change.Recorded on nothing in LayerGone. since
	// is a cursor from before the layer was made; the zero Cursor will do and
	// takes longer. Nobody may use the layer meanwhile. It may be called again
	// after an error or a crash; a layer that is not there is no error.
	// Errors: problem.OperationNotSupported for main.
	DropLayer(ctx context.Context, s Space, since Cursor) error

	// Erase removes an entity as if it had never been: state, indexes, history,
	// and what the log says of it. Its records stay where they are, as ones of
	// kind change.Recorded on nothing in LayerGone. Nobody is told by the log:
	// whoever erases what others follow deletes it first. When it returns,
	// nothing of the entity's values is in what the driver keeps. The names of
	// its attributes and types, datasetIds, unit codes and origins are shared
	// with others and stay; its id and scopes, by which it was found, may stand
	// in a driver's own lists for a while. It may be called again after an error or
	// a crash, and a crash in between is made good when the driver is opened;
	// an entity that is not there is no error. An entity of the same id that is
	// made afterwards is another one.
	Erase(ctx context.Context, s Space, id entity.ID) error

	// Tenants lists the tenants, the default one first.
	Tenants(ctx context.Context) ([]string, error)
	// Stats tells sizes and counters for people and metrics.
	Stats(ctx context.Context) (Stats, error)
	// Close ends the driver. Calls under way finish or get problem.Unavailable.
	Close() error
}

// Stats is what a driver tells about itself.
type Stats struct {
	Entities    int64
	DiskBytes   int64 // state, history and log on disk
	FreeBytes   int64 // left on the file system; -1 if unknown
	LogRecords  int64
	TailPoints  int64 // history points not yet in a chunk
	TailBytes   int64
	Commits     int64
	CommitGroup float64 // operations per durable commit, mean since start
	ReadOnly    string  // why writes are refused; "" if they are not
}
