package analytics

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// detailsAggregation is the upstream's AnalyticsQueryAggregation: it counts the
// records of all hits by a dimension, or by how long they lasted.
type detailsAggregation struct {
	Type      string        `json:"type"`
	Dimension string        `json:"dimension"`
	Metric    string        `json:"metric"`
	Size      int32         `json:"size"`
	Ranges    []metricRange `json:"ranges"`
}

// metricRange is from GTE up to, but not including, LT, in milliseconds; either
// may be left out.
type metricRange struct {
	GTE *wire.Double `json:"gte,omitempty"`
	LT  *wire.Double `json:"lt,omitempty"`
}

func (r metricRange) holds(value int64) bool {
	return (r.GTE == nil || wire.Double(value) >= *r.GTE) && (r.LT == nil || wire.Double(value) < *r.LT)
}

type detailsAggregationResults struct {
	Type      string                  `json:"type"`
	Dimension string                  `json:"dimension,omitempty"`
	Metric    string                  `json:"metric,omitempty"`
	Count     int64                   `json:"count"`
	Results   []detailsAggregationRow `json:"results"`
}

type detailsAggregationRow struct {
	Count int64  `json:"count"`
	Value string `json:"value,omitempty"`
	metricRange
}

const (
	termFrequency = "termFrequency"
	numericRange  = "numericRange"
	// defaultTerms is how many terms are told when nothing is said.
	defaultTerms = 10
)

// counter does one aggregation.
type counter struct {
	detailsAggregation
	of     func(stretch) string
	terms  map[string]int64
	ranges []int64
	total  int64
}

type counters []*counter

func newCounters(field string, all []detailsAggregation, known dimensions[stretch], timers []string) (counters, error) {
	var cs counters
	for _, a := range all {
		c := &counter{detailsAggregation: a, of: known[a.Dimension], terms: map[string]int64{}, ranges: make([]int64, len(a.Ranges))}
		switch {
		case a.Type == "":
			return nil, problem.Missing(field + ".type")
		case a.Type != termFrequency && a.Type != numericRange:
			return nil, problem.Invalid(field+".type", "it must be termFrequency or numericRange")
		case a.Size < 0:
			return nil, problem.Invalid(field+".size", "it must not be negative")
		case a.Type == termFrequency && a.Dimension == "":
			return nil, problem.Missing(field + ".dimension")
		case a.Type == termFrequency && c.of == nil:
			return nil, problem.Invalid(field+".dimension", "it must be one of "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case a.Type == numericRange && a.Metric == "":
			return nil, problem.Missing(field + ".metric")
		case a.Type == numericRange && len(a.Ranges) == 0:
			return nil, problem.Missing(field + ".ranges")
		}
		if a.Type == numericRange {
			if err := checkNames(field+".metric", []string{a.Metric}, timers); err != nil {
				return nil, err
			}
		}
		cs = append(cs, c)
	}
	return cs, nil
}

func (cs counters) count(stretches []stretch, now int64) {
	for _, c := range cs {
		for _, s := range stretches {
			c.total++
			if c.Type == termFrequency {
				c.terms[c.of(s)]++
				continue
			}
			for i, r := range c.Ranges {
				if r.holds(s.until(now) - s.start) {
					c.ranges[i]++
				}
			}
		}
	}
}

// results appends what was counted, terms by how often they occur.
func (cs counters) results(to []detailsAggregationResults) []detailsAggregationResults {
	for _, c := range cs {
		r := detailsAggregationResults{
			Type: c.Type, Dimension: c.Dimension, Metric: c.Metric, Count: c.total, Results: []detailsAggregationRow{},
		}
		for value, count := range c.terms {
			r.Results = append(r.Results, detailsAggregationRow{Count: count, Value: value})
		}
		slices.SortFunc(r.Results, func(a, b detailsAggregationRow) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
		})
		r.Results = r.Results[:min(len(r.Results), cmp.Or(int(c.Size), defaultTerms))]
		for i, count := range c.ranges {
			if c.Type == numericRange {
				r.Results = append(r.Results, detailsAggregationRow{Count: count, metricRange: c.Ranges[i]})
			}
		}
		to = append(to, r)
	}
	return to
}
