package ngsild_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/watch"
)

// onSnap names the snapshot urn:s:1.
const onSnap = "NGSILD-Snapshot: urn:s:1"

// room is an entity; rooms makes two of them and a car.
func room(id string, temperature int) string {
	return fmt.Sprintf(`{"id":"urn:r:%s","type":"Room","temperature":{"type":"Property","value":%d,"observedAt":"2026-03-29T11:00:00Z"},"name":{"type":"Property","value":"room %s"}}`, id, temperature, id)
}

func (w *world) rooms() {
	w.Helper()
	w.all(room("1", 20), room("2", 25), `{"id":"urn:c:1","type":"Car","speed":{"type":"Property","value":50}}`)
}

// snap makes the snapshot urn:s:1 with these further members and has it filled.
func (w *world) snap(members string) {
	w.Helper()
	if strings.Contains(members, `Queries":{`) {
		w.odd()
	}
	w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+members+`}`).is(201)
	w.work()
}

// work does what the server does in the background.
func (w *world) work() { w.snaps.Work(w.Context()) }

const allRooms = `"snapshotQueries":[{"type":"Query","entities":[{"type":"Room"}]}]`

func TestSnapshotFreezes(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.1.4", "5.16.1.5", "5.16.3.4", "6.37.3.1", "5.2.41", "5.5.15", "6.3.22", "6.36.3.1", "4.3.7")
		w.rooms()
		w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+allRooms+`}`).is(201).header("Location", "/ngsi-ld/v1/snapshots/urn:s:1")
		w.get("snapshots/urn:s:1").is(200).says(`"snapshotStatus":"preparing"`).says(`"snapshotPriority":5`)
		w.del("entities/urn:r:1", onSnap).fails(problem.Conflict)
		w.work()
		w.get("snapshots/urn:s:1").is(200).json(`{"id":"urn:s:1","type":"Snapshot",` + allRooms + `,"snapshotQueriesDetails":[{"resultStatus":"success"}],"snapshotPriority":5,"snapshotStatus":"success",` +
			`"createdAt":"2026-03-29T12:00:00Z","modifiedAt":"2026-03-29T12:00:00Z","expiresAt":"2026-03-30T12:00:00Z","lastUsedAt":"2026-03-29T12:00:00Z"}`)
		w.later(time.Minute)
		w.patch("entities/urn:r:1/attrs", `{"temperature":{"type":"Property","value":99}}`).is(204)
		w.del("entities/urn:r:2").is(204)
		a := w.get("entities?type=Room&options=keyValues", onSnap).is(200).finds("urn:r:1 urn:r:2")
		a.header("NGSILD-Snapshot", "urn:s:1").says(`"temperature":20`)
		w.get("entities/urn:r:1?options=sysAttrs", onSnap).is(200).says(`"createdAt":"2026-03-29T12:00:00Z"`).says(`"observedAt":"2026-03-29T11:00:00Z"`)
		w.get("entities/urn:c:1", onSnap).fails(problem.ResourceNotFound).header("NGSILD-Snapshot", "urn:s:1")
		w.get("types", onSnap).is(200).says(`"Room"`)
		w.get("temporal/entities/urn:r:1", onSnap).is(200).says(`"temperature"`)
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"Room"}],"q":"temperature>22"}`, onSnap).is(200).finds("urn:r:2")
		w.get("snapshots/urn:s:1").says(`"lastUsedAt":"2026-03-29T12:01:00Z"`)
		w.get("entities?type=Room").finds("urn:r:1")
	})
}

func TestSnapshotIsWrittenTo(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.15", "6.3.22", "4.3.7")
		w.rooms()
		w.snap(allRooms)
		w.patch("entities/urn:r:1/attrs", `{"temperature":{"type":"Property","value":1}}`, onSnap).is(204)
		w.post("entities", room("3", 30), onSnap).is(201)
		w.post("entityOperations/upsert", "["+room("4", 40)+"]", onSnap).is(201)
		w.del("entities/urn:r:2", onSnap).is(204)
		w.post("temporal/entities", `{"id":"urn:r:5","type":"Room","p":[{"type":"Property","value":1,"observedAt":"2026-03-29T10:00:00Z"}]}`, onSnap).is(201)
		w.get("entities?type=Room", onSnap).finds("urn:r:1 urn:r:3 urn:r:4 urn:r:5")
		w.get("entities?type=Room").finds("urn:r:1 urn:r:2")
		w.get("entities/urn:r:1?options=keyValues").says(`"temperature":20`)
		w.del("entities?type=Room", onSnap).is(204)
		w.get("entities?type=Room", onSnap).json(`[]`)
		w.get("entities?type=Room").finds("urn:r:1 urn:r:2")
	})
}

func TestSnapshotIsLocal(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.13", "5.5.15", "6.3.18")
		w.rooms()
		w.snap(allRooms)
		w.get("entities", onSnap).is(200).finds("urn:r:1 urn:r:2") // as wide as only a local query may be
		w.get("entities?local=false", onSnap).is(200).finds("urn:r:1 urn:r:2")
		w.get("entities?type=*&local=false", onSnap).is(200).finds("urn:r:1 urn:r:2")
		w.get("entities").fails(problem.BadRequestData)
	})
}

func TestSnapshotStatuses(t *testing.T) {
	tests := map[string]struct{ queries, status, details string }{
		"success":       {allRooms, "success", `[{"resultStatus":"success"}]`},
		"empty":         {`"snapshotQueries":[{"type":"Query","entities":[{"type":"Bus"}]}]`, "empty", `[{"resultStatus":"empty"}]`},
		"partial":       {`"snapshotQueries":[{"type":"Query","entities":[{"type":"Bus"}]},{"type":"Query","entities":[{"type":"Car"}]}]`, "partial", `[{"resultStatus":"empty"},{"resultStatus":"success"}]`},
		"a single one":  {`"snapshotQueries":{"type":"Query","entities":[{"type":"Car"}]}`, "success", `[{"resultStatus":"success"}]`},
		"all too large": {`"snapshotQueries":[{"type":"Query","entities":[{"type":"Many"}]}]`, "failure", `"problemDetails"`},
	}
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			worlds(t, func(w *world) {
				clauses(w, "5.16.1.4", "5.2.42")
				w.rooms()
				if x.status == "failure" {
					for i := range 2 {
						var many []string
						for k := range 700 {
							many = append(many, fmt.Sprintf(`{"id":"urn:m:%d","type":"Many"}`, i*700+k))
						}
						w.post("entityOperations/create", "["+strings.Join(many, ",")+"]").is(201)
					}
				}
				w.snap(x.queries)
				a := w.get("snapshots/urn:s:1").is(200).says(`"snapshotStatus":"` + x.status + `"`).says(x.details)
				if x.status == "failure" {
					a.says(`"status":403`).says("up to 1200 entities")
				}
			})
		})
	}
}

func TestSnapshotProjectsAndJoins(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.1.4", "5.2.23", "4.21", "4.5.23")
		w.rooms()
		w.all(`{"id":"urn:h:1","type":"House","has":{"type":"Relationship","object":"urn:r:2"},"owner":{"type":"Property","value":"x"}}`)
		w.snap(`"snapshotQueries":[{"type":"Query","entities":[{"type":"Room","id":"urn:r:1"}],"pick":["id","type","name"]},{"type":"Query","entities":[{"type":"Room","id":"urn:r:1"}],"omit":["name"]},` +
			`{"type":"Query","entities":[{"type":"House"}],"omit":["owner"],"join":"flat"}]`)
		w.get("entities?options=keyValues", onSnap).json(`[{"id":"urn:r:1","type":"Room","name":"room 1","temperature":20},{"id":"urn:h:1","type":"House","has":"urn:r:2"},{"id":"urn:r:2","type":"Room","name":"room 2","temperature":25}]`)
	})
}

func TestTemporalSnapshot(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.1.4", "5.7.4.4", "5.2.41")
		w.post("temporal/entities", `{"id":"urn:r:1","type":"Room","t":[{"type":"Property","value":1,"observedAt":"2026-03-29T08:00:00Z"},{"type":"Property","value":2,"observedAt":"2026-03-29T09:00:00Z"},{"type":"Property","value":3,"observedAt":"2026-03-29T10:00:00Z"}]}`).is(201)
		w.snap(`"snapshotTemporalQueries":[{"type":"Query","entities":[{"type":"Room"}],"temporalQ":{"timerel":"before","timeAt":"2026-03-29T09:30:00Z"}}],` + allRooms)
		w.get("snapshots/urn:s:1").says(`"snapshotTemporalQueriesDetails":[{"resultStatus":"success"}]`).says(`"snapshotStatus":"success"`)
		w.get("temporal/entities/urn:r:1?options=temporalValues&timerel=after&timeAt=2026-03-29T00:00:00Z", onSnap).is(200).
			json(`{"id":"urn:r:1","type":"Room","t":{"type":"Property","values":[[1,"2026-03-29T08:00:00Z"],[2,"2026-03-29T09:00:00Z"],[3,"2026-03-29T10:00:00Z"]]}}`)
		w.get("entities/urn:r:1?options=keyValues", onSnap).json(`{"id":"urn:r:1","type":"Room","t":3}`)
		w.del("snapshots/urn:s:1").is(204)
		w.snap(`"snapshotTemporalQueries":[{"type":"Query","entities":[{"type":"Room"}],"temporalQ":{"timerel":"before","timeAt":"2026-03-29T09:30:00Z"}}]`)
		w.get("entities/urn:r:1?options=keyValues", onSnap).json(`{"id":"urn:r:1","type":"Room","t":2}`)
		w.get("temporal/entities?type=Room&options=temporalValues&timerel=after&timeAt=2026-03-29T00:00:00Z", onSnap).is(200).
			json(`[{"id":"urn:r:1","type":"Room","t":{"type":"Property","values":[[1,"2026-03-29T08:00:00Z"],[2,"2026-03-29T09:00:00Z"]]}}]`)
	})
}

func TestSnapshotRefusals(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.1.4", "5.16.2.4", "5.16.3.4", "5.16.4.4", "5.16.5.4", "5.2.41", "6.3.22")
		w.rooms()
		for _, body := range []string{`[]`, `{}`, `{"type":"Snapshot"}`, `{"type":"Other",` + allRooms + `}`, `{"id":"no uri","type":"Snapshot",` + allRooms + `}`,
			`{"type":"Snapshot","snapshotQueries":[]}`, `{"type":"Snapshot","snapshotQueries":[{"type":"Query"}]}`, `{"type":"Snapshot","snapshotQueries":[{"entities":[{"type":"Room"}]}]}`,
			`{"type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"Room"}],"temporalQ":{"timerel":"before","timeAt":"2026-03-29T09:30:00Z"}}]}`,
			`{"type":"Snapshot","snapshotTemporalQueries":[{"type":"Query","entities":[{"type":"Room"}]}]}`, `{"type":"Snapshot",` + allRooms + `,"snapshotPriority":0}`,
			`{"type":"Snapshot",` + allRooms + `,"snapshotPriority":11}`, `{"type":"Snapshot",` + allRooms + `,"snapshotPriority":"5"}`, `{"type":"Snapshot",` + allRooms + `,"snapshotLifetime":"a day"}`,
			`{"type":"Snapshot",` + allRooms + `,"endpoint":"nowhere"}`, `{"type":"Snapshot",` + allRooms + `,"receiverInfo":[{"key":"a b","value":"c"}]}`, `{"type":"Snapshot",` + allRooms + `,"unknown":1}`} {
			w.post("snapshots", body).fails(problem.BadRequestData)
		}
		w.post("snapshots", `{`).fails(problem.InvalidRequest)
		for _, id := range []string{"no-uri", "urn:s:9"} {
			kind := map[string]problem.Kind{"no-uri": problem.BadRequestData, "urn:s:9": problem.ResourceNotFound}[id]
			w.get("snapshots/" + id).fails(kind)
			w.del("snapshots/" + id).fails(kind)
			w.patch("snapshots/"+id, `{"snapshotPriority":3}`).fails(kind)
			w.post("snapshots/"+id+"/clone", `{"type":"Snapshot"}`).fails(kind)
			w.get("entities?type=Room", "NGSILD-Snapshot: "+id).fails(kind).header("NGSILD-Snapshot", id)
		}
		w.snap(allRooms)
		w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+allRooms+`}`).fails(problem.AlreadyExists)
		w.patch("snapshots/urn:s:1", `{}`).fails(problem.BadRequestData)
		w.patch("snapshots/urn:s:1", `{"id":"urn:s:2"}`).fails(problem.BadRequestData)
		w.patch("snapshots/urn:s:1", `{`+allRooms+`}`).fails(problem.BadRequestData)
		w.post("snapshots/urn:s:1/clone", `{"type":"Snapshot",`+allRooms+`}`).fails(problem.BadRequestData)
		w.post("snapshots/urn:s:1/clone", `{"id":"urn:s:1","type":"Snapshot"}`).fails(problem.AlreadyExists)
		w.get("entities?type=Room", onSnap, "NGSILD-Snapshot: urn:s:2").fails(problem.BadRequestData)
		w.get("jsonldContexts", onSnap).fails(problem.BadRequestData)
	})
}

