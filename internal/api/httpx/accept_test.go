package httpx

import (
	"net/http"
	"strings"
	"testing"

	"github.com/beffroi/beffroi/internal/problem"
)

func TestNegotiate(t *testing.T) {
	const j, ld, geo = "application/json", "application/ld+json", "application/geo+json"
	tests := map[string]struct {
		accept []string
		want   string
	}{
		"no header":                        {nil, j},
		"empty header":                     {[]string{""}, j},
		"anything":                         {[]string{"*/*"}, j},
		"exactly one":                      {[]string{geo}, geo},
		"our order among equals":           {[]string{geo + ", " + ld}, ld},
		"weights first":                    {[]string{geo + ", " + ld + ";q=0.9"}, geo},
		"closest range decides":            {[]string{"*/*;q=0.9, application/json;q=0.1"}, ld},
		"type range":                       {[]string{"text/html, application/*;q=0.5"}, j},
		"zero excludes":                    {[]string{"*/*, application/json;q=0"}, ld},
		"upper case":                       {[]string{"Application/LD+JSON"}, ld},
		"two headers":                      {[]string{"text/html", geo}, geo},
		"parameters of an offer":           {[]string{`application/ld+json;profile="x"`}, ""},
		"a comma within quotes":            {[]string{`text/html;a="x,application/json", ` + geo}, geo},
		"a weight that is none":            {[]string{"application/json;q=x, " + geo}, geo},
		"a weight over one":                {[]string{"application/json;q=2, " + geo}, geo},
		"not a number":                     {[]string{"application/json;q=NaN, " + geo}, geo},
		"such a weight alone":              {[]string{"application/ld+json;q=x"}, ld},
		"such a weight beside a wider one": {[]string{"application/json;q=x, */*;q=0.5"}, j},
		"a charset":                        {[]string{"application/ld+json; charset=UTF-8"}, ld},
		"extension behind the weight":      {[]string{geo + ";q=1;ext=1"}, geo},
		"nothing on offer":                 {[]string{"text/html"}, ""},
		"all excluded":                     {[]string{"*/*;q=0"}, ""},
		"more ranges than are looked at":   {[]string{strings.Repeat("a/b,", 100) + geo}, ""},
		"a browser":                        {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, j},
		"only spaces":                      {[]string{" , ;"}, ""},
		"an offer longer than the header":  {[]string{"application/js"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := request("GET", "/")
			r.Header["Accept"] = tt.accept
			if tt.accept == nil {
				delete(r.Header, "Accept")
			}
			got, err := Negotiate(r, j, ld, geo)
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Fatalf("got %q, %v", got, err)
			}
			if err != nil && !problem.Is(err, problem.NotAcceptable) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestNotAcceptableListsWhatThereIs(t *testing.T) {
	route := open("GET", "/x", func(w http.ResponseWriter, r *http.Request) error {
		_, err := Negotiate(r, "application/json", "text/csv")
		return err
	})
	route.Style = NGSILD
	w := serve(build(t, Options{}, route), request("GET", "/x", "Accept", "image/png"))
	if w.Code != 406 || !strings.Contains(w.Body.String(), `"available":["application/json","text/csv"]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestNegotiateOfferWithParameters(t *testing.T) {
	const offer = "application/ld+json;profile=compacted"
	for accept, want := range map[string]bool{
		"application/ld+json": true, `application/ld+json; profile="compacted"`: true, "application/ld+json;profile=expanded": false,
	} {
		got, _ := Negotiate(request("GET", "/", "Accept", accept), offer)
		if (got == offer) != want {
			t.Errorf("%s: got %q", accept, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"": "fr", "nl": "nl", "nl-BE,nl;q=0.9,en;q=0.8": "nl", "en-GB;q=0.5, fr;q=0.4": "en", "de": "fr", "de, *;q=0.1": "fr",
		"fr;q=0, *": "nl", "NL": "nl", "en;q=0.9, nl-BE;q=1": "nl",
	} {
		r := request("GET", "/")
		if header != "" {
			r.Header.Set("Accept-Language", header)
		}
		if got := Language(r, "fr", "nl", "en"); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestMediaType(t *testing.T) {
	for value, want := range map[string]string{
		"application/json":                 "application/json",
		"Application/JSON; charset=utf-8":  "application/json",
		"application/json; charset=latin1": "",
		"text/plain":                       "",
		"":                                 "",
		"application/json; charset":        "",
		"/":                                "",
		"application/merge-patch+json":     "application/merge-patch+json",
	} {
		r := request("POST", "/")
		r.Header["Content-Type"] = []string{value}
		got, err := MediaType(r, "application/json", "application/merge-patch+json")
		if got != want || (err != nil) != (want == "") || err != nil && !problem.Is(err, problem.UnsupportedMediaType) {
			t.Errorf("%q: %q, %v", value, got, err)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "gzip;q=0")
	f.Add(`a/b;c="\",";q=0.1`, "fr;q=1.0000001")
	f.Fuzz(func(t *testing.T, accept, other string) {
		r := request("GET", "/")
		r.Header["Accept"], r.Header["Accept-Language"], r.Header["Accept-Encoding"] = []string{accept}, []string{other}, []string{other}
		got, err := Negotiate(r, "application/json", "text/csv;header=present")
		if (got == "") == (err == nil) {
			t.Errorf("got %q and %v", got, err)
		}
		if Language(r, "fr", "en") == "" {
			t.Error("no language")
		}
		AcceptsGzip(r)
	})
}
