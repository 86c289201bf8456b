package catalogue

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Licence is one that datasets may be under.
type Licence struct {
	Key   string
	Title string
	URL   string // its text, for people
	IRI   string // that names it in metadata: of the EU table where it is there
	// Closest is the licence of the EU table that portals may read in its
	// place, for one that is not in the table; "" if it is.
	Closest string
	// Known is the id under which CKAN and udata know the licence.
	Known string
}

var licences = map[string]Licence{
	"CC0":       {"CC0", "Creative Commons CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/", Authority + "licence/CC0", "", "cc-zero"},
	"CC_BY_4_0": {"CC_BY_4_0", "Creative Commons Attribution 4.0 (CC BY 4.0)", "https://creativecommons.org/licenses/by/4.0/", Authority + "licence/CC_BY_4_0", "", "cc-by"},
	"LO_2_0": {"LO_2_0", "Licence Ouverte / Open Licence version 2.0", "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
		"https://www.etalab.gouv.fr/licence-ouverte-open-licence", Authority + "licence/CC_BY_4_0", "lov2"},
	"ODBL": {"ODBL", "Open Database License 1.0 (ODbL)", "https://opendatacommons.org/licenses/odbl/1-0/", Authority + "licence/ODC_BL", "", "odc-odbl"},
}

// LicenceOf finds a licence by its key.
func LicenceOf(key string) (Licence, bool) {
	l, ok := licences[key]
	return l, ok
}

// LicenceAt finds a licence by an address that names it: its IRI or its text,
// with http or https, with or without a slash at the end or the language of a
// deed.
func LicenceAt(address string) (Licence, bool) {
	plain := func(s string) string {
		_, s, _ = strings.Cut(strings.ToLower(s), "://")
		s, _, _ = strings.Cut(s, "/deed")
		s, _, _ = strings.Cut(s, "/legalcode")
		return strings.TrimRight(strings.TrimPrefix(s, "www."), "/")
	}
	for _, key := range licenceKeys() {
		if l := licences[key]; plain(address) == plain(l.IRI) || plain(address) == plain(l.URL) {
			return l, true
		}
	}
	return Licence{}, false
}

// Licences lists all licences in order of their keys.
func Licences() []Licence {
	var out []Licence
	for _, key := range licenceKeys() {
		out = append(out, licences[key])
	}
	return out
}

func licenceKeys() []string { return slices.Sorted(maps.Keys(licences)) }

// themes is the EU table data-theme: code to English label.
var themes = map[string]string{
	"AGRI": "Agriculture, fisheries, forestry and food", "ECON": "Economy and finance", "EDUC": "Education, culture and sport",
	"ENER": "Energy", "ENVI": "Environment", "GOVE": "Government and public sector", "HEAL": "Health", "INTR": "International issues",
	"JUST": "Justice, legal system and public safety", "REGI": "Regions and cities", "SOCI": "Population and society",
	"TECH": "Science and technology", "TRAN": "Transport",
}

// ThemeLabel gives the English label of a code of the EU table data-theme.
func ThemeLabel(code string) string { return themes[code] }

// frequencies is what is used of the EU table frequency.
var frequencies = map[string]string{
	"UPDATE_CONT": "continuously updated", "CONT": "continuous", "1MIN": "every minute", "5MIN": "every five minutes", "10MIN": "every ten minutes",
	"15MIN": "every fifteen minutes", "30MIN": "every thirty minutes", "HOURLY": "hourly", "DAILY": "daily", "WEEKLY": "weekly",
	"MONTHLY": "monthly", "QUARTERLY": "quarterly", "ANNUAL": "annual", "IRREG": "irregular", "UNKNOWN": "unknown",
}

// FrequencyLabel gives the English label of a code of the EU table frequency.
func FrequencyLabel(code string) string { return frequencies[code] }

// AccessPublic is the code of the EU table access-right for what everybody may
// have.
const AccessPublic = "PUBLIC"

// accessRights is what is used of the EU table access-right: code to English
// label.
var accessRights = map[string]string{"PUBLIC": "public", "RESTRICTED": "restricted", "NON_PUBLIC": "non-public"}

// AccessLabel gives the English label of a code of the EU table access-right.
func AccessLabel(code string) string { return accessRights[code] }

// Reason is why data is protected.
type Reason struct {
	Key   string
	Title Texts
}

// Reasons lists the grounds of protection of the Data Governance Act, (EU)
// 2022/868, Art. 3(1), and those of other law.
func Reasons() []Reason {
	return []Reason{
		{"commercial", Texts{"fr": "secret des affaires (DGA, art. 3, § 1, a)", "nl": "commerciële vertrouwelijkheid (DGA, art. 3, lid 1, a)", "en": "commercial confidentiality (DGA, Art. 3(1)(a))"}},
		{"statistical", Texts{"fr": "secret statistique (DGA, art. 3, § 1, b)", "nl": "statistische geheimhouding (DGA, art. 3, lid 1, b)", "en": "statistical confidentiality (DGA, Art. 3(1)(b))"}},
		{"intellectual", Texts{"fr": "propriété intellectuelle de tiers (DGA, art. 3, § 1, c)", "nl": "intellectuele eigendom van derden (DGA, art. 3, lid 1, c)", "en": "intellectual property of others (DGA, Art. 3(1)(c))"}},
		{"personal", Texts{"fr": "données à caractère personnel (DGA, art. 3, § 1, d)", "nl": "persoonsgegevens (DGA, art. 3, lid 1, d)", "en": "personal data (DGA, Art. 3(1)(d))"}},
		{"security", Texts{"fr": "sécurité publique ou protection des infrastructures", "nl": "openbare veiligheid of bescherming van infrastructuur", "en": "public security or protection of infrastructure"}},
		{"other", Texts{"fr": "autre règle de droit", "nl": "andere rechtsregel", "en": "another rule of law"}},
	}
}

// ReasonOf finds a reason by its key.
func ReasonOf(key string) (Reason, bool) {
	for _, r := range Reasons() {
		if r.Key == key {
			return r, true
		}
	}
	return Reason{}, false
}

// Frequencies lists the codes that are known of the EU table frequency, in
// order.
func Frequencies() []string { return slices.Sorted(maps.Keys(frequencies)) }

// Themes lists the codes of the EU table data-theme, in order.
func Themes() []string { return slices.Sorted(maps.Keys(themes)) }

// HighValueCodes lists the codes of the EU table of categories of high-value
// datasets, in order of their labels.
func HighValueCodes() []string {
	return slices.SortedFunc(maps.Keys(highValue()), func(a, b string) int {
		return cmp.Or(cmp.Compare(HighValueLabel(a), HighValueLabel(b)), cmp.Compare(a, b))
	})
}
