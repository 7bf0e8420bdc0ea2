package remote

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A probe asks a desk through whatever stands in front of it how the request arrived. Only who has SECRET_KEY can ask, and only a desk with that key
// can answer, so that the answer tells both what proxies do and whether they lead to this desk.
const (
	// ProbePath is asked by probes, and there for nobody else.
	ProbePath = "/probe.json"
	// ProbeHeader holds a probe: when it was made, its nonce and its signature.
	ProbeHeader = "X-Askwell-Probe"
	// probeValid is how long it may be under way, clocks that differ by minutes included. Once more it tells its sender no more than about themselves.
	probeValid = 10 * time.Minute
)

// ErrNoProbe says that a probe, or the answer to one, was signed by nobody who has the key.
var ErrNoProbe = errors.New("not signed by this desk")

// Probe is a question how a request arrives.
type Probe struct{ text string }

// NewProbe makes a probe.
func NewProbe(key []byte, now time.Time) Probe {
	unsigned := strconv.FormatInt(now.Unix(), 10) + "." + rand.Text()
	return Probe{unsigned + "." + sign(key, "probe", []byte(unsigned))}
}

// Send puts the probe into a request.
func (p Probe) Send(r *http.Request) { r.Header.Set(ProbeHeader, p.text) }

// Arrival is how a request came in.
type Arrival struct {
	Probe   string
	Address string   // whom Askwell takes for the visitor
	Peer    string   // who holds the connection to Askwell
	Trusted bool     // the peer is one of TRUSTED_PROXIES
	Chain   []string // what X-Forwarded-For names
	Scheme  string   // "" when nobody tells
	Host    string
	Shared  bool // Watch.Shared
}

type signedArrival struct {
	Arrival   json.RawMessage `json:"arrival"`
	Signature string          `json:"signature"`
}

// Answer says how a request with a probe arrived, for whoever has one of the keys. Error: ErrNoProbe.
func Answer(r *http.Request, keys [][]byte, now time.Time, shared bool) ([]byte, error) {
	text := r.Header.Get(ProbeHeader)
	for _, key := range keys {
		if !probeSigned(key, text, now) {
			continue
		}
		s := Of(r)
		arrival, err := json.Marshal(Arrival{
			Probe: text, Address: s.Address.String(), Peer: s.Peer.String(), Trusted: s.Trusted, Chain: Chain(r.Header), Scheme: s.Scheme, Host: s.Host, Shared: shared,
		})
		if err != nil {
			return nil, err
		}
		return json.Marshal(signedArrival{arrival, sign(key, "arrival", arrival)})
	}
	return nil, ErrNoProbe
}

// Read reads the answer to this probe. Error: ErrNoProbe.
func (p Probe) Read(key, body []byte) (a Arrival, err error) {
	var signed signedArrival
	if json.Unmarshal(body, &signed) != nil || !hmac.Equal([]byte(signed.Signature), []byte(sign(key, "arrival", signed.Arrival))) {
		return Arrival{}, ErrNoProbe
	}
	if err := json.Unmarshal(signed.Arrival, &a); err != nil || a.Probe != p.text {
		return Arrival{}, ErrNoProbe
	}
	return a, nil
}

func probeSigned(key []byte, text string, now time.Time) bool {
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 || !hmac.Equal([]byte(text[dot+1:]), []byte(sign(key, "probe", []byte(text[:dot])))) {
		return false
	}
	seconds, _, _ := strings.Cut(text, ".")
	at, err := strconv.ParseInt(seconds, 10, 64)
	return err == nil && now.Sub(time.Unix(at, 0)).Abs() <= probeValid
}

func sign(key []byte, purpose string, message []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("askwell " + purpose + "\x00"))
	h.Write(message)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
