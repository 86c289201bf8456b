package synth

import "time"

// SystemID is the GBFS system_id of the shared bikes; ids of stations are
// unique within it.
const SystemID = "clairebeke_synthetic"

// The GBFS members that this system uses, in both versions. Members that one
// version does not have stay empty and are left out.

type gbfsFile struct {
	LastUpdated any    `json:"last_updated"` // POSIX seconds (2.3) or RFC 3339 (3.0)
	TTL         int    `json:"ttl"`          // seconds
	Version     string `json:"version"`
	Data        any    `json:"data"`
}

type gbfsFeed struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type gbfsText struct {
	Text     string `json:"text"`
	Language string `json:"language"`
}

type gbfsStation struct {
	ID       string  `json:"station_id"`
	Name     any     `json:"name"`
	Lat      float64 `json:"lat"`
	Lon      float64 `json:"lon"`
	Address  string  `json:"address,omitempty"`
	Capacity int     `json:"capacity"`
}

type gbfsTypeCount struct {
	Type  string `json:"vehicle_type_id"`
	Count int    `json:"count"`
}

type gbfsStatus struct {
	ID           string          `json:"station_id"`
	Bikes        *int            `json:"num_bikes_available,omitempty"`
	Vehicles     *int            `json:"num_vehicles_available,omitempty"`
	Types        []gbfsTypeCount `json:"vehicle_types_available,omitempty"`
	BikesOff     *int            `json:"num_bikes_disabled,omitempty"`
	VehiclesOff  *int            `json:"num_vehicles_disabled,omitempty"`
	Docks        *int            `json:"num_docks_available,omitempty"`
	DocksOff     int             `json:"num_docks_disabled"`
	Installed    bool            `json:"is_installed"`
	Renting      bool            `json:"is_renting"`
	Returning    bool            `json:"is_returning"`
	LastReported any             `json:"last_reported"`
}

const gbfsTTL = 60 // seconds

// gbfs is one file of the bike feed in version 2.3 or 3.0, and whether there is
// such a file. base is the address of the folder.
func (f *Feeds) gbfs(version, file, base string, now time.Time) (any, bool) {
	old := version == "2.3"
	if !old && version != "3.0" {
		return nil, false
	}
	legacy := old || f.Faults.OldGBFSNames // names and times of 2.x
	stamp := func(t time.Time) any {
		if legacy {
			return t.Unix()
		}
		return t.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	var data any
	switch file {
	case "gbfs":
		data = gbfsIndex(old, base)
	case "system_information":
		data = f.gbfsSystem(old)
	case "vehicle_types":
		data = gbfsVehicleTypes(old)
	case "station_information":
		data = f.gbfsStations(legacy)
	case "station_status":
		data = f.gbfsStatus(legacy, stamp, now)
	default:
		return nil, false
	}
	return gbfsFile{stamp(now), gbfsTTL, version, data}, true
}

func gbfsIndex(old bool, base string) any {
	var feeds []gbfsFeed
	for _, n := range []string{"system_information", "vehicle_types", "station_information", "station_status"} {
		feeds = append(feeds, gbfsFeed{n, base + n + ".json"})
	}
	list := map[string]any{"feeds": feeds}
	if old {
		return map[string]any{"fr": list}
	}
	return list
}

func (f *Feeds) texts(n Names) []gbfsText {
	return []gbfsText{{n.FR, "fr"}, {n.NL, "nl"}}
}

func (f *Feeds) gbfsSystem(old bool) any {
	name := Names{"Vélo Claire (données synthétiques)", "Klarefiets (synthetische data)", "Claire bikes (synthetic data)"}
	d := map[string]any{
		"system_id": SystemID, "timezone": TimeZone, "feed_contact_email": "feeds@clairebeke.example",
		"license_url": "https://creativecommons.org/publicdomain/zero/1.0/",
	}
	if old {
		d["language"], d["name"], d["operator"] = "fr", name.FR, "Régie des vélos de Clairebeke (fictive)"
		return d
	}
	d["languages"], d["name"], d["opening_hours"] = []string{"fr", "nl"}, f.texts(name), "24/7"
	d["operator"] = f.texts(Names{FR: "Régie des vélos de Clairebeke (fictive)", NL: "Fietsregie van Klarebeke (fictief)"})
	return d
}

func gbfsVehicleTypes(old bool) any {
	text := func(fr, nl string) any {
		if old {
			return fr
		}
		return []gbfsText{{fr, "fr"}, {nl, "nl"}}
	}
	return map[string]any{"vehicle_types": []map[string]any{
		{"vehicle_type_id": "classic", "form_factor": "bicycle", "propulsion_type": "human", "name": text("Vélo classique", "Gewone fiets")},
		{"vehicle_type_id": "electric", "form_factor": "bicycle", "propulsion_type": "electric_assist", "max_range_meters": 60000, "name": text("Vélo électrique", "Elektrische fiets")},
	}}
}

func (f *Feeds) gbfsStations(legacy bool) any {
	list := make([]gbfsStation, len(f.City.BikeStations))
	for i, s := range f.City.BikeStations {
		list[i] = gbfsStation{ID: s.ID, Name: s.Name.FR, Lat: s.At.Lat, Lon: s.At.Lon, Address: s.Address, Capacity: s.Capacity}
		if !legacy {
			list[i].Name = f.texts(s.Name)
		}
	}
	return map[string]any{"stations": list}
}

func (f *Feeds) gbfsStatus(legacy bool, stamp func(time.Time) any, now time.Time) any {
	m := at(now)
	riding := m.riding(f.City.weather(m))
	list := make([]gbfsStatus, len(f.City.BikeStations))
	for i := range list {
		b := f.City.bikes(i, m, riding)
		s := gbfsStatus{
			ID: f.City.BikeStations[i].ID, Docks: &b.Docks, DocksOff: b.DocksOff, Installed: b.Installed, Renting: b.Renting, Returning: b.Returning, LastReported: stamp(b.Reported),
			Types: []gbfsTypeCount{{"classic", b.Bikes - b.Electric}, {"electric", b.Electric}},
		}
		if legacy {
			s.Bikes, s.BikesOff = &b.Bikes, &b.BikesOff
		} else {
			s.Vehicles, s.VehiclesOff = &b.Bikes, &b.BikesOff
		}
		if f.Faults.MissingFields && i%7 == 3 {
			s.Docks, s.Types = nil, nil
		}
		list[i] = s
	}
	return map[string]any{"stations": list}
}
