package portal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/access"
)

// What happened to a description is public; who did it is told to stewards
// alone.
func TestHistoryOfADescription(t *testing.T) {
	c := newTown(t)
	c.who.who = access.Caller{Account: "jane.doe", Role: access.Steward}
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.now += 60e6
	c.ask("GET", "/api/datasets/bikes/history", "", 404) // a draft has none
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	c.now += 60e6
	changed := strings.NewReplacer("Bikes to hire", "Bikes and docks", `"CC_BY_4_0"`, `"CC0"`).Replace(bikes)
	c.ask("PUT", "/api/datasets/bikes", changed, 204)
	told := func() string {
		var out []string
		for _, v := range c.ask("GET", "/api/datasets/bikes/history", "", 200)["changes"].([]any) {
			v := v.(map[string]any)
			out = append(out, fmt.Sprint(v["what"], " by ", v["by"], " ", v["account"], " ", v["fields"]))
		}
		return strings.Join(out, "; ")
	}
	if s := told(); s != "changed by steward jane.doe [description license]; published by steward jane.doe <nil>" {
		t.Error(s)
	}
	c.who.who = access.Nobody()
	if s := told(); s != "changed by steward <nil> [description license]; published by steward <nil> <nil>" {
		t.Error(s)
	}
	c.ask("GET", "/api/datasets/bikes/history?x=1", "", 400)
}

// A dataset without a layer is on its map all the same; one that is closed is
// not.
func TestPointsOfADataset(t *testing.T) {
	c := newTown(t)
	c.station("1", 3)
	c.ask("PUT", "/api/datasets/bikes", bikes, 204)
	c.ask("POST", "/api/datasets/bikes/publish", "", 204)
	c.who.who = access.Nobody()
	if got := fmt.Sprint(c.ask("GET", "/api/datasets/bikes/points?lang=nl", "", 200)); got != "map[more:false points:[map[id:urn:ngsi-ld:BikeHireDockingStation:1 lat:50.6 lon:3.2 name:Station]]]" {
		t.Error(got)
	}
	c.who.who = access.Local()
	c.ask("PUT", "/api/datasets/bikes", strings.Replace(bikes, `"period":60`, `"period":60,"access":"NON_PUBLIC","reason":"security"`, 1), 204)
	c.who.who = access.Nobody()
	c.ask("GET", "/api/datasets/bikes/points", "", 403)
	c.who.who = access.Local()
	c.ask("PUT", "/api/datasets/trees", strings.Replace(bikes, "BikeHireDockingStation", "Tree", 1), 204)
	c.ask("POST", "/api/datasets/trees/publish", "", 204)
	if got := c.ask("GET", "/api/datasets/trees/points", "", 200); got["ground"] != true {
		t.Errorf("the map draws trees by itself: %v", got)
	}
}
