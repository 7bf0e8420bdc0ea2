package workers

import (
	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/ticket"
)

// reactions is the whole table of what follows from what. An event without a line here is dropped.
var reactions = map[string][]outbox.Reaction{
	ticket.OutboxOpened:      follow(TaskAcknowledge, TaskIndexTicket, TaskCountTicket),
	ticket.OutboxSuspected:   follow(TaskIndexTicket, TaskCountTicket),
	ticket.OutboxNumberGiven: follow(TaskLinkAccount),
	ticket.OutboxChanged:     follow(TaskIndexTicket, TaskCountTicket),
	ticket.OutboxReplied:     follow(TaskSendReply),
	ticket.OutboxFileStored:  follow(TaskScanFile),
	inbound.OutboxReceived:   follow(TaskReceiveMail),
	account.OutboxChanged:    follow(TaskIndexAccount),
	account.OutboxAsked:      follow(TaskAnswerRequest),
	account.OutboxRegistered: follow(TaskSendNumber),
	account.OutboxHappened:   follow(TaskTellOwner),
	report.OutboxDue:         follow(TaskMailReport),
}

func follow(tasks ...string) (all []outbox.Reaction) {
	for _, task := range tasks {
		k, _ := kindOf(task)
		all = append(all, outbox.Reaction{Task: task, Gather: k.gather})
	}
	return all
}
