package query

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/beffroi/beffroi/internal/problem"
)

// ParseCollation reads an ICU collation such as "de-u-co-phonebk"
// (RFC 6067); "" is the root collation. Settings of a collation have to be
// among those of CLDR; other extensions are no matter here.
//
// Errors: problem.BadRequestData.
func ParseCollation(s string) (language.Tag, error) {
	if s == "" {
		return language.Und, nil
	}
	t, err := language.Parse(s)
	if err != nil {
		return t, problem.New(problem.BadRequestData, "collation: %.80q is no ICU collation such as und or de-u-co-phonebk (RFC 6067)", s)
	}
	for _, x := range t.Extensions() {
		if x.Type() != 'u' {
			continue
		}
		if err := checkSettings(x.Tokens()[1:]); err != nil {
			return t, err
		}
	}
	return t, nil
}

// checkSettings looks at the keys and values of a u extension.
func checkSettings(tokens []string) error {
	for i := 0; i < len(tokens); i++ {
		if len(tokens[i]) != 2 {
			continue // an attribute of the whole extension
		}
		key := tokens[i]
		values, known := settings(key)
		if !known {
			continue
		}
		from := i + 1
		for i+1 < len(tokens) && len(tokens[i+1]) != 2 {
			i++
		}
		given := tokens[from : i+1]
		if len(given) == 0 {
			given = []string{"true"} // what an omitted value stands for
		}
		for _, v := range given {
			if !slices.Contains(values, v) {
				return problem.New(problem.BadRequestData, "collation: %s=%.40q is not known; there are %s", key, v, strings.Join(values, ", "))
			}
		}
	}
	return nil
}

// settings gives the values of a key about collation (CLDR, UTS 35 part 5).
func settings(key string) (values []string, known bool) {
	switch key {
	case "co":
		return strings.Fields("big5han compat dict direct ducet emoji eor gb2312 phonebk phonetic pinyin reformed search searchjl standard stroke trad unihan zhuyin"), true
	case "ka":
		return []string{"noignore", "shifted"}, true
	case "kb", "kc", "kh", "kk", "kn":
		return []string{"true", "false", "yes", "no"}, true
	case "kf":
		return []string{"upper", "lower", "false", "no"}, true
	case "kr":
		return strings.Fields("space punct symbol currency digit latn grek cyrl armn hebr arab deva hani hang hira kana others"), true
	case "ks":
		return []string{"level1", "level2", "level3", "level4", "identic"}, true
	case "kv":
		return []string{"space", "punct", "symbol", "currency"}, true
	}
	return nil, false
}
