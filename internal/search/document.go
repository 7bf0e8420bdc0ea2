package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// maxBody bounds a document's text in characters: the inquiry first, then the newest messages. Meilisearch looks at the first
// 65,535 words of an attribute.
const maxBody = 60_000

// spokenSQL is a message's text, with what a mail repeated; a third person's, which a member of staff added, begins with who wrote it: what a search shows of it does not
// stand under the applicant's name, and the sender is found by name.
const spokenSQL = `COALESCE(NULLIF(author_name, '') || ': ', '') || body || CASE WHEN quoted = '' THEN '' ELSE E'\n\n' || quoted END`

// ticketDocument is what searching needs of a ticket and no more: no email address and no number of the applicant's, which
// are looked up exactly. Version is the ticket's, so that a document tells how old it is.
type ticketDocument struct {
	ID            int64  `json:"id"`
	Version       int64  `json:"version"`
	Reference     string `json:"reference"`
	Subject       string `json:"subject"`
	Body          string `json:"body"`
	ApplicantName string `json:"applicant_name"`
	NameWords     string `json:"name_words" db:"-"`
	Spelled       string `json:"spelled" db:"-"` // the identifiers of subject and body, in one spelling
	Topic         string `json:"topic"`          // the names of category and queue, in all languages
	Status        string `json:"status"`
	Category      string `json:"category"`
	Queue         string `json:"queue"`
	LinkState     string `json:"link_state"` // as it shows
	Language      string `json:"language"`
	Assignee      int64  `json:"assignee"` // 0 for nobody
	Account       int64  `json:"account"`  // the account's row, 0 for none
	Sender        int64  `json:"sender"`   // the first ticket from the same address, which stands for the address
	OpenedAt      int64  `json:"opened_at"`
	OpenedMonth   string `json:"opened_month"` // 2026-01, in the desk's zone
	Hidden        bool   `json:"hidden"`
}

// accountDocument holds neither date of birth, nor address, email or A-Number.
type accountDocument struct {
	ID        int64  `json:"id"`
	Version   int64  `json:"version"`
	Number    string `json:"number"`
	Name      string `json:"name"`
	NameWords string `json:"name_words" db:"-"`
	OpenedAt  int64  `json:"opened_at"` // when it was made: tickets and accounts are sorted by one attribute
}

// indexed is an index and the table whose rows it holds.
type indexed struct {
	kind     string // the table's name
	uid      string
	settings *meilisearch.Settings
	read     func(ctx context.Context, db postgres.Querier, rows rows) ([]document, error)
}

type document interface{ key() int64 }

func (d ticketDocument) key() int64  { return d.ID }
func (d accountDocument) key() int64 { return d.ID }

// otherSpellings are the words by which a name is known beside those that Meilisearch makes of it: it takes accents off, but
// knows neither that Łukasz is Lukasz and Müller is Mueller, nor that O'Brien is one word. Accents come off Latin and Greek letters alone. A Chinese,
// Japanese or Korean name in one piece is known as family name and given name, too.
func otherSpellings(name string) string {
	own := wordsOf(strings.ToLower(name))
	if strings.IndexFunc(name, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) < 0 {
		own = wordsOf(unaccented(name))
	}
	others := slices.DeleteFunc(identifier.NameWords(name), func(w string) bool { return slices.Contains(own, w) })
	return strings.Join(append(others, inTwo(name)...), " ")
}

// inTwo parts a name of two to four Chinese, Japanese or Korean characters where a family name may end; nil for any other.
func inTwo(name string) (parts []string) {
	runes := []rune(strings.TrimSpace(name))
	if len(runes) < 2 || len(runes) > 4 || slices.ContainsFunc(runes, func(r rune) bool { return !unicode.In(r, unicode.Han, unicode.Hangul) }) {
		return nil
	}
	for at := 1; at <= min(2, len(runes)-1); at++ {
		parts = append(parts, string(runes[:at]), string(runes[at:]))
	}
	return parts
}

// topic adds the names of a category in the other languages.
func (e *Engine) topic(names, category string) string {
	if e.labels == nil {
		return names
	}
	return strings.Join(append([]string{names}, e.labels(category)...), " ")
}

