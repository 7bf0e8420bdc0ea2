package console

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

// listQuery is what the URL of a list says. What it does not understand it leaves out, so that an old link still shows a list.
type listQuery struct {
	View     string
	Queue    string // its code
	Status   []string
	Category string
	Link     []string
	Group    []string // number at submission
	Assignee string   // "me", "none" or a member's ID
	Account  string   // number
	EmailOf  string   // the reference of a ticket: all of its applicant's, without an address in a URL
	From, To string   // days, inclusive
	Excluded bool     // also those that count in no figure
	Response string   // "none": without a first response
	Sort     ticket.Sort
	After    string
}

const dayLayout = "2006-01-02"

func readListQuery(q url.Values) listQuery {
	l := listQuery{
		View: q.Get("view"), Queue: q.Get("queue"), Category: q.Get("category"), Assignee: q.Get("assignee"),
		Account: q.Get("account"), EmailOf: q.Get("email_of"), From: day(q.Get("from")), To: day(q.Get("to")), After: q.Get("after"),
		Excluded: q.Get("excluded") == "1", Sort: ticket.Sort(q.Get("sort")),
	}
	if q.Get("response") == "none" {
		l.Response = "none"
	}
	for _, s := range q["status"] {
		if ticket.Status(s).Valid() {
			l.Status = append(l.Status, s)
		}
	}
	for _, s := range q["link"] {
		if slices.Contains(ticket.LinkStates(), ticket.LinkState(s)) {
			l.Link = append(l.Link, s)
		}
	}
	for _, s := range q["group"] {
		if s == "with" || s == "unusable" || s == "without" {
			l.Group = append(l.Group, s)
		}
	}
	v, known := viewNamed(l.View)
	if !known {
		v = views[0]
		if l.narrowed() {
			v, _ = viewNamed("all") // a link with filters and no view means all that they hold
		}
		l.View = v.Name
	}
	switch l.Sort {
	case ticket.SortNewest, ticket.SortOldest, ticket.SortWaiting:
	default:
		l.Sort = v.Sort
	}
	return l
}

func day(s string) string {
	if _, err := time.Parse(dayLayout, s); err != nil {
		return ""
	}
	return s
}

// narrowed reports whether more than the view decides what is listed.
func (l listQuery) narrowed() bool { return l.Queue != "" || l.filtered() }

// filtered is narrowed by something that the rail does not offer.
func (l listQuery) filtered() bool {
	return len(l.Status)+len(l.Link)+len(l.Group) > 0 || l.Category != "" || l.Assignee != "" || l.Account != "" || l.EmailOf != "" ||
		l.From != "" || l.To != "" || l.Excluded || l.Response != ""
}

// current names the rail's line.
func (l listQuery) current() string {
	if l.Queue != "" && l.View == "in-hand" {
		return "queue:" + l.Queue
	}
	return l.View
}

// values is the query as it stands in a URL, without the place in the list.
func (l listQuery) values() url.Values {
	q := url.Values{"view": {l.View}}
	for name, value := range map[string]string{
		"queue": l.Queue, "category": l.Category, "assignee": l.Assignee, "account": l.Account, "email_of": l.EmailOf, "from": l.From, "to": l.To,
		"response": l.Response,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, values := range map[string][]string{"status": l.Status, "link": l.Link, "group": l.Group} {
		if len(values) > 0 {
			q[name] = slices.Clone(values)
		}
	}
	if l.Excluded {
		q.Set("excluded", "1")
	}
	if v, _ := viewNamed(l.View); v.Sort != l.Sort {
		q.Set("sort", string(l.Sort))
	}
	return q
}

// url is a link to the list with changes: name, value pairs; an empty value drops the name.
func (l listQuery) url(changes ...string) string {
	q := maps.Clone(l.values())
	for i := 0; i+1 < len(changes); i += 2 {
		q.Del(changes[i])
		if changes[i+1] != "" {
			q.Set(changes[i], changes[i+1])
		}
	}
	return ticketsPath + "?" + q.Encode()
}

// without is a link to the list without one value of a filter.
func (l listQuery) without(name, value string) string {
	q := l.values()
	q[name] = slices.DeleteFunc(slices.Clone(q[name]), func(v string) bool { return v == value })
	return ticketsPath + "?" + q.Encode()
}

// filter turns the query into what the store understands. Days are those of the place.
func (l listQuery) filter(member staff.Member, queues []ticket.Queue, place *time.Location) ticket.Filter {
	f := ticket.Filter{Category: l.Category, Groups: l.Group, WithExcluded: l.Excluded, NoResponse: l.Response == "none", Sort: l.Sort}
	if v, ok := viewNamed(l.View); ok {
		v.Narrow(&f, member.ID)
	}
	if len(l.Status) > 0 {
		f.Statuses = within(f.Statuses, l.Status)
	}
	for _, s := range l.Link {
		f.LinkStates = append(f.LinkStates, ticket.LinkState(s))
	}
	if l.Queue != "" {
		f.QueueID = -1
		for _, q := range queues {
			if q.Code == l.Queue {
				f.QueueID = q.ID
			}
		}
	}
	l.filterAssignee(&f, member)
	if t, err := time.ParseInLocation(dayLayout, l.From, place); err == nil {
		f.OpenedFrom = t
	}
	if t, err := time.ParseInLocation(dayLayout, l.To, place); err == nil {
		f.OpenedBefore = t.AddDate(0, 0, 1)
	}
	return f
}

// within gives those of the chosen statuses that the view allows; none at all stands for a list that holds nothing.
func within(allowed []ticket.Status, chosen []string) []ticket.Status {
	var both []ticket.Status
	for _, s := range chosen {
		if len(allowed) == 0 || slices.Contains(allowed, ticket.Status(s)) {
			both = append(both, ticket.Status(s))
		}
	}
	if len(both) == 0 {
		return []ticket.Status{"nothing"}
	}
	return both
}

func (l listQuery) filterAssignee(f *ticket.Filter, member staff.Member) {
	switch l.Assignee {
	case "":
	case "me":
		f.AssigneeID, f.Unassigned = member.ID, false
	case "none":
		f.Unassigned = true
	default:
		if id, err := strconv.ParseInt(strings.TrimSpace(l.Assignee), 10, 64); err == nil {
			f.AssigneeID, f.Unassigned = id, false
		}
	}
}
