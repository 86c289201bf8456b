package duty

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/law"
	"github.com/beffroi/beffroi/internal/problem"
)

// amended gives the text of a set that comes with beffroi, changed.
func amended(t *testing.T, id string, pairs ...string) []byte {
	t.Helper()
	text, err := law.ShippedSource(id)
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("no %q in %s", pairs[i], id)
		}
		s = strings.Replace(s, pairs[i], pairs[i+1], 1)
	}
	return []byte(s)
}

func (o *office) handIn(who string, text []byte) *Import {
	o.t.Helper()
	i, err := o.Import(ctx, as(who), person(who), text, "")
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

// later is hvd with the first duties put off by a year.
func later(t *testing.T) []byte {
	return amended(t, "hvd", `version: "2026-11-25"`, `version: "2027-01-01"`, `from: &applies "2024-06-09"`, `from: &applies "2027-06-09"`)
}

func TestFourEyes(t *testing.T) {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody"})
	o.tell("air", map[string]any{"dataset.environmentalInformation": true})
	i := o.handIn("ann", later(t))
	if i.State != Waiting || o.duty("air", "HVD-3.1") == nil {
		t.Fatalf("it is in force before anybody approved: %+v", i)
	}
	for name, who := range map[string]access.Caller{"herself": person("ann"), "a token": {Account: "token/ann", Role: access.Administrator, Via: access.ViaToken}, "the open door": access.Local(), "nobody": access.Nobody()} {
		if _, err := o.Decide(ctx, as(who.Account), who, i.ID, true, ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s approved: %v", name, err)
		}
	}
	if o.duty("air", "HVD-3.1") == nil {
		t.Fatal("a refused approval had an effect")
	}
	done, err := o.Decide(ctx, as("bob"), person("bob"), i.ID, true, "")
	if err != nil || done.State != Approved || done.DecidedBy != "bob" {
		t.Fatalf("%+v %v", done, err)
	}
	if o.duty("air", "HVD-3.1") != nil {
		t.Error("approved, and the old rule still holds")
	}
	// Another process reads it from the ledger.
	again := New(o.o)
	b, err := again.Book(ctx)
	if err != nil || b.Set("hvd").Version != "2027-01-01" {
		t.Fatalf("%v", err)
	}
	if _, err := o.Decide(ctx, as("bob"), person("bob"), i.ID, false, ""); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("decided twice: %v", err)
	}
	// Back by another import.
	text, err := o.Source(ctx, "hvd", true)
	if err != nil {
		t.Fatal(err)
	}
	back := o.handIn("bob", text)
	if _, err := o.Decide(ctx, as("ann"), person("ann"), back.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if o.duty("air", "HVD-3.1") == nil {
		t.Error("not back")
	}
	all, err := o.Imports(ctx)
	if err != nil || len(all) != 2 || all[0].ID != "hvd-0002" || all[1].State != Approved {
		t.Errorf("the history: %v %v", all, err)
	}
}

func TestImportDiff(t *testing.T) {
	o := newOffice(t)
	o.tell("", map[string]any{"holder.kind": "publicSectorBody"})
	o.tell("air", map[string]any{"dataset.environmentalInformation": true, "dataset.hvdCategory": []any{}})
	i := o.handIn("ann", later(t))
	d, err := o.Diff(ctx, as("bob"), i.ID, today)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Changes) != 7 || d.Changes[0].Fields[0].Field != "version" || d.Changes[1].Fields[0] != (law.FieldChange{Field: "from", Before: "2024-06-09", After: "2027-06-09"}) {
		t.Errorf("%+v", d.Changes)
	}
	e := slices.IndexFunc(d.Effects, func(e Effect) bool { return e.Dataset != nil && e.Dataset.Slug == "air" })
	if e < 0 || d.Effects[e].Before.Applies-d.Effects[e].After.Applies != 6 {
		t.Errorf("%+v", d.Effects)
	}
	next := Asking{Date: deadline.On(2027, time.July, 1)}
	if d, err := o.Diff(ctx, as("bob"), i.ID, next); err != nil || len(d.Effects) != 0 {
		t.Errorf("after the new date nothing differs: %v %v", d, err)
	}
	if _, err := o.Decide(ctx, as("bob"), person("bob"), i.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if d, err := o.Diff(ctx, as("bob"), i.ID, today); err != nil || len(d.Changes) != 7 {
		t.Errorf("what was decided still tells what it changed: %v", err)
	}
}

func TestImportsThatAreRefused(t *testing.T) {
	o := newOffice(t)
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"no rule set":      {[]byte("hello"), ""},
		"unknown fact":     {amended(t, "hvd", "met: dataset.docs", "met: dataset.dox"), "dataset.dox"},
		"rules elsewhere":  {amended(t, "hvd", "id: hvd\n", "id: hvd-two\n"), "HVD-3.1 stands in"},
		"a rule is needed": {amended(t, "gdpr", "id: G-33\n", "id: G-33x\n"), "G-33"},
		"no address":       {amended(t, "hvd", "id: hvd\n", "id: Hvd Two\n"), "slug"},
		"too long":         {append(later(t), []byte("#"+strings.Repeat("x", MaxRuleSet))...), "bytes"},
	} {
		if _, err := o.Import(ctx, as("ann"), person("ann"), c.text, ""); !problem.Is(err, problem.BadRequestData) || !strings.Contains(problem.DetailOf(err), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.Import(ctx, as("ann"), person("ann"), amended(t, "hvd"), ""); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("what is in force: %v", err)
	}
	first := o.handIn("ann", later(t))
	if _, err := o.Import(ctx, as("bob"), person("bob"), later(t), ""); !problem.Is(err, problem.AlreadyExists) {
		t.Errorf("what waits: %v", err)
	}
	// What was looked at must be what is changed.
	other := o.handIn("ann", amended(t, "hvd", `version: "2026-11-25"`, `version: "2026-12-24"`))
	if _, err := o.Decide(ctx, as("bob"), person("bob"), other.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Decide(ctx, as("bob"), person("bob"), first.ID, true, ""); !problem.Is(err, problem.Conflict) {
		t.Errorf("over another text: %v", err)
	}
	if i, err := o.Decide(ctx, as("ann"), person("ann"), first.ID, false, "late"); err != nil || i.State != Refused {
		t.Errorf("who handed it in takes it back: %v", err)
	}
}

// A set that this version cannot take any longer leaves the shipped one in
// force, and is told.
func TestApprovedButUnreadable(t *testing.T) {
	o := newOffice(t)
	at := o.at
	err := o.save(ctx, as("x"), Entry{Kind: KindRuleSet, Name: "hvd-0001"}, Import{ID: "hvd-0001", Set: "hvd", State: Approved, Text: "id: hvd", Decided: &at})
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.Book(ctx)
	if err != nil || b.Set("hvd").Rule("HVD-3.1") == nil {
		t.Fatalf("%v", err)
	}
	if f, _ := o.Faults(ctx); len(f) != 1 || !strings.Contains(f[0], "hvd-0001") {
		t.Errorf("%q", f)
	}
}