// spelled lists the identifiers of texts that are not written in their canonical form, in that form; of A-Numbers the digits alone, too.
func spelled(texts ...string) string {
	var all []string
	seen := map[string]bool{}
	for _, text := range texts {
		for _, s := range identifier.SpelledIn(text) {
			forms := []string{s.Normal}
			if digits, isA := strings.CutPrefix(s.Normal, "A"); isA {
				forms = append(forms, digits)
			}
			for _, f := range forms {
				if f != text[s.Start:s.End] && !seen[f] {
					seen[f], all = true, append(all, f)
				}
			}
		}
	}
	return strings.Join(all, " ")
}

func (e *Engine) indexes() []indexed { return []indexed{e.ticketRows(), e.accountRows()} }

func (e *Engine) ticketRows() indexed {
	return indexed{"ticket", e.ticketsIndex(), ticketSettings(), e.readTickets}
}

func (e *Engine) accountRows() indexed {
	return indexed{"account", e.accountsIndex(), accountSettings(), readAccounts}
}

// rows says which rows are read: a condition on an ID, for which %s stands in it, and its arguments, from $1 on.
type rows struct {
	where string
	args  []any
}

func rowsWith(ids []int64) rows          { return rows{"%s = ANY ($1)", []any{ids}} }
func rowsBetween(after, upTo int64) rows { return rows{"%s > $1 AND %[1]s <= $2", []any{after, upTo}} }

func (r rows) on(column string) string { return fmt.Sprintf(r.where, column) }

// readTickets reads messages by the condition on their tickets, in one go and in the order of an index: half the time of a
// sub-query for each ticket.
func (e *Engine) readTickets(ctx context.Context, db postgres.Querier, rows rows) ([]document, error) {
	return read[ticketDocument](ctx, db, "tickets", `
		SELECT t.id, t.version, t.reference, t.subject, left(COALESCE(m.body, ''), `+strconv.Itoa(maxBody)+`) AS body,
			t.applicant_name, t.status, t.category, q.code AS queue, `+ticket.LinkShownSQL+` AS link_state, t.language,
			COALESCE(t.assignee_id, 0) AS assignee, COALESCE(t.account_id, 0) AS account,
			CASE WHEN t.applicant_email = '' THEN 0 ELSE (
				SELECT f.id FROM ticket f WHERE lower(f.applicant_email) = lower(t.applicant_email) ORDER BY f.id LIMIT 1
			) END AS sender,
			c.label || ' ' || q.name AS topic, EXTRACT(EPOCH FROM t.opened_at)::bigint AS opened_at, to_char(t.opened_at AT TIME ZONE $`+strconv.Itoa(len(rows.args)+1)+`::text, 'YYYY-MM') AS opened_month,
			t.excluded_reason IS NOT NULL AS hidden
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		JOIN category c ON c.code = t.category
		LEFT JOIN (
			SELECT ticket_id, string_agg(`+spokenSQL+`, E'\n\n' ORDER BY kind = 'inquiry' DESC, id DESC) AS body
			FROM message
			WHERE `+rows.on("ticket_id")+` AND delivery <> 'withdrawn'
			GROUP BY ticket_id
		) AS m ON m.ticket_id = t.id
		WHERE `+rows.on("t.id"), append(slices.Clone(rows.args), e.place.String()), func(d *ticketDocument) {
		d.NameWords = otherSpellings(d.ApplicantName)
		d.Spelled = spelled(d.Subject, d.Body)
		d.Topic = e.topic(d.Topic, d.Category)
	})
}

func readAccounts(ctx context.Context, db postgres.Querier, rows rows) ([]document, error) {
	return read[accountDocument](ctx, db, "accounts", `
		SELECT id, version, number, name, EXTRACT(EPOCH FROM created_at)::bigint AS opened_at
		FROM account
		WHERE `+rows.on("id"), rows.args, func(d *accountDocument) { d.NameWords = otherSpellings(d.Name) })
}

func read[D document](ctx context.Context, db postgres.Querier, what, query string, args []any, complete func(*D)) ([]document, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s to index: %w", what, postgres.Failure(err))
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (document, error) {
		d, err := pgx.RowToStructByName[D](row)
		complete(&d)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s to index: %w", what, postgres.Failure(err))
	}
	return documents, nil
}
