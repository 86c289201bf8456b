package ngsild

import "slices"

// Parameter describes a parameter of an operation, for /openapi.json.
type Parameter struct {
	Name, In, Description, Example string // In is query or header
}

// described says what each parameter does, in the order in which they are
// listed.
var described = []Parameter{
	{"id", "query", "Entities with one of these ids, separated by commas.", "urn:ngsi-ld:Room:12"},
	{"idPattern", "query", "Entities whose id this extended regular expression (IEEE 1003.2) is found in.", ".*:Room:.*"},
	{"type", "query", "Entities of these types: A|B any of them, (A;B) both, * every one.", "Car|Bus"},
	{"attrs", "query", "Deprecated: entities with one of these attributes, and of each entity these alone.", "speed,brand"},
	{"q", "query", "Entities whose attributes meet this condition (CIM 009, 4.9).", "speed>50;brand==\"Mercedes\""},
	{"expandValues", "query", "Attributes whose values in q are names to be expanded with the @context.", "gender"},
	{"jsonKeys", "query", "Attributes whose JSON in q is not to be expanded; here none ever is.", ""},
	{"scopeQ", "query", "Entities with such a scope: + is one level, /# all below.", "/Madrid/#"},
	{"georel", "query", "How the entity's place is to be to the geometry: near;maxDistance==metres, near;minDistance==metres, within, contains, intersects, equals, disjoint, overlaps.", "near;maxDistance==2000"},
	{"geometry", "query", "Type of the geometry that goes with georel.", "Point"},
	{"coordinates", "query", "Coordinates of the geometry, as GeoJSON has them.", "[8,40]"},
	{"geoproperty", "query", "GeoProperty that georel is about; location if it is not said.", "location"},
	{"csf", "query", "Filter of context sources; there are none besides this server, so it is only checked.", ""},
	{"pick", "query", "Members that are shown of each entity: id, type, scope and attributes; with join also rel{…} of linked ones.", "id,speed"},
	{"omit", "query", "Members that are left out of each entity.", "type"},
	{"join", "query", "Linked entities: inline shows them within the Relationships that lead to them, flat behind the others, @none not.", "inline"},
	{"joinLevel", "query", "How many Relationships in a row join follows; 1 if it is not said.", "2"},
	{"containedBy", "query", "Ids that were met already: join does not show them again.", ""},
	{"orderBy", "query", "Order of the answer: id, type, scope or attributes, each with ;asc, ;desc, ;dist-asc or ;dist-desc. Goes with local=true.", "name,speed;desc"},
	{"orderFrom", "query", "Coordinates that ;dist-asc and ;dist-desc measure from.", "[8,40]"},
	{"orderGeometry", "query", "Type of the geometry that orderFrom has; Point if it is not said.", "Point"},
	{"collation", "query", "ICU collation that texts are ordered by (RFC 6067); the root collation if it is not said.", "de-u-co-phonebk"},
	{"format", "query", "Form of the answer: normalized, concise, simplified; of history normalized, temporalValues, aggregatedValues. For a merge simplified says that the body is so.", "concise"},
	{"options", "query", "Deprecated for forms; sysAttrs adds createdAt, modifiedAt, expiresAt. For writes: noOverwrite, or update and replace for an upsert.", "sysAttrs"},
	{"lang", "query", "Turns each LanguageProperty into one text in the language wanted most; for a merge the language that plain texts are in.", "fr-BE,fr;q=0.9"},
	{"datasetId", "query", "Instances of these datasets alone; @none is the default instance.", "@none"},
	{"geometryProperty", "query", "GeoProperty that becomes the geometry of a GeoJSON answer; location if it is not said.", "location"},
	{"limit", "query", "How many at most, up to 10,000; 0 goes with count=true.", "20"},
	{"offset", "query", "How many to pass over first. Follow the Link with rel=next rather than computing it.", "40"},
	{"count", "query", "true also counts all that matches, in the header NGSILD-Results-Count.", "true"},
	{"cursor", "query", "Part of next links: where the page before ended.", ""},
	{"timerel", "query", "before (exclusive), after (inclusive) or between.", "after"},
	{"timeAt", "query", "The time that timerel is about; the first of between.", "2026-03-29T12:00:00Z"},
	{"endTimeAt", "query", "The end of between, exclusive.", "2026-03-30T12:00:00Z"},
	{"timeproperty", "query", "observedAt (as if nothing is said), createdAt, modifiedAt or deletedAt.", "modifiedAt"},
	{"lastN", "query", "Of each attribute only that many instances, the newest.", "10"},
	{"aggrMethods", "query", "What aggregatedValues computes: totalCount, distinctCount, sum, avg, min, max, stddev, sumsq.", "avg,max"},
	{"aggrPeriodDuration", "query", "Length of the periods of aggregatedValues, ISO 8601; the whole interval if it is not said.", "PT1H"},
	{"observedAt", "query", "For a merge: observedAt of each attribute that had one and brings none.", "2026-03-29T12:00:00Z"},
	{"keep", "query", "For a purge: deletes all attributes but these, not the entities.", "name"},
	{"drop", "query", "For a purge: deletes these attributes, not the entities.", "name"},
	{"deleteAll", "query", "true deletes every instance of the attribute.", "true"},
	{"details", "query", "true tells more about each.", "true"},
	{"kind", "query", "Contexts of this kind: Hosted, Cached or ImplicitlyCreated.", "Hosted"},
	{"reload", "query", "true fetches a cached context anew instead of deleting it.", "true"},
	{"splitEntities", "query", "Whether entities are spread over several sources; there are none besides this server.", "false"},
	{"local", "query", "true asks this server alone, which is always so; a query then needs no type.", "true"},
	{"NGSILD-Tenant", "header", "The tenant that the request is about; the default one if it is not said.", "city"},
	{"Link", "header", "The @context of the request if it has no body of type application/ld+json.", `<https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`},
}

// Parameters describes the parameters that an operation knows, by its name in
// the route table; nil if the operation is not one of this API.
func (a *API) Parameters(operation string) []Parameter {
	known, ok := a.params[operation]
	if !ok {
		return nil
	}
	var out []Parameter
	for _, p := range described {
		if p.In == "header" || slices.Contains(known, p.Name) {
			out = append(out, p)
		}
	}
	return out
}
