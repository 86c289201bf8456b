package letter

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/problem"
)

//go:embed words.yaml
var wordsYAML []byte

// readWords gives what letters say, by key and language.
func readWords() (map[string]map[string]string, error) {
	words := map[string]map[string]string{}
	if err := yaml.UnmarshalWithOptions(wordsYAML, &words, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the words of letters: %w", err)
	}
	return words, nil
}

// wording gives the texts of a language; places are filled with pairs of name
// and text. Errors: problem.BadRequestData for a language without letters.
func wording(lang string) (func(key string, fill ...string) string, error) {
	words, err := readWords()
	if err != nil {
		return nil, err
	}
	if words["greeting"][lang] == "" {
		return nil, problem.New(problem.BadRequestData, "letters are written in fr, nl or en, not in %q", lang)
	}
	return func(key string, fill ...string) string {
		return strings.NewReplacer(fill...).Replace(words[key][lang])
	}, nil
}

// day writes a date in words, as the language does.
func (w *draft) day(d deadline.Date) string {
	t := d.Start(time.UTC)
	day := fmt.Sprint(t.Day())
	if w.Lang == "fr" && t.Day() == 1 {
		day = "1er"
	}
	return strings.Join([]string{strings.Fields(w.say("days"))[t.Weekday()], day, strings.Fields(w.say("months"))[t.Month()-1], fmt.Sprint(t.Year())}, "\u00A0")
}
