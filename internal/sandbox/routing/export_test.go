package routing

import (
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

func TestComparatorsOfSkillGroups(t *testing.T) {
	t.Parallel()
	u := &org.User{Skills: []org.Competence{{What: &org.Reference{Name: "Sales"}, Proficiency: 3, State: org.StateActive}}}
	for comparator, want := range map[string][3]bool{ // against 2, 3 and 4
		"EqualTo": {false, true, false}, "NotEqualTo": {true, false, true},
		"LessThan": {false, false, true}, "GreaterThan": {true, false, false},
		"LessThanOrEqualTo": {false, true, true}, "GreaterThanOrEqualTo": {true, true, false},
	} {
		for i, holds := range want {
			if got := reaches(u, u.Skills, "Sales", requirement{Comparator: comparator, Proficiency: int32(2 + i)}); got != holds {
				t.Errorf("3 %s %d: %t", comparator, 2+i, got)
			}
		}
	}
}

// KindsOfSkillGroups are the names of the groups that every division has.
func KindsOfSkillGroups() []string {
	var names []string
	for _, kind := range skillGroupKinds {
		names = append(names, kind.name)
	}
	return names
}
