package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/beffroi/beffroi/internal/api/ckan"
	"github.com/beffroi/beffroi/internal/api/dcat"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/api/oaipmh"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
)

// harvest makes the facades by which portals read the catalogue.
func (a *App) harvest(ctx context.Context, metadata *dcat.API) ([]httpx.Route, error) {
	key, err := a.keptKey(ctx, "oai")
	if err != nil {
		return nil, err
	}
	name := func(ctx context.Context) (string, error) {
		c, err := a.about(ctx)
		return c.Name, err
	}
	ways := func(base string, d *catalogue.Dataset) []ckan.Resource {
		var out []ckan.Resource
		for _, w := range dcat.Ways(base, d) {
			out = append(out, ckan.Resource(w))
		}
		return out
	}
	harvested := oaipmh.New(oaipmh.Options{Catalogue: a.sets, Call: a.callOf, Graph: metadata.Graph, Prefixes: dcat.Prefixes(), Name: name, Now: a.clock.Instant, Key: key})
	actions := ckan.New(ckan.Options{Catalogue: a.sets, Call: a.callOf, City: name, Now: a.clock.Instant, Resources: ways, Agent: dcat.AgentSlug})
	return append(harvested.Routes(), actions.Routes()...), nil
}

// keyVersion begins the record of a key.
const keyVersion = 1

// keptKey gives a key for signing what clients bring back, made the first
// time and kept in the folder: what it signed holds after a restart. It is in no
// export.
func (a *App) keptKey(ctx context.Context, name string) ([]byte, error) {
	k := store.Key{Kind: "signing", Name: name}
	r, err := a.st.Get(ctx, k)
	switch {
	case err == nil && len(r.Value) == 33 && r.Value[0] == keyVersion:
		return r.Value[1:], nil
	case err == nil:
		return nil, fmt.Errorf("the key %s in the store is not one of this version", name)
	case !problem.Is(err, problem.ResourceNotFound):
		return nil, fmt.Errorf("read the key %s: %w", name, err)
	}
	value := make([]byte, 33)
	value[0] = keyVersion
	rand.Read(value[1:]) // never fails
	// On a full disk the server starts all the same; the key is then one of
	// this process only.
	if err := a.st.Write(ctx, []store.RecordWrite{{Key: k, Value: value, Any: true}}); err != nil && !problem.Is(err, problem.OutOfSpace) {
		return nil, fmt.Errorf("keep the key %s: %w", name, err)
	}
	return value[1:], nil
}
