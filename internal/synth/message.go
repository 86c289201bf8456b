package synth

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"time"
)

// Message is what a device publishes over MQTT: the topic, a JSON payload and
// when it leaves the device.
type Message struct {
	Topic   string
	Payload []byte
	Time    time.Time
	Device  string // ID of the Sensor or the Bus
}

// Cadence is how often each kind of device reports; 0 is never. Whole seconds.
type Cadence struct{ Bus, Air, Noise, Weather time.Duration }

// UsualCadence is how often the devices report in daily life: 60 buses every
// five seconds are twelve messages a second.
func UsualCadence() Cadence {
	return Cadence{5 * time.Second, 5 * time.Minute, 5 * time.Minute, 10 * time.Minute}
}

// Messages yields what the devices publish from from (inclusive) to to
// (exclusive) at their usual cadence and without faults, in order of time. The
// same span always yields the same messages, however it is cut up.
func (c *City) Messages(from, to time.Time) iter.Seq[Message] {
	return (&Feeds{City: c}).Messages(from, to, UsualCadence())
}

// Messages yields what the devices publish from from (inclusive) to to
// (exclusive), in order of time.
func (f *Feeds) Messages(from, to time.Time, cad Cadence) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		end := to.Unix()
		if to.Nanosecond() > 0 {
			end++
		}
		start := from.Unix()
		if from.Nanosecond() > 0 {
			start++
		}
		plan := f.schedule(cad)
		for s := start; s < end; s++ {
			m, ready := moment{}, false
			for _, p := range plan {
				for _, d := range p.due[((s%p.period)+p.period)%p.period] {
					t := time.Unix(s, 0).UTC()
					if !ready {
						m, ready = at(t), true
					}
					if msg, ok := f.message(d, t, m); ok && !yield(msg) {
						return
					}
				}
			}
		}
	}
}

// device is a sensor (0 and up) or a bus (below 0: -1 is bus 0).
type device int

// slots tells which devices report in which second of their period.
type slots struct {
	period int64
	due    map[int64][]device
}

func (f *Feeds) schedule(cad Cadence) []slots {
	by := map[string]*slots{}
	var order []*slots
	for _, k := range []struct {
		kind string
		d    time.Duration
	}{{"bus", cad.Bus}, {"air", cad.Air}, {"noise", cad.Noise}, {"weather", cad.Weather}} {
		if k.d >= time.Second {
			by[k.kind] = &slots{int64(k.d / time.Second), map[int64][]device{}}
			order = append(order, by[k.kind])
		}
	}
	add := func(kind string, id uint64, d device) {
		if p := by[kind]; p != nil {
			at := int64(hash3(f.City.Seed, 17000, id) % uint64(p.period))
			p.due[at] = append(p.due[at], d)
		}
	}
	for i := range f.City.Buses {
		add("bus", uint64(i), device(-1-i))
	}
	for i, s := range f.City.Sensors {
		add(s.Kind, uint64(i)+100, device(i))
	}
	out := make([]slots, len(order))
	for i, p := range order {
		out[i] = *p
	}
	return out
}

// message is what one device sends; a bus out of service sends nothing.
func (f *Feeds) message(d device, t time.Time, m moment) (Message, bool) {
	if d < 0 {
		return f.busMessage(int(-1-d), t, m)
	}
	s := &f.City.Sensors[d]
	msg := Message{Time: t, Device: s.ID}
	var body any
	switch s.Kind {
	case "air":
		msg.Topic = "clairebeke/air/" + s.ID + "/observation"
		body = f.airBody(int(d), t, m)
	case "noise":
		msg.Topic = "application/" + chirpApplication + "/device/" + s.DevEUI + "/event/up"
		body = f.noiseBody(int(d), t)
	default:
		msg.Topic = "v3/clairebeke-weather@synthetic/devices/" + s.ID + "/up"
		body = f.weatherBody(int(d), t)
	}
	b, err := json.Marshal(body)
	if err != nil {
		slog.Error("write a device message", "device", s.ID, "err", err)
		return Message{}, false
	}
	msg.Payload = b
	return msg, true
}

type airBody struct {
	ID     string   `json:"id"`
	Time   string   `json:"time"`
	Site   string   `json:"site"`
	NO2    *float64 `json:"no2,omitempty"`
	O3     float64  `json:"o3"`
	PM10   float64  `json:"pm10"`
	PM25   float64  `json:"pm25"`
	Unit   string   `json:"unit"`
	Lat    float64  `json:"lat"`
	Lon    float64  `json:"lon"`
	Source string   `json:"source"`
}

