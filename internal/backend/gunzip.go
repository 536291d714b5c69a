package backend

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// unzipper decompresses. Unlike gzip.Reader it waits for the first read with
// reading the header, whose error then comes from there, too. As RFC 1952 has it
// there may be several members, and nothing after the last.
type unzipper struct {
	in    *bufio.Reader
	zip   gzip.Reader
	began bool

	scratch [16 << 10]byte // for what nobody wants
}

// unzippers keeps them: each has some 60 KiB of tables and buffers.
var unzippers = sync.Pool{New: func() any { return &unzipper{in: bufio.NewReader(nil)} }}

// newUnzipper is to be freed.
func newUnzipper(from io.Reader) *unzipper {
	u, _ := unzippers.Get().(*unzipper)
	u.in.Reset(from)
	return u
}

func (u *unzipper) free() {
	u.in.Reset(nil)
	u.began = false
	unzippers.Put(u)
}

// Read implements io.Reader.
func (u *unzipper) Read(p []byte) (int, error) {
	if !u.began {
		u.began = true
		if err := u.zip.Reset(u.in); err != nil {
			return 0, err
		}
	}
	return u.zip.Read(p)
}

// verify decompresses content, which goes to a client as it is, to see whether
// that can be done and how long the result is. It is errOverLimit if that is over
// limit.
func verify(content []byte, limit int64) error {
	u := newUnzipper(bytes.NewReader(content))
	defer u.free()
	for {
		n, err := u.Read(u.scratch[:])
		limit -= int64(n)
		switch {
		case limit < 0:
			return errOverLimit
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// errOverLimit says that what was verified is longer than it may be.
var errOverLimit = errors.New("over the limit")
