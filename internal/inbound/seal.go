package inbound

import (
	"bytes"
	"compress/flate"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/secret"
)

// Where mails stand sealed.
var (
	SealedMails = secret.Place{Name: "mails as they came", Purpose: "mail as it came", Table: "inbound_mail", ID: "id", Column: "sealed", Owner: "fingerprint"}
	SealedFiles = secret.Place{Name: "files of mails", Purpose: "file of a mail", Table: "inbound_file", ID: "id", Column: "sealed", Owner: "int8send(mail_id)"}
)

// vault seals what came by mail, and knows a mail again without keeping a hash that its content could be guessed by.
type vault struct {
	mails, files *secret.Box
	prints       [][]byte // keys of fingerprints, the newest first
}

func newVault(keys [][]byte) (v *vault, err error) {
	v = &vault{}
	if v.mails, err = secret.NewBox(SealedMails.Purpose, keys); err != nil {
		return nil, err
	}
	if v.files, err = secret.NewBox(SealedFiles.Purpose, keys); err != nil {
		return nil, err
	}
	for _, key := range keys {
		derived, err := hkdf.Key(sha256.New, key, nil, "askwell mail fingerprint", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive a key: %w", err)
		}
		v.prints = append(v.prints, derived)
	}
	return v, nil
}

// fingerprints tells mails apart by Message-ID and content, with each key and, last, without one, as rows from before have it. The
// first is the one to keep. A hash without a key would let whoever reads the database try Social Security numbers against it.
func (v *vault) fingerprints(raw []byte) [][]byte {
	bare := fingerprint(raw)
	var all [][]byte
	for _, key := range v.prints {
		mac := hmac.New(sha256.New, key)
		mac.Write(bare[:])
		all = append(all, mac.Sum(nil))
	}
	return append(all, bare[:])
}

// fingerprint hashes Message-ID and content. What servers add on the way stands in the header alone, so that one mail that comes twice,
// by whatever way, has one fingerprint. Without a Message-ID who wrote it, when and about what stand in for it; without these, all of it.
func fingerprint(raw []byte) [32]byte {
	header, content := split(raw)
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	if id := rawField(header, "message-id"); id != "" {
		write([]byte(id))
	} else {
		known := ""
		for _, name := range []string{"from", "date", "subject"} {
			value := rawField(header, name)
			write([]byte(value))
			known += value
		}
		if known == "" {
			write(raw)
		}
	}
	write(content)
	return [32]byte(h.Sum(nil))
}

// token is what makes one ticket or message of one mail, however often it is filed.
func token(fingerprint []byte) [16]byte {
	sum := sha256.Sum256(append([]byte("mail "), fingerprint...))
	return [16]byte(sum[:16])
}

func (v *vault) sealMail(raw, fingerprint []byte) []byte {
	return v.mails.Seal(pack(raw), fingerprint)
}

func (v *vault) openMail(sealed, fingerprint []byte) ([]byte, error) {
	return opened(v.mails.Open(sealed, fingerprint))
}

func (v *vault) sealFile(content []byte, mail int64) []byte {
	return v.files.Seal(pack(content), secret.Row(mail))
}

func (v *vault) openFile(sealed []byte, mail int64) ([]byte, error) {
	return opened(v.files.Open(sealed, secret.Row(mail)))
}

func opened(packed []byte, err error) ([]byte, error) {
	if errors.Is(err, secret.ErrKey) {
		return nil, failure.New(failure.KindConflict, "This mail was sealed with a key that is no longer in SECRET_KEY. Ask your administrator.", err)
	}
	if err != nil {
		return nil, err
	}
	return unpack(packed)
}

// The first byte of what is sealed.
const (
	packedAsIs     = 0
	packedDeflated = 1
)

// pack compresses what gets smaller by it.
func pack(content []byte) []byte {
	var out bytes.Buffer
	out.WriteByte(packedDeflated)
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil || out.Len() > len(content) {
		return append([]byte{packedAsIs}, content...)
	}
	return out.Bytes()
}

var errPacked = errors.New("what was sealed is in no form that this version knows")

func unpack(packed []byte) ([]byte, error) {
	switch {
	case len(packed) > 0 && packed[0] == packedAsIs:
		return packed[1:], nil
	case len(packed) > 0 && packed[0] == packedDeflated:
		content, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed[1:])))
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		return content, nil
	}
	return nil, errPacked
}
