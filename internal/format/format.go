// Package format holds what the file formats below it share: what a file says
// of itself. Each format is a package of its own that writes one thing after
// the other, so that a file of any length takes the same memory.
package format

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// About is what a file says of itself: it travels on without the page that it
// came from.
type About struct {
	Title      string
	Publisher  string
	Licence    string // its title
	LicenceURL string
	Source     string         // address of the dataset
	At         entity.Instant // when it was made
	Valid      entity.Instant // the moment whose state it holds; zero is that of At
	Language   string         // of the title and the note
	Synthetic  bool           // nothing in it is real
	Note       string         // said in words, where a format has room for it
}

// Column is one attribute of a file.
type Column struct {
	Name  entity.Name // the attribute
	Short string      // its heading, unique in the file
	Unit  string      // UN/CEFACT code, "" if none
	Texts bool        // one text in several languages
	// Type is the sort of value that was met: number, text, boolean ... It
	// promises nothing about the values that come.
	Type string
}

// Observed gives the newest observation of e, zero if there is none.
func Observed(e *entity.Entity) entity.Instant {
	at := entity.Instant(0)
	for i := range e.Attrs {
		at = max(at, e.Attrs[i].ObservedAt)
	}
	return at
}

// Chosen gives the instance that stands for an attribute where there is room
// for one: the default instance, else the first; nil if e has none.
func Chosen(e *entity.Entity, name entity.Name) *entity.Instance {
	var first *entity.Instance
	for i := range e.Attrs {
		if e.Attrs[i].Name != name {
			continue
		}
		if e.Attrs[i].Dataset == "" {
			return &e.Attrs[i]
		}
		if first == nil {
			first = &e.Attrs[i]
		}
	}
	return first
}

// Text gives the JSON string in raw, false for anything else.
func Text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	n, err := jsontree.Parse(raw, jsontree.Limits{})
	return n.Str(), err == nil
}
