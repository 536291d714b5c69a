package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
)

// replicas are the REST ports of servers, of which the first that listens is called,
// as behind a Service: whoever is refused a connection has sent nothing.
type replicas []string

func (r replicas) dial(ctx context.Context) (conn net.Conn, err error) {
	for _, address := range r {
		if conn, err = new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// writes is a client that writes, one call after the other. It returns how many were
// answered when it was told to end, or an error for one that was not.
type writes func(ctx context.Context, end <-chan struct{}, count *atomic.Int64) error

// Clients of all kinds write without a pause while a server stops, told twice in the
// same moment. Each call is answered and carried out once.
func TestNoCallIsLostByAStop(t *testing.T) {
	up := newUpstream(t)
	var carriedOut atomic.Int64
	up.do(func(w http.ResponseWriter, _ *http.Request) {
		carriedOut.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"u"}`)
	})
	goes, stays := start(t, up.URL, "--log-level=info"), start(t, up.URL, "--log-level=info")
	rest := replicas{goes.HTTP, stays.HTTP}

	ctx, end := within(t), make(chan struct{})
	var clients sync.WaitGroup
	var answered atomic.Int64
	failed := make(chan error, 1000)
	for name, c := range map[string]struct {
		clients int
		write   writes
	}{
		"HTTP/1.1 kept alive":  {32, rest.keptAlive},
		"HTTP/1.1 with pauses": {32, rest.withPauses},
		"Connect":              {8, rest.connect},
		"HTTP/2 in clear":      {4, rest.http2},
		"gRPC":                 {8, grpcReplicas{goes.GRPC, stays.GRPC}.call},
	} {
		for range c.clients {
			clients.Go(func() {
				if err := c.write(ctx, end, &answered); err != nil {
					failed <- fmt.Errorf("%s: %w", name, err)
				}
			})
		}
	}
	more := func(n int64) {
		for want := answered.Load() + n; answered.Load() < want; time.Sleep(time.Millisecond) {
			if len(failed) > 0 || ctx.Err() != nil {
				return
			}
		}
	}
	more(2000)
	must(t, goes.cmd.Process.Signal(syscall.SIGTERM))
	must(t, goes.cmd.Process.Signal(syscall.SIGTERM))
	err := <-goes.exited
	goes.exited <- err
	if err != nil || strings.Contains(goes.log.String(), "cut off") {
		t.Errorf("the stop was not clean: %v\n%s", err, goes.log)
	}
	more(1000) // on the other one
	close(end)
	clients.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if answered.Load() != carriedOut.Load() {
		t.Errorf("%d calls were answered, %d carried out", answered.Load(), carriedOut.Load())
	}
	t.Logf("%d calls", answered.Load())
}

// keptAlive posts on one connection until an answer says that it is the last. It
// repeats nothing.
func (r replicas) keptAlive(ctx context.Context, end <-chan struct{}, count *atomic.Int64) error {
	return r.post(ctx, end, count, "/api/v2/users", `{"name":"Ada"}`, 0)
}

func (r replicas) withPauses(ctx context.Context, end <-chan struct{}, count *atomic.Int64) error {
	return r.post(ctx, end, count, "/api/v2/users", `{"name":"Ada"}`, 5*time.Millisecond)
}

func (r replicas) connect(ctx context.Context, end <-chan struct{}, count *atomic.Int64) error {
	return r.post(ctx, end, count, "/genesyscloud.users.v1.UsersService/PostUsers", `{"body":{"name":"Ada"}}`, 0)
}

func (r replicas) post(ctx context.Context, end <-chan struct{}, count *atomic.Int64, path, body string, pause time.Duration) error {
	for {
		conn, err := r.dial(ctx)
		if err != nil {
			return err
		}
		read, last := bufio.NewReader(conn), false
		for n := 0; !last; n++ {
			select {
			case <-end:
				return conn.Close()
			case <-time.After(pause):
			}
			_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
			var answer *http.Response
			if err == nil {
				answer, err = http.ReadResponse(read, nil)
			}
			if err == nil {
				_, err = io.Copy(io.Discard, answer.Body)
			}
			if err != nil {
				return fmt.Errorf("call %d on a connection: %w", n, err)
			}
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("status %d", answer.StatusCode)
			}
			count.Add(1)
			last = answer.Close
		}
		if err := conn.Close(); err != nil {
			return err
		}
	}
}

// http2 posts over HTTP/2, whose clients send again what a GOAWAY says was not
// looked at.
func (r replicas) http2(ctx context.Context, end <-chan struct{}, count *atomic.Int64) error {
	transport := r.overHTTP2()
	defer transport.CloseIdleConnections()
	for {
		select {
		case <-end:
			return nil
		default:
		}
		post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/api/v2/users", strings.NewReader(`{"name":"Ada"}`))
		if err != nil {
			return err
		}
		post.Header.Set("Content-Type", "application/json")
		answer, err := transport.RoundTrip(post)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", answer.StatusCode)
		}
		count.Add(1)
	}
}

func (r replicas) overHTTP2() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{
		Protocols:   protocols,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return r.dial(ctx) },
	}
}

// grpcReplicas are the gRPC ports of servers, which a client finds as behind a
// headless Service.
type grpcReplicas []string

func (r grpcReplicas) call(ctx context.Context, end <-chan struct{}, count *atomic.Int64) error {
	found := manual.NewBuilderWithScheme("replicas")
	state := resolver.State{}
	for _, address := range r {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	found.InitialState(state)
	conn, err := grpc.NewClient("replicas:///", grpc.WithResolvers(found),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	user := &usersv1.PostUsersRequest{Body: &usersv1.CreateUser{Name: proto.String("Ada")}}
	for {
		select {
		case <-end:
			return nil
		default:
		}
		if _, err := usersv1.NewUsersServiceClient(conn).PostUsers(ctx, user); err != nil {
			return err
		}
		count.Add(1)
	}
}

// Streams have no end of their own, so that a stop must end them.
func TestStreamsEndWithAStop(t *testing.T) {
	p := start(t, newUpstream(t).URL)
	conn := p.dial()
	watch, err := healthpb.NewHealthClient(conn).Watch(within(t), &healthpb.HealthCheckRequest{})
	must(t, err)
	if got, err := watch.Recv(); err != nil {
		t.Fatal(got, err)
	}
	unknown, err := healthpb.NewHealthClient(conn).Watch(within(t), &healthpb.HealthCheckRequest{Service: "unknown"})
	must(t, err)
	_, err = unknown.Recv()
	must(t, err)
	reflection, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(within(t))
	must(t, err)
	must(t, reflection.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}))
	_, err = reflection.Recv()
	must(t, err)
	silent, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(within(t))
	must(t, err)

	web, err := http.Post("http://"+p.HTTP+"/grpc.health.v1.Health/Watch", "application/connect+json", strings.NewReader("\x00\x00\x00\x00\x02{}"))
	must(t, err)
	defer web.Body.Close()
	first := make([]byte, 5)
	_, err = io.ReadFull(web.Body, first)
	must(t, err)

	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	rest, err := io.ReadAll(web.Body)
	if err != nil || !strings.Contains(string(rest), `"unavailable"`) {
		t.Errorf("a watch over Connect ended with %q, %v", rest, err)
	}
	for name, receive := range map[string]func() error{
		"a health watch":                func() error { _, err := watch.Recv(); return err },
		"a watch of an unknown service": func() error { _, err := unknown.Recv(); return err },
		"reflection":                    func() error { _, err := reflection.Recv(); return err },
		"reflection that asks nothing":  func() error { _, err := silent.Recv(); return err },
	} {
		var err error
		for err == nil { // a watch may tell that the server goes
			err = receive()
		}
		if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "stops") {
			t.Errorf("%s ended with %v", name, err)
		}
	}
	err = <-p.exited
	p.exited <- err
	if err != nil || strings.Contains(p.log.String(), "cut off") {
		t.Errorf("the stop was not clean: %v\n%s", err, p.log)
	}
}

// hanging is an upstream that answers no call before it is told to.
func hanging(t *testing.T) (up *upstream, running <-chan struct{}, finish func()) {
	up = newUpstream(t)
	began, ends := make(chan struct{}, 100), make(chan struct{})
	var once sync.Once
	finish = func() { once.Do(func() { close(ends) }) }
	t.Cleanup(finish)
	up.do(func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		select {
		case <-ends:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"late"}`)
	})
	return up, began, finish
}

