package httpx

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestParams(t *testing.T) {
	tests := map[string]struct {
		query string
		want  url.Values // nil: refused
	}{
		"none":                {"", url.Values{}},
		"semicolons are kept": {"q=a==1;b==2&type=T", url.Values{"q": {"a==1;b==2"}, "type": {"T"}}},
		"escapes":             {"q=a%3D%3D%22x%22+y", url.Values{"q": {`a=="x" y`}}},
		"no value":            {"local&count=", url.Values{"local": {""}, "count": {""}}},
		"empty pairs":         {"&a=1&&b=2&", url.Values{"a": {"1"}, "b": {"2"}}},
		"a broken escape":     {"q=%zz", nil},
		"a broken name":       {"%=1", nil},
		"no name":             {"=1", nil},
		"too many":            {strings.Repeat("a=1&", maxParams+1), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := request("GET", "/x")
			r.URL.RawQuery = tt.query
			got, err := Params(r)
			if tt.want == nil {
				if !problem.Is(err, problem.InvalidRequest) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestOnlyParams(t *testing.T) {
	if err := OnlyParams(url.Values{"a": {"1"}}, "a", "b"); err != nil {
		t.Error(err)
	}
	for _, p := range []url.Values{{"c": {"1"}}, {"a": {"1", "2"}}} {
		if err := OnlyParams(p, "a", "b"); !problem.Is(err, problem.InvalidRequest) {
			t.Errorf("%v: %v", p, err)
		}
	}
	if err := OnlyParams(url.Values{"c": {"1"}}); err == nil || !strings.Contains(err.Error(), "takes none") {
		t.Error(err)
	}
}

func TestIntParam(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "100": 100, "0": -1, "101": -1, "x": -1, "1.0": -1, "": -1, "99999999999999999999": -1} {
		got, err := IntParam(url.Values{"limit": {text}}, "limit", 20, 1, 100)
		if want < 0 {
			if !problem.Is(err, problem.BadRequestData) {
				t.Errorf("%q: %d, %v", text, got, err)
			}
		} else if got != want || err != nil {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	if got, err := IntParam(url.Values{}, "limit", 20, 1, 100); got != 20 || err != nil {
		t.Errorf("absent: %d, %v", got, err)
	}
}

func TestLinksKeepWhatTheClientWrote(t *testing.T) {
	r := request("GET", "/x%2Fy?q=a==1;b==%222%22&offset=20&limit=10")
	if got, want := WithParams(r, url.Values{"offset": {"30"}}), "http://localhost/x%2Fy?q=a==1;b==%222%22&limit=10&offset=30"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := WithParams(r, url.Values{"offset": {""}, "limit": {""}}), "http://localhost/x%2Fy?q=a==1;b==%222%22"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h := http.Header{}
	AddLink(h, "http://a/b", "next", "type", "application/json")
	AddLink(h, "http://a/c", "prev")
	if got := strings.Join(h["Link"], "|"); got != `<http://a/b>; rel="next"; type="application/json"|<http://a/c>; rel="prev"` {
		t.Error(got)
	}
}
