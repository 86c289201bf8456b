package openapi

import (
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"
)

// CheckRequest finds what of a request is not as described: parameters that
// are not there or have another form, a body of another form.
func (d *Doc) CheckRequest(x Exchange) []string {
	op, ok := d.Find(x.Method, x.URL)
	if !ok {
		return []string{op + " is not described"}
	}
	return append(d.params(op, x), d.requestBody(op, x)...)
}

// CheckAnswer finds what of an answer is not as described: its status, its
// media type, its body, its headers.
func (d *Doc) CheckAnswer(x Exchange) []string {
	op, ok := d.Find(x.Method, x.URL)
	if !ok {
		return []string{op + " is not described"}
	}
	names := operationAt(op)
	all, _ := d.at(append(names, "responses")...)
	status := strconv.Itoa(x.Status)
	if all[status] == nil {
		return []string{fmt.Sprintf("%s: the status %s is not described", op, status)}
	}
	names = append(names, "responses", status)
	answer, _ := d.at(names...)
	faults := d.headers(op, names, x)
	content, _ := answer["content"].(map[string]any)
	if x.AnswerBody == "" {
		return faults
	}
	media, _, _ := mime.ParseMediaType(x.Answer.Get("Content-Type"))
	if content[media] == nil {
		return append(faults, fmt.Sprintf("%s: %s with a body of type %q is not described", op, status, media))
	}
	return append(faults, d.body(op+" "+status, append(names, "content", media, "schema"), x.AnswerBody)...)
}

// CheckSchema holds a JSON text to a named schema of the document.
func (d *Doc) CheckSchema(name, body string) error {
	v, err := text(body)
	if err != nil {
		return err
	}
	return d.valid("/components/schemas/"+escape(name), v)
}

func operationAt(op string) []string {
	method, template, _ := strings.Cut(op, " ")
	return []string{"paths", template, strings.ToLower(method)}
}

func (d *Doc) body(what string, names []string, body string) []string {
	schema, pointer := d.at(names...)
	if schema == nil {
		return nil
	}
	v, err := text(body)
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", what, err)}
	}
	if err := d.valid(pointer, v); err != nil {
		return []string{fmt.Sprintf("%s: %v", what, err)}
	}
	return nil
}

func (d *Doc) requestBody(op string, x Exchange) []string {
	if x.Body == "" {
		return nil
	}
	names := append(operationAt(op), "requestBody")
	if b, _ := d.at(names...); b == nil {
		return []string{op + ": a body is not described"}
	}
	content, _ := d.at(append(names, "content")...)
	media, _, _ := mime.ParseMediaType(x.Request.Get("Content-Type"))
	if content[media] == nil {
		return []string{fmt.Sprintf("%s: a body of type %q is not described", op, media)}
	}
	return d.body(op+", request", append(names, "content", media, "schema"), x.Body)
}

// headers checks those of the answer that are described and there, and that
// those that are asked for are there.
func (d *Doc) headers(op string, names []string, x Exchange) []string {
	var faults []string
	described, _ := d.at(append(names, "headers")...)
	for name := range described {
		at := append(slices.Clone(names), "headers", name)
		h, _ := d.at(at...)
		value := x.Answer.Get(name)
		if value == "" {
			if h["required"] == true {
				faults = append(faults, fmt.Sprintf("%s %d: the header %s is missing", op, x.Status, name))
			}
			continue
		}
		schema, pointer := d.at(append(at, "schema")...)
		if err := d.parameter(schema, pointer, value); err != nil {
			faults = append(faults, fmt.Sprintf("%s %d: header %s: %v", op, x.Status, name, err))
		}
	}
	return faults
}

func (d *Doc) params(op string, x Exchange) []string {
	names := operationAt(op)
	o, pointer := d.at(names...)
	list, _ := o["parameters"].([]any)
	type param struct {
		schema  map[string]any
		pointer string
	}
	known := map[string]param{}
	var faults []string
	query := x.URL.Query()
	for i := range list {
		p, at := d.resolve(list[i], pointer+"/parameters/"+strconv.Itoa(i))
		name, _ := p["name"].(string)
		switch p["in"] {
		case "query":
			schema, at := d.resolve(p["schema"], at+"/schema")
			known[name] = param{schema, at}
			if p["required"] == true && !query.Has(name) {
				faults = append(faults, fmt.Sprintf("%s: the parameter %s is missing", op, name))
			}
		case "header":
			if p["required"] == true && x.Request.Get(name) == "" {
				faults = append(faults, fmt.Sprintf("%s: the header %s is missing", op, name))
			}
		}
	}
	for name, values := range query {
		p, ok := known[name]
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: the parameter %s is not described", op, name))
			continue
		}
		for _, v := range values {
			if err := d.parameter(p.schema, p.pointer, v); err != nil {
				faults = append(faults, fmt.Sprintf("%s: parameter %s=%s: %v", op, name, v, err))
			}
		}
	}
	return faults
}

// resolve follows a reference that may be there.
func (d *Doc) resolve(v any, pointer string) (map[string]any, string) {
	m, _ := v.(map[string]any)
	for m["$ref"] != nil {
		pointer = strings.TrimPrefix(m["$ref"].(string), "#")
		m, _ = lookup(d.root, pointer).(map[string]any)
	}
	return m, pointer
}

// parameter holds a text to the schema of a parameter or header.
func (d *Doc) parameter(schema map[string]any, pointer, value string) error {
	if schema == nil {
		return nil
	}
	var v any = value
	switch schema["type"] {
	case "array":
		var list []any
		for s := range strings.SplitSeq(value, ",") {
			list = append(list, s)
		}
		v = list
	case "boolean":
		if value == "true" || value == "false" {
			v = value == "true"
		}
	case "integer", "number":
		v = number(value)
	}
	return d.valid(pointer, v)
}
