package inbound

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/ticket"
)

// mailCategory is what a mailed question is about until somebody has read it.
const mailCategory = "something-else"

// takeAnswer adds a mail to the ticket that it answers. A ticket that takes no more messages makes it a question of its own.
func (d *Desk) takeAnswer(ctx context.Context, m *mailed, t ticket.Ticket, why Why) (filed, error) {
	attachments, left, err := d.store(ctx, m.letter.parts)
	if err != nil {
		return filed{}, err
	}
	said, err := d.Tickets.AddMessage(ctx, t.Reference, ticket.Said{
		Channel: ticket.ChannelEmail, Body: d.body(m, t.Language), Quoted: m.quoted, Number: identifier.FindInText(m.letter.subject, m.own),
		Attachments: attachments, Token: token(m.Fingerprint),
	})
	if failure.Is(err, failure.KindConflict) {
		m.own, m.quoted = masked(m.whole()), ""
		return d.takeQuestion(ctx, m)
	}
	return filed{state: StateFiled, why: why, ticket: &t.ID, message: &said.ID, left: left}, err
}

// takeQuestion opens a ticket.
func (d *Desk) takeQuestion(ctx context.Context, m *mailed) (filed, error) {
	var suspicions []ticket.Suspicion
	if d.Rate > 0 {
		n, err := d.lately(ctx, m)
		switch {
		case err != nil:
			return filed{}, err
		case n >= 10*d.Rate:
			return quarantined(WhyTooMany), nil
		case n >= d.Rate:
			suspicions = append(suspicions, ticket.SuspectRate)
		}
	}
	if again, err := d.repeated(ctx, m); err != nil {
		return filed{}, err
	} else if again {
		m.signs = append(m.signs, SignRepeated)
	}
	answerable, err := d.answerable(ctx, m)
	if err != nil {
		return filed{}, err
	}
	t, message, left, err := d.open(ctx, m, suspicions, !answerable || m.Answered || d.Now().Sub(m.ReceivedAt) > tooOldToAcknowledge)
	if failure.Is(err, failure.KindInvalid) {
		return quarantined(WhyUnreadable), nil // what was read of it makes no question
	}
	return filed{state: StateFiled, why: WhyNew, ticket: &t, message: &message, left: left}, err
}

// tooOldToAcknowledge is from which age on nobody is told any more that a mail has arrived.
const tooOldToAcknowledge = 7 * 24 * time.Hour

// lately counts the questions that were to be answered to this address in the hour before.
func (d *Desk) lately(ctx context.Context, m *mailed) (n int, err error) {
	err = d.DB.QueryRow(ctx, `
		SELECT count(*) FROM inbound_mail
		WHERE `+answersTo+` = lower($1) AND received_at > $2 AND received_at <= $3 AND id <> $4 AND why IN ('new', 'too_many')`,
		m.writer.address, m.ReceivedAt.Add(-time.Hour), m.ReceivedAt, m.ID).Scan(&n)
	return n, err
}

func (d *Desk) open(ctx context.Context, m *mailed, suspicions []ticket.Suspicion, quiet bool) (ticketID, messageID int64, left []part, err error) {
	attachments, left, err := d.store(ctx, m.letter.parts)
	if err != nil {
		return 0, 0, nil, err
	}
	lang := language(m.letter.subject+" "+m.own, d.Language)
	subject := masked(m.letter.subject)
	if subject == "" {
		subject = d.Texts(lang).T("mail.no_subject")
	}
	name := masked(m.writer.name)
	if name == "" {
		name, _, _ = strings.Cut(m.writer.address, "@")
	}
	opened, err := d.Tickets.Open(ctx, ticket.Inquiry{
		Channel: ticket.ChannelEmail, Language: lang, Category: mailCategory, Number: identifier.FindInText(subject, m.own),
		Name: clip(name, ticket.MaxName), Email: m.writer.address, Subject: clip(subject, ticket.MaxSubject), Question: d.body(m, lang),
		Attachments: attachments, Token: token(m.Fingerprint), Suspicions: suspicions, Quiet: quiet, SenderProven: m.proven(), At: m.ReceivedAt,
	})
	if err != nil {
		return 0, 0, nil, err
	}
	t, err := d.Tickets.ByReference(ctx, opened.Reference)
	if err != nil {
		return 0, 0, nil, err
	}
	thread, err := d.Tickets.Thread(ctx, t.ID)
	if err != nil || len(thread) == 0 {
		return 0, 0, nil, fmt.Errorf("read the ticket of a mail: %w", err)
	}
	return t.ID, thread[0].ID, left, nil
}

// proven reports whether the address that the question belongs to is proven: one in Reply-To never is.
func (m *mailed) proven() bool {
	return m.proof != Unproven && m.writer.address == m.letter.fromAddress
}

