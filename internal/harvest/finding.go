package harvest

import (
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/catalogue"
)

// Finding is one thing that its publisher can mend: what is wrong, where, and
// with what words or values.
type Finding struct {
	Code  string   `json:"code"`
	Where string   `json:"where"` // IRI of a dataset, address of a page, or both
	Args  []string `json:"args,omitzero"`
}

// Level says how much a finding weighs.
type Level string

// The levels.
const (
	Failing Level = "error"   // something was not taken
	Warning Level = "warning" // taken, with less than there is
	Notice  Level = "notice"  // so that readers know
)

// meaning is what a code says, in French, Dutch and English: what is so, and
// how to mend it. A % and a number stands for one of the arguments.
type meaning struct {
	level      Level
	what, mend [3]string
}

// Level of the finding.
func (f Finding) Level() Level { return meanings()[f.Code].level }

// What says what is wrong, by language.
func (f Finding) What() catalogue.Texts { return f.in(meanings()[f.Code].what) }

// Mend says what to do about it, by language.
func (f Finding) Mend() catalogue.Texts { return f.in(meanings()[f.Code].mend) }

func (f Finding) in(t [3]string) catalogue.Texts {
	out := catalogue.Texts{}
	for i, lang := range catalogue.Languages() {
		s := t[i]
		for n, a := range f.Args {
			s = strings.ReplaceAll(s, fmt.Sprintf("%%%d", n+1), a)
		}
		out[lang] = s
	}
	return out
}

// String is the finding in English, for logs and errors.
func (f Finding) String() string {
	return f.Where + ": " + f.What()["en"] + "; " + f.Mend()["en"]
}

// maxArg bounds what a finding repeats of a source, in bytes.
const maxArg = 300

func finding(code, where string, args ...string) Finding {
	short := func(s string) string {
		s = strings.ToValidUTF8(s, "\uFFFD")
		if len(s) > maxArg {
			s = strings.ToValidUTF8(s[:maxArg], "") + "…"
		}
		return s
	}
	f := Finding{Code: code, Where: short(where)}
	for _, a := range args {
		f.Args = append(f.Args, short(a))
	}
	return f
}

// stop is a finding after which a source cannot be read further.
type stop struct{ Finding }

// Error gives it in English.
func (s *stop) Error() string { return s.String() }

func stopped(code, where string, args ...string) error {
	return &stop{finding(code, where, args...)}
}
