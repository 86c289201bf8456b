package kill

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// parseEntity reads the numbers of a normalised entity and checks that each
// carries the time it was sent with.
func parseEntity(body []byte) (map[string]int, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("an entity that is not JSON: %w: %.200s", err, body)
	}
	out := map[string]int{}
	for name, raw := range members {
		if name == "id" || name == "type" || name == "@context" {
			continue
		}
		var p struct {
			Value      int
			ObservedAt time.Time
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, fmt.Errorf("attribute %s: %w: %.200s", name, err, raw)
		}
		if !p.ObservedAt.Equal(observed(p.Value)) {
			return nil, fmt.Errorf("attribute %s: value %d with observedAt %v, sent with %v", name, p.Value, p.ObservedAt, observed(p.Value))
		}
		out[name] = p.Value
	}
	return out, nil
}

// parseHistory reads temporalValues into how often each value is there.
func parseHistory(body []byte) (map[string]map[int]int, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("a history that is not JSON: %w: %.200s", err, body)
	}
	out := map[string]map[int]int{}
	for name, raw := range members {
		if name == "id" || name == "type" || name == "@context" {
			continue
		}
		var p struct{ Values [][2]json.RawMessage }
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, fmt.Errorf("history of %s: %w: %.200s", name, err, raw)
		}
		out[name] = map[int]int{}
		for _, pair := range p.Values {
			var value int
			var at time.Time
			if err := json.Unmarshal(pair[0], &value); err != nil {
				return nil, fmt.Errorf("history of %s: %w: %s", name, err, pair[0])
			}
			if err := json.Unmarshal(pair[1], &at); err != nil {
				return nil, fmt.Errorf("history of %s: %w: %s", name, err, pair[1])
			}
			if !at.Equal(observed(value)) {
				return nil, fmt.Errorf("history of %s: value %d at %v, sent with %v", name, value, at, observed(value))
			}
			out[name][value]++
		}
	}
	return out, nil
}

// verify compares the restarted server with the ledger. It returns, by MQTT
// writer, what a device would send again.
func (s *stream) verify(ctx context.Context) (map[string][]write, error) {
	byEntity := map[string][]key{}
	var ids []string
	for _, k := range s.ledger.keys() {
		if byEntity[k.entity] == nil {
			ids = append(ids, k.entity)
		}
		byEntity[k.entity] = append(byEntity[k.entity], k)
	}
	again := map[string][]write{}
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		first error
		there int
	)
	work := make(chan string)
	for range 4 {
		wg.Go(func() {
			c := process.NewClient()
			for id := range work {
				now, past, err := s.look(ctx, c, id)
				mu.Lock()
				if err != nil && first == nil {
					first = err
				}
				if err == nil {
					if now != nil {
						there++
					}
					name, _, _ := strings.Cut(strings.TrimPrefix(id, "urn:ngsi-ld:KillProbe:"), "-")
					for _, k := range byEntity[id] {
						again[name] = append(again[name], s.ledger.settle(k, found{now[k.attr], past[k.attr]})...)
						delete(now, k.attr)
						delete(past, k.attr)
					}
					if len(now)+len(past) > 0 {
						first = fmt.Errorf("%s has attributes that nobody sent: %v %v", id, now, past)
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	wg.Wait()
	if first != nil {
		return nil, first
	}
	s.ledger.settleBatches()
	if err := s.verifyCount(ctx, "KillProbe", there); err != nil {
		return nil, err
	}
	return again, s.verifyCycles(ctx)
}

// look reads the state and the history of one entity; both are nil when it is
// not there.
func (s *stream) look(ctx context.Context, c *http.Client, id string) (map[string]int, map[string]map[int]int, error) {
	path := url.PathEscape(id)
	status, body, ok := s.do(ctx, c, http.MethodGet, "/ngsi-ld/v1/entities/"+path, nil)
	if status == http.StatusNotFound {
		return nil, nil, nil
	}
	if !ok {
		return nil, nil, fmt.Errorf("GET %s: %d %.300s", id, status, body)
	}
	now, err := parseEntity(body)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", id, err)
	}
	past := map[string]map[int]int{}
	for from := 0; from >= 0; {
		window := "timerel=after&timeAt=" + stamp(from)
		next := -1
		if from+readAtOnce < s.ledger.sent(id) {
			next = from + readAtOnce
			window = "timerel=between&timeAt=" + stamp(from) + "&endTimeAt=" + stamp(next)
		}
		status, body, ok = s.do(ctx, c, http.MethodGet, "/ngsi-ld/v1/temporal/entities/"+path+"?options=temporalValues&"+window, nil)
		if !ok || status == http.StatusPartialContent {
			return nil, nil, fmt.Errorf("GET history of %s, %s: %d %.300s", id, window, status, body)
		}
		some, err := parseHistory(body)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", id, err)
		}
		for attr, values := range some {
			if past[attr] == nil {
				past[attr] = map[int]int{}
			}
			for value, n := range values {
				past[attr][value] += n
			}
		}
		from = next
	}
	return now, past, nil
}

// readAtOnce is how many values of an attribute are asked for at once: one
// answer has no more than 10,000 of all attributes.
const readAtOnce = 4000

// stamp is a moment behind the first from values; long before all of them if
// from is 0.
func stamp(from int) string {
	if from == 0 {
		from = -100_000
	}
	return observed(from).Add(30 * time.Second).Format(time.RFC3339)
}

// verifyCount asks how many entities of a type there are: none that nobody sent.
func (s *stream) verifyCount(ctx context.Context, typ string, want int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/ngsi-ld/v1/entities?type="+typ+"&count=true&limit=1", nil)
	if err != nil {
		return err
	}
	c := process.NewClient()
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("NGSILD-Results-Count"); got != fmt.Sprint(want) {
		return fmt.Errorf("there are %q entities of type %s, and %d by name", got, typ, want)
	}
	return nil
}

// verifyCycles checks the entities that are created and deleted in turn.
func (s *stream) verifyCycles(ctx context.Context) error {
	c, there := process.NewClient(), 0
	for _, cy := range s.cycles {
		status, body, ok := s.do(ctx, c, http.MethodGet, "/ngsi-ld/v1/entities/"+url.PathEscape(cy.id), nil)
		if !ok && status != http.StatusNotFound {
			return fmt.Errorf("GET %s: %d %.300s", cy.id, status, body)
		}
		if !cy.unsure && ok != cy.present {
			return fmt.Errorf("%s: there = %v, acknowledged as %v after turn %d", cy.id, ok, cy.present, cy.turns)
		}
		if ok {
			there++
		}
		cy.present, cy.unsure = ok, false
	}
	return s.verifyCount(ctx, "KillCycle", there)
}
