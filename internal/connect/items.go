package connect

import (
	"fmt"
	"strings"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// MaxItems bounds the items of one payload.
const MaxItems = 200_000

// itemStep is one step on the way to the items: a member, or (each) all items
// of an array, or (members) all members of an object.
type itemStep struct {
	name          string
	each, members bool
}

// parseItems reads a path such as "results", "results[].times[]", "data.*" or
// "[]". The last array is gone through even without brackets.
func parseItems(s string) ([]itemStep, error) {
	var out []itemStep
	if s == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ".") {
		name, each := strings.CutSuffix(part, "[]")
		switch {
		case name == "*" && !each:
			out = append(out, itemStep{members: true})
			continue
		case strings.ContainsAny(name, "[]*") || name == "" && !(each && len(out) == 0):
			return nil, fmt.Errorf("items: %.80q is not a path such as results, data.* or results[].times[]", s)
		}
		if name != "" {
			out = append(out, itemStep{name: name})
		}
		if each {
			out = append(out, itemStep{each: true})
		}
	}
	if len(out) > 16 {
		return nil, fmt.Errorf("items: the path has more than 16 steps")
	}
	return out, nil
}

// found is one item with what it stands in.
type found struct {
	item, parent jsontree.Node
	key          string
}

// maxParent bounds what is kept of what an item stood in.
const maxParent = 16 << 10

// payload makes a payload of the item alone.
func (f found) payload(topic string) Payload {
	p := Payload{Data: f.item.Raw(), Topic: topic, Item: true, Key: f.key}
	if !f.parent.IsNull() {
		if raw := f.parent.Raw(); len(raw) <= maxParent {
			p.Parent = raw
		}
	}
	return p
}

// findItems walks the path. JSON in a string on the way is opened.
func findItems(doc jsontree.Node, path []itemStep) ([]found, error) {
	w := &itemWalk{}
	if err := w.walk(found{item: doc}, path, ""); err != nil {
		return nil, err
	}
	return w.out, nil
}

type itemWalk struct{ out []found }

func (w *itemWalk) add(f found) error {
	if len(w.out) >= MaxItems {
		return fmt.Errorf("the payload has more than %d items", MaxItems)
	}
	w.out = append(w.out, f)
	return nil
}

func (w *itemWalk) walk(f found, path []itemStep, where string) error {
	f.item = opened(f.item)
	if len(path) == 0 {
		if f.item.Kind() != jsontree.Array {
			return w.add(f)
		}
		for _, v := range f.item.Items() {
			if err := w.add(found{opened(v), f.parent, f.key}); err != nil {
				return err
			}
		}
		return nil
	}
	st, rest := path[0], path[1:]
	switch {
	case st.each:
		if f.item.Kind() != jsontree.Array {
			return fmt.Errorf("at %q there is a value of type %s, not an array", where, f.item.Kind())
		}
		for _, v := range f.item.Items() {
			if err := w.into(found{opened(v), f.parent, f.key}, rest, where+"[]"); err != nil {
				return err
			}
		}
	case st.members:
		if f.item.Kind() != jsontree.Object {
			return fmt.Errorf("at %q there is a value of type %s, not an object", where, f.item.Kind())
		}
		for name, v := range f.item.Members() {
			if err := w.into(found{opened(v), f.parent, name}, rest, where+".*"); err != nil {
				return err
			}
		}
	default:
		next, ok := f.item.Get(st.name)
		if !ok {
			return fmt.Errorf("there is no member %q at %q", st.name, where)
		}
		return w.walk(found{next, f.parent, f.key}, rest, strings.TrimPrefix(where+"."+st.name, "."))
	}
	return nil
}

// into goes on inside an item of a list: it becomes the parent of what is
// further down, unless it is an item itself.
func (w *itemWalk) into(f found, rest []itemStep, where string) error {
	if len(rest) == 0 {
		return w.add(f)
	}
	f.parent = f.item
	return w.walk(f, rest, where)
}

// opened gives the value of a text that is the JSON of an object or an array.
func opened(n jsontree.Node) jsontree.Node {
	if n.Kind() != jsontree.String {
		return n
	}
	s := strings.TrimSpace(n.Str())
	if s == "" || s[0] != '{' && s[0] != '[' {
		return n
	}
	if v, err := jsontree.Parse([]byte(s), jsontree.Limits{}); err == nil {
		return v
	}
	return n
}

// unpackAt opens the JSON text at a path of n.
func unpackAt(n jsontree.Node, path []step) jsontree.Node {
	if len(path) == 0 {
		return opened(n)
	}
	v, ok := n.Get(path[0].name)
	if !ok {
		return n
	}
	return n.With(path[0].name, unpackAt(v, path[1:]))
}

// Count tells how many items a payload holds.
func (m *Mapping) Count(data []byte) (int, error) {
	_, items, err := m.take(Payload{Data: data})
	return len(items), err
}
