package ticket

// View is a list that everybody on the staff needs.
type View struct {
	Name   string
	Sort   Sort // what it starts with
	narrow func(f *Filter, member int64)
}

// Filter says which tickets the view holds for a member of staff.
func (v View) Filter(member int64) (f Filter) {
	v.Narrow(&f, member)
	return f
}

// Narrow adds to a filter what the view leaves out.
func (v View) Narrow(f *Filter, member int64) { v.narrow(f, member) }

// Views lists every view, the first one being what the staff start with.
func Views() []View {
	return []View{
		{"unanswered", SortWaiting, func(f *Filter, _ int64) { f.Unanswered = true }},
		{"mine", SortNewest, func(f *Filter, member int64) { f.AssigneeID, f.InHand = member, true }},
		{"unassigned", SortOldest, func(f *Filter, _ int64) { f.Unassigned, f.InHand = true, true }},
		{"in-hand", SortNewest, func(f *Filter, _ int64) { f.InHand = true }},
		{"solved", SortNewest, func(f *Filter, _ int64) { f.Statuses = []Status{StatusSolved, StatusClosed} }},
		{"all", SortNewest, func(f *Filter, _ int64) { f.WithExcluded = true }}, // also quarantined ones
		{"quarantine", SortNewest, func(f *Filter, _ int64) { f.Quarantined = true }},
	}
}
