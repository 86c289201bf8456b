package config

import (
	"strings"
	"testing"
)

// A length of time below zero cannot be meant: a rule of retention with one
// would throw all history away.
func TestSpansAreNotBelowZero(t *testing.T) {
	for env, good := range map[string]bool{
		"BEFFROI_STORE_KEEP_HISTORY=-1h":               false,
		"BEFFROI_STORE_KEEP_HISTORY=-3d":               false,
		"BEFFROI_STORE_KEEP_HISTORY=200000d":           false, // nor one that does not fit
		"BEFFROI_STORE_RETENTION=A|b|30d,A|c|-3d":      false,
		"BEFFROI_STORE_RETENTION=Vehicle|location|30d": true,
		"BEFFROI_STORE_RETENTION=Vehicle|location|0d":  true, // for ever
	} {
		_, err := Load("", []string{env})
		name, _, _ := strings.Cut(env, "=")
		if (err == nil) != good || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", env, err)
		}
	}
}
