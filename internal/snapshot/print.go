package snapshot

import (
	"slices"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
)

// JSON gives s as a client reads it (CIM 009, 5.2.41).
func (s *Snapshot) JSON() jsontree.Node {
	str := jsontree.StringNode
	var ms []jsontree.Member
	add := func(name string, v jsontree.Node) { ms = append(ms, jsontree.Member{Name: name, Value: v}) }
	add("id", str(s.ID))
	add("type", str("Snapshot"))
	for _, q := range []struct {
		name    string
		queries []byte
		details []Detail
	}{{"snapshotQueries", s.Queries, s.QueriesDetails}, {"snapshotTemporalQueries", s.Temporal, s.TemporalDetails}} {
		if q.queries != nil {
			if n, err := jsontree.Parse(q.queries, jsontree.Limits{}); err == nil { // it was parsed when it came
				add(q.name, n)
			}
		}
		if q.details != nil {
			add(q.name+"Details", details(q.details))
		}
	}
	if s.Lifetime != "" {
		add("snapshotLifetime", str(s.Lifetime))
	}
	add("snapshotPriority", jsontree.IntNode(int64(s.Priority)))
	if s.Endpoint != "" {
		add("endpoint", str(s.Endpoint))
	}
	if s.Receiver != nil {
		var items []jsontree.Node
		for _, p := range s.Receiver {
			items = append(items, jsontree.ObjectNode([]jsontree.Member{{Name: "key", Value: str(p.Key)}, {Name: "value", Value: str(p.Value)}}))
		}
		add("receiverInfo", jsontree.ArrayNode(items))
	}
	add("snapshotStatus", str(s.Status))
	for _, t := range []struct {
		name string
		at   entity.Instant
	}{{"createdAt", s.CreatedAt}, {"modifiedAt", s.ModifiedAt}, {"expiresAt", s.ExpiresAt}, {"lastUsedAt", s.LastUsedAt}} {
		add(t.name, str(t.at.String()))
	}
	return jsontree.ObjectNode(ms)
}

func details(ds []Detail) jsontree.Node {
	items := make([]jsontree.Node, 0, len(ds))
	for _, d := range ds {
		ms := []jsontree.Member{{Name: "resultStatus", Value: jsontree.StringNode(d.Status)}}
		if d.Kind != "" {
			ms = append(ms, jsontree.Member{Name: "problemDetails", Value: d.problem()})
		}
		items = append(items, jsontree.ObjectNode(ms))
	}
	return jsontree.ArrayNode(items)
}

// problem gives the ProblemDetails of what failed (RFC 7807).
func (d Detail) problem() jsontree.Node {
	info := problem.InternalError.Info()
	if i := slices.IndexFunc(problem.Kinds(), func(x problem.Info) bool { return x.Name == d.Kind }); i >= 0 {
		info = problem.Kinds()[i]
	}
	ms := []jsontree.Member{{Name: "type", Value: jsontree.StringNode(info.URI)}, {Name: "title", Value: jsontree.StringNode(info.Title)}}
	if d.Message != "" {
		ms = append(ms, jsontree.Member{Name: "detail", Value: jsontree.StringNode(d.Message)})
	}
	return jsontree.ObjectNode(append(ms, jsontree.Member{Name: "status", Value: jsontree.IntNode(int64(info.Status))}))
}

// notification gives what an endpoint is told of s (CIM 009, 5.3.4).
func (s *Snapshot) notification(id string, now entity.Instant) []byte {
	str := jsontree.StringNode
	ms := []jsontree.Member{{Name: "id", Value: str(id)}, {Name: "type", Value: str("SnapshotNotification")}, {Name: "snapshotId", Value: str(s.ID)},
		{Name: "notifiedAt", Value: str(now.String())}, {Name: "expiresAt", Value: str(s.ExpiresAt.String())},
		{Name: "snapshotPriority", Value: jsontree.IntNode(int64(s.Priority))}, {Name: "snapshotStatus", Value: str(s.Status)}}
	if s.QueriesDetails != nil {
		ms = append(ms, jsontree.Member{Name: "snapshotQueriesDetails", Value: details(s.QueriesDetails)})
	}
	if s.TemporalDetails != nil {
		ms = append(ms, jsontree.Member{Name: "temporalSnapshotQueriesDetails", Value: details(s.TemporalDetails)})
	}
	return jsontree.ObjectNode(ms).Append(nil)
}
