package workers

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// queueWeights are those of this desk's queues.
func (w *Workers) queueWeights() map[string]int {
	own := map[string]int{}
	for name, weight := range queueWeights {
		own[w.queues+name] = weight
	}
	return own
}

func (w *Workers) newServer(base context.Context) *asynq.Server {
	return asynq.NewServerFromRedisClient(w.redis, asynq.Config{
		Concurrency:       w.Concurrency,
		Queues:            w.queueWeights(),
		BaseContext:       func() context.Context { return base },
		TaskCheckInterval: 100 * time.Millisecond, // how long an idle server takes to notice a task
		ShutdownTimeout:   stopWithin,
		Logger:            &asynqLog{log: w.log, said: map[string]time.Time{}},
		LogLevel:          asynq.WarnLevel,
		// Rows record failures themselves (handle.go); what comes here is asynq's own, such as a time-out of the whole task.
		ErrorHandler: asynq.ErrorHandlerFunc(func(_ context.Context, t *asynq.Task, err error) {
			w.log.Debug("asynq ended a task", slog.String("kind", t.Type()), slog.Any("error", err))
		}),
	})
}

// asynqLog passes asynq's log on. A Redis that is unavailable makes it repeat itself several times a second: each text is passed on
// once in repeatAfter.
type asynqLog struct {
	log  *slog.Logger
	mu   sync.Mutex
	said map[string]time.Time
}

const repeatAfter = time.Minute

func (l *asynqLog) say(level slog.Level, args []any) {
	text := fmt.Sprint(args...)
	l.mu.Lock()
	fresh := time.Since(l.said[text]) > repeatAfter
	if fresh {
		if len(l.said) > 100 {
			clear(l.said)
		}
		l.said[text] = time.Now()
	}
	l.mu.Unlock()
	if fresh {
		l.log.Log(context.Background(), level, "asynq: "+text)
	}
}

func (l *asynqLog) Debug(args ...any) { l.say(slog.LevelDebug, args) }
func (l *asynqLog) Info(args ...any)  { l.say(slog.LevelDebug, args) }
func (l *asynqLog) Warn(args ...any)  { l.say(slog.LevelWarn, args) }
func (l *asynqLog) Error(args ...any) { l.say(slog.LevelWarn, args) }
func (l *asynqLog) Fatal(args ...any) { l.say(slog.LevelError, args) }
