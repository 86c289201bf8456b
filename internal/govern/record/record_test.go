package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/contexts"
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store"
	"github.com/beffroi/beffroi/internal/store/memstore"
)

// desk is a store with a broker and records over it.
type desk struct {
	t   *testing.T
	st  store.Driver
	b   *broker.Broker
	s   *Service
	now entity.Instant
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, now: 1_780_000_000_000_000}
	d.st = memstore.New(memstore.Options{TwiceApply: true, Clock: func() time.Time { return d.now.Time() }})
	d.b = broker.New(d.st, broker.Options{Now: func() entity.Instant { return d.now }, Guard: Guard})
	d.s = New(Options{Broker: d.b})
	return d
}

func steward() Call {
	return Call{By: access.Caller{Account: "ada", Role: access.Steward}}
}

func (d *desk) create(c Call, draft Draft) *Record {
	d.t.Helper()
	r, err := d.s.Create(d.t.Context(), c, draft)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

type wish struct {
	Title    map[string]string `json:"title"`
	State    string            `json:"state"`
	Datasets []string          `json:"datasets,omitempty"`
	Votes    int               `json:"votes"`
	Details  map[string]any    `json:"details,omitempty"`
}

func someWish() wish {
	return wish{Title: map[string]string{"fr": "Arbres", "nl": "Bomen", "en": "Trees"}, State: "open", Votes: 3,
		Datasets: []string{"urn:ngsi-ld:Dataset:trees"}, Details: map[string]any{"why": "shade"}}
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	d := newDesk(t)
	r := d.create(steward(), Draft{Kind: Wish, Name: "trees", Value: someWish()})
	if r.ID() != "urn:ngsi-ld:DataRequest:trees" || r.Created != d.now || r.Closed != 0 {
		t.Errorf("%+v", r)
	}
	got, err := d.s.Get(t.Context(), Call{}, Wish, "trees")
	if err != nil {
		t.Fatal(err)
	}
	var w wish
	if err := got.Into(&w); err != nil || fmt.Sprint(w) != fmt.Sprint(someWish()) {
		t.Errorf("%v, %+v", err, w)
	}
	// One member is one attribute, of the type that fits.
	e, err := d.b.Entity(t.Context(), broker.Call{}, r.ID())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]entity.Kind{"title": entity.LanguageProperty, "state": entity.Property, "datasets": entity.Relationship, "votes": entity.Property, "details": entity.JSONProperty}
	for name, kind := range want {
		if a, ok := e.Attr(Term(name), ""); !ok || a.Kind != kind {
			t.Errorf("%s is %+v, want a %s", name, a, kind)
		}
	}
	if len(e.Attrs) != len(want) || e.Types[0] != Wish.Info().Type {
		t.Errorf("%+v", e)
	}
}

