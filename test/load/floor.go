package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// newFloor is the least that any gateway does: it takes the call, reads the
// upstream's body, and sends bytes.
func newFloor(upstream string, read func(*http.Response) error) (*grpc.Server, error) {
	client := newClient()
	s := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}))
	services := map[string]*grpc.ServiceDesc{}
	for _, p := range payloads {
		m, err := p.message()
		if err != nil {
			return nil, err
		}
		wire, err := proto.Marshal(m)
		if err != nil {
			return nil, err
		}
		verb, path := p.verbAndPath()
		service, method, _ := strings.Cut(p.method[1:], "/")
		desc := services[service]
		if desc == nil {
			desc = &grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil)}
			services[service] = desc
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{
			MethodName: method,
			Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				var request rawMessage
				if err := decode(&request); err != nil {
					return nil, err
				}
				if err := drain(ctx, client, verb, upstream+path, read); err != nil {
					return nil, err
				}
				return &rawMessage{wire}, nil
			},
		})
	}
	for _, desc := range services {
		s.RegisterService(desc, nil)
	}
	return s, nil
}

func drain(ctx context.Context, client *http.Client, verb, url string, read func(*http.Response) error) error {
	r, err := http.NewRequestWithContext(ctx, verb, url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the upstream said %s", answer.Status)
	}
	return read(answer)
}

// intoPool reads a body of known length as cheaply as can be.
func intoPool(answer *http.Response) error {
	body := mem.DefaultBufferPool().Get(int(answer.ContentLength))
	defer mem.DefaultBufferPool().Put(body)
	_, err := io.ReadFull(answer.Body, *body)
	return err
}

// readAll reads a body as most programs do.
func readAll(answer *http.Response) error {
	_, err := io.ReadAll(answer.Body)
	return err
}

// newClient keeps enough connections for all calls in flight.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 256
	return &http.Client{Transport: t}
}

type rawMessage struct{ wire []byte }

// rawCodec sends and receives bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.(*rawMessage).wire)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	v.(*rawMessage).wire = data.Materialize()
	return nil
}
