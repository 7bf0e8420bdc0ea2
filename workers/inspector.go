package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Inspector tells what asynq's queues hold. What is stuck, and another try of it, are the outbox's (ListStuck, Retry).
type Inspector struct {
	db    postgres.Querier
	redis redis.UniversalClient
	asynq *asynq.Inspector
}

// NewInspector makes an Inspector of the Redis at an address, which is as redisurl.Open has it, and of the queues of the desk in a database.
func NewInspector(db postgres.Querier, address, caFile string) (*Inspector, error) {
	client, err := openRedis(address, caFile)
	if err != nil {
		return nil, err
	}
	return &Inspector{db: db, redis: client, asynq: asynq.NewInspectorFromRedisClient(client)}, nil
}

// Close closes its connections.
func (i *Inspector) Close() error { return i.redis.Close() }

// TaskQueues lists the queues, the most urgent first. A queue that nothing was put into yet is empty. Errors: unavailable.
func (i *Inspector) TaskQueues(ctx context.Context) ([]outbox.TaskQueue, error) {
	// asynq's inspector takes no context: ask first whether anybody is there.
	if err := i.redis.Ping(ctx).Err(); err != nil {
		return nil, fmt.Errorf("inspect the queues: %w", failure.Unavailable("The task queue is unavailable.", err))
	}
	used, err := i.asynq.Queues()
	if err != nil {
		return nil, fmt.Errorf("inspect the queues: %w", failure.Unavailable("The task queue is unavailable.", err))
	}
	id, err := instance.ID(ctx, i.db)
	if err != nil {
		return nil, fmt.Errorf("inspect the queues: %w", err)
	}
	var states []outbox.TaskQueue
	for name := range queueWeights {
		own := instance.QueuePrefix(id) + name
		if !slices.Contains(used, own) {
			states = append(states, outbox.TaskQueue{Name: name})
			continue
		}
		info, err := i.asynq.GetQueueInfo(own)
		if err != nil {
			return nil, fmt.Errorf("inspect the queues: %w", failure.Unavailable("The task queue is unavailable.", err))
		}
		states = append(states, outbox.TaskQueue{
			Name: name, Waiting: info.Pending, Active: info.Active, Scheduled: info.Scheduled, Retrying: info.Retry,
			Archived: info.Archived, Processed: info.Processed, Latency: info.Latency, Paused: info.Paused,
		})
	}
	slices.SortFunc(states, func(a, b outbox.TaskQueue) int {
		if d := queueWeights[b.Name] - queueWeights[a.Name]; d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return states, nil
}
