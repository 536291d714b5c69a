// Package api is what an operation sees of a request and how it answers: actions
// (this file), the call with the user that it is about (call.go), parameters, bodies,
// and the envelopes of lists by page (paging.go) and by cursor (cursors.go). All
// areas of the API are written against it. It imports org, access, problem and wire.
package api

import (
	"errors"

	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
)

// Operations are actions by the names of the operations that they carry out.
type Operations map[string]*Action

// Action is what an operation does. The four constructors below say
// whether it changes the organisation and whether it takes a body.
type Action struct {
	Writes bool
	Decode func(body []byte) (any, error) // nil when the operation has no body
	Run    func(o *org.Organisation, c *Call, in any) (any, error)
}

// NoContent is the result of operations that answer 204 without a body.
type NoContent struct{}

// Accepted is the result of operations that answer 202: something goes on. Without
// a body there is nothing to tell of it.
type Accepted struct{ Body any }

// Unlocked is the result of an action that took what it needs from the
// organisation and has long work to do with it, which must hold nobody up.
type Unlocked func() (any, error)

// Reads is an action that changes nothing.
func Reads(run func(*org.Organisation, *Call) (any, error)) *Action {
	return &Action{Run: func(o *org.Organisation, c *Call, _ any) (any, error) { return run(o, c) }}
}

// Writes is an action that changes the organisation.
func Writes(run func(*org.Organisation, *Call) (any, error)) *Action {
	a := Reads(run)
	a.Writes = true
	return a
}

// ReadsBody is an action with a body that changes nothing.
func ReadsBody[T any](run func(*org.Organisation, *Call, T) (any, error)) *Action {
	return &Action{
		Decode: func(body []byte) (any, error) { return Decode[T](body) },
		Run: func(o *org.Organisation, c *Call, in any) (any, error) {
			typed, ok := in.(T)
			if !ok {
				return nil, errors.New("an action was given a body of another type")
			}
			return run(o, c, typed)
		},
	}
}

// WritesBody is an action with a body that changes the organisation.
func WritesBody[T any](run func(*org.Organisation, *Call, T) (any, error)) *Action {
	a := ReadsBody(run)
	a.Writes = true
	return a
}
