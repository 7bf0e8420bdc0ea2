// Package guard slows down the guessing of passwords and codes, so that nobody can lock another person out.
package guard

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/postgres"
)

// Door is one place where guessing is slowed down. What is tried at one counts nowhere else.
type Door string

// The doors.
const (
	StaffPassword     Door = ""
	ApplicantPassword Door = "applicant"
	ApplicantCode     Door = "applicant code"
)

// Config is what a Guard needs. Keys are secret, 32 bytes or more each; the first one signs, all of them verify.
type Config struct {
	DB   *pgxpool.Pool
	Keys [][]byte
	Now  func() time.Time
}

// Guard stands at every door.
type Guard struct {
	db   *pgxpool.Pool
	keys [][]byte
	now  func() time.Time
}

// New makes a Guard.
func New(cfg Config) (*Guard, error) {
	if len(cfg.Keys) == 0 {
		return nil, errors.New("sign-in needs a secret key")
	}
	g := &Guard{db: cfg.DB, keys: cfg.Keys, now: cfg.Now}
	if g.now == nil {
		g.now = time.Now
	}
	return g, nil
}

// Subject is what is tried: Typed, such as a folded email address, and whose it turned out to be. Owner is the same for every name of one
// account, which share one allowance of failures; "" for what is nobody's. A browser is known for as long as Epoch is what it was.
type Subject struct {
	Typed string
	Owner string
	Epoch int64
}

// Try is somebody who tries a password or a code, and from where.
type Try struct {
	guard   *Guard
	id      int64
	typed   [][]byte // what stands for it, one for each key; failures are written under the first
	account [][]byte // the same for its owner
	network netip.Prefix
	cookie  string
	device  []byte
	knows   [][]byte // what a device cookie is bound to
	at      time.Time
	refused bool
}

// Begin is BeginFor of a subject that has one name.
func (g *Guard) Begin(ctx context.Context, door Door, subject string, address netip.Addr, cookie string) (*Try, error) {
	return g.BeginFor(ctx, door, Subject{Typed: subject}, address, cookie)
}

// BeginFor writes a try down as failed before it is looked at, so that tries at the same time cannot slip past the limits together.
// cookie is the device cookie, "" for none. What was typed locks by itself, whether or not it is on file, and its owner's other names
// lock in silence (Refused): the work is the same for what is somebody's and what is not. Errors: *Locked (too_many_tries) when too
// many tries failed; unavailable.
func (g *Guard) BeginFor(ctx context.Context, door Door, subject Subject, address netip.Addr, cookie string) (*Try, error) {
	t := &Try{
		guard: g, typed: g.subjectHashes(door, subject.Typed), account: g.subjectHashes(door, subject.owner()), network: Network(address),
		cookie: cookie, knows: g.subjectHashes(door, subject.device()), at: g.now().UTC(),
	}
	t.device = g.deviceFor(cookie, t.knows)
	id, err := g.record(ctx, t)
	if err != nil {
		return nil, err
	}
	t.id = id
	return t, nil
}

func (s Subject) owner() string {
	if s.Owner == "" {
		return s.Typed
	}
	return "\x00owner\x00" + s.Owner
}

func (s Subject) device() string {
	if s.Owner == "" {
		return s.Typed
	}
	return "\x00device\x00" + s.Owner + "\x00" + strconv.FormatInt(s.Epoch, 10)
}

// Refused reports whether too many tries failed at another name of the owner's. The caller then refuses even what is right, as if
// it were wrong.
func (t *Try) Refused() bool { return t.refused }

// Known reports whether the browser has signed in to the account before.
func (t *Try) Known() bool { return t.device != nil }

// Succeed strikes out the try and the failures that led up to it, of this browser or of the account in this network, and gives the new
// value of the device cookie.
func (t *Try) Succeed(ctx context.Context) (cookie string, err error) {
	_, err = t.guard.db.Exec(ctx, `
		DELETE FROM sign_in_failure
		WHERE id = $1
			OR (email_hash = ANY ($2) OR account_hash = ANY ($5)) AND network = $3 AND device IS NOT DISTINCT FROM $4`,
		t.id, t.typed, t.network, t.device, t.account)
	if err != nil {
		return "", fmt.Errorf("forgive failed tries: %w", postgres.Failure(err))
	}
	return t.guard.remember(t.cookie, t.knows)
}

// Know gives the device cookie of a browser that has proved in another way that it is the account owner's: by a link from their
// mailbox. Then a lock that others caused does not hold for it.
func (g *Guard) Know(door Door, subject Subject, cookie string) (string, error) {
	return g.remember(cookie, g.subjectHashes(door, subject.device()))
}

// Knows reports whether the device cookie is one of a browser that has signed in to the account before.
func (g *Guard) Knows(door Door, subject Subject, cookie string) bool {
	return g.deviceFor(cookie, g.subjectHashes(door, subject.device())) != nil
}

// Failure is a try that failed.
type Failure struct {
	At      time.Time
	Network netip.Prefix
}

// Failures lists the tries on a subject that failed since a moment, the latest first, for its owner to see.
func (g *Guard) Failures(ctx context.Context, door Door, subject Subject, since time.Time, limit int) ([]Failure, error) {
	rows, err := g.db.Query(ctx, `
		SELECT failed_at AS at, network
		FROM sign_in_failure
		WHERE (email_hash = ANY ($1) OR account_hash = ANY ($4)) AND failed_at > $2
		ORDER BY failed_at DESC
		LIMIT $3`, g.subjectHashes(door, subject.Typed), since, limit, g.subjectHashes(door, subject.owner()))
	if err != nil {
		return nil, fmt.Errorf("list failed tries: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Failure])
	if err != nil {
		return nil, fmt.Errorf("list failed tries: %w", postgres.Failure(err))
	}
	return found, nil
}

// subjectHashes stand for an address in the table of failures, so that the table does not tell who has an account here: one for each
// key, so that no failure is forgotten when the key changes.
func (g *Guard) subjectHashes(door Door, subject string) (all [][]byte) {
	for _, key := range g.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("askwell sign-in\x00"))
		if door != StaffPassword {
			mac.Write([]byte(string(door) + "\x00"))
		}
		mac.Write([]byte(subject))
		all = append(all, mac.Sum(nil))
	}
	return all
}

// Network is the part of an address that one customer of a network operator holds: /24 of IPv4, /56 of IPv6.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 56
	if a.Is4() {
		bits = 24
	}
	if !a.IsValid() {
		a, bits = netip.IPv6Unspecified(), 128
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 128)
	}
	return p
}