func TestSnapshotUpdate(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.4.4", "5.16.4.5", "5.16.6", "5.3.4", "6.37.3.2")
		w.rooms()
		w.snap(allRooms + `,"endpoint":"http://x.org/n","receiverInfo":[{"key":"a","value":"b"}],"snapshotLifetime":"PT1H"`)
		if len(w.told) != 1 || !strings.HasPrefix(w.told[0], "http://x.org/n {") {
			w.Fatalf("the endpoint was told %q", w.told)
		}
		w.later(10 * time.Minute)
		w.patch("snapshots/urn:s:1", `{"type":"Snapshot","snapshotLifetime":"PT2H","snapshotPriority":9,"snapshotStatus":"failure","expiresAt":"2030-01-01T00:00:00Z"}`).is(200).
			says(`"expiresAt":"2026-03-29T14:10:00Z"`).says(`"snapshotPriority":9`).says(`"snapshotStatus":"success"`).says(`"modifiedAt":"2026-03-29T12:10:00Z"`).says(`"createdAt":"2026-03-29T12:00:00Z"`)
		w.work()
		if len(w.told) != 2 {
			w.Fatalf("after the update the endpoint was told %q", w.told)
		}
		var n map[string]any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(w.told[1], "http://x.org/n ")), &n); err != nil {
			w.Fatal(err)
		}
		for member, want := range map[string]any{"type": "SnapshotNotification", "snapshotId": "urn:s:1", "snapshotStatus": "success", "snapshotPriority": 9.0, "notifiedAt": "2026-03-29T12:10:00Z", "expiresAt": "2026-03-29T14:10:00Z"} {
			if n[member] != want {
				w.Errorf("the notification's %s is %v, not %v", member, n[member], want)
			}
		}
		w.patch("snapshots/urn:s:1", `{"snapshotLifetime":"P1Y","endpoint":"urn:ngsi-ld:null"}`).is(200).says(`"expiresAt":"2026-04-05T12:10:00Z"`) // the limit of the system
		if a := w.get("snapshots/urn:s:1"); strings.Contains(a.Body, "endpoint") {
			w.Errorf("the endpoint is still there: %s", a.Body)
		}
		w.work()
		if len(w.told) != 2 {
			w.Errorf("without an endpoint something was told: %q", w.told[2:])
		}
	})
}

