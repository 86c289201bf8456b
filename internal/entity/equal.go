package entity

import (
	"bytes"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// SameContent reports whether i and j say the same: kind, value (numbers by
// value, objects without regard to order), unit, observation time, expiry and
// sub-attributes. Times and places of storage do not count. It is what decides
// whether an update "changed" something (CIM 009, 5.8.6).
func (i *Instance) SameContent(j *Instance) bool {
	if i.Name != j.Name || i.Dataset != j.Dataset || i.Kind != j.Kind || i.Unit != j.Unit ||
		i.ObservedAt != j.ObservedAt || i.ExpiresAt != j.ExpiresAt ||
		len(i.Subs) != len(j.Subs) || len(i.More) != len(j.More) {
		return false
	}
	if !SameJSON(i.Value, j.Value) {
		return false
	}
	for k := range i.More {
		other, ok := findMember(j.More, i.More[k].Name)
		if !ok || !SameJSON(i.More[k].Raw, other) {
			return false
		}
	}
	for k := range i.Subs {
		other := findInstance(j.Subs, i.Subs[k].Name, i.Subs[k].Dataset)
		if other < 0 || !i.Subs[k].SameContent(&j.Subs[other]) {
			return false
		}
	}
	return true
}

// SameJSON reports whether a and b are the same JSON value; numbers compare
// by value and objects without regard to order.
func SameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := jsontree.Parse(a, jsontree.Limits{})
	if err != nil {
		return false
	}
	y, err := jsontree.Parse(b, jsontree.Limits{})
	if err != nil {
		return false
	}
	return x.Equal(y)
}

func findMember(ms []Member, name string) ([]byte, bool) {
	for k := range ms {
		if ms[k].Name == name {
			return ms[k].Raw, true
		}
	}
	return nil, false
}

func findInstance(is []Instance, name Name, dataset string) int {
	for k := range is {
		if is[k].Name == name && is[k].Dataset == dataset {
			return k
		}
	}
	return -1
}
