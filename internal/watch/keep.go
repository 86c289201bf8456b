package watch

import (
	"encoding/binary"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

const keptVersion = 1

// kept is a subscription as the bookkeeping holds it, behind a version byte.
type kept struct {
	ID         string            `json:"id"`
	Tenant     string            `json:"tenant,omitempty"`
	Snapshot   string            `json:"snapshot,omitempty"`
	Doc        jsontext.Value    `json:"doc"`
	Terms      map[string]string `json:"terms,omitempty"`
	Vocab      map[string]string `json:"vocab,omitempty"`
	Context    jsontext.Value    `json:"context,omitempty"`
	CreatedAt  int64             `json:"createdAt"`
	ModifiedAt int64             `json:"modifiedAt"`
	Account    string            `json:"account,omitempty"`
}

func encode(s *Subscription) []byte {
	b, err := jsonv2.Marshal(kept{ID: s.ID, Tenant: s.Tenant, Snapshot: s.Snapshot, Doc: s.Doc, Terms: s.Terms, Vocab: s.Vocab, Context: s.Context,
		CreatedAt: int64(s.CreatedAt), ModifiedAt: int64(s.ModifiedAt), Account: s.Account}, jsonv2.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("watch: a parsed subscription cannot be written: %v", err)) // Doc and Context were parsed JSON
	}
	return append([]byte{keptVersion}, b...)
}

func decode(b []byte) (*Subscription, error) {
	if len(b) == 0 || b[0] != keptVersion {
		return nil, fmt.Errorf("it is of a version that this program does not know")
	}
	var k kept
	if err := jsonv2.Unmarshal(b[1:], &k); err != nil {
		return nil, err
	}
	doc, err := jsontree.Parse(k.Doc, jsontree.Limits{})
	if err != nil {
		return nil, err
	}
	s, err := parse(doc, &recorder{terms: orEmpty(k.Terms), vocab: orEmpty(k.Vocab)}, k.Tenant, entity.Instant(k.CreatedAt))
	if err != nil {
		return nil, err
	}
	s.Snapshot = k.Snapshot
	s.ID, s.Context, s.Account, s.ModifiedAt = k.ID, k.Context, k.Account, entity.Instant(k.ModifiedAt)
	return s, nil
}

// The versions of kept counters: the first does not say what was tried last.
const (
	countersOld = 1
	countersNow = 2
)

// encodeCounters writes counters behind a version byte: varints, then the
// text of the last error.
func encodeCounters(c Counters, lastDue entity.Instant) []byte {
	b := []byte{countersNow}
	for _, n := range []int64{c.Sent, c.Failed, c.Dropped, int64(c.LastNotification), int64(c.LastSuccess), int64(c.LastFailure), int64(lastDue), int64(c.tried), int64(c.triedPart)} {
		b = binary.AppendVarint(b, n)
	}
	return append(b, c.LastError...)
}

func decodeCounters(b []byte, c *Counters, lastDue *entity.Instant) error {
	if len(b) == 0 || b[0] != countersOld && b[0] != countersNow {
		return fmt.Errorf("they are of a version that this program does not know")
	}
	var v [9]int64
	count := len(v)
	if b[0] == countersOld {
		count = 7
	}
	b = b[1:]
	for i := range count {
		n, size := binary.Varint(b)
		if size <= 0 {
			return fmt.Errorf("they are cut short")
		}
		v[i], b = n, b[size:]
	}
	*c = Counters{Sent: v[0], Failed: v[1], Dropped: v[2], LastNotification: entity.Instant(v[3]), LastSuccess: entity.Instant(v[4]), LastFailure: entity.Instant(v[5]), LastError: string(b),
		tried: entity.Position(v[7]), triedPart: uint16(v[8])}
	*lastDue = entity.Instant(v[6])
	return nil
}
