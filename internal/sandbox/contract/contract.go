// Package contract tells which operations there are and where, as the contract says
// it: the names, verbs and paths of the descriptors. It is the only room that looks
// at them, and imports no other room.
package contract

import (
	"slices"
	"strings"
	"sync"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Operation is what the contract says of where an operation is found.
type Operation struct {
	Name     string // the vendor's, such as getUser
	Method   string // of HTTP
	Template string // such as /api/v2/users/{userId}
}

// beyond are operations that clients of the upstream need for those of the contract,
// which need not have them: going on queue is a write of the presence.
var beyond = []Operation{
	{"getUserPresencesPurecloud", "GET", "/api/v2/users/{userId}/presences/purecloud"},
	{"patchUserPresencesPurecloud", "PATCH", "/api/v2/users/{userId}/presences/purecloud"},
}

// Operations are all that the contract has, and those beyond it. The slice must not
// be changed.
var Operations = sync.OnceValue(func() []Operation {
	var all []Operation
	protoregistry.GlobalFiles.RangeFilesByPackage(usersv1.File_genesyscloud_users_v1_users_service_proto.Package(),
		func(file protoreflect.FileDescriptor) bool {
			for i := range file.Services().Len() {
				methods := file.Services().Get(i).Methods()
				for j := range methods.Len() {
					all = append(all, readOperation(methods.Get(j)))
				}
			}
			return true
		})
	for _, op := range beyond {
		if !slices.ContainsFunc(all, func(known Operation) bool { return known.Name == op.Name }) {
			all = append(all, op)
		}
	}
	return all
})

func readOperation(md protoreflect.MethodDescriptor) Operation {
	facts, _ := proto.GetExtension(md.Options(), apiv1.E_Operation).(*apiv1.Operation)
	rule, _ := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	verb, path := operation.VerbAndPath(rule)
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if field := md.Input().Fields().ByName(protoreflect.Name(strings.Trim(segment, "{}"))); field != nil && IsParameter(segment) {
			segments[i] = "{" + field.JSONName() + "}" // the upstream's name of it
		}
	}
	return Operation{Name: facts.GetId(), Method: verb, Template: strings.Join(segments, "/")}
}

// IsParameter tells whether a segment of a template stands for a value.
func IsParameter(segment string) bool { return strings.HasPrefix(segment, "{") }
