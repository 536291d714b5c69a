package org

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// Origin is what data comes from that is not stored: there is too much of it for
// every user, and nothing in this API changes it. The same origin, area and names
// give the same data whenever they are asked for, so that reading needs no lock
// but the one it has.
type Origin struct {
	Seed uint64
	At   time.Time // when the organisation was made
}

// Draw is a generator of choices about the named things.
func (o Origin) Draw(area string, names ...string) *rand.Rand {
	key := o.key(area, names)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:])))
}

// IDs is a generator of ids. It leaves the organisation's own alone.
func (o Origin) IDs(area string, names ...string) *rand.ChaCha8 {
	return rand.NewChaCha8(o.key(area, names))
}

func (o Origin) key(area string, names []string) [sha256.Size]byte {
	text := binary.LittleEndian.AppendUint64(make([]byte, 0, 128), o.Seed)
	text = append(text, area...)
	for _, name := range names {
		text = append(text, 0)
		text = append(text, name...)
	}
	return sha256.Sum256(text)
}

// DrawDays draws a number of days between least and most.
func DrawDays(r *rand.Rand, least, most int) time.Duration {
	const day = 24 * time.Hour
	return time.Duration(least)*day + time.Duration(r.Int64N(int64(most-least)*int64(day)))
}
