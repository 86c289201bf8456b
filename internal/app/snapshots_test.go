package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/config"
)

// heard is one notification as its receiver got it.
type heard struct {
	header http.Header
	body   string
}

// receive gives what comes in; the first one is refused.
func receive(t *testing.T) (string, chan heard) {
	t.Helper()
	got := make(chan heard, 10)
	refused := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/n" {
			t.Errorf("got %s %s, %v", r.Method, r.URL, err)
		}
		if !refused { // they come one by one
			refused = true
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		got <- heard{r.Header, string(b)}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/n", got
}

// ask sends a request to the program and gives the answer.
func ask(t *testing.T, method, address, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// A receiver is told of a snapshot by HTTP (CIM 009, 5.16.6), what receiverInfo
// says in headers, again when it was away, and of the end as well.
func TestSnapshotsAreTold(t *testing.T) {
	endpoint, got := receive(t)
	base := running(t, opened(t, func(c *config.Config) { c.Outbound.Allow.Notification = []string{"127.0.0.0/8"} })) + "/ngsi-ld/v1/"
	gent := "NGSILD-Tenant: gent"
	if status, body := ask(t, "POST", base+"entities", `{"id":"urn:r:1","type":"Room"}`, gent); status != 201 {
		t.Fatal(status, body)
	}
	snapshot := `{"id":"urn:s:1","type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"Room"}]}],"snapshotPriority":7,"endpoint":"` + endpoint + `","receiverInfo":[{"key":"X-Key","value":"secret"}]}`
	if status, body := ask(t, "POST", base+"snapshots", snapshot, gent); status != 201 {
		t.Fatal(status, body)
	}
	wait := func(says ...string) {
		t.Helper()
		select {
		case n := <-got:
			for _, s := range append(says, `"type":"SnapshotNotification"`, `"snapshotId":"urn:s:1"`, `"notifiedAt":"`, `"expiresAt":"`) {
				if !strings.Contains(n.body, s) {
					t.Errorf("%s does not say %s", n.body, s)
				}
			}
			if h := n.header; h.Get("X-Key") != "secret" || h.Get("NGSILD-Tenant") != "gent" || h.Get("Content-Type") != "application/json" {
				t.Errorf("the headers are %v", h)
			}
		case <-time.After(time.Minute):
			t.Fatal("nobody was told")
		}
	}
	for range 2 { // the receiver refused the first one
		wait(`"snapshotStatus":"success"`, `"snapshotPriority":7`, `"snapshotQueriesDetails":[{"resultStatus":"success"}]`)
	}
	if status, body := ask(t, "PATCH", base+"snapshots/urn:s:1", `{"snapshotPriority":3}`, gent); status != 200 {
		t.Fatal(status, body)
	}
	wait(`"snapshotPriority":3`)
	if status, body := ask(t, "PATCH", base+"snapshots/urn:s:1", `{"snapshotLifetime":"PT0.001S"}`, gent); status != 200 {
		t.Fatal(status, body)
	}
	wait() // of the change, or of the end
}
