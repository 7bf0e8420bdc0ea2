package ticket

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
)

// Sort is the order of a list.
type Sort string

// The orders.
const (
	SortNewest  Sort = "newest"  // by the time of opening
	SortOldest  Sort = "oldest"  // the same, from the other end
	SortWaiting Sort = "waiting" // who has waited longest for an answer; only tickets that wait
)

// Filter says which tickets a list holds. The zero value is everything that is neither quarantined nor excluded, newest first.
type Filter struct {
	Statuses     []Status
	QueueID      int64
	Category     string
	LinkStates   []LinkState // as they show: Link.Shown
	AssigneeID   int64
	Unassigned   bool
	InHand       bool // neither solved nor closed
	Unanswered   bool // the applicant waits for an answer
	NoResponse   bool // nobody has ever answered
	Quarantined  bool // only what waits for a decision about spam
	AccountID    int64
	Emails       []string // of the applicant, as written or as their account has it now; case aside
	OpenedFrom   time.Time
	OpenedBefore time.Time
	Groups       []string // number at submission
	WithExcluded bool     // also those that count in no figure
	Sort         Sort
	After        Cursor
	Limit        int
}

// Cursor is a place between two tickets of a list. The zero value is the start.
type Cursor struct {
	At time.Time
	ID int64
}

// String gives a form for URLs; "" for the start.
func (c Cursor) String() string {
	if c.ID == 0 {
		return ""
	}
	raw := strconv.FormatInt(c.At.UnixMicro(), 36) + "." + strconv.FormatInt(c.ID, 36)
	return base64.RawURLEncoding.EncodeToString([]byte(raw))
}

// ParseCursor reads what String wrote; invalid for anything else.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	at, id, found := strings.Cut(string(raw), ".")
	micros, errAt := strconv.ParseInt(at, 36, 64)
	row, errID := strconv.ParseInt(id, 36, 64)
	if err != nil || errAt != nil || errID != nil || !found || row < 1 {
		return Cursor{}, failure.Invalid("after", "unreadable", "This page of the list does not exist. Start from its first page.")
	}
	return Cursor{At: time.UnixMicro(micros).UTC(), ID: row}, nil
}

// where collects conditions and their numbered arguments.
type where struct {
	conditions []string
	args       []any
}

// add takes a condition with one %s for the argument's number.
func (w *where) add(condition string, arg any) {
	w.args = append(w.args, arg)
	w.conditions = append(w.conditions, fmt.Sprintf(condition, "$"+strconv.Itoa(len(w.args))))
}

func (w *where) say(condition string) { w.conditions = append(w.conditions, condition) }

func (w *where) sql() string {
	if len(w.conditions) == 0 {
		return "true"
	}
	return strings.Join(w.conditions, " AND ")
}

const inHand = `t.status IN ('new', 'open', 'pending', 'on_hold')`

func (f Filter) where() *where {
	w := &where{}
	if len(f.Statuses) > 0 {
		w.add(`t.status = ANY (%s)`, f.Statuses)
	}
	if f.QueueID != 0 {
		w.add(`t.queue_id = %s`, f.QueueID)
	}
	if f.Category != "" {
		w.add(`t.category = %s`, f.Category)
	}
	if len(f.LinkStates) > 0 {
		w.add(whereShown, f.LinkStates)
	}
	if f.AccountID != 0 {
		w.add(`t.account_id = %s`, f.AccountID)
	}
	if f.Emails != nil {
		var forms []string
		for _, e := range f.Emails {
			forms = append(forms, identifier.EmailForms(e)...)
		}
		w.add(`(lower(t.applicant_email) = ANY (%[1]s)
			OR t.account_id = ANY (ARRAY(SELECT id FROM account WHERE lower(email) = ANY (%[1]s))) AND `+FollowsAccountSQL+`)`, forms)
	}
	if len(f.Groups) > 0 {
		w.add(`t.number_group = ANY (%s)`, f.Groups)
	}
	f.whereState(w)
	f.whereTime(w)
	return w
}

func (f Filter) whereState(w *where) {
	switch {
	case f.Unassigned:
		w.say(`t.assignee_id IS NULL`)
	case f.AssigneeID != 0:
		w.add(`t.assignee_id = %s`, f.AssigneeID)
	}
	if f.InHand {
		w.say(inHand)
	}
	if f.Unanswered || f.Sort == SortWaiting {
		w.say(`t.awaiting_since IS NOT NULL`)
	}
	if f.NoResponse {
		w.say(`t.first_responded_at IS NULL`)
	}
	if f.Quarantined {
		w.say(`t.suspected_of <> '{}'`)
	} else if !f.WithExcluded {
		w.say(`t.suspected_of = '{}'`)
	}
	if !f.WithExcluded {
		w.say(`t.excluded_reason IS NULL`)
	}
}

func (f Filter) whereTime(w *where) {
	if !f.OpenedFrom.IsZero() {
		w.add(`t.opened_at >= %s`, f.OpenedFrom)
	}
	if !f.OpenedBefore.IsZero() {
		w.add(`t.opened_at < %s`, f.OpenedBefore)
	}
}

// order gives the key and the direction of the list. The keys are these and no others.
func (f Filter) order() (key, direction, beyond string) {
	switch f.Sort {
	case SortOldest:
		return "t.opened_at", "ASC", ">"
	case SortWaiting:
		return "t.awaiting_since", "ASC", ">"
	default:
		return "t.opened_at", "DESC", "<"
	}
}
