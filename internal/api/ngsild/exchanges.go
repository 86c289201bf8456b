package ngsild

import (
	_ "embed" // for the schemas
	"encoding/json"
	"net/http"
	"slices"

	"github.com/beffroi/beffroi/internal/api/httpx"
)

//go:embed schemas.json
var schemasJSON []byte

// Schemas gives the named schemas that the descriptions of the routes refer
// to, for /openapi.json.
//
// Errors: none that a tree which passes its tests can have.
func Schemas() (map[string]any, error) {
	var out map[string]any
	err := json.Unmarshal(schemasJSON, &out)
	return out, err
}

// exchange is what an operation reads and answers, by the names of schemas.
type exchange struct {
	body  string // schema of the request's body, "" if it takes none
	ok    []reply
	wrong []int // statuses of problems beside those that every operation has
}

// reply is an answer that is no problem.
type reply struct {
	status  int
	says    string
	schema  string // of JSON and JSON-LD, "" without a body
	geo     string // schema of GeoJSON, "" if there is none
	headers []string
}

// Lists of headers that answers share.
var (
	located = []string{"Location", "NGSILD-Tenant"}
	silent  = []string{"NGSILD-Tenant"}
	plainly = []string{"Link", "NGSILD-Tenant"}
	paged   = []string{"Link", "NGSILD-Results-Count", "NGSILD-Tenant", "NGSILD-EntityMap"}
	ranged  = []string{"Link", "NGSILD-Results-Count", "NGSILD-Tenant", "Content-Range", "NGSILD-EntityMap"}
	adapted = []string{"Link", "NGSILD-Results-Count", "NGSILD-Tenant", "Preference-Applied"}
)

func done(says string) reply { return reply{204, says, "", "", silent} }

func made(says string) reply { return reply{201, says, "", "", located} }

func partly(schema string) reply {
	return reply{207, "Some of it was done, some not.", schema, "", silent}
}

func shown(says, schema string) reply { return reply{200, says, schema, "", plainly} }

// older is an answer that was made to fit an older version of the standard
// (CIM 009, 4.3.6.8).
func older(schema, geo string) reply {
	return reply{203, "The same, made to fit the version that was asked for.", schema, geo, adapted}
}

