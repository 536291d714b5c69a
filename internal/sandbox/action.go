package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"
)

// action is what an operation does. The four constructors below say in the
// route table whether it changes the organisation and whether it takes a body.
type action struct {
	writes bool
	decode func(body []byte) (any, error) // nil when the operation has no body
	run    func(o *organisation, c *call, in any) (any, error)
}

// call is one request as an action sees it.
type call struct {
	path          string            // escaped, from the leading slash
	params        map[string]string // unescaped path parameters by name
	rawQuery      string
	query         url.Values
	caller        caller
	now           time.Time
	meAsFirstUser bool
	searchDelay   time.Duration // what search does not know of yet is younger
}

// noContent is the result of operations that answer 204 without a body.
type noContent struct{}

// accepted is the result of operations that answer 202: something goes on.
type accepted struct{ body any }

// unlocked is the result of an action that took what it needs from the
// organisation and has long work to do with it, which must hold nobody up.
type unlocked func() (any, error)

func reads(run func(*organisation, *call) (any, error)) *action {
	return &action{run: func(o *organisation, c *call, _ any) (any, error) { return run(o, c) }}
}

func writes(run func(*organisation, *call) (any, error)) *action {
	a := reads(run)
	a.writes = true
	return a
}

func readsBody[T any](run func(*organisation, *call, T) (any, error)) *action {
	return &action{
		decode: func(body []byte) (any, error) { return decode[T](body) },
		run: func(o *organisation, c *call, in any) (any, error) {
			typed, ok := in.(T)
			if !ok {
				return nil, errors.New("an action was given a body of another type")
			}
			return run(o, c, typed)
		},
	}
}

func writesBody[T any](run func(*organisation, *call, T) (any, error)) *action {
	a := readsBody(run)
	a.writes = true
	return a
}

// decode parses a required JSON body. Members that T does not name are ignored,
// as the upstream ignores them.
func decode[T any](body []byte) (T, error) {
	var in T
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || string(trimmed) == "null" {
		return in, missing("body")
	}
	if !utf8.Valid(body) {
		return in, badRequest("The request body is not valid UTF-8.")
	}
	err := json.Unmarshal(body, &in)
	if err == nil {
		return in, nil
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		field := wrong.Field
		if field == "" {
			field = "body"
		}
		return in, invalid(field, "it cannot be a JSON "+wrong.Value)
	}
	return in, badRequest("The request body is not valid JSON: " + err.Error() + ".")
}

// writeJSON writes an answer. A body that cannot be encoded is a mistake in a
// view; it must not leave as half an answer.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	if _, ok := body.(noContent); ok {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false) // the upstream sends & and < as they are
	if err := encoder.Encode(body); err != nil {
		http.Error(w, `{"message":"The answer could not be encoded.","code":"internal.server.error","status":500}`,
			http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	// The encoder's newline is not part of the upstream's answers. A client that
	// went away is nobody to report a failed write to.
	_, _ = w.Write(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}
