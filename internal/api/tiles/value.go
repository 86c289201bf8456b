package tiles

import (
	"bytes"
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// text gives the value of a text attribute, "" if it has none.
func text(e *entity.Entity, name entity.Name) string {
	i, ok := e.Attr(name, "")
	if !ok || len(i.Value) < 2 || i.Value[0] != '"' {
		return ""
	}
	if inner := i.Value[1 : len(i.Value)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	n, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil {
		return ""
	}
	return n.Str()
}

// number gives the value of a numeric attribute.
func number(e *entity.Entity, name entity.Name) (float64, bool) {
	i, ok := e.Attr(name, "")
	if !ok || len(i.Value) == 0 || len(i.Value) > 40 {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(i.Value), 64)
	return f, err == nil
}

// names are an entity's names; any is the one to show where the language does
// not matter.
type names struct{ any, fr, nl, en string }

func namesOf(e *entity.Entity, t *terms) names {
	i, ok := e.Attr(t.name, "")
	if !ok {
		if i, ok = e.Attr(t.plainName, ""); !ok {
			return names{}
		}
	}
	if i.Kind != entity.LanguageProperty {
		return names{any: text(e, i.Name)}
	}
	m, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil {
		return names{}
	}
	get := func(lang string) string {
		v, _ := m.Get(lang)
		return v.Str()
	}
	n := names{fr: get("fr"), nl: get("nl"), en: get("en")}
	for _, s := range []string{get("@none"), n.fr, n.nl, n.en} {
		if s != "" {
			n.any = s
			return n
		}
	}
	for _, v := range m.Members() {
		if v.Str() != "" {
			n.any = v.Str()
			break
		}
	}
	return n
}
