package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/form"
)

// oldSignatures is from which age on a scanner misses what is new; freshclam fetches them several times a day.
const oldSignatures = 7 * 24 * time.Hour

// scanWithin is how long a scan of the largest file may take.
const scanWithin = time.Minute

func checkClamd(ctx context.Context, cfg config.Config) (string, error) {
	counts := fileCounts(ctx, cfg.DatabaseURL)
	if cfg.ClamdURL == "" {
		if n := counts[ticket.ScanWaiting]; n > 0 {
			return "", cautionf("CLAMD_URL is not set, and %s files still wait for a scan: a worker offers them unscanned within minutes.", thousands(int(n)))
		}
		return "off: CLAMD_URL is not set, files are offered to staff unscanned", nil
	}
	scanner, err := files.NewClamd(cfg.ClamdURL)
	if err != nil {
		return "", advice("CLAMD_URL cannot be used.", err)
	}
	if err := scanner.Ping(ctx); err != nil {
		return "", advice("clamd does not answer within 2 s: see that it runs, and that CLAMD_URL is what LocalSocket, or TCPSocket and TCPAddr, say in clamd.conf. Files are held back until it does.", err)
	}
	verdict, err := scanner.Scan(ctx, io.LimitReader(zeros{}, form.MaxFileSize))
	switch {
	case err != nil:
		return "", advice("clamd answers, and does not scan: its own log tells more. Files are held back until it does.", err)
	case verdict.Threat == files.TooLarge:
		return "", advice(fmt.Sprintf("clamd refuses files as large as applicants may send (%d MB): write StreamMaxLength %dM into clamd.conf and restart it. Until then such files are locked.",
			form.MaxFileSize>>20, form.MaxFileSize>>20+2), nil)
	}
	var cautions []error
	if at, err := scanner.Signatures(ctx); err == nil && !at.IsZero() && time.Since(at) > oldSignatures {
		cautions = append(cautions, cautionf("clamd's signatures are of %s: see that freshclam runs.", at.Format(time.DateOnly)))
	}
	if n := counts[ticket.ScanNone]; n > 0 {
		cautions = append(cautions, cautionf("%s files came before there was a scanner: they are held back, and a worker has them scanned, the oldest first.", thousands(int(n))))
	}
	return fmt.Sprintf("clamd scans files of %d MB; %d wait, %d are locked", form.MaxFileSize>>20, counts[ticket.ScanWaiting],
		counts[ticket.ScanInfected]+counts[ticket.ScanUnscannable]), errors.Join(cautions...)
}

// fileCounts counts the files by state; none when the database does not answer, of which another check tells.
func fileCounts(ctx context.Context, url string) map[ticket.Scan]int64 {
	conn, err := postgres.Connect(ctx, url)
	if err != nil {
		return nil
	}
	defer conn.Close(ctx)
	counts, err := ticket.FileCounts(ctx, conn)
	if err != nil {
		return nil
	}
	return counts
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
