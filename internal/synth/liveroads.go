package synth

import "time"

// The road counters once more, in the two files that a neighbouring capital
// serves: what stands where, and what was counted. Its times are clock times
// without a zone, which is not a fault here but how that service is.

const clockLayout = "2006/01/02 15:04"

type deviceFile struct {
	Type     string          `json:"type"`
	Total    int             `json:"totalFeatures"`
	Features []deviceFeature `json:"features"`
}

type deviceFeature struct {
	Type         string           `json:"type"`
	ID           string           `json:"id"`
	Geometry     jsonPoint        `json:"geometry"`
	GeometryName string           `json:"geometry_name"`
	Properties   deviceProperties `json:"properties"`
}

type deviceProperties struct {
	Name      string   `json:"traverse_name"`
	NL        string   `json:"descr_nl"`
	FR        string   `json:"descr_fr"`
	EN        string   `json:"descr_en"`
	Heading   int      `json:"orientation"`
	Lanes     int      `json:"number_of_lanes"`
	Detectors []string `json:"detectors"`
	Source    string   `json:"source"`
}

func (f *Feeds) roadDevices() any {
	out := deviceFile{Type: "FeatureCollection", Total: len(f.City.Counters)}
	for i, k := range f.City.Counters {
		p := f.place(k.At)
		d := deviceProperties{k.ID, k.Name.NL, k.Name.FR, k.Name.EN, k.HeadingDeg, k.Lanes, nil, sourceNote}
		for n := range k.Lanes {
			d.Detectors = append(d.Detectors, k.ID+"_"+string(rune('1'+n)))
		}
		out.Features = append(out.Features, deviceFeature{"Feature", "traffic_live_geom." + itoa(i+1), jsonPoint{"Point", [2]float64{p.Lon, p.Lat}}, "geom", d})
	}
	return out
}

type roadInterval struct {
	Count     int      `json:"count"`
	Speed     *float64 `json:"speed"` // null when nothing passed
	Occupancy float64  `json:"occupancy"`
	Start     string   `json:"start_time"`
	End       string   `json:"end_time"`
}

type roadResults struct {
	Results any `json:"results"` // object, or its text (JSONInString)
}

func (f *Feeds) roadLive(now time.Time) any {
	data := make(map[string]roadResults, len(f.City.Counters))
	for i := range f.City.Counters {
		res := make(map[string]any, 4)
		for name, minutes := range map[string]int{"1m": 1, "5m": 5, "15m": 15, "60m": 60} {
			if f.Faults.MissingFields && i%7 == 4 && minutes > 1 {
				res[name] = struct{}{}
				continue
			}
			end := f.seen(i, now).Truncate(time.Minute).Unix()
			c := f.City.minuteSum(i, end, minutes)
			r := roadInterval{c.Vehicles(), nil, c.Occupancy, Local(c.Start).Format(clockLayout), Local(c.End).Format(clockLayout)}
			if c.SpeedKmh >= 0 {
				r.Speed = &c.SpeedKmh
			}
			res[name] = r
		}
		data[f.City.Counters[i].ID] = roadResults{f.asText(res)}
	}
	return map[string]any{"requestDate": Local(now).Format(clockLayout), "data": data}
}
