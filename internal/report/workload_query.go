package report

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// MaxWorkloadDays bounds the period: half a year of days is as much as a picture of days shows.
const MaxWorkloadDays = 184

// WorkloadQuery says which days' arrivals and first responses are counted, and what of the desk. The backlog is always that of
// now. The days begin in the agency's time zone.
type WorkloadQuery struct {
	From, To time.Time // the beginning of the first and of the last day
	Filter   Filter
}

// ParseWorkloadQuery reads a query; of the parameters those of the period and the filters count. Without a last day it is today,
// without a first one there are WorkloadDays. All mistakes come back together as one invalid failure with the fields from, to,
// category, queue, language and channel.
func ParseWorkloadQuery(p Params, zone *time.Location, now time.Time) (WorkloadQuery, error) {
	r := reader{zone: zone, now: now.Truncate(time.Second)}
	q := WorkloadQuery{Filter: Filter{p.Category, p.Queue, p.Language, p.Channel}}
	r.choices(Query{Measure: FirstResponse, Clock: ClockWall, By: ByQueue, Filter: q.Filter})
	q.To = r.day("to", strings.TrimSpace(p.To), dayOf(r.now, zone, 0))
	q.From = r.day("from", strings.TrimSpace(p.From), dayOf(q.To, zone, 1-WorkloadDays))
	if len(r.fields) == 0 {
		switch {
		case q.To.Before(q.From):
			r.wrong("to", "before_from", "The last day is before the first. Enter "+q.From.Format(dateLayout)+" or a later day.")
		case dayOf(q.From, zone, MaxWorkloadDays-1).Before(q.To):
			r.wrong("from", "too_long", "Choose half a year or less: enter "+dayOf(q.To, zone, 1-MaxWorkloadDays).Format(dateLayout)+" or a later day.")
		}
	}
	if len(r.fields) > 0 {
		slices.SortStableFunc(r.fields, func(a, b failure.Field) int { return place(a) - place(b) })
		return WorkloadQuery{}, failure.InvalidFields(r.fields...)
	}
	return q, nil
}

// Values gives the query for a URL, with every default filled in; filters that are not set are left out.
func (q WorkloadQuery) Values() url.Values {
	v := url.Values{"from": {q.From.Format(dateLayout)}, "to": {q.To.Format(dateLayout)}}
	for name, value := range map[string]string{
		"category": q.Filter.Category, "queue": q.Filter.Queue, "language": q.Filter.Language, "channel": q.Filter.Channel,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}
