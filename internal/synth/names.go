package synth

import "strings"

// Names is a name in the city's languages. What has no own form in a language
// keeps the French one.
type Names struct{ FR, NL, EN string }

// word is the second part of a street name in both languages: "des Brasseurs"
// and "Brouwers".
type word struct{ fr, nl string }

// The names of the city are made from these lists. They follow the manner of
// French Flanders and name nobody.
var (
	trades = []word{{"des Tisserands", "Wevers"}, {"des Brasseurs", "Brouwers"}, {"des Foulons", "Volders"}, {"des Bateliers", "Schippers"}, {"des Orfèvres", "Goudsmeden"},
		{"des Chaudronniers", "Ketelaars"}, {"des Fileurs", "Spinners"}, {"des Teinturiers", "Ververs"}, {"des Vanniers", "Mandenmakers"}, {"des Carillonneurs", "Beiaardiers"},
		{"des Meuniers", "Molenaars"}, {"des Tanneurs", "Leerlooiers"}, {"des Potiers", "Pottenbakkers"}, {"des Dentellières", "Kantwerksters"}, {"des Cordiers", "Touwslagers"},
		{"des Charrons", "Wagenmakers"}, {"des Maraîchers", "Tuinders"}, {"des Arbalétriers", "Kruisboog"}, {"des Drapiers", "Lakenkopers"}, {"des Bouchers", "Beenhouwers"},
		{"des Boulangers", "Bakkers"}, {"des Ciriers", "Kaarsengieters"}, {"des Merciers", "Kramers"}, {"des Tonneliers", "Kuipers"}, {"des Veilleurs", "Wachters"},
		{"des Écluses", "Sluizen"}, {"des Halles", "Hallen"}, {"du Marché au Lin", "Vlasmarkt"}, {"du Marché aux Herbes", "Kruidenmarkt"}, {"du Puits", "Put"},
		{"de la Poterne", "Poterne"}, {"du Guet", "Wacht"}, {"des Échevins", "Schepenen"}, {"du Petit Pont", "Kleine Brug"}, {"des Trois Cygnes", "Drie Zwanen"},
		{"du Héron", "Reiger"}, {"de l'Ours", "Beren"}, {"du Lion d'Or", "Gouden Leeuw"}, {"de la Cloche", "Klok"}, {"du Chaudron", "Ketel"},
		{"de la Grue", "Kraan"}, {"de la Monnaie Vieille", "Oude Munt"}, {"du Beffroi", "Belfort"}, {"des Cinq Clés", "Vijf Sleutels"}, {"du Séneçon", "Kruiskruid"},
		{"de la Baguette", "Roede"}, {"de la Buanderie", "Blekerij"}, {"du Vieux Mur", "Oude Muur"}, {"du Béguinage", "Begijnhof"}, {"du Grand Chantier", "Grote Werf"}}
	nature = []word{{"des Aulnes", "Elzen"}, {"des Bleuets", "Korenbloem"}, {"des Charmes", "Haagbeuk"}, {"des Coquelicots", "Klaproos"}, {"des Frênes", "Essen"},
		{"des Genêts", "Brem"}, {"des Glycines", "Blauweregen"}, {"des Hêtres", "Beuken"}, {"des Houblons", "Hop"}, {"des Iris", "Lis"},
		{"des Lilas", "Seringen"}, {"des Mésanges", "Mezen"}, {"des Merisiers", "Zoete Kers"}, {"des Noisetiers", "Hazelaars"}, {"des Ormes", "Olmen"},
		{"des Peupliers", "Populieren"}, {"des Pinsons", "Vinken"}, {"des Pivoines", "Pioen"}, {"des Pommiers", "Appelaars"}, {"des Roseaux", "Riet"},
		{"des Sarcelles", "Taling"}, {"des Saules", "Wilgen"}, {"des Sorbiers", "Lijsterbes"}, {"des Sureaux", "Vlier"}, {"des Tilleuls", "Linden"},
		{"des Trembles", "Espen"}, {"des Vanneaux", "Kieviten"}, {"du Colvert", "Eenden"}, {"du Loriot", "Wielewaal"}, {"du Lin Bleu", "Blauw Vlas"},
		{"de la Garance", "Meekrap"}, {"de la Bruyère", "Heide"}, {"du Pré Vert", "Groene Weide"}, {"du Ruisseau", "Beek"}, {"des Marais", "Moeras"},
		{"des Champs Longs", "Lange Akker"}, {"de la Garenne", "Warande"}, {"des Rouges-gorges", "Roodborst"}, {"des Églantines", "Egelantier"}, {"du Tournesol", "Zonnebloem"}}
	works = []word{{"des Forges", "Smeden"}, {"de la Filature", "Spinnerij"}, {"des Entrepôts", "Stapelhuis"}, {"du Gaz", "Gas"}, {"de l'Arsenal", "Arsenaal"},
		{"du Dépôt", "Depot"}, {"des Docks", "Dokken"}, {"du Halage", "Jaagpad"}, {"de la Sucrerie", "Suikerfabriek"}, {"des Chaînes", "Ketting"},
		{"des Ateliers", "Werkplaatsen"}, {"du Triage", "Rangeer"}, {"de la Houille", "Kolen"}, {"des Aiguilleurs", "Wisselwachters"}, {"de la Malterie", "Mouterij"},
		{"des Grues", "Kranen"}, {"du Bassin", "Bassin"}, {"des Fondeurs", "Gieters"}, {"de la Verrerie", "Glasblazerij"}, {"du Peignage", "Kammerij"}}
	ideals = []word{{"de la Concorde", "Eendracht"}, {"de l'Union", "Unie"}, {"du Progrès", "Vooruitgang"}, {"de la Fraternité", "Broederlijkheid"}, {"des Arts", "Kunst"},
		{"de l'Observatoire", "Sterrenwacht"}, {"du Conservatoire", "Conservatorium"}, {"de la Justice", "Gerechts"}, {"de la Paix", "Vrede"}, {"de l'Industrie", "Nijverheids"},
		{"du Commerce", "Handels"}, {"des Écoles", "Scholen"}, {"de la Lys", "Leie"}, {"de la Mer", "Zee"}, {"du Télégraphe", "Telegraaf"}, {"du Méridien", "Meridiaan"}}
	givens = []string{"Adèle", "Achille", "Alix", "Anselme", "Augustine", "Balthasar", "Barbe", "Célestin", "Clémence", "Cornil", "Élise", "Émeline", "Firmin", "Godelieve", "Gustave", "Hippolyte",
		"Hortense", "Isidore", "Joachim", "Josse", "Léonie", "Liévin", "Lucie", "Mathilde", "Maurice", "Nestor", "Octavie", "Omer", "Pharaïlde", "Philomène", "Romain", "Sidonie", "Théodore", "Ursule", "Victorin", "Zéphyrin"}
	stems   = []string{"Holle", "Steen", "Maere", "Wulve", "Clare", "Brande", "Lande", "Kerke", "Raven", "Velde", "Linde", "Marche", "Haze", "Rose", "Bonne", "Valle", "Verte", "Courte", "Molle", "Gaver", "Ooste", "Zoute", "Hulste", "Becke"}
	endings = []string{"brouck", "voorde", "hove", "mans", "court", "vasse", "beque", "lin", "ghem", "dries", "zele", "mont"}
)

