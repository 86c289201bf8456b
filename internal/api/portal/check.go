package portal

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/quality"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/rdf"
)

// WouldBe says all of a dataset in DCAT-AP as it would be if it were published
// now; x is what its selection measures.
type WouldBe func(ctx context.Context, base string, d *catalogue.Dataset, x *catalogue.Extent) (*rdf.Graph, error)

// checkFinding is one thing found in a description while it is typed.
type checkFinding struct {
	// Field is where it stands in the description, such as title.fr; "" if
	// nobody types it.
	Field string `json:"field,omitzero"`
	// Severity says what follows: "wrong" cannot be kept, "missing" keeps it
	// from being published, "violation", "warning" and "info" are those of the
	// shapes, "contradiction" is what the data says otherwise.
	Severity string          `json:"severity"`
	Message  catalogue.Texts `json:"message"`
	Mend     catalogue.Texts `json:"mend,omitzero"`
	Rules    []string        `json:"rules,omitzero"` // of the shapes that say so too, such as "DCAT-AP 3.0.1: dct:title, MinCount"
}

type selectionSaid struct {
	Text  catalogue.Texts `json:"text"` // the selection in words
	Count int             `json:"count"`
}

type checkAnswer struct {
	Slug      string          `json:"slug"`
	State     string          `json:"state"` // new, draft, published, withdrawn
	Existing  *existing       `json:"existing,omitzero"`
	Publish   bool            `json:"publishable"`
	Selection selectionSaid   `json:"selection"`
	Measured  measuredAnswer  `json:"measured"`
	Quality   qualityAnswer   `json:"quality"` // as it would be; its findings stand below, by field
	Findings  []checkFinding  `json:"findings"`
	Preview   []portalPreview `json:"preview"`
}

