// Package workers does what follows from what happened: it takes tasks from the outbox, hands them to asynq, and runs them.
//
// A task lives in PostgreSQL until its effect is committed (internal/outbox). asynq, on Redis, spreads the work over
// processes and says what runs; it holds nothing that the database does not. So there is one place that decides about another
// attempt, the task's row, and asynq itself never retries.
//
// Kinds of task that come in floods (linking, indexing, acknowledging) are run in batches: the asynq task only says "there is
// work of this kind", and its handler claims rows until none is left. The others are one asynq task each.
package workers

import (
	"math/rand/v2"
	"time"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/search"
)

// The kinds of task.
const (
	TaskLinkAccount  = "link_account"
	TaskIndexTicket  = search.TaskIndexTicket
	TaskIndexAccount = search.TaskIndexAccount
	TaskAcknowledge  = "acknowledge"
	TaskSendReply    = "send_reply"
	TaskScanFile     = "scan_file"
	TaskFileMail     = inbound.TaskFile
	TaskReceiveMail  = "receive_mail" // of a mail that came in by the version before
	TaskCountTicket  = report.TaskCountTicket
	TaskMailReport   = "mail_report"

	TaskAnswerRequest = "answer_request"
	TaskSendNumber    = "send_number"
	TaskTellOwner     = "tell_owner"
)

// asynq's queues. A reply to an applicant goes before everything; the index comes last.
const (
	queueCritical = "critical"
	queueDefault  = "default"
	queueIndex    = "index"
)

var queueWeights = map[string]int{queueCritical: 6, queueDefault: 3, queueIndex: 1}

// urgency says how many of the places for conversations with the mail server tasks of a kind may take.
type urgency string

const (
	urgent  urgency = "urgent"  // all
	patient urgency = "patient" // all but one
)

// kind says how tasks of one kind are run.
type kind struct {
	name    string
	queue   string
	batch   int           // rows that a handler claims at once; 0 for one asynq task a row
	lanes   int           // handlers of a batched kind at once, over all processes
	lease   time.Duration // an unfinished row is handed over again after it; longer than the time-out
	timeout time.Duration // for one row, or one batch
	slowest time.Duration // the longest wait between two attempts
	tries   int           // attempts after which a failure that nobody expected is given up; 0 for never
	mails   urgency       // of the mails that it sends; "" for none
	gather  time.Duration // rows wait for the next multiple of it, to be done together
}

// mailTimeout bounds one task that sends mails, mailLease is how long it may wait for a worker: once it is worked on, outbox.Mailing renews
// its claim.
const (
	mailTimeout = 25 * time.Minute
	mailLease   = 90 * time.Second
)

// kinds is the table of all of them. Mails are tried for as long as outbox.Mailing says.
var kinds = []kind{
	{name: TaskSendReply, queue: queueCritical, lease: mailLease, timeout: mailTimeout, slowest: 2 * time.Minute, mails: urgent},
	{name: TaskAnswerRequest, queue: queueCritical, lease: mailLease, timeout: mailTimeout, slowest: 20 * time.Second, mails: urgent},
	{name: TaskSendNumber, queue: queueCritical, lease: mailLease, timeout: mailTimeout, slowest: 2 * time.Minute, mails: urgent},
	{name: TaskTellOwner, queue: queueDefault, lease: mailLease, timeout: 2 * mailTimeout, slowest: 2 * time.Minute, mails: patient},
	{name: TaskMailReport, queue: queueDefault, lease: mailLease, timeout: mailTimeout, slowest: 5 * time.Minute, mails: patient},
	{name: TaskAcknowledge, queue: queueDefault, batch: 20, lanes: 2, lease: mailLease, timeout: mail.ConversationWithin(20), slowest: 5 * time.Minute, mails: patient},
	{name: TaskLinkAccount, queue: queueDefault, batch: 500, lanes: 1, lease: 20 * time.Second, timeout: 15 * time.Second, slowest: 10 * time.Second, tries: 10},
	{name: TaskScanFile, queue: queueDefault, lease: 3 * time.Minute, timeout: 2 * time.Minute, slowest: time.Minute, tries: 8},
	{name: TaskFileMail, queue: queueDefault, lease: 90 * time.Second, timeout: time.Minute, slowest: time.Minute, tries: 8},
	{name: TaskReceiveMail, queue: queueDefault, lease: 90 * time.Second, timeout: time.Minute, slowest: time.Minute, tries: 8},
	{name: TaskIndexTicket, queue: queueIndex, batch: 1000, lanes: 1, lease: 45 * time.Second, timeout: 40 * time.Second, slowest: 5 * time.Second, tries: 10},
	{name: TaskIndexAccount, queue: queueIndex, batch: 1000, lanes: 1, lease: 45 * time.Second, timeout: 40 * time.Second, slowest: 5 * time.Second, tries: 10},
	{name: TaskCountTicket, queue: queueIndex, batch: 5000, lanes: 1, lease: 2 * time.Minute, timeout: 110 * time.Second, slowest: 10 * time.Second, tries: 10, gather: 3 * time.Second},
}

func (k kind) batched() bool { return k.batch > 0 }

// names lists the kinds that a condition picks.
func names(pick func(kind) bool) []string {
	var found []string
	for _, k := range kinds {
		if pick(k) {
			found = append(found, k.name)
		}
	}
	return found
}

// backoff is the wait after a failed attempt: a second, doubled each time up to the kind's slowest, and a fifth more or less,
// so that what failed together does not come back together.
func (k kind) backoff(attempts int) time.Duration {
	wait := k.slowest
	if attempts < 20 {
		wait = min(wait, time.Second<<attempts)
	}
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // no secret
}

// window is how long one asynq task of a batched kind goes on claiming rows, and how long its ID blocks another one when its
// process dies under it.
const window = 4 * time.Second
