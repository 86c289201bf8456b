package csv

import "testing"

// What a spreadsheet may read as a formula is led by an apostrophe, whatever
// stands before the sign; the text itself stays as it is.
func TestSafe(t *testing.T) {
	for _, s := range []string{"=1", "+1", "-1", "@a", "\tx", "\rx", "\nx", " =1", "  \t=1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\u3000+1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20a", " \ufeff\uff1d1", "\x00=1"} {
		if got := Safe(s); got != "'"+s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for _, s := range []string{"", " ", "a", " a=1", "a-1", "\u00a0a", "'=1", "1", "\ufeff", "é=", "\xff"} {
		if got := Safe(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