// streetKinds pair the French word before the name with the Dutch ending.
var streetKinds = map[string][2]string{
	"rue": {"Rue", "straat"}, "ruelle": {"Ruelle", "steeg"}, "avenue": {"Avenue", "laan"}, "boulevard": {"Boulevard", "lei"},
	"chemin": {"Chemin", "weg"}, "allee": {"Allée", "dreef"}, "impasse": {"Impasse", "gang"}, "place": {"Place", "plein"}, "quai": {"Quai", "kaai"},
	"dreve": {"Drève", "dreef"}, "sentier": {"Sentier", "pad"}, "clos": {"Clos", "hof"}, "parc": {"Parc", "park"}, "square": {"Square", "plantsoen"}, "route": {"Route", "steenweg"},
}

// namer gives every name once.
type namer struct {
	r    *rng
	used map[string]bool
}

func newNamer(seed uint64) *namer { return &namer{newRNG(seed, "names"), map[string]bool{}} }

func joinNames(kind string, w word) Names {
	k := streetKinds[kind]
	fr := k[0] + " " + w.fr
	nl := w.nl + k[1]
	if w.nl == "" {
		nl = fr
	}
	return Names{fr, nl, fr}
}

// take claims a name and reports whether it was free.
func (n *namer) take(name Names) bool {
	if n.used[name.FR] {
		return false
	}
	n.used[name.FR] = true
	return true
}

// person is an invented person.
func (n *namer) person() word {
	full := pick(n.r, givens) + " " + pick(n.r, stems) + pick(n.r, endings)
	return word{full, full + "-"}
}

// place is an invented village.
func (n *namer) place() word {
	p := pick(n.r, stems) + pick(n.r, endings)
	if strings.ContainsRune("AEIOUHÉ", []rune(p)[0]) {
		return word{"d'" + p, p + "se "}
	}
	return word{"de " + p, p + "se "}
}

// street names a street of a kind in a zone.
func (n *namer) street(kind string, z zone) Names {
	lists := map[zone][][]word{
		old: {trades, trades}, gridTown: {ideals}, south: {works, ideals}, middle: {trades, ideals, works},
		village: {nature}, suburb: {nature}, industry: {works}, country: {nature},
	}[z]
	for try := 0; ; try++ {
		var w word
		switch t := n.r.float(); {
		case try < 6 && t < 0.6 && len(lists) > 0:
			w = pick(n.r, pick(n.r, lists))
		case (z == country || z == suburb) && t < 0.8:
			w = n.place()
		default:
			w = n.person()
		}
		name := joinNames(kind, w)
		if w.nl != "" && strings.HasSuffix(w.nl, "-") { // "Adèle Hollebrouckstraat"
			name.NL = strings.TrimSuffix(w.nl, "-") + streetKinds[kind][1]
		}
		if strings.HasSuffix(w.nl, "se ") {
			name.NL = w.nl + streetKinds[kind][1]
		}
		if n.take(name) {
			return name
		}
	}
}
