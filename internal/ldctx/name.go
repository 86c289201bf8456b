package ldctx

import (
	"unicode"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/problem"
)

// MaxNameBytes bounds the length of a short name.
const MaxNameBytes = 512

// CheckName checks a short name without prefix: a letter of any script, then
// letters, digits and underscores (CIM 009, 4.6.2), at most MaxNameBytes.
//
// Errors: problem.BadRequestData.
func CheckName(name string) error {
	if why := badName(name); why != "" {
		return problem.New(problem.BadRequestData, "the name %.80q is not valid: %s", name, why)
	}
	return nil
}

// badName says what is wrong with a name, or "".
func badName(s string) string {
	if s == "" {
		return "it is empty"
	}
	if len(s) > MaxNameBytes {
		return "it is longer than 512 bytes"
	}
	for i, c := range []byte(s) {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c == '_' || c >= '0' && c <= '9'):
		case c >= utf8.RuneSelf:
			return badUnicodeName(s)
		case i == 0:
			return "it must begin with a letter"
		default:
			return "only letters, digits and underscores may be in it (for another IRI, use the full IRI or a prefix from the @context)"
		}
	}
	return ""
}

func badUnicodeName(s string) string {
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			return "it is not UTF-8"
		case unicode.IsLetter(r):
		case i == 0:
			return "it must begin with a letter"
		case r != '_' && !unicode.IsNumber(r):
			return "only letters, digits and underscores may be in it (for another IRI, use the full IRI or a prefix from the @context)"
		}
	}
	return ""
}
