package watch

import (
	"net/url"
	"slices"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// notification reads the notification parameters (CIM 009, 5.2.14) and gives
// them back without the members that the server gives.
func (p *parser) notification(v jsontree.Node) (jsontree.Node, error) {
	if v.Kind() != jsontree.Object {
		return v, bad("\"notification\" must be an object")
	}
	var keep []jsontree.Member
	for name, m := range v.Members() {
		if readOnly[name] {
			continue
		}
		if err := p.notificationMember(name, m); err != nil {
			return v, err
		}
		keep = append(keep, jsontree.Member{Name: name, Value: m})
	}
	if p.sub.Endpoint.URI == "" {
		return v, bad("notification.endpoint is missing: notifications need a \"uri\" to go to")
	}
	return jsontree.ObjectNode(keep), nil
}

func (p *parser) notificationMember(name string, m jsontree.Node) (err error) {
	s := p.sub
	switch name {
	case "attributes":
		s.Attributes, err = p.nameList("notification.attributes", m)
	case "pick", "omit":
		var members []string
		err = eachString("notification."+name, m, func(t string) error {
			if !slices.Contains([]string{"id", "type", "scope", "@context"}, t) {
				iri, err := p.names.ExpandTerm(t)
				if err != nil {
					return bad("notification.%s: %q is not a name that can be expanded", name, t)
				}
				t = iri
			}
			members = append(members, t)
			return nil
		})
		if name == "pick" {
			s.Pick = members
		} else {
			s.Omit = members
		}
	case "format":
		switch m.Str() {
		case "normalized":
			s.Format = Normalized
		case "concise":
			s.Format = Concise
		case "simplified", "keyValues":
			s.Format = Simplified
		default:
			return bad("notification.format must be \"normalized\", \"concise\" or \"simplified\"")
		}
	case "sysAttrs", "showChanges":
		if m.Kind() != jsontree.Bool {
			return bad("notification.%s must be true or false", name)
		}
		if name == "sysAttrs" {
			s.SysAttrs = m.Bool()
		} else if m.Bool() {
			return bad("notification.showChanges is in the standard and not built yet; leave it out")
		}
	case "endpoint":
		err = p.endpoint(m)
	default:
		if notBuilt[name] {
			return bad("notification.%s is in the standard and not built yet; leave it out", name)
		}
		return bad("\"notification\" has no member %q", name)
	}
	return err
}

// endpoint reads where to send (CIM 009, 5.2.15).
func (p *parser) endpoint(v jsontree.Node) (err error) {
	if v.Kind() != jsontree.Object {
		return bad("notification.endpoint must be an object with a \"uri\"")
	}
	e := &p.sub.Endpoint
	e.Accept = "application/json"
	for name, m := range v.Members() {
		switch name {
		case "uri":
			u, perr := url.Parse(m.Str())
			if perr != nil || u.Host == "" {
				return bad("notification.endpoint.uri %.80q is not an absolute URL", m.Str())
			}
			switch u.Scheme {
			case "http", "https":
			case "mqtt", "mqtts":
				return bad("notification.endpoint.uri: MQTT endpoints are in the standard and not built yet; use http or https")
			default:
				return bad("notification.endpoint.uri has the scheme %q; use http or https", u.Scheme)
			}
			e.URI = m.Str()
		case "accept":
			if !slices.Contains([]string{"application/json", "application/ld+json", "application/geo+json"}, m.Str()) {
				return bad("notification.endpoint.accept must be application/json, application/ld+json or application/geo+json")
			}
			e.Accept = m.Str()
		case "receiverInfo":
			e.ReceiverInfo, err = pairs(name, m)
			for _, pr := range e.ReceiverInfo {
				if !headerName(pr.Key) || strings.ContainsAny(pr.Value, "\r\n\x00") {
					return bad("notification.endpoint.receiverInfo: %q cannot be an HTTP header", pr.Key)
				}
			}
		case "notifierInfo":
			e.NotifierInfo, err = pairs(name, m)
		case "timeout":
			e.Timeout, err = milliseconds("notification.endpoint.timeout", m)
		case "cooldown":
			e.Cooldown, err = milliseconds("notification.endpoint.cooldown", m)
		default:
			return bad("\"endpoint\" has no member %q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func pairs(name string, v jsontree.Node) ([]Pair, error) {
	if v.Kind() != jsontree.Array {
		return nil, bad("notification.endpoint.%s must be an array of {\"key\", \"value\"}", name)
	}
	var out []Pair
	for i, item := range v.Items() {
		k, _ := item.Get("key")
		x, _ := item.Get("value")
		if k.Kind() != jsontree.String || x.Kind() != jsontree.String || item.Len() != 2 {
			return nil, bad("notification.endpoint.%s[%d] must have a \"key\" and a \"value\", both strings", name, i)
		}
		out = append(out, Pair{k.Str(), x.Str()})
	}
	return out, nil
}

func headerName(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c)) {
			return false
		}
	}
	return s != ""
}

// geo reads a GeoQuery (CIM 009, 5.2.13).
func (p *parser) geo(v jsontree.Node) error {
	if v.Kind() != jsontree.Object {
		return bad("\"geoQ\" must be an object with georel, geometry and coordinates")
	}
	for name, m := range v.Members() {
		switch name {
		case "georel":
			p.q.georel = m.Str()
		case "geometry":
			p.q.geometry = m.Str()
		case "coordinates":
			if m.Kind() == jsontree.String {
				p.q.coordinates = []byte(m.Str())
			} else {
				p.q.coordinates = m.Append(nil)
			}
		case "geoproperty":
			p.q.geoAtt = m.Str()
		default:
			return bad("\"geoQ\" has no member %q", name)
		}
	}
	if p.q.georel == "" || p.q.geometry == "" || len(p.q.coordinates) == 0 {
		return bad("\"geoQ\" needs georel, geometry and coordinates")
	}
	if p.q.geoAtt == "" {
		p.q.geoAtt = "location"
	}
	return nil
}

// wantsNull reports whether a patch document asks for the removal of a member.
func wantsNull(v jsontree.Node) bool {
	return v.Kind() == jsontree.String && v.Str() == entity.NullURI
}
