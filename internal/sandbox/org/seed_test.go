package org_test

import (
	"testing"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

func TestTheSameSeedGivesTheSameOrganisation(t *testing.T) {
	t.Parallel()
	texts := map[uint64][]string{}
	for _, seed := range []uint64{1, 1, 2} {
		box := sandboxtest.New(t, sandbox.Options{Seed: seed})
		all := box.Get("/api/v2/users?pageSize=500&state=any&expand=" +
			"routingStatus,presence,station,skills,languages,groups,locations,team,authorization,geolocation")
		box.Create("New One", "new.one@example.com")
		again := box.Get("/api/v2/users?state=any&pageSize=500")
		texts[seed] = append(texts[seed], all.Text+again.Text)
	}
	if texts[1][0] != texts[1][1] {
		t.Error("one seed gave two organisations")
	}
	if texts[1][0] == texts[2][0] {
		t.Error("two seeds gave one organisation")
	}
}

func TestTheSeededOrganisationIsConsistent(t *testing.T) {
	t.Parallel()
	for _, people := range []int{1, 7, 50, 3000} {
		s, err := sandbox.New(sandbox.Options{Seed: 9, Users: people})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Organisation().CheckInvariants(); err != nil {
			t.Error(err)
		}
		if len(s.Organisation().Users) != people {
			t.Errorf("%d users, want %d", len(s.Organisation().Users), people)
		}
	}
}
