package query

import "github.com/beffroi/beffroi/internal/entity"

// Truth is the value of a condition in three-valued logic. Unknown arises
// where a language says that a missing value makes a comparison unknown; q
// has no such rule, so its trees never give it.
type Truth uint8

// The truth values, so ordered that And is min and Or is max.
const (
	False Truth = iota
	Unknown
	True
)

// Not gives the negation of t; that of Unknown is Unknown.
func (t Truth) Not() Truth { return True - t }

// Of gives True or False.
func Of(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Subject is what conditions are evaluated on.
type Subject struct {
	Entity *entity.Entity
	Look   Lookup // nil finds nothing
	// Datasets restricts which instances of attributes are looked at; nil
	// looks at all.
	Datasets []string
	// Now hides what has expired by then; zero hides nothing.
	Now entity.Instant

	// lookups counts the linked entities fetched, so that one entity with
	// very many links cannot hold up a query.
	lookups int
}

// Expr is a node of a condition tree.
type Expr interface {
	// Eval decides the condition for s.
	Eval(s *Subject) Truth
	// names calls yield with each attribute that the condition looks at.
	names(yield func(entity.Name))
}

// And holds if all of its parts do; an empty And is True.
type And []Expr

// Or holds if one of its parts does; an empty Or is False.
type Or []Expr

// Not holds if X does not.
type Not struct{ X Expr }

// Const is True, False or Unknown whatever the entity.
type Const Truth

// Within is X with the instances of attributes that it looks at restricted to
// these datasets, as if the query addressed them (CIM 009, 4.9).
type Within struct {
	X        Expr
	Datasets []string // "" is the default instance
}

// Selector holds for entities by id and type: one entry of an entities array
// (CIM 009, 5.2.33). What is nil restricts nothing.
type Selector struct {
	IDs       []entity.ID
	IDPattern *Pattern // not looked at if there are IDs
	Types     *TypeExpr
}

// Eval gives the least of the parts.
func (a And) Eval(s *Subject) Truth {
	t := True
	for _, x := range a {
		if t = min(t, x.Eval(s)); t == False {
			return False
		}
	}
	return t
}

// Eval gives the greatest of the parts.
func (o Or) Eval(s *Subject) Truth {
	t := False
	for _, x := range o {
		if t = max(t, x.Eval(s)); t == True {
			return True
		}
	}
	return t
}

// Eval gives the opposite of X.
func (n Not) Eval(s *Subject) Truth { return n.X.Eval(s).Not() }

// Eval decides X.
func (w Within) Eval(s *Subject) Truth {
	inner := *s
	inner.Datasets = w.Datasets
	t := w.X.Eval(&inner)
	s.lookups = inner.lookups
	return t
}

// Eval gives c.
func (c Const) Eval(*Subject) Truth { return Truth(c) }

// Eval is never Unknown.
func (x Selector) Eval(s *Subject) Truth {
	return Of(x.Types.Match(s.Entity.Types) && matchID(x.IDs, x.IDPattern, s.Entity.ID))
}

func (a And) names(yield func(entity.Name)) {
	for _, x := range a {
		x.names(yield)
	}
}

func (o Or) names(yield func(entity.Name)) {
	for _, x := range o {
		x.names(yield)
	}
}

func (n Not) names(yield func(entity.Name))     { n.X.names(yield) }
func (w Within) names(yield func(entity.Name))  { w.X.names(yield) }
func (c Const) names(func(entity.Name))         {}
func (x Selector) names(func(name entity.Name)) {}
