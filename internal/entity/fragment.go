package entity

// Fragment is part of an entity on its way in: what a client sent or a
// connector read (CIM 009, 5.4). An instance of kind Null asks for deletion,
// where the operation allows that.
type Fragment struct {
	ID       ID
	Types    []Name
	Scopes   []string
	HasScope bool // a scope member was sent; with no Scopes it is a deletion
	Attrs    []Instance
	// ScopeHistory are instances made by ScopePoint, their times as sent: what
	// a temporal body says of scopes at other times (CIM 009, 4.5.6).
	ScopeHistory []Instance
	ExpiresAt    Instant
	HasExpiry    bool // an expiresAt member was sent
}

// Report says what an operation did to the attributes it was given
// (CIM 009, 5.2.18).
type Report struct {
	Updated    []Name
	NotUpdated []NotUpdated
}

// NotUpdated is one attribute that an operation left alone, and why
// (CIM 009, 5.2.19).
type NotUpdated struct {
	Name    Name
	Dataset string
	Reason  string
}

func (r *Report) did(n Name) {
	for _, x := range r.Updated {
		if x == n {
			return
		}
	}
	r.Updated = append(r.Updated, n)
}

func (r *Report) left(i *Instance, reason string) {
	r.NotUpdated = append(r.NotUpdated, NotUpdated{Name: i.Name, Dataset: i.Dataset, Reason: reason})
}
