package ngsild_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestSourceIdentity(t *testing.T) {
	type identity struct {
		ID, Type, ContextSourceAlias, ContextSourceUptime, ContextSourceTimeAt string
	}
	read := func(w *world, headers ...string) (x identity) {
		w.Helper()
		a := w.get("info/sourceIdentity", headers...).is(200)
		if err := json.Unmarshal([]byte(a.Body), &x); err != nil {
			w.Fatal(err)
		}
		return x
	}
	worlds(t, func(w *world) {
		clauses(w, "5.15.1.4", "5.2.40", "6.33.3.1", "4.14")
		first := read(w)
		if first.Type != "ContextSourceIdentity" || first.ID == "" || first.ContextSourceAlias == "" || first.ContextSourceUptime != "PT0S" || first.ContextSourceTimeAt != "2026-03-29T12:00:00Z" {
			w.Errorf("the identity is %+v", first)
		}
		for _, x := range []struct {
			after time.Duration
			want  string
		}{{time.Second, "PT1S"}, {time.Hour + 59*time.Second, "PT1H1M"}, {22*time.Hour + 59*time.Minute, "P1D"}, {2 * time.Minute, "P1DT2M"}} {
			w.later(x.after)
			if got := read(w); got.ContextSourceUptime != x.want || got.ID != first.ID || got.ContextSourceAlias != first.ContextSourceAlias {
				w.Errorf("later the identity is %+v, the uptime should be %s", got, x.want)
			}
		}
		w.get("info/sourceIdentity", "NGSILD-Tenant: city").fails(problem.NonexistentTenant)
		w.post("entities", simple, "NGSILD-Tenant: city").is(201)
		city := read(w, "NGSILD-Tenant: city")
		if city.ID == first.ID || city.ContextSourceAlias == first.ContextSourceAlias {
			w.Errorf("the tenant is told as %+v, like the default one", city)
		}
		w.get("info/sourceIdentity", "Accept: application/ld+json").is(200).says(`"@context":`)
		w.get("info/sourceIdentity").is(200).header("Content-Type", "application/json")
		w.post("info/sourceIdentity", `{}`).fails(problem.MethodNotAllowed)
	})
}
