package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// TicketColumns are the columns of a file of tickets from another desk.
func TicketColumns() []string {
	return slices.Concat([]string{"external_id", "reference", "account_number_as_given"}, contentColumns, placeColumns)
}

// contentColumns are what is read of a ticket, beside what it is called.
var contentColumns = []string{
	"opened_at", "category", "account_number", "number_at_submission", "applicant_name", "applicant_email", "subject",
	"question", "first_responded_at", "solved_at", "status", "excluded_reason",
}

// placeColumns say how a ticket came and where it stands. They came later than the others: rows without them have the key that they had before.
var placeColumns = []string{"channel", "queue", "language", "agent"}

// TicketOptions say how to read a file of tickets.
type TicketOptions struct {
	Columns       Columns
	TimeZone      *time.Location // of times that name none
	AddCategories bool           // make categories that are not known, instead of rejecting their rows
	Source        string         // where external IDs are from, up to 60 characters; "import" when empty
}

// DefaultSource is where external IDs are from when nobody says.
const DefaultSource = "import"

// defaultCategory is what a ticket without one is filed under.
const defaultCategory = "something-else"

// imported is one ticket to be, checked.
type imported struct {
	line                int
	key                 [16]byte
	alike               []byte // the key that the row had without an external ID; nil when it has none
	reference           string // that the row bears; "" for none
	category            string
	number              identifier.Reading
	name, email         string
	subject, question   string
	openedAt            time.Time
	respondedAt, solved *time.Time
	status              ticket.Status
	excluded            string
	channel             ticket.Channel
	language            string
	queue, agent        *int64 // nil for the category's queue, and for nobody
}

// ticketReader turns rows into tickets.
type ticketReader struct {
	options    TicketOptions
	categories map[string]bool
	added      map[string]string // code -> label
	places     places
	now        time.Time
	seen       map[[16]byte]uint32
	lines      map[string]int // of external IDs
}

func (tr *ticketReader) read(r row) (imported, error) {
	t := imported{line: r.line, name: r.value("applicant_name"), email: identifier.CleanEmail(r.value("applicant_email")), excluded: r.value("excluded_reason")}
	var err error
	if t.openedAt, err = tr.time(r, "opened_at", time.Time{}); err != nil {
		return t, err
	}
	if t.respondedAt, err = tr.optionalTime(r, "first_responded_at", t.openedAt); err != nil {
		return t, err
	}
	if t.solved, err = tr.optionalTime(r, "solved_at", t.openedAt); err != nil {
		return t, err
	}
	if err := t.setTexts(r); err != nil {
		return t, err
	}
	if t.number, err = readNumber(r, t.subject, t.question); err != nil {
		return t, err
	}
	if err := t.setStatus(ticket.Status(r.value("status"))); err != nil {
		return t, err
	}
	if err := tr.places.read(r, &t); err != nil {
		return t, err
	}
	if t.category, err = tr.category(r.value("category")); err != nil { // last: a rejected row must add no category
		return t, err
	}
	t.key = tr.key(r, t)
	return t, tr.identify(r, &t)
}

// identify reads what another desk calls the ticket: its external ID, or else the reference that it bears there. The later row of a ticket
// changes it, in whichever file it comes.
func (tr *ticketReader) identify(r row, t *imported) error {
	if reference, ok := identifier.ParseReference(r.value("reference")); ok {
		t.reference = reference
	}
	id := r.value("external_id")
	if id == "" {
		id = t.reference
	}
	if id == "" {
		return nil
	}
	if utf8.RuneCountInString(id) > 200 {
		return errors.New("external_id: longer than 200 characters")
	}
	if line, twice := tr.lines[id]; twice {
		return fmt.Errorf("external_id: line %d has the same", line)
	}
	tr.lines[id] = t.line
	alike := t.key
	t.alike = alike[:]
	sum := sha256.Sum256(fmt.Appendf(nil, "external id\x00%s\x00%s", tr.options.Source, id))
	t.key = [16]byte(sum[:16])
	return nil
}

// category reads a code that is here, or makes one of any name when the options say so.
func (tr *ticketReader) category(code string) (string, error) {
	switch {
	case code == "":
		return defaultCategory, nil
	case tr.categories[code]:
		return code, nil
	case !tr.options.AddCategories:
		return "", fmt.Errorf("category: %q is not known here; mend it, or add it with --add-categories", code)
	}
	label := []rune(code)
	name := string(label[:min(len(label), 120)])
	slug := slugOf(code)
	for n := 1; ; n++ { // another name may have the same code
		candidate := slug
		if n > 1 {
			candidate = fmt.Sprintf("%s-%d", slug[:min(len(slug), 56)], n)
		}
		switch {
		case !tr.categories[candidate]:
			tr.categories[candidate], tr.added[candidate] = true, name
			return candidate, nil
		case tr.added[candidate] == name || tr.added[candidate] == "" && n == 1:
			return candidate, nil
		}
	}
}

// slugOf makes a category's code of any name, without accents.
func slugOf(name string) string {
	plain := norm.NFKD.String(strings.ToLower(name))
	plain = strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, plain)
	words := strings.FieldsFunc(plain, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	if len(slug) > 60 {
		slug = strings.TrimRight(slug[:60], "-")
	}
	if slug == "" { // a name without a letter a to z
		sum := sha256.Sum256([]byte(name))
		slug = fmt.Sprintf("category-%x", sum[:4])
	}
	return slug
}

