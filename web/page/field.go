package page

import "strings"

// Field is a form field for the partials field-input, field-textarea, field-select and field-file. Name is also its id.
type Field struct {
	Name         string
	Label        string
	Hint         string
	Value        string
	Error        string // what is wrong; empty when nothing is
	Required     bool
	Optional     bool   // says "(optional)" after the label; leave it when the label says so itself
	Type         string // of an input: text when empty
	Autocomplete string
	InputMode    string
	MaxLength    int    // characters; shown as they run out, held by the server
	Rows         int    // of a textarea; 0 means 8
	Width        string // of an input: USWDS token such as "xl", "2xl"; empty is full width
	Prompt       string // first line of a select, with the empty value
	Options      []OptionGroup
	Accept       string // of a file field
	Shape        string // of data-shape: "account-number" gives live hints
	Page         string // of a file field: where its form's draft is shown; empty where files only go with the form
	NoDraft      bool   // never kept in the browser
	Verbatim     bool   // of an input: no capital letters, no correction
}

// OptionGroup is a heading in a select with its options; without a Label the options stand by themselves.
type OptionGroup struct {
	Label   string
	Options []Option
}

// Option is a choice in a select.
type Option struct {
	Value string
	Label string
}

// Problem is a line of the error summary; Field is the id it leads to, empty for none.
type Problem struct {
	Field string
	Text  string
}

// DescribedBy lists the ids of what describes the field, in reading order.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.Name+"-error")
	}
	if f.MaxLength > 0 && f.Rows > 0 {
		ids = append(ids, f.Name+"-left")
	}
	return strings.Join(ids, " ")
}

// InputType is the type attribute of an input.
func (f Field) InputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Notice is something that the applicant should know. Kind is info, warning or error; an error takes the focus.
type Notice struct {
	Kind, Title, Text string
}

// Row is a line of a summary list. ChangeURL may be empty; Lines show beneath each other.
type Row struct {
	Label     string
	Lines     []string // none shows "Not provided"
	ChangeURL string
}

// Steps are the lines of the step indicator. Current counts from 1.
type Steps struct {
	Current int
	Labels  []string
}

// Now is the label of the current step.
func (s Steps) Now() string { return s.Labels[s.Current-1] }

// State is complete, current or left, for the step of index i.
func (s Steps) State(i int) string {
	switch {
	case i+1 < s.Current:
		return "complete"
	case i+1 == s.Current:
		return "current"
	}
	return "left"
}

// Empty is what a list says when nothing is in it; URL and Action may be empty.
type Empty struct {
	Icon   string
	Title  string
	Text   string
	URL    string
	Action string
}

// Pages are the links of a list that is paged by key.
type Pages struct {
	Newer string
	Older string
}
