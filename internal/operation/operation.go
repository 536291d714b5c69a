// Package operation holds WHAT an RPC is upstream: verb, path, query, body and
// answer of each operation, compiled once from the descriptors of the contract
// and their google.api.http annotations into immutable tables. It does no I/O.
//
// It reads as the way of a request: Compile (this file) builds the tables,
// template.go knows the paths, request.go turns a message into path, query and
// body, id.go keeps an id from becoming another path, unknown.go finds fields that
// the contract does not have, answer.go turns the upstream's JSON into a message,
// explain.go shows it all to a person.
//
// It imports transcode for bodies; engine and backend import it.
package operation

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	apiv1 "github.com/switchboard-gw/switchboard/gen/go/genesyscloud/api/v1"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// Operation is one RPC and the upstream call behind it. It is immutable and safe
// for concurrent use.
type Operation struct {
	// Name is the RPC's short name, such as GetUser.
	Name string
	// ID is the upstream's name of the operation, such as getUser.
	ID string
	// FullMethod is the gRPC path, such as
	// /genesyscloud.users.v1.UsersService/GetUser.
	FullMethod string
	// Verb is the HTTP method.
	Verb string
	// Index is the operation's place in Set.All: what others keep of each operation
	// is a slice beside its table.
	Index int
	// Template is the path template, such as /api/v2/users/{user_id}.
	Template string
	// Deprecated and Preview are the upstream's marks.
	Deprecated, Preview bool
	// Permissions is what the upstream asks of the token; nil where unknown.
	Permissions *apiv1.Permissions

	idempotency descriptorpb.MethodOptions_IdempotencyLevel

	method  protoreflect.MethodDescriptor
	request protoreflect.MessageType
	path    template
	shape   *shape // of the request
	query   []protoreflect.FieldDescriptor
	body    protoreflect.FieldDescriptor // nil: the request has no body
	mask    protoreflect.FieldDescriptor // nil: no update mask
	empty   protoreflect.FieldDescriptor // true in it sends an empty list; nil: the body is none
	bodyOf  *transcode.Message           // table of the body's message, or of the request when the body is a list
	answer  *transcode.Message           // table of the answer; nil for google.protobuf.Empty
	items   protoreflect.FieldDescriptor // the answer's field that is the whole JSON; nil: the message is
}

// Safe tells whether the call cannot change anything upstream, however often it
// is sent (RFC 9110, section 9.2.1): the contract says so in idempotency_level,
// since searches and queries go by POST.
func (o *Operation) Safe() bool {
	return o.idempotency == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

// NewRequest returns an empty request message of the generated type.
func (o *Operation) NewRequest() proto.Message { return o.request.New().Interface() }

// BodyField names the request field that is sent as the body, or nothing.
func (o *Operation) BodyField() protoreflect.FieldDescriptor { return o.body }

// Set is all operations of a contract.
type Set struct {
	services []protoreflect.ServiceDescriptor
	all      []*Operation // in the order of the contract
	byMethod map[string]*Operation
	paths    *tree
}

// All returns the operations, services by name and each in the order of its
// service. The slice must not be changed.
func (s *Set) All() []*Operation { return s.all }

// Services returns the services by name. The slice must not be changed.
func (s *Set) Services() []protoreflect.ServiceDescriptor { return s.services }

// ByMethod finds an operation by its gRPC path, or returns nil.
func (s *Set) ByMethod(fullMethod string) *Operation { return s.byMethod[fullMethod] }

// Find finds the operation of a verb and an escaped path, or returns nil. Where
// two fit, it is the one that has a literal in the place of a variable.
func (s *Set) Find(verb, escapedPath string) *Operation {
	if end := s.paths.find(verb, strings.TrimPrefix(escapedPath, "/")); end != nil {
		return end.operations[verb]
	}
	return nil
}

// Verbs returns the verbs that an escaped path has operations for, sorted.
func (s *Set) Verbs(escapedPath string) []string {
	if end := s.paths.find("", strings.TrimPrefix(escapedPath, "/")); end != nil {
		return slices.Sorted(maps.Keys(end.operations))
	}
	return nil
}

// Service is the short name of the operation's service.
func (o *Operation) Service() string { return string(o.method.Parent().Name()) }

// ByName finds an operation by its short name, full name or upstream id, or
// returns nil.
func (s *Set) ByName(name string) *Operation {
	for _, o := range s.all {
		if name == o.Name || name == o.ID || name == o.FullMethod || name == string(o.method.FullName()) {
			return o
		}
	}
	return nil
}

// Compile builds the tables of every service of a protobuf package whose files
// are in the registry. The error joins all that is wrong with the contract, each
// with its method's name.
func Compile(files *protoregistry.Files, pkg protoreflect.FullName) (*Set, error) {
	s := &Set{byMethod: map[string]*Operation{}, paths: newTree()}
	files.RangeFilesByPackage(pkg, func(fd protoreflect.FileDescriptor) bool {
		for i := range fd.Services().Len() {
			s.services = append(s.services, fd.Services().Get(i))
		}
		return true
	})
	if len(s.services) == 0 {
		return nil, fmt.Errorf("no service of the package %s is linked into this program", pkg)
	}
	slices.SortFunc(s.services, func(x, y protoreflect.ServiceDescriptor) int {
		if x.FullName() < y.FullName() {
			return -1
		}
		return 1
	})
	tables := transcode.NewCompiler()
	var problems []error
	for _, sd := range s.services {
		for i := range sd.Methods().Len() {
			o, err := compile(sd.Methods().Get(i), tables)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", sd.Methods().Get(i).FullName(), err))
				continue
			}
			s.paths.add(o)
			o.Index = len(s.all)
			s.all = append(s.all, o)
			s.byMethod[o.FullMethod] = o
		}
	}
	for _, o := range s.all {
		s.paths.setSiblings(o.path)
	}
	return s, errors.Join(problems...)
}

