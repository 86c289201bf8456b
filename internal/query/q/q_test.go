package q_test

import (
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/ldctx"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/query/q"
	"github.com/beffroi/beffroi/internal/timespan"
)

var names = ldctx.New("test", jsontree.StringNode("https://example.org/c"), map[string]ldctx.Term{
	"Male": {IRI: "http://example.org/Male"},
})

func name(s string) entity.Name {
	n, err := names.ExpandTerm(s)
	if err != nil {
		panic(err)
	}
	return entity.Name(n)
}

func attr(n, dataset string, k entity.Kind, value string, subs ...entity.Instance) entity.Instance {
	return entity.Instance{Name: name(n), Dataset: dataset, Kind: k, Value: []byte(value), Subs: subs}
}

func car() *entity.Entity {
	speed := attr("speed", "", entity.Property, `55`, attr("accuracy", "", entity.Property, `0.5`), attr("by", "", entity.Relationship, `"urn:x:Radar:1"`))
	speed.ObservedAt = timespan.MustInstant("2020-01-01T12:00:00Z")
	speed.Unit = "KMH"
	gps := attr("speed", "urn:x:gps", entity.Property, `60`)
	return &entity.Entity{ID: "urn:x:Car:1", Types: []entity.Name{name("Car")},
		CreatedAt: timespan.MustInstant("2020-01-01T00:00:00Z"),
		Attrs: []entity.Instance{speed, gps,
			attr("brand", "", entity.Property, `"Mercedes"`),
			attr("colours", "", entity.Property, `["blue","red"]`),
			attr("open", "", entity.Property, `true`),
			attr("big", "", entity.Property, `9007199254740993`),
			attr("tiny", "", entity.Property, `20.0`),
			attr("address", "", entity.Property, `{"city":"Berlin","geo":{"lat":52.5},"tags":["a","b"]}`),
			attr("since", "", entity.Property, `"2017-12-24T12:00:00.000Z"`),
			attr("day", "", entity.Property, `"2017-12-24"`),
			attr("odd", "", entity.Property, `"a\"b;c|d(e)=f<>"`),
			attr("name", "", entity.LanguageProperty, `{"fr":["chat","rouge"],"en":"red","nl-BE":"rood"}`),
			attr("gender", "", entity.VocabProperty, `"http://example.org/Male"`),
			attr("ticket", "", entity.JSONProperty, `{"value":"Overstay 60 minutes"}`),
			attr("list", "", entity.ListProperty, `[1,2,3]`),
			attr("owner", "", entity.Relationship, `"urn:x:Person:1"`),
			attr("stops", "", entity.ListRelationship, `[{"object":"urn:x:Stop:1"},{"object":"urn:x:Stop:2"}]`),
		}}
}

func look(id entity.ID) *entity.Entity {
	switch id {
	case "urn:x:Person:1":
		return &entity.Entity{ID: id, Types: []entity.Name{name("Person")}, Attrs: []entity.Instance{
			attr("age", "", entity.Property, `40`), attr("home", "", entity.Relationship, `"urn:x:House:1"`)}}
	case "urn:x:House:1":
		return &entity.Entity{ID: id, Types: []entity.Name{name("House")}, Attrs: []entity.Instance{attr("rooms", "", entity.Property, `4`)}}
	}
	return nil
}

