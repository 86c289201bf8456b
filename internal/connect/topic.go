package connect

import (
	"errors"
	"strings"
)

// checkFilter tells what is wrong with a topic filter of MQTT.
func checkFilter(f string) error {
	switch {
	case f == "":
		return errors.New("a topic filter such as city/air/+/observation")
	case len(f) > 1024:
		return errors.New("the topic filter is longer than 1,024 bytes")
	case strings.ContainsRune(f, 0):
		return errors.New("a topic has no character 0")
	}
	levels := strings.Split(f, "/")
	for i, l := range levels {
		if strings.ContainsAny(l, "+#") && len(l) > 1 {
			return errors.New("+ and # stand alone between slashes")
		}
		if l == "#" && i != len(levels)-1 {
			return errors.New("# stands at the end only")
		}
	}
	return nil
}

// Matches reports whether the topic is one of the filter's (MQTT 5, 4.7).
func Matches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	for {
		f, fRest, fMore := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, tRest, tMore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		switch {
		case !fMore && !tMore:
			return true
		case fMore && !tMore:
			return fRest == "#"
		case !fMore:
			return false
		}
		filter, topic = fRest, tRest
	}
}
