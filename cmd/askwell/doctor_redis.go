package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/redisurl"
	"github.com/askwell/askwell/internal/trust"
	"github.com/askwell/askwell/workers"
)

// redisWithin leaves Sentinel and a cluster time to be asked for their servers.
const redisWithin = 10 * time.Second

func checkRedis(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.RedisURL == "" {
		return "", advice("REDIS_URL is not set.", nil)
	}
	client, err := redisurl.Open(cfg.RedisURL, cfg.RedisCAFile)
	if err != nil {
		return "", advice("REDIS_URL cannot be used.", err)
	}
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil && !strings.HasPrefix(err.Error(), "NOPERM") {
		return "", advice(redisSilent(cfg, err), err)
	}
	if wrong := redisMode(ctx, client, cfg.RedisURL); wrong != nil {
		return "", wrong
	}
	if err := writeRedis(ctx, client); err != nil {
		return "", advice(redisAdvice(err), err)
	}
	if err := workers.TryQueue(ctx, client); err != nil {
		return "", advice("It answers, but the task queue cannot be used: the user in REDIS_URL needs the rights in docs/redis.md. Until then tasks wait in the database; none is lost.", err)
	}
	return "takes tasks", redisPolicy(ctx, client)
}

// redisSilent says what to do about a Redis that does not answer.
func redisSilent(cfg config.Config, err error) string {
	const waits = " Until then tasks wait in the database; none is lost."
	text := err.Error()
	switch problem := trust.ProblemOf(err); {
	case problem == trust.UnknownAuthority:
		return "This machine does not know who signed the certificate of Redis: set REDIS_CA_FILE to the certificate of that authority." + waits
	case problem == trust.OtherName, problem == trust.Expired, problem == trust.Unverified:
		return "The certificate of Redis is for another name than the host in REDIS_URL, or is not valid now." + waits
	case problem == trust.NoTLS:
		return "Redis does not speak TLS on this port: write redis:// instead of rediss://, or its port with TLS." + waits
	case strings.HasPrefix(text, "NOAUTH"), strings.HasPrefix(text, "WRONGPASS"):
		return "Redis refuses the name or the password in REDIS_URL, or wants one." + waits
	case strings.Contains(cfg.RedisURL, "-sentinel:"):
		return "Sentinel does not answer, or knows no primary of this name: see the addresses and master= in REDIS_URL." + waits
	}
	return "It does not answer: see that it runs and that REDIS_URL is right." + waits
}

// redisMode tells a Sentinel and a node of a cluster from a server of its own.
func redisMode(ctx context.Context, client redis.UniversalClient, address string) error {
	info, err := client.Info(ctx, "server", "cluster").Result()
	if err != nil {
		return nil //nolint:nilerr // it may not be asked; what follows tells
	}
	switch {
	case strings.Contains(info, "redis_mode:sentinel"):
		return advice("REDIS_URL leads to a Sentinel: write redis-sentinel:// with the name of the primary, like redis-sentinel://:password@host:26379/0?master=mymaster.", nil)
	case strings.Contains(info, "cluster_enabled:1") && !strings.Contains(address, "-cluster:"):
		return advice("REDIS_URL leads to a node of a cluster: write redis-cluster://, with some of its nodes.", nil)
	}
	return nil
}

// redisPolicy cautions about a server that throws tasks away under pressure.
func redisPolicy(ctx context.Context, client redis.UniversalClient) error {
	policy, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	set := policy["maxmemory-policy"]
	switch {
	case err != nil || set == "":
		return cautionf("Its maxmemory-policy cannot be read: see that it is noeviction, or tasks are thrown away under pressure and wait for their lease to end.")
	case set != "noeviction":
		return advice(fmt.Sprintf("maxmemory-policy is %s: set it to noeviction, or tasks are thrown away under pressure and wait for their lease to end.", set), nil)
	}
	return nil
}