func (f *Feeds) airBody(i int, t time.Time, m moment) airBody {
	s := &f.City.Sensors[i]
	a := f.City.air(i, m, f.City.weather(m))
	stamp := t
	if f.Faults.LocalTimeAsUTC && i%5 == 0 {
		stamp = t.Add(ZoneOffset(t))
	}
	b := airBody{s.ID, stamp.Format(time.RFC3339), s.Site, &a.NO2, a.O3, a.PM10, a.PM25, "ug/m3", s.At.Lat, s.At.Lon, sourceNote}
	if f.Faults.MissingFields && i%7 == 3 {
		b.NO2 = nil
	}
	return b
}

const chirpApplication = "6d0c5a52-0c1f-4b43-9a53-c1a17eb3ce00"

// noiseBody is an uplink in the shape of ChirpStack v4.
func (f *Feeds) noiseBody(i int, t time.Time) map[string]any {
	s := &f.City.Sensors[i]
	n := f.City.NoiseAt(i, t)
	count := uint32(t.Unix() / 300 % 65536)
	raw := make([]byte, 9)
	raw[0] = 1
	for k, v := range []float64{n.LAeq, n.LA10, n.LA90, n.LAmax} {
		binary.BigEndian.PutUint16(raw[1+2*k:], uint16(math.Round(v*10)))
	}
	h := hash3(f.City.Seed, uint64(i)+18000, uint64(t.Unix()))
	object := map[string]float64{"laeq": n.LAeq, "la10": n.LA10, "la90": n.LA90, "lamax": n.LAmax}
	body := map[string]any{
		"deduplicationId": fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(h), h>>32&0xffff, h>>48&0xfff, h>>52&0xfff, mix(h)&0xffffffffffff),
		"time":            t.Format("2006-01-02T15:04:05.000+00:00"),
		"deviceInfo": map[string]any{
			"tenantId": "2f1d1c4e-5a0b-4c55-8d0e-c1a17eb3ce01", "tenantName": "Clairebeke (synthetic)", "applicationId": chirpApplication, "applicationName": "noise",
			"deviceProfileName": "class A", "deviceName": s.ID, "devEui": s.DevEUI, "tags": map[string]string{"site": s.Site, "source": sourceNote},
		},
		"devAddr": fmt.Sprintf("%08x", uint32(mix(uint64(i)))), "adr": true, "dr": 5, "fCnt": count, "fPort": 1, "confirmed": false,
		"data": base64.StdEncoding.EncodeToString(raw),
		"rxInfo": []map[string]any{{
			"gatewayId": "c1a17eb3ce000001", "uplinkId": uint32(h >> 8), "gwTime": t.Format("2006-01-02T15:04:05.000+00:00"), "rssi": -58 - int(h%50), "snr": float64(int(h>>16%120))/10 - 2,
			"location": map[string]float64{"latitude": f.City.Centre.Lat, "longitude": f.City.Centre.Lon, "altitude": 98},
		}},
		"txInfo": map[string]any{"frequency": 868100000 + 200000*int(h%3), "modulation": map[string]any{"lora": map[string]any{"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}}},
	}
	if f.Faults.JSONInString {
		body["objectJSON"] = f.asText(object) // as the version before did
	} else {
		body["object"] = object
	}
	return body
}

// weatherBody is an uplink in the shape of The Things Stack v3.
func (f *Feeds) weatherBody(i int, t time.Time) map[string]any {
	s := &f.City.Sensors[i]
	r := f.City.WeatherAt(i, t)
	raw := []byte{1, 0x67, 0, 0, 2, 0x68, byte(r.HumidityPct * 2), 3, 0x73, 0, 0} // Cayenne LPP: temperature, humidity, pressure
	binary.BigEndian.PutUint16(raw[2:], uint16(int16(math.Round(r.TemperatureC*10))))
	binary.BigEndian.PutUint16(raw[9:], uint16(math.Round(r.PressureHPa*10)))
	decoded := map[string]any{"temperature": r.TemperatureC, "humidity": r.HumidityPct, "pressure": r.PressureHPa, "wind_speed": r.WindMS, "wind_direction": r.WindFromDeg, "rain_rate": r.RainMMH, "battery": r.BatteryV}
	if f.Faults.MissingFields && i%7 == 3 {
		delete(decoded, "humidity")
	}
	h := hash3(f.City.Seed, uint64(i)+19000, uint64(t.Unix()))
	at := t.Format("2006-01-02T15:04:05.000Z")
	return map[string]any{
		"end_device_ids": map[string]any{
			"device_id": s.ID, "application_ids": map[string]string{"application_id": "clairebeke-weather"}, "dev_eui": s.DevEUI, "dev_addr": fmt.Sprintf("260B%04X", uint16(mix(uint64(i)))),
		},
		"correlation_ids": []string{fmt.Sprintf("as:up:synthetic%016x", h)},
		"received_at":     at,
		"uplink_message": map[string]any{
			"f_port": 2, "f_cnt": t.Unix() / 600 % 65536, "frm_payload": base64.StdEncoding.EncodeToString(raw), "decoded_payload": decoded,
			"rx_metadata": []map[string]any{{"gateway_ids": map[string]string{"gateway_id": "gw-clairebeke-synthetic-1", "eui": "C1A17EB3CE000001"}, "time": at, "rssi": -70 - int(h%45), "snr": float64(int(h>>16%110)) / 10}},
			"settings":    map[string]any{"data_rate": map[string]any{"lora": map[string]any{"bandwidth": 125000, "spreading_factor": 9, "coding_rate": "4/5"}}, "frequency": "868300000"},
			"received_at": at,
			"locations":   map[string]any{"user": map[string]any{"latitude": s.At.Lat, "longitude": s.At.Lon, "altitude": 24, "source": "SOURCE_REGISTRY"}},
			"network_ids": map[string]string{"net_id": "000013", "tenant_id": sourceNote, "cluster_id": "eu1"},
		},
	}
}

// vehiclePosition is a position in the manner of the high-frequency feeds of
// northern operators: dl is negative when the bus is late.
type vehiclePosition struct {
	Line      string  `json:"desi"`
	Direction string  `json:"dir"`
	Vehicle   string  `json:"veh"`
	Time      string  `json:"tst"`
	Unix      int64   `json:"tsi"`
	Speed     float64 `json:"spd"` // metres a second
	Heading   int     `json:"hdg"`
	Lat       float64 `json:"lat"`
	Long      float64 `json:"long"`
	Lead      int     `json:"dl"`   // seconds ahead of the timetable
	Odometer  float64 `json:"odo"`  // metres since the start of the trip
	Doors     int     `json:"drst"` // 1 open
	Day       string  `json:"oday"`
	Trip      int64   `json:"jrn"`
	Start     string  `json:"start"`
	Stop      string  `json:"stop"` // the next one, or where it stands
	Route     string  `json:"route"`
	Occupancy *int    `json:"occu,omitempty"` // passengers
	Source    string  `json:"source"`
}

func (f *Feeds) busMessage(i int, t time.Time, m moment) (Message, bool) {
	s := f.City.bus(i, m)
	if !s.InService {
		return Message{}, false
	}
	b := &f.City.Buses[i]
	l := &f.City.BusLines[b.Line]
	started := Local(s.Started)
	p := vehiclePosition{
		Line: l.Number, Direction: itoa(s.Direction), Vehicle: b.ID, Time: t.Format(time.RFC3339), Unix: t.Unix(), Speed: s.SpeedMS, Heading: bearing(s.HeadingDeg),
		Lat: s.At.Lat, Long: s.At.Lon, Lead: -s.DelayS, Odometer: s.OdometerM, Day: started.Format(time.DateOnly), Trip: s.Trip, Start: started.Format("15:04"),
		Stop: f.City.BusStops[s.NextStop].ID, Route: l.ID, Occupancy: &s.Passengers, Source: sourceNote,
	}
	if s.AtStop {
		p.Doors = 1
	}
	if f.Faults.SwappedCoordinates && b.Line == 2 {
		p.Lat, p.Long = p.Long, p.Lat
	}
	if f.Faults.MissingFields && i%7 == 3 {
		p.Occupancy = nil
	}
	body, err := json.Marshal(map[string]vehiclePosition{"VP": p})
	if err != nil {
		slog.Error("write a bus message", "bus", b.ID, "err", err)
		return Message{}, false
	}
	return Message{"clairebeke/bus/vp/" + l.Number + "/" + b.ID, body, t, b.ID}, true
}
