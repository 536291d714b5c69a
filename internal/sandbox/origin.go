package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// origin is what data comes from that is not stored: there is too much of it for
// every user, and nothing in this API changes it. The same origin, area and names
// give the same data whenever they are asked for, so that reading needs no lock
// but the one it has.
type origin struct {
	seed uint64
	at   time.Time // when the organisation was made
}

// draw is a generator of choices about the named things.
func (o origin) draw(area string, names ...string) *rand.Rand {
	key := o.key(area, names)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:])))
}

// ids is a generator of ids. It leaves the organisation's own alone.
func (o origin) ids(area string, names ...string) *rand.ChaCha8 {
	return rand.NewChaCha8(o.key(area, names))
}

func (o origin) key(area string, names []string) [sha256.Size]byte {
	text := binary.LittleEndian.AppendUint64(make([]byte, 0, 128), o.seed)
	text = append(text, area...)
	for _, name := range names {
		text = append(text, 0)
		text = append(text, name...)
	}
	return sha256.Sum256(text)
}
