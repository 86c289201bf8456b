package duty

import (
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// category is a theme of the annex of (EU) 2023/138 and its code in the EU
// table. The table does not say under which theme the narrower codes stand: a
// dataset with such a code alone has an open category.
type category struct{ code, theme string }

func categories() []category {
	return []category{
		{"c_ac64a52d", "geospatial"},
		{"c_dd313021", "earthObservationAndEnvironment"},
		{"c_164e0bf5", "meteorological"},
		{"c_e1da4e07", "statistics"},
		{"c_a9135398", "companies"},
		{"c_b79e35eb", "mobility"},
	}
}

// FactsOf gives what the catalogue knows of a dataset. What it does not know,
// such as who holds the data or whether somebody published the quality of
// service, is not there, and so keeps answers open.
func FactsOf(d *catalogue.Dataset, x *catalogue.Extent) law.Facts {
	published := d.State == catalogue.Published
	out := law.Facts{"dataset.published": published}
	if x.Count > 0 {
		out["dataset.exists"] = true
	}
	// A published dataset is served as NGSI-LD and as whole files in GeoJSON
	// and CSV; its metadata are DCAT, its API stands in /openapi.json.
	for _, name := range []string{"dataset.machineReadable", "dataset.openFormat", "dataset.api", "dataset.bulk", "dataset.docs"} {
		out[name] = published
	}
	out["dataset.contact"] = published && (d.Contact.Email != "" || d.Contact.URL != "")
	out["dataset.hvdMark"] = published && len(d.HighValue) > 0
	if l, ok := catalogue.LicenceOf(d.Licence); ok {
		out["dataset.licence"] = l.IRI
		out["dataset.licenceOpen"] = d.OpenLicence()
	}
	if d.Period > 0 {
		out["dataset.dynamic"] = true
	}
	var themes []string
	for _, c := range categories() {
		for _, code := range d.HighValue {
			if code == c.code {
				themes = append(themes, c.theme)
			}
		}
	}
	if len(themes) > 0 {
		out["dataset.hvdCategory"] = themes
	}
	return out
}

// factsOfTerms says whether terms of use and criteria of quality of service are
// published with d, for people and for machines; t is nil if nobody set any.
func factsOfTerms(d *catalogue.Dataset, t *catalogue.Terms) law.Facts {
	if t == nil || d.State != catalogue.Published {
		return nil // they may stand elsewhere: a person can say so
	}
	out := law.Facts{}
	if len(t.Use) > 0 {
		out["dataset.apiTerms"] = true
	}
	// (EU) 2023/138, Art. 3(2): performance, capacity and availability.
	if t.Latency > 0 && t.Capacity > 0 && t.Availability > 0 {
		out["dataset.qos"] = true
	}
	return out
}
