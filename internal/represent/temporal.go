package represent

import (
	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
)

// Run is the history of one attribute instance, oldest first; what has Kind
// Null says that the attribute was deleted.
type Run struct {
	Name    entity.Name
	Dataset string
	Points  []entity.Instance
	// Kind is what the attribute was before the first point, if that is a
	// deletion; Null if it is not known.
	Kind entity.Kind

	made *Aggregated // of a run in aggregated form, which has no Points
}

// AppendEvolution appends an entity with its history in the normalised form
// (CIM 009, 4.5.6 and 4.5.7): each attribute an array of instances. Runs of
// one name must stand together; head has no attributes.
func (v *View) AppendEvolution(dst []byte, head *entity.Entity, runs []Run) []byte {
	return v.evolution(dst, head, runs, func(dst []byte, runs []Run) []byte {
		dst = append(dst, '[')
		for k := range runs {
			if runs[k].Name == entity.ScopeName {
				dst = v.scopePoints(dst, &runs[k])
				continue
			}
			kind := kindOfRun(&runs[k])
			for p := range runs[k].Points {
				i := &runs[k].Points[p]
				if i.Kind != entity.Null {
					kind = i.Kind
				}
				dst = v.point(next(dst), i, kind, head.Part)
			}
		}
		return append(dst, ']')
	})
}

// scopePoints appends the instances of a scope, which have times and nothing
// else (CIM 009, 4.5.6).
func (v *View) scopePoints(dst []byte, r *Run) []byte {
	for p := range r.Points {
		i := &r.Points[p]
		dst = append(next(dst), `{"type":"Property","value":`...)
		dst = scopeValue(dst, i)
		dst = v.rest(dst, &entity.Instance{ObservedAt: i.ObservedAt, CreatedAt: i.CreatedAt, ModifiedAt: i.ModifiedAt, DeletedAt: i.DeletedAt}, true)
	}
	return dst
}

// scopeValue appends a scope, or an array of several (CIM 009, 4.18).
func scopeValue(dst []byte, i *entity.Instance) []byte {
	scopes := entity.ScopesOf(i)
	if len(scopes) == 0 {
		return nullOf(dst, entity.Property)
	}
	return texts(dst, scopes, same)
}

// point appends one instance of history, which has an instanceId.
func (v *View) point(dst []byte, i *entity.Instance, kind entity.Kind, part uint16) []byte {
	dst = v.normalised(dst, i, kind, true)
	if v.NoInstanceIDs || i.At == 0 {
		return dst
	}
	dst = key(dst[:len(dst)-1], "instanceId")
	dst = append(dst, '"')
	dst = appendInstanceID(dst, part, i.At, i.Ordinal)
	return append(dst, '"', '}')
}

// kindOfRun gives the first kind that a run has, for deletions before it.
func kindOfRun(r *Run) entity.Kind {
	if r.Kind != entity.Null {
		return r.Kind
	}
	for k := range r.Points {
		if r.Points[k].Kind != entity.Null {
			return r.Points[k].Kind
		}
	}
	return entity.Property
}

// AppendTemporalValues appends an entity with its history in simplified form
// (CIM 009, 4.5.9): each attribute a list of values and times.
func (v *View) AppendTemporalValues(dst []byte, head *entity.Entity, runs []Run) []byte {
	return v.evolution(dst, head, runs, func(dst []byte, runs []Run) []byte {
		var parts []Run
		for k := range runs {
			parts = splitByKind(parts, &runs[k])
		}
		if len(parts) == 1 {
			return v.values(dst, &parts[0])
		}
		dst = append(dst, '[')
		for k := range parts {
			dst = v.values(next(dst), &parts[k])
		}
		return append(dst, ']')
	})
}

// splitByKind cuts a run where the type of the attribute changed.
func splitByKind(parts []Run, r *Run) []Run {
	from, kind := 0, kindOfRun(r)
	for p := range r.Points {
		if k := r.Points[p].Kind; k != entity.Null && k != kind {
			parts = append(parts, Run{Name: r.Name, Dataset: r.Dataset, Points: r.Points[from:p], Kind: kind})
			from, kind = p, k
		}
	}
	return append(parts, Run{Name: r.Name, Dataset: r.Dataset, Points: r.Points[from:], Kind: kind})
}

// listMember names the member of temporalValues with the list.
func listMember(k entity.Kind) string {
	switch k {
	case entity.Relationship:
		return "objects"
	case entity.LanguageProperty:
		return "languageMaps"
	case entity.VocabProperty:
		return "vocabs"
	case entity.JSONProperty:
		return "jsons"
	case entity.ListProperty:
		return "valueLists"
	case entity.ListRelationship:
		return "objectLists"
	}
	return "values"
}

