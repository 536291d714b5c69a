package sandbox

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// getUserProfileskills lists what a person says of themselves, as they said it.
func getUserProfileskills(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return orEmpty(u.profileSkills), nil
}

// putUserProfileskills replaces the list, which is a change of the user.
func putUserProfileskills(o *organisation, c *call, in []string) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	next := *u
	next.profileSkills = in
	o.replace(u, &next)
	return orEmpty(in), nil
}

// postUserInvite notes when the invitation went out. One that is outstanding
// goes out again only by force.
func postUserInvite(o *organisation, c *call) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	force, err := c.bool("force", false)
	if err != nil {
		return nil, err
	}
	if force || u.welcomeSent.IsZero() {
		u.welcomeSent = at(c.now).Time
	}
	return noContent{}, nil
}

// Bounds of a password, in characters.
const (
	minPassword = 8
	maxPassword = 256
)

// passwordHash is all that the sandbox keeps of a password. The zero value is
// that of a user who has none.
type passwordHash struct {
	salt [16]byte
	key  [sha256.Size]byte
}

// hashRounds is little for a real login service, and enough that nobody finds
// out a password from a memory dump of a sandbox by looking.
const hashRounds = 4096

func hashPassword(field, password string) (passwordHash, error) {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return passwordHash{}, invalid(field, "it must have between "+strconv.Itoa(minPassword)+" and "+
			strconv.Itoa(maxPassword)+" characters")
	}
	var hash passwordHash
	_, _ = rand.Read(hash.salt[:]) // documented never to fail
	key, err := derive(password, hash.salt)
	hash.key = key
	return hash, err
}

func (h passwordHash) matches(password string) (bool, error) {
	key, err := derive(password, h.salt)
	return h != passwordHash{} && subtle.ConstantTimeCompare(key[:], h.key[:]) == 1, err
}

func derive(password string, salt [16]byte) (key [sha256.Size]byte, err error) {
	derived, err := pbkdf2.Key(sha256.New, password, salt[:], hashRounds, sha256.Size)
	if err != nil {
		return key, fmt.Errorf("derive a password key: %w", err)
	}
	copy(key[:], derived)
	return key, nil
}

// changePassword is the body of both password operations.
type changePassword struct {
	NewPassword string `json:"newPassword"`
	OldPassword string `json:"oldPassword"`
}

// postUserPassword is an administrator's reset.
func postUserPassword(o *organisation, c *call, in changePassword) (any, error) {
	u, err := c.user(o)
	if err != nil {
		return nil, err
	}
	return setPassword(u, in.NewPassword)
}

// postUsersMePassword is a person's own change, which takes the old password.
func postUsersMePassword(o *organisation, c *call, in changePassword) (any, error) {
	u, err := c.me(o)
	if err != nil {
		return nil, err
	}
	if in.OldPassword == "" {
		return nil, missing("oldPassword")
	}
	switch right, err := u.password.matches(in.OldPassword); {
	case err != nil:
		return nil, err
	case !right:
		return nil, invalid("oldPassword", "it is not the present password")
	}
	return setPassword(u, in.NewPassword)
}

func setPassword(u *user, password string) (any, error) {
	if password == "" {
		return nil, missing("newPassword")
	}
	hash, err := hashPassword("newPassword", password)
	if err != nil {
		return nil, err
	}
	u.password = hash
	return noContent{}, nil
}
