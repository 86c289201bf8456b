package ngsild

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/beffroi/beffroi/internal/entity"
	"github.com/beffroi/beffroi/internal/jsontree"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/represent"
	"github.com/beffroi/beffroi/internal/timespan"
)

// sample is one value on its way into an aggregate.
type sample struct {
	kind valueKind
	num  float64 // number, boolean as 0 or 1, size of an array, time of day in µs
	raw  []byte  // compact JSON
	text string  // of texts
}

// valueKind is the data type by which methods are eligible (CIM 009,
// 4.5.19.1).
type valueKind uint8

const (
	numberValue valueKind = iota
	boolValue
	arrayValue
	textValue
	timeValue
	otherValue // objects, and what only refers to something
)

// methods are the aggregation methods with the data types that each takes.
var methodTakes = map[string][]valueKind{
	"totalCount":    {numberValue, boolValue, arrayValue, textValue, timeValue, otherValue},
	"distinctCount": {numberValue, boolValue, arrayValue, textValue, timeValue, otherValue},
	"sum":           {numberValue, boolValue, arrayValue},
	"avg":           {numberValue, boolValue, arrayValue, timeValue},
	"min":           {numberValue, boolValue, arrayValue, textValue, timeValue},
	"max":           {numberValue, boolValue, arrayValue, textValue, timeValue},
	"stddev":        {numberValue, boolValue},
	"sumsq":         {numberValue, boolValue},
}

// aggregates checks the methods and reads the period.
//
// Errors: problem.BadRequestData.
func (t *times) aggregates() (timespan.Duration, error) {
	for _, m := range t.methods {
		if _, ok := methodTakes[m]; !ok {
			return timespan.Duration{}, problem.New(problem.BadRequestData, "aggrMethods: %.40q is none; there are totalCount, distinctCount, sum, avg, min, max, stddev, sumsq", m)
		}
	}
	if !t.periodGiven {
		return timespan.Duration{}, nil
	}
	d, err := timespan.ParseDuration(t.period)
	if err == nil && strings.Contains(t.period, "W") && !weeksAlone(t.period) {
		err = fmt.Errorf("%.60q has weeks beside other units; P[n]W stands alone", t.period)
	}
	if err != nil {
		return d, problem.New(problem.BadRequestData, "aggrPeriodDuration: %s", err.Error())
	}
	return d, nil
}

// weeksAlone reports whether a duration is of the form P[n]W (CIM 009,
// 4.5.19.1).
func weeksAlone(s string) bool {
	return strings.IndexByte(s, 'W') == len(s)-1 && strings.Trim(s[1:len(s)-1], "0123456789.,") == ""
}

// aggregate makes the aggregated form of one run (CIM 009, 4.5.19); false if
// it has nothing to show. from is where the first period begins. Periods
// without instances are left out. With strict, a method that an attribute is
// not eligible for is refused; else it is left out there.
//
// Errors: problem.InvalidRequest; problem.BadRequestData for the parameters.
func (t *times) aggregate(r *represent.Run, from entity.Instant, strict bool) (a represent.Aggregated, ok bool, err error) {
	each, err := t.aggregates()
	if err != nil {
		return a, false, err
	}
	pts := r.Points // of which there may be many: a copy is made only if it must
	gone := func(i entity.Instance) bool { return i.Kind == entity.Null }
	if slices.ContainsFunc(pts, gone) {
		pts = slices.DeleteFunc(slices.Clone(pts), gone)
	}
	if len(pts) == 0 {
		return a, false, nil
	}
	inTime := func(a, b entity.Instance) int { return cmp.Compare(t.of(&a), t.of(&b)) }
	if !slices.IsSortedFunc(pts, inTime) {
		pts = slices.Clone(pts)
		slices.SortStableFunc(pts, inTime)
	}
	periods, err := t.periods(each, from, t.of(&pts[len(pts)-1]))
	if err != nil {
		return a, false, err
	}
	a = represent.Aggregated{Name: r.Name, Dataset: r.Dataset, Kind: pts[len(pts)-1].Kind}
	samples := make([]sample, len(pts))
	for p := range pts {
		samples[p] = sampleOf(&pts[p])
	}
	for _, m := range t.methods {
		res, ok := t.one(m, pts, samples, each, periods)
		if !ok && strict {
			return a, false, problem.New(problem.InvalidRequest, "aggrMethods: %s cannot be made of the values of %s (CIM 009, 4.5.19.1)", m, r.Name)
		}
		if ok {
			a.Results = append(a.Results, res)
		}
	}
	// A scope is shown unasked: without a result there is nothing to show.
	return a, r.Name != entity.ScopeName || len(a.Results) > 0, nil
}

