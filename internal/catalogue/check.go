package catalogue

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
)

// Finding is one thing that is wrong with what people typed of a dataset, or
// that they have not typed yet.
type Finding struct {
	// Field is where it stands in a description, such as title.fr, contact.email
	// or selection.
	Field string
	// Missing tells that it is not there: a draft may be kept so, and cannot be
	// published.
	Missing bool
	Message Texts // what is wrong, one sentence
	Mend    Texts // what to do, one sentence
}

// maxText bounds one text of a description, in bytes; maxWord one that is a
// name or a keyword.
const (
	maxText = 20_000
	maxWord = 400
)

// Findings gives all that is wrong with a description and all that it lacks to
// be published, what is wrong first.
func (d *Dataset) Findings() []Finding { return append(d.wrongs(), d.lacks()...) }

// check says in English what is wrong with what is there, all of it.
func (d *Dataset) check() []string {
	var out []string
	for _, f := range d.wrongs() {
		out = append(out, strings.TrimSuffix(f.Message["en"], ".")+": "+f.Mend["en"])
	}
	return out
}

// finder collects findings.
type finder struct{ found []Finding }

// bad adds one: what is wrong and how it is mended, each in fr, nl, en.
func (f *finder) bad(field string, what, mend [3]string) {
	f.found = append(f.found, Finding{Field: field, Message: three(what), Mend: three(mend)})
}

func three(t [3]string) Texts { return Texts{"fr": t[0], "nl": t[1], "en": t[2]} }

// wrongs finds what is wrong with what is there, all of it, in order of field.
func (d *Dataset) wrongs() []Finding {
	f := &finder{}
	if err := CheckSlug(d.Slug); err != nil {
		f.bad("slug", [3]string{fmt.Sprintf("« %.80s » ne peut pas figurer dans une adresse.", d.Slug), fmt.Sprintf("“%.80s” kan niet in een adres staan.", d.Slug), problem.DetailOf(err)},
			[3]string{"Utilisez jusqu’à 80 minuscules, chiffres et traits d’union.", "Gebruik tot 80 kleine letters, cijfers en koppeltekens.", "use up to 80 lower-case letters, digits and hyphens"})
	}
	d.wrongTexts(f)
	d.wrongCodes(f)
	d.wrongPeople(f)
	d.wrongSelection(f)
	if !d.From.IsZero() && !d.Until.IsZero() && d.Until < d.From {
		f.bad("temporal", [3]string{"La fin précède le début.", "Het einde ligt voor het begin.", "The end is before the start."},
			[3]string{"Indiquez une date de fin postérieure au début.", "Geef een einddatum na de begindatum.", "give an end after " + d.From.String()[:10]})
	}
	for _, u := range append(slices.Clone(d.ConformsTo), d.Place) {
		if u == "" || webAddress(u) {
			continue
		}
		field := "conformsTo"
		if u == d.Place {
			field = "spatial"
		}
		f.address(field, u)
	}
	slices.SortStableFunc(f.found, func(a, b Finding) int { return strings.Compare(a.Field, b.Field) })
	return f.found
}

