package find

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
)

func told(id string, texts ...string) *Doc {
	d := &Doc{ID: id, Public: true, Measure: Measure{Box: geo.EmptyRect()}}
	for _, t := range texts {
		where, text, _ := strings.Cut(t, ":")
		lang, field, _ := strings.Cut(where, ".")
		d.Texts = append(d.Texts, Passage{map[string]Field{"t": Title, "k": Keyword, "n": Name, "b": Body}[field], lang, text})
	}
	return d
}

func shelf() *Index {
	x := New()
	for _, d := range []*Doc{
		told("bikes", "fr.t:Vélos en libre-service", "nl.t:Deelfietsen", "en.t:Shared bikes", "fr.k:vélo", "fr.b:Vélos et places libres par station.", "nl.b:Fietsen en vrije plaatsen per station.", "en.b:Bikes and free docks at each station."),
		told("air", "fr.t:Qualité de l’air", "nl.t:Luchtkwaliteit", "en.t:Air quality", "fr.k:NO₂", "fr.b:Concentrations mesurées par les stations de la ville, aménagées près des écoles."),
		told("schools", "fr.t:Écoles", "nl.t:Scholen", "en.t:Schools", "fr.b:Établissements et capacités. Stationnement pour vélos.", "n.n:Éducation"),
		told("stations", "fr.t:Stations de mesure", "nl.t:Meetstations", "en.t:Measuring stations", "en.b:Where air is measured"),
		told("secret", "fr.t:Vélos volés"),
	} {
		d.Public = d.ID != "secret"
		x.Put(d)
	}
	return x
}

func ids(r Result) string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	return strings.Join(out, " ")
}

func TestWordsFind(t *testing.T) {
	x := shelf()
	for _, c := range []struct{ asked, want string }{
		{"", "schools air stations bikes"},         // by French title, accents aside
		{"velos", "bikes schools"},                 // accents folded; the title before the description
		{"VÉLO", "bikes schools"},                  // case, and the plural
		{"bike", "bikes"},                          // English stem
		{"fiets ", "bikes"}, {"fietsen ", "bikes"}, // Dutch stem
		{"amenagement ", "air"},                          // French stem, without its accents
		{"aménager ", "air"},                             //
		{"stati", "stations bikes schools air"},          // beginning of the last word; title before description
		{"stati ", ""},                                   // a blank ends the word
		{"qualite de l'air", "air"},                      // elision, small words
		{"école velo", "schools"},                        // all words
		{"luchtkwalitiet", "air"},                        // two letters changed places
		{"quaité ", "air"},                               // a letter less
		{"vélox ", "schools bikes"},                      // another letter
		{"aix ", ""},                                     // short words are what they are
		{"no2", "air"},                                   // what Unicode calls compatible
		{"education", "schools"},                         // the publisher
		{"de la", "schools air stations bikes"},          // says nothing
		{"volés ", "" /* a draft; and no draft leaks */}, //
		{`"places libres"`, "bikes"},                     //
		{"… !", "schools air stations bikes"},            //
	} {
		q := Query{Where: Text(c.asked), Limit: -1, Lang: "fr"}
		if strings.Contains(c.asked, "stati") || strings.Contains(c.asked, "elo") || strings.Contains(c.asked, "ÉLO") {
			q.Sort = []Order{{By: Relevance}}
		}
		r := x.Search(q)
		if got := ids(r); got != c.want || r.Total != len(r.Hits) {
			t.Errorf("%q: found %q, want %q (%+v)", c.asked, got, c.want, r.Words)
		}
	}
	if got := ids(x.Search(Query{Where: Text("volés"), Drafts: true, Limit: 5})); got != "secret" {
		t.Errorf("who may see drafts finds %q", got)
	}
	if got := ids(x.Search(Query{NotPublic: true, Limit: 5})); got != "secret" {
		t.Errorf("drafts alone: %q", got)
	}
}

// What was wanted is said when it is not there: the word taken instead, one
// that is near, and words in a row only where they are.
func TestWordsAreTold(t *testing.T) {
	x := shelf()
	if w := x.Search(Query{Where: Text("quaité ")}).Words[0]; w.Instead != "qualité" || w.N != 1 {
		t.Errorf("%+v", w)
	}
	if w := x.Search(Query{Where: Text("skoles ")}).Words[0]; w.Near == "" || w.N != 0 {
		t.Errorf("%+v", w)
	}
	if w := x.Search(Query{Where: Text("volès ")}).Words[0]; w.Instead != "" || w.Near == "volés" {
		t.Errorf("a draft leaks: %+v", w)
	}
	row := Query{Where: Text(`"places vélos"`), Limit: 9, Holds: func(id string, words []string) bool { return false }}
	if r := x.Search(row); r.Total != 0 {
		t.Errorf("not in a row: %+v", r)
	}
}

