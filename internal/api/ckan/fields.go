package ckan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
)

// facetField is a field of CKAN behind which a facet of the index stands.
type facetField struct {
	facet find.Facet
	// forms gives how a value of the facet is written in the field, the form
	// that is counted first.
	forms func(q *asked, value string) []string
	label func(value string) string
}

func facetFields() map[string]facetField {
	as := func(write func(string) string) func(*asked, string) []string {
		return func(_ *asked, v string) []string { return []string{write(v)} }
	}
	itself := func(v string) string { return v }
	name := func(q *asked, v string) string { return q.o.Agent(v) }
	id := func(q *asked, v string) string { return idOf(q.agentIRI(v)) }
	return map[string]facetField{
		"organization": {find.Publisher, func(q *asked, v string) []string { return []string{name(q, v), id(q, v)} }, itself},
		"owner_org":    {find.Publisher, func(q *asked, v string) []string { return []string{id(q, v), name(q, v)} }, itself},
		"groups":       {find.Theme, as(groupName), catalogue.ThemeLabel},
		"theme":        {find.Theme, as(func(v string) string { return catalogue.Authority + "data-theme/" + v }), catalogue.ThemeLabel},
		"tags":         {find.Tag, as(itself), itself},
		"license_id": {find.Licence, func(_ *asked, v string) []string {
			l, _ := catalogue.LicenceOf(v)
			return []string{cmp.Or(l.Known, v), v}
		}, func(v string) string {
			l, _ := catalogue.LicenceOf(v)
			return l.Title
		}},
		"frequency":  {find.Frequency, as(func(v string) string { return catalogue.Authority + "frequency/" + v }), catalogue.FrequencyLabel},
		"res_format": {find.Format, as(itself), itself},
	}
}

// fixedFields are the same for all that is public.
func fixedFields() map[string]string {
	return map[string]string{"dataset_type": "dataset", "type": "dataset", "state": "active", "capacity": "public", "private": "false"}
}

// textFields are met by words; "" is any text.
func textFields() map[string][]find.Field {
	return map[string][]find.Field{"": nil, "title": {find.Title}, "notes": {find.Body}}
}

// dateFields are met by ranges.
func dateFields() map[string]bool {
	return map[string]bool{"metadata_modified": true, "metadata_created": true}
}

func fieldNames() []string {
	names := slices.Concat(slices.Collect(maps.Keys(facetFields())), slices.Collect(maps.Keys(fixedFields())), slices.Collect(maps.Keys(dateFields())), []string{"id", "name", "title", "notes", "text"})
	slices.Sort(names)
	return names
}

// expr says a search in the terms of the index.
func (q *asked) expr(t *term) (find.Expr, error) {
	switch t.kind {
	case '*':
		return find.Expr{Op: find.And}, nil
	case '[':
		return find.Expr{Op: find.Span, Issued: t.field == "metadata_created", From: t.from, To: t.to}, nil
	case '&', '|', '!':
		out := find.Expr{Op: map[byte]find.Op{'&': find.And, '|': find.Or, '!': find.Not}[t.kind]}
		for i := range t.subs {
			e, err := q.expr(&t.subs[i])
			if err != nil {
				return out, err
			}
			out.Subs = append(out.Subs, e)
		}
		return out, nil
	}
	if fields, ok := textFields()[t.field]; ok {
		return find.Expr{Op: find.Words, Text: t.value, Fields: fields, Begins: t.prefix, Stems: !t.quoted, Row: t.quoted}, nil
	}
	meets := func(s string) bool { return s == t.value || t.prefix && strings.HasPrefix(s, t.value) }
	if v, ok := fixedFields()[t.field]; ok {
		if meets(v) {
			return find.Expr{Op: find.And}, nil
		}
		return find.Expr{Op: find.Or}, nil
	}
	if f, ok := facetFields()[t.field]; ok {
		all, err := q.o.Catalogue.FacetValues(q.ctx, q.space, f.facet)
		out := find.Expr{Op: find.Has, Facet: f.facet}
		for _, v := range all {
			if slices.ContainsFunc(f.forms(q, v), meets) || t.field == "res_format" && strings.EqualFold(v, t.value) {
				out.Values = append(out.Values, v)
			}
		}
		return out, err
	}
	out := find.Expr{Op: find.Among}
	ds, err := q.published()
	for _, d := range ds {
		if t.field == "name" && meets(d.Slug) || t.field == "id" && meets(idOf(q.iri(d))) {
			out.Values = append(out.Values, d.Slug)
		}
	}
	return out, err
}
