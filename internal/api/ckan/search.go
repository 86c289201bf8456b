package ckan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/catalogue/find"
)

// facetNames are the fields whose values are counted.
func facetNames() []string {
	return []string{"dataset_type", "frequency", "groups", "license_id", "organization", "owner_org", "res_format", "tags", "theme"}
}

// search answers package_search.
func (q *asked) search() (any, error) {
	filter, err := q.filter()
	if err != nil {
		return nil, err
	}
	rows, err := q.args.number("rows", 10, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	start, err := q.args.number("start", 0, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	order, keys, err := q.order()
	if err != nil {
		return nil, err
	}
	names, err := q.facetsAsked()
	if err != nil {
		return nil, err
	}
	ask := find.Query{Where: &filter, Offset: start, Limit: min(rows, most), Lang: q.lang, Sort: keys, Key: func(id string) string { return idOf(q.base + "/id/dataset/" + id) }}
	for _, name := range names {
		if f, ok := facetFields()[name]; ok {
			ask.Count = append(ask.Count, f.facet)
		}
	}
	page, err := q.o.Catalogue.Search(q.ctx, q.space, ask)
	if err != nil {
		return nil, err
	}
	facets, found, err := q.facets(names, page)
	if err != nil {
		return nil, err
	}
	var ds []*catalogue.Dataset
	for _, f := range page.Found {
		ds = append(ds, f.Dataset)
	}
	results, err := q.packs(ds)
	if err != nil {
		return nil, err
	}
	return object{"count": page.Total, "results": results, "sort": order, "facets": facets, "search_facets": found}, nil
}

// filter joins q, fq and fq_list; of harvested datasets there are none here.
func (q *asked) filter() (find.Expr, error) {
	out := find.Expr{Op: find.And, Subs: []find.Expr{{Op: find.Has, Facet: find.Source, Values: []string{""}}}}
	said := 0
	for _, name := range []string{"q", "fq", "fq_list"} {
		texts, err := q.args.texts(name)
		if name == "q" {
			var s string
			s, err = q.args.text(name)
			texts = []string{s}
		}
		if err != nil {
			return out, err
		}
		for _, s := range texts {
			t, err := parse(s, q.o.Now())
			if err != nil {
				return out, err
			}
			if said += t.words(); said > maxWords {
				return out, badQuery("the search has more than %d words", maxWords)
			}
			e, err := q.expr(&t)
			if err != nil {
				return out, err
			}
			out.Subs = append(out.Subs, e)
		}
	}
	return out, nil
}

// order reads sort: fields with asc or desc, the first of most weight.
func (q *asked) order() (string, []find.Order, error) {
	s, err := q.args.text("sort")
	if err != nil {
		return "", nil, err
	}
	s = cmp.Or(strings.TrimSpace(s), "score desc, metadata_modified desc")
	keys := map[string]find.By{"score": find.Relevance, "name": find.ByID, "id": find.ByKey, "title": find.ByTitle, "title_string": find.ByTitle,
		"metadata_modified": find.ByChanged, "metadata_created": find.ByIssued}
	var by []find.Order
	for part := range strings.SplitSeq(s, ",") {
		words := strings.Fields(part)
		known := false
		var k find.Order
		if len(words) > 0 {
			k.By, known = keys[words[0]]
		}
		if !known || len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return "", nil, invalid("sort", "Cannot sort by field %.60q: there are %s, each with asc or desc", part, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
		}
		// The best first is how relevance rises in find.
		k.Falls = (len(words) == 2 && words[1] == "desc") != (k.By == find.Relevance)
		by = append(by, k)
	}
	return s, by, nil
}

// facetsAsked gives the fields whose values are to be counted.
func (q *asked) facetsAsked() ([]string, error) {
	names, err := q.args.texts("facet.field")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(facetNames(), name) {
			return nil, invalid("facet.field", "there is no facet %.40q: there are %s", name, strings.Join(facetNames(), ", "))
		}
	}
	wanted, err := q.args.truth("facet", true)
	if !wanted {
		return nil, err
	}
	return names, err
}

// facets tells the counts of a page, in both forms of CKAN.
func (q *asked) facets(names []string, page catalogue.Page) (object, object, error) {
	counts, found := object{}, object{}
	limit, err := q.args.number("facet.limit", 50, -1, 1<<30)
	if err != nil {
		return nil, nil, err
	}
	least, err := q.args.number("facet.mincount", 1, 0, 1<<30)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		n := map[string]int{}
		labels := map[string]string{}
		f, ok := facetFields()[name]
		if !ok && page.Total > 0 { // dataset_type
			n["dataset"] = page.Total
		}
		for _, v := range page.Facets[f.facet] {
			if !ok {
				break
			}
			forms := f.forms(q, v.Text)
			n[forms[0]] += v.N
			labels[forms[0]] = f.label(v.Text)
		}
		values := slices.DeleteFunc(slices.Sorted(maps.Keys(n)), func(v string) bool { return n[v] < least })
		slices.SortStableFunc(values, func(x, y string) int { return n[y] - n[x] })
		if limit >= 0 {
			values = values[:min(limit, len(values))]
		}
		kept, items := object{}, []object{}
		for _, v := range values {
			kept[v] = n[v]
			items = append(items, object{"name": v, "display_name": cmp.Or(labels[v], v), "count": n[v]})
		}
		counts[name], found[name] = kept, object{"title": name, "items": items}
	}
	return counts, found, nil
}
