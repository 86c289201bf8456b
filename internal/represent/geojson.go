package represent

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// AppendFeature appends e as a GeoJSON Feature (CIM 009, 4.5.16.2, 4.5.17.1).
func (v *View) AppendFeature(dst []byte, e *entity.Entity) []byte {
	return v.feature(dst, e, v.InlineContext)
}

// AppendFeatures appends es as a FeatureCollection (CIM 009, 4.5.16.3); an
// @context stands once, at the top.
func (v *View) AppendFeatures(dst []byte, es []*entity.Entity) []byte {
	dst = append(dst, `{"type":"FeatureCollection","features":[`...)
	for _, e := range es {
		dst = v.feature(next(dst), e, false)
	}
	dst = append(dst, ']')
	if v.InlineContext {
		dst = v.context(dst)
	}
	return append(dst, '}')
}

func (v *View) feature(dst []byte, e *entity.Entity, context bool) []byte {
	dst = append(dst, `{"id":`...)
	dst = jsontree.AppendString(dst, string(e.ID))
	dst = append(dst, `,"type":"Feature","geometry":`...)
	dst = v.geometry(dst, e)
	dst = append(dst, `,"properties":{`...)
	dst = v.head(dst, e)
	dst = v.attributes(dst, e)
	dst = append(dst, '}')
	if context {
		dst = v.context(dst)
	}
	return append(dst, '}')
}

// geometry appends the value of the selected GeoProperty: of the default
// instance, or of the first of the datasets asked for; null if there is none
// that is a geometry (CIM 009, 4.5.16.1).
func (v *View) geometry(dst []byte, e *entity.Entity) []byte {
	datasets := v.Datasets
	if datasets == nil {
		datasets = []string{""}
	}
	for _, d := range datasets {
		i, ok := e.Attr(v.Geometry, d)
		if !ok {
			continue
		}
		n, err := jsontree.Parse(i.Value, jsontree.Limits{})
		if err == nil && n.Kind() == jsontree.String {
			n, err = jsontree.Parse([]byte(n.Str()), jsontree.Limits{})
		}
		if err != nil {
			continue
		}
		if _, err := geo.ParseGeoJSON(n); err == nil {
			return n.Append(dst)
		}
	}
	return append(dst, "null"...)
}
