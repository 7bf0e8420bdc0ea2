package web

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer serves handler with time-outs that a slow or silent client runs into. Bodies have theirs by route (limitBody), and
// answers none, because streams stay open.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 * kilobyte,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
