package e2e

import (
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	endian "encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// totp is the one-time password (RFC 6238) that an authenticator shows which was
// set up with an otpauth address; empty for an empty one.
func totp(t *testing.T, uri string, now time.Time) string {
	t.Helper()
	if uri == "" {
		return ""
	}
	u, err := url.Parse(uri)
	must(t, err)
	setting := func(name, otherwise string) string {
		if v := u.Query().Get(name); v != "" {
			return v
		}
		return otherwise
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(setting("secret", "")), "="))
	must(t, err)
	period, err := strconv.ParseInt(setting("period", "30"), 10, 64)
	must(t, err)
	digits, err := strconv.Atoi(setting("digits", "6"))
	must(t, err)
	algorithm := map[string]func() hash.Hash{"SHA1": sha1.New, "SHA256": sha256.New, "SHA512": sha512.New}[setting("algorithm", "SHA1")]
	if u.Scheme != "otpauth" || u.Host != "totp" || algorithm == nil {
		t.Fatalf("%s is no address that an authenticator understands", uri)
	}
	mac := hmac.New(algorithm, secret)
	mac.Write(endian.BigEndian.AppendUint64(nil, uint64(now.Unix()/period)))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	number := uint64(endian.BigEndian.Uint32(sum[from:from+4]) & 0x7fffffff)
	mod := uint64(1)
	for range digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", digits, number%mod)
}

// newCredential is what a browser's navigator.credentials.create gives for a
// challenge: a new key without attestation, as WebAuthn has it.
func newCredential(t *testing.T, relyingParty, challenge string) string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	point := key.PublicKey().Bytes() // 4, x, y
	id := make([]byte, 32)
	_, err = rand.Read(id)
	must(t, err)

	const userPresent, userVerified, hasCredential = 1, 4, 64
	party := sha256.Sum256([]byte(relyingParty))
	data := append(party[:], userPresent|userVerified|hasCredential, 0, 0, 0, 0)
	data = append(data, make([]byte, 16)...) // the kind of authenticator: not told
	data = endian.BigEndian.AppendUint16(data, uint16(len(id)))
	data = append(data, id...)
	// The key in CBOR: {1: 2 (two coordinates), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}.
	data = append(data, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32)
	data = append(append(data, point[1:33]...), 0x22, 0x58, 32)
	data = append(data, point[33:]...)

	// {"fmt": "none", "attStmt": {}, "authData": data}
	attestation := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58")
	attestation = append(append(attestation, byte(len(data))), data...)

	encode := base64.RawURLEncoding.EncodeToString
	client := fmt.Sprintf(`{"type":"webauthn.create","challenge":%q,"origin":%q,"crossOrigin":false}`, challenge, "https://"+relyingParty)
	return fmt.Sprintf(`{"id":%[1]q,"rawId":%[1]q,"type":"public-key","authenticatorAttachment":"platform","clientExtensionResults":{},
		"response":{"clientDataJSON":%[2]q,"attestationObject":%[3]q,"transports":["internal"]}}`,
		encode(id), encode([]byte(client)), encode(attestation))
}

// The vectors of RFC 6238, appendix B.
func TestOneTimePasswords(t *testing.T) {
	for algorithm, secret := range map[string]string{
		"SHA1": "12345678901234567890", "SHA256": "12345678901234567890123456789012",
		"SHA512": "1234567890123456789012345678901234567890123456789012345678901234",
	} {
		uri := "otpauth://totp/x?digits=8&algorithm=" + algorithm + "&secret=" + base32.StdEncoding.EncodeToString([]byte(secret))
		want := map[string]string{"SHA1": "94287082", "SHA256": "46119246", "SHA512": "90693936"}[algorithm]
		if got := totp(t, uri, time.Unix(59, 0)); got != want {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}
