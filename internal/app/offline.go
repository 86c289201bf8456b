package app

import (
	"context"
	"io"
	"time"

	"github.com/beffroi/beffroi/internal/archive"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/harvest"
	"github.com/beffroi/beffroi/internal/store/embedded"
	"github.com/beffroi/beffroi/internal/watch"
)

// ArchiveKinds are the kinds of records that belong to an export.
func ArchiveKinds() []string {
	return []string{watch.SubscriptionKind, "context", "about", harvest.SourceKind, harvest.ReportKind}
}

// Export writes the whole city that st holds.
func Export(ctx context.Context, w io.Writer, st *embedded.Store, progress func(int)) error {
	return archive.Export(ctx, w, st, archive.Options{Synthetic: st.Header().Synthetic, Kinds: ArchiveKinds(), Progress: progress})
}

// Offline is what commands need of a folder that no server has open.
type Offline struct {
	Store    *embedded.Store
	Broker   *broker.Broker
	Contexts *contexts.Service
}

// OpenOffline puts the services over st. Remote contexts cannot be had, those
// that the folder keeps and the built-in ones can. Closing st is up to the
// caller.
func OpenOffline(ctx context.Context, st *embedded.Store) (*Offline, error) {
	now := func() entity.Instant { return entity.Instant(time.Now().UnixMicro()) }
	cs, err := contexts.Open(ctx, contexts.Options{Records: st, Preload: ownContexts(), Now: time.Now})
	return &Offline{Store: st, Broker: broker.New(st, broker.Options{Now: now, Guard: guards()}), Contexts: cs}, err
}

// BuiltInContexts resolves the contexts that the program brings itself.
func BuiltInContexts(ctx context.Context) (*contexts.Service, error) {
	return contexts.Open(ctx, contexts.Options{Preload: ownContexts(), Now: time.Now})
}
