package ngsild_test

import (
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

const everything = `{"id":"urn:x:1","type":"T","scope":"/A","n":5,"s":"abc","yes":true,"arr":[1,2],"day":"2020-01-01","at":{"value":"2020-01-01T00:00:00Z","observedAt":"2020-01-01T10:00:00.5Z","unitCode":"CEL"},"clock":"10:00:00Z",
	"ticket":{"type":"JsonProperty","json":{"id":"x","value":"Over","none":null}},"sex":{"type":"VocabProperty","vocab":"Male"},"sexes":{"type":"VocabProperty","vocab":["Male","Other"]},"words":{"languageMap":{"en":"hi","fr":["a","b"]}},
	"owner":{"object":"http://Example.org/%7euser"},"owners":{"type":"Relationship","object":["urn:a:1","urn:a:2"],"objectType":"Person"},"many":[{"value":1},{"value":2,"datasetId":"urn:d:1"}],"location":{"type":"Point","coordinates":[4,50]},
	"list":{"type":"ListProperty","valueList":[1,"x"]},"links":{"type":"ListRelationship","objectList":["urn:a:1","urn:a:2"]},"deep":{"a":{"b":[{"c":1}]}},"sub":{"value":1,"more":{"value":{"x":{"y":7}},"twice":{"value":"z"}}}}`

// CIM 009, 4.9, sentence by sentence.
func TestQueryLanguage(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.9", "4.6.3", "5.7.2")
		w.all(everything)
		matches := map[bool][]string{
			true: {
				// paths
				`n`, `sub.more`, `sub.more.twice=="z"`, `sub.more[x.y]==7`, `deep[a.b]`, `ticket[value]=="Over"`, `ticket[id]=="x"&jsonKeys=ticket`, `ticket[none]`, `ticket[none]!=1`, `at.observedAt>=2020-01-01T10:00:00Z`, `at.unitCode=="CEL"`, `owners.objectType=="Person"`, `createdAt>2020-01-01T00:00:00Z;n`,
				// data types
				`n==5.0`, `n==5e0`, `n!="5"`, `n>=5`, `n<=5`, `n>4.99`, `yes==true`, `yes!=false`, `yes==false,true`, `day>2019-12-31`, `day==2020-01-01`, `clock==10:00:00Z`, `clock>=09:59:59.5Z`, `clock<10:00:00,25Z`, `at=="2020-01-01T00:00:00.000Z"`, `at==2020-01-01T00:00:00,000Z`, `at!="x"`, `at.observedAt==2020-01-01T10:00:00,5Z,2021-01-01T00:00:00Z`,
				// ranges and lists
				`n==1..10`, `n==5..5`, `n!=6..7`, `n==1,5`, `n!=1,2`, `s=="aba".."abd"`, `s=="x","abc"`, `at==2019-01-01T00:00:00Z..2020-01-01T00:00:00,0Z`, `s!=1..2`,
				// arrays
				`arr==2`, `arr!=3`, `arr==7,1`, `arr!=7,8`, `list==1`, `list=="x"`, `deep[a.b]!=1`,
				// languages
				`words[en]=="hi"`, `words[fr]=="b"`, `words[*]=="a"`, `words=="hi"`, `words[fr]!="hi"`, `words[*]!="x"`, `words[fr]`, `words[en]~="h."`,
				// vocabularies
				`sex=="Male"&expandValues=sex`, `sex==Male&expandValues=sex`, `sex!="Male"`, `sexes=="Other"&expandValues=sexes`, `sex==https://uri.etsi.org/ngsi-ld/default-context/Male`, `sex=="https://uri.etsi.org/ngsi-ld/default-context/Male"`, `sex!="Female"&expandValues=sex`,
				// URIs, in any form that means the same (RFC 3986, 6)
				`owner=="http://Example.org/%257euser"`, `owner==http://example.org/~user`, `owner=="HTTP://example.org:80/%257Euser"`, `owners==urn:a:2`, `owners=="URN:A:2"`, `owners=="urn:z","urn:a:1"`, `owners!="urn:a:3"`, `links=="urn:a:2"`, `links!=urn:a:3`,
				// patterns
				`s~="ab."`, `s~=a.c`, `s!~="ab"`, `s~="[[:alpha:]]{3}"`, `s~=(x|abc)`,
				// several instances: any does, unless one is addressed
				`many==1`, `many==2`, `many!=1`, `many==2&datasetId=urn:d:1`, `many==1&datasetId=@none`, `many==2&datasetId=urn:d:1,@none`,
				// and, or, parentheses
				`n==5|s=="z";yes==false`, `((n>6|n<6);(yes==true))`, `(n==5)`, `n==6|(s=="abc";(yes|nothing))`,
			},
			false: {
				`nothing`, `n.sub`, `deep[a.b.c]==1`, `ticket[nope]`, `ticket[nope]!="x"`, `s[length]`, `words[de]`, `words[de]!="x"`, `nothing!=1`, `n[x]!=1`,
				`n=="5"`, `n>"a"`, `s>1`, `yes==1`, `day=="2020-01-02"`, `day>2019-12-31T00:00:00Z`, `ticket[none]==1`, `clock>10:00:00Z`,
				`n!=1..10`, `n==6..10`, `n!=5,6`, `n==1,2`, `s==1..2`,
				`arr!=2`, `arr==3`, `arr>0`, `arr!=7,1`, `arr~="1"`, `arr!~="1"`, `n~="5"`, `n!~="6"`,
				`words[en]=="a"`, `words[fr]!="b"`, `words[*]!="hi"`, `words!="hi"`,
				`sex=="Male"`, `sex!=Male&expandValues=sex`, `sexes!="Other"&expandValues=sexes`,
				`owner>"a"`, `owner<="zzz"`, `owner~=".*"`, `owner!~="x"`, `links>urn:a:0`, `owners!="urn:a:1"`, `owner=="http://example.org/USER"`,
				`s~="ab"`, `s!~="ab."`, `many==1&datasetId=urn:d:1`, `many==2&datasetId=@none`, `many&datasetId=urn:d:2`,
				`(n==5|s=="z");yes==false`,
			},
		}
		for want, qs := range matches {
			for _, q := range qs {
				ids := ""
				if want {
					ids = "1"
				}
				w.get("entities?q=" + q).finds(ids)
			}
		}
		for _, q := range []string{``, `!n`, `n;`, `;n`, `|n`, `(n`, `n)`, `n..a`, `n.`, `.n`, `n[`, `n[]`, `n[a][b]`, `n[a`, `n==`, `n==-`, `n==01`, `n=5`, `n===5`, `n<>5`, `n==1..`, `n==..5`, `n==true..false`, `yes>true`, `n>1,5`, `n>1..5`, `n==1..2,3`, `s==abc`, `s=='abc'`, `s=="abc`, `s~=`, `s~=[`, `s~="("`, `n==1 n==2`, `owner{n}==1`,
			`owner{`, `owner{}`, `owner{n`, `at==2020-01-01T00:00:00,Z`, `at==2020-13-01T00:00:00Z`} {
			w.get("entities?type=T&q=" + q).fails(problem.BadRequestData)
		}
	})
}

