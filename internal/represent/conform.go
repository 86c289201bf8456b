package represent

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
)

// Version is a version of the specification that an answer is to conform to
// (CIM 009, 4.3.6.8). The zero Version is the one that is implemented.
type Version uint8

// Newest is the version that is implemented: 1.9.
const Newest Version = 10

// ParseVersion reads "1.5". A version that is newer than the one implemented
// gives that one, which is what the answer will conform to. It is false for
// what is not of the form major.minor.
func ParseVersion(s string) (Version, bool) {
	major, minor, ok := strings.Cut(s, ".")
	a, err1 := strconv.ParseUint(major, 10, 16)
	b, err2 := strconv.ParseUint(minor, 10, 16)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return 0, false
	case a == 0:
		return 1, true // nothing is older than 1.0
	case a > 1 || b >= uint64(Newest):
		return Newest, true
	}
	return Version(b) + 1, true
}

// String gives "1.5".
func (x Version) String() string {
	if x == 0 {
		x = Newest
	}
	return "1." + strconv.Itoa(int(x)-1)
}

// before reports whether x is older than 1.minor.
func (x Version) before(minor Version) bool { return x != 0 && x-1 < minor }

// The minor versions that brought something (CIM 009, tables 4.3.6.8-1 to -3).
const (
	manySince     = 3 // several types; datasetId, observedAt, unitCode
	languageSince = 4 // LanguageProperty; scope
	kindsSince    = 8 // JsonProperty, VocabProperty, ListProperty, ListRelationship; objectType
	expirySince   = 9 // expiresAt; valueType
)

// amended notes that the answer is not what the newest version has.
func (v *View) amended() {
	if v.Amended != nil {
		*v.Amended = true
	}
}

// conformHead gives e with type and scope as the version asked for has them.
func (v *View) conformHead(e *entity.Entity) *entity.Entity {
	out := *e
	if v.Version.before(manySince) && len(e.Types) > 1 {
		if out.Types = e.Types[:1]; v.showsType() {
			v.amended()
		}
	}
	if v.Version.before(languageSince) && len(e.Scopes) > 0 {
		if out.Scopes = nil; v.showsScope() {
			v.amended()
		}
	}
	if v.Version.before(expirySince) && e.ExpiresAt != 0 {
		if out.ExpiresAt = 0; v.SysAttrs {
			v.amended()
		}
	}
	return &out
}

// conformGroup gives those instances of one attribute that are shown, as the
// version asked for has them: only one where it knows no datasets.
func (v *View) conformGroup(is []entity.Instance) []entity.Instance {
	out := make([]entity.Instance, 0, len(is))
	one := 0
	for k := range is {
		if !v.keeps(is[k].Dataset) {
			continue
		}
		if is[k].Dataset == "" {
			one = len(out)
		}
		out = append(out, v.conform(is[k]))
	}
	if v.Version.before(manySince) && len(out) > 1 {
		out = out[one : one+1]
		v.amended()
	}
	return out
}

// conform gives an instance as the version asked for has it; sub-attributes
// are left to when they are shown.
func (v *View) conform(i entity.Instance) entity.Instance {
	changed := v.conformKind(&i)
	if v.Version.before(manySince) {
		changed = changed || v.Form != Simplified && (i.Dataset != "" || i.ObservedAt != 0 || i.Unit != "")
		i.Dataset, i.ObservedAt, i.Unit = "", 0, ""
	}
	if v.Version.before(expirySince) {
		changed = changed || v.Form != Simplified && v.SysAttrs && i.ExpiresAt != 0
		i.ExpiresAt = 0
		if kept := slices.DeleteFunc(slices.Clone(i.More), v.tooNew); len(kept) < len(i.More) {
			i.More = kept
			changed = changed || v.Form != Simplified
		}
	}
	if changed {
		v.amended()
	}
	return i
}

// tooNew reports whether the version asked for does not know m.
func (v *View) tooNew(m entity.Member) bool {
	return m.Name == "valueType" || m.Name == "objectType" && v.Version.before(kindsSince)
}

// conformKind makes a kind that the version asked for does not know a
// Property or Relationship, and reports whether that shows.
func (v *View) conformKind(i *entity.Instance) (shows bool) {
	null := false
	if i.Kind != entity.Null {
		null = bytes.Equal(i.Value, nullOf(nil, i.Kind)) // of what was deleted
	}
	switch i.Kind {
	case entity.LanguageProperty:
		if !v.Version.before(languageSince) || v.Languages != nil { // then it is shown as a Property anyway
			return false
		}
	case entity.JSONProperty, entity.VocabProperty, entity.ListProperty, entity.ListRelationship:
		if !v.Version.before(kindsSince) {
			return false
		}
	default:
		return false
	}
	was := i.Kind
	i.Kind = entity.Property
	switch {
	case null:
		i.Value = nullOf(nil, entity.Property)
	case was == entity.VocabProperty:
		i.Value = v.value(nil, &entity.Instance{Kind: was, Value: i.Value})
	case was == entity.ListRelationship:
		i.Value = flatObjects(nil, i.Value)
	}
	if was == entity.ListRelationship {
		i.Kind = entity.Relationship
	}
	return v.Form != Simplified || was != entity.ListProperty && was != entity.ListRelationship
}

// conformRuns does for histories what conformGroup does for a state.
func (v *View) conformRuns(runs []Run) []Run {
	if v.Version.before(manySince) && len(runs) > 1 {
		one := 0
		for k := range runs {
			if runs[k].Dataset == "" {
				one = k
				break
			}
		}
		runs = runs[one : one+1]
		v.amended()
	}
	out := make([]Run, len(runs))
	for k, r := range runs {
		out[k] = r
		if v.Version.before(manySince) && r.Dataset != "" {
			out[k].Dataset = ""
			if r.made != nil {
				made := *r.made
				made.Dataset, out[k].made = "", &made
			}
			v.amended()
		}
		out[k].Points = make([]entity.Instance, len(r.Points))
		for p := range r.Points {
			out[k].Points[p] = v.conform(r.Points[p])
		}
	}
	return out
}
