package ngsild

import (
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
)

func (t *times) aggregate([]represent.Run) ([]represent.Aggregated, error) {
	return nil, problem.New(problem.InvalidRequest, "format=aggregatedValues is in the standard and not built here yet")
}
