package ticket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// Scan says whether a file was looked at for viruses.
type Scan string

// The states of a file. Unscannable files are locked as infected ones are: nobody has seen what is in them.
const (
	ScanNone        Scan = "not_scanned" // no scanner was there
	ScanWaiting     Scan = "waiting"
	ScanClean       Scan = "clean"
	ScanInfected    Scan = "infected"
	ScanUnscannable Scan = "unscannable" // encrypted, too large or too deep for the scanner: Attachment.Finding
	ScanReleased    Scan = "released"    // a supervisor has let an unscannable file through
)

// Attachment is a file on a message. StorageKey names it in the file store.
type Attachment struct {
	ID            int64
	MessageID     int64
	Name          string
	MediaType     string
	Size          int64 // bytes
	SHA256        []byte
	StorageKey    string
	Scan          Scan
	Finding       string     // the scanner's name of what it found, or why it could not look
	SignaturesAt  *time.Time // of the signatures that it was scanned with
	ReleasedBy    string     // the name of the supervisor who let it through
	ReleaseReason string
	hold          bool // a scanner is set: what it has not seen is held back
}

const attachmentColumns = `a.id, a.message_id, a.name, a.media_type, a.size, a.sha256, a.storage_key, a.scan, a.finding, a.signatures_at,
	COALESCE((SELECT name FROM staff WHERE id = a.released_by), '') AS released_by, a.release_reason`

// Offered reports whether the file may be downloaded.
func (a Attachment) Offered() bool {
	switch a.Scan {
	case ScanClean, ScanReleased:
		return true
	case ScanNone:
		return !a.hold
	case ScanWaiting, ScanInfected, ScanUnscannable:
	}
	return false
}

// Blind says why the scanner could not look into a file: encrypted, limits, too_large or other.
func (a Attachment) Blind() string {
	switch {
	case strings.HasPrefix(a.Finding, "Heuristics.Encrypted"):
		return "encrypted"
	case strings.HasPrefix(a.Finding, "Heuristics.Limits"):
		return "limits"
	case a.Finding == "StreamMaxLength":
		return "too_large"
	}
	return "other"
}

// Waits reports whether the file is still to be looked at.
func (a Attachment) Waits() bool { return a.Scan == ScanWaiting || a.Scan == ScanNone && a.hold }

// held says of files whether a scanner has to see them first.
func (s *Service) held(files []Attachment) []Attachment {
	for i := range files {
		files[i].hold = s.holdFiles
	}
	return files
}

// Attachment finds one file of the ticket with this reference; not_found when it is another ticket's.
func (s *Service) Attachment(ctx context.Context, reference string, id int64) (Attachment, error) {
	return s.oneFile(ctx, `
		SELECT `+attachmentColumns+`
		FROM attachment a
		JOIN message m ON m.id = a.message_id
		JOIN ticket t ON t.id = m.ticket_id
		WHERE a.id = $1 AND t.reference = $2`, id, reference)
}

// AttachmentByID finds a file for the scanner; not_found when it is gone.
func (s *Service) AttachmentByID(ctx context.Context, id int64) (Attachment, error) {
	return s.oneFile(ctx, `SELECT `+attachmentColumns+` FROM attachment a WHERE a.id = $1`, id)
}

