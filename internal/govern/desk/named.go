package desk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/catalogue"
)

// shortWord is the most letters of a word that is looked for as a whole word:
// within others it would be found by chance.
const shortWord = 3

// particles are short words of names that stand in most sentences; they are
// looked for only as part of the whole name.
const particles = " al d de del den der des di dr du el en et het la le les mme mr ms of op ten ter the van von "

// named gives what of the requester a text says; "" for nothing: the whole
// name, each word of it, the organisation, the e-mail address, and the parts of
// the address that have a number or several words, as a town alone is nobody.
// Case, accents, punctuation and blanks make no difference.
func (q Requester) named(text string) string {
	text = " " + catalogue.Fold(text) + " "
	says := func(p string) bool {
		p = catalogue.Fold(p)
		if n := utf8.RuneCountInString(p); n < 2 {
			return false
		} else if n <= shortWord {
			p = " " + p + " "
		}
		return strings.Contains(text, p)
	}
	for _, p := range []string{q.Name, q.Organisation, q.Email} {
		if says(p) {
			return strings.TrimSpace(p)
		}
	}
	for _, p := range strings.FieldsFunc(q.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if !strings.Contains(particles, " "+catalogue.Fold(p)+" ") && says(p) {
			return p
		}
	}
	for _, p := range strings.FieldsFunc(q.Address, func(r rune) bool { return slices.Contains([]rune{'\n', '\r', ',', ';'}, r) }) {
		words := strings.Fields(catalogue.Fold(p))
		telling := len(words) > 1 || strings.ContainsFunc(p, unicode.IsDigit)
		if telling && utf8.RuneCountInString(p) > shortWord && says(p) {
			return strings.TrimSpace(p)
		}
	}
	return ""
}