// exchanges tells them by the names of the operations in the route table.
var exchanges = map[string]exchange{
	"createEntity":     {"EntitySent", []reply{made("It is created; Location is its address."), partly("BatchOperationResult")}, []int{409, 422}},
	"queryEntities":    {"", []reply{{200, "A page of the entities that match.", "Entities", "FeatureCollection", paged}, {201, "The same; an EntityMap was made for it.", "Entities", "FeatureCollection", paged}, older("Entities", "FeatureCollection")}, []int{422, 501}},
	"purgeEntities":    {"", []reply{{204, "All of them are deleted, or their attributes.", "", "", []string{"NGSILD-Tenant", "NGSILD-EntityMap"}}, partly("BatchOperationResult")}, nil},
	"retrieveEntity":   {"", []reply{{200, "The entity.", "EntityOrEntities", "FeatureOrCollection", paged}, older("EntityOrEntities", "FeatureOrCollection")}, []int{422, 501}},
	"deleteEntity":     {"", []reply{done("It is deleted."), partly("BatchOperationResult")}, nil},
	"replaceEntity":    {"EntitySent", []reply{done("It is replaced."), partly("PartOrBatchResult")}, []int{422}},
	"mergeEntity":      {"EntityFragment", []reply{done("The fragment is merged into it."), partly("PartOrBatchResult")}, []int{422}},
	"appendAttributes": {"EntityFragment", []reply{done("All of them are written."), partly("UpdateResult")}, []int{422}},
	"updateAttributes": {"EntityFragment", []reply{done("All of them are written."), partly("UpdateResult")}, []int{422}},
	"updateAttribute":  {"AttributeFragment", []reply{done("It is changed."), partly("UpdateResult")}, []int{422}},
	"replaceAttribute": {"AttributeFragment", []reply{done("It is replaced."), partly("UpdateResult")}, []int{422}},
	"deleteAttribute":  {"", []reply{done("It is deleted."), partly("UpdateResult")}, nil},

	"createBatch": {"EntitiesSent", []reply{{201, "All are created; the body lists their ids.", "IDs", "", silent}, partly("BatchOperationResult")}, []int{422}},
	"upsertBatch": {"EntitiesSent", []reply{{201, "All are written; the body lists the ids of the new ones.", "IDs", "", silent}, done("All are written, none is new."), partly("BatchOperationResult")}, []int{422}},
	"updateBatch": {"EntitiesSent", []reply{done("All are written."), partly("BatchOperationResult")}, []int{422}},
	"mergeBatch":  {"EntitiesSent", []reply{done("All are merged."), partly("BatchOperationResult")}, []int{422}},
	"deleteBatch": {"IDs", []reply{done("All are deleted."), partly("BatchOperationResult")}, []int{422}},
	"queryBatch":  {"Query", []reply{{200, "A page of the entities that match.", "Entities", "FeatureCollection", paged}, {201, "The same; an EntityMap was made for it.", "Entities", "FeatureCollection", paged}, older("Entities", "FeatureCollection")}, []int{422, 501}},

	"listTypes":         {"", []reply{shown("The types.", "EntityTypes")}, nil},
	"describeType":      {"", []reply{shown("The type.", "EntityTypeInfo")}, nil},
	"listAttributes":    {"", []reply{shown("The attributes.", "Attributes")}, nil},
	"describeAttribute": {"", []reply{shown("The attribute.", "AttributeInfo")}, nil},

	"createHistory":          {"EntityTemporalSent", []reply{made("It is created; Location is its address."), done("Its history is longer now."), partly("UpdateResult")}, []int{422}},
	"queryHistory":           {"", []reply{{200, "A page of the histories that match.", "EntitiesTemporal", "", paged}, {201, "The same; an EntityMap was made for it.", "EntitiesTemporal", "", paged}, {206, "The same, cut in time.", "EntitiesTemporal", "", ranged}, older("EntitiesTemporal", "")}, []int{422, 501}},
	"retrieveHistory":        {"", []reply{{200, "The history.", "AnyEntityTemporal", "", paged}, {206, "The same, cut in time.", "AnyEntityTemporal", "", ranged}, older("AnyEntityTemporal", "")}, []int{422, 501}},
	"appendHistory":          {"EntityTemporalSent", []reply{done("The instances are added."), partly("UpdateResult")}, []int{422}},
	"deleteHistory":          {"", []reply{done("It is deleted."), partly("BatchOperationResult")}, nil},
	"deleteAttributeHistory": {"", []reply{done("It is deleted."), partly("UpdateResult")}, nil},
	"modifyInstance":         {"AttributeFragment", []reply{done("It is replaced."), partly("UpdateResult")}, []int{422}},
	"deleteInstance":         {"", []reply{done("It is deleted."), partly("UpdateResult")}, nil},
	"queryHistoryByPost":     {"Query", []reply{{200, "A page of the histories that match.", "EntitiesTemporal", "", paged}, {201, "The same; an EntityMap was made for it.", "EntitiesTemporal", "", paged}, {206, "The same, cut in time.", "EntitiesTemporal", "", ranged}, older("EntitiesTemporal", "")}, []int{422, 501}},

	"createSubscription":   {"Subscription", []reply{made("It is created; Location is its address.")}, []int{409, 422, 501}},
	"listSubscriptions":    {"", []reply{{200, "A page of the subscriptions.", "Subscriptions", "", paged}}, nil},
	"retrieveSubscription": {"", []reply{shown("The subscription.", "SubscriptionShown")}, nil},
	"updateSubscription":   {"SubscriptionFragment", []reply{done("It is changed.")}, []int{422}},
	"deleteSubscription":   {"", []reply{done("It is deleted.")}, nil},

	"addContext":    {"ContextDocument", []reply{made("It is hosted; Location is its address.")}, nil},
	"listContexts":  {"", []reply{{200, "The contexts.", "Contexts", "", silent}}, nil},
	"serveContext":  {"", []reply{{200, "The context.", "ContextOrMetadata", "", silent}}, []int{422}},
	"deleteContext": {"", []reply{done("It is deleted, or fetched anew.")}, []int{422}},

	"retrieveEntityMap":             {"", []reply{shown("The EntityMap.", "EntityMap")}, nil},
	"updateEntityMap":               {"EntityMapFragment", []reply{done("It is changed.")}, nil},
	"deleteEntityMap":               {"", []reply{done("It is deleted.")}, nil},
	"createEntityMap":               {"", []reply{mapped, older("EntityMap", "")}, []int{501}},
	"createEntityMapByPost":         {"Query", []reply{mapped}, []int{501}},
	"createTemporalEntityMap":       {"", []reply{mapped, older("EntityMap", "")}, []int{501}},
	"createTemporalEntityMapByPost": {"Query", []reply{mapped}, []int{501}},
	"sourceIdentity":                {"", []reply{shown("Who answers.", "SourceIdentity")}, []int{501}},

	"createSnapshot":   {"SnapshotFragment", []reply{made("It is being made; Location is its address.")}, []int{409}},
	"purgeSnapshots":   {"", []reply{done("All of them are deleted."), partly("BatchOperationResult")}, nil},
	"retrieveSnapshot": {"", []reply{shown("The snapshot and its status.", "Snapshot")}, nil},
	"updateSnapshot":   {"SnapshotFragment", []reply{shown("The snapshot as it is now.", "Snapshot")}, nil},
	"deleteSnapshot":   {"", []reply{done("It is deleted.")}, nil},
	"cloneSnapshot":    {"SnapshotFragment", []reply{made("It is cloned; Location is the clone's address.")}, []int{409}},
}

