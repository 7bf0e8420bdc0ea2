package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

func TestRefusalsAreLimitedByRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{admission: admission{refusals: rate.NewLimiter(4, 1)}}
		refused := func(ctx context.Context) (answered bool, took time.Duration, err error) {
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequestWithContext(ctx, http.MethodPost, "/inquiries", http.NoBody)
			began := time.Now()
			err = s.refuse(c, func(*gin.Context) error { answered = true; return nil })
			return answered, time.Since(began), err
		}
		for i, want := range []time.Duration{0, 250 * time.Millisecond, 250 * time.Millisecond} {
			if answered, took, err := refused(t.Context()); !answered || took != want || err != nil {
				t.Errorf("refusal %d: answered %v after %s, want %s: %v", i, answered, took, want, err)
			}
		}
		gone, leave := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, leave)
		if answered, took, err := refused(gone); answered || took != 100*time.Millisecond || !errors.Is(err, context.Canceled) {
			t.Errorf("after the client left: answered %v after %s: %v", answered, took, err)
		}
	})
}