// The rules of CIM 009, 4.9, one by one.
func TestMatch(t *testing.T) {
	tests := []struct {
		q    string
		want bool
	}{
		// existence
		{`speed`, true}, {`wings`, false}, {`speed.accuracy`, true}, {`speed.wings`, false},
		{`address[city]`, true}, {`address[town]`, false}, {`address[geo.lat]`, true}, {`name[en]`, true}, {`name[de]`, false},
		{`createdAt`, true},
		// numbers by value; several instances
		{`speed==55`, true}, {`speed==60`, true}, {`speed==57`, false}, {`speed!=55`, true}, {`speed>59.9`, true}, {`speed>60`, false},
		{`speed>=60`, true}, {`speed<55`, false}, {`speed<=55.0`, true}, {`tiny==20`, true}, {`tiny==2e1`, true},
		{`big==9007199254740993`, true}, {`big==9007199254740992`, false}, {`big>9007199254740992`, true}, {`big<9007199254740994`, true},
		// ranges and lists
		{`tiny==10..20`, true}, {`tiny==20.5..21`, false}, {`tiny!=10..20`, false}, {`tiny!=21..22`, true}, {`tiny==1,20`, true}, {`tiny!=1,2`, true}, {`tiny!=1,20`, false},
		{`brand=="A".."Z"`, true}, {`brand=="black", "Mercedes"`, true}, {`brand!="black", "Mercedes"`, false},
		// arrays: membership
		{`colours=="red"`, true}, {`colours=="green"`, false}, {`colours!="red"`, false}, {`colours!="green"`, true}, {`colours=="green","blue"`, true},
		{`colours>"a"`, false}, {`colours~="r.*"`, false}, {`address[tags]=="b"`, true}, {`list==2`, true}, {`list==4`, false}, {`list!=4`, true},
		// data types
		{`brand==55`, false}, {`brand!=55`, true}, {`speed=="55"`, false}, {`speed!="55"`, true}, {`brand>5`, false}, {`speed<"z"`, false}, {`open==true`, true}, {`open==false`, false}, {`open!=false`, true}, {`open!="true"`, true},
		{`wings!=5`, false}, {`address=="Berlin"`, false}, {`address!="Berlin"`, true},
		// times
		{`speed.observedAt>=2020-01-01T12:00:00Z`, true}, {`speed.observedAt==2020-01-01T12:00:00.000Z`, true}, {`speed.observedAt>"2020-01-01T12:00:00Z"`, false},
		{`since==2017-12-24T12:00:00Z`, true}, {`since=="2017-12-24T12:00:00Z"`, true}, {`since<2017-12-24T12:00:00.000001Z`, true}, {`since>2016-01-01T00:00:00Z`, true}, {`brand>2016-01-01T00:00:00Z`, false},
		{`day==2017-12-24`, true}, {`day<2017-12-25`, true}, {`since==2017-12-24`, false}, {`createdAt<2021-01-01T00:00:00Z`, true}, {`createdAt==2020-01-01T00:00:00Z..2020-01-02T00:00:00Z`, true},
		{`speed.unitCode=="KMH"`, true},
		// texts and patterns
		{`brand=="Mercedes"`, true}, {`brand!="Mercedes"`, false}, {`brand<"N"`, true}, {`odd=="a\"b;c|d(e)=f<>"`, true},
		{`brand~="Merc.*"`, true}, {`brand~="Merc"`, false}, {`brand~=Mer[[:alpha:]]+`, true}, {`brand~=(Mer|Fo)(cedes|rd)`, true}, {`brand!~="Merc.*"`, false}, {`brand!~="Ford"`, true},
		{`speed~=".*"`, false}, {`speed!~="x"`, false}, {`brand~=Mer.*;speed==55`, true}, {`brand~=M(.|x)*|wings`, true},
		// languages
		{`name[en]=="red"`, true}, {`name[fr]=="rouge"`, true}, {`name[fr]=="red"`, false}, {`name[*]=="chat"`, true}, {`name=="rood"`, true}, {`name[nl-BE]=="rood"`, true}, {`name[NL-be]=="rood"`, true},
		{`name[en]!="red"`, false}, {`name[fr]!="red"`, true}, {`name[*]!="red"`, false}, {`name[*]!="blue"`, true}, {`name[en]~="r.*"`, true}, {`name[fr]~="ch.*"`, true}, {`name[fr]!~="ch.*"`, false},
		// vocabularies and JSON
		{`gender=="Male"`, false}, {`gender=="Female"`, false}, {`gender!="Male"`, true}, {`gender=="HTTP://Example.org/M%61le"`, true}, {`gender=="http://example.org/Male"`, true}, {`gender==http://example.org/Male`, true},
		{`ticket[value]=="Overstay 60 minutes"`, true},
		// relationships
		{`owner=="urn:x:Person:1"`, true}, {`owner==urn:x:Person:1`, true}, {`owner!=urn:x:Person:2`, true}, {`owner>"urn:a"`, false}, {`owner~=".*"`, false},
		{`stops=="urn:x:Stop:2"`, true}, {`stops!="urn:x:Stop:2"`, false}, {`speed.by==urn:x:Radar:1`, true},
		{`owner{age}==40`, true}, {`owner{Person:age}>39`, true}, {`owner{Dog:age}>39`, false}, {`owner{Dog,Person:age}>39`, true}, {`owner{home{rooms}}==4`, true}, {`owner{Person:home{House:rooms}}==5`, false}, {`stops{x}`, false},
		// joints
		{`wings|speed`, true}, {`wings;speed`, false}, {`wings;wings|speed`, true}, {`speed|wings;wings`, true}, {`(speed|wings);wings`, false},
		{`((speed>50|rpm>3000);brand=="Mercedes")`, true}, {`((speed>70|(rpm>3000;speed));brand=="Mercedes")|open==true`, true}, {` ( speed > 50 ; open == true ) `, true},
	}
	for _, tt := range tests {
		x, err := q.Parse(tt.q, q.Options{Names: names})
		if err != nil {
			t.Errorf("%s: %v", tt.q, err)
			continue
		}
		qq := query.Query{Filter: x}
		if got := qq.Match(car(), look); got != tt.want {
			t.Errorf("%s = %v, want %v", tt.q, got, tt.want)
		}
		printed, ok := q.Print(x, func(n entity.Name) string { return names.CompactTerm(string(n)) })
		if !ok {
			t.Errorf("%s cannot be printed", tt.q)
			continue
		}
		again, err := q.Parse(printed, q.Options{Names: names})
		if err != nil {
			t.Errorf("%s printed as %s: %v", tt.q, printed, err)
			continue
		}
		if p2, _ := q.Print(again, func(n entity.Name) string { return names.CompactTerm(string(n)) }); p2 != printed {
			t.Errorf("%s: %s and then %s", tt.q, printed, p2)
		}
		qq.Filter = again
		if got := qq.Match(car(), look); got != tt.want {
			t.Errorf("%s, printed and read again: %v, want %v", tt.q, got, tt.want)
		}
	}
}

