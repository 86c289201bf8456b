package jsontree

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestAccess(t *testing.T) {
	n := mustParse(t, `{"s":"text","n":12.50,"t":true,"f":false,"z":null,"a":[1,"2"],"o":{"k":[]}}`)
	get := func(name string) Node {
		v, ok := n.Get(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		return v
	}
	if get("s").Kind() != String || get("s").Str() != "text" || get("s").Literal() != "" || get("s").Len() != 0 {
		t.Error("s")
	}
	if f, ok := get("n").Float(); get("n").Kind() != Number || get("n").Literal() != "12.50" || f != 12.5 || !ok || get("n").Str() != "" {
		t.Error("n")
	}
	if get("t").Kind() != Bool || !get("t").Bool() || get("f").Kind() != Bool || get("f").Bool() || get("t").Len() != 0 {
		t.Error("t, f")
	}
	if !get("z").IsNull() || get("z").Bool() {
		t.Error("z")
	}
	if a := get("a"); a.Kind() != Array || a.Len() != 2 || a.Item(1).Str() != "2" {
		t.Error("a")
	}
	if _, ok := get("s").Float(); ok {
		t.Error("a string is no float")
	}
	if _, ok := mustParse(t, "1e400").Float(); ok {
		t.Error("1e400 fits no float64")
	}
	if _, ok := n.Get("missing"); ok {
		t.Error("missing is there")
	}
	if _, ok := get("a").Get("k"); ok {
		t.Error("an array has no members")
	}
	var names []string
	for name, v := range n.Members() {
		names = append(names, name+":"+v.Kind().String())
	}
	want := []string{"s:string", "n:number", "t:boolean", "f:boolean", "z:null", "a:array", "o:object"}
	if !slices.Equal(names, want) {
		t.Errorf("members %v, want %v", names, want)
	}
	for i, v := range get("a").Items() {
		if i == 0 && v.Literal() != "1" {
			t.Error(v)
		}
	}
	for range get("a").Members() {
		t.Error("an array yields members")
	}
	for range n.Items() {
		t.Error("an object yields items")
	}
	for name := range n.Members() {
		if name != "s" {
			t.Error("went on after break")
		}
		break
	}
}

func TestZeroNodeIsNull(t *testing.T) {
	var n Node
	if n.Kind() != Null || n.String() != "null" || n.Len() != 0 || !n.Equal(NullNode()) {
		t.Error(n)
	}
}

func TestBuild(t *testing.T) {
	num, err := NumberNode("1.50")
	if err != nil {
		t.Fatal(err)
	}
	parsed := mustParse(t, `{"n\"":[1]}`)
	_, inner := parsed.Member(0)
	f, _ := FloatNode(1e-7)
	g, _ := FloatNode(21.5)
	n := ObjectNode([]Member{
		{"a", StringNode("x\"y\xff\n")},
		{"b\x01", num},
		{"c", ArrayNode([]Node{NullNode(), BoolNode(true), BoolNode(false), IntNode(-3), f, g, inner})},
		{"a", ArrayNode(nil)},
		{"d", ObjectNode(nil)},
		{"e", inner},
	})
	want := `{"a":[],"b\u0001":1.50,"c":[null,true,false,-3,1e-07,21.5,[1]],"d":{},"e":[1]}`
	if got := n.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := StringNode("x\"y\xff\n").String(); got != `"x\"y`+"\uFFFD"+`\n"` {
		t.Error(got)
	}
	if !mustParse(t, n.String()).Equal(n) {
		t.Error("reads otherwise than it was built")
	}
}

func TestObjectNodeWithManyMembers(t *testing.T) {
	var members []Member
	for i := range 100 {
		members = append(members, Member{strings.Repeat("k", i%50), IntNode(int64(i))})
	}
	n := ObjectNode(members)
	if n.Len() != 50 {
		t.Fatalf("%d members, want the 50 different names", n.Len())
	}
	if v, _ := n.Get("kk"); v.Literal() != "52" {
		t.Errorf("kk = %s, want the last value", v)
	}
}

func TestWithAndWithout(t *testing.T) {
	n := mustParse(t, `{"a":1,"b":2}`)
	tests := map[string]struct {
		got  Node
		want string
	}{
		"replace":       {n.With("a", StringNode("x")), `{"a":"x","b":2}`},
		"append":        {n.With("c\n", StringNode("x")), `{"a":1,"b":2,"c\n":"x"}`},
		"remove":        {n.Without("a"), `{"b":2}`},
		"remove all":    {n.Without("a").Without("b"), `{}`},
		"not there":     {n.Without("c"), `{"a":1,"b":2}`},
		"of no object":  {IntNode(1).Without("c"), `1`},
		"the old stays": {n, `{"a":1,"b":2}`},
	}
	for name, tt := range tests {
		if got := tt.got.String(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestNumberNodeRefuses(t *testing.T) {
	for _, s := range []string{"", "01", "1e", "+1", ".5", "1.", "1 ", " 1", "0x1", "NaN", "1_000"} {
		if n, err := NumberNode(s); err == nil {
			t.Errorf("NumberNode(%q) = %s", s, n)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, ok := FloatNode(f); ok {
			t.Errorf("FloatNode(%v) is accepted", f)
		}
	}
}

func TestCompareNumbers(t *testing.T) {
	// Each group is of equal numbers, the groups ascend.
	groups := [][]string{
		{"-1e99999999999999999999999"},
		{"-1e400"},
		{"-123.5", "-1235e-1", "-0.01235E4"},
		{"-2"},
		{"-0.5"},
		{"-1e-400"},
		{"0", "-0", "0.0", "0e99999999999999999999", "-0.000e-5"},
		{"1e-99999999999999999999999"},
		{"1e-400"},
		{"0.05", "5e-2", "0.5e-1", "0.050", "500e-4"},
		{"0.050000000000000000000000000001"},
		{"1", "1.0", "10e-1", "0.1e1", "1e0", "1E+0", "1e-0", "1000e-3"},
		{"1.00000000000000000000000000001"},
		{"9"},
		{"10", "1e1", "10.0", "0.00001e6"},
		{"9007199254740992"},
		{"9007199254740993", "9007199254740993.0"},
		{"1e400", "10e399"},
		{"1e99999999999999999999999", "10e99999999999999999999998"},
		{"1e99999999999999999999999999"},
	}
	for i, a := range groups {
		for j, b := range groups {
			for _, x := range a {
				for _, y := range b {
					got := CompareNumbers(x, y)
					if got = max(-1, min(1, got)); got != max(-1, min(1, i-j)) {
						t.Errorf("CompareNumbers(%s, %s) = %d", x, y, got)
					}
				}
			}
		}
	}
}

func TestEqual(t *testing.T) {
	many := func(order ...int) string {
		var b strings.Builder
		for i := range 40 {
			if i > 0 {
				b.WriteByte(',')
			}
			k := order[0] + order[1]*i
			b.WriteString(`"` + strings.Repeat("n", k+1) + `":1`)
		}
		return "{" + b.String() + "}"
	}
	tests := map[string]struct {
		a, b string
		want bool
	}{
		"order of members":          {`{"a":1,"b":[1,2]}`, `{"b":[1,2],"a":1}`, true},
		"order of many members":     {many(0, 1), many(39, -1), true},
		"order of items":            {`[1,2]`, `[2,1]`, false},
		"number forms":              {`{"a":1.0}`, `{"a":1}`, true},
		"numbers a float cannot":    {`9007199254740993`, `9007199254740992`, false},
		"string and number":         {`"1"`, `1`, false},
		"null and false":            {`null`, `false`, false},
		"true and false":            {`true`, `false`, false},
		"one member more":           {`{"a":1}`, `{"a":1,"b":2}`, false},
		"other name":                {`{"a":1}`, `{"b":1}`, false},
		"one item more":             {`[1]`, `[1,1]`, false},
		"escapes":                   {`{"\u0061":"\u0062"}`, `{"a":"b"}`, true},
		"empty object, empty array": {`{}`, `[]`, false},
		"deep":                      {`[{"a":[{"b":2}]}]`, `[{"a":[{"b":2.00}]}]`, true},
	}
	for name, tt := range tests {
		a, b := mustParse(t, tt.a), mustParse(t, tt.b)
		if a.Equal(b) != tt.want || b.Equal(a) != tt.want {
			t.Errorf("%s: Equal = %v, %v, want %v", name, a.Equal(b), b.Equal(a), tt.want)
		}
	}
}

func TestMerge(t *testing.T) {
	const m = `"urn:ngsi-ld:null"`
	tests := map[string]struct{ dst, patch, want string }{
		"replace":               {`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		"add at the end":        {`{"b":1}`, `{"a":2}`, `{"b":1,"a":2}`},
		"remove":                {`{"a":"b","c":1}`, `{"a":` + m + `}`, `{"c":1}`},
		"remove what is absent": {`{"c":1}`, `{"a":` + m + `}`, `{"c":1}`},
		"descend":               {`{"a":{"b":1,"c":2},"d":3}`, `{"a":{"b":` + m + `,"e":4}}`, `{"a":{"c":2,"e":4},"d":3}`},
		"arrays whole":          {`{"a":[1,2]}`, `{"a":[` + m + `]}`, `{"a":[` + m + `]}`},
		"object over string":    {`{"a":"x"}`, `{"a":{"b":1,"c":` + m + `}}`, `{"a":{"b":1}}`},
		"string over object":    {`{"a":{"b":1}}`, `{"a":"x"}`, `{"a":"x"}`},
		"marker in a new one":   {`{}`, `{"a":{"b":{"c":` + m + `}}}`, `{"a":{"b":{}}}`},
		"null is a value":       {`{"a":1}`, `{"a":null}`, `{"a":null}`},
		"not objects":           {`[1,2]`, `3`, `3`},
		"object over array":     {`[1,2]`, `{"a":"b","c":` + m + `}`, `{"a":"b"}`},
		"names with escapes":    {`{"a\n":{"x":1}}`, `{"a\n":{"y":2},"b\n":1}`, `{"a\n":{"x":1,"y":2},"b\n":1}`},
	}
	for name, tt := range tests {
		dst, patch := mustParse(t, tt.dst), mustParse(t, tt.patch)
		if got := Merge(dst, patch).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
		if dst.String() != mustParse(t, tt.dst).String() || patch.String() != mustParse(t, tt.patch).String() {
			t.Errorf("%s: an argument changed", name)
		}
	}
}
