package devstack

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// memoryRedis is miniredis with a clock. It keeps nothing across restarts, which costs no inquiry: the outbox in
// PostgreSQL hands every unfinished task over again.
type memoryRedis struct {
	server *miniredis.Miniredis
	once   sync.Once
	halt   chan struct{}
	done   chan struct{}
}

func startMiniredis(addr, password string) (redisBackend, error) {
	server := miniredis.NewMiniRedis()
	server.RequireAuth(password)
	if err := server.StartAddr(addr); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, errPortTaken
		}
		return nil, err
	}
	m := &memoryRedis{server: server, halt: make(chan struct{}), done: make(chan struct{})}
	go m.run()
	return m, nil
}

// run lets times to live pass, which miniredis does not do by itself. Each call looks at every key: once a second.
func (m *memoryRedis) run() {
	defer close(m.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-m.halt:
			m.server.Close()
			return
		case <-tick.C:
			now := time.Now()
			m.server.FastForward(now.Sub(last))
			last = now
		}
	}
}

func (m *memoryRedis) stop(context.Context) error {
	m.once.Do(func() { close(m.halt) })
	<-m.done
	return nil
}

func (m *memoryRedis) ended() <-chan struct{} { return m.done }
func (m *memoryRedis) failure() error         { return nil }
