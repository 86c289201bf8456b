package dcat

import (
	"context"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// Prefixes are those with which graphs of the catalogue are written.
func Prefixes() rdf.Prefixes { return prefixes() }

// Graph says all of one dataset, as its own address does once it is published;
// base begins every address in it. Facades that carry such records take it.
func (a *API) Graph(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset) (*rdf.Graph, error) {
	c, err := a.o.City(ctx)
	if err != nil {
		return nil, err
	}
	x, err := a.o.Catalogue.Extent(ctx, sp, d)
	if err != nil {
		return nil, err
	}
	ds, err := a.o.Catalogue.Published(ctx, sp)
	if err != nil {
		return nil, err
	}
	l, err := a.linkedTo(ctx, sp.Tenant, ds)
	if err != nil {
		return nil, err
	}
	return input{base: base, city: c, sets: []set{{d, x}}, linked: l}.one(), nil
}

// WouldBe says all of a dataset as it would be if it were published now; x is
// what its selection measures.
func (a *API) WouldBe(ctx context.Context, base string, d *catalogue.Dataset, x *catalogue.Extent) (*rdf.Graph, error) {
	c, err := a.o.City(ctx)
	if err != nil {
		return nil, err
	}
	as := *d
	if as.Address == "" {
		as.Address = "/id/dataset/" + as.Slug
	}
	if as.Issued.IsZero() {
		as.Issued = a.o.Now()
	}
	return input{base: base, city: c, sets: []set{{&as, x}}}.one(), nil
}

// Way is one way to have a dataset, as the graph's distributions have it.
type Way struct {
	IRI       string
	Format    string // for people, such as "GeoJSON"
	MediaType string
	URL       string
	Title     catalogue.Texts
	Service   bool // an answer of the API, not a file
}

// Ways lists the ways to have d, none if it is closed; base begins their addresses.
func Ways(base string, d *catalogue.Dataset) []Way {
	var out []Way
	for _, dist := range distributionsOf(d) {
		out = append(out, Way{base + "/id/distribution/" + d.Slug + "-" + dist.Ext, dist.Name, dist.Media, base + dist.address(d), dist.title, dist.service})
	}
	return out
}

// AgentSlug gives the last part of a publisher's address.
func AgentSlug(name string) string { return slugOf(name) }
