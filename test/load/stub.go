package main

import (
	"net/http"
	"strconv"
)

// The stub upstream has two faces: under / it writes JSON as the upstream does,
// under /protojson as protojson does, for those who could not read it otherwise.
const protojsonFace = "/protojson"

// newStub is the upstream: it answers from memory, and gives tokens to all.
func newStub() (http.Handler, error) {
	mux := http.NewServeMux()
	answer := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.Header().Set("Inin-Correlation-Id", "7c1b1f6e-2c0f-4f0e-9d7b-5c4c0b8b2f10")
			_, _ = w.Write(body)
		}
	}
	mux.HandleFunc("POST /oauth/token", answer([]byte(`{"access_token":"t","token_type":"bearer","expires_in":86400}`)))
	for _, p := range payloads {
		body, err := p.json()
		if err != nil {
			return nil, err
		}
		spelled, err := p.spelled()
		if err != nil {
			return nil, err
		}
		mux.HandleFunc(p.path, answer(body))
		verb, path := p.verbAndPath()
		mux.HandleFunc(verb+" "+protojsonFace+path, answer(spelled))
	}
	return mux, nil
}