func TestExpandValues(t *testing.T) {
	e := car()
	e.Attrs = append(e.Attrs, attr("sex", "", entity.Property, `"http://example.org/Male"`))
	for text, want := range map[string]bool{`gender==Male`: true, `sex==Male`: true, `sex!=Male`: false, `gender==Female`: false} {
		x, err := q.Parse(text, q.Options{Names: names, ExpandValues: []entity.Name{name("gender"), name("sex")}})
		if err != nil {
			t.Fatal(err)
		}
		if got := (&query.Query{Filter: x}).Match(e, nil); got != want {
			t.Errorf("%s = %v", text, got)
		}
	}
	if _, err := q.Parse(`gender==Male`, q.Options{Names: names}); !problem.Is(err, problem.BadRequestData) {
		t.Errorf("a bare word without expandValues: %v", err)
	}
}

// Each of these is refused, and the detail says where.
func TestBadQueries(t *testing.T) {
	for text, where := range map[string]string{
		``: "character 1:", `==5`: "character 1:", `a=5`: "character 2:", `a==`: "character 4:", `a==5;`: "character 6:", `(a==5`: "character 6:", `a)`: "character 2:",
		`a=="x`: "character 4:", `name=="`: "character 7:", `a[b`: "character 3:", `a[b][c]`: "character 6:", `a{b`: "character 4:", `a.`: "character 3:", `a>1,2`: "character 5:", `a>1..2`: "character 6:",
		`a==1.."x"`: "character 10:", `a==foo`: "character 4:", `a==null`: "character 4:", `a~=`: "character 4:", `a>true`: "character 7:", `1a==5`: "character 1:", `a-b==1`: "character 2:", `!a`: "character 1:",
		`a== 'x'`: "character 5:", `a=="\q"`: "character 4:", `a==5 b==6`: "character 6:", `a~="(("`: "pattern", `a~="[z-a]"`: "pattern", `a~="*"`: "pattern", `id==5`: "character 1:", `é==1;;`: "character 6:",
	} {
		_, err := q.Parse(text, q.Options{Names: names})
		if !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), where) {
			t.Errorf("%q: %v, want BadRequestData with %q", text, err, where)
		}
	}
	for what, text := range map[string]string{
		"parentheses": strings.Repeat("(", 40) + "a" + strings.Repeat(")", 40), "terms": strings.Repeat("a;", 300) + "a", "length": "a==" + strings.Repeat("1", q.MaxBytes),
		"items": "a==1" + strings.Repeat(",1", q.MaxItems), "links": strings.Repeat("a{", 20) + "a" + strings.Repeat("}", 20), "pattern": `a~="` + strings.Repeat("a", 2000) + `"`, "path": "a" + strings.Repeat(".a", 50),
		"repeats": `a~="((((x{200}){200}){200}){200})"`,
	} {
		if _, err := q.Parse(text, q.Options{Names: names}); !problem.Is(err, problem.TooComplexQuery) {
			t.Errorf("%s: %v, want TooComplexQuery", what, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a==1`, `a.b[c.d]!="x",2|b{T,U:c}~=[[:alpha:]]*;(d>=2020-01-01T00:00:00Z)`, `n[*]=="é"`, `a==1..2`, `a==urn:x:y`} {
		f.Add(s)
	}
	compact := func(n entity.Name) string { return names.CompactTerm(string(n)) }
	e := car()
	f.Fuzz(func(t *testing.T, s string) {
		x, err := q.Parse(s, q.Options{Names: names})
		if err != nil {
			if k := problem.KindOf(err); k != problem.BadRequestData && k != problem.TooComplexQuery {
				t.Fatal(err)
			}
			return
		}
		got := (&query.Query{Filter: x}).Match(e, look)
		p, ok := q.Print(x, compact)
		if !ok {
			t.Fatalf("%q cannot be printed", s)
		}
		y, err := q.Parse(p, q.Options{Names: names})
		if err != nil {
			if problem.Is(err, problem.TooComplexQuery) {
				return // quotes and escapes may make it longer
			}
			t.Fatalf("%q printed as %q: %v", s, p, err)
		}
		if (&query.Query{Filter: y}).Match(e, look) != got {
			t.Fatalf("%q and %q differ", s, p)
		}
	})
}