func TestSnapshotClone(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.2.4", "5.16.2.5", "6.38.3.1")
		w.rooms()
		w.later(time.Minute)
		w.patch("entities/urn:r:1/attrs", `{"temperature":{"type":"Property","value":21,"observedAt":"2026-03-29T11:30:00Z"}}`).is(204)
		w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+allRooms+`}`).is(201)
		w.post("snapshots/urn:s:1/clone", `{"id":"urn:s:2","type":"Snapshot","snapshotPriority":2}`).is(201).header("Location", "/ngsi-ld/v1/snapshots/urn:s:2")
		w.post("snapshots/urn:s:1/clone", `{"id":"urn:s:3","type":"Snapshot"}`).is(201)
		w.get("snapshots/urn:s:2").says(`"snapshotStatus":"preparing"`)
		w.work()
		w.get("snapshots/urn:s:2").says(`"snapshotStatus":"success"`).says(`"snapshotPriority":2`).says(`"snapshotQueriesDetails"`)
		w.del("entities/urn:r:1", onSnap).is(204)
		w.post("snapshots/urn:s:1/clone", `{"id":"urn:s:4","type":"Snapshot"}`).is(201)
		w.del("snapshots/urn:s:1").is(204) // while it is copied
		w.get("entities/urn:r:2", onSnap).fails(problem.ResourceNotFound)
		w.work()
		for _, id := range []string{"urn:s:2", "urn:s:3"} {
			w.get("entities?type=Room", "NGSILD-Snapshot: "+id).finds("urn:r:1 urn:r:2")
			w.get("temporal/entities/urn:r:1?attrs=temperature&options=temporalValues", "NGSILD-Snapshot: "+id).is(200).says(`[21,"2026-03-29T11:30:00Z"]`)
		}
		w.get("snapshots/urn:s:4").says(`"snapshotStatus":"success"`)
		w.get("entities?type=Room", "NGSILD-Snapshot: urn:s:4").finds("urn:r:2")
		w.get("temporal/entities/urn:r:1?attrs=temperature&options=temporalValues", "NGSILD-Snapshot: urn:s:4").is(200).says(`[21,"2026-03-29T11:30:00Z"]`)
	})
}

