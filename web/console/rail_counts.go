package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/ticket"
)

// countsFor is how long the counts of the views that everybody shares hold. A dozen of them stand on every page, and each may
// look at ticket.MaxCount rows: at a few pages a second that is most of a page's cost.
const countsFor = 2 * time.Second

// sharedCounts keeps the counts of the views that are the same for everybody.
type sharedCounts struct {
	mu     sync.Mutex
	now    func() time.Time
	until  time.Time
	counts []int
}

// get gives the counts of the filters, read again when they are older than countsFor or something was changed since. Whoever
// comes while they are being read waits for the same reading.
func (s *sharedCounts) get(ctx context.Context, tickets *ticket.Service, filters []ticket.Filter) ([]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Before(s.until) && len(s.counts) == len(filters) {
		return s.counts, nil
	}
	counts, err := tickets.Counts(ctx, filters)
	if err != nil {
		return nil, err
	}
	s.counts, s.until = counts, s.now().Add(countsFor)
	return counts, nil
}

// ForgetCounts is a middleware: after a change that was made here, the next page counts again.
func (a *Area) ForgetCounts(c *gin.Context) {
	c.Next()
	if c.Request.Method == http.MethodPost {
		a.shared.mu.Lock()
		a.shared.until = time.Time{}
		a.shared.mu.Unlock()
	}
}
