package geo

import (
	"slices"
	"strconv"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// ParseGeoJSON reads a GeoJSON geometry object (RFC 7946, 3.1) of a kind that
// a GeoProperty may hold (CIM 009, 4.7): every kind but GeometryCollection.
// Altitudes are accepted and not kept.
//
// Errors: problem.BadRequestData that names the member or the position, such
// as "coordinates[0][3]": what is not finite, out of range, an unclosed ring
// or one of fewer than four positions, a line of fewer than two, no positions
// at all, more than MaxVertices, a coordinate system other than WGS 84.
func ParseGeoJSON(n jsontree.Node) (Geometry, error) {
	if n.Kind() != jsontree.Object {
		return Geometry{}, bad("a geometry is a JSON object with type and coordinates, not a %s", n.Kind())
	}
	t, ok := n.Get("type")
	if !ok || t.Kind() != jsontree.String {
		return Geometry{}, bad("type: a geometry needs a type, such as \"Point\"")
	}
	k, err := parseKind(t.Str())
	if err != nil {
		return Geometry{}, err
	}
	if crs, ok := n.Get("crs"); ok && !isWGS84(crs) {
		return Geometry{}, bad("crs: only WGS 84 is accepted (RFC 7946); transform the coordinates first")
	}
	c, ok := n.Get("coordinates")
	if !ok {
		return Geometry{}, bad("coordinates: the %s has none", k)
	}
	return parse(k, c)
}

// ParseCoordinates reads a geometry from its GeoJSON type and its coordinates
// as JSON text, as the parameters geometry and coordinates of a geo-query
// carry them (CIM 009, 4.10).
//
// Errors: those of ParseGeoJSON.
func ParseCoordinates(kind string, coordsJSON []byte) (Geometry, error) {
	k, err := parseKind(kind)
	if err != nil {
		return Geometry{}, err
	}
	n, err := jsontree.Parse(coordsJSON, jsontree.Limits{})
	if err != nil {
		return Geometry{}, bad("coordinates: not a JSON array: %v", err)
	}
	return parse(k, n)
}

func parseKind(s string) (Kind, error) {
	for k := PointKind; k < kindCount; k++ {
		if kindNames[k] == s {
			return k, nil
		}
	}
	if s == "GeometryCollection" || s == "Feature" || s == "FeatureCollection" {
		return None, bad("type: %s is not allowed here; use Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon", s)
	}
	return None, bad("type: %.40q is not a geometry type; upper and lower case count: Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon", s)
}

// isWGS84 reports whether a crs member of GeoJSON's 2008 form names WGS 84.
func isWGS84(crs jsontree.Node) bool {
	if crs.IsNull() {
		return true
	}
	p, _ := crs.Get("properties")
	name, _ := p.Get("name")
	return slices.Contains([]string{"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"}, name.Str())
}

func parse(k Kind, c jsontree.Node) (Geometry, error) {
	r := reader{builder: builder{kind: k}}
	var err error
	switch k {
	case PointKind:
		r.pts = make([]Point, 0, 1)
		err = r.position(c)
	case MultiPointKind:
		err = r.points(c)
	case LineStringKind:
		err = r.line(c)
	case MultiLineStringKind:
		err = r.each(c, "lines", r.line)
	case PolygonKind:
		err = r.each(c, "rings", r.ring)
	default:
		err = r.each(c, "polygons", func(p jsontree.Node) error {
			if err := r.each(p, "rings", r.ring); err != nil {
				return err
			}
			r.polys = append(r.polys, int32(len(r.ends)))
			return nil
		})
	}
	if err != nil {
		return Geometry{}, err
	}
	g := Geometry{kind: k, pts: r.pts, ends: r.ends, polys: r.polys}
	g.finish()
	return g, nil
}

// reader walks a coordinates array and knows where it is.
type reader struct {
	builder
	at    [4]int
	depth int
}

// where names the place of the reader, such as "coordinates[0][3]".
func (r *reader) where() string {
	s := "coordinates"
	for _, i := range r.at[:r.depth] {
		s += "[" + strconv.Itoa(i) + "]"
	}
	return s
}

// each reads the items of c with f. what names them for the error.
func (r *reader) each(c jsontree.Node, what string, f func(jsontree.Node) error) error {
	if c.Kind() != jsontree.Array || c.Len() == 0 {
		return bad("%s: expected an array of %s", r.where(), what)
	}
	d := r.depth
	r.depth++
	for i, v := range c.Items() {
		r.at[d] = i
		if err := f(v); err != nil {
			return err
		}
	}
	r.depth--
	return nil
}

func (r *reader) points(c jsontree.Node) error {
	if n := len(r.pts) + c.Len(); n > MaxVertices {
		return tooMany()
	}
	r.pts = slices.Grow(r.pts, c.Len())
	return r.each(c, "positions", r.position)
}

func (r *reader) line(c jsontree.Node) error {
	from := len(r.pts)
	if err := r.points(c); err != nil {
		return err
	}
	if len(r.pts)-from < 2 {
		return bad("%s: a line needs at least two positions", r.where())
	}
	r.ends = append(r.ends, int32(len(r.pts)))
	return nil
}

func (r *reader) ring(c jsontree.Node) error {
	from := len(r.pts)
	if err := r.points(c); err != nil {
		return err
	}
	if why := ringFault(r.pts[from:]); why != "" {
		return bad("%s: %s", r.where(), why)
	}
	r.ends = append(r.ends, int32(len(r.pts)))
	return nil
}

func (r *reader) position(c jsontree.Node) error {
	if c.Kind() != jsontree.Array || c.Len() < 2 || c.Len() > 3 {
		return bad("%s: a position is an array of longitude, latitude and perhaps altitude", r.where())
	}
	var v [3]float64
	for i, x := range c.Items() {
		f, ok := x.Float()
		if !ok {
			return bad("%s[%d]: expected a finite number", r.where(), i)
		}
		v[i] = f
	}
	p := Point{v[0], v[1]}
	if why := p.check(); why != "" {
		return bad("%s: %s", r.where(), why)
	}
	r.pts = append(r.pts, p)
	return nil
}