func TestSnapshotPurge(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.7.4", "4.9", "6.36.3.2")
		w.rooms()
		make := func() {
			for i := range 4 {
				w.post("snapshots", fmt.Sprintf(`{"id":"urn:s:%d","type":"Snapshot",%s,"snapshotPriority":%d}`, i, allRooms, i+1)).is(201)
			}
		}
		left := func(want string) {
			w.Helper()
			var got []string
			for i := range 4 {
				if w.get(fmt.Sprint("snapshots/urn:s:", i)).Status == 200 {
					got = append(got, fmt.Sprint(i))
				}
			}
			if s := strings.Join(got, " "); s != want {
				w.Errorf("left are %q, not %q", s, want)
			}
			w.del("snapshots?q=type")
			w.work()
		}
		for _, x := range []struct{ q, left string }{
			{`snapshotPriority<3`, "2 3"}, {`snapshotStatus=="preparing"`, ""}, {`snapshotStatus=="preparation"`, ""}, {`snapshotPriority==1|snapshotPriority==4`, "1 2"},
			{`id=="urn:s:0"`, "1 2 3"}, {`createdAt<=2026-03-29T12:00:00Z;snapshotPriority>=2`, "0"}, {`snapshotQueries;snapshotPriority!=4`, "3"}, {`expiresAt>2026-03-29T12:00:00Z;snapshotPriority==2`, "0 2 3"},
			{`lastUsedAt<2026-03-29T13:00:00Z;snapshotPriority==2`, "0 2 3"},
		} {
			make()
			w.del("snapshots?q=" + strings.NewReplacer("|", "%7C", ";", "%3B").Replace(x.q)).is(204)
			left(x.left)
		}
		make()
		w.del("snapshots").fails(problem.BadRequestData)
		w.del("snapshots?q=").fails(problem.BadRequestData)
		w.del("snapshots?q=temperature>1").fails(problem.BadRequestData)
		w.del("snapshots?q=snapshotPriority>").fails(problem.BadRequestData)
		w.del("snapshots?q=snapshotPriority>9").fails(problem.ResourceNotFound)
	})
}

