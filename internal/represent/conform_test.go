package represent

import "testing"

func TestParseVersion(t *testing.T) {
	for s, want := range map[string]string{"1.0": "1.0", "1.5": "1.5", "1.9": "1.9", "1.10": "1.9", "1.65535": "1.9", "2.0": "1.9", "0.9": "1.0", "1": "", "": "", "x.y": "", "1.": "", ".5": "", "-1.5": "", "1.5.1": "", " 1.5": "", "99999.1": ""} {
		v, ok := ParseVersion(s)
		switch {
		case ok != (want != ""):
			t.Errorf("%q: %v", s, ok)
		case ok && v.String() != want:
			t.Errorf("%q: %s, want %s", s, v, want)
		}
	}
	if Version(0).String() != "1.9" || Version(0).before(9) || Newest.before(9) || !Version(9).before(9) || !Version(1).before(3) {
		t.Error("the zero Version is not the newest")
	}
}
