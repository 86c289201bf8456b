package ngsild

import (
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
)

// parameter describes a parameter of an operation, for /openapi.json.
type parameter struct {
	name, in, says, example string // in is query or header
	kind                    string // see schemaOf
}

// described says what each parameter does, in the order in which they are
// listed.
var described = []parameter{
	{"id", "query", "Entities with one of these ids, separated by commas.", "urn:ngsi-ld:Room:12", "uris"},
	{"idPattern", "query", "Entities whose id this extended regular expression (IEEE 1003.2) is found in.", ".*:Room:.*", ""},
	{"type", "query", "Entities of these types: A|B any of them, (A;B) both, * every one.", "Car|Bus", ""},
	{"attrs", "query", "Deprecated: entities with one of these attributes, and of each entity these alone.", "speed,brand", "list"},
	{"q", "query", "Entities whose attributes meet this condition (CIM 009, 4.9).", "speed>50;brand==\"Mercedes\"", ""},
	{"expandValues", "query", "Attributes whose values in q are names to be expanded with the @context.", "gender", "list"},
	{"jsonKeys", "query", "Attributes whose JSON in q is not to be expanded; here none ever is.", "", "list"},
	{"scopeQ", "query", "Entities with such a scope: + is one level, /# all below.", "/Madrid/#", ""},
	{"georel", "query", "How the entity's place is to be to the geometry: near;maxDistance==metres, near;minDistance==metres, within, contains, intersects, equals, disjoint, overlaps.", "near;maxDistance==2000", ""},
	{"geometry", "query", "Type of the geometry that goes with georel.", "Point", "Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon"},
	{"coordinates", "query", "Coordinates of the geometry, as GeoJSON has them.", "[8,40]", ""},
	{"geoproperty", "query", "GeoProperty that georel is about; location if it is not said.", "location", ""},
	{"csf", "query", "Filter of context sources; there are none besides this server, so it is only checked.", "", ""},
	{"pick", "query", "Members that are shown of each entity: id, type, scope and attributes; with join also rel{…} of linked ones.", "id,speed", ""},
	{"omit", "query", "Members that are left out of each entity.", "type", ""},
	{"join", "query", "Linked entities: inline shows them within the Relationships that lead to them, flat behind the others, @none not.", "inline", "inline|flat|@none"},
	{"joinLevel", "query", "How many Relationships in a row join follows; 1 if it is not said.", "2", "int:1"},
	{"containedBy", "query", "Ids that were met already: join does not show them again.", "", "uris"},
	{"orderBy", "query", "Order of the answer: id, type, scope or attributes, each with ;asc, ;desc, ;dist-asc or ;dist-desc. Goes with local=true.", "name,speed;desc", ""},
	{"orderFrom", "query", "Coordinates that ;dist-asc and ;dist-desc measure from.", "[8,40]", ""},
	{"orderGeometry", "query", "Type of the geometry that orderFrom has; Point if it is not said.", "Point", "Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon"},
	{"collation", "query", "ICU collation that texts are ordered by (RFC 6067); the root collation if it is not said.", "de-u-co-phonebk", ""},
	{"format", "query", "Form of the answer: normalized, concise, simplified; of history normalized, temporalValues, aggregatedValues. For a merge simplified says that the body is so.", "concise", "normalized|concise|simplified|keyValues|temporalValues|aggregatedValues"},
	{"options", "query", "Deprecated for forms; sysAttrs adds createdAt, modifiedAt, expiresAt. For writes: noOverwrite, or update and replace for an upsert.", "sysAttrs", "list"},
	{"lang", "query", "Turns each LanguageProperty into one text in the language wanted most; for a merge the language that plain texts are in.", "fr-BE,fr;q=0.9", ""},
	{"datasetId", "query", "Instances of these datasets alone; @none is the default instance.", "@none", "list"},
	{"geometryProperty", "query", "GeoProperty that becomes the geometry of a GeoJSON answer; location if it is not said.", "location", ""},
	{"limit", "query", "How many at most, up to 10,000; 0 goes with count=true.", "20", "int:0"},
	{"offset", "query", "How many to pass over first. Follow the Link with rel=next rather than computing it.", "40", "int:0"},
	{"count", "query", "true also counts all that matches, in the header NGSILD-Results-Count.", "true", "bool"},
	{"cursor", "query", "Part of next links: where the page before ended.", "", ""},
	{"timerel", "query", "before (exclusive), after (inclusive) or between.", "after", "before|after|between"},
	{"timeAt", "query", "The time that timerel is about; the first of between.", "2026-03-29T12:00:00Z", "time"},
	{"endTimeAt", "query", "The end of between, exclusive.", "2026-03-30T12:00:00Z", "time"},
	{"timeproperty", "query", "observedAt (as if nothing is said), createdAt, modifiedAt or deletedAt.", "modifiedAt", "observedAt|createdAt|modifiedAt|deletedAt"},
	{"lastN", "query", "Of each attribute only that many instances, the newest.", "10", "int:1"},
	{"aggrMethods", "query", "What aggregatedValues computes: totalCount, distinctCount, sum, avg, min, max, stddev, sumsq.", "avg,max", "list:totalCount|distinctCount|sum|avg|min|max|stddev|sumsq"},
	{"aggrPeriodDuration", "query", "Length of the periods of aggregatedValues, ISO 8601; the whole interval if it is not said.", "PT1H", "duration"},
	{"observedAt", "query", "For a merge: observedAt of each attribute that had one and brings none.", "2026-03-29T12:00:00Z", "time"},
	{"keep", "query", "For a purge: deletes all attributes but these, not the entities.", "name", "list"},
	{"drop", "query", "For a purge: deletes these attributes, not the entities.", "name", "list"},
	{"deleteAll", "query", "true deletes every instance of the attribute.", "true", "bool"},
	{"details", "query", "true tells more about each.", "true", "bool"},
	{"kind", "query", "Contexts of this kind: Hosted, Cached or ImplicitlyCreated.", "Hosted", "Hosted|Cached|ImplicitlyCreated"},
	{"reload", "query", "true fetches a cached context anew instead of deleting it.", "true", "bool"},
	{"entityMap", "query", "true fixes which entities the query selects, for paging: the header NGSILD-EntityMap of the answer, sent back with the next requests, names that map.", "true", "bool"},
	{"entityMapLifetime", "query", "How long that map should last; the server may give it less.", "PT10M", "duration"},
	{"entityMapId", "query", "Part of next links: the map that the page before rests on.", "", ""},
	{"splitEntities", "query", "Whether entities are spread over several sources; there are none besides this server.", "false", "bool"},
	{"local", "query", "true asks this server alone, which is always so; a query then needs no type.", "true", "bool"},
	{"NGSILD-Tenant", "header", "The tenant that the request is about; the default one if it is not said.", "city", ""},
	{"NGSILD-EntityMap", "header", "For reading and for a purge: the map, as an answer named it, that fixes which entities the request is about.", "", ""},
	{"Prefer", "header", "ngsi-ld=1.5 asks for an answer as that version of the standard has it (CIM 009, 4.3.6.8); body=json for GeoJSON without an @context in it.", "ngsi-ld=1.5", ""},
	{"NGSILD-Snapshot", "header", "The snapshot that the request is about, for entities, history, discovery and subscriptions; the city itself if it is not said.", "urn:ngsi-ld:Snapshot:monday", ""},
	{"Link", "header", "The @context of the request if it has no body of type application/ld+json.", `<https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`, ""},
}

