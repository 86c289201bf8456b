package shacl

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beffroi/beffroi/internal/rdf"
)

// strings: minLength to uniqueLang (4.4).
func (c *compiler) strings(n rdf.Term, s *shape) error {
	low, hasLow, err := c.number(n, SH+"minLength")
	if err != nil {
		return err
	}
	high, hasHigh, err := c.number(n, SH+"maxLength")
	if err != nil {
		return err
	}
	if hasLow {
		s.add("MinLength", each(func(_ *run, x rdf.Term) bool { return !isBlank(x) && utf8.RuneCountInString(x.Value()) >= low }))
	}
	if hasHigh {
		s.add("MaxLength", each(func(_ *run, x rdf.Term) bool { return !isBlank(x) && utf8.RuneCountInString(x.Value()) <= high }))
	}
	if err := c.pattern(n, s); err != nil {
		return err
	}
	return c.languages(n, s)
}

func (c *compiler) pattern(n rdf.Term, s *shape) error {
	flags, err := c.one(n, SH+"flags")
	if err != nil {
		return err
	}
	letters := ""
	if flags != nil {
		letters = flags.Value()
	}
	for _, p := range c.g.objects(n, SH+"pattern") {
		if p.IsIRI() {
			return fmt.Errorf("the pattern is %s, not a text", p.Value())
		}
		re, err := expression(p.Value(), letters)
		if err != nil {
			return err
		}
		s.add("Pattern", each(func(_ *run, x rdf.Term) bool { return !isBlank(x) && re.MatchString(x.Value()) }))
	}
	return nil
}

// expression compiles a regular expression of XPath (XPath and XQuery
// Functions 3.1, 5.6). Go's engine needs time linear in the text; it has no
// back references and no subtraction of classes, which are errors here.
func expression(text, flags string) (*regexp.Regexp, error) {
	if len(text) > 10_000 {
		return nil, fmt.Errorf("a pattern of %d bytes is too long; 10000 are allowed", len(text))
	}
	own := ""
	for _, f := range flags {
		switch f {
		case 'i', 's', 'm':
			own += string(f)
		case 'x':
			text = withoutSpace(text)
		case 'q':
			text = regexp.QuoteMeta(text)
		default:
			return nil, fmt.Errorf("%q is not a flag of patterns: i, m, q, s, x are", f)
		}
	}
	if own != "" {
		text = "(?" + own + ")" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("the pattern %.100q cannot be used: %w", text, err)
	}
	return re, nil
}

// withoutSpace removes white space that is not in a class: flag x.
func withoutSpace(text string) string {
	var b strings.Builder
	class, escaped := 0, false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '[':
			class++
		case r == ']' && class > 0:
			class--
		case class == 0 && strings.ContainsRune(" \t\r\n", r):
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (c *compiler) languages(n rdf.Term, s *shape) error {
	in, err := c.one(n, SH+"languageIn")
	if err != nil {
		return err
	}
	if in != nil {
		list, err := c.g.list(*in)
		if err != nil {
			return err
		}
		s.add("LanguageIn", each(func(_ *run, x rdf.Term) bool {
			for _, l := range list {
				if langMatches(x.Lang(), strings.ToLower(l.Value())) {
					return true
				}
			}
			return false
		}))
	}
	unique, err := c.flag(n, SH+"uniqueLang")
	if err != nil || !unique {
		return err
	}
	if s.path == nil {
		return fmt.Errorf("it has sh:uniqueLang, but no path")
	}
	s.add("UniqueLang", func(k *checking) {
		seen := map[string]int{}
		for _, x := range k.values {
			if l := x.Lang(); l != "" {
				if seen[l]++; seen[l] == 2 {
					k.fail()
				}
			}
		}
	})
	return nil
}

// langMatches is basic filtering of RFC 4647 (3.3.1), both in lower case.
func langMatches(tag, of string) bool {
	if of == "*" {
		return tag != ""
	}
	return tag != "" && (tag == of || strings.HasPrefix(tag, of+"-"))
}
