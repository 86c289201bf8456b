package ngsild

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
)

// ordering is the order that was asked for (CIM 009, 4.23).
type ordering struct {
	by             []string // each one or several terms
	from, geometry string
	collation      string
}

func (o *ordering) asked() bool {
	return o.by != nil || o.from != "" || o.geometry != "" || o.collation != ""
}

// ordering reads the parameters about order.
func (p params) ordering(o *ordering) error {
	var by string
	for name, to := range map[string]*string{"orderBy": &by, "orderFrom": &o.from, "orderGeometry": &o.geometry, "collation": &o.collation} {
		if *to = p.get(name); *to == "" && p.has(name) {
			return problem.New(problem.BadRequestData, "the parameter %s is empty", name)
		}
	}
	if by != "" {
		o.by = []string{by}
	}
	return nil
}

// member reads the member ordering of a posted query (CIM 009, 5.2.43).
func (o *ordering) member(v jsontree.Node) (err error) {
	if v.Kind() != jsontree.Object {
		return problem.New(problem.BadRequestData, "ordering is an object with orderBy")
	}
	for name, m := range v.Members() {
		switch name {
		case "orderBy":
			o.by, err = textsOf("ordering.orderBy", m)
		case "coordinates":
			if o.from = m.String(); m.Kind() != jsontree.Array {
				err = problem.New(problem.BadRequestData, "ordering.coordinates is an array of numbers, or of arrays (CIM 009, 5.2.43)")
			}
		case "geometry":
			o.geometry, err = textOf("ordering.geometry", m)
		case "collation":
			o.collation, err = textOf("ordering.collation", m)
		default:
			err = problem.New(problem.BadRequestData, "ordering has no member %.40q (CIM 009, 5.2.43)", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// build makes the order; nil if none was asked for. local tells whether this
// broker alone is asked (CIM 009, 5.7.2.4).
//
// Errors: problem.BadRequestData; problem.InvalidRequest for parameters that
// do not go together.
func (o *ordering) build(rc *requestContext, local bool) (*query.Order, error) {
	if !o.asked() {
		return nil, nil
	}
	out := &query.Order{Collation: language.Und}
	var err error
	if out.Collation, err = query.ParseCollation(o.collation); err != nil {
		return nil, err
	}
	if o.by == nil {
		return nil, problem.New(problem.InvalidRequest, "orderFrom, orderGeometry and collation go with orderBy only")
	}
	if !local {
		return nil, problem.New(problem.BadRequestData, "orderBy goes with local=true only (CIM 009, 5.7.2.4)")
	}
	if out.Terms, err = q.Order(strings.Join(o.by, ","), rc); err != nil {
		return nil, err
	}
	if o.from != "" {
		kind := o.geometry
		if kind == "" {
			kind = "Point"
		}
		if out.From, err = geo.ParseCoordinates(kind, []byte(o.from)); err != nil {
			return nil, problem.Wrap(problem.BadRequestData, err, "orderFrom: %s", problem.DetailOf(err))
		}
	}
	switch dist := slices.ContainsFunc(out.Terms, func(t query.OrderTerm) bool { return t.Dist }); {
	case dist && o.from == "":
		return nil, problem.New(problem.BadRequestData, "an order by distance needs orderFrom, the coordinates to measure from")
	case !dist && (o.from != "" || o.geometry != ""):
		return nil, problem.New(problem.InvalidRequest, "orderFrom and orderGeometry go with dist-asc and dist-desc only")
	}
	return out, nil
}
