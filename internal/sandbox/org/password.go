package org

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
)

// PasswordHash is all that is kept of a password. The zero value is that of a user
// who has none.
type PasswordHash struct {
	salt [16]byte
	key  [sha256.Size]byte
}

// hashRounds is little for a real login service, and enough that nobody finds
// out a password from a memory dump of a sandbox by looking.
const hashRounds = 4096

// HashPassword makes what is kept of a password.
func HashPassword(password string) (PasswordHash, error) {
	var hash PasswordHash
	_, _ = rand.Read(hash.salt[:]) // documented never to fail
	key, err := derive(password, hash.salt)
	hash.key = key
	return hash, err
}

// Matches tells whether this is the password; nobody who has none matches any.
func (h PasswordHash) Matches(password string) (bool, error) {
	key, err := derive(password, h.salt)
	return h != PasswordHash{} && subtle.ConstantTimeCompare(key[:], h.key[:]) == 1, err
}

func derive(password string, salt [16]byte) (key [sha256.Size]byte, err error) {
	derived, err := pbkdf2.Key(sha256.New, password, salt[:], hashRounds, sha256.Size)
	if err != nil {
		return key, fmt.Errorf("derive a password key: %w", err)
	}
	copy(key[:], derived)
	return key, nil
}
