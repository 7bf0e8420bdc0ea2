package reports

import (
	"slices"
	"strconv"
	"time"

	"github.com/askwell/askwell/internal/report"
)

// group is the name of a group of a report.
func (w writer) group(by report.By, g report.Group) string {
	if g == report.GroupAll || by == report.ByNumber || by == "" {
		return w.T("reports.group." + string(g))
	}
	switch by {
	case report.ByWeek:
		if monday, err := time.Parse(time.DateOnly, string(g)); err == nil {
			return w.T("reports.week_of", "date", w.ShortDate(monday))
		}
	case report.ByCategory:
		return w.category(string(g))
	case report.ByQueue:
		return w.Find("queue."+string(g), nameOf(w.lists.Queues, string(g)))
	case report.ByLanguage:
		return w.Find("console.language."+string(g), string(g))
	default: // by number, above
	}
	return string(g)
}

// inTable is the name of a group under a head that says what the groups are: a week is its Monday.
func (w writer) inTable(by report.By, g report.Group) string {
	if monday, err := time.Parse(time.DateOnly, string(g)); err == nil && by == report.ByWeek {
		return w.ShortDate(monday)
	}
	return w.group(by, g)
}

// short is a name for the edge of a picture.
func (w writer) short(by report.By, g report.Group) string {
	if g == report.GroupAll || by == report.ByNumber || by == "" {
		return w.T("reports.group_short." + string(g))
	}
	const room = 14
	name := []rune(w.group(by, g))
	if len(name) > room {
		return string(name[:room-1]) + "…"
	}
	return string(name)
}

func (w writer) category(code string) string {
	return w.Find("category."+code, nameOf(w.lists.Categories, code))
}

func nameOf(items []report.Item, code string) string {
	i := slices.IndexFunc(items, func(item report.Item) bool { return item.Code == code })
	if i < 0 {
		return code
	}
	return items[i].Name
}

// class is the style of a group's line: its own by number, else the next of a row of them; "" for one that has no line.
func class(by report.By, place int, g report.Group) string {
	if by == report.ByNumber || by == "" || g == report.GroupAll {
		return string(g)
	}
	if by == report.ByWeek || place >= mostCurves {
		return ""
	}
	return "series-" + strconv.Itoa(place+1)
}
