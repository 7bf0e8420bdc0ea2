// Package meili speaks the part of Meilisearch's HTTP API that Askwell uses, over Bleve, in the process.
package meili

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Config says where a Server keeps its data and where it listens.
type Config struct {
	Dir    string // empty: nothing is kept after Close
	Addr   string // default 127.0.0.1:0
	Key    string // the master key; empty: one is made up
	Logger *slog.Logger
}

// A Server answers as Meilisearch would. It is meant for one machine and some
// hundred thousand documents; above that a real Meilisearch is due.
type Server struct {
	cfg      Config
	logger   *slog.Logger
	db       *bolt.DB
	listener net.Listener
	http     *http.Server

	searching chan struct{} // as many as are searching

	mu      sync.RWMutex
	indexes map[string]*searchIndex

	wake       chan struct{}
	closing    context.Context
	stop       context.CancelFunc
	workerDone chan struct{}
	closeOnce  sync.Once
	closeErr   error

	// Only the task worker uses these.
	oldest      uint64
	batch       uint64
	interrupted bool
	warned      bool

	due int64 // documents; dueDocuments but in tests
}

// Start opens the data in cfg.Dir, takes up the tasks that a former process
// left unfinished and listens. The server closes when ctx ends, or by Close.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.listen(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	go s.work()
	go func() {
		select {
		case <-ctx.Done():
			_ = s.Close()
		case <-s.closing.Done():
		}
	}()
	return s, nil
}

func open(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Key == "" {
		var secret [24]byte
		_, _ = rand.Read(secret[:])
		cfg.Key = hex.EncodeToString(secret[:])
	}
	db, err := openStore(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, logger: cfg.Logger, db: db, indexes: map[string]*searchIndex{},
		due: dueDocuments, searching: make(chan struct{}, runtime.GOMAXPROCS(0)), wake: make(chan struct{}, 1), workerDone: make(chan struct{}),
	}
	s.closing, s.stop = context.WithCancel(context.Background())
	if err := errors.Join(s.openIndexes(), s.ensureDefaultKeys(), s.readBatchNumber()); err != nil {
		return nil, errors.Join(err, s.closeStorage())
	}
	return s, nil
}

func (s *Server) listen(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		close(s.workerDone)
		return fmt.Errorf("listen for search: %w", err)
	}
	s.listener = listener
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.logger.Error("serve search", slog.Any("error", err))
		}
	}()
	return nil
}

// URL is the address for meilisearch-go.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Key is the master key.
func (s *Server) Key() string { return s.cfg.Key }

// Close breaks off what is being done and releases the folder. Unfinished
// tasks are done after the next Start.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.stop()
		if s.http != nil {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if err := s.http.Shutdown(ctx); err != nil {
				s.closeErr = errors.Join(s.closeErr, s.http.Close())
			}
		}
		<-s.workerDone
		s.closeErr = errors.Join(s.closeErr, s.closeStorage())
	})
	return s.closeErr
}

func (s *Server) closeStorage() error {
	var err error
	for _, x := range s.indexes {
		err = errors.Join(err, x.close())
	}
	return errors.Join(err, s.db.Close())
}

// engineDir is the folder of Bleve's indexes, empty when in memory.
func (s *Server) engineDir() string {
	if s.cfg.Dir == "" {
		return ""
	}
	return filepath.Join(s.cfg.Dir, "indexes")
}

// readBatchNumber takes up the count of batches where the last process left it.
func (s *Server) readBatchNumber() error {
	return s.db.View(func(tx *bolt.Tx) error {
		_, raw := tx.Bucket(bucketTasks).Cursor().Last()
		if raw == nil {
			return nil
		}
		var t task
		if err := json.Unmarshal(raw, &t); err != nil {
			return fmt.Errorf("decode task: %w", err)
		}
		s.batch = max(t.UID+1, orElse(t.BatchUID, 0))
		return nil
	})
}
