package console

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/ticket"
)

// facet is a field with the values that can be chosen. Folded are those that a long list hides until it is unfolded.
type facet struct {
	Field, Label   string
	Values, Folded []facetValue
}

// facetValue is a link that adds a value to the filters, or takes it away when it is chosen.
type facetValue struct {
	ID, Label, URL string
	Count          int64 // -1 when it is not counted
	AtLeast        bool  // Count is a lower bound
	Chosen         bool
}

// unfolded is how many values of a facet are seen at once.
const unfolded = 6

var monthShape = regexp.MustCompile(`^\d{4}-\d{2}$`)

// conditions are the filters that hold: those beside the box and those in it, without what cannot be understood.
func (d *searchPage) conditions() []search.Condition {
	all := slices.Concat(d.Search.Conditions, search.Parse(d.Search.Text).Conditions)
	return slices.DeleteFunc(all, func(c search.Condition) bool {
		return slices.ContainsFunc(d.Results.Problems, func(p search.Problem) bool { return p.Condition == c })
	})
}

// normal is a condition's value as facets have it.
func (d *searchPage) normal(c search.Condition) string {
	value := strings.ToLower(c.Value)
	if c.Field != search.FieldAssignee {
		return value
	}
	if value == "me" {
		return strconv.FormatInt(d.who.ID, 10)
	}
	for _, m := range d.known.staff {
		if strings.EqualFold(m.Email, value) {
			return strconv.FormatInt(m.ID, 10)
		}
	}
	return value
}

// facets are the fields with what the tickets that were found have there, and what is chosen. An identifier's records are not
// counted.
func (d *searchPage) facets() []facet {
	if d.Results.Facets == nil || d.Results.Engine == search.EngineExact {
		return nil
	}
	var all []facet
	for _, field := range search.FacetFields() {
		values := d.facetValues(field)
		if len(values) == 0 && field != search.FieldOpened {
			continue
		}
		f := facet{Field: string(field), Label: d.Printer.T("console.search.field." + string(field)), Values: values}
		if len(values) > unfolded+1 && field != search.FieldLink {
			f.Values, f.Folded = nil, nil
			for i, v := range values {
				if i < unfolded || v.Chosen {
					f.Values = append(f.Values, v)
				} else {
					f.Folded = append(f.Folded, v)
				}
			}
		}
		all = append(all, f)
	}
	return all
}

func (d *searchPage) facetValues(field search.Field) []facetValue {
	counts, chosen := map[string]int64{}, map[string]bool{}
	for value, n := range d.Results.Facets[field] {
		counts[value] = n
	}
	for _, c := range d.conditions() {
		value := d.normal(c)
		if c.Field != field || c.Not || field == search.FieldOpened && !monthShape.MatchString(value) {
			continue
		}
		chosen[value] = true
		counts[value] += 0 // it stays visible when nothing has it
	}
	var values []facetValue
	for value, n := range counts {
		values = append(values, facetValue{
			ID: "facet-" + string(field) + "-" + value, Label: d.valueLabel(search.Condition{Field: field, Value: value}),
			URL: d.toggle(field, value, chosen[value]), Count: n, AtLeast: d.Results.AtLeast, Chosen: chosen[value],
		})
	}
	order := map[string]int{}
	for i, value := range facetOrder(field) {
		order["facet-"+string(field)+"-"+value] = i
	}
	slices.SortFunc(values, func(a, b facetValue) int {
		switch {
		case field == search.FieldOpened:
			return strings.Compare(b.ID, a.ID) // the newest month first
		case len(order) > 0:
			return order[a.ID] - order[b.ID]
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Label, b.Label), strings.Compare(a.ID, b.ID))
	})
	return values
}

// facetOrder is the order of values that have one of their own; the others stand by how many tickets have them.
func facetOrder(field search.Field) []string {
	var codes []string
	switch field {
	case search.FieldStatus:
		for _, s := range ticket.Statuses() {
			codes = append(codes, string(s))
		}
	case search.FieldLink:
		for _, s := range ticket.LinkStates() {
			codes = append(codes, string(s))
		}
	default:
	}
	return codes
}

// toggle is the search with the value, or without it when it is chosen. A month takes the place of a span of days.
func (d *searchPage) toggle(field search.Field, value string, chosen bool) string {
	same := func(c search.Condition) bool { return c.Field == field && !c.Not && d.normal(c) == value }
	if chosen {
		return d.Search.without(same).url()
	}
	q := d.Search
	if field == search.FieldOpened {
		q = q.without(func(c search.Condition) bool {
			return c.Field == field && !c.Not && (!monthShape.MatchString(c.Value) || !monthShape.MatchString(value))
		})
	}
	if field == search.FieldAssignee && value == strconv.FormatInt(d.who.ID, 10) {
		value = "me"
	}
	return q.with(search.Condition{Field: field, Value: value}).url()
}

// days fills in the spans up to now, and the form of days.
func (d *searchPage) days() {
	chosen := map[string]bool{}
	for _, c := range d.conditions() {
		if c.Field != search.FieldOpened || c.Not {
			continue
		}
		chosen[c.Value] = true
		if since, until, ok := days(c.Value); ok {
			d.Since, d.Until = since, until
		}
	}
	for _, value := range []string{"7d", "30d", "90d"} {
		d.Spans = append(d.Spans, facetValue{
			ID: "facet-opened-" + value, Label: d.valueLabel(search.Condition{Field: search.FieldOpened, Value: value}),
			URL: d.toggle(search.FieldOpened, value, chosen[value]), Count: -1, Chosen: chosen[value],
		})
	}
}
