package public

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/identifier"
)

const (
	limiterPause  = 5 * time.Second // Redis is left alone for so long after it failed
	refusedBeyond = 10              // times the rate
)

// pace is how an inquiry stands to FORM_RATE.
type pace struct {
	Suspect bool          // past the rate: quarantined
	Refused bool          // past ten times of it
	Wait    time.Duration // until another one is accepted, when refused
}

// limiter counts inquiries by network address and by e-mail address. Redis counts for all processes; while it is away, or
// slow, each process counts for itself.
type limiter struct {
	rate     config.FormRate
	seal     seal
	shared   *redis_rate.Limiter // nil without Redis
	patience time.Duration       // with it
	own      *localLimiter
	now      func() time.Time
	log      *slog.Logger
	resumeAt atomic.Int64 // Redis is left alone until then, in Unix nanoseconds
}

func newLimiter(cfg Config) *limiter {
	l := &limiter{
		rate: cfg.Settings.FormRate, seal: seal{keys: cfg.Settings.SecretKeys}, own: newLocalLimiter(), now: cfg.Now, log: cfg.Logger,
		patience: cmp.Or(cfg.Patience, RedisPatience),
	}
	if cfg.Redis != nil {
		l.shared = redis_rate.NewLimiter(cfg.Redis)
	}
	return l
}

// count says how an inquiry from this address with this e-mail address stands, and counts it.
func (l *limiter) count(ctx context.Context, address, email string) pace {
	var p pace
	for _, subject := range []struct {
		purpose, value string
		rate           config.Rate
	}{
		{"address", network(address), l.rate.Address},
		{"email", identifier.FoldEmail(email), l.rate.Email},
	} {
		if subject.rate.Off() || subject.value == "" {
			continue
		}
		one := l.countOne(ctx, l.key(subject.purpose, subject.value), subject.rate)
		p.Suspect = p.Suspect || one.Suspect
		p.Refused = p.Refused || one.Refused
		p.Wait = max(p.Wait, one.Wait)
	}
	return p
}

// countFiles counts a form with files and reports whether there were too many from this address: ten times FORM_RATE, as for
// the inquiries themselves.
func (l *limiter) countFiles(ctx context.Context, address string) bool {
	rate := config.Rate{Count: l.rate.Address.Count * refusedBeyond, Per: l.rate.Address.Per}
	if rate.Off() || network(address) == "" {
		return false
	}
	return l.take(ctx, l.key("files", network(address)), rate) > 0
}

// countOne asks for the tenfold first: what is refused is counted nowhere else.
func (l *limiter) countOne(ctx context.Context, key string, rate config.Rate) pace {
	tenfold := config.Rate{Count: rate.Count * refusedBeyond, Per: rate.Per}
	if wait := l.take(ctx, key+":all", tenfold); wait > 0 {
		return pace{Suspect: true, Refused: true, Wait: wait}
	}
	return pace{Suspect: l.take(ctx, key, rate) > 0}
}

// take takes one from the allowance and gives 0, or how long to wait for the next one.
func (l *limiter) take(ctx context.Context, key string, rate config.Rate) time.Duration {
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
func (l *limiter) takeShared(ctx context.Context, key string, rate config.Rate) (time.Duration, error) {
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
func (l *limiter) key(purpose, value string) string {
	return purpose + ":" + hex.EncodeToString(l.seal.sign("rate limit", []byte(purpose), []byte(value))[:16])
}

// network is the address itself, for IPv6 the /64 that one subscriber has.
func network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		prefix, err := addr.Prefix(64)
		if err != nil {
			return ""
		}
		return prefix.String()
	}
	return addr.String()
}
