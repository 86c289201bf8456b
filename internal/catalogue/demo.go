package catalogue

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/vocab"
)

// Namespaces of the EU authority tables.
const (
	Themes      = "http://publications.europa.eu/resource/authority/data-theme/"
	Frequencies = "http://publications.europa.eu/resource/authority/frequency/"
	Licences    = "http://publications.europa.eu/resource/authority/licence/"
)

// DemoDatasets gives the datasets of the synthetic city with that name. Each
// says in its title and its description that nothing in it is real.
func DemoDatasets(city string) []Dataset {
	mobility := Agent{"mobilite", city + " Mobilité", "mobilite@clairebeke.example"}
	nature := Agent{"environnement", city + " Environnement", "environnement@clairebeke.example"}
	survey := Agent{"cadastre", city + " Cadastre", "cadastre@clairebeke.example"}
	cc0 := Licence{Licences + "CC0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"}
	set := func(slug, theme, frequency string, by Agent, fr, nl, en string, types ...string) Dataset {
		d := Dataset{Slug: slug, Publisher: by, Licence: cc0, Themes: []string{Themes + theme}, Frequency: Frequencies + frequency, Synthetic: true,
			Title: Texts{"fr": fr + " (données synthétiques)", "nl": nl + " (synthetische data)", "en": en + " (synthetic data)"},
			Description: Texts{
				"fr": fr + " de " + city + ", une ville inventée : rien ici n’est réel.",
				"nl": nl + " van " + city + ", een verzonnen stad: niets hiervan is echt.",
				"en": en + " of " + city + ", an invented city: nothing in it is real.",
			}, Keywords: []string{"synthetic"}}
		for _, t := range types {
			d.Selection.Types = append(d.Selection.Types, vocab.Term(t))
		}
		return d
	}
	out := []Dataset{
		set("bikes", "TRAN", "UPDATE_CONT", mobility, "Vélos en libre-service", "Deelfietsen", "Shared bikes", "BikeHireDockingStation"),
		set("buses", "TRAN", "UPDATE_CONT", mobility, "Positions des bus", "Posities van de bussen", "Positions of the buses", "Vehicle"),
		set("parking", "TRAN", "UPDATE_CONT", mobility, "Places libres dans les parkings", "Vrije plaatsen in parkeergarages", "Free places in car parks", "OffStreetParking"),
		set("traffic", "TRAN", "UPDATE_CONT", mobility, "Comptages routiers", "Verkeerstellingen", "Traffic counts", "TrafficFlowObserved"),
		set("air", "ENVI", "UPDATE_CONT", nature, "Qualité de l’air", "Luchtkwaliteit", "Air quality", "AirQualityObserved"),
		set("noise", "ENVI", "UPDATE_CONT", nature, "Niveaux de bruit", "Geluidsniveaus", "Noise levels", "NoiseLevelObserved"),
		set("weather", "ENVI", "UPDATE_CONT", nature, "Observations météorologiques", "Weerwaarnemingen", "Weather observations", "WeatherObserved"),
		set("buildings", "REGI", "IRREG", survey, "Bâtiments et leurs hauteurs", "Gebouwen en hun hoogte", "Buildings and their heights", "Building"),
		set("streets", "TRAN", "IRREG", survey, "Rues", "Straten", "Streets", "Road"),
		set("trees", "ENVI", "IRREG", nature, "Arbres", "Bomen", "Trees", "Tree"),
		set("parks", "ENVI", "IRREG", nature, "Parcs et eaux", "Parken en waters", "Parks and waters", "Park", "WaterBody"),
	}
	for i := range out {
		for _, l := range Layers() {
			if l.ID == out[i].Slug {
				out[i].Layer, out[i].Period = l.ID, float64(l.Period/entity.Instant(1_000_000))
			}
		}
	}
	return out
}
