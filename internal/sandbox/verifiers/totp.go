package verifiers

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchboard-gw/switchboard/internal/sandbox/api"
	"github.com/switchboard-gw/switchboard/internal/sandbox/org"
	"github.com/switchboard-gw/switchboard/internal/sandbox/problem"
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
	"rsc.io/qr"
)

// What a TOTP verifier is when nothing else is said: what every authenticator app
// understands.
const (
	defaultAlgorithm  = "SHA1"
	defaultDigits     = 6
	defaultPeriod     = 30 // seconds
	defaultSecretSize = 20 // bytes
)

var totpAlgorithms = map[string]func() hash.Hash{
	"SHA1": sha1.New, "SHA256": sha256.New, "SHA512": sha512.New,
}

// totp makes one-time codes from the time, after RFC 6238.
type totp struct {
	algorithm string
	secret    []byte
	digits    int
	period    int64 // seconds
	lastStep  int64 // of the last code that was accepted

	proven                     bool // a code was accepted
	wantEnabled, wantByDefault bool // what the verifier becomes then
}

// verifierCreation is the upstream's CreateVerifierRequest.
type verifierCreation struct {
	Name       string `json:"name"`
	Algorithm  string `json:"algorithm"`
	Digits     int32  `json:"digits"`
	Period     int32  `json:"period"`
	SecretSize int32  `json:"secretSize"`
	Enabled    bool   `json:"enabled"`
	Default    bool   `json:"default"`
}

// createdVerifier is the upstream's CreateVerifierResponse, the only answer that
// holds the secret.
type createdVerifier struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Enabled bool   `json:"enabled"`
	KeyURI  string `json:"keyUri"`
	Picture []byte `json:"encodedQuickResponseCode,omitempty"` // PNG
	Default bool   `json:"default"`
}

// verifierValidation is the upstream's ValidateVerifierRequest.
type verifierValidation struct {
	Token  string              `json:"token"`
	Enable wire.Optional[bool] `json:"enable"`
}

// postUsersMeVerifiersTotp makes a verifier with a secret of its own. It is not
// enabled, nor the default, before a code has shown that the secret arrived.
func (all *factors) postUsersMeVerifiersTotp(o *org.Organisation, c *api.Call, in verifierCreation) (any, error) {
	u, err := c.Me(o)
	if err != nil {
		return nil, err
	}
	if err := in.settle(); err != nil {
		return nil, err
	}
	v := &verifier{id: o.NewID(), name: in.Name, totp: &totp{
		algorithm: in.Algorithm, secret: make([]byte, in.SecretSize), digits: int(in.Digits), period: int64(in.Period),
		lastStep: -1, wantEnabled: in.Enabled, wantByDefault: in.Default,
	}}
	_, _ = rand.Read(v.totp.secret) // documented never to fail
	uri := v.totp.uri(u.Email)
	var picture []byte
	if code, err := qr.Encode(uri, qr.L); err == nil { // else the address is too long for one
		picture = code.PNG()
	}
	f := all.of(u)
	f.verifiers = append(f.verifiers, v)
	return createdVerifier{ID: v.id, Name: v.name, Type: v.kind(), KeyURI: uri, Picture: picture}, nil
}

// postUsersMeVerifiersTotpVerifierID checks a code. Every code is good for once.
func (all *factors) postUsersMeVerifiersTotpVerifierID(o *org.Organisation, c *api.Call, in verifierValidation) (any, error) {
	_, f, v, err := all.verifier(o, c, (*api.Call).Me)
	switch {
	case err != nil:
		return nil, err
	case v.totp == nil:
		return nil, problem.NotFound("verifier", "verifierId")
	case in.Token == "":
		return nil, problem.Missing("token")
	case !v.totp.accept(in.Token, c.Now):
		return nil, problem.Invalid("token", "it is no code of this moment, or was used before")
	}
	first := !v.totp.proven
	v.totp.proven = true
	if in.Enable.Or(first && v.totp.wantEnabled) {
		f.set(v, true, v.byDefault || first && v.totp.wantByDefault)
	}
	return api.NoContent{}, nil
}

// settle fills in what was left out and refuses what cannot be. Zero is as good as
// absent, as it is for some of the vendor's SDKs.
func (in *verifierCreation) settle() error {
	if err := checkVerifierName(in.Name); err != nil {
		return err
	}
	if in.Algorithm == "" {
		in.Algorithm = defaultAlgorithm
	}
	for value, standard := range map[*int32]int32{
		&in.Digits: defaultDigits, &in.Period: defaultPeriod, &in.SecretSize: defaultSecretSize,
	} {
		if *value == 0 {
			*value = standard
		}
	}
	switch {
	case totpAlgorithms[in.Algorithm] == nil:
		return problem.Invalid("algorithm", "it must be SHA1, SHA256 or SHA512")
	case in.Digits < 6 || in.Digits > 12:
		return problem.Invalid("digits", "it must be between 6 and 12")
	case in.Period < 0:
		return problem.Invalid("period", "it must not be negative")
	case in.SecretSize < 10 || in.SecretSize > 64:
		return problem.Invalid("secretSize", "it must be between 10 and 64")
	}
	return nil
}

// uri is what an authenticator app reads.
func (t *totp) uri(account string) string {
	parameters := []string{
		"secret=" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(t.secret),
		"issuer=" + org.Name, "algorithm=" + t.algorithm,
		"digits=" + strconv.Itoa(t.digits), "period=" + strconv.FormatInt(t.period, 10),
	}
	return "otpauth://totp/" + org.Name + ":" + url.PathEscape(account) + "?" + strings.Join(parameters, "&")
}

// accept tells whether a code is that of now or of a step beside it, and later
// than the last that was accepted, and remembers it.
func (t *totp) accept(code string, now time.Time) bool {
	present := now.Unix() / t.period
	for step := max(present-1, t.lastStep+1); step <= present+1; step++ {
		if subtle.ConstantTimeCompare([]byte(t.code(step)), []byte(code)) == 1 {
			t.lastStep = step
			return true
		}
	}
	return false
}

// code is that of one step (RFC 4226, 5.3).
func (t *totp) code(step int64) string {
	mac := hmac.New(totpAlgorithms[t.algorithm], t.secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash never fails to write
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := uint64(binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff)
	modulus := uint64(1)
	for range t.digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", t.digits, number%modulus)
}