// A title weighs more than a keyword, that more than a publisher, and that
// more than a description; a short text more than a long one; a rare word more
// than a common one; the word itself more than another with its stem.
func TestOrderOfRelevance(t *testing.T) {
	x := New()
	long := strings.Repeat("autre chose encore ", 60)
	for _, d := range []*Doc{
		told("a-body-long", "fr.t:Sans titre", "fr.b:lampadaires "+long), told("b-body", "fr.t:Sans titre", "fr.b:lampadaires en service"), told("c-name", "fr.t:Sans titre", "fr.n:Lampadaires"),
		told("d-keyword", "fr.t:Sans titre", "fr.k:lampadaires"), told("e-title-long", "fr.t:Inventaire des lampadaires et de leurs supports dans toute la ville"), told("f-title", "fr.t:Lampadaires"),
		told("g-stem", "fr.t:Lampadaire"),
	} {
		x.Put(d)
	}
	want := "f-title g-stem e-title-long d-keyword c-name b-body a-body-long"
	if got := ids(x.Search(Query{Where: Text("lampadaires"), Sort: []Order{{By: Relevance}}, Limit: -1})); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	x.Put(told("h-rare", "fr.t:Sans titre", "fr.b:gabions"))
	e := &Expr{Op: Or, Subs: []Expr{{Op: Words, Text: "titre"}, {Op: Words, Text: "gabions"}}}
	if got := x.Search(Query{Where: e, Sort: []Order{{By: Relevance}}, Limit: 1}).Hits[0].ID; got != "h-rare" {
		t.Errorf("first is %s", got)
	}
}

func TestFacetsAreCounted(t *testing.T) {
	x := New()
	put := func(id, theme, format string, live entity.Instant, box geo.Rect) {
		d := told(id, "fr.t:"+id+" commun")
		d.Values[Theme], d.Values[Format], d.LiveUntil, d.Box = []string{theme}, strings.Split(format, "+"), live, box
		x.Put(d)
	}
	here, there := geo.Rect{West: 3, South: 50, East: 3.1, North: 50.1}, geo.Rect{West: 5, South: 50, East: 5.1, North: 50.1}
	put("a", "TRAN", "CSV+JSON", 100, here)
	put("b", "TRAN", "CSV", 0, there)
	put("c", "ENVI", "JSON", 100, here)
	put("d", "ENVI", "CSV", 10, geo.EmptyRect())
	q := Query{Where: Text("commun"), Now: 50, Count: []Facet{Theme, Format}, Limit: 10}
	q.Any[Theme] = []string{"TRAN"}
	r := x.Search(q)
	want := map[Facet][]Value{Theme: {{"ENVI", 2}, {"TRAN", 2}}, Format: {{"CSV", 2}, {"JSON", 1}}}
	if diff := cmp.Diff(want, r.Facets); diff != "" || ids(r) != "a b" || r.Live != 1 || r.Placed != 2 {
		t.Errorf("%s %+v", diff, r)
	}
	q.Live, q.Box = true, &geo.Rect{West: 3.05, South: 49, East: 4, North: 51}
	r = x.Search(q)
	want = map[Facet][]Value{Theme: {{"ENVI", 1}, {"TRAN", 1}}, Format: {{"CSV", 1}, {"JSON", 1}}}
	if diff := cmp.Diff(want, r.Facets); diff != "" || ids(r) != "a" {
		t.Errorf("%s %+v", diff, r)
	}
	q.Any[Theme], q.Any[Format] = []string{"ENVI"}, []string{"CSV", "XLS"}
	q.Box = nil
	r = x.Search(q)
	if diff := cmp.Diff([]Without{{Facet: Theme, Part: "facet", N: 1}, {Facet: Format, Part: "facet", N: 1}, {Part: "live", N: 1}}, r.Without); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(r.Facets[Theme], Value{"ENVI", 0}) {
		t.Errorf("a chosen value is not told: %v", r.Facets)
	}
}

// A page is what it would be of the whole list, whatever is in front of it.
func TestPagesJoin(t *testing.T) {
	x := New()
	for _, d := range generate(3000, 3) {
		x.Put(d)
	}
	for _, by := range []By{Relevance, ByTitle, ByID, ByModified, ByChanged, ByIssued, ByCount} {
		q := Query{Where: Text("données"), Limit: -1, Sort: []Order{{By: by, Falls: by > ByID}}}
		whole := x.Search(q).Hits
		var joined []Hit
		for q.Limit = 7; q.Offset < len(whole); q.Offset += 7 {
			joined = append(joined, x.Search(q).Hits...)
		}
		if diff := cmp.Diff(whole, joined); diff != "" || len(whole) < 500 {
			t.Errorf("by %d: %s", by, diff)
		}
	}
}

