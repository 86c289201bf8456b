package ckan

import (
	"maps"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
)

// action is one that can be asked for.
type action struct {
	about string
	do    func(*asked) (any, error)
}

// most is how many datasets come at a time at most.
const most = 1000

func actions() map[string]action {
	return map[string]action{
		"site_read":                           {"Whether the catalogue may be read: always true.", func(*asked) (any, error) { return true, nil }},
		"status_show":                         {"What this site is.", (*asked).status},
		"help_show":                           {"What an action is for; argument name.", (*asked).help},
		"package_list":                        {"The names of all datasets; arguments limit, offset.", (*asked).packageList},
		"current_package_list_with_resources": {"All datasets, the last changed first; arguments limit, offset.", (*asked).packagesInFull},
		"package_show":                        {"One dataset; argument id, its id or name.", (*asked).packageShow},
		"package_search":                      {"Search; arguments q, fq, rows, start, sort, facet.field, facet.limit, facet.mincount.", (*asked).search},
		"resource_show":                       {"One resource of a dataset; argument id.", (*asked).resourceShow},
		"license_list":                        {"The licences that datasets may be under.", (*asked).licences},
		"organization_list":                   {"The publishers; arguments all_fields, limit, offset.", listed(organizations)},
		"organization_show":                   {"One publisher; arguments id, include_datasets.", shown("organization", organizations)},
		"group_list":                          {"The themes; arguments all_fields, limit, offset.", listed(groups)},
		"group_show":                          {"One theme; arguments id, include_datasets.", shown("group", groups)},
		"tag_list":                            {"The keywords; arguments all_fields, limit, offset.", listed(tags)},
		"tag_show":                            {"One keyword; arguments id, include_datasets.", shown("tag", tags)},
		"organization_list_for_user":          {"Organizations that the caller may change here: none.", func(*asked) (any, error) { return []object{}, nil }},
	}
}

func (q *asked) status() (any, error) {
	city, err := q.o.City(q.ctx)
	if err != nil {
		return nil, err
	}
	// The version is that of the API whose read side this is.
	return object{"ckan_version": "2.10", "site_title": city, "site_description": "", "site_url": q.base, "locale_default": catalogue.Languages()[0],
		"error_emails_to": nil, "extensions": []string{"dcat"}}, nil
}

func (q *asked) help() (any, error) {
	name, err := q.args.need("name")
	if err != nil {
		return nil, err
	}
	a, ok := actions()[name]
	if !ok {
		return nil, notFound("action", name)
	}
	return a.about, nil
}

func (q *asked) published() ([]*catalogue.Dataset, error) {
	return q.o.Catalogue.Published(q.ctx, q.space)
}

// cut takes the page that limit and offset ask for.
func cut[T any](q *asked, all []T, most int) ([]T, error) {
	offset, err := q.args.number("offset", 0, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	limit, err := q.args.number("limit", most, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	all = all[min(offset, len(all)):]
	return all[:min(limit, most, len(all))], nil
}

func (q *asked) packageList() (any, error) {
	ds, err := q.published()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, d := range ds {
		names = append(names, d.Slug)
	}
	return cut(q, names, len(names))
}

func (q *asked) packagesInFull() (any, error) {
	ds, err := q.published()
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(ds, func(x, y *catalogue.Dataset) int { return int(max(-1, min(1, y.Changed-x.Changed))) })
	if ds, err = cut(q, ds, most); err != nil {
		return nil, err
	}
	return q.packs(ds)
}

func (q *asked) packs(ds []*catalogue.Dataset) ([]object, error) {
	out := []object{}
	for _, d := range ds {
		p, err := q.pack(d)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (q *asked) packageShow() (any, error) {
	id, err := q.args.need("id")
	if err != nil {
		return nil, err
	}
	ds, err := q.published()
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if d.Slug == id || idOf(q.iri(d)) == id {
			return q.pack(d)
		}
	}
	return nil, notFound("dataset", id)
}

func (q *asked) resourceShow() (any, error) {
	id, err := q.args.need("id")
	if err != nil {
		return nil, err
	}
	ds, err := q.published()
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		for i, r := range q.o.Resources(q.base, d) {
			if idOf(r.IRI) != id {
				continue
			}
			x, err := q.o.Catalogue.Extent(q.ctx, q.space, d)
			if err != nil {
				return nil, err
			}
			return q.resource(d, x, i, r), nil
		}
	}
	return nil, notFound("resource", id)
}

func (q *asked) licences() (any, error) {
	out := []object{}
	for _, l := range catalogue.Licences() {
		out = append(out, object{"id": l.Known, "title": l.Title, "url": l.URL, "status": "active", "is_okd_compliant": true, "od_conformance": "approved",
			"domain_content": false, "domain_data": true, "domain_software": false, "family": "", "is_generic": false, "maintainer": ""})
	}
	return out, nil
}

func organizations(q *asked, d *catalogue.Dataset) map[string]object {
	return map[string]object{q.o.Agent(d.Publisher.Name): q.organization(d.Publisher)}
}

func groups(q *asked, d *catalogue.Dataset) map[string]object {
	out := map[string]object{}
	for _, t := range d.Themes {
		out[groupName(t)] = q.group(t)
	}
	return out
}

func tags(q *asked, d *catalogue.Dataset) map[string]object {
	out := map[string]object{}
	for _, t := range tagsOf(d) {
		out[t] = q.tag(t)
	}
	return out
}

// on tells where a dataset stands: with its publisher, under its themes or
// keywords, as things by their names.
type on func(*asked, *catalogue.Dataset) map[string]object

// shelves gives all of one kind, and what stands on each.
func (q *asked) shelves(f on) (map[string]object, map[string][]*catalogue.Dataset, error) {
	ds, err := q.published()
	things, sets := map[string]object{}, map[string][]*catalogue.Dataset{}
	for _, d := range ds {
		for name, o := range f(q, d) {
			if things[name] == nil {
				things[name] = o
			}
			sets[name] = append(sets[name], d)
		}
	}
	for name, o := range things {
		o["package_count"] = len(sets[name])
	}
	return things, sets, err
}

func listed(f on) func(*asked) (any, error) {
	return func(q *asked) (any, error) { return q.list(f) }
}

func shown(what string, f on) func(*asked) (any, error) {
	return func(q *asked) (any, error) { return q.show(what, f) }
}

func (q *asked) list(f on) (any, error) {
	things, _, err := q.shelves(f)
	if err != nil {
		return nil, err
	}
	full, err := q.args.truth("all_fields", false)
	if err != nil {
		return nil, err
	}
	part, err := q.args.text("query") // of tag_list: a part of the name
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(things)), func(s string) bool { return !strings.Contains(strings.ToLower(s), strings.ToLower(part)) })
	if names, err = cut(q, append([]string{}, names...), len(names)); err != nil || !full {
		return names, err
	}
	out := []object{}
	for _, name := range names {
		out = append(out, things[name])
	}
	return out, nil
}

func (q *asked) show(what string, f on) (any, error) {
	id, err := q.args.need("id")
	if err != nil {
		return nil, err
	}
	with, err := q.args.truth("include_datasets", false)
	if err != nil {
		return nil, err
	}
	things, sets, err := q.shelves(f)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(things)) {
		o := things[name]
		if name != id && o["id"] != id {
			continue
		}
		if with {
			if o["packages"], err = q.packs(sets[name][:min(most, len(sets[name]))]); err != nil {
				return nil, err
			}
		}
		return o, nil
	}
	return nil, notFound(what, id)
}
