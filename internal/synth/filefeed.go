package synth

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

func itoa(i int) string { return strconv.Itoa(i) }

// appendBikeCounts writes the bicycles that all counters saw since local
// midnight of the day before, by quarters of an hour, as comma-separated text.
// The number of the slot stands for the time, from 1 (00:00 to 00:15, clock
// time), and a speed of -1 means that no bicycle passed: both as a real portal
// has it.
func (f *Feeds) appendBikeCounts(dst []byte, now time.Time) []byte {
	dst = append(dst, "Device,Date,Time gap,Count,Average speed\n"...)
	midnight := now.Add(-time.Duration(at(now).sod) * time.Second).Truncate(time.Minute)
	for i, k := range f.City.Counters {
		if k.bikes < 1 {
			continue
		}
		for d := -1; d <= 0; d++ {
			day := midnight
			if d < 0 { // the clocks may have changed in the night
				day = midnight.Add(-12 * time.Hour)
				day = day.Add(-time.Duration(at(day).sod) * time.Second).Truncate(time.Minute)
			}
			for slot := 1; slot <= 96; slot++ {
				end := day.Add(time.Duration(slot) * 15 * time.Minute)
				if end.After(now) {
					break
				}
				if f.Faults.FrozenCounter && frozen(i) && end.After(frozenAt(now)) {
					break
				}
				n := f.City.minuteSum(i, end.Unix(), 15).Bicycles
				speed := -1
				if n > 0 {
					speed = 16 + int(hash3(f.City.Seed, uint64(i)+21000, uint64(end.Unix()))%6)
				}
				dst = fmt.Appendf(dst, "%s,%s,%d,%d,%d\n", k.ID, Local(day).Format("2006/01/02"), slot, n, speed)
			}
		}
	}
	return dst
}

// Work is a works site in a street for some days.
type Work struct {
	ID       string
	Street   int // index into Streets
	At       Point
	From, To time.Time
	Impact   string // closed, alternating or narrowed
	Title    Names
}

// WorksAt lists the works sites that are open at an instant. Each Monday some
// begin; they last one to six weeks.
func (c *City) WorksAt(t time.Time) []Work {
	var out []Work
	m := at(t)
	week := (m.day + 3) / 7 // weeks begin on Mondays
	for w := week - 5; w <= week; w++ {
		for k := range uint64(6) {
			h := hash3(c.Seed, 15000+k, uint64(w))
			last := int64(1 + h%6)
			if w+last <= week {
				continue
			}
			s := int(mix(h) % uint64(len(c.Streets)))
			if st := &c.Streets[s]; st.Class == "path" || st.Class == "motorway" || st.LengthM < 80 {
				continue
			}
			line := c.Streets[s].Shape.Coords[0][0]
			monday := time.Unix((w*7-3)*86400, 0).Add(7 * time.Hour)
			kind := int(mix(h+1) % 4)
			titles := [...]Names{{"Réseau d'eau", "Waterleiding", "Water main"}, {"Réfection de chaussée", "Wegdek", "Resurfacing"}, {"Piste cyclable", "Fietspad", "Cycle track"}, {"Chauffage urbain", "Stadsverwarming", "District heating"}}
			out = append(out, Work{
				ID: fmt.Sprintf("works-%d-%d", w, k), Street: s, At: line[len(line)/2], From: monday.UTC(), To: monday.Add(time.Duration(last)*7*24*time.Hour - 62*time.Hour).UTC(),
				Impact: [...]string{"narrowed", "alternating", "closed", "narrowed"}[kind], Title: titles[kind],
			})
		}
	}
	return out
}

type worksFeature struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Geometry   any            `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

// worksFile is the GeoJSON file of the works sites.
func (f *Feeds) worksFile(now time.Time) any {
	list := []worksFeature{}
	for i, w := range f.City.WorksAt(now) {
		p := f.place(w.At)
		props := map[string]any{
			"titre": w.Title.FR, "titel": w.Title.NL, "voie": f.City.Streets[w.Street].Name.FR, "impact": w.Impact,
			"debut": f.stamp(w.From), "fin": f.stamp(w.To), "source": sourceNote,
		}
		if f.Faults.MissingFields && i%7 == 1 {
			delete(props, "fin")
		}
		list = append(list, worksFeature{"Feature", w.ID, f.asText(jsonPoint{"Point", [2]float64{p.Lon, p.Lat}}), props})
	}
	return map[string]any{"type": "FeatureCollection", "name": "chantiers", "features": list}
}

// bearing is a direction for a device message: whole degrees, 0 to 359.
func bearing(deg float64) int { return int(math.Round(deg)) % 360 }
