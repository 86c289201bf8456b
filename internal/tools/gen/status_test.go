package main

import (
	"strings"
	"testing"
)

func TestStatusTable(t *testing.T) {
	exists := func(p string) bool { return p == "test/kill" }
	tests := map[string]struct{ yaml, want, wrong string }{
		"works with a proof": {
			yaml: "- area: Keeping\n  parts:\n  - {what: kill -9, state: works, proof: [test/kill]}\n",
			want: "\n| Keeping | | |\n|---|---|---|\n| kill -9 | works |  |\n\n"},
		"works without one":             {yaml: "- area: A\n  parts:\n  - {what: b, state: works}\n", wrong: "proof names no test"},
		"a proof that is not there":     {yaml: "- area: A\n  parts:\n  - {what: b, state: works, proof: [x]}\n", wrong: "proof x does not exist"},
		"partly without what is missed": {yaml: "- area: A\n  parts:\n  - {what: b, state: partly, proof: [test/kill]}\n", wrong: "does not say what is missing"},
		"a state of its own":            {yaml: "- area: A\n  parts:\n  - {what: b, state: nearly}\n", wrong: `state "nearly"`},
		"a key of its own":              {yaml: "- area: A\n  parts:\n  - {what: b, state: not yet, since: 1}\n", wrong: "since"},
		"not yet needs nothing": {
			yaml: "- area: A\n  parts:\n  - {what: b, state: not yet}\n",
			want: "\n| A | | |\n|---|---|---|\n| b | not yet |  |\n\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := statusTable([]byte(tt.yaml), exists)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want one with %q", err, tt.wrong)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("table %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestBetween(t *testing.T) {
	text := "a\n" + tableBegins + "\nold\n" + tableEnds + "\nz\n"
	got, err := between([]byte(text), "new\n")
	if want := "a\n" + tableBegins + "\nnew\n" + tableEnds + "\nz\n"; err != nil || string(got) != want {
		t.Errorf("between = %q, %v; want %q", got, err, want)
	}
	if again, err := between(got, "new\n"); err != nil || string(again) != string(got) {
		t.Errorf("a second time: %q, %v", again, err)
	}
	for _, broken := range []string{"nothing", tableBegins} {
		if _, err := between([]byte(broken), "new"); err == nil {
			t.Errorf("%q has no place for a table and was taken", broken)
		}
	}
}
