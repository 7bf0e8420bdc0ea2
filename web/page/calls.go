package page

import (
	"html/template"
	"slices"
	"text/template/parse"
)

// missingCalls lists the templates that t calls and set lacks: html/template would say so only to the first reader.
func missingCalls(t, set *template.Template) []string {
	if t.Tree == nil {
		return nil
	}
	var missing []string
	var walk func(n parse.Node)
	list := func(l *parse.ListNode) {
		if l != nil {
			for _, n := range l.Nodes {
				walk(n)
			}
		}
	}
	branch := func(b parse.BranchNode) { list(b.List); list(b.ElseList) }
	walk = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.IfNode:
			branch(n.BranchNode)
		case *parse.RangeNode:
			branch(n.BranchNode)
		case *parse.WithNode:
			branch(n.BranchNode)
		case *parse.TemplateNode:
			if set.Lookup(n.Name) == nil && !slices.Contains(missing, n.Name) {
				missing = append(missing, n.Name)
			}
		}
	}
	list(t.Tree.Root)
	return missing
}
