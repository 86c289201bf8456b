package openapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

type object = map[string]any

// Document gives the description with base as the server's address.
func (a *API) Document(base string) any {
	paths := object{}
	for i := range a.routes {
		rt := &a.routes[i]
		p := cleanPath(rt.Pattern)
		item, _ := paths[p].(object)
		if item == nil {
			item = object{}
			paths[p] = item
		}
		item[strings.ToLower(rt.Method)] = a.operation(rt)
	}
	schemas := maps.Clone(a.o.Schemas)
	if schemas == nil {
		schemas = object{}
	}
	schemas["Problem"] = problemSchema()
	doc := object{
		"openapi": "3.1.0",
		"info": object{"title": a.o.Title, "version": a.o.Version, "license": object{"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
			"description": "Made from the routes that this server answers."},
		"servers": []object{{"url": base}},
		"paths":   paths,
		"components": object{
			"schemas":         schemas,
			"headers":         headers(),
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}, "session": object{"type": "apiKey", "in": "cookie", "name": "beffroi_session"}},
		},
	}
	if len(a.o.Webhooks) > 0 {
		hooks := object{}
		for name, d := range a.o.Webhooks {
			post := object{"summary": name, "requestBody": object{"required": true, "content": content(d.Body)}, "responses": responses(d.Answers)}
			hooks[name] = object{"post": post}
		}
		doc["webhooks"] = hooks
	}
	return doc
}

func problemSchema() object {
	kinds := make([]string, 0, len(problem.Kinds()))
	for _, k := range problem.Kinds() {
		kinds = append(kinds, k.URI)
	}
	return object{
		"type": "object", "required": []string{"type", "title", "status"},
		"description": "What went wrong (RFC 9457).",
		"properties": object{
			"type":    object{"type": "string", "format": "uri", "enum": kinds},
			"title":   object{"type": "string"},
			"detail":  object{"type": "string"},
			"status":  object{"type": "integer"},
			"traceId": object{"type": "string"},
		},
	}
}

// headers describes what headers of answers there are.
func headers() object {
	text := object{"type": "string"}
	out := object{}
	for name, h := range map[string]object{
		"Location":             {"description": "Address of what was made.", "required": true, "schema": object{"type": "string", "format": "uri-reference"}},
		"Link":                 {"description": "The JSON-LD context of a body that has none within; the next and the previous page.", "schema": text},
		"NGSILD-Tenant":        {"description": "The tenant, where the request named one.", "schema": text},
		"NGSILD-Results-Count": {"description": "How many match, with count=true.", "schema": object{"type": "integer", "minimum": 0}},
		"NGSILD-EntityMap":     {"description": "Address of the EntityMap that was used, where one was asked for.", "schema": object{"type": "string"}},
		"NGSILD-Snapshot":      {"description": "The snapshot, where the request named one.", "schema": text},
		"Content-Range":        {"description": "The time that an answer covers which is cut: DateTime begin-end/size.", "required": true, "schema": object{"type": "string", "pattern": "^DateTime "}},
		"Preference-Applied":   {"description": "The version of the standard that the answer was made to fit.", "required": true, "schema": text},
	} {
		out[name] = h
	}
	return out
}

func (a *API) operation(rt *httpx.Route) object {
	op := object{"operationId": rt.Name, "summary": rt.Summary, "tags": []string{rt.Group},
		"description": "Who may: " + rt.Rule.Info().Who + "."}
	var d httpx.Description
	if rt.Describe != nil {
		d = rt.Describe()
	}
	if p := parameters(rt, d.Params); p != nil {
		op["parameters"] = p
	}
	switch {
	case d.Body != nil:
		op["requestBody"] = object{"required": true, "content": content(d.Body)}
	case rt.Describe == nil && (rt.Method == http.MethodPost || rt.Method == http.MethodPut || rt.Method == http.MethodPatch):
		op["requestBody"] = object{"content": object{"application/json": object{}}}
	}
	out := responses(d.Answers)
	if len(out) == 0 {
		out["2XX"] = object{"description": "It worked."}
	}
	media := "application/problem+json"
	if rt.Style == httpx.NGSILD {
		media = "application/json"
	}
	out["default"] = object{"description": "It did not; the body says why.", "content": object{media: object{"schema": httpx.SchemaOf("Problem")}}}
	op["responses"] = out
	if !rt.Rule.Info().Open {
		op["security"] = []object{{"token": []string{}}, {"session": []string{}}}
	}
	return op
}

// parameters describes those of the path and the others.
func parameters(rt *httpx.Route, more []httpx.Param) []object {
	var out []object
	for _, m := range pathParam.FindAllStringSubmatch(rt.Pattern, -1) {
		out = append(out, object{"name": m[1], "in": "path", "required": true, "description": inPath(m[1]), "schema": object{"type": "string"}})
	}
	for _, p := range more {
		o := object{"name": p.Name, "in": p.In, "required": p.Required, "description": p.Description, "schema": p.Schema}
		if p.Schema == nil {
			o["schema"] = object{"type": "string"}
		}
		if p.Schema["type"] == "array" {
			o["explode"] = false // with commas between
		}
		if p.Example != "" {
			o["example"] = example(p)
		}
		out = append(out, o)
	}
	return out
}

// example is of the type that the schema says.
func example(p httpx.Param) any {
	switch p.Schema["type"] {
	case "array":
		return strings.Split(p.Example, ",")
	case "boolean":
		return p.Example == "true"
	case "integer":
		if n, err := strconv.Atoi(p.Example); err == nil {
			return n
		}
	}
	return p.Example
}

// inPath says what a parameter of a path is.
func inPath(name string) string {
	if s, ok := map[string]string{
		"entityId": "Id of the entity.", "attrId": "Name of the attribute, short or as a URI.", "instanceId": "Id of the instance, as instanceId shows it.",
		"type": "Name of the type, short or as a URI.", "subscriptionId": "Id of the subscription.", "registrationId": "Id of the registration.",
		"contextId": "Local id of the context; of a cached one also its address.", "entityMapId": "Id of the EntityMap.", "snapshotId": "Id of the snapshot.",
	}[name]; ok {
		return s
	}
	return "The " + name + " that is meant."
}

func content(forms []httpx.Media) object {
	out := object{}
	for _, m := range forms {
		out[m.Type] = object{"schema": m.Schema}
	}
	return out
}

func responses(answers []httpx.Answer) object {
	out := object{}
	for _, a := range answers {
		r := object{"description": a.Description}
		if len(a.Headers) > 0 {
			hs := object{}
			for _, name := range slices.Sorted(slices.Values(a.Headers)) {
				hs[name] = object{"$ref": "#/components/headers/" + name}
			}
			r["headers"] = hs
		}
		if len(a.Body) > 0 {
			r["content"] = content(a.Body)
		}
		out[strconv.Itoa(a.Status)] = r
	}
	return out
}
