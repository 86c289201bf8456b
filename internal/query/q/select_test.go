package q_test

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
)

// CIM 009, 4.17.
func TestTypes(t *testing.T) {
	home, vehicle, motor := name("Home"), name("Vehicle"), name("Motorhome")
	for _, tt := range []struct {
		text  string
		types []entity.Name
		want  bool
	}{
		{"Home|Vehicle", []entity.Name{vehicle}, true}, {"Home,Vehicle", []entity.Name{home}, true}, {"Home,Vehicle", []entity.Name{motor}, false},
		{"(Home;Vehicle)", []entity.Name{home}, false}, {"(Home;Vehicle)", []entity.Name{vehicle, motor, home}, true},
		{"(Home;Vehicle)|Motorhome", []entity.Name{motor}, true}, {"(Home;Vehicle),Motorhome", []entity.Name{home, motor}, true}, {"(Home)", []entity.Name{home}, true},
		{"(Home|Vehicle)", []entity.Name{vehicle}, true}, {"((Home|Motorhome);Vehicle)", []entity.Name{vehicle, motor}, true}, {"((Home|Motorhome);Vehicle)", []entity.Name{motor, home}, false},
		{string(home), []entity.Name{home}, true}, {"*", []entity.Name{motor}, true},
	} {
		x, err := q.Types(tt.text, names)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := x.Match(tt.types); got != tt.want {
			t.Errorf("%s on %v = %v", tt.text, tt.types, got)
		}
		if tt.want && x != nil {
			covered := false
			for _, c := range x.Cover() {
				for _, ty := range tt.types {
					covered = covered || c == ty
				}
			}
			if !covered {
				t.Errorf("%s: cover %v misses %v", tt.text, x.Cover(), tt.types)
			}
		}
	}
	for _, text := range []string{"", "Home;Vehicle", "(Home", "Home)", "Home|", "Home||Vehicle", "Ho-me", "1Home", "Home Vehicle", "()"} {
		if _, err := q.Types(text, names); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// CIM 009, 4.19.
func TestScopes(t *testing.T) {
	for _, tt := range []struct {
		text   string
		scopes string
		want   bool
	}{
		{"/Madrid", "/Madrid", true}, {"/Madrid", "/Madrid/Gardens", false}, {"/Madrid", "", false},
		{"/Madrid/Gardens/#", "/Madrid/Gardens", true}, {"/Madrid/Gardens/#", "/Madrid/Gardens/ParqueNorte/Parterre1", true}, {"/Madrid/Gardens/#", "/Madrid/GardensX", false}, {"/Madrid/Gardens/#", "/Madrid", false},
		{"/Madrid/+/ParqueNorte", "/Madrid/Sights/ParqueNorte", true}, {"/Madrid/+/ParqueNorte", "/Madrid/ParqueNorte", false}, {"/+", "/Madrid", true}, {"/+", "/Madrid/X", false}, {"/+/#", "/Madrid/X", true},
		{"(/Madrid/Districts;/CompanyA)", "/CompanyA /Madrid/Districts", true}, {"(/Madrid/Districts;/CompanyA)", "/CompanyA", false},
		{"(/Madrid/Districts;/CompanyA)|/CompanyB", "/CompanyB", true}, {"(/Madrid/Districts;/CompanyA),/CompanyB", "/CompanyA", false}, {"/#", "/X", true}, {"/#", "", false},
	} {
		x, err := q.Scopes(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		scopes := strings.Fields(tt.scopes)
		if got := x.Match(scopes); got != tt.want {
			t.Errorf("%s on %v = %v", tt.text, scopes, got)
		}
		if tt.want {
			found := false
			for _, p := range x.Prefixes() {
				for _, s := range scopes {
					found = found || strings.HasPrefix(s, p)
				}
			}
			if !found {
				t.Errorf("%s: prefixes %q miss %v", tt.text, x.Prefixes(), scopes)
			}
		}
	}
	for _, text := range []string{"", "Madrid", "/", "/#/a", "/Madrid/", "//a", "/a/#/b", "/9a", "/a-b", "(/a", "/a;/b", "/a:b"} {
		if _, err := q.Scopes(text); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// CIM 009, 4.10.
func TestGeo(t *testing.T) {
	e := &entity.Entity{Types: []entity.Name{"T"}, Attrs: []entity.Instance{
		{Name: query.LocationName, Kind: entity.GeoProperty, Value: []byte(`{"type":"Point","coordinates":[8,40]}`)},
		{Name: query.LocationName, Dataset: "urn:x:2", Kind: entity.GeoProperty, Value: []byte(`"{\"type\":\"Point\",\"coordinates\":[9,40]}"`)},
		{Name: name("seen"), Kind: entity.Property, Value: []byte(`{"type":"Point","coordinates":[8,40]}`)}}}
	for _, tt := range []struct {
		rel, geom, coords, prop string
		want                    bool
	}{
		{"near;maxDistance==2000", "Point", "[8,40.01]", "", true}, {"near;maxDistance==2000", "Point", "[8,41]", "", false}, {"near;maxDistance==10", "Point", "[9,40]", "", true},
		{"within", "Polygon", "[[[7,39],[8.5,39],[8.5,41],[7,41],[7,39]]]", "location", true}, {"disjoint", "Point", "[1,1]", "", true},
		{"disjoint", "Point", "[1,1]", "elsewhere", false}, {"disjoint", "Point", "[1,1]", "seen", false},
	} {
		g, err := q.Geo(tt.rel, tt.geom, tt.coords, tt.prop, names)
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		if got := (&query.Query{Geo: g}).Match(e, nil); got != tt.want {
			t.Errorf("%+v = %v", tt, got)
		}
	}
	for _, x := range [][4]string{{"", "Point", "[1,1]", ""}, {"near", "Point", "[1,1]", ""}, {"near;maxDistance==0", "Point", "[1,1]", ""}, {"within", "", "[1,1]", ""}, {"within", "Point", "", ""},
		{"within", "GeometryCollection", "[1,1]", ""}, {"within", "Point", "[1", ""}, {"inside", "Point", "[1,1]", ""}, {"within", "Point", "[1,1]", "a-b"}} {
		if _, err := q.Geo(x[0], x[1], x[2], x[3], names); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%v: %v", x, err)
		}
	}
}

// CIM 009, 4.21.
func TestProjections(t *testing.T) {
	ps, err := q.Projections("pick", "id,rel{a|b{c}}|d")
	if err != nil || len(ps) != 3 || ps[1].Name != "rel" || len(ps[1].Linked) != 2 || ps[1].Linked[1].Linked[0].Name != "c" || ps[2].Name != "d" {
		t.Errorf("%v %v", ps, err)
	}
	for _, text := range []string{"", ",a", "a,", "a,,b", "a{", "a{}", "a}", "a{b", "a;b", "-"} {
		if _, err := q.Projections("pick", text); !problem.Is(err, problem.BadRequestData) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzSelect(f *testing.F) {
	for _, s := range []string{"(a;b)|c", "/a/+/#,(/b;/c)", "a{b,c{d}}|e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if x, err := q.Types(s, names); err == nil && x != nil {
			x.Match([]entity.Name{"a"})
		}
		if x, err := q.Scopes(s); err == nil {
			x.Match([]string{s, "/a"})
		}
		q.Projections("pick", s)
	})
}

func FuzzOrder(f *testing.F) {
	for _, s := range []string{"name", "id;desc,name.sub;asc", "address[city];dist-desc", "a;", "a{b}", "type,scope;up", "p:a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		terms, err := q.Order(s, ldctx.Core())
		if err != nil {
			return
		}
		if len(terms) == 0 || len(terms) > q.MaxOrder {
			t.Errorf("%q gives %d terms", s, len(terms))
		}
		for _, x := range terms {
			if x.Head == "" && len(x.Path.Names) == 0 {
				t.Errorf("%q has a term about nothing", s)
			}
		}
	})
}
