package main

import (
	"context"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
)

func checkClamd(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.ClamdURL == "" {
		return "off: CLAMD_URL is not set, files are offered to staff unscanned", nil
	}
	scanner, err := files.NewClamd(cfg.ClamdURL)
	if err != nil {
		return "", advice("CLAMD_URL cannot be used.", err)
	}
	if err := scanner.Ping(ctx); err != nil {
		return "", advice("clamd does not answer: files are held back until it does.", err)
	}
	return "clamd answers", nil
}
