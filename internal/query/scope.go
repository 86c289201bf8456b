package query

import "strings"

// ScopeExpr selects by scope (CIM 009, 4.19): a disjunction of conjunctions.
// A nil ScopeExpr selects every entity, also those without a scope.
type ScopeExpr struct {
	Any [][]ScopePattern // no part is empty
}

// ScopePattern is one pattern of a ScopeExpr.
type ScopePattern struct {
	Levels []string // "+" stands for any one level
	// Tree lets scopes below match too. Without Levels it matches any scope.
	Tree bool
}

// Match reports whether an entity with these scopes is selected. Each scope
// begins with a slash.
func (x *ScopeExpr) Match(scopes []string) bool {
	if x == nil {
		return true
	}
next:
	for _, all := range x.Any {
		for i := range all {
			if !all[i].matchAny(scopes) {
				continue next
			}
		}
		return true
	}
	return false
}

func (p *ScopePattern) matchAny(scopes []string) bool {
	for _, s := range scopes {
		if p.Match(s) {
			return true
		}
	}
	return false
}

// Match reports whether the one scope, such as "/Madrid/Gardens", matches.
func (p *ScopePattern) Match(scope string) bool {
	rest, more := strings.TrimPrefix(scope, "/"), scope != "" && scope != "/"
	for _, want := range p.Levels {
		if !more {
			return false
		}
		var level string
		level, rest, more = strings.Cut(rest, "/")
		if want != "+" && want != level {
			return false
		}
	}
	return p.Tree || !more
}

// Prefixes gives one scope prefix for each alternative, such that every
// selected entity has a scope that begins with one of them. An empty prefix
// begins every scope.
func (x *ScopeExpr) Prefixes() []string {
	if x == nil {
		return nil
	}
	out := make([]string, len(x.Any))
	for i, all := range x.Any {
		for k := range all {
			if p := all[k].prefix(); len(p) > len(out[i]) {
				out[i] = p
			}
		}
	}
	return out
}

func (p *ScopePattern) prefix() string {
	var b strings.Builder
	for _, l := range p.Levels {
		if l == "+" {
			break
		}
		b.WriteByte('/')
		b.WriteString(l)
	}
	return b.String()
}
