package snapshot

import (
	"context"
	"time"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// attempts is how often a notification is tried, each time after a longer
// pause: a minute and a half in all.
const attempts = 6

// notify tells the endpoint of l how it stands (CIM 009, 5.16.6). What was not
// told when the process ends is told after the next start.
func (x *Service) notify(ctx context.Context, l *live) {
	x.mu.Lock()
	told := l.s
	x.mu.Unlock()
	if told.gone || !told.owed {
		return
	}
	err := x.send(ctx, &told)
	if ctx.Err() != nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if l.s.gone || l.s.ModifiedAt != told.ModifiedAt || l.s.Status != told.Status {
		return // it was changed meanwhile, which is told apart
	}
	if l.tried++; err != nil && l.tried < attempts {
		time.AfterFunc(3*time.Second<<(l.tried-1), func() {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.queue(&x.notes, func(ctx context.Context) { x.notify(ctx, l) })
		})
		return
	}
	l.tried, l.s.owed = 0, false
	if err := x.keep(ctx, &l.s); err != nil {
		x.o.Logger.Warn("that a notification was sent was not kept; it will be sent again", "snapshot", l.s.ID, "error", err)
	}
}

// send tries once to tell the endpoint of s.
func (x *Service) send(ctx context.Context, s *Snapshot) error {
	if s.Endpoint == "" || x.o.Send == nil {
		return nil
	}
	err := x.o.Send(ctx, s, s.notification("urn:ngsi-ld:SnapshotNotification:"+random(16), x.o.Now()))
	if err != nil && ctx.Err() == nil {
		x.o.Logger.Warn("the endpoint of a snapshot could not be told", "snapshot", s.ID, "error", err)
	}
	return err
}

// count gives how many queries a JSON array has.
func count(queries []byte) int {
	n, err := jsontree.Parse(queries, jsontree.Limits{})
	if err != nil {
		return 0
	}
	return n.Len()
}
