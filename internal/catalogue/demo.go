package catalogue

import (
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/vocab"
)

// demoSet is one dataset of the invented city, before its name is put in.
type demoSet struct {
	slug, layer, types, theme, frequency, publisher string
	period                                          entity.Instant // seconds
	title, description                              [3]string      // fr, nl, en
	keywords                                        [3]string      // comma separated
}

// syntheticWords say in each language that nothing is real: in titles, and
// after descriptions.
var syntheticWords = map[string][2]string{
	"fr": {"données synthétiques", "Données synthétiques : cette ville est inventée, rien de tout cela n’a été mesuré."},
	"nl": {"synthetische gegevens", "Synthetische gegevens: deze stad is verzonnen, niets hiervan werd gemeten."},
	"en": {"synthetic data", "Synthetic data: this city is invented, and none of this was measured."},
}

// DemoDatasets describes the layers of an invented city as datasets, each
// marked as synthetic in its title, its description and its metadata. city
// gives the city's name by language; for one that is missing that in French is
// taken.
func DemoDatasets(city map[string]string) []Dataset {
	var out []Dataset
	for _, s := range demoSets() {
		d := Dataset{Slug: s.slug, Layer: s.layer, Licence: "CC_BY_4_0", Themes: strings.Fields(s.theme), Frequency: s.frequency, Period: s.period * second,
			Title: Texts{}, Description: Texts{}, Keywords: map[string][]string{}, Synthetic: true,
			Publisher: Agent{Name: named(city, "fr") + " " + s.publisher},
			Contact:   Contact{Name: named(city, "fr") + " Open Data", Email: "opendata@city.example"}}
		for i, lang := range Languages() {
			d.Title[lang] = s.title[i] + " – " + named(city, lang) + " (" + syntheticWords[lang][0] + ")"
			d.Description[lang] = s.description[i] + " " + syntheticWords[lang][1]
			for word := range strings.SplitSeq(s.keywords[i], ",") {
				d.Keywords[lang] = append(d.Keywords[lang], word)
			}
			d.Keywords[lang] = append(d.Keywords[lang], syntheticWords[lang][0])
		}
		d.HighValue = demoHighValue(s.slug)
		for t := range strings.FieldsSeq(s.types) {
			d.Selection.Types = append(d.Selection.Types, vocab.Term(t))
		}
		out = append(out, d)
	}
	return out
}

// demoHighValue gives the categories under which a dataset of the invented city
// would be of high value, theme and entry of the annex; none if it would not.
func demoHighValue(slug string) []string {
	switch slug {
	case "air-quality":
		return []string{"c_dd313021", "c_63b37dd4"} // environment: air
	case "weather":
		return []string{"c_164e0bf5", "c_3af3368c"} // meteorological: observations of stations
	case "buildings":
		return []string{"c_ac64a52d", "c_60182062"} // geospatial: buildings
	case "streets":
		return []string{"c_b79e35eb", "c_4b74ea13"} // mobility: transport networks
	}
	return nil
}

func named(city map[string]string, lang string) string {
	if n := city[lang]; n != "" {
		return n
	}
	return city["fr"]
}

const (
	mobility    = "Mobilité"
	environment = "Environnement"
	survey      = "Géomatique"
)