// CIM 009, 4.9 and 4.5.23: conditions about linked entities.
func TestQueryLinked(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.9", "4.5.23", "5.7.2")
		w.all(`{"id":"urn:x:1","type":"Station","sensor":{"object":"urn:x:d1"}}`, `{"id":"urn:x:2","type":"Station","sensor":[{"object":"urn:x:d2"},{"object":"urn:x:d1","datasetId":"urn:d:1"}]}`,
			`{"id":"urn:x:3","type":"Station","sensors":{"type":"ListRelationship","objectList":["urn:x:gone","urn:x:d2"]}}`, `{"id":"urn:x:4","type":"Station","sensor":{"object":"urn:x:gone"}}`,
			`{"id":"urn:x:d1","type":"Device","humidity":{"value":40,"by":{"value":"x"}},"address":{"city":"Lille"},"maker":{"object":"urn:x:m"}}`, `{"id":"urn:x:d2","type":["Probe","Device"],"humidity":60}`, `{"id":"urn:x:m","type":"Maker","name":"ACME"}`)
		for q, ids := range map[string]string{
			`sensor{humidity}==40`: "1 2", `sensor{humidity}==60`: "2", `sensor{Device:humidity}>30`: "1 2", `sensor{Probe:humidity}>30`: "2", `sensor{Probe,Other:humidity}==60`: "2", `sensor{Maker:humidity}`: "", `sensors{humidity}==60`: "3", `sensor{humidity}`: "1 2",
			`sensor{humidity.by}=="x"`: "1 2", `sensor{address[city]}=="Lille"`: "1 2", `sensor{maker{name}}=="ACME"`: "1 2", `sensor{Device:maker{Maker:name}}~="A.*"`: "1 2", `sensor{humidity}!=40`: "2", `sensor{nothing}!=1`: "", `sensor{humidity}==60;sensor{humidity}==40`: "2", `sensor{humidity}==60&datasetId=@none`: "2", `sensor{humidity}==40&datasetId=@none`: "1",
		} {
			w.get("entities?type=Station&join=inline&joinLevel=2&pick=id&q=" + q).finds(ids)
		}
		for path, ok := range map[string]bool{`q=sensor{humidity}==40`: false, `q=sensor{humidity}==40&join=@none`: false, `q=sensor{humidity}==40&join=flat`: true, `q=sensor{maker{name}}&join=inline`: false, `q=n|(s;sensor{maker{name}})&join=inline&joinLevel=1`: false, `q=sensor{maker{name}}&join=inline&joinLevel=2`: true} {
			if a := w.get("entities?type=Station&" + path); ok {
				a.is(200)
			} else {
				a.fails(problem.BadRequestData)
			}
		}
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"Station"}],"q":"sensor{humidity}==60","join":"inline","joinLevel":1,"pick":["id"]}`).finds("2")
		w.post("entityOperations/query", `{"type":"Query","entities":[{"type":"Station"}],"q":"sensor{humidity}==60"}`).fails(problem.BadRequestData)
	})
}

// CIM 009, 4.10: what a geo-query may not be.
func TestGeoErrors(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "4.10", "5.2.13")
		w.all(everything)
		const at = "&geometry=Point&coordinates=[4,50]"
		for _, q := range []string{"georel=near" + at, "georel=near;maxDistance==0" + at, "georel=near;maxDistance==-1" + at, "georel=near;maxDistance==1e999" + at, "georel=near;maxDistance==Infinity" + at, "georel=near;maxDistance==1;minDistance==1" + at, "georel=near;maxDistance==1;maxDistance==2" + at, "georel=near;maxDistance=1" + at, "georel=near;maxDistance==" + at,
			"georel=within;maxDistance==1" + at, "georel=Within" + at, "georel=touches" + at, "georel=equals&geometry=point&coordinates=[4,50]", "georel=equals&geometry=Point&coordinates=[[4,50]]", "georel=equals&geometry=Point&coordinates=4,50", "georel=equals&geometry=GeometryCollection&coordinates=[]",
			"georel=equals&geometry=Polygon&coordinates=[[[1,1],[2,2],[3,1]]]", "georel=equals&geometry=Polygon&coordinates=[[[1,1],[2,2],[3,1],[1,2]]]", "georel=equals&geometry=Point", "georel=equals&coordinates=[4,50]", "geometry=Point&coordinates=[4,50]", "type=T&coordinates=[4,50]", "georel=equals&geoproperty=a-b" + at} {
			w.get("entities?" + q).fails(problem.BadRequestData)
		}
		w.get("entities?type=T&geoproperty=nothing").finds("1") // no geo-query, so it is about nothing (6.4.3.2)
		w.get("entities?georel=near;minDistance==1" + at).finds("")
		w.get("entities?georel=near;maxDistance==1e%2B1" + at).finds("1")
		w.get("entities?georel=disjoint&geoproperty=n" + at).finds("") // no GeoProperty
	})
}

// CIM 009, 5.7.7 and 5.7.10: what has a name and is no type or attribute, and
// what is counted.
func TestDiscoveryDetails(t *testing.T) {
	worlds(t, func(w *world) {
		clauses(w, "5.7.5", "5.7.6", "5.7.7", "5.7.8", "5.7.9", "5.7.10", "5.2.28")
		w.all(everything, `{"id":"urn:x:2","type":["T","U"],"n":{"object":"urn:x:1"}}`)
		for _, name := range []string{"id", "type", "scope", "createdAt", "observedAt", "unitCode", "nothing", "twice"} {
			w.get("attributes/" + name).fails(problem.ResourceNotFound)
		}
		w.get("types/id").fails(problem.ResourceNotFound)
		w.get("types/nothing").fails(problem.ResourceNotFound)
		w.get("attributes/a-b").fails(problem.BadRequestData)
		w.get("attributes/many").json(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/many","type":"Attribute","attributeName":"many","attributeCount":2,"attributeTypes":["Property"],"typeNames":["T"]}`)
		w.get("attributes/https%3A%2F%2Furi.etsi.org%2Fngsi-ld%2Fdefault-context%2Fn").json(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/n","type":"Attribute","attributeName":"n","attributeCount":2,"attributeTypes":["Property","Relationship"],"typeNames":["T","U"]}`)
		w.get("types/U").json(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/U","type":"EntityTypeInfo","typeName":"U","entityCount":1,"attributeDetails":[{"id":"https://uri.etsi.org/ngsi-ld/default-context/n","type":"Attribute","attributeName":"n","attributeTypes":["Relationship"]}]}`)
		w.get("types?details=true").says(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/U","type":"EntityType","typeName":"U","attributeNames":["n"]}`)
		w.get("types?details=false").says(`"typeList":["T","U"]`)
		w.get("attributes?details=true").says(`{"id":"https://uri.etsi.org/ngsi-ld/default-context/n","type":"Attribute","attributeName":"n","typeNames":["T","U"]}`)
		for _, path := range []string{"types?foo=1", "types/T?details=true", "attributes?limit=1", "attributes/n?foo=1"} {
			w.get(path).fails(problem.InvalidRequest)
		}
		w.get("types?details=maybe").fails(problem.BadRequestData)
	})
}