func TestSnapshotsOfTenants(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.15", "4.14", "5.5.10")
		w.rooms()
		w.post("snapshots", `{"type":"Snapshot",`+allRooms+`}`, "NGSILD-Tenant: gent").fails(problem.NonexistentTenant)
		w.post("entities", room("9", 9), "NGSILD-Tenant: gent").is(201)
		w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+allRooms+`}`, "NGSILD-Tenant: gent").is(201)
		w.work()
		w.get("entities?type=Room", onSnap).fails(problem.ResourceNotFound)
		w.get("entities?type=Room", onSnap, "NGSILD-Tenant: gent").finds("urn:r:9").header("NGSILD-Tenant", "gent")
		w.get("snapshots/urn:s:1").fails(problem.ResourceNotFound)
		w.del("snapshots?q=type").fails(problem.ResourceNotFound)
		if ts, err := w.store.Tenants(w.Context()); err != nil || len(ts) != 2 {
			w.Errorf("the tenants are %q, %v", ts, err)
		}
	})
}

func TestSnapshotsEnd(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.5.4", "5.16.1.4", "4.8", "5.16.6", "5.3.4", "6.37.3.3")
		w.rooms()
		before, err := w.store.Stats(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		w.snap(allRooms + `,"snapshotLifetime":"PT10S","endpoint":"http://x.org/n"`)
		w.later(10 * time.Second)
		w.get("snapshots/urn:s:1").fails(problem.ResourceNotFound)
		w.get("entities?type=Room", onSnap).fails(problem.ResourceNotFound)
		w.snaps.Expire(w.Context())
		w.work()
		if len(w.told) != 2 || !strings.Contains(w.told[1], `"notifiedAt":"2026-03-29T12:00:10Z","expiresAt":"2026-03-29T12:00:10Z"`) {
			w.Errorf("the endpoint was told %q", w.told)
		}
		w.snap(allRooms)
		w.del("snapshots/urn:s:1").is(204)
		w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+allRooms+`}`).is(201)
		w.del("snapshots/urn:s:1").is(204) // before it was filled
		w.post("snapshots", `{"id":"urn:s:1","type":"Snapshot",`+allRooms+`,"snapshotLifetime":"PT1S"}`).is(201)
		w.later(time.Second)
		w.snaps.Expire(w.Context()) // likewise
		w.work()
		for r, err := range w.store.Scan(w.Context(), "snapshot", "", "") {
			w.Errorf("left is %s, %v", r.Value, err)
		}
		if after, err := w.store.Stats(w.Context()); err != nil || after.Entities != before.Entities {
			w.Errorf("%d entities are left of %d, %v", after.Entities, before.Entities, err)
		}
	})
}

