package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/search/relevance"
)

// searcher is an agent's browser whose searches one engine answers.
type searcher struct {
	*client
	engine string
	server *exec.Cmd // of its own for PostgreSQL: a web process to which Meilisearch is unavailable
	done   chan error
}

// newSearcher signs in to the desk, or to another web process of it whose MEILI_URL is a port that nobody listens on.
func (b *bench) newSearcher(ctx context.Context, d *desk, engine string) (*searcher, error) {
	s := &searcher{engine: engine}
	address := d.address
	if engine == search.EnginePostgreSQL {
		var err error
		if address, err = s.serve(ctx, d); err != nil {
			return nil, err
		}
	}
	s.client = newClient(address).gzipped()
	s.headers = "" // the answers are read
	if err := s.signIn(ctx, agentEmail, password); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// serve starts the web process and waits until it answers.
func (s *searcher) serve(ctx context.Context, d *desk) (address string, err error) {
	if address, err = freeAddress(ctx); err != nil {
		return "", err
	}
	log, err := os.Create(d.dir + "-serve.log")
	if err != nil {
		return "", err
	}
	s.server = exec.CommandContext(context.WithoutCancel(ctx), d.binary, "serve", "--listen", address)
	s.server.Env = append(deskEnv(), "DATABASE_URL="+d.running.DatabaseURL, "REDIS_URL="+d.running.RedisURL, "SMTP_URL="+d.running.SMTPURL,
		"MEILI_URL=http://127.0.0.1:1", "FILES_DIR="+filepath.Join(d.dir, "files"), "BASE_URL=http://"+address,
		"SECRET_KEY=a key of the bench that signs its own form tokens")
	s.server.Stderr, s.server.SysProcAttr = log, bound()
	s.done = make(chan error, 1)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the child is bound to this thread
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := s.server.Start()
		started <- err
		if err == nil {
			s.done <- s.server.Wait()
		}
	}()
	if err := <-started; err != nil {
		return "", err
	}
	for deadline := time.Now().Add(startWithin); ; {
		c := newClient(address)
		_, err := c.get(ctx, "/healthz")
		c.close()
		if err == nil {
			return address, nil
		}
		if time.Now().After(deadline) {
			return "", errors.Join(fmt.Errorf("askwell serve does not answer: %w\n%s", err, tail(log.Name())), s.close())
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return "", errors.Join(err, s.close())
		}
	}
}

func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *searcher) close() error {
	if s.client != nil {
		s.client.close()
	}
	if s.server == nil {
		return nil
	}
	_ = s.server.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case err := <-s.done:
		return err
	case <-time.After(stopWithin):
		return errors.Join(s.server.Process.Kill(), <-s.done)
	}
}

// found is what the bench reads of an answer.
type found struct {
	Engine string
	Hits   []struct{ Kind, Reference, Number string }
}

// errSlow is the answer that search takes too long.
var errSlow = errors.New("search answered that it is slow")

// search asks, and holds the engine to being the one that is measured. Errors: errSlow, with the time until it was said.
func (s *searcher) search(ctx context.Context, path string) (found, time.Duration, error) {
	var f found
	a, err := s.send(ctx, http.MethodGet, path, "", nil)
	switch {
	case err != nil:
		return f, 0, err
	case a.status == http.StatusServiceUnavailable:
		return f, a.took, errSlow
	case a.status != http.StatusOK:
		return f, 0, fmt.Errorf("GET %s answered %d", path, a.status)
	}
	if err := json.Unmarshal(a.body, &f); err != nil {
		return f, 0, err
	}
	if f.Engine != s.engine && f.Engine != search.EngineExact {
		return f, 0, fmt.Errorf("%s answered, not %s", f.Engine, s.engine)
	}
	return f, a.took, nil
}

// judge asks for what a set holds.
func (b *bench) judge(ctx context.Context, at *searcher, set string, tickets int, queries []relevance.Query) error {
	report, err := relevance.Judge(ctx, queries, func(ctx context.Context, text string) ([]string, error) {
		f, _, err := at.search(ctx, "/console/search.json?facets=0&limit=5&q="+url.QueryEscape(text))
		if errors.Is(err, errSlow) {
			return nil, nil // nothing came first
		}
		var keys []string
		for _, h := range f.Hits {
			if h.Kind == search.KindAccount {
				keys = append(keys, relevance.AccountKey(h.Number))
			} else {
				keys = append(keys, relevance.TicketKey(h.Reference))
			}
		}
		return keys, err
	})
	if err != nil {
		return err
	}
	b.result.Relevance = append(b.result.Relevance, Relevance{Set: set, Engine: at.engine, Tickets: tickets, Report: report})
	total := report.Total()
	b.progress("%s, %s: %d of %d first, %d among five", set, at.engine, total.First, total.Asked, total.Five)
	return nil
}
