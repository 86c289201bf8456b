package watch

import (
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// Patched gives the subscription that results from patch on s (CIM 009,
// 5.8.2 and 5.5.8): each member of patch replaces that of s, an NGSI-LD Null
// removes it. The names in patch are read with names, the @context of the
// patching request; those that stay keep their meaning.
//
// Errors: problem.BadRequestData.
func (s *Subscription) Patched(patch jsontree.Node, names Names, now entity.Instant) (*Subscription, error) {
	if patch.Kind() != jsontree.Object {
		return nil, bad("a subscription fragment is a JSON object")
	}
	patch = renamed(patch)
	for name, v := range patch.Members() {
		switch {
		case v.Kind() == jsontree.Null:
			return nil, bad("%q is null, which JSON-LD has as not there: %q removes a member", name, entity.NullURI)
		case name == "id" && v.Str() != s.ID:
			return nil, bad("the id of a subscription cannot be changed")
		case wantsNull(v) && (name == "type" || name == "notification" || name == "id"):
			return nil, bad("%q cannot be removed from a subscription", name)
		case name == "expiresAt" && !wantsNull(v):
			t, err := instant(name, v)
			if err != nil {
				return nil, err
			}
			if t <= now {
				return nil, bad("\"expiresAt\" is in the past")
			}
		}
	}
	old, err := jsontree.Parse(s.Doc, jsontree.Limits{})
	if err != nil {
		return nil, err
	}
	var members []jsontree.Member
	for name, v := range old.Members() {
		if p, ok := patch.Get(name); ok {
			if wantsNull(p) {
				continue
			}
			v = p
		}
		members = append(members, jsontree.Member{Name: name, Value: v})
	}
	for name, v := range patch.Members() {
		if _, had := old.Get(name); !had && !wantsNull(v) {
			members = append(members, jsontree.Member{Name: name, Value: v})
		}
	}
	if s.Status(now) == "expired" && sole(patch, "expiresAt") {
		members = activated(members)
	}
	stays := func(member string) bool {
		_, given := patch.Get(member)
		return !given
	}
	out, err := read(jsontree.ObjectNode(members), &recorder{names: names, terms: map[string]string{}, vocab: map[string]string{}, old: s.Terms, oldVocab: s.Vocab, stays: stays}, s.Tenant, s.CreatedAt)
	if err != nil {
		return nil, err
	}
	out.ID, out.Account, out.ModifiedAt, out.Snapshot = s.ID, s.Account, now, s.Snapshot
	if v, given := patch.Get("jsonldContext"); out.Context == nil && !(given && wantsNull(v)) {
		out.Context = s.Context
	}
	return out, nil
}

// renamed gives a fragment with id and type for @id and @type.
func renamed(patch jsontree.Node) jsontree.Node {
	var out []jsontree.Member
	for name, v := range patch.Members() {
		if name == "@id" || name == "@type" {
			name = name[1:]
		}
		out = append(out, jsontree.Member{Name: name, Value: v})
	}
	return jsontree.ObjectNode(out)
}

// sole reports whether patch says when to expire and nothing of whether to be
// active: what was expired is then active (CIM 009, 5.8.2.4).
func sole(patch jsontree.Node, name string) bool {
	v, there := patch.Get(name)
	_, active := patch.Get("isActive")
	return there && !active && !wantsNull(v)
}

// activated gives the members of a document with isActive true if it is there.
func activated(ms []jsontree.Member) []jsontree.Member {
	for i := range ms {
		if ms[i].Name == "isActive" {
			ms[i].Value = jsontree.BoolNode(true)
		}
	}
	return ms
}

// JSON gives the subscription as a client reads it (CIM 009, 5.8.3): its
// document with what the server adds. compact shortens an IRI with the
// reading request's @context.
func (s *Subscription) JSON(c Counters, compact func(iri string) string, sysAttrs bool, now entity.Instant) jsontree.Node {
	doc, err := jsontree.Parse(s.Doc, jsontree.Limits{})
	if err != nil {
		return jsontree.Node{} // Doc was written by Parse
	}
	in := ""
	rename := func(v jsontree.Node) jsontree.Node {
		if iri, ok := noted(s.Terms, in, v.Str()); ok && v.Kind() == jsontree.String {
			return jsontree.StringNode(compact(iri))
		}
		return v
	}
	str := jsontree.StringNode
	ms := []jsontree.Member{{Name: "id", Value: str(s.ID)}}
	for name, v := range doc.Members() {
		in = name
		switch name {
		case "watchedAttributes":
			v = mapItems(v, rename)
		case "entities":
			v = mapItems(v, func(e jsontree.Node) jsontree.Node {
				return mapMembers(e, func(n string, x jsontree.Node) jsontree.Node {
					if n == "type" || n == "@type" {
						return rename(x)
					}
					return x
				})
			})
		case "geoQ":
			v = mapMembers(v, func(n string, x jsontree.Node) jsontree.Node {
				if n == "geoproperty" {
					return rename(x)
				}
				return x
			})
		case "notification":
			v = s.notificationJSON(v, c, rename)
		}
		ms = append(ms, jsontree.Member{Name: name, Value: v})
	}
	ms = append(ms, jsontree.Member{Name: "status", Value: str(s.Status(now))})
	if sysAttrs {
		ms = append(ms, jsontree.Member{Name: "createdAt", Value: str(s.CreatedAt.String())}, jsontree.Member{Name: "modifiedAt", Value: str(s.ModifiedAt.String())})
	}
	return jsontree.ObjectNode(ms)
}

func (s *Subscription) notificationJSON(v jsontree.Node, c Counters, rename func(jsontree.Node) jsontree.Node) jsontree.Node {
	var ms []jsontree.Member
	for name, m := range v.Members() {
		if name == "attributes" || name == "pick" || name == "omit" {
			m = mapItems(m, rename)
		}
		ms = append(ms, jsontree.Member{Name: name, Value: m})
	}
	number := func(name string, n int64) {
		if n > 0 {
			if v, err := jsontree.NumberNode(strconv.FormatInt(n, 10)); err == nil {
				ms = append(ms, jsontree.Member{Name: name, Value: v})
			}
		}
	}
	instant := func(name string, t entity.Instant) {
		if t != 0 {
			ms = append(ms, jsontree.Member{Name: name, Value: jsontree.StringNode(t.String())})
		}
	}
	number("timesSent", c.Sent)
	number("timesFailed", c.Failed)
	instant("lastNotification", c.LastNotification)
	instant("lastSuccess", c.LastSuccess)
	instant("lastFailure", c.LastFailure)
	if c.Sent > 0 && (c.LastSuccess != 0 || c.LastFailure != 0) {
		status := "ok"
		if c.LastFailure > c.LastSuccess {
			status = "failed"
		}
		ms = append(ms, jsontree.Member{Name: "status", Value: jsontree.StringNode(status)})
	}
	return jsontree.ObjectNode(ms)
}

func mapItems(v jsontree.Node, f func(jsontree.Node) jsontree.Node) jsontree.Node {
	var out []jsontree.Node
	for _, item := range v.Items() {
		out = append(out, f(item))
	}
	return jsontree.ArrayNode(out)
}

func mapMembers(v jsontree.Node, f func(string, jsontree.Node) jsontree.Node) jsontree.Node {
	var out []jsontree.Member
	for name, m := range v.Members() {
		out = append(out, jsontree.Member{Name: name, Value: f(name, m)})
	}
	return jsontree.ObjectNode(out)
}
