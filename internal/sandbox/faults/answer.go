package faults

import (
	"net/http"
	"strconv"
	"time"
)

// recordedAnswer is an answer before it is sent. Its header is the connection's.
type recordedAnswer struct {
	header http.Header
	status int
	body   []byte
}

func (a *recordedAnswer) Header() http.Header { return a.header }

func (a *recordedAnswer) WriteHeader(status int) { a.status = status }

func (a *recordedAnswer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// send sends a part of the body as if it were all.
func (a *recordedAnswer) send(w http.ResponseWriter, part []byte) {
	w.WriteHeader(a.status)
	_, _ = w.Write(part) // whoever went away is nobody to tell
}

// begin sends the head and some of the body, of which the head tells the whole
// length, and sees that it is on its way.
func (a *recordedAnswer) begin(w http.ResponseWriter, part []byte) {
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	a.send(w, part)
	_ = http.NewResponseController(w).Flush()
}

func (a *recordedAnswer) reset(w http.ResponseWriter, after int) {
	if after > 0 && len(a.body) > 0 {
		a.begin(w, a.body[:min(after, len(a.body))])
	}
	breakConnection(w)
}

func (a *recordedAnswer) truncate(w http.ResponseWriter, how string) {
	half := a.body[:len(a.body)/2]
	switch how {
	case truncatedJSON:
		a.send(w, half)
		return
	case truncatedChunked:
		a.send(w, half)
		_ = http.NewResponseController(w).Flush() // without a length by now, it goes in chunks
	default:
		a.begin(w, half)
	}
	panic(http.ErrAbortHandler) // ends the connection, or the HTTP/2 stream, where it is
}

func (a *recordedAnswer) trickle(w http.ResponseWriter, s *SlowBodies, sleep func(Duration) bool) {
	if len(a.body) == 0 {
		a.send(w, nil)
		return
	}
	takeTime(w)
	rest := a.body
	a.begin(w, nil)
	for len(rest) > 0 {
		piece := rest[:min(s.Bytes, len(rest))]
		rest = rest[len(piece):]
		if _, err := w.Write(piece); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		if len(rest) > 0 && !sleep(s.Interval) {
			return
		}
	}
}

// breakConnection ends a connection with a TCP reset. Where requests share one,
// as in HTTP/2, only this one's stream is reset.
func breakConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // makes Close send RST instead of FIN
	}
	_ = conn.Close()
}

// takeTime lifts what the server that we are in allows an answer to take: whoever
// asked for slowness gets it, for as long as the client bears it.
func takeTime(w http.ResponseWriter) {
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Time{})
	_ = connection.SetWriteDeadline(time.Time{})
}
