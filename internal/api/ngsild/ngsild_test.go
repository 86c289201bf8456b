package ngsild

import (
	"slices"
	"testing"

	"github.com/beffroi/beffroi/internal/api/httpx"
)

// Each parameter that an operation knows is described, and the route table is
// one that the server takes. How the operations behave is tested in
// test/conformance/ngsild.
func TestRoutesAreDescribed(t *testing.T) {
	a := New(Options{})
	if err := httpx.CheckRoutes(a.Routes()); err != nil {
		t.Fatal(err)
	}
	if len(a.params) < 39 {
		t.Errorf("%d operations", len(a.params))
	}
	for op, known := range a.params {
		for _, name := range known {
			if !slices.ContainsFunc(a.Parameters(op), func(p Parameter) bool { return p.Name == name && p.Description != "" }) {
				t.Errorf("%s: parameter %s is not described", op, name)
			}
			if harmless, later := notBuilt(name); later || harmless != "" {
				t.Errorf("%s: parameter %s is known and not built", op, name)
			}
		}
	}
	if a.Parameters("nothing") != nil {
		t.Error("parameters of an operation that is not there")
	}
}
