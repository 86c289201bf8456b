package ckan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
)

func fieldNames() []string {
	names := slices.Concat(slices.Collect(maps.Keys(fields())), slices.Collect(maps.Keys(dateFields())), []string{"title", "notes", "text"})
	slices.Sort(names)
	return names
}

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
	order, compare, err := q.order()
	if err != nil {
		return nil, err
	}
	all, err := q.published()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(d *catalogue.Dataset) bool { return !filter.match(q, d) })
	slices.SortStableFunc(all, compare)
	facets, found, err := q.facets(all)
	if err != nil {
		return nil, err
	}
	page := all[min(start, len(all)):]
	results, err := q.packs(page[:min(rows, most, len(page))])
	if err != nil {
		return nil, err
	}
	return object{"count": len(all), "results": results, "sort": order, "facets": facets, "search_facets": found}, nil
}

// filter joins q, fq and fq_list.
func (q *asked) filter() (term, error) {
	out := term{kind: '&'}
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
			out.subs = append(out.subs, t)
		}
	}
	return out, nil
}

// order reads sort: fields with asc or desc, the first of most weight.
func (q *asked) order() (string, func(x, y *catalogue.Dataset) int, error) {
	s, err := q.args.text("sort")
	if err != nil {
		return "", nil, err
	}
	s = cmp.Or(strings.TrimSpace(s), "score desc, metadata_modified desc")
	keys := map[string]func(x, y *catalogue.Dataset) int{
		"score": func(x, y *catalogue.Dataset) int { return cmp.Compare(q.score(x), q.score(y)) },
		"name":  func(x, y *catalogue.Dataset) int { return strings.Compare(x.Slug, y.Slug) },
		"id":    func(x, y *catalogue.Dataset) int { return strings.Compare(idOf(q.iri(x)), idOf(q.iri(y))) },
		"title_string": func(x, y *catalogue.Dataset) int {
			return strings.Compare(catalogue.Fold(q.in(x.Title)), catalogue.Fold(q.in(y.Title)))
		},
		"metadata_modified": func(x, y *catalogue.Dataset) int { return cmp.Compare(x.Changed, y.Changed) },
		"metadata_created":  func(x, y *catalogue.Dataset) int { return cmp.Compare(x.Issued, y.Issued) },
	}
	keys["title"] = keys["title_string"]
	var by []func(x, y *catalogue.Dataset) int
	for part := range strings.SplitSeq(s, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 || keys[words[0]] == nil || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return "", nil, invalid("sort", "Cannot sort by field %.60q: there are %s, each with asc or desc", part, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
		}
		f := keys[words[0]]
		if len(words) == 2 && words[1] == "desc" {
			f = func(x, y *catalogue.Dataset) int { return keys[words[0]](y, x) }
		}
		by = append(by, f)
	}
	return s, func(x, y *catalogue.Dataset) int {
		for _, f := range by {
			if c := f(x, y); c != 0 {
				return c
			}
		}
		return 0
	}, nil
}

// score is 1 for a dataset whose title has the words of q, else 0.
func (q *asked) score(d *catalogue.Dataset) int {
	s, _ := q.args.text("q") // read before
	words := strings.Fields(catalogue.Fold(s))
	if len(words) == 0 {
		return 0
	}
	for _, title := range d.Title {
		at := " " + catalogue.Fold(title)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(at, " "+w) }) {
			return 1
		}
	}
	return 0
}

// facets counts values of the fields asked for, in both forms of CKAN.
func (q *asked) facets(ds []*catalogue.Dataset) (object, object, error) {
	counts, found := object{}, object{}
	names, err := q.args.texts("facet.field")
	if err != nil {
		return nil, nil, err
	}
	wanted, err := q.args.truth("facet", true)
	if err != nil {
		return nil, nil, err
	}
	limit, err := q.args.number("facet.limit", 50, -1, 1<<30)
	if err != nil {
		return nil, nil, err
	}
	least, err := q.args.number("facet.mincount", 1, 0, 1<<30)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if !slices.Contains(facetNames(), name) {
			return nil, nil, invalid("facet.field", "there is no facet %.40q: there are %s", name, strings.Join(facetNames(), ", "))
		}
		if !wanted {
			continue
		}
		n := map[string]int{}
		labels := map[string]string{}
		for _, d := range ds {
			for _, v := range q.facetValues(name, d, labels) {
				n[v]++
			}
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

// facetValues gives the values of a facet that d has; labels gets what they
// are called.
func (q *asked) facetValues(name string, d *catalogue.Dataset, labels map[string]string) []string {
	values := fields()[name](q, d)
	switch name {
	case "organization":
		values = values[:1] // the name; the id is for filters
		labels[values[0]] = d.Publisher.Name
	case "owner_org":
		values = values[1:]
		labels[values[0]] = d.Publisher.Name
	case "groups":
		for _, t := range d.Themes {
			labels[groupName(t)] = catalogue.ThemeLabel(t)
		}
	case "theme":
		for _, t := range d.Themes {
			labels[catalogue.Authority+"data-theme/"+t] = catalogue.ThemeLabel(t)
		}
	case "frequency":
		labels[values[0]] = catalogue.FrequencyLabel(d.Frequency)
	case "license_id":
		l, _ := catalogue.LicenceOf(d.Licence)
		labels[d.Licence] = l.Title
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
