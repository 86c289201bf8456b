package httpx

import (
	"net/http"
	"testing"
)

func TestPreference(t *testing.T) {
	tests := map[string]struct {
		headers []string
		want    string
		stated  bool
	}{
		"none":             {nil, "", false},
		"plain":            {[]string{"ngsi-ld=1.5"}, "1.5", true},
		"upper case":       {[]string{"NGSI-LD=1.5"}, "1.5", true},
		"quoted":           {[]string{`ngsi-ld="1.5"`}, "1.5", true},
		"blanks":           {[]string{` ngsi-ld = 1.5 `}, "1.5", true},
		"parameters":       {[]string{"ngsi-ld=1.5; strict; a=b"}, "1.5", true},
		"among others":     {[]string{`respond-async, x="a,ngsi-ld=1.1", ngsi-ld=1.5, body=json`}, "1.5", true},
		"another header":   {[]string{"body=json", "ngsi-ld=1.5"}, "1.5", true},
		"the first counts": {[]string{"ngsi-ld=1.5, ngsi-ld=1.6"}, "1.5", true},
		"no value":         {[]string{"ngsi-ld"}, "", true},
		"a parameter":      {[]string{"x; ngsi-ld=1.5"}, "", false},
		"another":          {[]string{"body=json"}, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := Preference(http.Header{"Prefer": tt.headers}, "ngsi-ld")
			if got != tt.want || ok != tt.stated {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}
