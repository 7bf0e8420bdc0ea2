package inbound

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText makes a plain text of an HTML one. Nothing is fetched: pictures show as their descriptions, links as their words.
func htmlText(source string) string {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return ""
	}
	var w htmlWriter
	w.node(root, 0)
	return strings.TrimSpace(w.out.String())
}

// htmlWriter writes lines, those of a quotation after as many > as it is deep.
type htmlWriter struct {
	out     strings.Builder
	quoted  int
	pre     int
	started bool // something stands on the line
	gap     bool // a space waits
	empty   int  // lines left empty before this one
}

// deepest is where nesting ends to be looked at: a bomb of elements must not fill the stack.
const deepest = 400

func (w *htmlWriter) node(n *html.Node, depth int) {
	if depth > deepest {
		return
	}
	if n.Type == html.TextNode {
		w.text(n.Data)
		return
	}
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Svg, atom.Object, atom.Iframe:
			return
		case atom.Br:
			w.newline()
			return
		case atom.Hr:
			w.block(1)
			w.text("________________________________")
			w.block(1)
			return
		case atom.Img:
			if alt := attribute(n, "alt"); alt != "" && len(alt) < 200 {
				w.text("[" + alt + "]")
			}
			return
		}
		if hidden(n) {
			return
		}
		defer w.open(n)()
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, depth+1)
	}
}

// open begins an element and gives what ends it.
func (w *htmlWriter) open(n *html.Node) func() {
	switch n.DataAtom {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table, atom.Dl:
		w.block(1)
		return func() { w.block(1) }
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Body, atom.Dt, atom.Dd, atom.Center:
		w.block(0)
		return func() { w.block(0) }
	case atom.Li:
		w.block(0)
		w.text("- ")
		return func() { w.block(0) }
	case atom.Td, atom.Th:
		w.gap = w.started
		return func() { w.gap = w.started }
	case atom.Pre:
		w.block(1)
		w.pre++
		return func() { w.pre--; w.block(1) }
	case atom.Blockquote:
		w.block(0)
		w.quoted++
		return func() { w.block(0); w.quoted-- }
	}
	return func() {}
}

func (w *htmlWriter) text(s string) {
	if w.pre > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.newline()
			}
			w.word(line)
		}
		return
	}
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' })
	if len(fields) == 0 {
		w.gap = w.gap || w.started && s != ""
		return
	}
	if strings.ContainsAny(s[:1], " \n\t\r") {
		w.gap = w.started
	}
	for i, f := range fields {
		if i > 0 {
			w.gap = true
		}
		w.word(f)
	}
	w.gap = strings.ContainsAny(s[len(s)-1:], " \n\t\r")
}

func (w *htmlWriter) word(s string) {
	if s == "" {
		return
	}
	if !w.started {
		w.out.WriteString(strings.Repeat("> ", w.quoted))
	} else if w.gap {
		w.out.WriteByte(' ')
	}
	w.out.WriteString(s)
	w.started, w.gap, w.empty = true, false, 0
}

func (w *htmlWriter) newline() {
	if !w.started {
		w.empty++
		if w.quoted > 0 {
			w.out.WriteString(strings.TrimSpace(strings.Repeat("> ", w.quoted)))
		}
	}
	w.out.WriteByte('\n')
	w.started, w.gap = false, false
}

// block ends the line, and leaves as many lines empty.
func (w *htmlWriter) block(lines int) {
	if w.started {
		w.newline()
	}
	for w.out.Len() > 0 && w.empty < lines {
		w.newline()
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// hidden reports what a reader does not see, such as the preview line of newsletters.
func hidden(n *html.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(attribute(n, "style")), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}
