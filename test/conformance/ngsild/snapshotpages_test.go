package ngsild_test

import (
	"strings"
	"testing"
)

// TestPagesOfSnapshots has pages that were begun in a layer go on in it alone,
// and the EntityMaps of a layer go with it.
func TestPagesOfSnapshots(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.5.15", "5.5.9.1", "5.5.14", "6.3.10")
		w.rooms()
		w.all(room("3", 30), room("4", 40))
		next := func(a *answer) string {
			_, to, _ := strings.Cut(a.is(200).Header.Get("Link"), "/ngsi-ld/v1/")
			to, _, _ = strings.Cut(to, ">")
			return to
		}
		order := func(headers ...string) []string {
			return strings.Fields(w.get("entities?type=Room", headers...).is(200).ids())
		}
		onMain := next(w.get("entities?type=Room&limit=1"))
		w.snap(allRooms)
		first := next(w.get("entities?type=Room&limit=1", onSnap))
		mapped := w.get("entities?type=Room&limit=1&entityMap=true", onSnap).is(201).Header.Get("NGSILD-EntityMap")
		if mapped == "" || !strings.Contains(first, "cursor=") {
			w.Fatalf("the page has the map %q and the link %q", mapped, first)
		}
		was := order(onSnap)
		w.get(first, onSnap).finds(was[1])
		w.del("entities/"+was[0], onSnap).is(204)
		w.get(first, onSnap).finds(was[1]) // behind the place where the page ended
		w.get(first).finds(order()[1])     // on main the offset counts
		w.get(onMain, onSnap).finds(was[2])
		w.del("snapshots/urn:s:1").is(204)
		w.work()
		for _, kind := range []string{"entity-map", "entity-map-ids"} {
			for r, err := range w.store.Scan(w.Context(), kind, "", "") {
				w.Errorf("left of the snapshot is %s %s, %v", kind, r.Key.Name, err)
			}
		}
		w.snap(allRooms)
		was = order(onSnap)
		w.del("entities/"+was[0], onSnap).is(204)
		w.get(first, onSnap).finds(was[2]) // another layer of that name: the offset counts
		if a := w.get("entities?type=Room&limit=1&entityMap=true", onSnap, "NGSILD-EntityMap: "+mapped).is(201); a.Header.Get("NGSILD-EntityMap") == mapped {
			w.Error("the map of the other layer is used")
		}
	})
}
