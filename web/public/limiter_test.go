package public_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// commands counts what is asked of Redis.
type commands struct{ n atomic.Int64 }

func (c *commands) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *commands) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "eval") { // the limiter's script, not the connection's greeting
			c.n.Add(1)
		}
		return next(ctx, cmd)
	}
}

func (c *commands) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// TestFormRateLeavesASilentRedisAlone has a Redis that takes connections and says nothing: the first inquiry waits for it once,
// the next ones do not.
func TestFormRateLeavesASilentRedisAlone(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	client := redis.NewClient(&redis.Options{Addr: silent.Addr().String()})
	var asked commands
	client.AddHook(&asked)
	now := time.Now() // stands still, so that the pause does not end
	desk := webtest.New(t, webtest.Options{
		Now: func() time.Time { return now }, Env: map[string]string{"FORM_RATE": "address:60/1h,email:20/1h"},
		Change: func(cfg *web.Config) { cfg.Redis = client },
	})
	for range 5 {
		if p := desk.Post("/inquiries", filled(t, desk.Visitor)); p.Status != http.StatusSeeOther {
			t.Fatalf("status %d", p.Status)
		}
	}
	if n := asked.n.Load(); n != 1 {
		t.Errorf("Redis was asked %d times, want once", n)
	}
}
