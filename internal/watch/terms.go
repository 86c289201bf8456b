package watch

import "github.com/beffroi/beffroi/internal/problem"

// recorder notes what Names answered, so that a subscription that is read
// back needs no @context any more. In an update the members that stay keep the
// meaning that they had, whatever the @context of the update (CIM 009, 5.8.2,
// 5.5.7); so one name may mean two things in one subscription, and is then
// noted with the member that it stands in.
type recorder struct {
	names  Names  // nil when it is read back: then only what was noted counts
	member string // of the subscription, that is being read

	terms, vocab map[string]string // what is noted

	// old and oldVocab are what was noted before an update, which stays says
	// of which members.
	old, oldVocab map[string]string
	stays         func(member string) bool
}

// noted finds what a name in a member was noted to mean.
func noted(in map[string]string, member, name string) (string, bool) {
	if iri, ok := in[member+" "+name]; ok { // no name has a space in it
		return iri, true
	}
	iri, ok := in[name]
	return iri, ok
}

func note(in map[string]string, member, name, iri string) {
	if was, ok := in[name]; ok && was != iri {
		name = member + " " + name
	}
	in[name] = iri
}

// ExpandTerm expands and notes the name of a type or an attribute.
func (r *recorder) ExpandTerm(t string) (string, error) {
	if r.names == nil {
		if iri, ok := noted(r.terms, r.member, t); ok {
			return iri, nil
		}
		return "", problem.New(problem.BadRequestData, "the term %q was not kept with the subscription", t)
	}
	iri, ok := "", false
	if r.stays != nil && r.stays(r.member) {
		iri, ok = noted(r.old, r.member, t)
	}
	if !ok {
		var err error
		if iri, err = r.names.ExpandTerm(t); err != nil {
			return iri, err
		}
	}
	note(r.terms, r.member, t, iri)
	return iri, nil
}

// ExpandVocab expands and notes a value.
func (r *recorder) ExpandVocab(v string) string {
	if r.names == nil {
		if iri, ok := noted(r.vocab, r.member, v); ok {
			return iri
		}
		return v
	}
	iri, ok := "", false
	if r.stays != nil && r.stays(r.member) {
		iri, ok = noted(r.oldVocab, r.member, v)
	}
	if !ok {
		iri = r.names.ExpandVocab(v)
	}
	note(r.vocab, r.member, v, iri)
	return iri
}