func TestSnapshotsHaveABound(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.15")
		w.rooms()
		for i := range 5 {
			w.post("snapshots", fmt.Sprintf(`{"id":"urn:s:%d","type":"Snapshot",%s}`, i, allRooms)).is(201)
		}
		w.post("snapshots", `{"type":"Snapshot",`+allRooms+`}`).fails(problem.TooManyResults).says("5 snapshots already")
		w.post("snapshots/urn:s:1/clone", `{"type":"Snapshot"}`).fails(problem.TooManyResults)
		w.del("snapshots/urn:s:0").is(204)
		w.work()
		w.post("snapshots", `{"type":"Snapshot",`+allRooms+`}`).is(201)
	})
}

// due gives which subscriptions are due for what was done since from.
func (w *world) due(from store.Cursor) string {
	w.Helper()
	var out []string
	for {
		rs, next, err := w.store.Read(w.Context(), from, 100)
		if err != nil {
			w.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		step, err := w.watch.Handle(w.Context(), rs)
		if err != nil {
			w.Fatal(err)
		}
		for _, write := range step {
			sub, _, _ := strings.Cut(write.Key.Name, "\x00")
			s, ok := w.watch.ByRef(sub)
			if !ok {
				w.Fatalf("there is no subscription %q", sub)
			}
			out = append(out, s.ID+" "+s.Snapshot)
		}
		from = next
	}
	return strings.Join(out, ", ")
}

func TestSubscriptionsOnSnapshots(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.15", "6.3.22", "6.3.8", "5.2.12")
		w.rooms()
		sub := `{"id":"urn:sub:%s","type":"Subscription","entities":[{"type":"Room"}],"notification":{"endpoint":{"uri":"http://x.org/n"}}}`
		w.post("subscriptions", fmt.Sprintf(sub, "main")).is(201)
		from, err := w.store.Head(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		w.snap(allRooms)
		if got := w.due(from); got != "" {
			w.Errorf("filling a snapshot is told to %s", got)
		}
		w.post("subscriptions", fmt.Sprintf(sub, "snap"), onSnap).is(201)
		w.post("subscriptions", fmt.Sprintf(sub, "snap"), onSnap).fails(problem.AlreadyExists)
		w.get("subscriptions", onSnap).says("urn:sub:snap")
		w.get("subscriptions/urn:sub:main", onSnap).fails(problem.ResourceNotFound)
		w.get("subscriptions/urn:sub:snap").fails(problem.ResourceNotFound)
		w.patch("subscriptions/urn:sub:snap", `{"description":"x"}`, onSnap).is(204)
		change := `{"temperature":{"type":"Property","value":%d}}`
		for _, x := range []struct {
			headers []string
			want    string
		}{{[]string{onSnap}, "urn:sub:snap urn:s:1"}, {nil, "urn:sub:main "}} {
			if from, err = w.store.Head(w.Context()); err != nil {
				w.Fatal(err)
			}
			w.later(time.Second)
			w.patch("entities/urn:r:1/attrs", fmt.Sprintf(change, 77), x.headers...).is(204)
			if got := w.due(from); got != x.want {
				w.Errorf("the change is told to %q, not %q", got, x.want)
			}
		}
		again := watch.New(watch.Options{Records: w.store})
		if err := again.Load(w.Context()); err != nil {
			w.Fatal(err)
		}
		if _, n := again.List("", 0, 10); n != 1 {
			w.Errorf("after a start %d subscriptions are on main", n)
		}
		for r, err := range w.store.Scan(w.Context(), watch.SubscriptionKind, "", "") { // what an export takes
			if err != nil || !strings.Contains(r.Key.Name, "urn:sub:main") {
				w.Errorf("an export has %q, %v", r.Key.Name, err)
			}
		}
		w.del("snapshots/urn:s:1").is(204)
		w.work()
		for _, kind := range []string{"snapshot-" + watch.SubscriptionKind, "snapshot"} {
			for r, err := range w.store.Scan(w.Context(), kind, "", "") {
				w.Errorf("left of the snapshot is %q, %v", r.Key.Name, err)
			}
		}
		w.snap(allRooms)
		w.get("subscriptions", onSnap).is(200).json(`[]`)
	})
}