func compile(md protoreflect.MethodDescriptor, tables *transcode.Compiler) (*Operation, error) {
	if md.IsStreamingClient() || md.IsStreamingServer() {
		return nil, errors.New("streams, which a REST call cannot do")
	}
	rule, _ := proto.GetExtension(md.Options(), annotations.E_Http).(*annotations.HttpRule)
	verb, path := VerbAndPath(rule)
	if verb == "" {
		return nil, errors.New("has no google.api.http rule with get, put, post, delete or patch")
	}
	if len(rule.GetAdditionalBindings()) > 0 {
		return nil, errors.New("has additional_bindings, but a call can go to one place only")
	}
	request, err := protoregistry.GlobalTypes.FindMessageByName(md.Input().FullName())
	if err != nil {
		return nil, fmt.Errorf("request type %s is not linked into this program: %w", md.Input().FullName(), err)
	}
	facts, _ := proto.GetExtension(md.Options(), apiv1.E_Operation).(*apiv1.Operation)
	options := md.Options().(*descriptorpb.MethodOptions)
	o := &Operation{
		Name:        string(md.Name()),
		ID:          facts.GetId(),
		FullMethod:  "/" + string(md.Parent().FullName()) + "/" + string(md.Name()),
		Verb:        verb,
		Template:    path,
		Deprecated:  options.GetDeprecated(),
		Preview:     facts.GetPreview(),
		Permissions: facts.GetPermissions(),
		idempotency: options.GetIdempotencyLevel(),
		method:      md,
		request:     request,
	}
	// The tables below hold descriptors of the generated type, whose messages
	// they will meet.
	input := request.Descriptor()
	o.shape = shapes{}.of(input)
	if o.path, err = parseTemplate(path, input); err != nil {
		return nil, err
	}
	if err := o.compileBody(rule.GetBody(), input, tables); err != nil {
		return nil, err
	}
	if err := o.compileQuery(input); err != nil {
		return nil, err
	}
	return o, o.compileAnswer(rule.GetResponseBody(), tables)
}

// VerbAndPath returns what a rule says; nothing, if it has none of the verbs that
// REST knows (google/api/http.proto).
func VerbAndPath(rule *annotations.HttpRule) (verb, path string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	default:
		return "", ""
	}
}

func (o *Operation) compileBody(name string, input protoreflect.MessageDescriptor, tables *transcode.Compiler) error {
	if name == "" {
		return nil
	}
	o.body = input.Fields().ByName(protoreflect.Name(name))
	if o.body == nil {
		return fmt.Errorf("its body %q is not a field of %s", name, input.FullName())
	}
	whole := input
	if !o.body.IsList() {
		if whole = o.body.Message(); whole == nil {
			return fmt.Errorf("its body %q is neither a message nor a list", name)
		}
	}
	var err error
	if o.bodyOf, err = tables.Message(whole); err != nil {
		return err
	}
	if o.body.IsList() {
		if o.empty = emptyListOf(input); o.empty == nil {
			return errors.New("has a list as its body, and no bool that sends an empty one")
		}
	}
	if mask := input.Fields().ByName("update_mask"); mask != nil && mask.Message() != nil && mask.Message().FullName() == "google.protobuf.FieldMask" {
		if o.body.IsList() {
			return errors.New("has an update_mask beside a body that is a list")
		}
		o.mask = mask
	}
	return nil
}

// SendsEmptyList tells whether a field of a request is none that is sent, but the
// word for sending an empty list.
func SendsEmptyList(fd protoreflect.FieldDescriptor) bool {
	field, _ := proto.GetExtension(fd.Options(), apiv1.E_Field).(*apiv1.Field)
	return field.GetSendsEmptyList()
}

func emptyListOf(input protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	for i := range input.Fields().Len() {
		if fd := input.Fields().Get(i); SendsEmptyList(fd) && fd.Kind() == protoreflect.BoolKind && !fd.IsList() {
			return fd
		}
	}
	return nil
}

func (o *Operation) compileQuery(input protoreflect.MessageDescriptor) error {
	for i := range input.Fields().Len() {
		fd := input.Fields().Get(i)
		if fd == o.body || fd == o.mask || fd == o.empty || o.path.has(fd) {
			continue
		}
		if SendsEmptyList(fd) {
			return fmt.Errorf("its field %s is to send an empty list, and the body is none", fd.Name())
		}
		if fd.IsMap() || fd.Message() != nil || fd.Enum() != nil {
			return fmt.Errorf("its field %s would go to the query, where only scalars can", fd.Name())
		}
		o.query = append(o.query, fd)
	}
	return nil
}

func (o *Operation) compileAnswer(responseBody string, tables *transcode.Compiler) error {
	output := o.method.Output()
	if output.FullName() == "google.protobuf.Empty" {
		return nil
	}
	// Prefer the generated type's descriptor, for the reason given in compile.
	if mt, err := protoregistry.GlobalTypes.FindMessageByName(output.FullName()); err == nil {
		output = mt.Descriptor()
	}
	if responseBody != "" {
		if o.items = output.Fields().ByName(protoreflect.Name(responseBody)); o.items == nil {
			return fmt.Errorf("its response_body %q is not a field of %s", responseBody, output.FullName())
		}
	}
	var err error
	o.answer, err = tables.Message(output)
	return err
}
