package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// APIPrefix is the start of every API path.
const APIPrefix = "/api/v2/"

// WriteJSON writes an answer. A body that cannot be encoded is a mistake in a
// view; it must not leave as half an answer.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	if body == nil {
		w.WriteHeader(status)
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

// ViewAll renders a list that is never null.
func ViewAll[S, T any](all []S, view func(S) T) []T {
	views := make([]T, 0, len(all))
	for _, item := range all {
		views = append(views, view(item))
	}
	return views
}

// OrEmpty makes of nil a list that is written as [].
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
