package ckan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/beffroi/beffroi/internal/catalogue"
	"github.com/beffroi/beffroi/internal/entity"
)

type object = map[string]any

// in picks a text in the language asked for, else in any.
func (q *asked) in(t catalogue.Texts) string {
	return cmp.Or(t[q.lang], t["en"], t["fr"], t["nl"])
}

// stamp writes a time as CKAN does: UTC without saying so.
func stamp(t entity.Instant) string { return t.Time().UTC().Format("2006-01-02T15:04:05.000000") }

func tagsOf(d *catalogue.Dataset) []string {
	var out []string
	for _, words := range d.Keywords {
		out = append(out, words...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func groupName(theme string) string { return strings.ToLower(theme) }

func (q *asked) iri(d *catalogue.Dataset) string { return q.base + d.Address }

func (q *asked) agentIRI(name string) string { return q.base + "/id/agent/" + q.o.Agent(name) }

// organization gives a publisher as an organization.
func (q *asked) organization(a catalogue.Agent) object {
	return object{"id": idOf(q.agentIRI(a.Name)), "name": q.o.Agent(a.Name), "title": a.Name, "display_name": a.Name, "description": "", "type": "organization",
		"is_organization": true, "state": "active", "approval_status": "approved", "image_url": "", "image_display_url": ""}
}

// group gives a theme of the EU table as a group.
func (q *asked) group(theme string) object {
	label := catalogue.ThemeLabel(theme)
	return object{"id": idOf(catalogue.Authority + "data-theme/" + theme), "name": groupName(theme), "title": label, "display_name": label, "description": "",
		"type": "group", "is_organization": false, "state": "active", "approval_status": "approved", "image_url": "", "image_display_url": ""}
}

func (q *asked) tag(name string) object {
	return object{"id": idOf(q.base + "/tag/" + name), "name": name, "display_name": name, "state": "active", "vocabulary_id": nil}
}

// pack gives a dataset as a package.
func (q *asked) pack(d *catalogue.Dataset) (object, error) {
	x, err := q.o.Catalogue.Extent(q.ctx, q.space, d)
	if err != nil {
		return nil, err
	}
	licence, _ := catalogue.LicenceOf(d.Licence)
	id := idOf(q.iri(d))
	org := q.organization(d.Publisher)
	groups, tags, resources := []object{}, []object{}, []object{}
	for _, t := range d.Themes {
		groups = append(groups, q.group(t))
	}
	for _, t := range tagsOf(d) {
		tags = append(tags, q.tag(t))
	}
	for i, r := range q.o.Resources(q.base, d) {
		resources = append(resources, q.resource(d, x, i, r))
	}
	return object{"id": id, "name": d.Slug, "title": q.in(d.Title), "title_translated": d.Title, "notes": q.in(d.Description), "notes_translated": d.Description,
		"url": q.iri(d), "type": "dataset", "state": "active", "private": false, "isopen": true, "version": nil,
		"author": d.Publisher.Name, "author_email": nil, "maintainer": d.Contact.Name, "maintainer_email": orNil(d.Contact.Email),
		"license_id": licence.Known, "license_title": licence.Title, "license_url": licence.URL,
		"metadata_created": stamp(d.Issued), "metadata_modified": stamp(d.Changed),
		"owner_org": org["id"], "organization": org, "groups": groups, "tags": tags, "num_tags": len(tags),
		"resources": resources, "num_resources": len(resources), "extras": q.extras(d, x),
		"relationships_as_subject": []object{}, "relationships_as_object": []object{}}, nil
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (q *asked) resource(d *catalogue.Dataset, x *catalogue.Extent, position int, r Resource) object {
	licence, _ := catalogue.LicenceOf(d.Licence)
	out := object{"id": idOf(r.IRI), "package_id": idOf(q.iri(d)), "uri": r.IRI, "name": q.in(r.Title), "name_translated": r.Title, "description": "",
		"format": r.Format, "mimetype": r.MediaType, "url": r.URL, "access_url": r.URL, "license": licence.IRI, "state": "active", "position": position,
		"created": stamp(d.Issued), "metadata_modified": stamp(d.Changed), "last_modified": stamp(x.Modified), "availability": catalogue.Authority + "planned-availability/AVAILABLE",
		"hash": "", "size": nil, "resource_type": nil, "url_type": nil, "cache_url": nil}
	if r.Service {
		out["resource_type"] = "api"
	} else {
		out["download_url"] = r.URL
	}
	return out
}

// extras are what CKAN has no field for, under the names that ckanext-dcat
// reads and writes.
func (q *asked) extras(d *catalogue.Dataset, x *catalogue.Extent) []object {
	out := []object{}
	add := func(key, value string) {
		if value != "" {
			out = append(out, object{"key": key, "value": value})
		}
	}
	list := func(prefix string, codes ...string) string {
		full := make([]string, len(codes))
		for i, c := range codes {
			full[i] = prefix + c
		}
		b, err := json.Marshal(full)
		if err != nil {
			return "" // texts of ours
		}
		return string(b)
	}
	when := func(t entity.Instant) string {
		if t.IsZero() {
			return ""
		}
		return t.String()
	}
	const table = catalogue.Authority
	if len(d.HighValue) > 0 {
		add("applicable_legislation", list("", catalogue.HighValueAct))
		add("hvd_category", list(catalogue.BNA, d.HighValue...))
	}
	add("access_rights", table+"access-right/PUBLIC")
	add("contact_email", d.Contact.Email)
	add("contact_name", d.Contact.Name)
	add("contact_uri", q.base+"/id/contact/"+d.Slug)
	add("contact_url", d.Contact.URL)
	if d.Synthetic {
		add("dcat_type", table+"dataset-type/SYNTHETIC_DATA")
	}
	add("frequency", table+"frequency/"+d.Frequency)
	add("identifier", q.iri(d))
	add("issued", when(d.Issued))
	add("language", list(table+"language/", "FRA", "NLD", "ENG"))
	add("modified", when(x.Modified))
	add("publisher_name", d.Publisher.Name)
	add("publisher_uri", q.agentIRI(d.Publisher.Name))
	add("publisher_url", d.Publisher.URL)
	if b := x.Box; !b.Empty() && b.West <= b.East {
		f := func(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
		w, s, e, n := f(b.West), f(b.South), f(b.East), f(b.North)
		add("spatial", fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%s,%s],[%s,%s],[%s,%s],[%s,%s],[%s,%s]]]}`, w, s, e, s, e, n, w, n, w, s))
	}
	add("temporal_end", when(x.Last))
	if x.Period > 0 {
		add("temporal_resolution", "PT"+strconv.FormatFloat(float64(x.Period)/1e6, 'f', -1, 64)+"S")
	}
	add("temporal_start", when(x.First))
	add("theme", list(table+"data-theme/", d.Themes...))
	add("uri", q.iri(d))
	return out
}