// An index that followed any number of changes answers as one made anew from
// what is there at the end.
func TestFollowedEqualsRebuilt(t *testing.T) {
	for seed := range uint64(2) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		pool := generate(2500, seed)
		followed := New()
		there := map[string]*Doc{}
		for at := range 6_000 {
			d := *pool[rnd.IntN(len(pool))]
			d.ID = fmt.Sprintf("set-%03d", rnd.IntN(900))
			d.At, d.Public = entity.Position(at+1), rnd.IntN(5) > 0
			switch rnd.IntN(5) {
			case 0:
				followed.Remove(d.ID, d.At)
				delete(there, d.ID)
			case 1:
				if old := there[d.ID]; old != nil {
					was := *old
					was.Measure, was.At = d.Measure, old.At
					there[d.ID] = &was
					followed.Measured(d.ID, d.Measure)
					d.At = 0 // and what comes late changes nothing
					followed.Put(&d)
					followed.Remove(d.ID, 0)
				}
			default:
				followed.Put(&d)
				there[d.ID] = &d
			}
		}
		anew := New()
		for _, d := range there {
			anew.Put(d)
		}
		if followed.Len() != anew.Len() {
			t.Fatalf("seed %d: %d and %d", seed, followed.Len(), anew.Len())
		}
		for _, q := range questions() {
			q.Drafts = rnd.IntN(3) == 0
			a, b := followed.Search(q), anew.Search(q)
			for i := range a.Words {
				slices.Sort(a.Words[i].Means)
				slices.Sort(b.Words[i].Means)
				// Forms that no document has any more may still be known.
				a.Words[i].Means, b.Words[i].Means = nil, nil
				a.Words[i].Instead, a.Words[i].Near = fold(a.Words[i].Instead), fold(a.Words[i].Near)
				b.Words[i].Instead, b.Words[i].Near = fold(b.Words[i].Instead), fold(b.Words[i].Near)
			}
			if diff := cmp.Diff(b, a); diff != "" {
				t.Fatalf("seed %d, %+v: %s", seed, q, diff)
			}
		}
	}
}

// What no document says any more takes no room for ever.
func TestForgottenWordsGo(t *testing.T) {
	x := New()
	x.Put(told("stays", "fr.t:Vélos uniques"))
	for i := range 30_000 {
		x.Put(told(fmt.Sprint("set-", i%10), fmt.Sprintf("fr.t:mot%d", i)))
	}
	if n := len(x.words) + len(x.forms) + len(x.folded) + len(x.stems) + len(x.sorted) + len(x.tail) + len(x.docs); n > 12_000 {
		t.Errorf("%d words, %d forms, %d stems, %d documents are kept for eleven documents", len(x.words), len(x.forms), len(x.stems), len(x.docs))
	}
	for asked, want := range map[string]string{"velo": "stays", "mot29999": "set-9", "mot299": "set-0 set-1 set-2 set-3 set-4 set-5 set-6 set-7 set-8 set-9", "unique ": "stays", "mot5 ": ""} {
		if got := ids(x.Search(Query{Where: Text(asked), Limit: -1, Sort: []Order{{By: ByID}}})); got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
}

func TestMark(t *testing.T) {
	x := shelf()
	for _, c := range []struct {
		asked, text string
		want        Marked
	}{
		{"velo", "Des vélos, un vélo.", Marked{"Des ", "vélos", ", un ", "vélo", "."}},
		{"vel", "Vélodrome", Marked{"", "Vélodrome", ""}},
		{"air", "Rien", Marked{"Rien"}},
		{"qualite air", "Qualité de l’air", Marked{"", "Qualité", " de l’", "air", ""}},
	} {
		r := x.Search(Query{Where: Text(c.asked)})
		got := Mark(c.text, r.Words)
		if diff := cmp.Diff(c.want, got); diff != "" || got.Found() != (len(c.want) > 1) {
			t.Errorf("%q: %s", c.asked, diff)
		}
	}
	long := strings.Repeat("été ", 100) + "vélos " + strings.Repeat("été ", 100)
	got := Snippet(long, x.Search(Query{Where: Text("velo")}).Words, 120)
	if text := strings.Join(got, ""); len(text) > 140 || !got.Found() || !strings.HasPrefix(text, "… été") || !strings.HasSuffix(text, "été …") {
		t.Errorf("%q", got)
	}
}

// Whatever is asked or written is answered, and what is marked is the text.
func FuzzText(f *testing.F) {
	for _, s := range append(asked, "\xff\xfe", `"a" "`, "̈a", strings.Repeat("é", 200), "œuvre ß ǆ", "a\u0000b") {
		f.Add(s, s)
	}
	x := shelf()
	f.Fuzz(func(t *testing.T, q, text string) {
		r := x.Search(Query{Where: Text(q), Limit: 3, Count: []Facet{Theme}})
		if got := strings.Join(Mark(text, r.Words), ""); got != text {
			t.Errorf("%q became %q", text, got)
		}
		Snippet(text, r.Words, 20)
		y := New()
		y.Put(told("x", "fr.t:"+text))
		y.Search(Query{Where: Text(text), Limit: 3})
	})
}
