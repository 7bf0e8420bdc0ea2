package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/web/messages"
)

// chips are the filters that hold, each with the link that drops it.
func (d *searchPage) chips() []chip {
	var chips []chip
	for _, c := range d.conditions() {
		value := d.valueLabel(c)
		if c.Not {
			value = d.Printer.T("console.search.not", "value", value)
		}
		drop := d.Search.without(func(other search.Condition) bool { return other == c })
		chips = append(chips, chip{Label: d.Printer.T("console.search.field." + string(c.Field)), Value: value, Drop: drop.url()})
	}
	return chips
}

// valueLabel says a condition's value in the reader's words.
func (d *searchPage) valueLabel(c search.Condition) string {
	p, value := d.Printer, strings.ToLower(c.Value)
	switch c.Field {
	case search.FieldStatus:
		return p.Find("status."+value, c.Value)
	case search.FieldLink:
		return p.Find("link_state."+value, c.Value)
	case search.FieldCategory:
		return d.known.category(p, value)
	case search.FieldQueue:
		return d.known.queue(p, value)
	case search.FieldLanguage:
		return p.Find("console.language."+value, c.Value)
	case search.FieldAssignee:
		if value = d.normal(c); value == strconv.FormatInt(d.who.ID, 10) {
			value = "me"
		}
		return d.known.assignee(p, value)
	case search.FieldAccount:
		return identifier.FormatAccountNumber(identifier.Normalize(c.Value))
	case search.FieldOpened:
		return spanLabel(p, value)
	case search.FieldIs:
		return p.Find("console.search.is."+value, c.Value)
	default:
		return c.Value
	}
}

// spanLabel says a time of opening in the reader's words.
func spanLabel(p *messages.Printer, value string) string {
	if n, isDays := strings.CutSuffix(value, "d"); isDays {
		if count, err := strconv.Atoi(n); err == nil {
			return p.T("console.search.opened.days", "count", count)
		}
	}
	if first, last, between := strings.Cut(value, ".."); between {
		return p.T("console.search.opened.between", "first", dayLabel(p, first), "last", dayLabel(p, last))
	}
	for _, sign := range []struct{ text, key string }{{">=", "since"}, {"<=", "until"}, {">", "after"}, {"<", "before"}} {
		if rest, found := strings.CutPrefix(value, sign.text); found {
			return p.T("console.search.opened."+sign.key, "day", dayLabel(p, rest))
		}
	}
	return dayLabel(p, value)
}

// dayLabel says a day, a month or a year.
func dayLabel(p *messages.Printer, value string) string {
	value = strings.TrimSpace(value)
	if t, err := time.Parse(dayLayout, value); err == nil {
		return p.ShortDate(t)
	}
	if t, err := time.Parse("2006-01", value); err == nil {
		return p.T("console.search.opened.month", "month", p.T("format.month."+strconv.Itoa(int(t.Month()))), "year", strconv.Itoa(t.Year()))
	}
	return value
}
