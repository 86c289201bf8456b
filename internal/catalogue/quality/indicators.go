package quality

import (
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/rdf"
)

const (
	dcat rdf.IRI = "http://www.w3.org/ns/dcat#"
	dct  rdf.IRI = "http://purl.org/dc/terms/"
	skos rdf.IRI = "http://www.w3.org/2004/02/skos/core#"

	iana = "www.iana.org/assignments/media-types/" // behind http:// or https://
)

// indicator is an Indicator with its test.
type indicator struct {
	key, dimension string
	points         int
	field          string
	title          catalogue.Texts
	met            func(*view) share
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
func has(p rdf.IRI) func(*view) share {
	return func(v *view) share { return v.count([]rdf.IRI{v.Dataset}, p, there) }
}

// each makes a test: which distributions have the property, with values that
// pass.
func each(p rdf.IRI, ok func(rdf.Term) bool) func(*view) share {
	return func(v *view) share { return v.count(v.dists, p, ok) }
}

// everywhere makes a test of the dataset and its distributions alike.
func everywhere(p rdf.IRI) func(*view) share {
	return func(v *view) share { return v.count(append([]rdf.IRI{v.Dataset}, v.dists...), p, there) }
}

// forms makes a test of what distributions are: by format or by media type,
// one of which is enough.
func forms(codes, media map[string]bool) func(*view) share {
	return func(v *view) share {
		return v.where(v.dists, func(d rdf.IRI) bool {
			return slices.ContainsFunc(v.of(d, dct+"format"), func(t rdf.Term) bool { return fileType(t) && codes[code(t)] }) ||
				slices.ContainsFunc(v.of(d, dcat+"mediaType"), func(t rdf.Term) bool { return media[mediaType(t)] })
		})
	}
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
			func(v *view) share {
				return v.count(v.dists, dcat+"accessURL", func(t rdf.Term) bool { return v.Answers(t.Value()) })
			}},
		{"downloadURL", d, 20, "", texts("adresse de téléchargement", "downloadadres", "download address"),
			func(v *view) share { return v.count(v.files, dcat+"downloadURL", there) }},
		{"downloadURL-answers", d, 30, "", texts("téléchargement qui répond", "download die antwoordt", "download that answers"),
			func(v *view) share {
				return v.count(v.files, dcat+"downloadURL", func(t rdf.Term) bool { return v.Answers(t.Value()) })
			}},
	}
}

func interoperability() []indicator {
	const d = "interoperability"
	return []indicator{
		{"format", d, 20, "", texts("format des fichiers", "bestandsformaat", "file format"), each(dct+"format", there)},
		{"mediaType", d, 10, "", texts("type de média", "mediatype", "media type"), each(dcat+"mediaType", there)},
		{"format-vocabulary", d, 10, "", texts("format et type de média tirés des tables officielles", "formaat en mediatype uit de officiële tabellen", "format and media type from the official tables"),
			func(v *view) share {
				return v.where(v.dists, func(d rdf.IRI) bool {
					one := []rdf.IRI{d}
					return v.count(one, dct+"format", fileType).all() && v.count(one, dcat+"mediaType", func(t rdf.Term) bool { return mediaType(t) != "" }).all()
				})
			}},
		{"format-open", d, 20, "", texts("format non propriétaire", "niet-propriëtair formaat", "format that is not proprietary"), forms(open(), openMedia())},
		{"format-machine-readable", d, 20, "", texts("format lisible par machine", "machineleesbaar formaat", "machine-readable format"),
			forms(union(open(), proprietary()), union(openMedia(), proprietaryMedia()))},
		{"dcat-ap", d, 30, "", texts("conforme à DCAT-AP", "conform DCAT-AP", "conforms to DCAT-AP"), func(v *view) share {
			return v.where([]rdf.IRI{v.Dataset}, func(rdf.IRI) bool { return v.Conforms })
		}},
	}
}

func reusability() []indicator {
	const d = "reusability"
	return []indicator{
		{"license", d, 20, "license", texts("licence", "licentie", "licence"), each(dct+"license", there)},
		{"license-vocabulary", d, 10, "license", texts("licence de la table européenne", "licentie uit de Europese tabel", "licence of the EU table"),
			func(v *view) share { return v.count(v.dists, dct+"license", v.knownLicence) }},
		{"accessRights", d, 10, "", texts("droits d'accès", "toegangsrechten", "access rights"), has(dct + "accessRights")},
		{"accessRights-vocabulary", d, 5, "", texts("droits d'accès de la table européenne", "toegangsrechten uit de Europese tabel", "access rights of the EU table"),
			func(v *view) share {
				return v.count([]rdf.IRI{v.Dataset}, dct+"accessRights", in("access-right/"))
			}},
		{"contactPoint", d, 20, "contact", texts("contact", "contact", "contact point"), has(dcat + "contactPoint")},
		{"publisher", d, 10, "publisher", texts("éditeur", "uitgever", "publisher"), has(dct + "publisher")},
	}
}

func contextuality() []indicator {
	const d = "contextuality"
	return []indicator{
		{"rights", d, 5, "", texts("mention des droits sur les distributions", "rechten bij de distributies", "rights of the distributions"), each(dct+"rights", there)},
		{"byteSize", d, 5, "", texts("taille des fichiers en octets", "bestandsgrootte in bytes", "file size in bytes"), func(v *view) share { return v.count(v.files, dcat+"byteSize", there) }},
		{"issued", d, 5, "", texts("date de publication", "publicatiedatum", "date of publication"), everywhere(dct + "issued")},
		{"modified", d, 5, "", texts("date de modification", "wijzigingsdatum", "date of change"), everywhere(dct + "modified")},
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

// mediaType gives the type of an address of IANA's register, "" if it is none.
func mediaType(t rdf.Term) string {
	_, rest, _ := strings.Cut(t.Value(), "://")
	name, ok := strings.CutPrefix(rest, iana)
	if !ok || !t.IsIRI() {
		return ""
	}
	return name
}

// openMedia are open's media types, as IANA has registered them, and those of
// open formats that the EU table does not have.
func openMedia() map[string]bool {
	return set("text/csv text/tab-separated-values application/json application/ld+json application/geo+json application/xml text/xml application/rdf+xml text/turtle " +
		"application/n-triples application/n-quads application/trig application/gml+xml application/vnd.google-earth.kml+xml " +
		"application/vnd.oasis.opendocument.spreadsheet application/geopackage+sqlite3 application/vnd.apache.parquet application/netcdf")
}

func proprietaryMedia() map[string]bool {
	return set("application/vnd.ms-excel application/vnd.openxmlformats-officedocument.spreadsheetml.sheet application/msaccess")
}

func union(a, b map[string]bool) map[string]bool {
	maps.Copy(a, b)
	return a
}

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}
