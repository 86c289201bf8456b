package find

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
)

// Words of catalogues, and syllables for names of places and things that only
// one dataset has: together the vocabulary of a region, not of a dictionary.
var (
	frenchWords = strings.Fields(`qualité air vélos stations libre-service bus arrêts horaires déchets collecte tri arbres espaces verts bruit mesures capteurs
		stationnement parkings places disponibles circulation comptages routiers voirie travaux urbanisme plan local bâtiments cadastre parcelles eau potable réseau
		assainissement énergie consommation électricité gaz écoles établissements scolaires population recensement budget dépenses subventions marchés publics élections
		bureaux vote résultats culture bibliothèques musées équipements sportifs santé hôpitaux météo température précipitations données annuelles quotidiennes commune
		quartier métropole région observatoire déplacements piétons aménagements cyclables accidents sécurité éclairage public fontaines toilettes marchés commerces`)
	dutchWords = strings.Fields(`luchtkwaliteit fietsen deelfietsen stations haltes dienstregeling afval ophaling bomen groenzones geluid metingen sensoren parkeren
		parkeergarages plaatsen vrije verkeer tellingen wegen werken ruimtelijke plannen gebouwen kadaster percelen drinkwater riolering energie verbruik elektriciteit
		gas scholen bevolking telling begroting uitgaven subsidies overheidsopdrachten verkiezingen stembureaus resultaten cultuur bibliotheken musea sportvelden gezondheid
		ziekenhuizen weer temperatuur neerslag gegevens jaarlijkse dagelijkse gemeente wijk stad gewest verplaatsingen voetgangers fietspaden ongevallen veiligheid verlichting`)
	englishWords = strings.Fields(`air quality bikes stations shared buses stops timetables waste collection sorting trees green spaces noise measurements sensors parking
		garages places available traffic counts roads works planning local buildings cadastre parcels drinking water network sewage energy consumption electricity gas schools
		population census budget spending grants procurement elections polling results culture libraries museums sports facilities health hospitals weather temperature rainfall
		data annual daily municipality district city region mobility pedestrians cycling paths accidents safety lighting fountains toilets markets shops`)
	syllables = strings.Fields("ba bel bri cam clair cor del dru fla ger hal her la len lin mar mon nor oud per quin ro saint ster tour val ver wam zel")
)

// generate makes documents that look like a region's harvested catalogue.
func generate(n int, seed uint64) []*Doc {
	rnd := rand.New(rand.NewPCG(seed, 7))
	name := func() string {
		s := ""
		for range 2 + rnd.IntN(2) {
			s += syllables[rnd.IntN(len(syllables))]
		}
		return strings.ToUpper(s[:1]) + s[1:]
	}
	text := func(words []string, least, more int) string {
		var out []string
		for range least + rnd.IntN(more) {
			// Few words are common, most are not.
			out = append(out, words[min(rnd.IntN(len(words)), rnd.IntN(len(words)))])
			if rnd.IntN(12) == 0 {
				out = append(out, name())
			}
		}
		return strings.Join(out, " ")
	}
	themes := strings.Fields("AGRI ECON EDUC ENER ENVI GOVE HEAL JUST REGI SOCI TECH TRAN")
	formats := strings.Fields("CSV GeoJSON JSON XLSX SHP GeoPackage PDF WMS")
	licences := strings.Fields("CC0 CC_BY_4_0 LO_2_0 ODBL")
	var publishers []string
	for range 300 {
		publishers = append(publishers, "Commune de "+name())
	}
	var out []*Doc
	for i := range n {
		d := &Doc{ID: fmt.Sprintf("set-%06d", i), At: entity.Position(i + 1), Public: true, Changed: entity.Instant(rnd.Int64N(1e15)), Issued: entity.Instant(rnd.Int64N(1e15))}
		for lang, words := range [][]string{frenchWords, dutchWords, englishWords} {
			tag := Languages()[lang]
			d.Texts = append(d.Texts, Passage{Title, tag, text(words, 3, 6)}, Passage{Keyword, tag, text(words, 2, 4)}, Passage{Body, tag, text(words, 20, 50)})
		}
		p := publishers[min(rnd.IntN(300), rnd.IntN(300))]
		d.Texts = append(d.Texts, Passage{Name, "", p}, Passage{Name, "", d.ID})
		d.Values[Theme] = []string{themes[rnd.IntN(len(themes))]}
		d.Values[Format] = []string{formats[rnd.IntN(len(formats))], formats[rnd.IntN(len(formats))]}
		d.Values[Publisher], d.Values[Licence], d.Values[Frequency] = []string{p}, []string{licences[rnd.IntN(4)]}, []string{[]string{"DAILY", "ANNUAL", "1MIN"}[rnd.IntN(3)]}
		west, south := 2+3*rnd.Float64(), 49.5+2*rnd.Float64()
		d.Box = geo.Rect{West: west, South: south, East: west + rnd.Float64()/5, North: south + rnd.Float64()/5}
		d.Modified, d.Count, d.LiveUntil = d.Changed, rnd.IntN(10000), entity.Instant(rnd.IntN(2)*1000)
		out = append(out, d)
	}
	return out
}
