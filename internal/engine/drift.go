package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"

	"github.com/switchboard-gw/switchboard/internal/operation"
	"github.com/switchboard-gw/switchboard/internal/transcode"
)

// maxDrift bounds what is remembered and what one trailer holds: an upstream
// gone mad must not fill the memory or the caller's header limit.
const (
	maxDriftLogged  = 10_000
	maxDriftTrailer = 20
)

// driftLog logs each unknown field or enum value of the upstream once in the
// life of the process.
type driftLog struct {
	log  *slog.Logger
	seen sync.Map // "message.field" -> struct{}
	mu   sync.Mutex
	n    int
}

// note logs what is new in the report and returns all of it in the form of the
// trailer.
func (d *driftLog) note(ctx context.Context, op *operation.Operation, r *transcode.Report) []string {
	var trailer []string
	for _, f := range r.Findings() {
		text := fmt.Sprintf("unknown-field %s %s", f.Message, strconv.QuoteToASCII(f.Field))
		if f.Kind == transcode.UnknownEnumValue {
			text = fmt.Sprintf("unknown-value %s %s=%s", f.Message, strconv.QuoteToASCII(f.Field), strconv.QuoteToASCII(f.Value))
		}
		if len(trailer) < maxDriftTrailer {
			trailer = append(trailer, text)
		}
		if d.first(text) {
			d.log.WarnContext(ctx, "the upstream sent what the contract does not know; regenerate the contract to type it",
				"operation", op.Name, "drift", text)
		}
	}
	return trailer
}

func (d *driftLog) first(key string) bool {
	if _, known := d.seen.Load(key); known {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.n >= maxDriftLogged {
		return false
	}
	_, known := d.seen.LoadOrStore(key, struct{}{})
	if !known {
		d.n++
	}
	return !known
}
