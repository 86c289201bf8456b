package mvt

import (
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt/vectortile"
)

// feature is a feature as a reader of the tile sees it, in grid units.
type feature struct {
	id       uint64
	hasID    bool
	geometry orb.Geometry
	props    map[string]any
}

// decode reads a tile with a protobuf reader made from the published schema,
// and checks what the standard asks of every tile.
func decode(t testing.TB, tile []byte) map[string][]feature {
	t.Helper()
	var v vectortile.Tile
	if err := v.Unmarshal(tile); err != nil {
		t.Fatalf("the tile cannot be read: %v", err)
	}
	out := map[string][]feature{}
	for _, l := range v.Layers {
		if l.GetVersion() != 2 || l.GetExtent() != 4096 {
			t.Errorf("layer %s is of version %d, extent %d", l.GetName(), l.GetVersion(), l.GetExtent())
		}
		if _, twice := out[l.GetName()]; twice {
			t.Errorf("layer %s is there twice", l.GetName())
		}
		for _, f := range l.Features {
			d := feature{props: map[string]any{}, hasID: f.Id != nil, id: f.GetId()}
			for i := 0; i < len(f.Tags); i += 2 {
				d.props[l.Keys[f.Tags[i]]] = decodeValue(l.Values[f.Tags[i+1]])
			}
			d.geometry = decodeGeometry(t, f.GetType(), f.Geometry)
			out[l.GetName()] = append(out[l.GetName()], d)
		}
	}
	return out
}

func decodeValue(v *vectortile.Tile_Value) any {
	switch {
	case v.StringValue != nil:
		return *v.StringValue
	case v.FloatValue != nil:
		return float64(*v.FloatValue)
	case v.DoubleValue != nil:
		return *v.DoubleValue
	case v.UintValue != nil:
		return int64(*v.UintValue)
	case v.SintValue != nil:
		return *v.SintValue
	case v.BoolValue != nil:
		return *v.BoolValue
	}
	return nil
}

func decodeGeometry(t testing.TB, kind vectortile.Tile_GeomType, cmds []uint32) orb.Geometry {
	t.Helper()
	var runs [][]orb.Point
	var at orb.Point
	for i := 0; i < len(cmds); {
		id, n := cmds[i]&7, int(cmds[i]>>3)
		i++
		if n == 0 {
			t.Fatal("a command that is done no times")
		}
		for range n {
			if id == 7 {
				last := len(runs) - 1
				runs[last] = append(runs[last], runs[last][0])
				continue
			}
			d := func(v uint32) float64 { return float64(int32(v>>1) ^ -int32(v&1)) }
			next := orb.Point{at[0] + d(cmds[i]), at[1] + d(cmds[i+1])}
			i += 2
			if id == 2 && next == at {
				t.Fatal("a line to where it is")
			}
			at = next
			if id == 1 {
				runs = append(runs, nil)
			}
			runs[len(runs)-1] = append(runs[len(runs)-1], at)
		}
	}
	switch kind {
	case vectortile.Tile_POINT:
		if len(runs) == 1 {
			return runs[0][0]
		}
		var mp orb.MultiPoint
		for _, r := range runs {
			mp = append(mp, r[0])
		}
		return mp
	case vectortile.Tile_LINESTRING:
		var ml orb.MultiLineString
		for _, r := range runs {
			if len(r) < 2 {
				t.Fatal("a line of one position")
			}
			ml = append(ml, r)
		}
		if len(ml) == 1 {
			return ml[0]
		}
		return ml
	case vectortile.Tile_POLYGON:
		var mp orb.MultiPolygon
		for _, r := range runs {
			if len(r) < 4 {
				t.Fatalf("a ring of %d positions", len(r))
			}
			switch a := signed(r); {
			case a > 0:
				mp = append(mp, orb.Polygon{r})
			case a == 0 || len(mp) == 0:
				t.Fatalf("a ring without area, or a hole before its outer ring: %v", r)
			default:
				mp[len(mp)-1] = append(mp[len(mp)-1], r)
			}
		}
		if len(mp) == 1 {
			return mp[0]
		}
		return mp
	}
	t.Fatalf("geometry type %v", kind)
	return nil
}

// signed gives twice the area by the surveyor's formula, y as it comes.
func signed(r orb.Ring) float64 {
	s := 0.0
	for i := 1; i < len(r); i++ {
		s += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return s
}