var mapped = reply{201, "It is made; NGSILD-EntityMap is its address.", "EntityMap", "", []string{"Link", "NGSILD-EntityMap", "NGSILD-Tenant"}}

// describe tells of an operation, by its name in the route table.
func describe(method, name string, known []string) httpx.Description {
	d := httpx.Description{Params: parameters(known)}
	s, ok := exchanges[name]
	if !ok {
		return d
	}
	statuses := []int{400, 401, 403, 404, 406, 500, 503, 504}
	if s.body != "" {
		d.Body = both(s.body)
		if method == http.MethodPatch {
			d.Body = append(d.Body, httpx.Media{Type: "application/merge-patch+json", Schema: httpx.SchemaOf(s.body)})
		}
		statuses = append(statuses, 411, 413, 415)
	}
	for _, a := range s.ok {
		out := httpx.Answer{Status: a.status, Description: a.says, Headers: a.headers}
		switch {
		case a.status == 207:
			// Errors and results of several are always plain JSON (6.3.6).
			out.Body = []httpx.Media{{Type: "application/json", Schema: httpx.SchemaOf(a.schema)}}
		case a.schema != "":
			out.Body = both(a.schema)
		}
		if a.geo != "" {
			out.Body = append(out.Body, httpx.Media{Type: "application/geo+json", Schema: httpx.SchemaOf(a.geo)})
		}
		d.Answers = append(d.Answers, out)
	}
	statuses = append(statuses, s.wrong...)
	if method != http.MethodGet { // a snapshot that is being prepared takes no changes
		statuses = append(statuses, http.StatusConflict)
	}
	slices.Sort(statuses)
	statuses = slices.Compact(statuses)
	for _, status := range statuses {
		d.Answers = append(d.Answers, wrong(status))
	}
	return d
}

func both(schema string) []httpx.Media {
	return []httpx.Media{{Type: "application/json", Schema: httpx.SchemaOf(schema)}, {Type: "application/ld+json", Schema: httpx.SchemaOf(schema)}}
}

// wrong describes a problem.
func wrong(status int) httpx.Answer {
	a := httpx.Answer{Status: status, Description: http.StatusText(status) + "; the body says why.", Headers: silent}
	switch status {
	case 411, 415:
		a.Description = http.StatusText(status) + ", without a body (CIM 009, 6.3.4)."
	default:
		a.Body = []httpx.Media{{Type: "application/json", Schema: httpx.SchemaOf("Problem")}}
	}
	return a
}

// Webhooks describes the requests that this API makes: what an endpoint of a
// subscription gets (CIM 009, 6.3.8).
func Webhooks() map[string]httpx.Description {
	body := append(both("Notification"), httpx.Media{Type: "application/geo+json", Schema: httpx.SchemaOf("Notification")})
	return map[string]httpx.Description{
		"notification": {Body: body, Answers: []httpx.Answer{{Status: 200, Description: "It has arrived; so do other answers 2xx say."}}},
	}
}
