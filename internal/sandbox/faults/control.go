package faults

import (
	"errors"
	"io"
	"net/http"

	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

const (
	// faultsPath is the one path of the control endpoint.
	faultsPath = "/faults"
	// maxFaults bounds what the control endpoint reads, in bytes.
	maxFaults = 64 << 10
)

// Control is the handler of the control endpoint: GET /faults shows the present
// faults, PUT sets them all, PATCH sets those that it names (null ends one), DELETE
// goes back to the initial ones. Each answers with what is then in force; what makes
// no sense is refused as a whole, with 400 and a Mistake.
func (x *Injector) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+faultsPath, func(w http.ResponseWriter, _ *http.Request) {
		x.showFaults(w)
	})
	mux.HandleFunc("PUT "+faultsPath, func(w http.ResponseWriter, r *http.Request) {
		x.changeFaults(w, r, func(*conduct) Faults { return Faults{} })
	})
	mux.HandleFunc("PATCH "+faultsPath, func(w http.ResponseWriter, r *http.Request) {
		x.changeFaults(w, r, func(present *conduct) Faults { return present.Faults })
	})
	mux.HandleFunc("DELETE "+faultsPath, func(w http.ResponseWriter, _ *http.Request) {
		x.control.Lock()
		defer x.control.Unlock()
		_ = x.reset() // they were accepted before
		x.showFaults(w)
	})
	return mux
}

// changeFaults reads a body on top of what base makes of the present faults.
func (x *Injector) changeFaults(w http.ResponseWriter, r *http.Request, base func(*conduct) Faults) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFaults))
	if err != nil {
		writeMistake(w, &Mistake{Value: "the body", Remedy: "write at most 65536 bytes"})
		return
	}
	x.control.Lock()
	defer x.control.Unlock()
	next := base(x.conduct.Load())
	if err := readObject("", text, next.members()); err != nil {
		writeMistake(w, err)
		return
	}
	x.conduct.Store(x.begin(next))
	x.showFaults(w)
}

// showFaults answers with the present faults, each as far as it has come.
func (x *Injector) showFaults(w http.ResponseWriter) {
	present := x.conduct.Load().Faults
	for _, p := range present.parts() {
		p.show()
	}
	wire.WriteJSON(w, http.StatusOK, present)
}

func writeMistake(w http.ResponseWriter, err error) {
	answer := struct {
		Message string `json:"message"`
		*Mistake
	}{Message: err.Error()}
	_ = errors.As(err, &answer.Mistake)
	wire.WriteJSON(w, http.StatusBadRequest, answer)
}
