package sandbox

import (
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	usersv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/users/v1"
	"github.com/switchboard-gw/switchboard/internal/operation"
)

// contractOperation is what the contract says of where an operation is found.
type contractOperation struct {
	name     string // the vendor's, such as getUser
	method   string // of HTTP
	template string // such as /api/v2/users/{userId}
}

// contractOperations are all that the contract has. The slice must not be changed.
var contractOperations = sync.OnceValue(func() []contractOperation {
	var all []contractOperation
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
	return all
})

func readOperation(md protoreflect.MethodDescriptor) contractOperation {
	facts, _ := proto.GetExtension(md.Options(), apiv1.E_Operation).(*apiv1.Operation)
	rule, _ := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	verb, path := operation.VerbAndPath(rule)
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if field := md.Input().Fields().ByName(protoreflect.Name(strings.Trim(segment, "{}"))); field != nil && isParameter(segment) {
			segments[i] = "{" + field.JSONName() + "}" // the upstream's name of it
		}
	}
	return contractOperation{name: facts.GetId(), method: verb, template: strings.Join(segments, "/")}
}
