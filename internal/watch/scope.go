package watch

import (
	"context"
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/store"
)

// layerSeparator stands between tenant and layer in a scope; neither can
// contain it.
const layerSeparator = "\x02"

// snapshotPrefix begins the kinds of records about snapshots' subscriptions.
const snapshotPrefix = "snapshot-"

// ScopeOf names a space for subscriptions: those of a snapshot are apart from
// those of its tenant (CIM 009, 5.5.15). The scope of a tenant is its name.
func ScopeOf(tenant, layer string) string {
	if layer == "" {
		return tenant
	}
	return tenant + layerSeparator + layer
}

// SpaceOf gives what ScopeOf was given.
func SpaceOf(scope string) store.Space {
	tenant, layer, _ := strings.Cut(scope, layerSeparator)
	return store.Space{Tenant: tenant, Layer: layer}
}

// kindIn gives the kind of the records of a scope: subscriptions of snapshots
// are no part of an export.
func kindIn(kind, scope string) string {
	if strings.Contains(scope, layerSeparator) {
		return snapshotPrefix + kind
	}
	return kind
}

// Drop forgets all subscriptions of a layer that goes.
func (s *Service) Drop(ctx context.Context, sp store.Space) error {
	scope := ScopeOf(sp.Tenant, sp.Layer)
	for {
		subs, _ := s.List(scope, 0, 1)
		if len(subs) == 0 {
			return nil
		}
		if err := s.Delete(ctx, scope, subs[0].ID); err != nil {
			return fmt.Errorf("forget the subscriptions of a snapshot: %w", err)
		}
	}
}
