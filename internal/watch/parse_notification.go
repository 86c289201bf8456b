package watch

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/query/q"
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
	if p.sub.Join != NoJoin && p.sub.JoinLevel == 0 {
		p.sub.JoinLevel = 1
	}
	return jsontree.ObjectNode(keep), nil
}

// maxJoinLevel bounds how many Relationships in a row a notification follows.
const maxJoinLevel = 10

// agrees holds the notification parameters against each other (CIM 009,
// 5.2.14.1, 4.21). It is for new ones: what was taken once stays.
func (s *Subscription) agrees() error {
	switch {
	case s.ExpiresAt != 0 && s.ExpiresAt < s.CreatedAt:
		return bad("\"expiresAt\" is in the past")
	case s.Interval > 0 && s.Throttling > 0:
		return bad("\"timeInterval\" and \"throttling\" exclude each other")
	case s.Interval > 0 && s.Watched != nil:
		return bad("\"timeInterval\" and \"watchedAttributes\" exclude each other")
	case s.anyType && s.localOnly != nil && !*s.localOnly:
		return bad("the type \"*\" implies local scope, so \"localOnly\" cannot be false")
	case s.ShowChanges && s.Format == Simplified:
		return bad("notification.showChanges does not go with the simplified format, which has no place for previous values")
	case s.JoinLevel != 0 && s.Join == NoJoin:
		return bad("notification.joinLevel goes with notification.join \"inline\" or \"flat\" only")
	case s.Attributes != nil && (s.Pick != nil || s.Omit != nil):
		return bad("notification.attributes is deprecated and does not go with pick and omit: use those")
	}
	for what, m := range map[string]*Members{"pick": s.Pick, "omit": s.Omit} {
		if d := m.depth(); d > s.JoinLevel {
			return bad("notification.%s reaches %d levels into linked entities, which needs join and joinLevel", what, d)
		}
	}
	if s.Pick != nil && s.Omit != nil {
		for _, n := range s.Pick.Names {
			if slices.Contains(s.Omit.Names, n) {
				return bad("notification.pick and notification.omit both name %q", n)
			}
		}
	}
	return nil
}

// members adds projections to m. Braces reach into linked entities; what they
// omit there leaves the Relationship itself where it is.
func (p *parser) members(what string, m *Members, ps []q.Projection) error {
	for _, x := range ps {
		name := x.Name
		if !slices.Contains([]string{"id", "type", "scope"}, name) {
			iri, err := p.names.ExpandTerm(name)
			if err != nil {
				return bad("%s: %q is not a name that can be expanded", what, name)
			}
			name = iri
		}
		if x.Linked == nil || strings.HasSuffix(what, "pick") {
			m.Names = append(m.Names, name)
		}
		if x.Linked == nil {
			continue
		}
		n := entity.Name(name)
		if m.Linked == nil {
			m.Linked = map[entity.Name]*Members{}
		}
		if m.Linked[n] == nil {
			m.Linked[n] = &Members{}
		}
		if err := p.members(what, m.Linked[n], x.Linked); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) notificationMember(name string, m jsontree.Node) (err error) {
	s := p.sub
	switch name {
	case "attributes":
		err = eachString("notification.attributes", m, func(t string) error {
			if slices.Contains([]string{"id", "type", "scope", "@id", "@type"}, t) {
				return bad("notification.attributes names attributes, and %q is none: use notification.pick", t)
			}
			return nil
		})
		if err == nil {
			s.Attributes, err = p.nameList("notification.attributes", m)
		}
	case "pick", "omit":
		members := &Members{}
		err = eachString("notification."+name, m, func(t string) error {
			if t == "@context" {
				return nil // it comes with the media type
			}
			ps, err := q.Projections("notification."+name, t)
			if err != nil {
				return err
			}
			return p.members("notification."+name, members, ps)
		})
		if name == "pick" {
			s.Pick = members
		} else {
			s.Omit = members
		}
	case "join":
		switch m.Str() {
		case "@none":
			s.Join = NoJoin
		case "inline":
			s.Join = Inline
		case "flat":
			s.Join = Flat
		default:
			return bad("notification.join must be \"inline\", \"flat\" or \"@none\"")
		}
	case "joinLevel":
		n, perr := strconv.Atoi(m.Literal())
		if m.Kind() != jsontree.Number || perr != nil || n < 1 || n > maxJoinLevel {
			return bad("notification.joinLevel must be a whole number from 1 to %d", maxJoinLevel)
		}
		s.JoinLevel = n
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
		} else {
			s.ShowChanges = m.Bool()
		}
	case "endpoint":
		err = p.endpoint(m)
	default:
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
				if err := topic(strings.TrimPrefix(u.Path, "/")); err != nil {
					return err
				}
			default:
				return bad("notification.endpoint.uri has the scheme %q; use http, https, mqtt or mqtts", u.Scheme)
			}
			e.URI = m.Str()
		case "accept":
			if !slices.Contains([]string{"application/json", "application/ld+json", "application/geo+json"}, m.Str()) {
				return bad("notification.endpoint.accept must be application/json, application/ld+json or application/geo+json")
			}
			e.Accept = m.Str()
		case "receiverInfo":
			e.ReceiverInfo, err = pairs(name, m)
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
	if strings.HasPrefix(strings.ToLower(e.URI), "mqtt") {
		return e.mqtt()
	}
	for _, pr := range e.ReceiverInfo {
		if !headerName(pr.Key) || strings.ContainsAny(pr.Value, "\r\n\x00") {
			return bad("notification.endpoint.receiverInfo: %q cannot be an HTTP header", pr.Key)
		}
	}
	return nil
}

// The keys of notifierInfo for MQTT (CIM 009, Table 7.2-1).
const (
	MQTTQoS     = "MQTT-QoS"
	MQTTVersion = "MQTT-Version"
)

// topic checks the topic of an MQTT endpoint.
func topic(s string) error {
	switch {
	case s == "":
		return bad("notification.endpoint.uri names no topic; it is such as mqtt://host:1883/topic")
	case len(s) > 65535 || strings.ContainsAny(s, "+#\x00"):
		return bad("notification.endpoint.uri: %.80q is no topic that can be published to", s)
	}
	return nil
}

// mqtt checks what holds for MQTT endpoints alone (CIM 009, 7.2).
func (e *Endpoint) mqtt() error {
	if e.Accept == "application/geo+json" {
		return bad("notification.endpoint.accept: MQTT carries application/json and application/ld+json")
	}
	for _, p := range e.NotifierInfo {
		switch p.Key {
		case MQTTQoS:
			if !slices.Contains([]string{"0", "1", "2"}, p.Value) {
				return bad("notification.endpoint.notifierInfo: %s is \"0\", \"1\" or \"2\"", MQTTQoS)
			}
		case MQTTVersion:
			if p.Value != "mqtt3.1.1" && p.Value != "mqtt5.0" {
				return bad("notification.endpoint.notifierInfo: %s is \"mqtt3.1.1\" or \"mqtt5.0\"", MQTTVersion)
			}
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

// wantsNull reports whether a patch document asks for the removal of a member
// (CIM 009, 4.5.0).
func wantsNull(v jsontree.Node) bool {
	if v.Kind() == jsontree.Array && v.Len() == 1 {
		v = v.Item(0)
	}
	return v.Kind() == jsontree.String && v.Str() == entity.NullURI
}
