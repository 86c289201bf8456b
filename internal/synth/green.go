package synth

import "fmt"

// greens hands over parks, small parks and squares, and plants the trees.
func (d *draft) greens(paths []stroke) {
	t := d.city.turn
	nm := newNamer(d.seed + 13)
	big := map[string]Names{
		"citadel": {"Parc de la Citadelle", "Citadelpark", "Citadel Park"}, "garden": {"Jardin botanique", "Kruidtuin", "Botanical Garden"},
		"riverside": {"Parc de la Rive", "Oeverpark", "Riverside Park"}, "cemetery": {"Cimetière des Aulnes", "Elzenkerkhof", "Alder Cemetery"},
		"sport": {"Plaine des Jeux", "Speelplein", "Playing Fields"}, "meadow": {"Parc des Vanneaux", "Kievitenpark", "Lapwing Park"},
	}
	woods := []Names{{"Bois de la Garance", "Meekrapbos", "Madder Wood"}, {"Bois de Ravenzele", "Ravenzelebos", "Ravenzele Wood"}, {"Bois du Sud", "Zuidbos", "South Wood"}}
	kinds := map[string]string{"citadel": "park", "garden": "garden", "riverside": "park", "cemetery": "cemetery", "sport": "recreation_ground", "meadow": "park", "wood": "wood"}
	n := 0
	for i, p := range d.parks {
		name := big[p.kind]
		if p.kind == "wood" {
			name = woods[n]
			n++
		}
		d.city.Parks = append(d.city.Parks, Area{ID: fmt.Sprintf("park-%02d", i+1), Name: name, Kind: kinds[p.kind], Shape: t.outer(p.ring), Label: t.point(interior(p.ring)), Of: d.quarterAt(centroid(p.ring))})
	}
	d.city.Landuse = append(d.city.Landuse, Area{ID: "landuse-fort", Name: Names{"Citadelle", "Citadel", "Citadel"}, Kind: "military", Shape: t.outer(d.fort.body), Label: t.point(centroid(d.fort.keep)), Of: -1})
	d.city.Squares = append(d.city.Squares, Area{ID: "square-01", Name: Names{"Grand-Place", "Grote Markt", "Main Square"}, Kind: "pedestrian", Shape: t.outer(d.square), Label: t.point(centroid(d.square)), Of: 0})
	for i := range d.blocks {
		b := &d.blocks[i]
		ring := b.ring
		if ring == nil {
			ring = d.mesh.faces[b.face].ring
		}
		a := Area{Shape: t.outer(ring), Label: t.point(b.middle), Of: d.quarter[i]}
		switch b.use {
		case "park", "pitch":
			a.Kind = map[string]string{"park": "park", "pitch": "pitch"}[b.use]
			a.Name = nm.street(map[bool]string{true: "parc", false: "square"}[b.area > 6500], suburb)
			a.ID = fmt.Sprintf("park-%02d", len(d.city.Parks)+1)
			d.city.Parks = append(d.city.Parks, a)
		case "waste":
			if len(ring) > 3 && area(ring) > 300 && area(ring) < 90000 && !crossesItself(ring) {
				a.Kind, a.ID = "grass", fmt.Sprintf("park-%02d", len(d.city.Parks)+1)
				d.city.Parks = append(d.city.Parks, a)
			}
		case "square", "church", "close":
			if b.ring != nil && b.face >= 0 && !inside(b.middle, d.square) {
				a.Kind, a.Name = "pedestrian", nm.street("place", b.zone)
				a.ID = fmt.Sprintf("square-%02d", len(d.city.Squares)+1)
				d.city.Squares = append(d.city.Squares, a)
			}
		}
	}
	for i, tr := range d.trees(d.built, d.strokes, d.blocks, paths) {
		s := species[tr.species]
		d.city.Trees = append(d.city.Trees, Tree{ID: fmt.Sprintf("tree-%05d", i+1), At: t.point(tr.at), HeightM: tr.heightM, Species: s.latin, Name: Names{s.fr, s.nl, s.en}})
	}
}

// landmarkName names a landmark by its kind; schools and churches by number of
// their kind.
func (d *draft) landmarkName(i int, s site) Names {
	fixed := map[string]Names{
		"belfry": {"Beffroi", "Belfort", "Belfry"}, "cathedral": {"Cathédrale Saint-Amé", "Sint-Amékathedraal", "St Amé's Cathedral"},
		"theatre": {"Théâtre de la Claire", "Klaretheater", "Claire Theatre"}, "museum": {"Musée de la Dentelle", "Kantmuseum", "Lace Museum"},
		"townhall": {"Hôtel de Ville", "Stadhuis", "City Hall"}, "university": {"Université", "Universiteit", "University"},
		"hospital": {"Hôpital Gasthuis", "Gasthuis", "Gasthuis Hospital"}, "court": {"Palais de Justice", "Gerechtshof", "Law Courts"},
		"station": {"Gare de Clairebeke", "Station Klarebeke", "Clairebeke Station"}, "fort": {"Citadelle", "Citadel", "Citadel"},
	}
	if n, ok := fixed[s.kind]; ok {
		return n
	}
	k := 0
	for _, o := range d.known[:i] {
		if o.kind == s.kind {
			k++
		}
	}
	if s.kind == "church" {
		saints := []string{"Walburge", "Éloi", "Vaast", "Godelieve", "Bertin", "Ursmar", "Aldegonde", "Piat", "Winoc", "Rictrude", "Omer", "Folquin", "Amelberge", "Momelin", "Erkembode", "Berlinde", "Chrysole", "Eusébie", "Silvin", "Maxellende", "Landelin", "Hadelin", "Gudule", "Rombaut", "Bavon"}
		dutch := []string{"Walburga", "Elooi", "Vedast", "Godelieve", "Bertinus", "Ursmarus", "Aldegondis", "Piatus", "Winok", "Rictrudis", "Omaar", "Volkwin", "Amelberga", "Mommelinus", "Erkembodo", "Berlindis", "Chrysolius", "Eusebia", "Silvinus", "Maxellendis", "Landelinus", "Hadelinus", "Goedele", "Rombout", "Bavo"}
		fem := map[string]bool{"Walburge": true, "Godelieve": true, "Aldegonde": true, "Rictrude": true, "Amelberge": true, "Berlinde": true, "Eusébie": true, "Maxellende": true, "Gudule": true}
		s := "Saint-"
		if fem[saints[k%len(saints)]] {
			s = "Sainte-"
		}
		fr := s + saints[k%len(saints)]
		return Names{"Église " + fr, "Sint-" + dutch[k%len(dutch)] + "kerk", fr + " Church"}
	}
	w := nature[(k*7+3)%len(nature)]
	return Names{"École " + w.fr, w.nl + "school", "École " + w.fr}
}
