package dcat

import (
	"context"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
	"github.com/beffroi/beffroi/internal/store"
)

// Prefixes are those with which graphs of the catalogue are written.
func Prefixes() rdf.Prefixes { return prefixes() }

// Graph says all of one published dataset, as its own address does; base
// begins every address in it. Facades that carry such records take it.
func (a *API) Graph(ctx context.Context, base string, sp store.Space, d *catalogue.Dataset) (*rdf.Graph, error) {
	c, err := a.o.City(ctx)
	if err != nil {
		return nil, err
	}
	x, err := a.o.Catalogue.Extent(ctx, sp, d)
	if err != nil {
		return nil, err
	}
	return input{base: base, city: c, sets: []set{{d, x}}}.one(), nil
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

// Ways lists the ways to have d; base begins their addresses.
func Ways(base string, d *catalogue.Dataset) []Way {
	var out []Way
	for _, dist := range distributions() {
		out = append(out, Way{base + "/id/distribution/" + d.Slug + "-" + dist.Ext, dist.Name, dist.Media, base + dist.address(d), dist.title, dist.service})
	}
	return out
}

// AgentSlug gives the last part of a publisher's address.
func AgentSlug(name string) string { return slugOf(name) }