// get asks for a user, so many times by each of the ways there are, and tells what
// came of each.
func (p *process) get(ways map[string]int) <-chan error {
	results := make(chan error, 100)
	for way, n := range ways {
		ask := p.overREST(http.DefaultTransport)
		switch way {
		case "gRPC":
			ask = p.overGRPC()
		case "HTTP/2":
			over := replicas{p.HTTP}.overHTTP2()
			p.t.Cleanup(over.CloseIdleConnections)
			ask = p.overREST(over)
		}
		for range n {
			go func() {
				answer, err := ask()
				if err == nil && !strings.Contains(answer, "late") {
					err = errors.New("another answer: " + answer)
				}
				if err != nil {
					err = fmt.Errorf("%s: %w", way, err)
				}
				results <- err
			}()
		}
	}
	return results
}

func (p *process) overGRPC() func() (string, error) {
	users, ctx := usersv1.NewUsersServiceClient(p.dial()), within(p.t)
	return func() (string, error) {
		u, err := users.GetUser(ctx, &usersv1.GetUserRequest{UserId: "u"})
		return u.GetId(), err
	}
}

func (p *process) overREST(transport http.RoundTripper) func() (string, error) {
	ctx := within(p.t)
	return func() (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.HTTP+"/api/v2/users/u", http.NoBody)
		if err != nil {
			return "", err
		}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(answer.Body)
		return string(text), errors.Join(err, answer.Body.Close())
	}
}

