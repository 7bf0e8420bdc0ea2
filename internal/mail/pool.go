package mail

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

const (
	idleFor      = 20 * time.Second // a connection is kept for the next mail; servers close theirs after minutes
	mailsPerLine = 100              // then another connection, so that a server can spread the load
)

// pool keeps connections to one mail server for the next mails, and pauses when the server takes nothing from anybody.
type pool struct {
	server server
	log    *slog.Logger
	pause  pause

	mu     sync.Mutex
	idle   []*line
	closed bool
}

func newPool(s server, log *slog.Logger) *pool {
	return &pool{server: s, log: log, pause: pause{now: time.Now}}
}

// take gives a connection that stood idle, or a new one. It is cut when the context ends.
func (p *pool) take(ctx context.Context) (*line, error) {
	if l := p.kept(); l != nil {
		l.attach(ctx)
		return l, nil
	}
	return p.server.dial(ctx)
}

// kept takes the connection that was idle for the shortest time; nil when there is none.
func (p *pool) kept() *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		l := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if l.retire.Stop() {
			return l
		}
	}
	return nil
}

// give keeps a connection for the next mail, for a short while.
func (p *pool) give(l *line) {
	p.mu.Lock()
	if p.closed || l.mails >= mailsPerLine {
		p.mu.Unlock()
		l.quit()
		return
	}
	defer p.mu.Unlock()
	l.detach()
	l.retire = time.AfterFunc(idleFor, func() { p.retire(l) })
	p.idle = append(p.idle, l)
}

func (p *pool) retire(l *line) {
	p.mu.Lock()
	p.idle = slices.DeleteFunc(p.idle, func(other *line) bool { return other == l })
	p.mu.Unlock()
	l.quit()
}

// close says goodbye on the connections that stand idle; those in use follow when they are given back.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, l := range idle {
		if l.retire.Stop() {
			l.quit()
		}
	}
}

// send hands mails to the server over one connection and says for each what became of it. Once the server has taken one it counts as
// sent, whatever happens to the connection afterwards. Errors: invalid, from refusal, for what no other try will change; otherwise
// unavailable, among them what outbox.ErrUnconfirmed says.
func (p *pool) send(ctx context.Context, parcels ...parcel) []error {
	ctx, cancel := context.WithTimeout(ctx, ConversationWithin(len(parcels)))
	defer cancel()
	failures := make([]error, len(parcels))
	var l *line
	for i, msg := range parcels {
		var err error
		if l, err = p.sendOne(ctx, l, i, msg); err == nil {
			if p.pause.taken() {
				p.log.Info("mail server takes mails again")
			}
			continue
		}
		failures[i] = err
		if serverWide(err) {
			if until, began := p.pause.refused(err); began {
				p.log.Warn("mail server refuses all mails, sending paused", slog.Time("until", until), slog.Any("error", err))
			}
		}
		if serverWide(err) || errors.Is(err, errNotLeft) && failure.Is(err, failure.KindUnavailable) { // the next one would fare no better
			for i++; i < len(parcels); i++ {
				failures[i] = err
			}
			break
		}
	}
	if l != nil {
		p.give(l)
	}
	return failures
}

// sendOne hands one mail over, on a connection that it may be given, and gives back the one that the next mail can use. A connection that stood idle
// and is closed before anything of the mail was taken is replaced by a new one, once.
func (p *pool) sendOne(ctx context.Context, l *line, i int, msg parcel) (*line, error) {
	var err error
	if l == nil {
		if l, err = p.take(ctx); err != nil {
			return nil, refusal(duringConnect, err)
		}
	}
	kept := l.mails > 0
	usable, err := l.transact(ctx, i, msg)
	if kept && !usable && closedBefore(err) {
		l.hangUp()
		if l, err = p.server.dial(ctx); err != nil {
			return nil, refusal(duringConnect, err)
		}
		usable, err = l.transact(ctx, i, msg)
	}
	if !usable {
		l.hangUp()
		return nil, err
	}
	return l, err
}

// closedBefore reports whether a server closed the connection when it heard of the mail: it may have waited too long for one.
func closedBefore(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.During == duringMail && (r.Code == codeClosing || r.Fault == FaultUnreachable)
}

// rateLimit are words for a limit on what one client sends, which some servers give for its recipients.
var rateLimit = regexp.MustCompile(`(?i)too (many|much|fast)|rate|throttl|slow down|limit(ed)? exceeded|exceeded .*limit`)

// serverWide reports whether a failure tells of the server and not of the mail: the next mail would fare no better.
func serverWide(err error) bool {
	var r *Refusal
	switch {
	case !errors.As(err, &r):
		return false
	case r.During == duringConnect, r.Code == codeClosing:
		return true
	case r.During == duringMail:
		return r.Fault == FaultTemporary || r.Fault == FaultUnreachable
	}
	return r.Fault == FaultTemporary && rateLimit.MatchString(r.Words) && !mailboxFull.MatchString(r.Status+" "+r.Words)
}

// mailboxFull is a limit of the recipient's.
var mailboxFull = regexp.MustCompile(`(?i)^4\.2\.2|quota|mailbox`)

// Admit lets a task send mails: done must be called when it has, whatever became of it. While the mail server takes nothing from anybody, wait says when to
// ask again; then one task is admitted as a probe, an urgent one first. What has not been admitted has not been tried.
func (m *Mailer) Admit(urgent bool) (done func(), wait time.Duration) {
	return m.pool.pause.admit(urgent)
}

// Paused gives the error for which nothing is sent at present, and until when; nil while the mail server takes mails.
func (m *Mailer) Paused() (until time.Time, why error) { return m.pool.pause.state() }

// Recovering reports whether mails may have piled up, because nothing is sent at present or nothing was until a minute ago.
func (m *Mailer) Recovering() bool { return m.pool.pause.recovering() }

// Close ends the connections that are kept for further mails.
func (m *Mailer) Close() { m.pool.close() }