// parameters describes the parameters that an operation knows; an answer's
// language and form are asked for in headers that every client knows.
func parameters(known []string) []httpx.Param {
	var out []httpx.Param
	for _, p := range described {
		if p.in == "header" || slices.Contains(known, p.name) {
			out = append(out, httpx.Param{Name: p.name, In: p.in, Description: p.says, Example: p.example, Schema: schemaOf(p.kind)})
		}
	}
	return out
}

// schemaOf makes the schema of a parameter: "" any text, list and uris several
// with commas between, bool, int:N whole numbers from N on, time, duration,
// a|b one of these, list:a|b several of these.
func schemaOf(kind string) httpx.Schema {
	head, rest, _ := strings.Cut(kind, ":")
	words := func(s string) httpx.Schema {
		if s == "" {
			return httpx.Schema{"type": "string"}
		}
		var list []any
		for w := range strings.SplitSeq(s, "|") {
			list = append(list, w)
		}
		return httpx.Schema{"type": "string", "enum": list}
	}
	switch head {
	case "list":
		return httpx.Schema{"type": "array", "items": words(rest)}
	case "uris":
		return httpx.Schema{"type": "array", "items": httpx.SchemaOf("URI")}
	case "bool":
		return httpx.Schema{"type": "boolean"}
	case "int":
		least, _ := strconv.Atoi(rest)
		return httpx.Schema{"type": "integer", "minimum": least}
	case "time":
		return httpx.SchemaOf("DateTime")
	case "duration":
		return httpx.SchemaOf("Duration")
	default:
		return words(kind)
	}
}