// until waits for a line of the log.
func (p *process) until(line string) {
	p.t.Helper()
	for range 1000 {
		if strings.Contains(p.log.String(), line) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("the log never says %q:\n%s", line, p.log)
}

func TestRunningCallsOutliveTheirConnectionsGoodbye(t *testing.T) {
	up, running, finish := hanging(t)
	p := start(t, up.URL)
	results := p.get(map[string]int{"gRPC": 3, "HTTP/1.1": 3, "HTTP/2": 3})
	for range 9 {
		<-running
	}
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.until(`"stopping"`)
	finish()
	for range 9 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	err := <-p.exited
	p.exited <- err
	if err != nil || strings.Contains(p.log.String(), "cut off") {
		t.Errorf("the stop was not clean: %v\n%s", err, p.log)
	}
}

// A second interrupt does not wait; nor does a stop wait for ever.
func TestCallsThatDoNotEndAreCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		second syscall.Signal
		code   int
		says   string
	}{
		"by a second interrupt":       {nil, syscall.SIGINT, 1, "interrupt again: stopping at once"},
		"after the shutdown timeout":  {[]string{"--shutdown-timeout=500ms"}, 0, 0, "cut off"},
		"at once without any timeout": {[]string{"--shutdown-timeout=0s"}, 0, 0, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			up, running, _ := hanging(t)
			p := start(t, up.URL, append(c.args, "--timeout=5m", "--max-timeout=5m")...)
			results := p.get(map[string]int{"gRPC": 2, "HTTP/1.1": 2, "HTTP/2": 2})
			for range 6 {
				<-running
			}
			must(t, p.cmd.Process.Signal(syscall.SIGTERM))
			p.until(`"stopping"`)
			if c.second != 0 {
				must(t, p.cmd.Process.Signal(c.second))
			}
			for range 6 {
				if err := <-results; err == nil {
					t.Error("a call was answered")
				}
			}
			<-p.exited
			p.exited <- nil
			if got := p.cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(p.log.String(), c.says) {
				t.Errorf("exit code %d, want %d\n%s", got, c.code, p.log)
			}
		})
	}
}
