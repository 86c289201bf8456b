package catalogue

import (
	_ "embed"
	"strings"
	"sync"
)

// HighValueAct is the address of Implementing Regulation (EU) 2023/138, which
// lists the high-value datasets.
const HighValueAct = "http://data.europa.eu/eli/reg_impl/2023/138/oj"

// HighValueScheme is the EU table of the categories of high-value datasets;
// its entries stand beside it, under BNA.
const (
	HighValueScheme = BNA + "asd487ae75"
	BNA             = "http://data.europa.eu/bna/"
)

//go:embed highvalue.tsv
var highValueTable string

// highValue is the EU table high-value-dataset-category: code to English label.
var highValue = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(highValueTable) {
		code, label, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		m[code] = label
	}
	return m
})

// HighValueLabel gives the English label of a code of the EU table of
// categories of high-value datasets, such as "c_63b37dd4"; "" if it has none.
func HighValueLabel(code string) string { return highValue()[code] }

// HighValueTheme tells whether a code is one of the six themes of the
// regulation's annex; the other codes are entries of one.
func HighValueTheme(code string) bool {
	switch code {
	case "c_ac64a52d", "c_dd313021", "c_164e0bf5", "c_e1da4e07", "c_a9135398", "c_b79e35eb":
		return true
	}
	return false
}

// highValueLicence tells whether a licence is one under which high-value
// datasets may be: CC0, CC BY 4.0 or less restrictive ((EU) 2023/138, 4(3)).
// The text of the Licence Ouverte 2.0 says itself that it is compatible with
// CC BY; that of the ODbL asks for more.
func highValueLicence(key string) bool { return key == "CC0" || key == "CC_BY_4_0" || key == "LO_2_0" }

// OpenLicence tells whether the dataset's licence is one under which
// high-value datasets may be: CC0, CC BY 4.0 or less restrictive.
func (d *Dataset) OpenLicence() bool { return highValueLicence(d.Licence) }
