//go:build !amd64 || purego

package transcode

import "encoding/binary"

// copyPlain copies plain characters from src[i:] to dst[n:], sixteen bytes at a
// time, and returns how many there are before the first byte that is none, or
// before the last bytes of either, which it does not look at. Behind the copied
// ones it may leave scraps in dst. i and n must not be negative.
func copyPlain(dst []byte, n int, src []byte, i int) int {
	start := i
	for i+16 <= len(src) && n+16 <= len(dst) {
		a, b := binary.LittleEndian.Uint64(src[i:i+16]), binary.LittleEndian.Uint64(src[i+8:i+16])
		binary.LittleEndian.PutUint64(dst[n:n+16], a)
		binary.LittleEndian.PutUint64(dst[n+8:n+16], b)
		if m := special(a); m != 0 {
			return i + firstByte(m) - start
		}
		if m := special(b); m != 0 {
			return i + 8 + firstByte(m) - start
		}
		i, n = i+16, n+16
	}
	return i - start
}
