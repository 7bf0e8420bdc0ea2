package reports_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/reports"
	"github.com/askwell/askwell/web/webtest"
)

// Every page of figures ends, whatever its period: pages of random periods, cut-offs, measures and clocks, each within the time
// that its request has (TestFiguresOfRandomPeriodsAreWritten has 2,000 without the database). A page whose loop only its own arithmetic
// could end once burned a processor until the process was restarted.
func TestRandomPeriodsAllAnswer(t *testing.T) {
	t.Parallel()
	const pages, patience = 150, 20 * time.Second
	db := testkit.Database(t)
	seed(t, db)
	if _, err := db.Exec(t.Context(), `ANALYZE ticket`); err != nil {
		t.Fatal(err)
	}
	renderer, err := web.NewPages(webtest.Settings(t, nil), true, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	area, err := reports.New(reports.Config{Report: report.NewService(db, time.Now), Pages: renderer, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(path string) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		recorder := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(recorder)
		c.Request = httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
		done := make(chan error, 1)
		go func() { done <- area.ResponseTimes(c) }()
		select {
		case err := <-done:
			if err != nil || recorder.Code != http.StatusOK {
				return fmt.Errorf("GET %s: status %d: %w", path, recorder.Code, err)
			}
			return nil
		case <-time.After(patience + time.Second):
			return fmt.Errorf("GET %s went on after its request had ended", path)
		}
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	var asked atomic.Int64
	for i := range pages {
		group.Go(func() error {
			asked.Add(1)
			return answer(randomPeriod(rand.New(rand.NewPCG(11, uint64(i))))) //nolint:gosec // a page number
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != pages {
		t.Fatalf("%d pages, want %d", asked.Load(), pages)
	}
}

func randomPeriod(r *rand.Rand) string {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	from := today.AddDate(0, 0, -r.IntN(365))
	to := from.AddDate(0, 0, r.IntN(int(today.Sub(from).Hours()/24)+1))
	cutOff := to.AddDate(0, 0, r.IntN(int(today.Sub(to).Hours()/24)+1))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	return fmt.Sprintf("%s?from=%s&to=%s&as_of=%s&measure=%s&clock=%s&by=%s&category=%s", path, from.Format(time.DateOnly), to.Format(time.DateOnly),
		cutOff.Format(time.DateOnly), pick("first_response", "resolution"), pick("wall", "business"), pick("number", "number", "number", "week", "category"),
		pick("", "", "case-question"))
}
