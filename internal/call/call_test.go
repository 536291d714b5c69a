package call_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/failure"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/telemetry"
)

// fixture is a chain whose log can be read.
type fixture struct {
	*call.Chain
	ops *operation.Set
	log *bytes.Buffer
}

func chain(t *testing.T, level slog.Level) fixture {
	t.Helper()
	ops, err := operation.Compile(protoregistry.GlobalFiles, usersv1.File_genesyscloud_users_v1_users_service_proto.Package())
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	log := telemetry.NewLogger(&lines, "json", level)
	c, err := call.NewChain(call.Policy{Timeout: 15 * time.Second, MaxTimeout: time.Minute, Operations: ops, Log: log, Limited: telemetry.NewLimited(log)})
	if err != nil {
		t.Fatal(err)
	}
	return fixture{c, ops, &lines}
}

func (f fixture) getUser() *call.Call {
	return &call.Call{
		Face: call.GRPC, Method: "/genesyscloud.users.v1.UsersService/GetUser", Operation: f.ops.ByName("GetUser"),
		Request: &usersv1.GetUserRequest{UserId: "u"}, Metadata: metadata.MD{},
	}
}

// line is the only line of the log.
func (f fixture) line(t *testing.T) map[string]any {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal(f.log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, f.log)
	}
	return line
}

func TestACallHasAnIDFromTheStart(t *testing.T) {
	t.Parallel()
	f := chain(t, slog.LevelInfo)
	for given, keeps := range map[string]bool{
		"mine-1": true, strings.Repeat("x", 128): true,
		"": false, "two words": false, "new\nline": false, "ünlaut": false, strings.Repeat("x", 129): false,
	} {
		c := f.getUser()
		c.Metadata[call.HeaderRequestID] = []string{given}
		if err := f.Do(t.Context(), c, func(_ context.Context, c *call.Call) error {
			if c.ID == "" {
				t.Error("the end of the chain knows no id")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := c.Header.Get(call.HeaderRequestID); len(got) != 1 || got[0] != c.ID || (c.ID == given) != keeps {
			t.Errorf("%q: the id is %q, the header %q", given, c.ID, got)
		}
	}
}

func TestAPanicIsTheErrorOfOneCallAndTheLogKnowsIt(t *testing.T) {
	t.Parallel()
	f := chain(t, slog.LevelError)
	c := f.getUser()
	err := f.Do(t.Context(), c, func(context.Context, *call.Call) error { panic("a bug") })
	var own *failure.Failure
	if !errors.As(err, &own) || own.Reason != "panic" || strings.Contains(own.Message, "a bug") {
		t.Errorf("got %v", err)
	}
	if line := f.line(t); line["request_id"] != c.ID || line["panic"] != "a bug" {
		t.Errorf("logged %v", line)
	}
	if own.MayHaveHappened {
		t.Error("a read may have happened")
	}
	c.Operation = f.ops.ByName("PatchUser")
	if err := f.Do(t.Context(), c, func(context.Context, *call.Call) error { panic("a bug") }); !errors.As(err, &own) || !own.MayHaveHappened {
		t.Errorf("a write has not happened: %v", err)
	}
}

// Where the network is, and what else is for operators only, is told to those who
// look for it, but for bytes that somebody sent.
func TestTheCauseIsForTheLevelDebug(t *testing.T) {
	t.Parallel()
	for level, shown := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		f := chain(t, level)
		_ = f.Do(t.Context(), f.getUser(), func(context.Context, *call.Call) error {
			return &failure.Failure{Code: codes.Unavailable, Reason: "upstream_unreachable", Message: "m", Cause: errors.New(`dial 10.0.0.1:443: malformed "Ada"`)}
		})
		if got := f.log.String(); strings.Contains(got, "10.0.0.1") != shown || strings.Contains(got, "Ada") {
			t.Errorf("%v: %s", level, got)
		}
	}
}

func TestTheLogHasWhatIsNotTheCallersToMend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		err   error
		warns bool
	}{
		{"nothing is wrong", nil, false},
		{"a field is wrong", failure.New(codes.InvalidArgument, "invalid_argument", "x"), false},
		{"not found", status.Error(codes.NotFound, "x"), false},
		{"the caller gave up", failure.New(codes.Canceled, "canceled", "x"), false},
		{"the deadline passed", failure.New(codes.DeadlineExceeded, "deadline_exceeded", "x"), true},
		{"memory is full", failure.New(codes.DeadlineExceeded, "memory_full", "x"), true},
		{"no token", failure.New(codes.Unavailable, "no_upstream_token", "x"), true},
		{"an error nobody knows", errors.New("x"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := chain(t, slog.LevelInfo)
			c := f.getUser()
			if err := f.Do(t.Context(), c, func(context.Context, *call.Call) error { return test.err }); !errors.Is(err, test.err) {
				t.Errorf("got %v", err)
			}
			if got := f.log.Len() > 0; got != test.warns {
				t.Fatalf("logged %s", f.log)
			}
			if !test.warns {
				return
			}
			if line := f.line(t); line["level"] != "WARN" || line["request_id"] != c.ID || line["method"] != c.Method || line["face"] != "grpc" {
				t.Errorf("logged %v", line)
			}
		})
	}
}

func TestEveryUnaryCallHasAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := chain(t, slog.LevelInfo)
		for _, test := range []struct{ asked, gets time.Duration }{
			{0, 15 * time.Second}, {time.Second, time.Second}, {time.Minute, time.Minute}, {time.Hour, time.Minute},
		} {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if test.asked > 0 {
				ctx, cancel = context.WithTimeout(ctx, test.asked)
			}
			c := f.getUser()
			if err := f.Do(ctx, c, func(ctx context.Context, c *call.Call) error {
				if end, ok := ctx.Deadline(); !ok || !end.Equal(c.Deadline) || time.Until(end) != test.gets {
					t.Errorf("asked for %v, got %v", test.asked, time.Until(end))
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
			cancel()
		}
		stream := &call.Call{Face: call.GRPC, Method: "/a.B/C", Metadata: metadata.MD{}}
		if err := f.Do(t.Context(), stream, func(ctx context.Context, c *call.Call) error {
			if _, ok := ctx.Deadline(); ok || !c.Deadline.IsZero() {
				t.Error("a stream has a deadline that nobody gave it")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

// Each operation refuses a field that its request does not have, and names it.
func TestAFieldThatIsNotKnownIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	f := chain(t, slog.LevelInfo)
	for _, op := range f.ops.All() {
		request := op.NewRequest()
		request.ProtoReflect().SetUnknown([]byte{0xF8, 0x87, 0x03, 0x01}) // field 6271
		c := &call.Call{Method: op.FullMethod, Operation: op, Request: request, Metadata: metadata.MD{}}
		err := f.Do(t.Context(), c, func(context.Context, *call.Call) error {
			t.Errorf("%s: the call went on", op.Name)
			return nil
		})
		var own *failure.Failure
		if !errors.As(err, &own) || own.Code != codes.InvalidArgument || len(own.Violations.GetFieldViolations()) != 1 || own.Violations.FieldViolations[0].Field != "6271" {
			t.Errorf("%s: %v", op.Name, err)
		}
	}
}

func TestWhatTheContractRefusesIsRefusedButForABodyThatIsVerbatim(t *testing.T) {
	t.Parallel()
	f := chain(t, slog.LevelInfo)
	create := func(verbatim *call.Verbatim) error {
		c := &call.Call{
			Operation: f.ops.ByName("PostUsers"), Metadata: metadata.MD{}, Verbatim: verbatim,
			Request: &usersv1.PostUsersRequest{Body: &usersv1.CreateUser{Name: proto.String("")}},
		}
		return f.Do(t.Context(), c, func(context.Context, *call.Call) error { return nil })
	}
	var own *failure.Failure
	if err := create(nil); !errors.As(err, &own) || own.Code != codes.InvalidArgument || len(own.Violations.GetFieldViolations()) == 0 {
		t.Errorf("over gRPC: %v", err)
	}
	if err := create(&call.Verbatim{}); err != nil {
		t.Errorf("over REST: %v", err)
	}
}

// The messages of a stream pass the same rules, one by one.
func TestMessagesOfAStreamAreChecked(t *testing.T) {
	t.Parallel()
	f := chain(t, slog.LevelInfo)
	c := f.getUser()
	c.Request = nil
	if err := f.Check(c, &usersv1.GetUserRequest{UserId: "u"}); err != nil {
		t.Error(err)
	}
	bad := &usersv1.GetUserRequest{UserId: "u"}
	bad.ProtoReflect().SetUnknown([]byte{0xF8, 0x87, 0x03, 0x01})
	if err := f.Check(c, bad); status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v", err)
	}
	if err := f.Check(&call.Call{}, bad); err != nil { // health, say
		t.Errorf("got %v", err)
	}
}