// webAddress reports whether u is an address that a browser may follow.
func webAddress(u string) bool {
	return entity.CheckURI(u) == nil && (strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://"))
}

func (f *finder) address(field, u string) {
	f.bad(field, [3]string{fmt.Sprintf("« %.80s » n’est pas une adresse http ou https.", u), fmt.Sprintf("“%.80s” is geen http- of https-adres.", u), fmt.Sprintf("%q is not an http or https address.", u)},
		[3]string{"Donnez une adresse complète, comme https://ville.example/.", "Geef een volledig adres, zoals https://stad.example/.", "give a whole address, such as https://city.example/"})
}

// control finds a character that has no place in a text of people: XML cannot
// carry it, and screens cannot show it. Line ends and tabs are fine where
// lines says so.
func control(s string, lines bool) (rune, bool) {
	for _, r := range s {
		switch {
		case lines && (r == '\n' || r == '\r' || r == '\t'):
		case unicode.IsControl(r), r == unicode.ReplacementChar, r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF,
			r == 0x2028, r == 0x2029, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return r, true
		}
	}
	return 0, false
}

// words looks at one text; lines tells whether it may have several lines.
func (f *finder) words(field, s string, most int, lines bool) {
	if len(s) > most {
		f.bad(field, [3]string{fmt.Sprintf("Le texte dépasse %d octets.", most), fmt.Sprintf("De tekst is langer dan %d bytes.", most), fmt.Sprintf("The text is longer than %d bytes.", most)},
			[3]string{"Raccourcissez-le.", "Kort hem in.", "shorten it"})
	}
	if r, ok := control(s, lines); ok {
		f.bad(field, [3]string{fmt.Sprintf("Le texte contient le caractère de contrôle U+%04X.", r), fmt.Sprintf("De tekst bevat het stuurteken U+%04X.", r), fmt.Sprintf("%s has the control character U+%04X.", field, r)},
			[3]string{"Effacez-le : il vient souvent d’un copier-coller.", "Wis het: het komt vaak mee bij kopiëren en plakken.", "delete it; it often comes with copy and paste"})
	}
}

func (d *Dataset) wrongTexts(f *finder) {
	languages := func(what, lang string) {
		if !slices.Contains(Languages(), lang) {
			f.bad(what+"."+lang, [3]string{fmt.Sprintf("La langue « %.20s » n’est pas prévue.", lang), fmt.Sprintf("De taal “%.20s” is niet voorzien.", lang), fmt.Sprintf("the %s is given in %q.", what, lang)},
				[3]string{"Utilisez fr, nl ou en.", "Gebruik fr, nl of en.", "the languages are " + strings.Join(Languages(), ", ")})
		}
	}
	for lang, s := range d.Title {
		languages("title", lang)
		f.words("title."+lang, s, maxText, false)
	}
	for lang, s := range d.Description {
		languages("description", lang)
		f.words("description."+lang, s, maxText, true)
	}
	for lang, words := range d.Keywords {
		languages("keywords", lang)
		for _, w := range words {
			f.words("keywords."+lang, w, maxWord, false)
			if strings.TrimSpace(w) == "" {
				f.bad("keywords."+lang, [3]string{"Un mot-clé est vide.", "Een trefwoord is leeg.", "A keyword is empty."}, [3]string{"Retirez-le.", "Haal het weg.", "take it out"})
			}
		}
	}
	f.words("publisher.name", d.Publisher.Name, maxWord, false)
	f.words("contact.name", d.Contact.Name, maxWord, false)
	f.words("layer", d.Layer, maxWord, false)
}

func (d *Dataset) wrongCodes(f *finder) {
	pick := [3]string{"Choisissez dans la liste.", "Kies uit de lijst.", "choose from the list"}
	if _, ok := LicenceOf(d.Licence); d.Licence != "" && !ok {
		f.bad("license", [3]string{fmt.Sprintf("La licence « %.40s » n’est pas connue.", d.Licence), fmt.Sprintf("De licentie “%.40s” is niet bekend.", d.Licence), fmt.Sprintf("The licence %q is not known.", d.Licence)},
			[3]string{pick[0], pick[1], "use one of " + strings.Join(licenceKeys(), ", ")})
	}
	notIn := func(field, code, table, mend string) {
		f.bad(field, [3]string{fmt.Sprintf("« %.40s » n’est pas dans la table européenne %s.", code, table), fmt.Sprintf("“%.40s” staat niet in de Europese tabel %s.", code, table), fmt.Sprintf("%q is not in the EU table %s.", code, table)},
			[3]string{pick[0], pick[1], mend})
	}
	for _, t := range d.Themes {
		if _, ok := themes[t]; !ok {
			notIn("themes", t, "data-theme", "use a code such as TRAN")
		}
	}
	if _, ok := frequencies[d.Frequency]; d.Frequency != "" && !ok {
		notIn("frequency", d.Frequency, "frequency", "use a code such as DAILY")
	}
	if _, ok := accessRights[d.Access]; d.Access != "" && !ok {
		notIn("access", d.Access, "access-right", "use PUBLIC, RESTRICTED or NON_PUBLIC")
	}
	for _, c := range d.HighValue {
		if HighValueLabel(c) == "" {
			notIn("highValue", c, "high-value-dataset-category", "its codes look like c_63b37dd4 (air)")
		}
	}
	if _, ok := ReasonOf(d.Reason); d.Reason != "" && !ok {
		f.bad("reason", [3]string{fmt.Sprintf("Le motif « %.40s » n’est pas connu.", d.Reason), fmt.Sprintf("De reden “%.40s” is niet bekend.", d.Reason), fmt.Sprintf("The reason %q is not known.", d.Reason)},
			[3]string{pick[0], pick[1], "use one of commercial, statistical, intellectual, personal, security, other"})
	}
	if d.Reason != "" && !d.Closed() {
		f.bad("reason", [3]string{"Un motif de protection est donné, mais l’accès est public.", "Er is een reden van bescherming, maar de toegang is openbaar.", "A reason of protection is given, and access is public."},
			[3]string{"Retirez le motif, ou restreignez l’accès.", "Haal de reden weg, of beperk de toegang.", "take the reason out, or restrict the access"})
	}
	if len(d.HighValue) > 0 && d.Licence != "" && !highValueLicence(d.Licence) {
		f.bad("license", [3]string{"Un jeu de données de forte valeur ne peut pas être sous une licence aussi restrictive ((UE) 2023/138, art. 4, § 3).", "Een hoogwaardige dataset mag niet onder zo’n beperkende licentie staan ((EU) 2023/138, art. 4, lid 3).",
			fmt.Sprintf("the licence %q is more restrictive than a high-value dataset may have ((EU) 2023/138, Art. 4(3)).", d.Licence)},
			[3]string{"Utilisez CC0, CC BY 4.0 ou la Licence Ouverte 2.0.", "Gebruik CC0, CC BY 4.0 of Licence Ouverte 2.0.", "use CC0, CC_BY_4_0 or LO_2_0"})
	}
}

func (d *Dataset) wrongPeople(f *finder) {
	if e := d.Contact.Email; e != "" {
		if a, err := mail.ParseAddress(e); err != nil || a.Address != e || strings.ContainsAny(e, " <>\"'\\^`{|}?#%") {
			f.bad("contact.email", [3]string{fmt.Sprintf("« %.80s » n’est pas une adresse électronique.", e), fmt.Sprintf("“%.80s” is geen e-mailadres.", e), fmt.Sprintf("the contact's e-mail %q is not an address.", e)},
				[3]string{"Donnez une adresse comme donnees@ville.example.", "Geef een adres als data@stad.example.", "give one such as data@city.example"})
		}
	}
	for field, u := range map[string]string{"publisher.url": d.Publisher.URL, "contact.url": d.Contact.URL} {
		if u != "" && !webAddress(u) {
			f.address(field, u)
		}
	}
}

func (d *Dataset) wrongSelection(f *finder) {
	bad := func(en string) {
		f.bad("selection", [3]string{"La sélection n’est pas utilisable.", "De selectie is niet bruikbaar.", en},
			[3]string{"Vérifiez les types et la portée.", "Controleer de types en de scope.", "check its types and its scope"})
	}
	if len(d.Selection.Types) > 0 {
		if _, err := d.Selection.Query(); err != nil {
			bad(problem.DetailOf(err))
		}
	}
	for _, t := range d.Selection.Types {
		if err := entity.CheckURI(string(t)); err != nil {
			bad(fmt.Sprintf("the type %q of the selection is not an IRI: %s", t, err))
		}
		if t == datasetType || t == harvestedType {
			bad("a dataset cannot consist of datasets")
		}
	}
}

// need is one thing that a published dataset has.
type need struct {
	field, english string // english names it in Missing
	mend           [3]string
	there          bool
}

func (d *Dataset) needs() []need {
	var out []need
	add := func(there bool, field, english, fr, nl, en string) {
		out = append(out, need{field, english, [3]string{fr, nl, en}, there})
	}
	for _, lang := range Languages() {
		add(strings.TrimSpace(d.Title[lang]) != "", "title."+lang, "title in "+lang, "Donnez un titre court, avec les mots que l’on chercherait.", "Geef een korte titel, met de woorden waarop men zoekt.", "Give a short title in the words that people search for.")
		add(strings.TrimSpace(d.Description[lang]) != "", "description."+lang, "description in "+lang, "Dites en une ou deux phrases ce que les données contiennent.", "Zeg in een of twee zinnen wat de gegevens bevatten.", "Say in a sentence or two what the data holds.")
	}
	add(d.Licence != "" || d.Closed(), "license", "licence", "Choisissez une licence.", "Kies een licentie.", "Choose a licence.")
	add(strings.TrimSpace(d.Publisher.Name) != "", "publisher.name", "publisher (name)", "Dites qui publie.", "Zeg wie publiceert.", "Say who publishes.")
	add(strings.TrimSpace(d.Contact.Name) != "", "contact.name", "contact (name)", "Nommez le service à qui écrire.", "Noem de dienst om aan te schrijven.", "Name the desk to write to.")
	add(d.Contact.Email != "" || d.Contact.URL != "", "contact.email", "contact (e-mail or address)", "Donnez une adresse électronique ou une page de contact.", "Geef een e-mailadres of een contactpagina.", "Give an e-mail address or a contact page.")
	add(len(d.Themes) > 0, "themes", "theme", "Choisissez au moins un thème.", "Kies minstens één thema.", "Choose at least one theme.")
	add(d.Frequency != "", "frequency", "frequency", "Dites à quel rythme les données changent.", "Zeg hoe vaak de gegevens veranderen.", "Say how often the data changes.")
	add(len(d.Selection.Types) > 0 || d.Closed(), "selection", "selection (at least one type)", "Dites quelles entités en font partie : au moins un type.", "Zeg welke entiteiten erbij horen: minstens één type.", "Say which entities belong to it: at least one type.")
	add(!d.Closed() || d.Reason != "", "reason", "reason of protection", "Dites pourquoi les données ne sont pas publiques.", "Zeg waarom de gegevens niet openbaar zijn.", "Say why the data is not public.")
	return out
}

// lacks lists as findings what a dataset lacks to be published.
func (d *Dataset) lacks() []Finding {
	var out []Finding
	for _, n := range d.needs() {
		if !n.there {
			out = append(out, Finding{Field: n.field, Missing: true, Message: Texts{"fr": "Ce champ est vide, et il est nécessaire pour publier.", "nl": "Dit veld is leeg, en het is nodig om te publiceren.", "en": "This field is empty, and it is needed to publish."}, Mend: three(n.mend)})
		}
	}
	return out
}

// Missing lists what a dataset lacks to be published, all of it.
func (d *Dataset) Missing() []string {
	var out []string
	for _, n := range d.needs() {
		if !n.there {
			out = append(out, n.english)
		}
	}
	return out
}

// Sound gives the dataset without what is wrong in it, so that the rest can
// be looked at.
func (d Dataset) Sound() Dataset {
	wrongs := map[string]bool{}
	for _, f := range d.wrongs() {
		wrongs[f.Field] = true
	}
	texts := func(field string, t Texts) Texts {
		out := Texts{}
		for lang, s := range t {
			if !wrongs[field+"."+lang] {
				out[lang] = s
			}
		}
		return out
	}
	blank := func(field string, s *string) {
		if wrongs[field] {
			*s = ""
		}
	}
	d.Title, d.Description = texts("title", d.Title), texts("description", d.Description)
	words := map[string][]string{}
	for lang, w := range d.Keywords {
		if !wrongs["keywords."+lang] {
			words[lang] = w
		}
	}
	d.Keywords = words
	for field, s := range map[string]*string{"license": &d.Licence, "frequency": &d.Frequency, "access": &d.Access, "reason": &d.Reason, "spatial": &d.Place, "layer": &d.Layer,
		"publisher.name": &d.Publisher.Name, "publisher.url": &d.Publisher.URL, "contact.name": &d.Contact.Name, "contact.email": &d.Contact.Email, "contact.url": &d.Contact.URL} {
		blank(field, s)
	}
	without := func(list []string, ok func(string) bool) []string {
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !ok(s) })
	}
	d.Themes = without(d.Themes, func(s string) bool { return ThemeLabel(s) != "" })
	d.HighValue = without(d.HighValue, func(s string) bool { return HighValueLabel(s) != "" })
	d.ConformsTo = without(d.ConformsTo, webAddress)
	if wrongs["temporal"] {
		d.From, d.Until = 0, 0
	}
	if wrongs["selection"] {
		d.Selection = Selection{}
	}
	if wrongs["slug"] {
		d.Slug = "draft"
	}
	return d
}
