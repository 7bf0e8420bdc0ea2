package workers

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// TryQueue does with Redis what handing over, running and looking at tasks does, in a queue of its own that it takes away again. For
// `askwell doctor`.
func TryQueue(ctx context.Context, client redis.UniversalClient) (err error) {
	silence()
	queue := "doctor-" + uuid.NewString()[:8]
	inspector := asynq.NewInspectorFromRedisClient(client)
	info, err := asynq.NewClientFromRedisClient(client).EnqueueContext(ctx, asynq.NewTask("doctor", nil), asynq.Queue(queue), asynq.MaxRetry(0))
	if err != nil {
		return fmt.Errorf("hand a task over: %w", err)
	}
	defer func() { err = errors.Join(err, inspector.DeleteQueue(queue, true)) }()
	if _, err := inspector.GetQueueInfo(queue); err != nil {
		return fmt.Errorf("look at a queue: %w", err)
	}
	if err := inspector.DeleteTask(queue, info.ID); err != nil {
		return fmt.Errorf("take a task away: %w", err)
	}
	stopped := client.Subscribe(ctx, "asynq:cancel") // by which asynq hears that a task is to be stopped
	defer stopped.Close()
	if _, err := stopped.Receive(ctx); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for _, key := range []string{"asynq:servers", "asynq:workers"} { // in which it says that it runs
		if err := client.ZCard(ctx, key).Err(); err != nil {
			return fmt.Errorf("read %s: %w", key, err)
		}
	}
	return nil
}