// portalPreview is what a portal shows of the dataset in one language.
type portalPreview struct {
	Lang  string `json:"lang"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// checkDataset answers POST /api/datasets/{slug}/check.
func (a *API) checkDataset(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	d, err := a.readDescription(r)
	if err != nil {
		return err
	}
	out := checkAnswer{Slug: d.Slug, State: "new", Findings: []checkFinding{}, Preview: []portalPreview{}}
	switch cur, err := a.o.Catalogue.Get(r.Context(), call.Space, d.Slug); {
	case problem.Is(err, problem.ResourceNotFound):
	case err != nil:
		return err
	default:
		e := existingOf(cur)
		out.State, out.Existing = cur.State.String(), &e
		d.State, d.Issued, d.Address = cur.State, cur.Issued, cur.Address
	}
	for _, f := range d.Findings() {
		severity := "wrong"
		if f.Missing {
			severity = "missing"
		}
		out.Findings = append(out.Findings, checkFinding{Field: f.Field, Severity: severity, Message: f.Message, Mend: f.Mend})
	}
	out.Publish = len(out.Findings) == 0
	sound := d.Sound()
	x, err := a.o.Catalogue.Would(r.Context(), call.Space, &sound)
	if err != nil {
		return err
	}
	out.Measured = measuredOf(x)
	out.Selection = selectionSaid{inWords(sound.Selection, x.Count), x.Count}
	for _, c := range catalogue.Contradictions(&sound, x, a.o.Now()) {
		out.Findings = append(out.Findings, checkFinding{Field: c.Field, Severity: "contradiction", Message: c.Text})
	}
	all, err := a.o.Catalogue.Published(r.Context(), call.Space)
	if err != nil {
		return err
	}
	out.Findings = append(out.Findings, laidOpen(&sound, all)...)
	if sound.Closed() { // portals are told nothing of what is measured
		x = &catalogue.Extent{Box: geo.EmptyRect(), Modified: x.Modified}
	}
	if err := a.shapes(r, &sound, x, &out); err != nil {
		return err
	}
	for _, lang := range catalogue.Languages() {
		out.Preview = append(out.Preview, portalPreview{lang, sound.Title[lang], sound.Description[lang]})
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, out)
}

// laidOpen finds datasets that make public what d closes, or close what d would
// make public: access is given by entities, and one open dataset is enough.
func laidOpen(d *catalogue.Dataset, published []*catalogue.Dataset) []checkFinding {
	var out []checkFinding
	for _, o := range published {
		if o.Slug == d.Slug || o.Closed() == d.Closed() || !overlap(o.Selection, d.Selection) {
			continue
		}
		f := checkFinding{Field: "access", Severity: "contradiction"}
		fr, nl, en := o.Title["fr"], o.Title["nl"], o.Title["en"]
		if d.Closed() {
			f.Message = catalogue.Texts{"fr": "Des entités de cette sélection peuvent être publiques par «\u202f" + fr + "\u202f».", "nl": "Entiteiten van deze selectie kunnen openbaar zijn via “" + nl + "”.", "en": "Entities of this selection may be public through “" + en + "”."}
		} else {
			f.Message = catalogue.Texts{"fr": "«\u202f" + fr + "\u202f» n’est pas public, et cette sélection peut en montrer des entités à tous.", "nl": "“" + nl + "” is niet openbaar, en deze selectie kan er entiteiten van aan iedereen tonen.", "en": "“" + en + "” is not public, and this selection may show entities of it to everybody."}
		}
		f.Mend = catalogue.Texts{"fr": "Vérifiez les deux sélections.", "nl": "Controleer beide selecties.", "en": "Check both selections."}
		out = append(out, f)
	}
	return out
}

// overlap tells whether two selections may have an entity in common: scopes
// are only told apart where both are plain and different.
func overlap(a, b catalogue.Selection) bool {
	plain := func(s string) bool { return s != "" && !strings.ContainsAny(s, "+#;,()| ") }
	if plain(a.Scope) && plain(b.Scope) && a.Scope != b.Scope {
		return false
	}
	return slices.ContainsFunc(a.Types, func(t entity.Name) bool { return slices.Contains(b.Types, t) })
}

// shapes scores the graph that would be, and adds what the official shapes
// find: to a finding of the same field if there is one, else as one of its own.
func (a *API) shapes(r *http.Request, d *catalogue.Dataset, x *catalogue.Extent, out *checkAnswer) error {
	base := httpx.BaseURL(r)
	g, err := a.o.WouldBe(r.Context(), base, d, x)
	if err != nil {
		return err
	}
	address := d.Address
	if address == "" {
		address = "/id/dataset/" + d.Slug
	}
	found, err := quality.Assess(g, rdf.IRI(base+address), func(s string) bool { return strings.HasPrefix(s, base+"/") })
	if err != nil {
		return err
	}
	out.Quality = qualityOf(d.Slug, found)
	for _, f := range out.Quality.Findings {
		p := propertyOf(f.Path)
		rule := f.Profile + ": " + p.short + ", " + f.Constraint
		if i := slices.IndexFunc(out.Findings, func(o checkFinding) bool {
			return p.field != "" && (o.Severity == "wrong" || o.Severity == "missing") && (o.Field == p.field || strings.HasPrefix(o.Field, p.field+"."))
		}); i >= 0 {
			if !slices.Contains(out.Findings[i].Rules, rule) {
				out.Findings[i].Rules = append(out.Findings[i].Rules, rule)
			}
			continue
		}
		c := checkFinding{Field: p.whole(), Severity: strings.ToLower(f.Severity), Message: constraintText(f, p), Rules: []string{rule}}
		if !slices.ContainsFunc(out.Findings, func(o checkFinding) bool { return o.Field == c.Field && o.Message["en"] == c.Message["en"] }) {
			out.Findings = append(out.Findings, c)
		}
	}
	out.Quality.Findings = []findingAnswer{}
	return nil
}

// property is one of DCAT-AP with the field that holds it.
type property struct {
	short string // as people who know DCAT-AP call it
	field string // of the description, "" if nobody types it
	first string // what of the field is shown it, if the field has parts
	name  catalogue.Texts
}

// whole gives the field on which a message stands.
func (p property) whole() string {
	if p.field != "" && p.first != "" {
		return p.field + "." + p.first
	}
	return p.field
}

// propertyOf knows a path as the shapes' engine writes it.
func propertyOf(path string) property {
	iri := strings.Trim(path, "<>")
	for _, p := range []struct{ iri, short, field, first, fr, nl, en string }{
		{"http://purl.org/dc/terms/title", "dct:title", "title", "fr", "titre", "titel", "title"},
		{"http://purl.org/dc/terms/description", "dct:description", "description", "fr", "description", "beschrijving", "description"},
		{"http://purl.org/dc/terms/publisher", "dct:publisher", "publisher", "name", "éditeur", "uitgever", "publisher"},
		{"http://www.w3.org/ns/dcat#contactPoint", "dcat:contactPoint", "contact", "name", "contact", "contactpunt", "contact point"},
		{"http://www.w3.org/ns/dcat#theme", "dcat:theme", "themes", "", "thème", "thema", "theme"},
		{"http://www.w3.org/ns/dcat#keyword", "dcat:keyword", "keywords", "fr", "mots-clés", "trefwoorden", "keywords"},
		{"http://purl.org/dc/terms/license", "dct:license", "license", "", "licence", "licentie", "licence"},
		{"http://purl.org/dc/terms/accrualPeriodicity", "dct:accrualPeriodicity", "frequency", "", "fréquence", "frequentie", "frequency"},
		{"http://data.europa.eu/r5r/hvdCategory", "dcatap:hvdCategory", "highValue", "", "catégorie de forte valeur", "hoogwaardige categorie", "high-value category"},
		{"http://purl.org/dc/terms/conformsTo", "dct:conformsTo", "conformsTo", "", "norme suivie", "gevolgde norm", "standard followed"},
		{"http://purl.org/dc/terms/spatial", "dct:spatial", "spatial", "", "étendue géographique", "ruimtelijke dekking", "place covered"},
		{"http://purl.org/dc/terms/temporal", "dct:temporal", "temporal", "", "période couverte", "periode", "period covered"},
		{"http://purl.org/dc/terms/accessRights", "dct:accessRights", "access", "", "droits d’accès", "toegangsrechten", "access rights"},
		{"http://www.w3.org/ns/dcat#distribution", "dcat:distribution", "", "", "distribution", "distributie", "distribution"},
	} {
		if p.iri == iri {
			return property{p.short, p.field, p.first, catalogue.Texts{"fr": p.fr, "nl": p.nl, "en": p.en}}
		}
	}
	short := catalogue.Short(entity.Name(iri))
	if short == "" { // the shape is about a thing as a whole
		return property{short: "description", name: catalogue.Texts{"fr": "description", "nl": "beschrijving", "en": "description"}}
	}
	return property{short: short, name: catalogue.Texts{"fr": short, "nl": short, "en": short}}
}

// constraintText says in words what a shape asks for.
func constraintText(f findingAnswer, p property) catalogue.Texts {
	fr, nl, en := "La valeur n’est pas celle que le profil demande", "De waarde is niet die welke het profiel vraagt", "The value is not one that the profile asks for"
	switch f.Constraint {
	case "MinCount", "QualifiedMinCount":
		fr, nl, en = "Le profil demande au moins une valeur", "Het profiel vraagt minstens één waarde", "The profile asks for at least one value"
	case "MaxCount", "QualifiedMaxCount":
		fr, nl, en = "Il y a plus de valeurs que le profil n’en permet", "Er zijn meer waarden dan het profiel toelaat", "There are more values than the profile allows"
	case "UniqueLang":
		fr, nl, en = "Une langue est donnée deux fois", "Een taal komt tweemaal voor", "A language is given twice"
	case "Class", "NodeKind", "Datatype", "In", "HasValue", "Node":
		fr, nl, en = "La valeur n’est pas du type que le profil demande", "De waarde is niet van het type dat het profiel vraagt", "The value is not of the kind that the profile asks for"
	}
	value := ""
	if f.Value != "" {
		value = fmt.Sprintf(" (%.80s)", f.Value)
	}
	return catalogue.Texts{"fr": p.name["fr"] + "\u202f: " + fr + value + ".", "nl": p.name["nl"] + ": " + nl + value + ".", "en": p.name["en"] + ": " + en + value + "."}
}

// inWords says a selection as people would.
func inWords(s catalogue.Selection, count int) catalogue.Texts {
	if len(s.Types) == 0 {
		return catalogue.Texts{"fr": "Rien n’est encore choisi.", "nl": "Er is nog niets gekozen.", "en": "Nothing is chosen yet."}
	}
	names := catalogue.Texts{}
	for lang, or := range map[string]string{"fr": " ou ", "nl": " of ", "en": " or "} {
		var all []string
		for _, t := range s.Types {
			all = append(all, typeName(t, lang))
		}
		names[lang] = strings.Join(all, or)
	}
	out := catalogue.Texts{"fr": "Toutes les entités de type " + names["fr"], "nl": "Alle entiteiten van het type " + names["nl"], "en": "All entities of the type " + names["en"]}
	if s.Scope != "" {
		out["fr"] += ", dans la portée " + s.Scope
		out["nl"] += ", binnen de scope " + s.Scope
		out["en"] += ", within the scope " + s.Scope
	}
	out["fr"] += fmt.Sprintf("\u202f: %d aujourd’hui.", count)
	out["nl"] += fmt.Sprintf(": vandaag %d.", count)
	out["en"] += fmt.Sprintf(": %d today.", count)
	return out
}

// typeName calls a type as the map's legend does, else by its short name.
func typeName(t entity.Name, lang string) string {
	for _, l := range catalogue.Layers() {
		if l.Type == t {
			return l.Short + " (" + l.Names[lang] + ")"
		}
	}
	return catalogue.Short(t)
}

type termAnswer struct {
	Code  string          `json:"code"`
	Label catalogue.Texts `json:"label"`
}

type typeAnswer struct {
	Name  string `json:"name"`
	IRI   string `json:"iri"`
	Count int    `json:"count"`
}

type vocabulariesAnswer struct {
	Licences    []licenceAnswer `json:"licences"`
	Themes      []string        `json:"themes"`
	Frequencies []string        `json:"frequencies"`
	Access      []string        `json:"access"`
	Reasons     []termAnswer    `json:"reasons"`
	HighValue   []termAnswer    `json:"highValue"`
	Types       []typeAnswer    `json:"types"`
}

// vocabularies answers GET /api/vocabularies.
func (a *API) vocabularies(w http.ResponseWriter, r *http.Request) error {
	call, err := a.curating(r)
	if err != nil {
		return err
	}
	out := vocabulariesAnswer{Themes: catalogue.Themes(), Frequencies: catalogue.Frequencies(), Access: []string{"PUBLIC", "RESTRICTED", "NON_PUBLIC"}, Types: []typeAnswer{}}
	for _, l := range catalogue.Licences() {
		out.Licences = append(out.Licences, licenceAnswer{l.Key, l.Title, l.URL})
	}
	for _, reason := range catalogue.Reasons() {
		out.Reasons = append(out.Reasons, termAnswer{reason.Key, reason.Title})
	}
	for _, code := range catalogue.HighValueCodes() {
		out.HighValue = append(out.HighValue, termAnswer{code, catalogue.Texts{"en": catalogue.HighValueLabel(code)}})
	}
	counts, err := a.o.Store.TypesOf(r.Context(), call.Space)
	if err != nil {
		return err
	}
	for t, n := range counts {
		if n > 0 && t != catalogue.Type() {
			out.Types = append(out.Types, typeAnswer{catalogue.Short(t), string(t), n})
		}
	}
	slices.SortFunc(out.Types, func(a, b typeAnswer) int { return strings.Compare(a.Name+" "+a.IRI, b.Name+" "+b.IRI) })
	w.Header().Set("Cache-Control", "no-store")
	return httpx.WriteJSON(w, http.StatusOK, out)
}
