package portal

import "testing"

func TestTitleOfAnotherLanguage(t *testing.T) {
	for range 50 { // the order of a map is another each time
		for _, tc := range []struct {
			names map[string]string
			want  string
		}{
			{map[string]string{"fr": "Beffroi", "nl": "Belfort"}, "Beffroi"},
			{map[string]string{"nl": "Belfort", "de": "Glockenturm"}, "Belfort"},
			{map[string]string{"it": "Torre", "de": "Glockenturm"}, "Glockenturm"},
			{map[string]string{"fr": "Beffroi", "en": "Belfry"}, "Belfry"},
		} {
			if got := (&item{names: tc.names}).title("en"); got != tc.want {
				t.Fatalf("%v: %q, want %q", tc.names, got, tc.want)
			}
		}
	}
}
