package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
)

// Inspector tells what asynq's queues hold. What is stuck, and another try of it, are the outbox's (ListStuck, Retry).
type Inspector struct {
	redis redis.UniversalClient
	asynq *asynq.Inspector
}

// NewInspector makes an Inspector of the Redis at an address.
func NewInspector(address string) (*Inspector, error) {
	client, err := openRedis(address)
	if err != nil {
		return nil, err
	}
	return &Inspector{redis: client, asynq: asynq.NewInspectorFromRedisClient(client)}, nil
}

// Close closes its connections.
func (i *Inspector) Close() error { return i.redis.Close() }

// Queues lists the queues, the most urgent first. A queue that nothing was put into yet is empty. Errors: unavailable.
func (i *Inspector) Queues(ctx context.Context) ([]outbox.QueueState, error) {
	// asynq's inspector takes no context: ask first whether anybody is there.
	if err := i.redis.Ping(ctx).Err(); err != nil {
		return nil, fmt.Errorf("inspect the queues: %w", failure.Unavailable("The task queue is away.", err))
	}
	var states []outbox.QueueState
	for name := range queueWeights {
		info, err := i.asynq.GetQueueInfo(name)
		switch {
		case errors.Is(err, asynq.ErrQueueNotFound):
			states = append(states, outbox.QueueState{Name: name})
			continue
		case err != nil:
			return nil, fmt.Errorf("inspect the queues: %w", failure.Unavailable("The task queue is away.", err))
		}
		states = append(states, outbox.QueueState{
			Name: name, Pending: info.Pending, Active: info.Active, Scheduled: info.Scheduled, Retry: info.Retry,
			Archived: info.Archived, Processed: info.Processed, Failed: info.Failed, Latency: info.Latency, Paused: info.Paused,
		})
	}
	slices.SortFunc(states, func(a, b outbox.QueueState) int {
		if d := queueWeights[b.Name] - queueWeights[a.Name]; d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return states, nil
}
