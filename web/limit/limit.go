// Package limit counts what comes from one network, address or email address.
package limit

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/identifier"
)

// Patience is what a request waits for Redis at most, unless Config says otherwise.
const Patience = 50 * time.Millisecond

const (
	limiterPause  = 5 * time.Second // Redis is left alone for so long after it failed
	refusedBeyond = 10              // times the rate
)

// Pace is how an inquiry stands to FORM_RATE.
type Pace struct {
	Suspect bool          // past the rate: quarantined
	Refused bool          // past ten times of it
	Wait    time.Duration // until another one is accepted, when refused
}

// Config is what a Limiter needs. Keys are secret. Redis may be nil. Patience is what a request waits for it at most.
type Config struct {
	Settings config.Config
	Redis    redis.UniversalClient
	Patience time.Duration
	Logger   *slog.Logger
	Now      func() time.Time
}

// Limiter counts. Redis counts for all processes; while it is unavailable, or slow, each process counts for itself.
type Limiter struct {
	form     config.FormRate
	request  config.RequestRate
	secret   []byte
	shared   *redis_rate.Limiter // nil without Redis
	patience time.Duration       // with it
	own      *localLimiter
	now      func() time.Time
	log      *slog.Logger
	resumeAt atomic.Int64 // Redis is left alone until then, in Unix nanoseconds
}

// New makes a Limiter.
func New(cfg Config) (*Limiter, error) {
	if len(cfg.Settings.SecretKeys) == 0 {
		return nil, errors.New("SECRET_KEY is not set: what is counted cannot be hidden")
	}
	l := &Limiter{
		form: cfg.Settings.FormRate, request: cfg.Settings.RequestRate, secret: cfg.Settings.SecretKeys[0], own: newLocalLimiter(), now: cfg.Now,
		log: cfg.Logger, patience: cmp.Or(cfg.Patience, Patience),
	}
	if cfg.Redis != nil {
		l.shared = redis_rate.NewLimiter(cfg.Redis)
	}
	return l, nil
}

// subject is one thing that is counted.
type subject struct {
	purpose, value string
	rate           config.Rate
}

// Inquiry says how an inquiry from this address with this email address stands to FORM_RATE, and counts it.
func (l *Limiter) Inquiry(ctx context.Context, address, email string) Pace {
	var p Pace
	for _, s := range []subject{
		{"address", subscriber(address), l.form.Address},
		{"email", identifier.FoldEmail(email), l.form.Email},
	} {
		if s.rate.Off() || s.value == "" {
			continue
		}
		one := l.countOne(ctx, l.key(s.purpose, s.value), s.rate)
		p.Suspect = p.Suspect || one.Suspect
		p.Refused = p.Refused || one.Refused
		p.Wait = max(p.Wait, one.Wait)
	}
	return p
}

// Files counts a form with files and reports whether there were too many from this address: ten times FORM_RATE, as for the inquiries
// themselves.
func (l *Limiter) Files(ctx context.Context, address string) (tooMany bool) {
	rate := config.Rate{Count: l.form.Address.Count * refusedBeyond, Per: l.form.Address.Per}
	if rate.Off() || subscriber(address) == "" {
		return false
	}
	return l.take(ctx, l.key("files", subscriber(address)), rate) > 0
}

// Drafts counts a page of a form that is kept between two requests, and reports whether there were too many from this address: a hundred
// times FORM_RATE, for one question is several pages.
func (l *Limiter) Drafts(ctx context.Context, address string) (tooMany bool) {
	rate := config.Rate{Count: l.form.Address.Count * refusedBeyond * refusedBeyond, Per: l.form.Address.Per}
	if rate.Off() || subscriber(address) == "" {
		return false
	}
	return l.take(ctx, l.key("drafts", subscriber(address)), rate) > 0
}

// Request counts something that is answered by mail (what says which kind), or costs a password hash, against REQUEST_RATE, and gives how
// long to wait when it is past it: 0 for not at all. It goes by what was typed, so that it tells nothing of what is on file.
func (l *Limiter) Request(ctx context.Context, what, address, email string) (wait time.Duration) {
	for _, s := range []subject{
		{"request address", subscriber(address), l.request.Address},
		{"request network", wide(address), l.request.Network},
		{"request email " + what, identifier.FoldEmail(email), l.request.Email},
	} {
		if s.rate.Off() || s.value == "" {
			continue
		}
		if wait = l.take(ctx, l.key(s.purpose, s.value), s.rate); wait > 0 {
			return wait
		}
	}
	return 0
}

// countOne asks for the tenfold first: what is refused is counted nowhere else.
func (l *Limiter) countOne(ctx context.Context, key string, rate config.Rate) Pace {
	tenfold := config.Rate{Count: rate.Count * refusedBeyond, Per: rate.Per}
	if wait := l.take(ctx, key+":all", tenfold); wait > 0 {
		return Pace{Suspect: true, Refused: true, Wait: wait}
	}
	return Pace{Suspect: l.take(ctx, key, rate) > 0}
}

// take takes one from the allowance and gives 0, or how long to wait for the next one.
func (l *Limiter) take(ctx context.Context, key string, rate config.Rate) time.Duration {
	if l.shared != nil && l.now().UnixNano() >= l.resumeAt.Load() {
		wait, err := l.takeShared(ctx, key, rate)
		if err == nil {
			return wait
		}
		l.resumeAt.Store(l.now().Add(limiterPause).UnixNano())
		l.log.Warn("rate limits are counted in the process", slog.Any("error", err))
	}
	return l.own.take(key, rate, l.now())
}

// takeShared gives up after l.patience, whatever the client's own time-outs are.
func (l *Limiter) takeShared(ctx context.Context, key string, rate config.Rate) (time.Duration, error) {
	type answer struct {
		result *redis_rate.Result
		err    error
	}
	answers := make(chan answer, 1)
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	go func() {
		result, err := l.shared.Allow(ctx, "askwell:"+key, redis_rate.Limit{Rate: rate.Count, Burst: rate.Count, Period: rate.Per})
		answers <- answer{result, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return 0, a.err
		}
		if a.result.Allowed > 0 {
			return 0, nil
		}
		return max(a.result.RetryAfter, time.Second), nil
	case <-ctx.Done():
		return 0, errors.New("redis did not answer in time")
	}
}

// key is a keyed hash: nothing that is kept tells whose address it was.
func (l *Limiter) key(purpose, value string) string {
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte("rate limit\x00" + purpose + "\x00" + value))
	return purpose + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// subscriber is the address itself, for IPv6 the /64 that one subscriber has.
func subscriber(address string) string { return prefix(address, 32, 64) }

// wide is the network that one customer of a network operator holds.
func wide(address string) string { return prefix(address, 24, 56) }

func prefix(address string, bits4, bits6 int) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}
