package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// fullTextForm numbers the form of the full text: how texts become words, and which words are left out. It goes up with every
// change to either; rows of an older form are written again by the next IndexTickets, IndexAccounts or Rebuild that meets them.
const fullTextForm = 4

// stemMark begins a stem among the words of a text, so that a word and a phrase are found exactly as well.
const stemMark = "~"

const (
	// partGap keeps a phrase from beginning in one part of a record and ending in the next.
	partGap = 20
	// PostgreSQL keeps places up to maxPlace, and maxPlaces of one word.
	maxPlace, maxPlaces = 16_383, 255
)

// fullText is what PostgreSQL is to find a record by: parts in the order of their weight, A to D.
type fullText struct {
	ID       int64
	Version  int64
	OpenedAt time.Time
	Parts    []string
	Category string
	Topic    string
}

// outdated reads what the full text lacks, or has in an older version or form, of these rows.
var outdated = map[string]string{
	KindTicket: `
		SELECT t.id, t.version, t.opened_at, ARRAY[t.subject, t.applicant_name, t.reference, left(COALESCE(m.body, ''), $3)] AS parts,
			t.category, c.label || ' ' || q.name AS topic
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		JOIN category c ON c.code = t.category
		LEFT JOIN ticket_search s ON s.id = t.id
		CROSS JOIN LATERAL (
			SELECT string_agg(` + spokenSQL + `, E'\n\n' ORDER BY kind = 'inquiry' DESC, id DESC) AS body
			FROM message
			WHERE ticket_id = t.id AND delivery <> 'withdrawn'
		) AS m
		WHERE t.id = ANY ($1) AND (s.id IS NULL OR (s.form, s.version) < ($2, t.version))
		ORDER BY t.id`,
	KindAccount: `
		SELECT a.id, a.version, a.created_at AS opened_at, ARRAY[left(a.name, $3), a.number] AS parts, '' AS category, '' AS topic
		FROM account a
		LEFT JOIN account_search s ON s.id = a.id
		WHERE a.id = ANY ($1) AND (s.id IS NULL OR (s.form, s.version) < ($2, a.version))
		ORDER BY a.id`,
}

// writeFullText brings PostgreSQL's full text of these tickets or accounts up to date: what is up to date already costs a
// look, and what is gone goes. It takes no lock: an older text never overwrites a newer one, for it carries its version.
// Errors: unavailable.
func (e *Engine) writeFullText(ctx context.Context, db postgres.Querier, kind string, ids []int64) error {
	rows, err := db.Query(ctx, outdated[kind], ids, fullTextForm, maxBody)
	if err != nil {
		return fmt.Errorf("read texts: %w", postgres.Failure(err))
	}
	texts, err := pgx.CollectRows(rows, pgx.RowToStructByName[fullText])
	if err != nil {
		return fmt.Errorf("read texts: %w", postgres.Failure(err))
	}
	for i := range texts {
		e.complete(kind, &texts[i])
	}
	words, err := e.vectors(ctx, db, kind, texts)
	if err != nil {
		return err
	}
	// Words that have not changed are kept as they are: their index need not be touched.
	_, err = db.Exec(ctx, strings.ReplaceAll(`
		WITH gone AS (
			DELETE FROM kind_search s WHERE s.id = ANY ($1) AND NOT EXISTS (SELECT FROM kind WHERE kind.id = s.id)
		)
		INSERT INTO kind_search AS s (id, form, version, opened_at, words)
		SELECT n.id, $2, n.version, n.opened_at, n.words::tsvector
		FROM unnest($3::bigint[], $4::bigint[], $5::timestamptz[], $6::text[]) AS n (id, version, opened_at, words)
		JOIN kind ON kind.id = n.id
		ORDER BY n.id
		ON CONFLICT (id) DO UPDATE SET form = EXCLUDED.form, version = EXCLUDED.version, opened_at = EXCLUDED.opened_at,
			words = CASE WHEN s.words = EXCLUDED.words THEN s.words ELSE EXCLUDED.words END
		WHERE (s.form, s.version) < (EXCLUDED.form, EXCLUDED.version)`, "kind", kind),
		ids, fullTextForm, mapped(texts, func(t fullText) int64 { return t.ID }), mapped(texts, func(t fullText) int64 { return t.Version }),
		mapped(texts, func(t fullText) time.Time { return t.OpenedAt }), words)
	if err != nil {
		return fmt.Errorf("write the full text: %w", postgres.Failure(err))
	}
	return nil
}

// complete adds the other spellings of names and identifiers, in the part that they are spellings of, and what a ticket is about.
func (e *Engine) complete(kind string, t *fullText) {
	if kind == KindAccount {
		t.Parts[0] += " " + otherSpellings(t.Parts[0])
		return
	}
	t.Parts[1] += " " + otherSpellings(t.Parts[1])
	t.Parts[3] += " " + spelled(t.Parts[0], t.Parts[3]) + " " + e.topic(t.Topic, t.Category)
}

// vectors writes texts of a kind of record as PostgreSQL's tsvector.
func (e *Engine) vectors(ctx context.Context, db postgres.Querier, kind string, texts []fullText) ([]string, error) {
	var spellings []string
	seen := map[string]bool{}
	for _, t := range texts {
		for _, part := range t.Parts {
			for _, w := range wordsOf(part) {
				if s := spelling(w); !seen[s] {
					seen[s] = true
					spellings = append(spellings, s)
				}
			}
		}
	}
	known, err := e.lexicon.look(ctx, db, spellings)
	if err != nil {
		return nil, err
	}
	if err := e.keepWords(ctx, known); err != nil {
		return nil, err
	}
	return mapped(texts, func(t fullText) string { return vector(t.Parts, identifierPart[kind], known) }), nil
}

// identifierPart is which part of a record is drawn by lot, not written by anybody.
var identifierPart = map[string]int{KindTicket: 2, KindAccount: 1}

// vector lists every word of the parts with its places and their weight, and the stems. The halves of a reference have no stem
// and are never too common, whatever they look like: a record of more words ranks lower, and chance is not to rank.
func vector(parts []string, identifier int, known map[string]forms) string {
	var order []string
	places := map[string]*placed{}
	at := func(lexeme string) *placed {
		p := places[lexeme]
		if p == nil {
			p = &placed{}
			places[lexeme], order = p, append(order, lexeme)
		}
		return p
	}
	place := 0
	for i, part := range parts {
		weight := "ABCD"[i]
		for _, w := range wordsOf(part) {
			place++
			f := known[spelling(w)]
			if f.word == "" || common[f.word] && i != identifier {
				continue
			}
			at(f.word).add(place, weight)
			if i == identifier {
				continue
			}
			for _, s := range f.stems {
				at(stemMark + s)
			}
		}
		place += partGap
	}
	var b strings.Builder
	for _, lexeme := range order {
		b.WriteString(quoteLexeme(lexeme))
		b.Write(places[lexeme].text)
		b.WriteByte(' ')
	}
	return b.String()
}

// placed are the places of one word, as they are written.
type placed struct {
	count int
	text  []byte
}

func (p *placed) add(place int, weight byte) {
	if p.count == maxPlaces {
		return
	}
	sign := byte(',')
	if p.count == 0 {
		sign = ':'
	}
	p.count++
	p.text = append(strconv.AppendInt(append(p.text, sign), int64(min(place, maxPlace)), 10), weight)
}

// quoteLexeme writes a word as one of tsvector's and tsquery's languages.
func quoteLexeme(s string) string { return "'" + lexemeQuotes.Replace(s) + "'" }

var lexemeQuotes = strings.NewReplacer(`\`, `\\`, `'`, `''`)
