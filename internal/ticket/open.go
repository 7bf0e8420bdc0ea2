package ticket

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// The limits of an inquiry, in characters.
const (
	MaxName     = 128
	MaxEmail    = 254
	MaxSubject  = 200
	MaxQuestion = 20_000
	MaxNumber   = 200
)

// Suspicion says why an inquiry is held for a person to look at.
type Suspicion string

// The suspicions.
const (
	SuspectHoneypot Suspicion = "honeypot" // a field that people do not see was filled in
	SuspectTooFast  Suspicion = "too_fast" // sent quicker than a person types
	SuspectRate     Suspicion = "rate"     // many from one address
)

// Inquiry is what an applicant sends. The caller has masked what must not be stored (identifier.MaskSensitive).
type Inquiry struct {
	Channel Channel
	// SenderProven says of a mail that its sender's domain has sent it: evidence of a link.
	SenderProven bool
	Language     string
	Category     string
	Number       identifier.Reading
	AccountID    *int64 // the account that its sender is signed in to: the link is verified; nil for nobody's
	Name         string
	Email        string
	Subject      string
	Question     string
	Attachments  []Attachment // stored already; ID and MessageID are not used
	Token        [16]byte     // hash of the form token: the same one makes one ticket, whatever else it comes with
	Suspicions   []Suspicion
	At           time.Time // when it was sent, for what came another way than by the form; zero for now. A later time counts as now
	Quiet        bool      // no acknowledgement goes out: a program may have sent it, and answer that as well
}

// Opened says which ticket an inquiry became, and how.
type Opened struct {
	Reference string
	How       How
}

// Open accepts an inquiry: once it returns, the inquiry is on disk. One statement writes the ticket, its first message and
// files, the event and the outbox rows, because round trips are what an intake costs. Anybody may call it. Errors: invalid
// with fields category, name, email, subject, question; unavailable when the database is unavailable, and then the same call may be
// made again. A token that has made a ticket makes no other: see How.
func (s *Service) Open(ctx context.Context, in Inquiry) (Opened, error) {
	in.Email = identifier.CleanEmail(in.Email)
	if err := in.validate(); err != nil {
		return Opened{}, err
	}
	for range 5 {
		reference, err := identifier.NewReference(s.random)
		if err != nil {
			return Opened{}, fmt.Errorf("make a reference: %w", err)
		}
		opened, err := s.insert(ctx, in, reference)
		if postgres.Constraint(err) == "ticket_reference_key" {
			continue // one in billions, until there are billions of tickets
		}
		if err != nil {
			return Opened{}, fmt.Errorf("open a ticket: %w", openFailure(err))
		}
		if opened.How == HowOther {
			return s.addToSent(ctx, in, opened.Reference)
		}
		s.wake()
		return opened, nil
	}
	return Opened{}, errors.New("open a ticket: no free reference in five tries")
}

func openFailure(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return failure.Invalid("category", "unknown", "Choose a category from the list.")
	}
	return postgres.Failure(err)
}

const openSQL = `
	WITH opened AS (
		INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id,
			applicant_name, applicant_email, subject, number_given, number_read, number_kind, number_in_text, number_group, sender_proven,
			link_state, account_id, link_evidence, opened_at, updated_at, awaiting_since, suspected_of, form_token, form_content)
		SELECT @reference, @channel, @language, c.code, c.code, c.queue_id,
			@name, @email, @subject, @number_given, @number_read, @number_kind, @number_in_text, @number_group, @sender_proven,
			@link_state, @account, @evidence, @at, @now, @at, @suspected_of, @token, @content
		FROM category c
		WHERE c.code = @category AND c.public
		ON CONFLICT (form_token) DO NOTHING
		RETURNING id
	), first_message AS (
		INSERT INTO message (ticket_id, kind, body, created_at)
		SELECT id, 'inquiry', @question, @at FROM opened
		RETURNING id
	), files AS (
		INSERT INTO attachment (message_id, name, media_type, size, sha256, storage_key, scan)
		SELECT m.id, f.name, f.media_type, f.size, f.sha256, f.storage_key, f.scan
		FROM first_message m,
			unnest(@file_names::text[], @file_types::text[], @file_sizes::bigint[], @file_hashes::bytea[], @file_keys::text[],
				@file_scans::text[]) AS f (name, media_type, size, sha256, storage_key, scan)
		RETURNING id, scan
	), happened AS (
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT id, e.kind, e.actor, @at, e.data
		FROM opened, unnest(@event_kinds::text[], @event_actors::text[], @event_data::jsonb[]) AS e (kind, actor, data)
	), to_do AS (
		INSERT INTO outbox (event, subject_id)
		SELECT unnest(@todo::text[]), id FROM opened
		UNION ALL
		SELECT 'file.stored', id FROM files WHERE scan = 'waiting'
	), sent AS (
		DELETE FROM form_draft WHERE id = @token AND EXISTS (SELECT FROM opened)
	)
	SELECT 'opened' AS how, @reference AS reference FROM opened
	UNION ALL
	SELECT CASE WHEN form_content = @content THEN 'same' ELSE 'other' END, reference FROM ticket WHERE form_token = @token
	LIMIT 1`