func (t *imported) setTexts(r row) error {
	t.name, _ = identifier.MaskSensitive(t.name)
	t.subject, _ = identifier.MaskSensitive(r.value("subject"))
	t.question, _ = identifier.MaskSensitive(r.value("question"))
	if t.subject == "" {
		t.subject = "(no subject)"
	}
	switch {
	case utf8.RuneCountInString(t.name) > ticket.MaxName:
		return errors.New("applicant_name: longer than 128 characters")
	case utf8.RuneCountInString(t.subject) > ticket.MaxSubject:
		return errors.New("subject: longer than 200 characters")
	case utf8.RuneCountInString(t.question) > 100_000:
		return errors.New("question: longer than 100,000 characters")
	case t.email != "" && (len(t.email) > ticket.MaxEmail || strings.IndexByte(t.email, '@') < 1):
		return errors.New("applicant_email: no address like name@example.org")
	}
	return nil
}

// readNumber reads the number as the form would; number_at_submission, where it is given, says how reports count it.
func readNumber(r row, subject, question string) (identifier.Reading, error) {
	given := r.value("account_number")
	if _, exported := r.at["account_number_as_given"]; exported { // an export of Askwell's has the linked account's number in the other one
		given = r.value("account_number_as_given")
	}
	number := identifier.ReadInquiry(given, subject, question)
	switch group := identifier.Group(r.value("number_at_submission")); group {
	case "":
	case identifier.GroupWith, identifier.GroupUnusable, identifier.GroupWithout:
		number.Group = group
	default:
		return number, fmt.Errorf("number_at_submission: %q is none of with, unusable, without", group)
	}
	return number, nil
}

func (t *imported) setStatus(status ticket.Status) error {
	switch {
	case status != "" && !status.Valid():
		return fmt.Errorf("status: %q is none of %v", status, ticket.Statuses())
	case status != "":
		t.status = status
	case t.solved != nil:
		t.status = ticket.StatusSolved
	case t.respondedAt != nil:
		t.status = ticket.StatusOpen
	default:
		t.status = ticket.StatusNew
	}
	if t.excluded != "" && !slices.Contains(ticket.ExcludedReasons(), t.excluded) {
		return fmt.Errorf("excluded_reason: %q is none of %v", t.excluded, ticket.ExcludedReasons())
	}
	return nil
}

// key tells the same row of the same file when it comes again: a hash of all that is read of it, times as moments, and, for rows
// that are alike, which of them it is.
func (tr *ticketReader) key(r row, t imported) [16]byte {
	hash := sha256.New()
	for _, column := range contentColumns {
		value := r.value(column)
		switch column {
		case "opened_at":
			value = timeText(&t.openedAt)
		case "first_responded_at":
			value = timeText(t.respondedAt)
		case "solved_at":
			value = timeText(t.solved)
		}
		fmt.Fprintf(hash, "%d:%s", len(value), value)
	}
	for _, column := range placeColumns {
		if value := r.value(column); value != "" {
			fmt.Fprintf(hash, "%s=%d:%s", column, len(value), value)
		}
	}
	alike := [16]byte(hash.Sum(nil)[:16])
	tr.seen[alike]++
	var nth [4]byte
	binary.BigEndian.PutUint32(nth[:], tr.seen[alike])
	hash.Write(nth[:])
	return [16]byte(hash.Sum(nil)[:16])
}

// ImportTickets takes history in from another desk, in one transaction: all rows that are not rejected, or none. A row that
// was imported before is not added again. A later row of the same external ID changes the ticket, unless somebody has worked on it here
// (Result.Kept); a row whose reference stands here is this desk's own and changes nothing. The workers link and index what changed.
func ImportTickets(ctx context.Context, db database, r io.Reader, options TicketOptions, rejects *Rejects, progress Progress) (Result, error) {
	var result Result
	if options.TimeZone == nil {
		options.TimeZone = time.UTC
	}
	if options.Source == "" {
		options.Source = DefaultSource
	}
	t, err := openTable(r, TicketColumns(), []string{"opened_at"}, options.Columns, &result)
	if err != nil {
		return result, err
	}
	result.Absent = slices.DeleteFunc(result.Absent, func(column string) bool { // an export of Askwell's has these, and nobody misses them elsewhere
		return column == "reference" || column == "account_number_as_given" || slices.Contains(placeColumns, column)
	})
	known, err := categories(ctx, db)
	if err != nil {
		return result, err
	}
	where, err := readPlaces(ctx, db)
	if err != nil {
		return result, err
	}
	reader := &ticketReader{
		places:  where,
		options: options, categories: known, added: map[string]string{}, seen: map[[16]byte]uint32{}, lines: map[string]int{}, now: time.Now(),
	}
	stage := newTicketStage(db)
	defer stage.close(ctx)
	if err := stage.open(ctx); err != nil {
		return result, err
	}
	err = each(ctx, t, rejects, progress, &result, func(r row) error {
		read, err := reader.read(r)
		if err != nil {
			return err
		}
		return stage.add(ctx, read)
	})
	if err != nil {
		return result, err
	}
	if err := stage.merge(ctx, reader.added, &result); err != nil {
		return result.nothing(), fmt.Errorf("import tickets: %w", err)
	}
	result.Same = result.Rows - result.Rejected - result.Added - result.Changed - result.KeptWhole
	return result, nil
}
