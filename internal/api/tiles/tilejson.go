package tiles

import (
	"net/http"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/geo"
)

// tileJSON is the description of the tiles (TileJSON 3.0.0).
type tileJSON struct {
	Version     string      `json:"tilejson"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Attribution string      `json:"attribution,omitempty"`
	Scheme      string      `json:"scheme"`
	Tiles       []string    `json:"tiles"`
	MinZoom     int         `json:"minzoom"`
	MaxZoom     int         `json:"maxzoom"`
	Bounds      [4]float64  `json:"bounds"`
	Center      [3]float64  `json:"center"`
	Layers      []layerInfo `json:"vector_layers"`
}

// serveTileJSON answers GET /tiles.json.
func (a *API) serveTileJSON(w http.ResponseWriter, r *http.Request) error {
	var city City
	if a.o.City != nil {
		var err error
		if city, err = a.o.City(r.Context()); err != nil {
			return err
		}
	}
	if city.Bounds == (geo.Rect{}) || city.Bounds.Empty() {
		city.Bounds = geo.Rect{West: -180, South: -85.0511, East: 180, North: 85.0511}
	}
	t := tileJSON{
		Version: "3.0.0", Name: city.Name, Description: "The city's ground as it is now: source-layers of the Protomaps basemap schema, version 4, and a few more",
		Scheme: "xyz", Tiles: []string{httpx.BaseURL(r) + "/tiles/{z}/{x}/{y}.mvt"}, MinZoom: 0, MaxZoom: MaxZoom,
		Bounds: [4]float64{city.Bounds.West, city.Bounds.South, city.Bounds.East, city.Bounds.North},
		Center: [3]float64{city.Centre.Lon, city.Centre.Lat, 13}, Layers: layers(),
	}
	if city.Synthetic {
		t.Attribution = "Synthetic city: all data is invented"
	}
	w.Header().Set("Cache-Control", "no-cache")
	return httpx.WriteJSON(w, http.StatusOK, t)
}
