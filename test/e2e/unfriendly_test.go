package e2e

import (
	"bytes"
	bigendian "encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// What the tests of unfriendly clients have in common: raw HTTP/2, neighbours that
// want to be served meanwhile, and a look at the process before and after.

// page is an answer of GetUsers of about so many bytes.
func page(size int) string {
	return `{"entities":[{"id":"u","name":"` + strings.Repeat("x", size) + `"}],"total":1}`
}

// answering answers GetUsers with a page of so many bytes, and all else with one
// small user.
func answering(size int) http.HandlerFunc {
	text := page(size)
	return func(w http.ResponseWriter, r *http.Request) {
		body := `{"id":"u","name":"small"}`
		if r.URL.Path == "/api/v2/users" && r.Method == http.MethodGet {
			body = text
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(w, body)
	}
}

// plainBinary is the server without the race detector, whose memory can be measured.
var plainBinary = sync.OnceValues(func() (string, error) {
	if !raceEnabled {
		return binary, nil
	}
	plain := filepath.Join(filepath.Dir(binary), "plain")
	build := exec.Command("go", "build", "-o", plain, "../../cmd/server")
	build.Stderr = os.Stderr
	return plain, build.Run()
})

// startPlain is start of a server whose memory can be measured: it keeps little
// garbage.
func startPlain(t *testing.T, upstream string, more ...string) *process {
	t.Helper()
	t.Setenv("GOGC", "25")
	plain, err := plainBinary()
	must(t, err)
	return startAs(t, plain, upstream, more...)
}

// admin reads a page of the admin port.
func (p *process) admin(path string) []byte {
	p.t.Helper()
	once := &http.Transport{DisableKeepAlives: true}
	r, err := http.NewRequestWithContext(within(p.t), http.MethodGet, "http://"+p.Admin+path, http.NoBody)
	must(p.t, err)
	answer, err := once.RoundTrip(r)
	for range 3 {
		if err == nil {
			break
		}
		// In a flood, on a machine with few cores, its head may come too late.
		answer, err = once.RoundTrip(r)
	}
	must(p.t, err)
	text, err := io.ReadAll(answer.Body)
	must(p.t, err)
	must(p.t, answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, answer.StatusCode, text)
	}
	return text
}

// memory is /debug/memory.
type memory struct {
	Limit       int64 `json:"limit_bytes"`
	Used        int64 `json:"used_bytes"`
	Waiting     int64 `json:"waiting_bytes"`
	Connections int   `json:"connections"`
}

func (p *process) memory() (m memory) {
	p.t.Helper()
	must(p.t, json.Unmarshal(p.admin("/debug/memory"), &m))
	return m
}

// goroutines is how many there are but for those of connections to the upstream,
// which are kept for a while.
func (p *process) goroutines() int {
	p.t.Helper()
	var n int
	for _, stack := range strings.Split(string(p.admin("/debug/pprof/goroutine?debug=1")), "\n\n") {
		head, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(stack), "goroutine profile: total "), " @")
		if count, err := strconv.Atoi(head); err == nil && !strings.Contains(stack, "net/http.(*persistConn)") {
			n += count
		}
	}
	return n
}

// descriptors is how many sockets and files are open.
func (p *process) descriptors() int {
	p.t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	must(p.t, err)
	return len(all)
}

// peak is how much memory the process has had resident at most, in MiB.
func (p *process) peak() int64 {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	must(p.t, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			must(p.t, err)
			return kib >> 10
		}
	}
	p.t.Fatal("no VmHWM")
	return 0
}

// calm is what a process looks like that nobody calls.
type calm struct{ goroutines, descriptors, connections int }

// calm waits until nobody's answer takes memory, and tells how the process looks
// then.
func (p *process) calm(up *upstream) calm {
	p.t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	up.CloseClientConnections()
	return calm{p.goroutines(), p.descriptors(), p.memory().Connections}
}

// asBefore waits until the process looks as it did, with all memory given back.
func (p *process) asBefore(up *upstream, before calm) {
	p.t.Helper()
	var now calm
	var m memory
	eventually(p.t, func() bool {
		now, m = p.calm(up), p.memory()
		return m.Used == 0 && m.Waiting == 0 && now.goroutines <= before.goroutines+2 && now.descriptors <= before.descriptors+2 &&
			now.connections <= before.connections
	}, func() string {
		return fmt.Sprintf("the process was %+v and is %+v, memory %+v", before, now, m)
	})
}