func (s *Service) oneFile(ctx context.Context, sql string, id int64, args ...any) (Attachment, error) {
	rows, err := s.db.Query(ctx, sql, append([]any{id}, args...)...)
	if err != nil {
		return Attachment{}, fmt.Errorf("find file %d: %w", id, postgres.Failure(err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Attachment])
	if err != nil {
		return Attachment{}, fmt.Errorf("find file %d: %w", id, postgres.Failure(err))
	}
	a.hold = s.holdFiles
	return a, nil
}

// ScanOf is the state of a file of which a scanner says that it is clean, that it could not look into it, or neither: then it is infected.
func ScanOf(clean, unscannable bool) Scan {
	switch {
	case unscannable:
		return ScanUnscannable
	case clean:
		return ScanClean
	}
	return ScanInfected
}

// Scanned is what a scan found. SignaturesAt is the zero time where the scanner does not tell.
type Scanned struct {
	Scan         Scan
	Finding      string
	SignaturesAt time.Time
}

// RecordScan records what a virus scan found, for the file and every other with the same content. A file in which a virus was found stays so,
// whatever a scan finds that began before: another scan that somebody asks for makes it wait first (RescanFile). That there is no scanner is
// recorded for this file alone. Called by the worker with its task, and with task 0 at a download.
func (s *Service) RecordScan(ctx context.Context, task, attachmentID int64, found Scanned) error {
	record := func(tx pgx.Tx) error { return s.recordScan(ctx, tx, attachmentID, found) }
	if task != 0 {
		return s.deliver(ctx, "record a scan", task, record)
	}
	if err := postgres.InTx(ctx, s.db, record); err != nil {
		return fmt.Errorf("record a scan: %w", err)
	}
	return nil
}

func (s *Service) recordScan(ctx context.Context, tx pgx.Tx, attachmentID int64, found Scanned) error {
	rows, err := tx.Query(ctx, `
		WITH same AS (
			SELECT a.id, a.scan, m.ticket_id
			FROM attachment a
			JOIN message m ON m.id = a.message_id
			WHERE a.sha256 = (SELECT sha256 FROM attachment WHERE id = $1) AND CASE $2
				WHEN 'infected' THEN true
				WHEN 'not_scanned' THEN a.id = $1 AND a.scan = 'waiting'
				ELSE a.scan NOT IN ('infected', 'released') END
			ORDER BY a.id
			FOR UPDATE OF a
		)
		UPDATE attachment a
		SET scan = $2, finding = left($3, 200), signatures_at = $4, scanned_at = now(), released_by = NULL, release_reason = ''
		FROM same
		WHERE a.id = same.id
		RETURNING same.ticket_id, same.scan <> $2`, attachmentID, found.Scan, found.Finding, nullTime(found.SignaturesAt))
	if err != nil {
		return err
	}
	changed := map[int64]bool{}
	var ticketID int64
	var news bool
	_, err = pgx.ForEachRow(rows, []any{&ticketID, &news}, func() error {
		if news {
			changed[ticketID] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		_, err := s.changeIn(ctx, tx, `t.id = $1`, id, Worker(), func(c *change) error {
			c.quiet = found.Scan == ScanClean
			c.event(EventFileScanned, Data{To: string(found.Scan)})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// maxReleaseReason bounds the reason of a release, in characters.
const maxReleaseReason = 500

// ReleaseFile lets a file through that the scanner could not look into. For supervisors. Errors: invalid (reason), not_found, conflict for a file in
// which a virus was found, or that nothing holds back.
func (s *Service) ReleaseFile(ctx context.Context, by Actor, reference string, id int64, reason string) error {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return failure.Invalid("reason", "missing", "Say why you let this file through.")
	case utf8.RuneCountInString(reason) > maxReleaseReason || !utf8.ValidString(reason) || strings.ContainsRune(reason, 0):
		return failure.Invalid("reason", "too_long", fmt.Sprintf("The reason can have up to %d characters.", maxReleaseReason))
	}
	return s.changeFile(ctx, by, reference, id, func(c *change) error {
		tag, err := c.tx.Exec(ctx, `
			UPDATE attachment SET scan = 'released', released_by = $2, release_reason = $3 WHERE id = $1 AND scan = 'unscannable'`, id, by.StaffID, reason)
		if err == nil && tag.RowsAffected() == 0 {
			return failure.Conflict("This file cannot be let through.")
		}
		c.event(EventFileReleased, Data{})
		return err
	})
}

// RescanFile has a locked file scanned once more, or one that was let through; it is held back until then. For whoever may answer. Errors:
// not_found, conflict for any other file, and where there is no scanner: it would come free.
func (s *Service) RescanFile(ctx context.Context, by Actor, reference string, id int64) error {
	return s.changeFile(ctx, by, reference, id, func(c *change) error {
		if !s.holdFiles {
			return failure.Conflict("No virus scanner is set, so this file cannot be scanned again. It stays locked.")
		}
		tag, err := c.tx.Exec(ctx, `
			UPDATE attachment SET scan = 'waiting', released_by = NULL, release_reason = ''
			WHERE id = $1 AND scan IN ('infected', 'unscannable', 'released')`, id)
		if err == nil && tag.RowsAffected() == 0 {
			return failure.Conflict("This file needs no other scan.")
		}
		c.event(EventFileRescanned, Data{})
		c.outbox(OutboxFileStored, id, c.now)
		return err
	})
}

func (s *Service) changeFile(ctx context.Context, by Actor, reference string, id int64, fn func(*change) error) error {
	_, err := s.changeTicket(ctx, "change a file of", reference, by, func(c *change) error {
		var there bool
		err := c.tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM attachment a JOIN message m ON m.id = a.message_id WHERE a.id = $1 AND m.ticket_id = $2)`, id, c.ID).Scan(&there)
		if err == nil && !there {
			err = failure.NotFound("There is no such file.")
		}
		if err != nil {
			return err
		}
		return fn(c)
	})
	return err
}

// sweptAtOnce bounds how many files a sweep has scanned, so that new ones do not wait behind thousands.
const sweptAtOnce = 200

// ScanLater has files scanned that came while no scanner was set, the oldest first and behind whatever waits, and says how many. Called by the clock
// where there is a scanner.
func (s *Service) ScanLater(ctx context.Context) (int64, error) {
	return s.sweepFiles(ctx, `
		WITH later AS (
			UPDATE attachment SET scan = 'waiting'
			WHERE id IN (SELECT id FROM attachment WHERE scan = 'not_scanned' ORDER BY id LIMIT $1)
				AND (SELECT count(*) FROM outbox_task WHERE task = 'scan_file' AND given_up_at IS NULL) < $1
			RETURNING id
		)
		INSERT INTO outbox_task (task, subject_id, due_at, created_at) SELECT 'scan_file', id, now(), now() FROM later`, sweptAtOnce)
}

// ScanNever offers files that wait for a scanner that was taken away, and says how many. Called by the clock where there is none.
func (s *Service) ScanNever(ctx context.Context) (int64, error) {
	return s.sweepFiles(ctx, `
		WITH freed AS (
			UPDATE attachment SET scan = 'not_scanned' WHERE scan = 'waiting' RETURNING id
		)
		DELETE FROM outbox_task USING freed WHERE task = 'scan_file' AND subject_id = freed.id`)
}

// ScanAgain has files of tickets that are not closed scanned anew that were scanned with older signatures, and says how many. They are offered
// meanwhile. Called by the clock.
func (s *Service) ScanAgain(ctx context.Context, signatures time.Time) (int64, error) {
	return s.sweepFiles(ctx, `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at)
		SELECT 'scan_file', min(a.id), now(), now()
		FROM attachment a
		JOIN message m ON m.id = a.message_id
		JOIN ticket t ON t.id = m.ticket_id
		WHERE a.scan = 'clean' AND COALESCE(a.signatures_at, '-infinity') < $1 AND t.status <> 'closed'
			AND NOT EXISTS (SELECT FROM outbox_task k JOIN attachment c ON c.id = k.subject_id WHERE k.task = 'scan_file' AND c.sha256 = a.sha256)
		GROUP BY a.sha256
		LIMIT 1000`, signatures)
}

func (s *Service) sweepFiles(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := s.db.Exec(ctx, sql, args...)
	if err != nil {
		return 0, fmt.Errorf("sweep files: %w", postgres.Failure(err))
	}
	if tag.RowsAffected() > 0 {
		s.wake()
	}
	return tag.RowsAffected(), nil
}

// FileCounts is how many files are in which state, for `askwell doctor`.
func FileCounts(ctx context.Context, db postgres.Querier) (counts map[Scan]int64, err error) {
	rows, err := db.Query(ctx, `SELECT scan, count(*) FROM attachment WHERE scan IN ('not_scanned', 'waiting', 'unscannable', 'infected') GROUP BY scan`)
	if err != nil {
		return nil, fmt.Errorf("count files: %w", postgres.Failure(err))
	}
	counts = map[Scan]int64{}
	var scan Scan
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&scan, &n}, func() error {
		counts[scan] = n
		return nil
	})
	return counts, err
}