func TestAChangeTouchesWhatDiffers(t *testing.T) {
	d := newDesk(t)
	d.create(steward(), Draft{Kind: Wish, Name: "trees", Value: someWish()})
	d.now += 60_000_000
	change := func(f func(*wish)) *Record {
		t.Helper()
		r, err := d.s.Change(t.Context(), steward(), Wish, "trees", func(r *Record) error {
			var w wish
			if err := r.Into(&w); err != nil {
				return err
			}
			f(&w)
			return r.Set(w)
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := change(func(w *wish) { w.State, w.Details = "answered", nil })
	if r.Changed != d.now || !strings.Contains(string(r.JSON()), `"answered"`) || strings.Contains(string(r.JSON()), "details") {
		t.Errorf("%+v %s", r, r.JSON())
	}
	d.now += 60_000_000
	if r = change(func(*wish) {}); r.Changed == d.now {
		t.Error("a change of nothing was written")
	}
	ev, err := d.b.History(t.Context(), broker.Call{}, r.ID(), store.Window{Clock: store.ModifiedAt})
	if err != nil {
		t.Fatal(err)
	}
	n := map[entity.Name]int{}
	for _, s := range ev.Series {
		n[s.Name] = len(s.Points)
		if o := d.st.OriginByID(s.Points[0].Origin); o.Account != "ada" || o.Source != WriterName {
			t.Errorf("%s came from %+v", s.Name, o)
		}
	}
	if n[Term("state")] != 2 || n[Term("votes")] != 1 || n[Term("details")] != 2 {
		t.Errorf("points: %v", n)
	}
}

func TestChangesDoNotCrossOut(t *testing.T) {
	d := newDesk(t)
	d.create(steward(), Draft{Kind: Wish, Name: "trees", Value: wish{State: "open"}})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := d.s.Change(t.Context(), steward(), Wish, "trees", func(r *Record) error {
				var w wish
				err := r.Into(&w)
				w.Votes++
				return errors.Join(err, r.Set(w))
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	r, err := d.s.Get(t.Context(), Call{}, Wish, "trees")
	var w wish
	if err != nil || r.Into(&w) != nil || w.Votes != 20 {
		t.Errorf("%v, %d votes of 20", err, w.Votes)
	}
}

func TestAClosedRecordIsChangedByNobody(t *testing.T) {
	d := newDesk(t)
	d.create(steward(), Draft{Kind: Decision, Name: "one", Value: wish{State: "granted"}})
	r, err := d.s.Close(t.Context(), steward(), Decision, "one")
	if err != nil || r.Closed != d.now {
		t.Fatalf("%v, %+v", err, r)
	}
	d.now++
	if r, err = d.s.Close(t.Context(), steward(), Decision, "one"); err != nil || r.Closed == d.now {
		t.Errorf("closing twice: %v, %+v", err, r)
	}
	d.create(steward(), Draft{Kind: Decision, Name: "two", Value: wish{State: "granted"}, Closed: true})
	admin := Call{By: access.Caller{Account: "root", Role: access.Administrator}}
	for _, name := range []string{"one", "two"} {
		_, err := d.s.Change(t.Context(), admin, Decision, name, func(r *Record) error { return r.Set(wish{State: "refused"}) })
		if !problem.Is(err, problem.OperationNotSupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.s.Close(t.Context(), steward(), Agent, "x"); !problem.Is(err, problem.InternalError) {
		t.Errorf("an agent was closed: %v", err)
	}
}

func TestWhoReadsGuardedRecords(t *testing.T) {
	d := newDesk(t)
	r := d.create(Call{}, Draft{Kind: Request, Value: wish{State: "received"}}) // a stranger hands it in
	if len(r.Name) != 32 {
		t.Errorf("its name can be guessed: %s", r.Name)
	}
	const fine = problem.InternalError // stands for none
	for name, tt := range map[string]struct {
		c    Call
		want problem.Kind
	}{
		"a stranger":       {Call{}, problem.Unauthenticated},
		"a reader":         {Call{By: access.Caller{Account: "bob", Role: access.Reader}}, problem.Forbidden},
		"an editor":        {Call{By: access.Caller{Account: "bob", Role: access.Editor}}, problem.Forbidden},
		"a steward":        {steward(), fine},
		"an administrator": {Call{By: access.Caller{Account: "root", Role: access.Administrator}}, fine},
		"the desk itself":  {Call{Desk: true}, fine},
	} {
		_, get := d.s.Get(t.Context(), tt.c, Request, r.Name)
		_, list := d.s.List(t.Context(), tt.c, Ask{Kind: Request})
		_, change := d.s.Change(t.Context(), tt.c, Request, r.Name, func(*Record) error { return nil })
		for _, err := range []error{get, list, change} {
			if tt.want == fine && err != nil || tt.want != fine && !problem.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
	}
	for _, layer := range []string{"", string(Stewards)} {
		if _, err := d.b.Entity(t.Context(), broker.Call{Space: store.Space{Layer: layer}}, r.ID()); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("layer %q has it: %v", layer, err)
		}
	}
}

func TestListIsInOrderOfCreation(t *testing.T) {
	d := newDesk(t)
	if rs, err := d.s.List(t.Context(), steward(), Ask{Kind: Notice}); err != nil || len(rs) != 0 {
		t.Errorf("before there is any: %v, %v", rs, err)
	}
	for _, name := range []string{"c", "a", "b"} {
		d.create(steward(), Draft{Kind: Notice, Name: name, Value: wish{State: name}})
	}
	names := func(a Ask) string {
		t.Helper()
		rs, err := d.s.List(t.Context(), steward(), a)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range rs {
			out = append(out, r.Name)
		}
		return strings.Join(out, " ")
	}
	all := names(Ask{Kind: Notice})
	if all != "c a b" {
		t.Errorf("all: %s", all)
	}
	first, err := d.s.Get(t.Context(), steward(), Notice, "c")
	if err != nil {
		t.Fatal(err)
	}
	for want, a := range map[string]Ask{"a b": {Kind: Notice, After: first.Number}, "c a": {Kind: Notice, Limit: 2},
		"b": {Kind: Notice, Where: func(r *Record) bool { return r.Name == "b" }}, "": {Kind: Letter}} {
		if got := names(a); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatCannotBeARecord(t *testing.T) {
	d := newDesk(t)
	d.create(steward(), Draft{Kind: Wish, Name: "there", Value: wish{}})
	for name, tt := range map[string]struct {
		c     Call
		draft Draft
		want  problem.Kind
	}{
		"one that is there":         {steward(), Draft{Kind: Wish, Name: "there", Value: wish{}}, problem.AlreadyExists},
		"a bad name":                {steward(), Draft{Kind: Wish, Name: "Été", Value: wish{}}, problem.BadRequestData},
		"no kind":                   {steward(), Draft{Name: "x", Value: wish{}}, problem.InternalError},
		"a word that is no term":    {steward(), Draft{Kind: Wish, Value: map[string]any{"colour": 1}}, problem.InternalError},
		"a text where languages go": {steward(), Draft{Kind: Wish, Value: map[string]any{"title": "x"}}, problem.InternalError},
		"a link that is no id":      {steward(), Draft{Kind: Wish, Value: map[string]any{"dataset": "trees"}}, problem.InternalError},
		"our own mark":              {steward(), Draft{Kind: Wish, Value: map[string]any{"closedAt": "2026-01-01T00:00:00Z"}}, problem.InternalError},
		"what is never closed":      {steward(), Draft{Kind: Agent, Value: wish{}, Closed: true}, problem.InternalError},
		"a tenant that is not":      {Call{Tenant: "nowhere"}, Draft{Kind: Request, Value: wish{}}, problem.NonexistentTenant},
	} {
		if _, err := d.s.Create(t.Context(), tt.c, tt.draft); problem.KindOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, k := range []Kind{Wish, Letter} {
		if _, err := d.s.Change(t.Context(), steward(), k, "absent", func(*Record) error { return nil }); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("change of an absent %s: %v", k, err)
		}
		if _, err := d.s.Get(t.Context(), steward(), k, "absent"); !problem.Is(err, problem.ResourceNotFound) {
			t.Errorf("get of an absent %s: %v", k, err)
		}
	}
}

// Every operation of the broker that writes, tried on records by somebody else
// than this package.
func TestNoDoorWritesRecords(t *testing.T) {
	typ := Decision.Info().Type
	attr := func(name string) entity.Instance {
		return entity.Instance{Name: Term(name), Kind: entity.Property, Value: []byte(`"x"`), ObservedAt: 1}
	}
	frag := func(id string) entity.Fragment {
		return entity.Fragment{ID: entity.ID(id), Types: []entity.Name{typ}, Attrs: []entity.Instance{attr("state")}}
	}
	first := func(out []broker.Outcome, err error) error {
		if err != nil || len(out) == 0 {
			return err
		}
		return out[0].Err
	}
	for _, id := range []string{"urn:ngsi-ld:Decision:open", "urn:ngsi-ld:Decision:shut"} {
		fs := []entity.Fragment{frag(id)}
		old := fs[0]
		old.Attrs = []entity.Instance{attr("note")}
		doors := map[string]func(d *desk, c broker.Call) error{
			"create": func(d *desk, c broker.Call) error {
				return d.b.Create(t.Context(), c, frag("urn:ngsi-ld:Decision:new"))
			},
			"a type of ours nobody knows": func(d *desk, c broker.Call) error {
				return d.b.Create(t.Context(), c, entity.Fragment{ID: "urn:x", Types: []entity.Name{Namespace + "Odd"}})
			},
			"a type added": func(d *desk, c broker.Call) error {
				_, err := d.b.Append(t.Context(), c, entity.Fragment{ID: "urn:ngsi-ld:Tree:1", Types: []entity.Name{typ}}, true)
				return err
			},
			"append": func(d *desk, c broker.Call) error { _, err := d.b.Append(t.Context(), c, old, true); return err },
			"update": func(d *desk, c broker.Call) error { _, err := d.b.Update(t.Context(), c, fs[0]); return err },
			"partial": func(d *desk, c broker.Call) error {
				return d.b.Partial(t.Context(), c, fs[0].ID, entity.Patch{Name: Term("state"), Value: []byte(`"y"`)})
			},
			"merge":       func(d *desk, c broker.Call) error { return d.b.Merge(t.Context(), c, fs[0], entity.MergeOptions{}) },
			"replace":     func(d *desk, c broker.Call) error { return d.b.Replace(t.Context(), c, fs[0]) },
			"replaceAttr": func(d *desk, c broker.Call) error { return d.b.ReplaceAttr(t.Context(), c, fs[0].ID, attr("state")) },
			"deleteAttr": func(d *desk, c broker.Call) error {
				return d.b.DeleteAttr(t.Context(), c, fs[0].ID, Term("state"), "", true)
			},
			"delete": func(d *desk, c broker.Call) error { return d.b.Delete(t.Context(), c, fs[0].ID) },
			"createMany": func(d *desk, c broker.Call) error {
				return first(d.b.CreateMany(t.Context(), c, []entity.Fragment{frag("urn:n")}))
			},
			"upsertMany": func(d *desk, c broker.Call) error {
				return first(d.b.UpsertMany(t.Context(), c, fs, broker.UpsertReplace))
			},
			"updateMany": func(d *desk, c broker.Call) error { return first(d.b.UpdateMany(t.Context(), c, fs, true)) },
			"mergeMany": func(d *desk, c broker.Call) error {
				return first(d.b.MergeMany(t.Context(), c, fs, entity.MergeOptions{}))
			},
			"deleteMany": func(d *desk, c broker.Call) error {
				return first(d.b.DeleteMany(t.Context(), c, []entity.ID{fs[0].ID}))
			},
			"ingest":  func(d *desk, c broker.Call) error { return first(d.b.Ingest(t.Context(), c, fs)) },
			"load":    func(d *desk, c broker.Call) error { return first(d.b.Load(t.Context(), c, fs)) },
			"history": func(d *desk, c broker.Call) error { return first(d.b.AddHistory(t.Context(), c, fs, false)) },
			"history that is old": func(d *desk, c broker.Call) error {
				f := fs[0]
				f.Attrs = []entity.Instance{{Name: Term("note"), Kind: entity.Null, DeletedAt: 1}}
				return first(d.b.AddHistory(t.Context(), c, []entity.Fragment{f}, false))
			},
			"forgetEntity": func(d *desk, c broker.Call) error { return d.b.ForgetEntity(t.Context(), c, fs[0].ID) },
			"forgetAttr": func(d *desk, c broker.Call) error {
				return d.b.ForgetAttr(t.Context(), c, fs[0].ID, Term("state"), "", true)
			},
			"modifyInstance": func(d *desk, c broker.Call) error {
				return d.b.ModifyInstance(t.Context(), c, fs[0].ID, attr("state"), d.placeOf(fs[0].ID))
			},
			"forgetInstance": func(d *desk, c broker.Call) error {
				return d.b.ForgetInstance(t.Context(), c, fs[0].ID, Term("state"), d.placeOf(fs[0].ID))
			},
		}
		for name, door := range doors {
			for _, source := range []string{"", "mqtt-feed", "beffroi:catalogue"} {
				d := newDesk(t)
				d.create(steward(), Draft{Kind: Decision, Name: "open", Value: wish{State: "x"}})
				d.create(steward(), Draft{Kind: Decision, Name: "shut", Value: wish{State: "x"}, Closed: true})
				if err := d.b.Create(t.Context(), broker.Call{}, entity.Fragment{ID: "urn:ngsi-ld:Tree:1", Types: []entity.Name{"urn:Tree"}}); err != nil {
					t.Fatal(err)
				}
				err := door(d, broker.Call{Origin: store.Origin{Account: "root", Source: source}})
				if !problem.Is(err, problem.OperationNotSupported) {
					t.Errorf("%s of %s by %q: %v", name, id, source, err)
				}
			}
		}
	}
}

func (d *desk) placeOf(id entity.ID) broker.Place {
	e, err := d.b.Entity(d.t.Context(), broker.Call{}, id)
	if err != nil {
		d.t.Fatal(err)
	}
	a, _ := e.Attr(Term("state"), "")
	return broker.Place{Part: e.Part, At: a.At, Ordinal: a.Ordinal}
}

func TestTheRefusalNamesTheCall(t *testing.T) {
	for _, k := range Kinds() {
		err := Guard(broker.Call{}, nil, &entity.Entity{ID: k.Kind.ID("x"), Types: []entity.Name{k.Type}})
		if !problem.Is(err, problem.OperationNotSupported) || !strings.Contains(problem.DetailOf(err), k.Call) {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
}

// Nobody else than this package puts anything into a guarded layer, of
// whatever type.
func TestGuardedLayersHoldRecordsAlone(t *testing.T) {
	d := newDesk(t)
	for _, l := range []Layer{Persons, Stewards} {
		err := d.b.Create(t.Context(), broker.Call{Space: store.Space{Layer: string(l)}}, entity.Fragment{ID: "urn:x", Types: []entity.Name{"urn:T"}})
		if !problem.Is(err, problem.OperationNotSupported) {
			t.Errorf("layer %s: %v", l, err)
		}
	}
}

func TestKindsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if k.Name == "" || !strings.HasPrefix(string(k.Type), Namespace) || !strings.HasPrefix(k.Call, "/api/") || seen[k.Name] || seen[string(k.Type)] {
			t.Errorf("%+v", k)
		}
		seen[k.Name], seen[string(k.Type)] = true, true
		if err := CheckName(k.Name); err != nil {
			t.Error(err)
		}
		if back, ok := ofType(k.Type); !ok || back != k.Kind {
			t.Errorf("%s is found as %s", k.Name, back)
		}
	}
}

func TestTermsAreInOrder(t *testing.T) {
	var names []string
	for line := range strings.Lines(termsText) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			names = append(names, f[0])
			if len(f) < 2 || !slices.Contains([]string{"value", "lang", "link", "type"}, f[1]) {
				t.Errorf("%q", line)
			}
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("terms.txt is not in order, or has a name twice")
	}
	if len(shortNames()) != len(vocabulary()) {
		t.Error("two terms have the same IRI")
	}
}

// The document is a @context that our own compiler reads, and gives each term
// the IRI that the records have.
func TestTheContextIsOne(t *testing.T) {
	if err := contexts.Check(Context, ContextJSON()); err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds() {
		if !strings.Contains(string(ContextJSON()), string(k.Type)) {
			t.Errorf("no %s", k.Type)
		}
	}
}

func TestErase(t *testing.T) {
	d := newDesk(t)
	var forgot []entity.ID
	d.s = New(Options{Broker: d.b, Forget: func(s store.Space, id entity.ID) { forgot = append(forgot, id) }})
	ctx := t.Context()
	r := d.create(Call{}, Draft{Kind: Request, Value: wish{State: "planted"}})
	stays := d.create(Call{}, Draft{Kind: Request, Value: wish{State: "other"}})
	if _, err := d.s.Close(ctx, steward(), Request, r.Name); err != nil {
		t.Fatal(err)
	}
	d.create(steward(), Draft{Kind: Decision, Name: "one", Value: wish{}})
	if err := d.s.Erase(ctx, Call{}, Request, r.Name); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("a stranger erases: %v", err)
	}
	if err := d.s.Erase(ctx, steward(), Decision, "one"); !problem.Is(err, problem.OperationNotSupported) {
		t.Errorf("a decision is erased: %v", err)
	}
	public := d.create(steward(), Draft{Kind: Wish, Value: wish{State: "words"}})
	if err := d.s.Erase(ctx, Call{}, Wish, public.Name); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("a stranger erases what is public: %v", err)
	}
	if err := d.s.Erase(ctx, steward(), Wish, public.Name); err != nil {
		t.Errorf("words of a person on the board: %v", err)
	}
	forgot = nil
	for range 2 {
		if err := d.s.Erase(ctx, steward(), Request, r.Name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.s.Get(ctx, steward(), Request, r.Name); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("it is there: %v", err)
	}
	if _, err := d.b.History(ctx, broker.Call{Space: store.Space{Layer: string(Persons)}}, r.ID(), store.Window{Clock: store.ModifiedAt}); !problem.Is(err, problem.ResourceNotFound) {
		t.Errorf("its history is there: %v", err)
	}
	rs, _, err := d.st.Read(ctx, store.Cursor{}, 1000)
	if err != nil || strings.Contains(fmt.Sprintf("%+v", rs), string(r.ID())) {
		t.Errorf("the log has it: %v", err)
	}
	if _, err := d.s.Get(ctx, steward(), Request, stays.Name); err != nil {
		t.Error(err)
	}
	if len(forgot) != 2 || forgot[0] != r.ID() {
		t.Errorf("forgot %v", forgot)
	}
}
