package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// direct calls the handler without a network and without checking the shape.
func direct(s *Sandbox, method, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+userTokenPrefix+s.org.firstUserID)
	res := httptest.NewRecorder()
	s.ServeHTTP(res, req)
	return res
}

// Sixty-four writers change one user, each as often as it takes to get its
// changes through. Every version is given out once, none is skipped, and as many
// changes stick as were acknowledged.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	const writers, changes = 64, 3
	org := newTestOrg(t, Options{})
	id := org.create("Ada", "ada@example.com")
	path := org.url + org.userPath(id, "")
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
				req.Header.Set("Authorization", "Bearer "+org.token)
				res, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				text, err := io.ReadAll(res.Body)
				res.Body.Close()
				a := decodeAnswer(t, res.StatusCode, text)
				switch {
				case err != nil:
					t.Error(err)
					return
				case res.StatusCode == http.StatusConflict:
					// The answer says what the current version was.
					if version, err = strconv.Atoi(a.str("messageParams", "currentVersion")); err != nil {
						t.Error(err)
						return
					}
				case res.StatusCode == http.StatusOK:
					version = int(a.num("version"))
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
	last := org.get(org.userPath(id, ""))
	if want := 1 + writers*changes; int(last.num("version")) != want || last.str("title") != acknowledged[want] {
		t.Errorf("version %v titled %s, want %d titled %s", last.num("version"), last.str("title"), want, acknowledged[want])
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
	s, err := New(Options{Users: 80, RateLimit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	var people []string
	for id := range s.org.users {
		if id != s.org.firstUserID {
			people = append(people, id)
		}
	}
	skill, station := s.org.skills.list[0].ID, s.org.stations.list[0].id
	division := s.org.divisions.list[0].ID
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
					{"PATCH", path + "/queues/" + s.org.queues.list[i%12].ID, fmt.Sprintf(`{"joined":%t}`, w%2 == 0)},
					{"PUT", path + "/station/associatedstation/" + station, ""},
					{"DELETE", path + "/station/associatedstation", ""},
					{"PATCH", path + "/geolocations/x", `{"latitude":1,"longitude":2,"primary":true}`},
					{"POST", "/api/v2/users/search", `{"query":[{"type":"CONTAINS","fields":["name"],"value":"a"}]}`},
					{"PUT", path + "/state", fmt.Sprintf(`{"state":%q}`, userStates[(w+i)%3])},
					{"GET", path + "/adjacents", ""},
					{"GET", path + "/skillgroups", ""},
					{"GET", path + "/trustors", ""},
					{"GET", activitiesPath + "?userId=" + people[i%len(people)] + "," + s.org.firstUserID, ""},
					{"POST", activitiesPath + "/aggregates/query", fmt.Sprintf(`{"interval":"2026-01-01/2027-01-01","filter":{"type":"And","clauses":[
						{"type":"And","predicates":[{"dimension":"attendeeId","value":%q}]}]}}`, people[i%len(people)])},
					{"GET", chatsPath + "?includePresence=true", ""},
					{"GET", "/api/v2/users/me?expand=orgauthorization,fieldconfigs,trustors,divisionedpresencedefinitions", ""},
				} {
					if res := direct(s, call[0], call[1], call[2]); res.Code >= 500 {
						t.Errorf("%v: %d %s", call, res.Code, res.Body)
					}
				}
			}
		})
	}
	wg.Wait()
	checkInvariants(t, s.org)
}

// BenchmarkNew measures the start, and what an organisation holds of the heap.
func BenchmarkNew(b *testing.B) {
	for _, users := range []int{50, 100_000} {
		b.Run(fmt.Sprintf("%dUsers", users), func(b *testing.B) {
			b.ReportAllocs()
			var kept struct{ s *Sandbox }
			before := heap()
			for b.Loop() {
				kept.s = nil // the one before does not count
				var err error
				if kept.s, err = New(Options{Users: users}); err != nil {
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
	s, err := New(Options{Users: 100_000, Now: func() time.Time { return time.Unix(1e9, 0) }})
	if err != nil {
		b.Fatal(err)
	}
	email := s.org.users[s.org.firstUserID].email
	search := func(sort, criteria string) string { return `{"pageSize":25,` + sort + `"query":[` + criteria + `]}` }
	for _, bench := range []struct{ name, method, path, body string }{
		{"OneUser", "GET", "/api/v2/users/" + s.org.firstUserID, ""},
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
				if res := direct(s, bench.method, bench.path, bench.body); res.Code != 200 {
					b.Fatal(res.Code, res.Body)
				}
			}
		})
	}
}