// eventually waits for something that comes to be true, for long.
func eventually(t *testing.T, ok func() bool, otherwise func() string) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise())
		}
	}
}

// neighboursAreServed makes small calls as others would, each by a connection of its
// own, from the same address as everybody here.
func (p *process) neighboursAreServed() {
	p.t.Helper()
	for range 3 {
		conn, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
		must(p.t, err)
		if _, err := usersv1.NewUsersServiceClient(conn).GetUser(within(p.t), &usersv1.GetUserRequest{UserId: "u"}); err != nil {
			p.t.Errorf("a neighbour over gRPC: %v", err)
		}
		_ = conn.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if answer, body := p.rest(http.MethodGet, "/api/v2/users/u", nil); answer.StatusCode != http.StatusOK {
			p.t.Errorf("a neighbour over REST: %d %s", answer.StatusCode, body)
		}
		if answer, body := p.rest(http.MethodPatch, "/api/v2/users/u", []byte(`{"name":"Ann"}`)); answer.StatusCode != http.StatusOK {
			p.t.Errorf("a neighbour that writes over REST: %d %s", answer.StatusCode, body)
		}
	}
}

// largeNeighboursAreServed is neighboursAreServed with pages.
func (p *process) largeNeighboursAreServed() {
	p.t.Helper()
	conn, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	must(p.t, err)
	if _, err := usersv1.NewUsersServiceClient(conn).GetUsers(within(p.t), &usersv1.GetUsersRequest{}); err != nil {
		p.t.Errorf("a neighbour's page over gRPC: %v", err)
	}
	_ = conn.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if answer, body := p.rest(http.MethodGet, "/api/v2/users", nil); answer.StatusCode != http.StatusOK {
		p.t.Errorf("a neighbour's page over REST: %d %.200s", answer.StatusCode, body)
	}
}

// rawHTTP2 is a client that obeys nobody.
type rawHTTP2 struct {
	t *testing.T
	net.Conn
	*http2.Framer

	head *hpack.Encoder
	text bytes.Buffer
}

// dialHTTP2 opens a connection with these settings. Nothing reads from it.
func dialHTTP2(t *testing.T, address string, settings ...http2.Setting) *rawHTTP2 {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, http2.ClientPreface)
	must(t, err)
	c := &rawHTTP2{t: t, Conn: conn, Framer: http2.NewFramer(conn, conn)}
	c.head = hpack.NewEncoder(&c.text)
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	must(t, c.WriteSettings(settings...))
	return c
}

// open writes the head of a request: names and values by turns.
func (c *rawHTTP2) open(stream uint32, end bool, fields ...string) error {
	c.text.Reset()
	for i := 0; i+1 < len(fields); i += 2 {
		if err := c.head.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			return err
		}
	}
	return c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: c.text.Bytes(), EndHeaders: true, EndStream: end})
}

// call writes a whole call over gRPC.
func (c *rawHTTP2) call(stream uint32, method string, request proto.Message, more ...string) error {
	if err := c.open(stream, false, append([]string{":method", "POST", ":scheme", "http", ":path", method, ":authority", "a", "content-type", "application/grpc", "te", "trailers"}, more...)...); err != nil {
		return err
	}
	return c.WriteData(stream, true, grpcMessage(c.t, request))
}

// grpcMessage is a message as it goes over gRPC.
func grpcMessage(t *testing.T, m proto.Message) []byte {
	t.Helper()
	text, err := proto.Marshal(m)
	must(t, err)
	return append(bigendian.BigEndian.AppendUint32([]byte{0}, uint32(len(text))), text...)
}

// get writes a request over REST.
func (c *rawHTTP2) get(stream uint32, path string, more ...string) error {
	return c.open(stream, true, append([]string{":method", "GET", ":scheme", "http", ":path", path, ":authority", "a"}, more...)...)
}

// isClosed waits until the server has closed the connection; what still comes is
// thrown away.
func (c *rawHTTP2) isClosed() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(40 * time.Second))
	if _, err := io.Copy(io.Discard, c.Conn); isTimeout(err) {
		c.t.Error("the connection is not closed")
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

const (
	getUsers = "/genesyscloud.users.v1.UsersService/GetUsers"
)