func (s *Service) insert(ctx context.Context, in Inquiry, reference string) (Opened, error) {
	args := in.args(reference, s.now().UTC())
	for range 2 {
		var opened Opened
		err := s.db.QueryRow(ctx, openSQL, args).Scan(&opened.How, &opened.Reference)
		if errors.Is(err, pgx.ErrNoRows) {
			// Either the category is unknown, or the same token was committed while this statement ran and its snapshot
			// cannot see it: the second look tells.
			continue
		}
		return opened, err
	}
	return Opened{}, pgx.ErrNoRows
}

func (in Inquiry) args(reference string, now time.Time) pgx.NamedArgs {
	linkState := LinkNone
	todo := []string{OutboxOpened}
	if in.Quiet || in.rateSuspect() {
		todo = []string{OutboxSuspected}
	}
	kinds, actors, data := []EventKind{EventOpened}, []ActorKind{ActorApplicant}, [][]byte{Data{}.marshal()}
	evidence := []Evidence{}
	switch {
	case in.AccountID != nil:
		d := DecideLink(LinkFacts{SignedInTo: &account.Account{ID: *in.AccountID}})
		linkState, evidence = d.Link.State, d.Evidence
		kinds, actors = append(kinds, EventLinked), append(actors, ActorWorker)
		data = append(data, Data{LinkFrom: &Link{State: LinkNone}, LinkTo: &d.Link, Evidence: evidence}.marshal())
	case in.Number.Group != identifier.GroupWithout:
		linkState = LinkWaiting
		todo = append(todo, OutboxNumberGiven)
	}
	if len(in.Suspicions) > 0 {
		var reasons []string
		for _, r := range in.Suspicions {
			reasons = append(reasons, string(r))
		}
		kinds, actors = append(kinds, EventQuarantined), append(actors, ActorWorker)
		data = append(data, Data{Reason: strings.Join(reasons, ",")}.marshal())
	}
	args := pgx.NamedArgs{
		"reference": reference, "channel": in.Channel, "language": in.Language, "category": in.Category,
		"name": in.Name, "email": in.Email, "subject": in.Subject, "question": in.Question,
		"number_given": in.Number.Given, "number_read": in.Number.Normal, "number_kind": in.Number.Kind,
		"number_in_text": in.Number.InText, "number_group": in.Number.Group, "sender_proven": in.SenderProven, "link_state": linkState,
		"account": in.AccountID, "evidence": evidence,
		"now": now, "at": in.sentAt(now), "suspected_of": orEmpty(in.Suspicions), "token": in.Token[:], "content": in.content(),
		"event_kinds": kinds, "event_actors": actors, "event_data": data, "todo": todo,
	}
	in.fileArgs(args)
	return args
}

func (in Inquiry) sentAt(now time.Time) time.Time {
	if in.At.IsZero() || in.At.After(now) {
		return now
	}
	return in.At.UTC()
}

func (in Inquiry) rateSuspect() bool {
	for _, s := range in.Suspicions {
		if s == SuspectRate {
			return true
		}
	}
	return false
}

func (in Inquiry) fileArgs(args pgx.NamedArgs) {
	names, types, keys, scans := []string{}, []string{}, []string{}, []string{}
	sizes, hashes := []int64{}, [][]byte{}
	for _, a := range in.Attachments {
		names, types, keys = append(names, a.Name), append(types, a.MediaType), append(keys, a.StorageKey)
		scans, sizes, hashes = append(scans, string(a.Scan)), append(sizes, a.Size), append(hashes, a.SHA256)
	}
	args["file_names"], args["file_types"], args["file_keys"] = names, types, keys
	args["file_scans"], args["file_sizes"], args["file_hashes"] = scans, sizes, hashes
}

// validate is the last line of defence: the form has said all of this before, more kindly.
func (in Inquiry) validate() error {
	var wrong []failure.Field
	check := func(field, value string, limit int, text string) {
		switch n := utf8.RuneCountInString(value); {
		case strings.TrimSpace(value) == "":
			wrong = append(wrong, failure.Field{Name: field, Code: "missing", Text: text})
		case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
			wrong = append(wrong, failure.Field{Name: field, Code: "unreadable", Text: text + " Some characters cannot be read."})
		case n > limit:
			wrong = append(wrong, failure.Field{Name: field, Code: "too_long", Text: fmt.Sprintf("%s It can have up to %d characters.", text, limit)})
		}
	}
	check("category", in.Category, 60, "Choose a category.")
	check("name", in.Name, MaxName, "Enter your name.")
	check("email", in.Email, MaxEmail, "Enter your email address.")
	check("subject", in.Subject, MaxSubject, "Enter a subject.")
	check("question", in.Question, MaxQuestion, "Enter your question.")
	if at := strings.LastIndex(in.Email, "@"); in.Email != "" && (at < 1 || at == len(in.Email)-1) {
		wrong = append(wrong, failure.Field{Name: "email", Code: "invalid", Text: "Enter an email address like name@example.com."})
	}
	return failure.InvalidFields(wrong...)
}
