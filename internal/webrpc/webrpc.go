// Package webrpc is the face for clients of the Connect and gRPC-Web protocols, which
// speak the contract over plain HTTP: web pages, curl, and libraries that have no
// HTTP/2. It lies on the REST port.
//
// The translation is vanguard's (connectrpc.com/vanguard), in front of a gRPC server
// that has no network of its own: so calls pass the same chain and the same end as
// those over gRPC, streams included. The alternative, handlers of connect-go, would
// need generated code for each service and another engine; grpc-web's own proxy for
// Go does not know Connect and is no longer kept.
//
// It imports server, for the edge; the gateway routes to it.
package webrpc

import (
	"math"
	"mime"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/vanguard"
	"connectrpc.com/vanguard/vanguardgrpc"
	"google.golang.org/protobuf/proto"

	"github.com/switchboard-gw/switchboard/internal/call"
	"github.com/switchboard-gw/switchboard/internal/conns"
	"github.com/switchboard-gw/switchboard/internal/server"
)

// Options is what the face is made of.
type Options struct {
	// Server is as for the gRPC face; what is about the network is not used.
	Server server.Options
	// MaxResponseBytes bounds an answer in JSON.
	MaxResponseBytes int
}

// Face is the handler, and what tells its requests from others.
type Face struct {
	*server.Server
	transcoder http.Handler
	services   map[string]bool // by full name
}

// New returns the face. It needs no start and no stop of its own: its calls are
// requests of the HTTP server that hands them over.
func New(o Options) (*Face, error) {
	o.Server.Face = call.Connect
	f := &Face{Server: server.New(o.Server), services: map[string]bool{}}
	for name := range f.GetServiceInfo() {
		f.services[name] = true
	}
	limit := min(max(o.MaxResponseBytes, o.Server.MaxRequestBytes), math.MaxUint32)
	transcoder, err := vanguardgrpc.NewTranscoder(f.Server.Server,
		vanguard.WithDefaultServiceOptions(
			vanguard.WithMaxMessageBufferBytes(uint32(limit)),
			vanguard.WithNoTargetCompression(), // it is in this process
		),
		vanguard.WithCodec(newJSON),
	)
	f.transcoder = transcoder
	return f, err
}

// strictJSON is protobuf's JSON as it is meant here. A member that is not known could
// change what a call does, as a field could; what is absent stays absent; and what
// cannot be read is the caller's to mend.
type strictJSON struct{ *vanguard.JSONCodec }

func newJSON(types vanguard.TypeResolver) vanguard.Codec {
	codec := vanguard.NewJSONCodec(types)
	codec.UnmarshalOptions.DiscardUnknown = false
	codec.MarshalOptions.EmitUnpopulated = false
	return strictJSON{codec}
}

// Unmarshal implements vanguard.Codec.
func (j strictJSON) Unmarshal(text []byte, into proto.Message) error {
	if err := j.JSONCodec.Unmarshal(text, into); err != nil {
		return connect.NewError(connect.CodeInvalidArgument, err)
	}
	return nil
}

// Serves tells whether a path is that of an RPC: /package.Service/Method.
func (f *Face) Serves(path string) bool {
	service, _, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return found && f.services[service]
}

// ServeHTTP implements http.Handler.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if conn := conns.Of(r.Context()); conn != nil {
		ctx, release := server.WithCopies(r.Context(), conn.Account())
		defer release()
		r = r.WithContext(ctx)
	}
	if r = asConnect(r); r == nil {
		w.Header().Set("Accept-Post", "application/json, application/proto, application/grpc-web+proto, application/grpc-web+json, application/connect+proto, application/connect+json, application/grpc+proto")
		w.WriteHeader(http.StatusUnsupportedMediaType) // RFC 9110, section 15.5.16
		return
	}
	f.transcoder.ServeHTTP(w, r)
}

// asConnect makes a request Connect's whose sender has not said so, as one by hand
// does not: it has no version of the protocol, and a body that is JSON by its type, or
// by a type that curl -d gives it. The protocol has servers take those (its version is
// for proxies and for servers that insist); the translation takes them for REST. Nil
// is a request whose type is none of an RPC.
func asConnect(r *http.Request) *http.Request {
	if r.Method != http.MethodPost {
		return r
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case strings.HasPrefix(kind, "application/grpc"), strings.HasPrefix(kind, "application/connect+"):
		return r
	case kind == "", kind == "application/x-www-form-urlencoded":
		kind = "application/json"
	case kind != "application/json" && kind != "application/proto":
		return nil
	}
	with := *r
	with.Header = r.Header.Clone()
	with.Header.Set("Content-Type", kind)
	with.Header.Set("Connect-Protocol-Version", "1")
	return &with
}
