package app

import (
	"context"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/notify"
	"github.com/beffroi/beffroi/internal/snapshot"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/watch"
)

// buildSnapshots makes what keeps snapshots, and reads those there are.
func (a *App) buildSnapshots(ctx context.Context) error {
	a.frozen = snapshot.New(snapshot.Options{Broker: a.broker, Records: a.st, Head: a.st.Head, Now: a.clock.Instant, Send: a.tellSnapshot, Dropped: a.dropped, Logger: a.log,
		Max: a.cfg.NGSILD.Snapshots, Entities: a.cfg.NGSILD.SnapshotEntities, MaxLife: entity.Instant(a.cfg.NGSILD.SnapshotLife.Std().Microseconds())})
	return a.frozen.Load(ctx)
}

// dropped takes away what is kept for a layer beside its entities.
func (a *App) dropped(ctx context.Context, s store.Space) error {
	if err := a.subs.Drop(ctx, s); err != nil {
		return err
	}
	return a.maps.Drop(ctx, s)
}

// tellSnapshot posts a notification about a snapshot (CIM 009, 5.16.6): what
// its receiverInfo says goes into headers.
func (a *App) tellSnapshot(ctx context.Context, s *snapshot.Snapshot, body []byte) error {
	m := notify.Message{URL: s.Endpoint, ContentType: "application/json", Body: body, Timeout: a.cfg.Notify.Timeout.Std()}
	for _, p := range s.Receiver {
		m.Header = append(m.Header, watch.Pair{Key: p.Key, Value: p.Value})
	}
	if s.Tenant != "" {
		m.Header = append(m.Header, watch.Pair{Key: "NGSILD-Tenant", Value: s.Tenant})
	}
	return a.posts.Send(ctx, m)
}
