package analytics

import (
	"maps"
	"slices"
	"strings"

	"github.com/switchboard-gw/switchboard/internal/sandbox/filter"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// queryFilter is every filter of an analytics query: they differ upstream in the
// dimensions of their predicates only.
type queryFilter struct {
	Type       string           `json:"type"`
	Clauses    []queryClause    `json:"clauses"`
	Predicates []queryPredicate `json:"predicates"`
}

type queryClause struct {
	Type       string           `json:"type"`
	Predicates []queryPredicate `json:"predicates"`
}

type queryPredicate struct {
	Type      string      `json:"type"`
	Dimension string      `json:"dimension"`
	Operator  string      `json:"operator"`
	Value     string      `json:"value"`
	Range     numberRange `json:"range"`
}

type numberRange struct {
	GT  wire.Optional[wire.Double] `json:"gt"`
	GTE wire.Optional[wire.Double] `json:"gte"`
	LT  wire.Optional[wire.Double] `json:"lt"`
	LTE wire.Optional[wire.Double] `json:"lte"`
}

func (r numberRange) given() bool { return r.GT.Given || r.GTE.Given || r.LT.Given || r.LTE.Given }

// maxPredicates bounds what one filter may ask of everybody.
const maxPredicates = 1000

// dimensions are what predicates over T can name. Nothing is the value of what T
// does not have.
type dimensions[T any] map[string]func(T) string

// compileFilters refuses what makes no sense and turns the rest into tests.
func compileFilters[T any](field string, filters []queryFilter, known dimensions[T]) ([]func(T) bool, error) {
	tests := make([]func(T) bool, 0, len(filters))
	for _, f := range filters {
		test, err := known.compile(field, f)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return tests, nil
}

func (d dimensions[T]) compile(field string, f queryFilter) (func(T) bool, error) {
	count := len(f.Predicates)
	for _, clause := range f.Clauses {
		count += len(clause.Predicates)
	}
	switch {
	case len(f.Clauses) == 0 && len(f.Predicates) == 0:
		return nil, problem.Missing(field + ".predicates")
	case count > maxPredicates:
		return nil, problem.Invalid(field, "it has more than 1,000 predicates")
	}
	tests, err := d.predicates(field+".predicates", f.Type, f.Predicates)
	if err != nil {
		return nil, err
	}
	for _, clause := range f.Clauses {
		if len(clause.Predicates) == 0 {
			return nil, problem.Missing(field + ".clauses.predicates")
		}
		inner, err := d.predicates(field+".clauses.predicates", clause.Type, clause.Predicates)
		if err != nil {
			return nil, err
		}
		test, err := combine(field+".clauses.type", clause.Type, inner)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return combine(field+".type", f.Type, tests)
}

// combine makes one test of several. There is at least one.
func combine[T any](field, how string, tests []func(T) bool) (func(T) bool, error) {
	switch how {
	case "and":
		return filter.PassesAll(tests), nil
	case "or":
		return filter.PassesAny(tests), nil
	case "":
		return nil, problem.Missing(field)
	default:
		return nil, problem.Invalid(field, "it must be and or or")
	}
}

// predicates compiles a list. The values that a dimension may match one of are
// looked up together: lists of hundreds of user ids are usual.
func (d dimensions[T]) predicates(field, how string, list []queryPredicate) ([]func(T) bool, error) {
	var tests []func(T) bool
	anyOf := map[string]map[string]bool{}
	for _, p := range list {
		of, err := d.check(field, p)
		if err != nil {
			return nil, err
		}
		value := strings.ToLower(p.Value)
		switch {
		case p.Operator == "exists":
			tests = append(tests, func(x T) bool { return of(x) != "" })
		case p.Operator == "notExists":
			tests = append(tests, func(x T) bool { return of(x) == "" })
		case how != "or":
			tests = append(tests, func(x T) bool { return strings.EqualFold(of(x), value) })
		case anyOf[p.Dimension] != nil:
			anyOf[p.Dimension][value] = true
		default:
			values := map[string]bool{value: true}
			anyOf[p.Dimension] = values
			tests = append(tests, func(x T) bool { return values[strings.ToLower(of(x))] })
		}
	}
	return tests, nil
}

// check returns how to read the dimension that a predicate names.
func (d dimensions[T]) check(field string, p queryPredicate) (func(T) string, error) {
	of := d[p.Dimension]
	switch {
	case p.Type == "property" || p.Type == "metric":
		return nil, problem.Invalid(field+".type", "there is no "+p.Type+" to filter by, only dimensions")
	case p.Type != "" && p.Type != "dimension":
		return nil, problem.Invalid(field+".type", "it must be dimension, property or metric")
	case p.Dimension == "":
		return nil, problem.Missing(field + ".dimension")
	case of == nil:
		return nil, problem.Invalid(field+".dimension", "it must be one of "+strings.Join(slices.Sorted(maps.Keys(d)), ", "))
	case !slices.Contains([]string{"", "matches", "exists", "notExists"}, p.Operator):
		return nil, problem.Invalid(field+".operator", "it must be matches, exists or notExists")
	case p.Range.given():
		return nil, problem.Invalid(field+".range", p.Dimension+" is no number")
	case p.Value == "" && (p.Operator == "" || p.Operator == "matches"):
		return nil, problem.Missing(field + ".value")
	}
	return of, nil
}

// checkOrder reads an order; unordered is as good as ascending.
func checkOrder(order string) (descending bool, err error) {
	if !slices.Contains([]string{"", "asc", "desc", "unordered"}, order) {
		return false, problem.Invalid("order", "it must be asc, desc or unordered")
	}
	return order == "desc", nil
}

// checkNames refuses what is not declared.
func checkNames(field string, names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return problem.Invalid(field, "it must be one of "+strings.Join(known, ", "))
		}
	}
	return nil
}

// userDimensions are what a query can ask of a user itself.
var userDimensions = dimensions[*org.User]{"userId": func(u *org.User) string { return u.ID }}
