package main

import (
	"context"
	"os"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
)

func checkFiles(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.FilesDir == "" {
		return "", advice("FILES_DIR is not set.", nil)
	}
	if _, err := os.Stat(cfg.FilesDir); err != nil {
		return "", advice("FILES_DIR cannot be read: make the folder, and let it belong to this account.", err)
	}
	folder, err := files.NewFolder(cfg.FilesDir)
	if err == nil {
		err = writeFile(ctx, folder)
	}
	if err != nil {
		return "", advice(filesAdvice(err), err)
	}
	return "the folder can be written", nil
}
