package archive

import (
	"context"
	"fmt"
	"io"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/query"
	"github.com/beffroi/beffroi/internal/store"
)

// source is what is written.
type source interface {
	store.Reader
	store.Historian
	store.Records
	Tenants(ctx context.Context) ([]string, error)
}

// Options say what belongs to the stream.
type Options struct {
	Synthetic bool
	// Kinds are the kinds of bookkeeping records that go along, in this order.
	Kinds []string
	// Progress is told how many entities were written; nil tells nobody.
	Progress func(entities int)
}

// Export writes everything in src to w.
func Export(ctx context.Context, w io.Writer, src source, o Options) error {
	head := Head{Beffroi: "export", Version: Version, Synthetic: o.Synthetic}
	if o.Synthetic {
		head.Note = "synthetic data: nothing in it is real"
	}
	if err := put(w, head); err != nil {
		return err
	}
	var end endLine
	for _, kind := range o.Kinds {
		for r, err := range src.Scan(ctx, kind, "", "") {
			if err != nil {
				return fmt.Errorf("export records of kind %s: %w", kind, err)
			}
			if err := put(w, line{Record: &recordLine{Kind: kind, Name: []byte(r.Key.Name), Value: r.Value}}); err != nil {
				return err
			}
			end.Records++
		}
	}
	tenants, err := src.Tenants(ctx)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, tenant := range tenants {
		s := store.Space{Tenant: tenant}
		for head, err := range src.HistorySelect(ctx, s, &query.Query{}, 0) {
			if err != nil {
				return fmt.Errorf("export: %w", err)
			}
			l, err := entityOf(ctx, src, s, head.ID)
			if err != nil {
				return fmt.Errorf("export %s: %w", head.ID, err)
			}
			if err := put(w, line{Entity: l}); err != nil {
				return err
			}
			if end.Entities++; o.Progress != nil {
				o.Progress(end.Entities)
			}
		}
	}
	return put(w, line{End: &end})
}

func put(w io.Writer, v any) error {
	b, err := encode(v)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

type place struct {
	at entity.Position
	n  uint32
}

// entityOf gives the line of one entity: its state, and apart the instances
// of its history that are not in the state.
func entityOf(ctx context.Context, src source, s store.Space, id entity.ID) (*entityLine, error) {
	head, ss, err := src.History(ctx, s, id, store.Window{Clock: store.ModifiedAt})
	if err != nil {
		return nil, err
	}
	l := &entityLine{Tenant: s.Tenant, ID: id, Types: head.Types, Scopes: head.Scopes, CreatedAt: when(head.CreatedAt), ModifiedAt: when(head.ModifiedAt), ExpiresAt: when(head.ExpiresAt)}
	current := map[place]bool{}
	state, err := src.Entity(ctx, s, store.Moment{}, id)
	switch {
	case problem.Is(err, problem.ResourceNotFound):
		l.Deleted = true
	case err != nil:
		return nil, err
	default:
		l.Types, l.Scopes, l.CreatedAt, l.ModifiedAt, l.ExpiresAt = state.Types, state.Scopes, when(state.CreatedAt), when(state.ModifiedAt), when(state.ExpiresAt)
		for i := range state.Attrs {
			current[place{state.Attrs[i].At, state.Attrs[i].Ordinal}] = true
			l.Attrs = append(l.Attrs, lineOf(&state.Attrs[i], src.OriginByID))
		}
	}
	for _, series := range ss {
		for i := range series.Points {
			p := &series.Points[i]
			if !current[place{p.At, p.Ordinal}] {
				l.History = append(l.History, lineOf(p, src.OriginByID))
			}
		}
	}
	return l, nil
}