// begin gives where the first period begins: where the query says, else with
// the oldest instance of the entity.
func (t *times) begin(runs []represent.Run) entity.Instant {
	if t.rel == "after" || t.rel == "between" {
		return t.at
	}
	from := entity.Instant(math.MaxInt64)
	for k := range runs {
		for p := range runs[k].Points {
			if i := &runs[k].Points[p]; i.Kind != entity.Null {
				from = min(from, t.of(i))
			}
		}
	}
	return from
}

// periods divides the time of the query; where it is open, the last period is
// a whole one that the last instance lies in.
func (t *times) periods(each timespan.Duration, from, last entity.Instant) (timespan.Windows, error) {
	to := last + 1
	switch {
	case t.rel == "between":
		to = t.end
	case t.rel == "before":
		to = t.at
	case !each.IsZero():
		w, err := timespan.NewWindows(each, timespan.Interval{From: from, To: to})
		if err != nil {
			return w, problem.New(problem.BadRequestData, "aggrPeriodDuration: %s", err.Error())
		}
		k, _ := w.Index(last)
		to = each.After(from, k+1)
	}
	w, err := timespan.NewWindows(each, timespan.Interval{From: from, To: to})
	if err != nil {
		return w, problem.New(problem.BadRequestData, "aggrPeriodDuration: %s", err.Error())
	}
	return w, nil
}

// one applies one method to sorted points; it is false if a value is not
// eligible for it.
func (t *times) one(method string, pts []entity.Instance, samples []sample, each timespan.Duration, periods timespan.Windows) (represent.Aggregate, bool) {
	a := represent.Aggregate{Method: method}
	var in []sample
	at := -1
	flush := func() {
		if len(in) > 0 {
			w := periods.At(at)
			a.Rows = append(a.Rows, represent.AggregateRow{Value: apply(method, in), From: w.From, To: t.shownEnd(w.To, each)})
		}
		in = in[:0]
	}
	for p := range pts {
		s := samples[p]
		if !slices.Contains(methodTakes[method], s.kind) || len(in) > 0 && in[0].kind != s.kind && method != "totalCount" && method != "distinctCount" {
			return a, false
		}
		k, ok := periods.Index(t.of(&pts[p]))
		if !ok {
			continue
		}
		if k != at {
			flush()
			at = k
		}
		in = append(in, s)
	}
	flush()
	return a, true
}

// shownEnd is the end of a period as it is printed: a query that is open and
// has no periods ends with its last instance, which is within.
func (t *times) shownEnd(to entity.Instant, each timespan.Duration) entity.Instant {
	if t.rel != "between" && t.rel != "before" && each.IsZero() {
		return to - 1
	}
	return to
}

// sampleOf reads the value of one instance.
func sampleOf(i *entity.Instance) sample {
	s := sample{kind: otherValue, raw: i.Value}
	if i.Name == entity.ScopeName {
		return scopeSample(i)
	}
	if i.Kind != entity.Property && i.Kind != entity.JSONProperty && i.Kind != entity.ListProperty {
		return s
	}
	if len(i.Value) > 0 && (i.Value[0] == '-' || i.Value[0] >= '0' && i.Value[0] <= '9') {
		if f, err := strconv.ParseFloat(string(i.Value), 64); err == nil {
			s.kind, s.num = numberValue, f
			return s
		}
	}
	n, err := jsontree.Parse(i.Value, jsontree.Limits{})
	if err != nil {
		return s
	}
	if v, ok := n.Get("@value"); ok {
		t, _ := n.Get("@type")
		typed, _ := n.Get("type")
		if uriType(t.Str()) || uriType(typed.Str()) {
			return s
		}
		n = v
	}
	switch n.Kind() {
	case jsontree.Number:
		if f, ok := n.Float(); ok {
			s.kind, s.num = numberValue, f
		}
	case jsontree.Bool:
		s.kind = boolValue
		if n.Bool() {
			s.num = 1
		}
	case jsontree.Array:
		s.kind, s.num = arrayValue, float64(n.Len())
	case jsontree.String:
		s.kind, s.text = textValue, n.Str()
		if of, ok := timeOfDay(n.Str()); ok {
			s.kind, s.num = timeValue, float64(of)
		}
	}
	return s
}

