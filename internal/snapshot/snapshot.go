// Package snapshot keeps snapshots (CIM 009, 5.16): sets of entities that
// were retrieved by queries and put away, on which the whole API works. Each
// is a layer without a base; package broker reads and writes it like any
// other.
//
// What always holds: a snapshot that is deleted or expired is out of sight at
// once, and its layer goes when nobody uses it any more. There is no half
// snapshot: one that was being prepared when the process ended is a failure
// with an empty layer. docs/adr/0095 says why.
package snapshot

import (
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/timespan"
)

// The statuses of a snapshot (CIM 009, 5.2.41), and of what one of its
// queries came to (5.2.42): that is success, failure or empty.
const (
	Preparing = "preparing"
	Success   = "success"
	Partial   = "partial"
	Failure   = "failure"
	Empty     = "empty"
)

const defaultPriority = 5

// Pair is one header for the receiver of notifications.
type Pair struct{ Key, Value string }

// Detail is what a query came to (CIM 009, 5.2.42).
type Detail struct {
	Status  string // Success, Failure or Empty
	Kind    string // of the problem, if it failed
	Message string // that says what the problem was
}

// Snapshot is one snapshot (CIM 009, 5.2.41). Those that a Service hands out
// are copies.
type Snapshot struct {
	Tenant, ID string
	// Queries and Temporal are the queries as JSON arrays, as they were sent;
	// nil if there were none. Details are what each came to.
	Queries, Temporal               []byte
	QueriesDetails, TemporalDetails []Detail
	Lifetime                        string // as it was asked for; "" if it was not
	Priority                        int    // 1 to 10
	Endpoint                        string // where notifications go; "" is nowhere
	Receiver                        []Pair
	Status                          string
	CreatedAt, ModifiedAt           entity.Instant
	ExpiresAt, LastUsedAt           entity.Instant

	layer string
	since store.Cursor // from before the layer was made
	gone  bool         // deleted or expired: its layer is to be dropped
	owed  bool         // a notification of the last change was not sent yet
}

// Space names the layer of s.
func (s *Snapshot) Space() store.Space { return store.Space{Tenant: s.Tenant, Layer: s.layer} }

// Use says what a document is for: each has members of its own.
type Use uint8

// The uses.
const (
	ToCreate Use = iota
	ToClone
	ToUpdate
)

// Document is a Snapshot as a client sends it. Of an update only the members
// that Has knows are meant.
type Document struct {
	ID                string
	Queries, Temporal jsontree.Node // arrays; Null if they are not there
	Lifetime          string
	Priority          int
	Endpoint          string
	Receiver          []Pair
	has               map[string]bool
}

// Has reports whether the document has the member, also as NGSI-LD Null.
func (d *Document) Has(member string) bool { return d.has[member] }

func bad(format string, args ...any) error {
	return problem.New(problem.BadRequestData, format, args...)
}

// Parse reads a Snapshot without its @context. Members that the server gives
// are passed over (CIM 009, 5.2.41).
//
// Errors: problem.BadRequestData.
func Parse(n jsontree.Node, use Use) (Document, error) {
	d := Document{Priority: defaultPriority, has: map[string]bool{}}
	if n.Kind() != jsontree.Object {
		return d, bad("a snapshot is a JSON object")
	}
	for name, v := range n.Members() {
		if v.IsNull() || use == ToUpdate && v.IsNullMarker() {
			if use != ToUpdate {
				continue // JSON-LD has it as not there (CIM 009, 4.5.0)
			}
			if name == "id" || name == "type" {
				return d, bad("%s cannot be taken away", name)
			}
			if v.IsNullMarker() {
				d.has[name] = true
			}
			continue
		}
		if err := d.member(name, v, use); err != nil {
			return d, err
		}
	}
	if !d.has["type"] && use != ToUpdate {
		return d, bad("a snapshot has \"type\": \"Snapshot\"")
	}
	if use == ToCreate && d.Queries.Len()+d.Temporal.Len() == 0 {
		return d, bad("a snapshot needs snapshotQueries or snapshotTemporalQueries, with at least one query")
	}
	for _, p := range d.Receiver {
		if !headerName(p.Key) || strings.ContainsAny(p.Value, "\r\n\x00") {
			return d, bad("receiverInfo: %.80q cannot be an HTTP header", p.Key)
		}
	}
	return d, nil
}

// maxQueries bounds the queries of one snapshot.
const maxQueries = 100

func (d *Document) member(name string, v jsontree.Node, use Use) (err error) {
	d.has[name] = true
	switch name {
	case "id", "@id":
		d.has["id"] = true
		if d.ID = v.Str(); entity.CheckURI(d.ID) != nil {
			return bad("id: %.80q is not a URI", d.ID)
		}
	case "type", "@type":
		d.has["type"] = true
		if v.Str() != "Snapshot" && v.Str() != "https://uri.etsi.org/ngsi-ld/Snapshot" {
			return bad("the type of a snapshot is Snapshot, not %.80s", v.String())
		}
	case "snapshotQueries", "snapshotTemporalQueries":
		if use != ToCreate {
			return bad("%s is set when the snapshot is created and cannot be changed", name)
		}
		if v.Kind() == jsontree.Object {
			v = jsontree.ArrayNode([]jsontree.Node{v}) // JSON-LD: one is a list of one
		}
		if v.Kind() != jsontree.Array || v.Len() > maxQueries {
			return bad("%s is a list of up to %d queries", name, maxQueries)
		}
		if name == "snapshotQueries" {
			d.Queries = v
		} else {
			d.Temporal = v
		}
	case "snapshotLifetime":
		d.Lifetime = v.Str()
		if _, err := timespan.ParseDuration(d.Lifetime); v.Kind() != jsontree.String || err != nil {
			return bad("snapshotLifetime is an ISO 8601 duration such as P1D or PT30M")
		}
	case "snapshotPriority":
		if d.Priority, err = strconv.Atoi(v.Literal()); err != nil || d.Priority < 1 || d.Priority > 10 {
			return bad("snapshotPriority is a whole number from 1 to 10")
		}
	case "endpoint":
		d.Endpoint = v.Str()
		if low := strings.ToLower(d.Endpoint); !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") || entity.CheckURI(d.Endpoint) != nil {
			return bad("endpoint is the address that notifications go to, such as https://host/path")
		}
	case "receiverInfo":
		d.Receiver, err = pairs(v)
	case "snapshotStatus", "snapshotQueriesDetails", "snapshotTemporalQueriesDetails", "snapshotQueryDetails", "snapshotTemporalQueryDetails",
		"createdAt", "modifiedAt", "expiresAt", "lastUsedAt": // the server's
	default:
		return bad("a snapshot has no member %.80q (CIM 009, 5.2.41)", name)
	}
	return err
}

func pairs(v jsontree.Node) ([]Pair, error) {
	if v.Kind() == jsontree.Object {
		v = jsontree.ArrayNode([]jsontree.Node{v})
	}
	if v.Kind() != jsontree.Array || v.Len() > 100 {
		return nil, bad("receiverInfo is a list of up to 100 {\"key\", \"value\"}")
	}
	var out []Pair
	for i, item := range v.Items() {
		k, _ := item.Get("key")
		x, _ := item.Get("value")
		if k.Kind() != jsontree.String || x.Kind() != jsontree.String || item.Len() != 2 {
			return nil, bad("receiverInfo[%d] has a \"key\" and a \"value\", both texts", i)
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
