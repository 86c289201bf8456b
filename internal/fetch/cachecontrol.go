package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mostAge bounds what a server may ask to be kept.
const mostAge = 365 * 24 * time.Hour

// MaxAge tells for how long an answer may be kept (RFC 9111, 4.2): s-maxage,
// for what is kept here is shared by all who ask, or max-age, less Age, else
// Expires less Date. It is zero for no-store, no-cache and
// what has expired; ok is false if the server says nothing.
func MaxAge(h http.Header) (age time.Duration, ok bool) {
	shared := false // s-maxage was there: it wins over max-age (RFC 9111, 5.2.2.10)
	for _, v := range h.Values("Cache-Control") {
		for d := range strings.SplitSeq(v, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "no-store", "no-cache":
				return 0, true
			case "max-age":
				// The first one counts; one that cannot be read is stale.
				if !ok {
					age, ok = seconds(value), true
				}
			case "s-maxage":
				if !shared {
					age, ok, shared = seconds(value), true, true
				}
			}
		}
	}
	if ok {
		return max(0, age-seconds(h.Get("Age"))), true
	}
	if e := h.Get("Expires"); e != "" {
		expires, err := http.ParseTime(e)
		date, derr := http.ParseTime(h.Get("Date"))
		if err != nil || derr != nil || !expires.After(date) {
			return 0, true
		}
		return min(expires.Sub(date), mostAge), true
	}
	return 0, false
}

func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(s), `"`), 10, 63)
	if err != nil {
		return 0
	}
	if n > uint64(mostAge/time.Second) {
		return mostAge
	}
	return time.Duration(n) * time.Second
}