func (v *View) values(dst []byte, r *Run) []byte {
	k := kindOfRun(r)
	shown := k
	if k == entity.LanguageProperty && v.Languages != nil {
		shown = entity.Property
	}
	dst = v.runHead(dst, r, shown)
	dst = append(key(dst, listMember(shown)), '[')
	for p := range r.Points {
		i := &r.Points[p]
		dst = append(next(dst), '[')
		switch {
		case r.Name == entity.ScopeName:
			dst = scopeValue(dst, i)
		case i.Kind == entity.Null:
			dst = deletedValue(dst, shown)
		default:
			dst = v.simplified(dst, i)
		}
		at := v.Clock.Of(i)
		if at == 0 { // shown because no time was asked about
			at = i.DeletedAt
		}
		if at == 0 {
			at = i.ModifiedAt
		}
		dst = append(dst, ',', '"')
		dst = at.Append(dst)
		dst = append(dst, '"', ']')
	}
	return append(dst, ']', '}')
}

func deletedValue(dst []byte, k entity.Kind) []byte {
	switch k {
	case entity.LanguageProperty, entity.VocabProperty, entity.JSONProperty:
		dst = key(append(dst, '{'), k.Member())
		return append(nullOf(dst, k), '}')
	case entity.ListRelationship:
		return append(dst, `["urn:ngsi-ld:null"]`...)
	}
	return nullOf(dst, k)
}

// runHead opens the object of one run with its type and datasetId.
func (v *View) runHead(dst []byte, r *Run, k entity.Kind) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, k.String()...)
	dst = append(dst, '"')
	if r.Dataset != "" {
		dst = jsontree.AppendString(key(dst, "datasetId"), r.Dataset)
	}
	return dst
}

// Aggregate is what one method made of one run.
type Aggregate struct {
	Method string
	Rows   []AggregateRow
}

// AggregateRow is the result for one period, its end exclusive.
type AggregateRow struct {
	Value    []byte // compact JSON
	From, To entity.Instant
}

// Aggregated is one run and what was made of it.
type Aggregated struct {
	Name    entity.Name
	Dataset string
	Kind    entity.Kind
	Results []Aggregate
}

// AppendAggregated appends an entity in aggregated form (CIM 009, 4.5.19).
// What has the same name must stand together.
func (v *View) AppendAggregated(dst []byte, head *entity.Entity, all []Aggregated) []byte {
	runs := make([]Run, len(all))
	for k := range all {
		runs[k] = Run{Name: all[k].Name, Dataset: all[k].Dataset, made: &all[k]}
	}
	return v.evolution(dst, head, runs, func(dst []byte, runs []Run) []byte {
		if len(runs) == 1 {
			return v.aggregated(dst, runs[0].made)
		}
		dst = append(dst, '[')
		for k := range runs {
			dst = v.aggregated(next(dst), runs[k].made)
		}
		return append(dst, ']')
	})
}

func (v *View) aggregated(dst []byte, a *Aggregated) []byte {
	k := entity.Property
	if a.Kind == entity.Relationship || a.Kind == entity.ListRelationship {
		k = entity.Relationship
	}
	dst = v.runHead(dst, &Run{Dataset: a.Dataset}, k)
	for _, r := range a.Results {
		dst = append(key(dst, r.Method), '[')
		for _, row := range r.Rows {
			dst = append(next(dst), '[')
			dst = append(dst, row.Value...)
			dst = append(dst, ',', '"')
			dst = row.From.Append(dst)
			dst = append(dst, '"', ',', '"')
			dst = row.To.Append(dst)
			dst = append(dst, '"', ']')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// evolution appends the frame of all temporal forms. What was kept of scopes
// comes as a run named entity.ScopeName.
func (v *View) evolution(dst []byte, head *entity.Entity, runs []Run, show func(dst []byte, runs []Run) []byte) []byte {
	unscoped := *head
	unscoped.Scopes = nil
	if v.Version != 0 {
		unscoped = *v.conformHead(&unscoped)
	}
	dst = append(dst, '{')
	if v.showsID() {
		dst = jsontree.AppendString(key(dst, "id"), string(head.ID))
	}
	dst = v.head(dst, &unscoped)
	if v.SysAttrs {
		dst = moment(dst, "deletedAt", head.DeletedAt)
	}
	for from := 0; from < len(runs); {
		to := from + 1
		for to < len(runs) && runs[to].Name == runs[from].Name {
			to++
		}
		switch kept := v.ofDatasets(runs[from:to]); {
		case len(kept) == 0:
		case runs[from].Name == entity.ScopeName:
			switch {
			case !v.showsScope():
			case v.Version != 0 && v.Version.before(languageSince): // it had no scopes
				v.amended()
			default:
				dst = show(key(dst, "scope"), kept)
			}
		case v.shows(runs[from].Name):
			if v.Version != 0 {
				kept = v.conformRuns(kept)
			}
			dst = jsontree.AppendString(next(dst), v.Context.CompactTerm(string(runs[from].Name)))
			dst = show(append(dst, ':'), kept)
		}
		from = to
	}
	if v.InlineContext {
		dst = v.context(dst)
	}
	return append(dst, '}')
}

// ofDatasets gives those of the runs of one attribute whose dataset is wanted.
func (v *View) ofDatasets(runs []Run) []Run {
	if v.Datasets == nil || runs[0].Name == entity.ScopeName {
		return runs
	}
	var kept []Run
	for _, r := range runs {
		if v.keeps(r.Dataset) {
			kept = append(kept, r)
		}
	}
	return kept
}
