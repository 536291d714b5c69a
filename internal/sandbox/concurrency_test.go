package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/sandboxtest"
)

// Sixty-four writers change one user, each as often as it takes to get its
// changes through. Every version is given out once, none is skipped, and as many
// changes stick as were acknowledged.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	const writers, changes = 64, 3
	box := sandboxtest.New(t, sandbox.Options{})
	id := box.Create("Ada", "ada@example.com")
	path := box.URL + box.UserPath(id, "")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}}
	t.Cleanup(client.CloseIdleConnections)

	var mu sync.Mutex
	acknowledged := map[int]string{} // title by version
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			version := 1
			for change := 0; change < changes; {
				title := fmt.Sprintf("%d/%d", w, change)
				req, err := http.NewRequest(http.MethodPatch, path, strings.NewReader(fmt.Sprintf(`{"version":%d,"title":%q}`, version, title)))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+box.Token)
				res, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				text, err := io.ReadAll(res.Body)
				res.Body.Close()
				a := sandboxtest.DecodeAnswer(t, res.StatusCode, text)
				switch {
				case err != nil:
					t.Error(err)
					return
				case res.StatusCode == http.StatusConflict:
					// The answer says what the current version was.
					if version, err = strconv.Atoi(a.Str("messageParams", "currentVersion")); err != nil {
						t.Error(err)
						return
					}
				case res.StatusCode == http.StatusOK:
					version = int(a.Num("version"))
					mu.Lock()
					if was, twice := acknowledged[version]; twice {
						t.Errorf("version %d was given to %s and %s", version, was, title)
					}
					acknowledged[version] = title
					mu.Unlock()
					change++
				default:
					t.Errorf("%d %s", res.StatusCode, text)
					return
				}
			}
		})
	}
	wg.Wait()
	last := box.Get(box.UserPath(id, ""))
	if want := 1 + writers*changes; int(last.Num("version")) != want || last.Str("title") != acknowledged[want] {
		t.Errorf("version %v titled %s, want %d titled %s", last.Num("version"), last.Str("title"), want, acknowledged[want])
	}
	for version := 2; version <= 1+writers*changes; version++ {
		if acknowledged[version] == "" {
			t.Errorf("version %d was never given", version)
		}
	}
}

