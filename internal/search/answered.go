package search

import (
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// EngineFailed is who answered when nobody did.
const EngineFailed = "failed"

// Answered is what is counted of a search: who answered, why PostgreSQL did when it stood in, and how long it took. It holds
// nothing of what was searched for.
type Answered struct {
	Engine string // EngineFailed when nobody answered
	Why    string
	Took   time.Duration
}

// tell tells Config.Observe of a search. One that was refused is none.
func (e *Engine) tell(found Results, err error, took time.Duration) {
	if e.observe == nil || err != nil && !failure.Is(err, failure.KindUnavailable) {
		return
	}
	a := Answered{Engine: found.Engine, Why: found.Why, Took: took}
	if err != nil {
		a = Answered{Engine: EngineFailed, Took: took}
	}
	e.observe(a)
}

// BreakerStates are what Breaker says.
func BreakerStates() []string { return []string{"closed", "half-open", "open"} }

// Breaker says whether searches are put to Meilisearch: "closed" when they are, "open" while PostgreSQL alone is asked because
// Meilisearch failed several times in a row, and "half-open" while one search tries whether it is back.
func (e *Engine) Breaker() string { return e.breaker.State().String() }
