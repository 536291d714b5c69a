package sandbox

import (
	"errors"
	"io"
	"net/http"
)

const (
	// faultsPath is the one path of the control endpoint.
	faultsPath = "/faults"
	// maxFaults bounds what the control endpoint reads, in bytes.
	maxFaults = 64 << 10
)

// Control is the handler of the control endpoint, which belongs on a port of its
// own: GET /faults shows the present faults, PUT sets them all, PATCH sets those
// that it names (null ends one), DELETE goes back to those of Options. Each
// answers with what is then in force; what makes no sense is refused as a whole,
// with 400 and a Mistake.
func (s *Sandbox) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+faultsPath, func(w http.ResponseWriter, _ *http.Request) {
		s.showFaults(w)
	})
	mux.HandleFunc("PUT "+faultsPath, func(w http.ResponseWriter, r *http.Request) {
		s.changeFaults(w, r, func(*conduct) Faults { return Faults{} })
	})
	mux.HandleFunc("PATCH "+faultsPath, func(w http.ResponseWriter, r *http.Request) {
		s.changeFaults(w, r, func(present *conduct) Faults { return present.Faults })
	})
	mux.HandleFunc("DELETE "+faultsPath, func(w http.ResponseWriter, _ *http.Request) {
		s.control.Lock()
		defer s.control.Unlock()
		_ = s.setFaults(s.options.Faults) // New has accepted them
		s.showFaults(w)
	})
	return mux
}

// changeFaults reads a body on top of what base makes of the present faults.
func (s *Sandbox) changeFaults(w http.ResponseWriter, r *http.Request, base func(*conduct) Faults) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFaults))
	if err != nil {
		writeMistake(w, &Mistake{Value: "the body", Remedy: "write at most 65536 bytes"})
		return
	}
	s.control.Lock()
	defer s.control.Unlock()
	next := base(s.conduct.Load())
	if err := readObject("", text, next.members()); err != nil {
		writeMistake(w, err)
		return
	}
	s.conduct.Store(s.begin(next))
	s.showFaults(w)
}

// setFaults starts faults anew.
func (s *Sandbox) setFaults(f Faults) error {
	fresh, err := f.settled()
	if err == nil {
		s.conduct.Store(s.begin(fresh))
	}
	return err
}

// showFaults answers with the present faults, each as far as it has come.
func (s *Sandbox) showFaults(w http.ResponseWriter) {
	present := s.conduct.Load().Faults
	for _, p := range present.parts() {
		p.show()
	}
	writeJSON(w, http.StatusOK, present)
}

func writeMistake(w http.ResponseWriter, err error) {
	answer := struct {
		Message string `json:"message"`
		*Mistake
	}{Message: err.Error()}
	_ = errors.As(err, &answer.Mistake)
	writeJSON(w, http.StatusBadRequest, answer)
}
