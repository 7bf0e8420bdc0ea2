package testkit

import (
	"context"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/devstack"
)

// RedisURL starts a Redis for this test alone and gives its address. It must be a real one: the tests of the workers are
// about what Redis does.
func RedisURL(t testing.TB) string {
	t.Helper()
	return Redis(t).URL()
}

// Redis is RedisURL for a test that stops and starts the server itself.
func Redis(t testing.TB) *devstack.Redis {
	t.Helper()
	dir, cleanup, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	started, err := devstack.StartRedis(ctx, devstack.RedisConfig{Dir: dir})
	if err != nil {
		t.Fatalf("start Redis: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		defer cleanup() // which also keeps the folder's lock from the garbage collector
		if err := started.Stop(ctx); err != nil {
			t.Logf("stop Redis: %v", err)
		}
	})
	if started.Kind() == devstack.MiniRedis {
		t.Fatal("no redis-server or valkey-server is installed (scripts/setup installs it)")
	}
	return started
}
