package devstack_test

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/devstack"
)

func startRedis(t *testing.T, cfg devstack.RedisConfig) *devstack.Redis {
	t.Helper()
	r, err := devstack.StartRedis(within(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(within(t)); err != nil {
			t.Error(err)
		}
	})
	return r
}

func redisOptions(t *testing.T, r *devstack.Redis) *redis.Options {
	t.Helper()
	options, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries = -1
	return options
}

func redisClient(t *testing.T, r *devstack.Redis, change func(*redis.Options)) *redis.Client {
	t.Helper()
	options := redisOptions(t, r)
	if change != nil {
		change(options)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

// bothKinds runs the test on an installed server and on miniredis.
func bothKinds(t *testing.T, test func(t *testing.T, cfg devstack.RedisConfig)) {
	t.Helper()
	for name, inMemory := range map[string]bool{"installed": false, "in memory": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, devstack.RedisConfig{Dir: folder(t), InMemory: inMemory})
		})
	}
}

func TestRedisWantsItsPassword(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, cfg devstack.RedisConfig) {
		r := startRedis(t, cfg)
		if err := redisClient(t, r, nil).Set(within(t), "key", "value", 0).Err(); err != nil {
			t.Errorf("with the password: %v", err)
		}
		for name, password := range map[string]string{"none": "", "wrong": "askwell"} {
			client := redisClient(t, r, func(o *redis.Options) { o.Password = password })
			if err := client.Get(within(t), "key").Err(); err == nil || errors.Is(err, redis.Nil) {
				t.Errorf("password %s: got %v, want a refusal", name, err)
			}
		}
		secret := redisOptions(t, r).Password
		out, err := exec.Command("ps", "-A", "-ww", "-o", "args=").Output()
		if err != nil {
			t.Fatal(err)
		}
		if secret == "" || strings.Contains(string(out), secret) {
			t.Error("the password is among the arguments that every account can read")
		}
	})
}

func TestRedisTimeToLivePasses(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, cfg devstack.RedisConfig) {
		client := redisClient(t, startRedis(t, cfg), nil)
		begun := time.Now()
		if err := client.Set(within(t), "key", "value", 1500*time.Millisecond).Err(); err != nil {
			t.Fatal(err)
		}
		await(t, "the key to expire", func() bool {
			return errors.Is(client.Get(within(t), "key").Err(), redis.Nil)
		})
		// miniredis learns of a second at its end, so a key may go up to one second early or late.
		if took := time.Since(begun); took < 400*time.Millisecond || took > 10*time.Second {
			t.Errorf("the key expired after %s, want about 1.5 s", took)
		}
	})
}

func TestRedisKeepsDataAcrossRestarts(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := startRedis(t, devstack.RedisConfig{Dir: dir})
	if kind := first.Kind(); kind != devstack.RedisServer && kind != devstack.ValkeyServer {
		t.Fatalf("started %s: this test needs redis-server or valkey-server, run scripts/setup test", kind)
	}
	if err := redisClient(t, first, nil).Set(within(t), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(devstack.PortOf(redisOptions(t, first).Addr))
	if running := childrenNaming(t, ":"+port); len(running) != 1 {
		t.Errorf("while it runs the processes at its port are %q, want one", running)
	}
	if err := first.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	if left := childrenNaming(t, ":"+port); len(left) > 0 {
		t.Errorf("left after Stop: %s", strings.Join(left, "\n"))
	}
	again := startRedis(t, devstack.RedisConfig{Dir: dir})
	if got, err := redisClient(t, again, nil).Get(within(t), "key").Result(); err != nil || got != "value" {
		t.Errorf("after the restart the key is %q (%v), want %q", got, err, "value")
	}
}

func TestRedisComesBackAtItsAddress(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, cfg devstack.RedisConfig) {
		first := startRedis(t, cfg)
		if err := first.Stop(within(t)); err != nil {
			t.Fatal(err)
		}
		cfg.Port = devstack.PortOf(redisOptions(t, first).Addr)
		again := startRedis(t, cfg)
		if again.URL() != first.URL() {
			t.Errorf("came back at another address")
		}
	})
}

func TestRedisDeathIsNoticed(t *testing.T) {
	t.Parallel()
	r := startRedis(t, devstack.RedisConfig{Dir: folder(t)})
	ctx := within(t)
	// DEBUG SEGFAULT and its kin are off by default; SHUTDOWN is a death that was not asked for by us.
	redisClient(t, r, nil).Do(ctx, "SHUTDOWN", "NOSAVE", "NOW", "FORCE")
	select {
	case <-r.Done():
	case <-ctx.Done():
		t.Fatal("the server's death was not noticed")
	}
	if r.Err() == nil {
		t.Error("Err is nil, want why it ended")
	}
}

func TestRedisRefusesSecondServerOnFolder(t *testing.T) {
	t.Parallel()
	cfg := devstack.RedisConfig{Dir: folder(t)}
	startRedis(t, cfg)
	if _, err := devstack.StartRedis(context.Background(), cfg); !errors.Is(err, devstack.ErrInUse) {
		t.Errorf("the second start returned %v, want ErrInUse", err)
	}
}
