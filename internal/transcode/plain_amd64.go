//go:build !purego

package transcode

// copyPlain copies plain characters from src[i:] to dst[n:], sixteen bytes at a
// time, and returns how many there are before the first byte that is none, or
// before the last bytes of either, which it does not look at. Behind the copied
// ones it may leave scraps in dst.
func copyPlain(dst []byte, n int, src []byte, i int) int {
	size := min(len(dst)-n, len(src)-i)
	if size < 16 {
		return 0
	}
	return copyWords(&dst[n], &src[i], size)
}

// copyWords is copyPlain for size bytes of both.
//
//go:noescape
func copyWords(dst, src *byte, size int) int
