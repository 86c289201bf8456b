package find

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	snowball "github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"golang.org/x/text/unicode/norm"
)

// maxWord is how many bytes of a word count.
const maxWord = 64

// span is where a word stands in a text, in bytes.
type span struct{ from, to int }

// words gives the words of a text: runs of letters, digits and what is written
// over letters.
func words(s string) iter.Seq[span] {
	return func(yield func(span) bool) {
		from := -1
		for i, r := range s {
			in := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsNumber(r) || from >= 0 && unicode.IsMark(r)
			switch {
			case in && from < 0:
				from = i
			case !in && from >= 0:
				if !yield(span{from, i}) {
					return
				}
				from = -1
			}
		}
		if from >= 0 {
			yield(span{from, len(s)})
		}
	}
}

// lower gives a word in small letters, cut where it is too long.
func lower(w string) string {
	if len(w) > maxWord {
		end := maxWord
		for !utf8.RuneStart(w[end]) {
			end--
		}
		w = w[:end]
	}
	return strings.ToLower(w)
}

// fold takes the accents from a lower-case word: déchet and dechet are the
// same, as are CO₂ and co2, œuvre and oeuvre.
func fold(w string) string {
	plain := true
	for i := range len(w) {
		plain = plain && w[i] < utf8.RuneSelf
	}
	if plain {
		return w
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(w) {
		switch {
		case unicode.IsMark(r):
		case r == 'œ':
			b.WriteString("oe")
		case r == 'æ':
			b.WriteString("ae")
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ø':
			b.WriteByte('o')
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// stem reduces a lower-case word to what its forms have in common, without
// accents. The language is an index into Languages.
func stem(lang int, w string) string {
	env := snowball.NewEnv(w)
	switch lang {
	case 0:
		french.Stem(env)
	case 1:
		dutch.Stem(env)
	case 2:
		english.Stem(env)
	}
	return fold(env.Current())
}

// language gives the index of a language tag, fr-BE being French; -1 for one
// that is not among Languages.
func language(tag string) int {
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	return slices.Index(Languages(), tag)
}

// emptyWords stand in every text and say nothing of what it is about; folded.
var emptyWords = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`
		a au aux avec ce ces cet cette d dans de des du elle en est et il ils j l la le les leur leurs lui m mais n ne nos notre nous on ou par pas
		pour qu que qui s sa se ses son sont sur t un une vos votre vous y c
		aan al als bij dan dat de den der deze die dit door een en er het hun ik in is je met naar niet nog of om ons ook op over te tot uit van voor
		was wat we wordt worden zijn ze zo
		an and are as at be been but by for from has have he her his if in into is it its not of on or our she so that the their them then there these
		they this to was we were which will with you your`) {
		m[w] = true
	}
	return m
}()