// body is the text of a message: what is longer than a message may be is in the mail still.
func (d *Desk) body(m *mailed, lang string) string {
	if m.own == "" {
		return d.Texts(lang).T("mail.no_text")
	}
	return clip(m.own, ticket.MaxQuestion)
}

// hold keeps a mail to a ticket's reply address that came from somebody else: the address may have been passed on, or the applicant has
// two. A person decides; the sender hears nothing of the ticket.
func (d *Desk) hold(ctx context.Context, m *mailed, t *ticket.Ticket) (filed, error) {
	end := quarantined(WhyOtherSender)
	end.ticket = &t.ID
	return end, d.Tickets.RecordMail(ctx, t.Reference, ticket.EventMailHeld, ticket.Data{Mail: m.ID})
}

// takeAutomatic notes on the ticket that a machine answered: nothing is reopened, and nobody waits for an answer.
func (d *Desk) takeAutomatic(ctx context.Context, m *mailed, t *ticket.Ticket) (filed, error) {
	if t == nil {
		return ignored(WhyAutomatic), nil
	}
	err := d.Tickets.RecordMail(ctx, t.Reference, ticket.EventAutoReplied, ticket.Data{Mail: m.ID})
	return filed{state: StateFiled, why: WhyAutomatic, ticket: &t.ID}, err
}

// takeBounce records that one of our mails came back; ours is false when it was none that we know.
func (d *Desk) takeBounce(ctx context.Context, m *mailed, b bounce, named *ticket.Ticket) (end filed, ours bool, err error) {
	if about, is := d.noticeAbout(m); is {
		return d.takeNoticeBounce(ctx, m, b, about)
	}
	t, reply, err := d.returned(ctx, b, named)
	switch {
	case err != nil:
		return filed{}, false, err
	case b.relayed, b.delayed && t == nil:
		end := ignored(WhyDelayed)
		if t != nil {
			end.ticket = &t.ID
		}
		return end, t != nil, nil
	case t == nil:
		return ignored(WhyUnknown), false, nil
	case b.delayed:
		end := ignored(WhyDelayed)
		end.ticket = &t.ID
		if reply != 0 {
			late := b.event(m)
			late.Message = reply
			err = d.Tickets.RecordMail(ctx, t.Reference, ticket.EventReplyInTransit, late)
		}
		return end, true, err
	case reply == 0:
		err = d.Tickets.RecordMail(ctx, t.Reference, ticket.EventAcknowledgementBounced, b.event(m))
	default:
		_, err = d.Tickets.Bounced(ctx, t.Reference, reply, b.event(m))
	}
	return filed{state: StateFiled, why: WhyBounce, ticket: &t.ID}, true, err
}

// noticeAbout tells what a notice was about whose bounce this is: its envelope had a sender of its own.
func (d *Desk) noticeAbout(m *mailed) (mail.About, bool) {
	for _, address := range slices.Concat(m.Recipients, m.letter.to) {
		if about, ok := d.Replies.BounceAbout(address); ok {
			return about, true
		}
	}
	return mail.About{}, false
}

// takeNoticeBounce records that the mail with a link, or about an account, came back.
func (d *Desk) takeNoticeBounce(ctx context.Context, m *mailed, b bounce, about mail.About) (filed, bool, error) {
	if b.delayed || b.relayed {
		return ignored(WhyDelayed), true, nil
	}
	if about.Ticket == "" {
		err := account.RecordBounce(ctx, d.DB, about.Account, m.ID, string(b.why))
		return filed{state: StateFiled, why: WhyBounce}, true, err
	}
	t, err := d.find(ctx, about.Ticket)
	if err != nil || t == nil {
		return ignored(WhyUnknown), true, err
	}
	err = d.Tickets.RecordMail(ctx, t.Reference, ticket.EventLinkBounced, b.event(m))
	return filed{state: StateFiled, why: WhyBounce, ticket: &t.ID}, true, err
}

// returned finds what came back: by the Message-ID in the report, else, when the report came to a ticket's own address, the last reply
// that was sent.
func (d *Desk) returned(ctx context.Context, b bounce, named *ticket.Ticket) (*ticket.Ticket, int64, error) {
	for _, sent := range b.about {
		t, err := d.find(ctx, sent.Reference)
		if err != nil {
			return nil, 0, err
		}
		if t == nil || named != nil && named.ID != t.ID {
			continue
		}
		if reply, proof, err := d.sentMessage(ctx, *t, sent); err != nil || proof != mail.Unproven {
			return t, reply, err
		}
	}
	if named == nil {
		return nil, 0, nil
	}
	thread, err := d.Tickets.Thread(ctx, named.ID)
	for _, r := range slices.Backward(thread) {
		if r.Kind == ticket.KindReply && r.Delivery == ticket.DeliverySent {
			return named, r.ID, nil
		}
	}
	return named, 0, err
}
