package ngsild

import (
	"net/http"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// Routes gives the whole API as data (CIM 009, 6.2).
func (a *API) Routes() []httpx.Route {
	out, _ := a.table()
	return out
}

// table makes the routes, and names the parameters of each operation.
func (a *API) table() (out []httpx.Route, params map[string][]string) {
	params = map[string][]string{}
	add := func(method, path string, rule access.Rule, name, summary, group string, op operation) *httpx.Route {
		if takesLocal(path) {
			op.params = append(slices.Clip(op.params), "local")
		}
		op.snapshots = onSnapshots(path)
		params[name] = op.params
		out = append(out, httpx.Route{Method: method, Pattern: Base + path, Rule: rule, Name: name, Summary: summary, Group: group,
			Style: httpx.NGSILD, MaxBody: maxEntityBytes, Handle: a.handler(op, rule)})
		return &out[len(out)-1]
	}
	const (
		read, write       = access.Read, access.Write
		shown             = access.PublicDataset
		get, post, put    = http.MethodGet, http.MethodPost, http.MethodPut
		patch, del        = http.MethodPatch, http.MethodDelete
		ents, bats, temps = "NGSI-LD entities", "NGSI-LD batches", "NGSI-LD history"
		disc, subs, ctxs  = "NGSI-LD discovery", "NGSI-LD subscriptions", "NGSI-LD contexts"
	)
	id, attr := "/entities/{entityId}", "/entities/{entityId}/attrs/{attrId}"
	add(post, "/entities", write, "createEntity", "Create an entity", ents, operation{handle: (*call).createEntity})
	add(get, "/entities", shown, "queryEntities", "Query entities", ents, operation{params: mapParams(formParams, whichParams, joinParams, orderParams, pageParams, []string{"geometryProperty"}), handle: (*call).queryEntities})
	add(del, "/entities", write, "purgeEntities", "Delete all entities that a query selects, or some of their attributes", ents, operation{params: join(purgeParams, []string{"keep", "drop", "geometryProperty"}), handle: (*call).purgeEntities})
	add(get, id, shown, "retrieveEntity", "Retrieve an entity", ents, operation{params: join(formParams, joinParams, []string{"type", "geometryProperty", "entityMap", "entityMapLifetime"}), handle: (*call).retrieveEntity})
	add(del, id, write, "deleteEntity", "Delete an entity", ents, operation{params: []string{"type"}, handle: (*call).deleteEntity})
	add(put, id, write, "replaceEntity", "Replace an entity", ents, operation{params: []string{"type"}, handle: (*call).replaceEntity})
	add(patch, id, write, "mergeEntity", "Merge into an entity", ents, operation{params: []string{"type", "format", "options", "lang", "observedAt"}, handle: (*call).mergeEntity})
	add(post, id+"/attrs", write, "appendAttributes", "Append attributes to an entity", ents, operation{params: []string{"type", "options"}, handle: (*call).appendAttrs})
	add(patch, id+"/attrs", write, "updateAttributes", "Update attributes of an entity", ents, operation{params: []string{"type"}, handle: (*call).updateAttrs})
	add(patch, attr, write, "updateAttribute", "Update part of an attribute", ents, operation{params: []string{"type"}, handle: (*call).updateAttr})
	add(put, attr, write, "replaceAttribute", "Replace an attribute", ents, operation{params: []string{"type"}, handle: (*call).replaceAttr})
	add(del, attr, write, "deleteAttribute", "Delete an attribute", ents, operation{params: []string{"type", "datasetId", "deleteAll"}, handle: (*call).deleteAttr})

	batch := func(path, name, summary string, op operation) {
		add(post, "/entityOperations/"+path, write, name, summary, bats, op).MaxBody = maxBatchBytes
	}
	batch("create", "createBatch", "Create entities", operation{handle: (*call).createBatch})
	batch("upsert", "upsertBatch", "Create or update entities", operation{params: []string{"options"}, handle: (*call).upsertBatch})
	batch("update", "updateBatch", "Append to entities", operation{params: []string{"options"}, handle: (*call).updateBatch})
	batch("merge", "mergeBatch", "Merge into entities", operation{params: []string{"format", "options", "lang", "observedAt"}, handle: (*call).mergeBatch})
	batch("delete", "deleteBatch", "Delete entities", operation{handle: (*call).deleteBatch})
	add(post, "/entityOperations/query", read, "queryBatch", "Query entities by a posted query", bats, operation{params: join(pageParams, []string{"format", "options", "geometryProperty", "cursor", "entityMapId"}), handle: (*call).queryByPost})

	add(get, "/types", read, "listTypes", "List entity types", disc, operation{params: []string{"details"}, handle: (*call).listTypes})
	add(get, "/types/{type}", read, "describeType", "Describe an entity type", disc, operation{handle: (*call).describeType})
	add(get, "/attributes", read, "listAttributes", "List attributes", disc, operation{params: []string{"details"}, handle: (*call).listAttributes})
	add(get, "/attributes/{attrId}", read, "describeAttribute", "Describe an attribute", disc, operation{handle: (*call).describeAttribute})

	add(post, "/temporal/entities", write, "createHistory", "Create or extend the history of an entity", temps, operation{handle: (*call).createHistory}).MaxBody = maxBatchBytes
	add(get, "/temporal/entities", shown, "queryHistory", "Query the history of entities", temps, operation{params: mapParams(formParams, whichParams, orderParams, pageParams, timeParams), handle: (*call).queryHistory})
	add(get, "/temporal"+id, shown, "retrieveHistory", "Retrieve the history of an entity", temps, operation{params: join(formParams, timeParams, []string{"entityMap", "entityMapLifetime"}), handle: (*call).retrieveHistory})
	add(post, "/temporal"+id+"/attrs", write, "appendHistory", "Add instances to the history of an entity", temps, operation{handle: (*call).appendHistory}).MaxBody = maxBatchBytes
	attrs, instance := "/temporal"+attr, "/temporal"+attr+"/{instanceId}"
	add(del, "/temporal"+id, write, "deleteHistory", "Delete an entity together with its history", temps, operation{handle: (*call).deleteHistory})
	add(del, attrs, write, "deleteAttributeHistory", "Delete an attribute from the history of an entity", temps, operation{params: []string{"datasetId", "deleteAll"}, handle: (*call).deleteAttrHistory})
	add(patch, instance, write, "modifyInstance", "Replace an instance in the history of an entity", temps, operation{handle: (*call).modifyInstance})
	add(del, instance, write, "deleteInstance", "Delete an instance from the history of an entity", temps, operation{handle: (*call).deleteInstance})
	add(post, "/temporal/entityOperations/query", read, "queryHistoryByPost", "Query the history of entities by a posted query", temps, operation{params: join(pageParams, []string{"format", "options", "cursor", "entityMapId"}), handle: (*call).queryHistoryByPost})

	add(post, "/subscriptions", write, "createSubscription", "Create a subscription", subs, operation{handle: (*call).createSubscription})
	add(get, "/subscriptions", read, "listSubscriptions", "List subscriptions", subs, operation{params: join(pageParams, []string{"options"}), handle: (*call).listSubscriptions})
	add(get, "/subscriptions/{subscriptionId}", read, "retrieveSubscription", "Retrieve a subscription", subs, operation{params: []string{"options"}, handle: (*call).retrieveSubscription})
	add(patch, "/subscriptions/{subscriptionId}", write, "updateSubscription", "Update a subscription", subs, operation{handle: (*call).updateSubscription})
	add(del, "/subscriptions/{subscriptionId}", write, "deleteSubscription", "Delete a subscription", subs, operation{handle: (*call).deleteSubscription})

	add(post, "/jsonldContexts", write, "addContext", "Host an @context", ctxs, operation{handle: (*call).addContext})
	add(get, "/jsonldContexts", read, "listContexts", "List @contexts", ctxs, operation{params: []string{"details", "kind"}, handle: (*call).listContexts})
	add(get, "/jsonldContexts/{contextId}", access.Anyone, "serveContext", "Serve an @context", ctxs, operation{params: []string{"details"}, handle: (*call).serveContext})
	add(del, "/jsonldContexts/{contextId}", write, "deleteContext", "Delete or reload an @context", ctxs, operation{params: []string{"reload"}, handle: (*call).deleteContext})

	const maps = "NGSI-LD entity maps"
	entityMap := "/entityMaps/{entityMapId}"
	lifetime := []string{"entityMap", "entityMapLifetime"}
	add(get, "/entityMaps", read, "createEntityMap", "Fix which entities a query selects, for paging", maps, operation{params: join(formParams, whichParams, joinParams, orderParams, pageParams, lifetime, []string{"geometryProperty"}), handle: (*call).createEntityMap})
	add(post, "/entityMaps", read, "createEntityMapByPost", "Fix which entities a posted query selects, for paging", maps, operation{params: join(pageParams, []string{"format", "options", "geometryProperty"}), handle: (*call).createEntityMapByPost})
	add(get, "/temporal/entityMaps", read, "createTemporalEntityMap", "Fix which entities a query of history selects, for paging", maps, operation{params: join(formParams, whichParams, orderParams, pageParams, timeParams, lifetime), handle: (*call).createTemporalEntityMap})
	add(post, "/temporal/entityMaps", read, "createTemporalEntityMapByPost", "Fix which entities a posted query of history selects, for paging", maps, operation{params: join(pageParams, []string{"format", "options"}), handle: (*call).createTemporalEntityMapByPost})
	add(get, entityMap, read, "retrieveEntityMap", "Retrieve an entity map", maps, operation{handle: (*call).retrieveEntityMap})
	add(patch, entityMap, write, "updateEntityMap", "Change when an entity map expires", maps, operation{handle: (*call).updateEntityMap})
	add(del, entityMap, write, "deleteEntityMap", "Delete an entity map", maps, operation{handle: (*call).deleteEntityMap})

	add(get, "/info/sourceIdentity", read, "sourceIdentity", "Say which context source this is", disc, operation{handle: (*call).sourceIdentity})

	const snap, snaps = "/snapshots/{snapshotId}", "NGSI-LD snapshots"
	add(post, "/snapshots", write, "createSnapshot", "Put away what queries give", snaps, operation{handle: (*call).createSnapshot})
	add(del, "/snapshots", write, "purgeSnapshots", "Delete the snapshots that a query selects", snaps, operation{params: []string{"q"}, handle: (*call).purgeSnapshots})
	add(get, snap, read, "retrieveSnapshot", "Retrieve the status of a snapshot", snaps, operation{handle: (*call).retrieveSnapshot})
	add(patch, snap, write, "updateSnapshot", "Update a snapshot", snaps, operation{handle: (*call).updateSnapshot})
	add(del, snap, write, "deleteSnapshot", "Delete a snapshot", snaps, operation{handle: (*call).deleteSnapshot})
	add(post, snap+"/clone", write, "cloneSnapshot", "Copy a snapshot", snaps, operation{handle: (*call).cloneSnapshot})

	for i := range out {
		method, name := out[i].Method, out[i].Name
		out[i].Describe = func() httpx.Description { return describe(method, name, params[name]) }
	}
	for _, path := range []string{"/temporal/entities", "/subscriptions", "/jsonldContexts"} {
		add(del, path+"/{$}", write, "noID"+path, "Say that an id is missing", "NGSI-LD", operation{handle: missingID})
	}
	add(patch, "/subscriptions/{$}", write, "noID/subscriptions/patch", "Say that an id is missing", "NGSI-LD", operation{handle: missingID})
	add(put, "/entities/{$}", write, "noID/entities/put", "Say that an id is missing", "NGSI-LD", operation{handle: missingID})
	add(patch, "/entities/{$}", write, "noID/entities/patch", "Say that an id is missing", "NGSI-LD", operation{handle: missingID})
	for _, l := range later {
		out = append(out, httpx.Route{Method: l.method, Pattern: Base + l.path, Rule: l.rule, Name: l.name, Summary: l.what + " (not built yet)", Group: "NGSI-LD, not built yet", Style: httpx.NGSILD,
			Describe: func() httpx.Description { return httpx.Description{Answers: []httpx.Answer{wrong(501)}} },
			Handle: func(http.ResponseWriter, *http.Request) error {
				return problem.New(problem.NotImplemented, "%s is in the standard (CIM 009, %s) and not built here yet", l.what, l.clause)
			}})
	}
	// The standard writes collections with a slash at the end (CIM 009, table
	// 6.2-1), clients mostly without: both are the same.
	for _, r := range out[:len(out):len(out)] {
		path := strings.TrimPrefix(r.Pattern, Base)
		if strings.Contains(path, "/entityOperations/") { // ngsildclient writes these so
			path = "/entities"
		}
		switch path {
		case "/entities", id + "/attrs", "/temporal/entities", "/temporal" + id + "/attrs", "/subscriptions", "/jsonldContexts", "/types", "/attributes",
			"/csourceRegistrations", "/csourceSubscriptions", "/entityMaps", "/temporal/entityMaps", "/snapshots":
			r.Pattern, r.Name = r.Pattern+"/{$}", r.Name+"Slash"
			out = append(out, r)
		}
	}
	add(put, id+"/attrs/{$}", write, "noAttributeToReplace", "Say that the name of an attribute is missing", "NGSI-LD", operation{handle: missingName})
	add(del, id+"/attrs/{$}", write, "noAttribute", "Say that the name of an attribute is missing", "NGSI-LD", operation{handle: missingName})
	add(del, "/temporal"+id+"/attrs/{$}", write, "noAttributeHistory", "Say that the name of an attribute is missing", "NGSI-LD", operation{handle: missingName})
	// CIM 009, 5.6.14.4 and 5.6.15.4: what comes after the slash is missing.
	add(patch, attrs+"/{$}", write, "noInstanceToModify", "Say that the id of an instance is missing", "NGSI-LD", operation{handle: missingID})
	add(del, attrs+"/{$}", write, "noInstanceToDelete", "Say that the id of an instance is missing", "NGSI-LD", operation{handle: missingID})
	return out, params
}

// takesLocal reports whether operations below path can be limited to this
// broker (CIM 009, 6.3.18).
func takesLocal(path string) bool {
	first, _, _ := strings.Cut(path[1:], "/")
	return slices.Contains([]string{"entities", "types", "attributes", "entityOperations", "temporal", "entityMaps"}, first)
}

func missingID(*call) error {
	return problem.New(problem.BadRequestData, "an id is missing at the end of the path")
}

func missingName(*call) error {
	return problem.New(problem.BadRequestData, "the name of an attribute is missing at the end of the path")
}

// later are the operations that are not built yet.
var later = []struct {
	method, path string
	rule         access.Rule
	name, what   string
	clause       string
}{
	{"POST", "/csourceRegistrations", access.Write, "createRegistration", "Register Context Source", "5.9.2"},
	{"GET", "/csourceRegistrations", access.Read, "queryRegistrations", "Query Context Source Registrations", "5.10.2"},
	{"GET", "/csourceRegistrations/{registrationId}", access.Read, "retrieveRegistration", "Retrieve Context Source Registration", "5.10.1"},
	{"PATCH", "/csourceRegistrations/{registrationId}", access.Write, "updateRegistration", "Update Context Source Registration", "5.9.3"},
	{"DELETE", "/csourceRegistrations/{registrationId}", access.Write, "deleteRegistration", "Delete Context Source Registration", "5.9.4"},
	{"POST", "/csourceSubscriptions", access.Write, "createRegistrationSubscription", "Create Context Source Registration Subscription", "5.11.2"},
	{"GET", "/csourceSubscriptions", access.Read, "queryRegistrationSubscriptions", "Query Context Source Registration Subscriptions", "5.11.5"},
	{"GET", "/csourceSubscriptions/{subscriptionId}", access.Read, "retrieveRegistrationSubscription", "Retrieve Context Source Registration Subscription", "5.11.4"},
	{"PATCH", "/csourceSubscriptions/{subscriptionId}", access.Write, "updateRegistrationSubscription", "Update Context Source Registration Subscription", "5.11.3"},
	{"DELETE", "/csourceSubscriptions/{subscriptionId}", access.Write, "deleteRegistrationSubscription", "Delete Context Source Registration Subscription", "5.11.6"},
}
