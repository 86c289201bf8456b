// Package quality tells how good the description of a dataset is: the score of
// the metadata quality assessment of data.europa.eu (405 points in five
// dimensions) with the missing points named, and what the official shapes of
// DCAT-AP 3.0.1 and DCAT-AP HVD 3.0.0 find.
//
// It looks at nothing but the dataset's graph, as portals harvest it. An
// indicator of distributions gives its points by the share of those that meet
// it, rounded down to whole ones; those of downloads look at the distributions
// that are files (without dcat:accessService).
package quality

import (
	"fmt"
	"slices"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
)

// Max is the number of points that there are.
const Max = 405

// Rating puts a score in words.
type Rating string

// The ratings of data.europa.eu with the score at which they begin: 351, 221,
// 121, 0.
const (
	Excellent  Rating = "excellent"
	Good       Rating = "good"
	Sufficient Rating = "sufficient"
	Bad        Rating = "bad"
)

// RatingOf puts a score in words.
func RatingOf(points int) Rating {
	switch {
	case points >= 351:
		return Excellent
	case points >= 221:
		return Good
	case points >= 121:
		return Sufficient
	}
	return Bad
}

// Indicator is one thing that gives points.
type Indicator struct {
	Key       string
	Dimension string
	Points    int             // that there are
	Got       int             // that there are here
	Met       bool            // by all that it looks at
	With, Of  int             // how many of those it looks at meet it
	Nodes     []Looked        // those it looks at: the dataset, or distributions in the order of their IRIs
	Title     catalogue.Texts // what is looked for
	Field     string          // of the description, "" if it is measured
}

// Looked is one thing that an indicator looks at.
type Looked struct {
	Node rdf.IRI
	Met  bool
}

// Dimension is one of the five parts of the score.
type Dimension struct {
	Key    string
	Points int
	Max    int
}

// Score is the outcome for one dataset.
type Score struct {
	Points     int
	Rating     Rating
	Dimensions []Dimension // in the order of the methodology
	Indicators []Indicator // in the order of the methodology
}

// Missing gives the indicators that are not met by all that they look at.
func (s Score) Missing() []Indicator {
	var out []Indicator
	for _, i := range s.Indicators {
		if !i.Met {
			out = append(out, i)
		}
	}
	return out
}

// Given is what a score is computed from.
type Given struct {
	Graph   *rdf.Graph
	Dataset rdf.IRI
	// Conforms says that the shapes of DCAT-AP find no violation.
	Conforms bool
	// Answers reports whether an address answers with success.
	Answers func(address string) bool
}

// ScoreOf computes the score of a dataset.
func ScoreOf(in Given) Score {
	v := viewOf(in)
	var out Score
	for _, i := range indicators() {
		if len(out.Dimensions) == 0 || out.Dimensions[len(out.Dimensions)-1].Key != i.dimension {
			out.Dimensions = append(out.Dimensions, Dimension{Key: i.dimension})
		}
		d := &out.Dimensions[len(out.Dimensions)-1]
		d.Max += i.points
		n := i.met(v)
		got := 0
		if n.of > 0 {
			got = i.points * n.with / n.of
		}
		d.Points += got
		out.Points += got
		out.Indicators = append(out.Indicators, Indicator{Key: i.key, Dimension: i.dimension, Points: i.points, Got: got, Met: n.all(), With: n.with, Of: n.of, Nodes: n.nodes, Title: i.title, Field: i.field})
	}
	out.Rating = RatingOf(out.Points)
	return out
}

// view is a graph as seen from the dataset.
type view struct {
	Given
	out   map[node][]rdf.Term
	dists []rdf.IRI
	files []rdf.IRI // the distributions that are no service
}

type node struct{ s, p rdf.IRI }

func viewOf(in Given) *view {
	v := &view{Given: in, out: map[node][]rdf.Term{}}
	for _, t := range in.Graph.Triples() {
		v.out[node{t.S, t.P}] = append(v.out[node{t.S, t.P}], t.O)
	}
	for _, d := range v.of(in.Dataset, dcat+"distribution") {
		iri := rdf.IRI(d.Value())
		v.dists = append(v.dists, iri)
		if len(v.of(iri, dcat+"accessService")) == 0 {
			v.files = append(v.files, iri)
		}
	}
	return v
}

func (v *view) of(s, p rdf.IRI) []rdf.Term { return v.out[node{s, p}] }

// share is how many of those looked at pass.
type share struct {
	with, of int
	nodes    []Looked
}

func (s share) all() bool { return s.of > 0 && s.with == s.of }

// where counts the nodes that pass.
func (v *view) where(nodes []rdf.IRI, ok func(rdf.IRI) bool) share {
	out := share{of: len(nodes)}
	for _, n := range nodes {
		met := ok(n)
		if met {
			out.with++
		}
		out.nodes = append(out.nodes, Looked{n, met})
	}
	return out
}

// count counts the nodes with values of p that all pass.
func (v *view) count(nodes []rdf.IRI, p rdf.IRI, ok func(rdf.Term) bool) share {
	return v.where(nodes, func(n rdf.IRI) bool {
		values := v.of(n, p)
		return len(values) > 0 && !slices.ContainsFunc(values, func(x rdf.Term) bool { return !ok(x) })
	})
}

func there(rdf.Term) bool { return true }

// String gives a score for people, in English.
func (s Score) String() string { return fmt.Sprintf("%d of %d points: %s", s.Points, Max, s.Rating) }