// Everything at once, for the race detector; the invariants hold afterwards.
func TestReadersAndWritersOfEverything(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(sandbox.Options{Users: 80, RateLimit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	var people []string
	for id := range s.Organisation().Users {
		if id != s.Organisation().FirstUserID {
			people = append(people, id)
		}
	}
	skill, station := s.Organisation().Skills.List[0].ID, s.Organisation().Stations.List[0].ID
	division := s.Organisation().Divisions.List[0].ID
	every := "routingStatus,presence,station,skills,languages,groups,locations,authorization,geolocation,profileSkills"
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 40 {
				path := "/api/v2/users/" + people[(w*7+i)%len(people)]
				for _, call := range [][3]string{
					{"GET", "/api/v2/users?pageSize=100&expand=" + every, ""},
					{"GET", path + "?expand=" + every, ""},
					{"POST", "/api/v2/users", fmt.Sprintf(`{"name":"N %d","email":"n%d.%d@example.com","divisionId":%q}`, i, w, i, division)},
					{"PATCH", path, `{"version":2,"name":"Somebody Else"}`},
					{"PATCH", "/api/v2/users/bulk", fmt.Sprintf(`[{"id":%q,"acdAutoAnswer":true}]`, people[i%len(people)])},
					{"PUT", path + "/routingstatus", `{"status":"OFF_QUEUE"}`},
					{"PUT", path + "/routingstatus", `{"status":"IDLE"}`},
					{"POST", path + "/routingskills", fmt.Sprintf(`{"id":%q,"proficiency":%d}`, skill, i%5)},
					{"PATCH", path + "/queues/" + s.Organisation().Queues.List[i%12].ID, fmt.Sprintf(`{"joined":%t}`, w%2 == 0)},
					{"PUT", path + "/station/associatedstation/" + station, ""},
					{"DELETE", path + "/station/associatedstation", ""},
					{"PATCH", path + "/geolocations/x", `{"latitude":1,"longitude":2,"primary":true}`},
					{"POST", "/api/v2/users/search", `{"query":[{"type":"CONTAINS","fields":["name"],"value":"a"}]}`},
					{"PUT", path + "/state", fmt.Sprintf(`{"state":%q}`, org.UserStates[(w+i)%3])},
					{"GET", path + "/adjacents", ""},
					{"GET", path + "/skillgroups", ""},
					{"GET", path + "/trustors", ""},
					{"GET", sandboxtest.ActivitiesPath + "?userId=" + people[i%len(people)] + "," + s.Organisation().FirstUserID, ""},
					{"POST", sandboxtest.ActivitiesPath + "/aggregates/query", fmt.Sprintf(`{"interval":"2026-01-01/2027-01-01","filter":{"type":"And","clauses":[
						{"type":"And","predicates":[{"dimension":"attendeeId","value":%q}]}]}}`, people[i%len(people)])},
					{"GET", sandboxtest.ChatsPath + "?includePresence=true", ""},
					{"GET", "/api/v2/users/me?expand=orgauthorization,fieldconfigs,trustors,divisionedpresencedefinitions", ""},
				} {
					if res := sandboxtest.Direct(s, call[0], call[1], call[2]); res.Code >= 500 {
						t.Errorf("%v: %d %s", call, res.Code, res.Body)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := s.Organisation().CheckInvariants(); err != nil {
		t.Error(err)
	}
}

// BenchmarkNew measures the start, and what an organisation holds of the heap.
func BenchmarkNew(b *testing.B) {
	for _, users := range []int{50, 100_000} {
		b.Run(fmt.Sprintf("%dUsers", users), func(b *testing.B) {
			b.ReportAllocs()
			var kept struct{ s *sandbox.Sandbox }
			before := heap()
			for b.Loop() {
				kept.s = nil // the one before does not count
				var err error
				if kept.s, err = sandbox.New(sandbox.Options{Users: users}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
			runtime.KeepAlive(kept)
		})
	}
}

// heap is how many bytes of the heap are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkCalls(b *testing.B) {
	s, err := sandbox.New(sandbox.Options{Users: 100_000, Now: func() time.Time { return time.Unix(1e9, 0) }})
	if err != nil {
		b.Fatal(err)
	}
	email := s.Organisation().Users[s.Organisation().FirstUserID].Email
	search := func(sort, criteria string) string { return `{"pageSize":25,` + sort + `"query":[` + criteria + `]}` }
	for _, bench := range []struct{ name, method, path, body string }{
		{"OneUser", "GET", "/api/v2/users/" + s.Organisation().FirstUserID, ""},
		{"PageOf100", "GET", "/api/v2/users?pageSize=100", ""},
		{"LastPageOf100", "GET", "/api/v2/users?pageSize=100&state=any&pageNumber=1000", ""},
		{"ExpandedPageOf100", "GET", "/api/v2/users?pageSize=100&expand=routingStatus,presence,station,skills,languages", ""},
		{"FullyExpandedPageOf100", "GET", "/api/v2/users?pageSize=100&expand=routingStatus,presence,integrationPresence,conversationSummary,outOfOffice," +
			"geolocation,station,authorization,lasttokenissued,dateLastLogin,authorization.unusedRoles,team,profileSkills,certifications,locations,groups," +
			"skills,languages,languagePreference,employerInfo,biography&integrationPresenceSource=ZoomPhone", ""},
		{"SearchExactly", "POST", "/api/v2/users/search", search("", `{"type":"EXACT","fields":["email"],"value":"`+email+`"}`)},
		{"SearchByPrefix", "POST", "/api/v2/users/search", search("", `{"type":"STARTS_WITH","fields":["name"],"value":"gr"}`)},
		{"SearchInFiveFields", "POST", "/api/v2/users/search", search("", `{"type":"CONTAINS","fields":["name","email","title","department","addresses"],"value":"an"}`)},
		{"SearchByRegex", "POST", "/api/v2/users/search", search("", `{"type":"REGEX","fields":["name"],"value":".*(son|ez)"}`)},
		{"SearchBySkillAndState", "POST", "/api/v2/users/search", search("", `{"type":"TERM","fields":["routingSkills.name"],"value":"Billing"},{"type":"EXACT","fields":["state"],"values":["active","inactive"]}`)},
		{"SearchSorted", "POST", "/api/v2/users/search", search(`"sortBy":"email",`, `{"type":"CONTAINS","fields":["name","email"],"value":"an"}`)},
		{"SearchAllSorted", "POST", "/api/v2/users/search", search(`"sortBy":"dateLastLogin","sortOrder":"DESC",`, `{"type":"MATCH_ALL"}`)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if res := sandboxtest.Direct(s, bench.method, bench.path, bench.body); res.Code != 200 {
					b.Fatal(res.Code, res.Body)
				}
			}
		})
	}
}
