// Package search keeps tickets and accounts findable by their words in Meilisearch, and by their identifiers in PostgreSQL.
//
// Identifiers (account number, reference, receipt number, A-Number, email) are looked up exactly, in PostgreSQL, before any
// word is searched for. Words are read once into a plan (parse.go, plan.go), which Meilisearch answers (meili.go) or, while
// that is unavailable, slow or of other settings, PostgreSQL's full text (ask.go, fulltext.go): the same words, filters and counts, but
// no typing slips forgiven. Either gives rows' IDs and marks alone: what a hit shows is read from the rows, so that nothing out
// of date is shown and an index holds no more than searching needs.
package search

import (
	"cmp"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/meilisearch/meilisearch-go"
	"github.com/sony/gobreaker/v2"
)

// The kinds of task that keep the indexes up to date; Freshness counts them.
const (
	TaskIndexTicket  = "index_ticket"
	TaskIndexAccount = "index_account"
)

const writeTimeout = 30 * time.Second // one batch on its way; the task behind it may take longer

// Config is what an Engine needs. Prefix begins the names of the indexes; when empty it holds the desk's ID, so that several desks may share one
// Meilisearch (named). Key is the one that GrantKey makes. Patience is how long Meilisearch may take over a search before PostgreSQL answers instead, askPatience when 0; a search
// takes two and a half times that at most. Rest is how long nobody asks Meilisearch once it has failed some times; restFor when 0.
type Config struct {
	URL, Key string
	Prefix   string
	Patience time.Duration
	Rest     time.Duration
	DB       *pgxpool.Pool
	Sessions *pgxpool.Pool // for locks of a session, past a pooler; DB when nil
	Logger   *slog.Logger
	Now      func() time.Time
	Observe  func(Answered)                 // called after every search; may be nil
	Location *time.Location                 // the desk's zone, in which its months begin; UTC when nil
	Labels   func(category string) []string // a category's names in the other languages; may be nil
}

// Engine indexes and searches. Safe for concurrent use.
type Engine struct {
	db       *pgxpool.Pool
	sessions *pgxpool.Pool
	reader   meilisearch.ServiceManager // no second try; each call brings its own time-out
	write    meilisearch.ServiceManager
	breaker  *gobreaker.CircuitBreaker[answer]
	patience time.Duration
	database time.Duration // what PostgreSQL may take
	thorough time.Duration // what PostgreSQL may take over looking through everything
	bounds   bounds
	why      atomic.Value // string: why Meilisearch last did not answer
	seen     atomic.Pointer[settingsSeen]
	server   atomic.Pointer[serverNote]
	newer    sync.Once // the warning that a later version built the indexes
	lexicon  lexicon
	fillPage int64        // how many rows a rebuild reads at once
	plain    *http.Client // for what the client library does not ask
	url, key string
	prefix   string // read it once named has succeeded
	naming   naming
	log      *slog.Logger
	now      func() time.Time
	observe  func(Answered)
	labels   func(category string) []string
	place    *time.Location
}

// New makes an Engine; nothing is asked of Meilisearch yet, so that a process can start while it is unavailable.
func New(cfg Config) (*Engine, error) {
	if cfg.Patience == 0 {
		cfg.Patience = askPatience
	}
	if cfg.Rest == 0 {
		cfg.Rest = restFor
	}
	e := &Engine{
		db: cfg.DB, sessions: cmp.Or(cfg.Sessions, cfg.DB), url: cfg.URL, key: cfg.Key, prefix: cfg.Prefix, log: cfg.Logger, now: cfg.Now, patience: cfg.Patience, database: databasePatience,
		fillPage: fillPage, thorough: cfg.Patience / 2, bounds: fullTextBounds, observe: cfg.Observe, labels: cfg.Labels, place: cmp.Or(cfg.Location, time.UTC),
		reader: connect(cfg, writeTimeout), write: connect(cfg, writeTimeout), plain: &http.Client{Transport: transport(), Timeout: writeTimeout},
	}
	e.naming.known.Store(cfg.Prefix != "")
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.now == nil {
		e.now = time.Now
	}
	e.breaker = newBreaker(e.log, cfg.Rest)
	return e, nil
}

// connect makes a client that never tries twice by itself: a person gets an answer in time, and a worker's task comes back.
func connect(cfg Config, timeout time.Duration) meilisearch.ServiceManager {
	return meilisearch.New(cfg.URL, meilisearch.WithAPIKey(cfg.Key), meilisearch.DisableRetries(),
		meilisearch.WithCustomClient(&http.Client{Transport: transport(), Timeout: timeout}))
}

// transport asks for no compression: Meilisearch writes a compressed answer in two parts, and the second waits 40 ms for a delayed
// acknowledgement of the first (actix-web issue 3917).
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.DisableCompression = 16, true
	return t
}

func (e *Engine) ticketsIndex() string  { return e.prefix + "tickets" }
func (e *Engine) accountsIndex() string { return e.prefix + "accounts" }
func (e *Engine) stampIndex() string    { return e.prefix + "version" }