func demoSets() []demoSet {
	return []demoSet{
		{"shared-bikes", "bikes", "BikeHireDockingStation", "TRAN", "1MIN", mobility, 60,
			[3]string{"Vélos en libre-service", "Deelfietsen", "Shared bikes"},
			[3]string{"Vélos et places libres à chaque station de vélos en libre-service, une fois par minute.", "Beschikbare fietsen en vrije plaatsen in elk deelfietsstation, elke minuut.", "Bikes and free docks at every bike sharing station, once a minute."},
			[3]string{"vélo,mobilité,GBFS", "fiets,mobiliteit,GBFS", "bicycle,mobility,GBFS"}},
		{"buses", "buses", "Vehicle", "TRAN", "UPDATE_CONT", mobility, 10,
			[3]string{"Bus en circulation", "Bussen onderweg", "Buses on the road"},
			[3]string{"Position, ligne, retard et prochain arrêt de chaque bus en service.", "Plaats, lijn, vertraging en volgende halte van elke bus in dienst.", "Position, line, delay and next stop of every bus in service."},
			[3]string{"bus,transport public,temps réel", "bus,openbaar vervoer,realtime", "bus,public transport,real time"}},
		{"car-parks", "parking", "OffStreetParking", "TRAN", "1MIN", mobility, 60,
			[3]string{"Places de parking", "Parkeerplaatsen", "Car parks"},
			[3]string{"Places libres et capacité des parkings publics, une fois par minute.", "Vrije plaatsen en capaciteit van de openbare parkeergarages, elke minuut.", "Free spaces and capacity of the public car parks, once a minute."},
			[3]string{"stationnement,parking", "parkeren,parkeergarage", "parking,car park"}},
		{"traffic-counts", "traffic", "TrafficFlowObserved", "TRAN", "UPDATE_CONT", mobility, 360,
			[3]string{"Comptages routiers", "Verkeerstellingen", "Traffic counts"},
			[3]string{"Débit, vitesse moyenne et taux d’occupation aux points de comptage.", "Intensiteit, gemiddelde snelheid en bezettingsgraad op de telpunten.", "Flow, mean speed and occupancy at the counting points."},
			[3]string{"trafic,comptage", "verkeer,telling", "traffic,counting"}},
		{"air-quality", "air", "AirQualityObserved", "ENVI HEAL", "5MIN", environment, 300,
			[3]string{"Qualité de l’air", "Luchtkwaliteit", "Air quality"},
			[3]string{"Dioxyde d’azote, particules fines et ozone aux stations de mesure.", "Stikstofdioxide, fijn stof en ozon in de meetstations.", "Nitrogen dioxide, particulate matter and ozone at the monitoring stations."},
			[3]string{"air,pollution,NO2,PM10", "lucht,vervuiling,NO2,PM10", "air,pollution,NO2,PM10"}},
		{"noise", "noise", "NoiseLevelObserved", "ENVI HEAL", "5MIN", environment, 300,
			[3]string{"Niveaux de bruit", "Geluidsniveaus", "Noise levels"},
			[3]string{"Niveau sonore équivalent et maximal mesuré par les sonomètres.", "Equivalent en maximaal geluidsniveau gemeten door de geluidsmeters.", "Equivalent and maximum sound level measured by the noise meters."},
			[3]string{"bruit,environnement", "geluid,milieu", "noise,environment"}},
		{"weather", "weather", "WeatherObserved", "ENVI", "10MIN", environment, 600,
			[3]string{"Météo locale", "Plaatselijk weer", "Local weather"},
			[3]string{"Température, humidité, vent et précipitations aux stations de la ville.", "Temperatuur, vochtigheid, wind en neerslag in de stations van de stad.", "Temperature, humidity, wind and precipitation at the city’s stations."},
			[3]string{"météo,température", "weer,temperatuur", "weather,temperature"}},
		{"buildings", "", "Building", "REGI", "IRREG", survey, 0,
			[3]string{"Bâtiments", "Gebouwen", "Buildings"},
			[3]string{"Emprise au sol, hauteur, usage et adresse de chaque bâtiment.", "Grondvlak, hoogte, gebruik en adres van elk gebouw.", "Footprint, height, use and address of every building."},
			[3]string{"bâtiment,3D,cadastre", "gebouw,3D,kadaster", "building,3D,footprint"}},
		{"streets", "", "Road", "TRAN REGI", "IRREG", survey, 0,
			[3]string{"Filaire de voirie", "Straten", "Streets"},
			[3]string{"Axes, noms, classes, largeurs et sens de circulation des rues.", "Assen, namen, klassen, breedten en rijrichtingen van de straten.", "Centre lines, names, classes, widths and directions of the streets."},
			[3]string{"rue,voirie", "straat,wegennet", "street,road network"}},
		{"trees", "", "Tree", "ENVI", "IRREG", environment, 0,
			[3]string{"Arbres", "Bomen", "Trees"},
			[3]string{"Emplacement, essence et hauteur des arbres d’alignement et des parcs.", "Plaats, soort en hoogte van de bomen langs straten en in parken.", "Place, species and height of street and park trees."},
			[3]string{"arbre,végétation", "boom,groen", "tree,vegetation"}},
		{"parks-and-water", "", "Park WaterBody", "ENVI", "IRREG", environment, 0,
			[3]string{"Parcs et plans d’eau", "Parken en water", "Parks and water"},
			[3]string{"Parcs, jardins, rivières, canaux et plans d’eau.", "Parken, tuinen, rivieren, kanalen en vijvers.", "Parks, gardens, rivers, canals and ponds."},
			[3]string{"parc,eau,espace vert", "park,water,groen", "park,water,green space"}},
		{"districts-and-places", "", "District Square Railway Landmark", "REGI", "IRREG", survey, 0,
			[3]string{"Quartiers et lieux", "Wijken en plaatsen", "Districts and places"},
			[3]string{"Limites des quartiers, places, voies ferrées et lieux remarquables.", "Grenzen van de wijken, pleinen, sporen en bezienswaardigheden.", "Boundaries of the quarters, squares, railways and landmarks."},
			[3]string{"quartier,place,limite", "wijk,plein,grens", "district,square,boundary"}},
		{"public-transport", "", "PublicTransportStop PublicTransportRoute", "TRAN", "IRREG", mobility, 0,
			[3]string{"Arrêts et lignes de bus", "Bushaltes en buslijnen", "Bus stops and lines"},
			[3]string{"Arrêts de bus et tracés des lignes.", "Bushaltes en de trajecten van de lijnen.", "Bus stops and the routes of the lines."},
			[3]string{"bus,arrêt,ligne", "bus,halte,lijn", "bus,stop,line"}},
	}
}
