package desk

import "testing"

func TestNamed(t *testing.T) {
	q := Requester{Name: "Zoë  Lý\tKanarie-Özgür", Organisation: "Atelier du Canal SARL", Address: "12 rue du Canari, étage 3\n59000 Ville-Neuve", Email: "zoe@canari.example"}
	for text, want := range map[string]bool{
		"Noise by hour":               false,
		"":                            false,
		"asked by Zoe":                true, // three letters, no accents
		"zoely is a dance":            false,
		"asked by LY.":                true, // two letters, as a word
		"only ly in analysis":         true,
		"only in analysis":            false,
		"kanarie ozgur":               true,
		"Özgür's":                     true,
		"the ATELIER  du canal, sarl": true,
		"12 Rue du Canari":            true,
		"Étage 3":                     true,
		"59000 ville neuve":           true,
		"ZOE@canari.example":          true,
		"du pain":                     false, // of no name
		"zoe-kanarie-ozgur":           true,
		"12 x":                        false,
		"Zoe\u0308 asks":              true,
		"noise on line 3":             false,
	} {
		if got := q.named(text); (got != "") != want {
			t.Errorf("%q names %q, want %v", text, got, want)
		}
	}
	for _, q := range []Requester{{}, {Name: "-", Address: "-"}, {Name: "A B"}} {
		if got := q.named("a wish - for b data"); q.Name != "A B" && got != "" {
			t.Errorf("%+v: %q", q, got)
		}
	}
	if got := (Requester{Name: "Jean de la Tour", Address: "Lille"}).named("Données de la ville de Lille"); got != "" {
		t.Errorf("%q is in every sentence", got)
	}
	if (Requester{Name: "Li X"}).named("asked by li x") == "" {
		t.Error("a short whole name is let through")
	}
}
