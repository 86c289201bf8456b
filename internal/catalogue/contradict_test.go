package catalogue

import (
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
)

func TestContradictions(t *testing.T) {
	const now = entity.Instant(1_780_000_000_000_000)
	ago := func(d time.Duration) entity.Instant { return now - entity.Instant(d/time.Microsecond) }
	period := func(d time.Duration) entity.Instant { return entity.Instant(d / time.Microsecond) }
	for name, tt := range map[string]struct {
		d    Dataset
		x    Extent
		want string // field: measured; ...
	}{
		"hourly, silent for two days":         {Dataset{Frequency: "HOURLY"}, Extent{Count: 1, Last: ago(50 * time.Hour)}, "frequency: silent for 2 days"},
		"hourly, silent for two hours":        {Dataset{Frequency: "HOURLY"}, Extent{Count: 1, Last: ago(2 * time.Hour)}, ""},
		"daily, silent for two days":          {Dataset{Frequency: "DAILY"}, Extent{Count: 1, Last: ago(50 * time.Hour)}, ""},
		"irregular, silent for years":         {Dataset{Frequency: "IRREG"}, Extent{Count: 1, Last: ago(20000 * time.Hour)}, ""},
		"nothing observed, changed long ago":  {Dataset{Frequency: "WEEKLY"}, Extent{Count: 1, Modified: ago(30 * 24 * time.Hour)}, "frequency: silent for 30 days"},
		"every minute, arrives every quarter": {Dataset{Frequency: "IRREG", Period: period(time.Minute)}, Extent{Count: 1, Last: now, Period: period(15 * time.Minute)}, "period: 15 minutes"},
		"every minute, arrives so":            {Dataset{Frequency: "1MIN", Period: period(time.Minute)}, Extent{Count: 1, Last: now, Period: period(time.Minute)}, ""},
		"faster than promised":                {Dataset{Frequency: "DAILY", Period: period(time.Hour)}, Extent{Count: 1, Last: now, Period: period(time.Minute)}, ""},
		"published and empty":                 {Dataset{Frequency: "HOURLY", State: Published}, Extent{Modified: ago(50 * time.Hour)}, "selection: no entities"},
		"a draft may be empty":                {Dataset{Frequency: "HOURLY"}, Extent{}, ""},
	} {
		var got []string
		for _, c := range Contradictions(&tt.d, &tt.x, now) {
			got = append(got, c.Field+": "+c.Measured)
			for _, lang := range Languages() {
				if c.Text[lang] == "" {
					t.Errorf("%s: nothing in %s", name, lang)
				}
			}
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s: %q, want %q", name, s, tt.want)
		}
	}
}
