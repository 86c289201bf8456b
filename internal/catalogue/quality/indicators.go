package quality

import (
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
)

const (
	dcat rdf.IRI = "http://www.w3.org/ns/dcat#"
	dct  rdf.IRI = "http://purl.org/dc/terms/"
	skos rdf.IRI = "http://www.w3.org/2004/02/skos/core#"

	iana = "http://www.iana.org/assignments/media-types/"
)

// indicator is an Indicator with its test.
type indicator struct {
	key, dimension string
	points         int
	field          string
	title          catalogue.Texts
	met            func(*view) bool
}

func texts(fr, nl, en string) catalogue.Texts {
	return catalogue.Texts{"fr": fr, "nl": nl, "en": en}
}

// indicators are those of the methodology of data.europa.eu, 405 points.
func indicators() []indicator {
	var out []indicator
	for _, part := range [][]indicator{findability(), accessibility(), interoperability(), reusability(), contextuality()} {
		out = append(out, part...)
	}
	return out
}

// has makes a test: the dataset has the property.
func has(p rdf.IRI) func(*view) bool {
	return func(v *view) bool { return v.all([]rdf.IRI{v.Dataset}, p, there) }
}

// each makes a test: every distribution has the property, with values that
// pass.
func each(p rdf.IRI, ok func(rdf.Term) bool) func(*view) bool {
	return func(v *view) bool { return v.all(v.dists, p, ok) }
}

func findability() []indicator {
	const d = "findability"
	return []indicator{
		{"keyword", d, 30, "keywords", texts("mots-clés", "trefwoorden", "keywords"), has(dcat + "keyword")},
		{"theme", d, 30, "themes", texts("thème", "thema", "theme"), has(dcat + "theme")},
		{"spatial", d, 20, "", texts("étendue géographique : aucun objet n'a de lieu", "ruimtelijke dekking: geen enkel object heeft een plaats", "place covered: no entity has a location"), has(dct + "spatial")},
		{"temporal", d, 20, "", texts("étendue temporelle : aucune observation n'est datée", "periode: geen enkele waarneming heeft een tijdstip", "period covered: no observation has a time"), has(dct + "temporal")},
	}
}

func accessibility() []indicator {
	const d = "accessibility"
	return []indicator{
		{"accessURL-answers", d, 50, "", texts("adresse d'accès qui répond", "toegangsadres dat antwoordt", "access address that answers"),
			func(v *view) bool {
				return v.all(v.dists, dcat+"accessURL", func(t rdf.Term) bool { return v.Answers(t.Value()) })
			}},
		{"downloadURL", d, 20, "", texts("adresse de téléchargement", "downloadadres", "download address"),
			func(v *view) bool { return v.all(v.files, dcat+"downloadURL", there) }},
		{"downloadURL-answers", d, 30, "", texts("téléchargement qui répond", "download die antwoordt", "download that answers"),
			func(v *view) bool {
				return v.all(v.files, dcat+"downloadURL", func(t rdf.Term) bool { return v.Answers(t.Value()) })
			}},
	}
}

func interoperability() []indicator {
	const d = "interoperability"
	return []indicator{
		{"format", d, 20, "", texts("format des fichiers", "bestandsformaat", "file format"), each(dct+"format", there)},
		{"mediaType", d, 10, "", texts("type de média", "mediatype", "media type"), each(dcat+"mediaType", there)},
		{"format-vocabulary", d, 10, "", texts("format et type de média tirés des tables officielles", "formaat en mediatype uit de officiële tabellen", "format and media type from the official tables"),
			func(v *view) bool {
				return v.all(v.dists, dct+"format", fileType) && v.all(v.dists, dcat+"mediaType", func(t rdf.Term) bool { return t.IsIRI() && strings.HasPrefix(t.Value(), iana) })
			}},
		{"format-open", d, 20, "", texts("format non propriétaire", "niet-propriëtair formaat", "format that is not proprietary"),
			each(dct+"format", func(t rdf.Term) bool { return fileType(t) && !proprietary()[code(t)] && open()[code(t)] })},
		{"format-machine-readable", d, 20, "", texts("format lisible par machine", "machineleesbaar formaat", "machine-readable format"),
			each(dct+"format", func(t rdf.Term) bool { return fileType(t) && (open()[code(t)] || proprietary()[code(t)]) })},
		{"dcat-ap", d, 30, "", texts("conforme à DCAT-AP", "conform DCAT-AP", "conforms to DCAT-AP"), func(v *view) bool { return v.Conforms }},
	}
}

func reusability() []indicator {
	const d = "reusability"
	return []indicator{
		{"license", d, 20, "license", texts("licence", "licentie", "licence"), each(dct+"license", there)},
		{"license-vocabulary", d, 10, "license", texts("licence de la table européenne", "licentie uit de Europese tabel", "licence of the EU table"),
			func(v *view) bool { return v.all(v.dists, dct+"license", v.knownLicence) }},
		{"accessRights", d, 10, "", texts("droits d'accès", "toegangsrechten", "access rights"), has(dct + "accessRights")},
		{"accessRights-vocabulary", d, 5, "", texts("droits d'accès de la table européenne", "toegangsrechten uit de Europese tabel", "access rights of the EU table"),
			func(v *view) bool {
				return v.all([]rdf.IRI{v.Dataset}, dct+"accessRights", in("access-right/"))
			}},
		{"contactPoint", d, 20, "contact", texts("contact", "contact", "contact point"), has(dcat + "contactPoint")},
		{"publisher", d, 10, "publisher", texts("éditeur", "uitgever", "publisher"), has(dct + "publisher")},
	}
}

func contextuality() []indicator {
	const d = "contextuality"
	return []indicator{
		{"rights", d, 5, "", texts("mention des droits sur les distributions", "rechten bij de distributies", "rights of the distributions"), each(dct+"rights", there)},
		{"byteSize", d, 5, "", texts("taille des fichiers en octets", "bestandsgrootte in bytes", "file size in bytes"), func(v *view) bool { return v.all(v.files, dcat+"byteSize", there) }},
		{"issued", d, 5, "", texts("date de publication", "publicatiedatum", "date of publication"), has(dct + "issued")},
		{"modified", d, 5, "", texts("date de modification", "wijzigingsdatum", "date of change"), has(dct + "modified")},
	}
}

func in(table string) func(rdf.Term) bool {
	return func(t rdf.Term) bool { return t.IsIRI() && strings.HasPrefix(t.Value(), catalogue.Authority+table) }
}

func fileType(t rdf.Term) bool { return in("file-type/")(t) }

func code(t rdf.Term) string { return strings.TrimPrefix(t.Value(), catalogue.Authority+"file-type/") }

// knownLicence takes one of the EU table, or one that says which of the table
// it equals; one that is only close to it does not count.
func (v *view) knownLicence(t rdf.Term) bool {
	if in("licence/")(t) {
		return true
	}
	for _, o := range v.of(rdf.IRI(t.Value()), skos+"exactMatch") {
		if in("licence/")(o) {
			return true
		}
	}
	return false
}

// open are the codes of the EU table file-type that are both open and readable
// by machines, as far as datasets use them.
func open() map[string]bool {
	return set("CSV TSV JSON JSON_LD GEOJSON XML RDF RDF_XML RDF_TURTLE RDF_N_TRIPLES RDF_N_QUADS RDF_TRIG GML KML ODS GPKG PARQUET NETCDF GTFS")
}

// proprietary are those that machines read, but that belong to somebody.
func proprietary() map[string]bool { return set("XLS XLSX SHP MDB") }

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}