// uriType reports whether a typed value is a URI, which has no order.
func uriType(t string) bool { return t == "@id" || t == "URI" || strings.HasSuffix(t, "#anyURI") }

// scopeSample reads the value of a scope: a text, or an array of several.
func scopeSample(i *entity.Instance) sample {
	scopes := entity.ScopesOf(i)
	if len(scopes) == 1 {
		raw := jsontree.AppendString(nil, scopes[0])
		return sample{kind: textValue, text: scopes[0], raw: raw}
	}
	return sample{kind: arrayValue, num: float64(len(scopes)), raw: i.Value}
}

const midnight = "2000-01-01T"

// timeOfDay reads a Time such as 12:30:00Z (CIM 009, 4.6.3).
func timeOfDay(s string) (entity.Instant, bool) {
	if len(s) < 9 || len(s) > 16 || s[2] != ':' {
		return 0, false
	}
	t, err := timespan.ParseInstant(midnight + s)
	return t - timespan.MustInstant(midnight+"00:00:00Z"), err == nil
}

// apply computes one method over the samples of one period, which are of one
// kind unless they are only counted.
func apply(method string, in []sample) []byte {
	switch method {
	case "totalCount":
		return strconv.AppendInt(nil, int64(len(in)), 10)
	case "distinctCount":
		seen := map[string]bool{}
		for i := range in {
			seen[in[i].same()] = true
		}
		return strconv.AppendInt(nil, int64(len(seen)), 10)
	case "min", "max":
		best := in[0]
		for _, s := range in[1:] {
			if c := s.compare(&best); method == "min" && c < 0 || method == "max" && c > 0 {
				best = s
			}
		}
		if best.kind == boolValue || best.kind == arrayValue {
			return float(best.num)
		}
		return best.raw
	}
	sum, squares := 0.0, 0.0
	for i := range in {
		sum += in[i].num
		squares += in[i].num * in[i].num
	}
	n := float64(len(in))
	switch {
	case method == "sum":
		return float(sum)
	case method == "sumsq":
		return float(squares)
	case method == "stddev":
		return float(deviation(in, sum/n))
	case in[0].kind == timeValue:
		of := timespan.MustInstant(midnight+"00:00:00Z") + entity.Instant(sum/n)
		return jsontree.AppendString(nil, strings.TrimPrefix(of.String(), midnight))
	}
	return float(sum / n)
}

// deviation is the standard deviation of all values of the period, not an
// estimate from a sample.
func deviation(in []sample, mean float64) float64 {
	v := 0.0
	for i := range in {
		d := in[i].num - mean
		v += d * d
	}
	return math.Sqrt(v / float64(len(in)))
}

func float(f float64) []byte {
	n, ok := jsontree.FloatNode(f)
	if !ok {
		return []byte("null") // a sum that no number can say
	}
	return n.Append(nil)
}

// compare orders two samples of one kind.
func (s *sample) compare(o *sample) int {
	if s.kind == textValue {
		// DateTimes that are the same may be written with a fraction or without.
		if a, err := timespan.ParseInstant(s.text); err == nil {
			if b, err := timespan.ParseInstant(o.text); err == nil {
				return cmp.Compare(a, b)
			}
		}
		return strings.Compare(s.text, o.text)
	}
	return cmp.Compare(s.num, o.num)
}

// same gives a text that samples with equal values share.
func (s *sample) same() string {
	if s.kind == numberValue {
		return "n" + strconv.FormatFloat(s.num, 'g', -1, 64)
	}
	return string(s.raw)
}