// TestSnapshotsAfterARestart has a process end while a snapshot is prepared.
func TestSnapshotsAfterARestart(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.16.1.4", "5.16.6")
		w.rooms()
		w.snap(allRooms)
		w.post("snapshots", `{"id":"urn:s:2","type":"Snapshot","endpoint":"http://x.org/n",`+allRooms+`}`).is(201)
		w.post("snapshots", `{"id":"urn:s:3","type":"Snapshot",`+allRooms+`}`).is(201)
		w.del("snapshots/urn:s:3").is(204)
		w.restart()
		w.get("snapshots/urn:s:2").says(`"snapshotStatus":"preparing"`)
		w.get("snapshots/urn:s:3").fails(problem.ResourceNotFound)
		w.work()
		w.get("entities?type=Room", onSnap).finds("urn:r:1 urn:r:2")
		w.get("snapshots/urn:s:2").says(`"snapshotStatus":"failure"`).says(`"snapshotQueriesDetails":[{"resultStatus":"failure"`).says("restarted")
		w.get("entities?type=Room", "NGSILD-Snapshot: urn:s:2").json(`[]`)
		w.post("entities", room("7", 7), "NGSILD-Snapshot: urn:s:2").is(201)
		if len(w.told) != 1 || !strings.Contains(w.told[0], `"snapshotStatus":"failure"`) {
			w.Errorf("the endpoint was told %q", w.told)
		}
		n := 0
		for range w.store.Scan(w.Context(), "snapshot", "", "") {
			n++
		}
		if n != 2 {
			w.Errorf("%d records are left of 2", n)
		}
	})
}
