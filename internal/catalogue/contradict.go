package catalogue

import (
	"fmt"
	"time"

	"github.com/beffroi/beffroi/internal/entity"
)

// Contradiction is one thing that people wrote of a dataset and its data says
// otherwise.
type Contradiction struct {
	Field    string // of the description: frequency, period, temporal, selection
	Declared string // as written
	Measured string // what the data says, for people
	Text     Texts  // what is wrong and how to mend it
}

// frequencyPeriod gives the time within which data of a frequency must have
// changed (EU table frequency); 0 for one that promises nothing.
func frequencyPeriod(code string) time.Duration {
	switch code {
	case "UPDATE_CONT", "CONT":
		return 15 * time.Minute // a promise of "now" that people would believe
	case "1MIN":
		return time.Minute
	case "5MIN":
		return 5 * time.Minute
	case "10MIN":
		return 10 * time.Minute
	case "15MIN":
		return 15 * time.Minute
	case "30MIN":
		return 30 * time.Minute
	case "HOURLY":
		return time.Hour
	case "DAILY":
		return 24 * time.Hour
	case "WEEKLY":
		return 7 * 24 * time.Hour
	case "MONTHLY":
		return 31 * 24 * time.Hour
	case "QUARTERLY":
		return 92 * 24 * time.Hour
	case "ANNUAL":
		return 366 * 24 * time.Hour
	}
	return 0
}

// patience is how often a declared period may pass in silence, and how many
// times longer than declared the measured one may be, before that contradicts
// the description. Feeds hiccup; a word that is off by so much is wrong.
const patience = 3

// Contradictions compares what is written of a dataset with what x measures at
// the instant now, in the order frequency, period, temporal, selection.
func Contradictions(d *Dataset, x *Extent, now entity.Instant) []Contradiction {
	var out []Contradiction
	last := x.Last
	if last.IsZero() && x.Count > 0 {
		last = x.Modified
	}
	if p := frequencyPeriod(d.Frequency); p > 0 && !last.IsZero() {
		silent := time.Duration(now-last) * time.Microsecond
		if silent > patience*p {
			out = append(out, Contradiction{Field: "frequency", Declared: FrequencyLabel(d.Frequency), Measured: "silent for " + spoken(silent, "en"), Text: Texts{
				"fr": fmt.Sprintf("Déclaré « %s », mais aucune donnée nouvelle depuis %s : vérifiez la source ou corrigez la fréquence.", d.Frequency, spoken(silent, "fr")),
				"nl": fmt.Sprintf("Opgegeven als “%s”, maar al %s geen nieuwe gegevens: controleer de bron of verbeter de frequentie.", d.Frequency, spoken(silent, "nl")),
				"en": fmt.Sprintf("Declared as “%s”, but no new data for %s: check the source, or correct the frequency.", d.Frequency, spoken(silent, "en"))}})
		}
	}
	if d.Period > 0 && x.Period > patience*d.Period {
		declared, found := time.Duration(d.Period)*time.Microsecond, time.Duration(x.Period)*time.Microsecond
		out = append(out, Contradiction{Field: "period", Declared: spoken(declared, "en"), Measured: spoken(found, "en"), Text: Texts{
			"fr": fmt.Sprintf("Une mesure attendue toutes les %s, mais il en arrive une toutes les %s : vérifiez la source ou corrigez la période.", spoken(declared, "fr"), spoken(found, "fr")),
			"nl": fmt.Sprintf("Een meting verwacht om de %s, maar er komt er een om de %s: controleer de bron of verbeter de periode.", spoken(declared, "nl"), spoken(found, "nl")),
			"en": fmt.Sprintf("A reading is expected every %s, but one arrives every %s: check the source, or correct the period.", spoken(declared, "en"), spoken(found, "en"))}})
	}
	out = append(out, outside(d, x)...)
	if x.Count == 0 && d.State == Published && !d.Closed() {
		out = append(out, Contradiction{Field: "selection", Declared: "published", Measured: "no entities", Text: Texts{
			"fr": "Publié, mais la sélection ne contient aucune entité : vérifiez les types et la portée.",
			"nl": "Gepubliceerd, maar de selectie bevat geen enkele entiteit: controleer de types en de scope.",
			"en": "Published, but the selection holds no entity: check its types and its scope."}})
	}
	return out
}

// outside finds observations out of the time that is typed.
func outside(d *Dataset, x *Extent) []Contradiction {
	var out []Contradiction
	say := func(declared, measured entity.Instant, fr, nl, en string) {
		at := measured.String()[:10]
		out = append(out, Contradiction{Field: "temporal", Declared: declared.String()[:10], Measured: at, Text: Texts{
			"fr": fmt.Sprintf(fr, at), "nl": fmt.Sprintf(nl, at), "en": fmt.Sprintf(en, at)}})
	}
	if !d.From.IsZero() && !x.First.IsZero() && x.First < d.From {
		say(d.From, x.First, "Les observations commencent le %s, avant le début indiqué : corrigez la période.", "De waarnemingen beginnen op %s, voor het opgegeven begin: verbeter de periode.", "Observations begin on %s, before the start that is typed: correct the period.")
	}
	if !d.Until.IsZero() && !x.Last.IsZero() && x.Last > d.Until+day {
		say(d.Until, x.Last, "Les observations vont jusqu’au %s, après la fin indiquée : corrigez la période.", "De waarnemingen lopen tot %s, na het opgegeven einde: verbeter de periode.", "Observations go on until %s, after the end that is typed: correct the period.")
	}
	return out
}

// day is how far an end typed as a date reaches.
const day = entity.Instant(24 * 60 * 60 * 1_000_000)

// spoken says a span in its largest whole unit, rounded down.
func spoken(d time.Duration, lang string) string {
	words := map[string][4]string{"fr": {"secondes", "minutes", "heures", "jours"}, "nl": {"seconden", "minuten", "uur", "dagen"}, "en": {"seconds", "minutes", "hours", "days"}}[lang]
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d %s", d/(24*time.Hour), words[3])
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d %s", d/time.Hour, words[2])
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d %s", d/time.Minute, words[1])
	}
	return fmt.Sprintf("%d %s", d/time.Second, words[0])
}
