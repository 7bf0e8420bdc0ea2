package main

import (
	"context"

	"github.com/askwell/askwell/internal/config"
	"github.com/redis/go-redis/v9"
)

func checkRedis(ctx context.Context, cfg config.Config) (string, error) {
	options, err := redis.ParseURL(cfg.RedisURL)
	if err != nil {
		return "", advice("REDIS_URL is not set or cannot be read.", nil)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return "", advice("It does not answer: see that it runs and that REDIS_URL is right. Until then tasks wait in the database; none is lost.", err)
	}
	if err := writeRedis(ctx, client); err != nil {
		return "", advice(redisAdvice(err), err)
	}
	policy, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	if set := policy["maxmemory-policy"]; err == nil && set != "noeviction" && set != "" {
		return "", advice("maxmemory-policy is "+set+": set it to noeviction, or tasks are thrown away under pressure and wait for their lease to end.", nil)
	}
	return "answers", nil
}
