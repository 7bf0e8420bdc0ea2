package workers

import (
	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/ticket"
)

// reactions is the whole table of what follows from what. An event without a line here is dropped.
var reactions = map[string][]string{
	ticket.OutboxOpened:      {TaskAcknowledge, TaskIndexTicket},
	ticket.OutboxSuspected:   {TaskIndexTicket},
	ticket.OutboxNumberGiven: {TaskLinkAccount},
	ticket.OutboxChanged:     {TaskIndexTicket},
	ticket.OutboxReplied:     {TaskSendReply},
	ticket.OutboxFileStored:  {TaskScanFile},
	account.OutboxChanged:    {TaskIndexAccount},
}
