package synth

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// CounterMinutes is how long an interval of the traffic counters is on the open
// data portal.
const CounterMinutes = 6

// Feeds serves a city to the outside the way real cities are served, with the
// defects that are switched on.
type Feeds struct {
	City   *City
	Faults Faults
}

// Handler answers the feeds:
//
//	/gbfs/2.3/NAME.json, /gbfs/3.0/NAME.json   gbfs, system_information, vehicle_types, station_information, station_status
//	/opendata/v2.1/datasets/NAME/records       disponibilite-parkings, comptages-routiers, prochains-passages; limit (1 to 100, else 10), offset
//	/traffic/devices.json, /traffic/live.json  the counters in another manner
//	/files/bike-counts.csv, /files/works.geojson
//
// now gives the instant that the answer is true for. The handler holds no
// state; it may serve many at once.
func (f *Feeds) Handler(now func() time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gbfs/{version}/{file}", func(w http.ResponseWriter, r *http.Request) {
		file, isJSON := strings.CutSuffix(r.PathValue("file"), ".json")
		base := "http://" + r.Host + "/gbfs/" + r.PathValue("version") + "/"
		if v, ok := f.gbfs(r.PathValue("version"), file, base, now()); ok && isJSON {
			sendJSON(w, v, gbfsTTL)
			return
		}
		refuse(w, http.StatusNotFound, "no such GBFS file: "+r.URL.Path)
	})
	mux.HandleFunc("GET /opendata/v2.1/datasets/{dataset}/records", func(w http.ResponseWriter, r *http.Request) {
		f.sendRecords(w, r, now())
	})
	mux.HandleFunc("GET /traffic/devices.json", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, f.roadDevices(), 3600) })
	mux.HandleFunc("GET /traffic/live.json", func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, f.roadLive(now()), 60) })
	mux.HandleFunc("GET /files/works.geojson", func(w http.ResponseWriter, _ *http.Request) {
		sendJSONAs(w, "application/geo+json", f.worksFile(now()), 3600)
	})
	mux.HandleFunc("GET /files/bike-counts.csv", func(w http.ResponseWriter, _ *http.Request) {
		send(w, "text/csv; charset=utf-8", f.appendBikeCounts(nil, now()), 900)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "no such feed: "+r.URL.Path)
	})
	return mux
}

// sendRecords answers one page of a dataset.
func (f *Feeds) sendRecords(w http.ResponseWriter, r *http.Request, now time.Time) {
	all, ok := f.records(r.PathValue("dataset"), now)
	if !ok {
		refuse(w, http.StatusNotFound, "no dataset named "+r.PathValue("dataset"))
		return
	}
	limit, okL := number(r, "limit", 10, 100)
	offset, okO := number(r, "offset", 0, 10000)
	if !okL || !okO {
		refuse(w, http.StatusBadRequest, "limit goes from 0 to 100, offset from 0 to 10000")
		return
	}
	page := all[min(offset, len(all)):min(offset+limit, len(all))]
	sendJSON(w, map[string]any{"total_count": len(all), "results": page}, 60)
}

// number reads a whole-number parameter from 0 to most.
func number(r *http.Request, name string, unset, most int) (int, bool) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return unset, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && n <= most
}

func sendJSON(w http.ResponseWriter, v any, maxAgeS int) {
	sendJSONAs(w, "application/json; charset=utf-8", v, maxAgeS)
}

func sendJSONAs(w http.ResponseWriter, mediaType string, v any, maxAgeS int) {
	b, err := json.Marshal(v)
	if err != nil {
		slog.Error("write a feed as JSON", "err", err)
		refuse(w, http.StatusInternalServerError, "the feed could not be written")
		return
	}
	send(w, mediaType, b, maxAgeS)
}

func send(w http.ResponseWriter, mediaType string, body []byte, maxAgeS int) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(maxAgeS))
	h.Set("X-Content-Type-Options", "nosniff")
	if _, err := w.Write(body); err != nil {
		slog.Debug("send a feed", "err", err) // the reader went away
	}
}

// refuse answers an error the way the portal does.
func refuse(w http.ResponseWriter, status int, message string) {
	b, err := json.Marshal(map[string]string{"error_code": http.StatusText(status), "message": message})
	if err != nil {
		slog.Error("write an error as JSON", "err", err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(b); err != nil {
		slog.Debug("send an error", "err", err)
	}
}
