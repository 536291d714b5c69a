//go:build !purego

package transcode

// copyPlain copies plain characters from src[i:] to dst[n:], sixteen bytes at a
// time, and returns how many there are before the first byte that is none, or
// before the last bytes of either, which it does not look at. Behind the copied
// ones it may leave scraps in dst. i and n must not be negative.
//
//go:noescape
func copyPlain(dst []byte, n int, src []byte, i int) int
