// Package watch keeps subscriptions and decides which changes are due to
// which of them (CIM 009, 5.8). It reads the change log, matches in process,
// and writes what is due into the outbox in the same commit that moves its
// cursor: nothing is missed, nothing comes twice, and the order within a
// subscription is that of the log. Delivering is the work of notify.
package watch

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/geo"
	"github.com/beffroi/beffroi/internal/query"
)

// Trigger is a set of kinds of change (CIM 009, 5.2.12).
type Trigger uint8

// The triggers. EntityUpdated of the standard is the three attribute ones.
const (
	EntityCreated Trigger = 1 << iota
	EntityDeleted
	AttributeCreated
	AttributeUpdated
	AttributeDeleted

	entityUpdated   = AttributeCreated | AttributeUpdated | AttributeDeleted
	defaultTriggers = AttributeCreated | AttributeUpdated
)

var triggerNames = map[string]Trigger{
	"entityCreated": EntityCreated, "entityUpdated": entityUpdated, "entityDeleted": EntityDeleted,
	"attributeCreated": AttributeCreated, "attributeUpdated": AttributeUpdated, "attributeDeleted": AttributeDeleted,
}

// Selector says which entities a subscription is about (CIM 009, 5.2.33).
type Selector struct {
	IDs     []entity.ID // any of these; nil is any
	Pattern *query.Pattern
	Types   *query.TypeExpr // nil is any
}

func (s *Selector) matches(e *entity.Entity) bool {
	switch {
	case s.IDs != nil: // an id takes precedence over a pattern
		if !slices.Contains(s.IDs, e.ID) {
			return false
		}
	case s.Pattern != nil:
		if !s.Pattern.MatchString(string(e.ID)) {
			return false
		}
	}
	return s.Types == nil || s.Types.Match(e.Types)
}

// Format is the representation of entities in a notification.
type Format uint8

// The formats (CIM 009, 5.2.14).
const (
	Normalized Format = iota
	Concise
	Simplified
)

// Join is a form of linked entity retrieval (CIM 009, 4.5.23).
type Join uint8

// The forms.
const (
	NoJoin Join = iota
	Inline
	Flat
)

// Members names entity members (CIM 009, 4.21): "id", "type", "scope", or the
// expanded name of an attribute.
type Members struct {
	Names []string
	// Linked are members of the entities that a Relationship leads to.
	Linked map[entity.Name]*Members
}

func (m *Members) depth() int {
	d := 0
	if m != nil {
		for _, below := range m.Linked {
			d = max(d, 1+below.depth())
		}
	}
	return d
}

// Pair is one header for the receiver, or one setting for the notifier
// (CIM 009, 5.2.22).
type Pair struct{ Key, Value string }

// Endpoint is where notifications go (CIM 009, 5.2.15).
type Endpoint struct {
	URI          string
	Accept       string // media type; application/json by default
	ReceiverInfo []Pair
	NotifierInfo []Pair
	Timeout      entity.Instant // how long an answer is waited for; 0 is the default
	Cooldown     entity.Instant // how long nothing is sent after a failure; 0 is none
}

// Subscription is one subscription, ready to match (CIM 009, 5.2.12). It is
// not changed once parsed.
type Subscription struct {
	ID string
	// Tenant is the scope: that of its tenant, or of a snapshot's layer. See
	// ScopeOf.
	Tenant string
	// Snapshot is the id of the snapshot that it is about; "" is none.
	Snapshot string
	// Doc is the document as the client sees it: its members without those
	// that the server gives. Terms maps the short names in it to IRIs, as the
	// @context had it at creation or update: matching never needs the @context
	// again. Where one name means two things, the second is found by the member
	// that it stands in, a space and the name.
	Doc   []byte
	Terms map[string]string
	Vocab map[string]string // the same for values of a VocabProperty in q
	// Context is the @context to notify with: the compact JSON of jsonldContext
	// or, without one, of the @context that the subscription came with.
	Context []byte

	Selectors  []Selector
	Watched    []entity.Name
	Triggers   Trigger
	Query      query.Query // q, geoQ and scopeQ
	Datasets   []string    // "" is the default instance; nil is all
	Active     bool
	ExpiresAt  entity.Instant
	Throttling entity.Instant // least time between two notifications
	// Interval is the time between two periodic notifications (timeInterval);
	// 0 notifies of changes instead.
	Interval   entity.Instant
	CreatedAt  entity.Instant
	ModifiedAt entity.Instant
	Account    string // who made it: its rights hold at delivery

	Attributes []entity.Name // notification.attributes; nil is all
	Pick, Omit *Members      // nil if not given
	Join       Join
	JoinLevel  int // how many Relationships in a row are followed; 0 without Join
	// ShowChanges adds the value before to what was changed or deleted.
	ShowChanges bool
	Format      Format
	SysAttrs    bool
	Lang        string
	// Conformance is the version of the standard, such as "1.5", that
	// notifications are to be amended to (CIM 009, 4.3.6.8); "" is the newest.
	Conformance string
	Endpoint    Endpoint

	near      *geo.Covering // where a first look for geoQ goes; nil everywhere
	localOnly *bool         // nil if not given
	anyType   bool          // a selector asks for all types with "*"
}

// Status is "active", "paused" or "expired" at now (CIM 009, 5.2.12).
func (s *Subscription) Status(now entity.Instant) string {
	switch {
	case s.ExpiresAt != 0 && s.ExpiresAt <= now:
		return "expired"
	case !s.Active:
		return "paused"
	}
	return "active"
}
