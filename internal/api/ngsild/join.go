package ngsild

import (
	"math"
	"slices"
	"strconv"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
)

// joinKind is a form of linked entity retrieval (CIM 009, 4.5.23).
type joinKind uint8

const (
	noJoin joinKind = iota
	inlined
	flat
)

// Bounds of linked entity retrieval in one answer.
const (
	maxJoinLevel = 100
	maxLinked    = 10000
)

// joining is what was asked for of linked entities.
type joining struct {
	kind        joinKind
	level       int // 0 if it was not said
	containedBy []entity.ID
	named       bool // join was sent
}

func (j *joining) asked() bool { return j.named || j.level != 0 || j.containedBy != nil }

// joining reads join, joinLevel and containedBy.
func (p params) joining(j *joining) (err error) {
	if p.has("join") {
		if err := j.setKind(p.get("join")); err != nil {
			return err
		}
	}
	if p.has("joinLevel") {
		if err := j.setLevel(p.get("joinLevel")); err != nil {
			return err
		}
	}
	ids, err := p.list("containedBy")
	if err != nil {
		return err
	}
	if err := j.setContainedBy(ids); err != nil {
		return err
	}
	return j.check()
}

// member reads one member of a posted query.
func (j *joining) member(name string, v jsontree.Node) error {
	switch name {
	case "join":
		return j.setKind(v.Str())
	case "joinLevel":
		return j.setLevel(v.Literal())
	}
	ids, err := textsOf(name, v)
	if err != nil {
		return err
	}
	return j.setContainedBy(ids)
}

func (j *joining) setKind(s string) error {
	j.named = true
	switch s {
	case "@none":
	case "inline":
		j.kind = inlined
	case "flat":
		j.kind = flat
	default:
		return problem.New(problem.BadRequestData, "join is inline, flat or @none, not %.40q", s)
	}
	return nil
}

func (j *joining) setLevel(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return problem.New(problem.BadRequestData, "joinLevel is a whole number from 1 on, not %.40q", s)
	}
	j.level = min(n, math.MaxInt32)
	return nil
}

func (j *joining) setContainedBy(ids []string) error {
	for _, s := range ids {
		id, err := entity.ParseID(s)
		if err != nil {
			return err
		}
		j.containedBy = append(j.containedBy, id)
	}
	return nil
}

// check holds the members against each other.
//
// Errors: problem.InvalidRequest (CIM 009, 6.3.20); problem.TooComplexQuery.
func (j *joining) check() error {
	switch {
	case j.level != 0 && j.kind == noJoin && !j.named:
		return problem.New(problem.InvalidRequest, "joinLevel goes with join=inline or join=flat only")
	case j.containedBy != nil && j.level == 0:
		return problem.New(problem.InvalidRequest, "containedBy goes with joinLevel only")
	case j.level > maxJoinLevel:
		return problem.New(problem.TooComplexQuery, "joinLevel goes up to %d", maxJoinLevel)
	}
	return nil
}

// depth is how many Relationships in a row are followed.
func (j *joining) depth() int {
	if j.kind == noJoin {
		return 0
	}
	return max(j.level, 1)
}

// reaches reports why what goes that deep into linked entities cannot be had
// (CIM 009, 5.7.1.4, 5.7.2.4).
//
// Errors: problem.BadRequestData.
func (j *joining) reaches(what string, depth int) error {
	switch {
	case j.kind == noJoin:
		return problem.New(problem.BadRequestData, "%s reaches into linked entities, which needs join=inline or join=flat", what)
	case depth > j.depth():
		return problem.New(problem.BadRequestData, "%s reaches %d levels into linked entities, joinLevel is %d", what, depth, j.depth())
	}
	return nil
}

// linker makes what finds linked entities for one answer, and what tells
// afterwards whether the answer stayed within its bounds.
func (c *call) linker(s *shape) (*represent.Join, func() error) {
	j := &represent.Join{Level: s.join.depth(), Look: c.o.Broker.Lookup(c.ctx(), c.broker), ContainedBy: slices.Clip(s.join.containedBy), Most: maxLinked}
	return j, func() error {
		if j.Over {
			return problem.New(problem.TooManyResults, "the answer would show over %d linked entities; ask for fewer entities or a smaller joinLevel", maxLinked)
		}
		return nil
	}
}

// inline gives the view of s with linked entities, if they were asked for
// inline.
func (c *call) inline(s *shape) (*represent.View, func() error) {
	if s.join.kind != inlined {
		return &s.view, func() error { return nil }
	}
	j, done := c.linker(s)
	return s.view.Inline(j), done
}

// writeAll answers with a list of entities, and those linked to them.
func (c *call) writeAll(s *shape, buf []byte, es []*entity.Entity) error {
	if s.join.kind == flat {
		j, done := c.linker(s)
		all := s.view.Flat(j, es)
		if err := done(); err != nil {
			return err
		}
		if s.media == typeGeo {
			return c.write(s, s.view.AppendShownFeatures(buf, all))
		}
		return c.write(s, represent.AppendShown(buf, all))
	}
	view, done := c.inline(s)
	if s.media == typeGeo {
		buf = view.AppendFeatures(buf, es)
	} else {
		buf = view.AppendEntities(buf, es)
	}
	if err := done(); err != nil {
		return err
	}
	return c.write(s, buf)
}
