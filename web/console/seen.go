package console

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// actor is who sends the form, with what the form says was on the screen.
func actor(c *gin.Context, member int64) ticket.Actor {
	seen := ticket.Seen{Excluded: c.PostForm("seen_excluded")}
	seen.Message, _ = strconv.ParseInt(c.PostForm("seen"), 10, 64)
	if had, err := strconv.ParseInt(c.PostForm("seen_assignee"), 10, 64); err == nil {
		seen.Assignee = &had
	}
	seen.OfOther, _ = strconv.ParseInt(c.PostForm("of_other"), 10, 64)
	return ticket.Staff(member).Saw(seen)
}

// question is asked before something that is not done by one click: the same form once more, with what was asked.
type question struct {
	Text, Action, Button string
	Fields               []field
}

type field struct{ Name, Value string }

// ask repeats the form of the request with one more field.
func ask(c *gin.Context, text, button, name, value string) *question {
	q := &question{Text: text, Button: button, Action: c.Request.URL.RequestURI()}
	for _, key := range slices.Sorted(maps.Keys(c.Request.PostForm)) {
		for _, v := range c.Request.PostForm[key] {
			q.Fields = append(q.Fields, field{key, v})
		}
	}
	q.Fields = append(q.Fields, field{name, value})
	return q
}

// stopped adds to the page what the reader needs to decide again: what has come since, or a question.
func (d *ticketPage) stopped(c *gin.Context, err error) {
	switch {
	case errors.Is(err, ticket.ErrArrived):
		seen, _ := strconv.ParseInt(c.PostForm("seen"), 10, 64)
		d.markFresh(seen)
	case errors.Is(err, ticket.ErrExcluded):
		d.Question = ask(c, d.Alert, d.Printer.T("console.ticket.take_back"), "seen_excluded", d.ExcludedReason)
		d.Alert = ""
	}
}

// Chosen is a ticket of a list with what the list showed of it: "reference.message.assignee".
func (r listRow) Chosen() string {
	assignee := int64(0)
	if r.AssigneeID != nil {
		assignee = *r.AssigneeID
	}
	return r.Reference + "." + strconv.FormatInt(r.LastMessage, 10) + "." + strconv.FormatInt(assignee, 10)
}

// parseChosen reads what Chosen wrote; a reference alone says nothing of what was seen.
func parseChosen(raw string) (reference string, seen ticket.Seen, ok bool) {
	parts := strings.Split(raw, ".")
	reference, ok = identifier.ParseReference(parts[0])
	if len(parts) == 3 {
		message, errMessage := strconv.ParseInt(parts[1], 10, 64)
		assignee, errAssignee := strconv.ParseInt(parts[2], 10, 64)
		seen.Message, seen.Assignee = message, &assignee
		ok = ok && errMessage == nil && errAssignee == nil
	}
	return reference, seen, ok && len(parts) != 2
}
