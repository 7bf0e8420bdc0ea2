package inbound

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText makes a plain text of an HTML one. Nothing is fetched: pictures show as their descriptions, links as their words. It reads tags as they
// come, however deep: a tree of them may be no deeper than 512.
func htmlText(source string) string {
	w := htmlWriter{}
	if w.read(source); w.skip > 0 { // what is hidden has no end: all that follows would be lost
		w = htmlWriter{showAll: true}
		w.read(source)
	}
	return strings.TrimSpace(w.out.String())
}

// htmlWriter writes lines, those of a quotation after as many > as it is deep.
type htmlWriter struct {
	out     strings.Builder
	open    []openElement
	skip    int // how many elements deep we are in one that does not show
	hides   string
	showAll bool
	quoted  int
	pre     int
	started bool // something stands on the line
	gap     bool // a space waits
	empty   int  // lines left empty before this one
}

type openElement struct {
	name atom.Atom
	end  func()
}

const (
	deepestQuote = 12    // marks of a quotation on a line
	mostOpen     = 1_000 // elements whose end is awaited
)

func (w *htmlWriter) read(source string) {
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			for len(w.open) > 0 {
				w.closeTo(len(w.open) - 1)
			}
			return
		case html.TextToken:
			if w.skip == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			w.end(z.Token())
		case html.CommentToken, html.DoctypeToken: // say nothing
		}
	}
}

func (w *htmlWriter) start(t html.Token) {
	if w.skip > 0 {
		if t.Data == w.hides && t.Type == html.StartTagToken {
			w.skip++
		}
		return
	}
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Svg, atom.Object, atom.Iframe:
		w.hide(t)
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
		if alt := attribute(t, "alt"); alt != "" && len(alt) < 200 {
			w.text("[" + alt + "]")
		}
		return
	case atom.Input, atom.Meta, atom.Link, atom.Col, atom.Wbr, atom.Base, atom.Area, atom.Source:
		return // these have no end
	}
	if hidden(t) && !w.showAll {
		w.hide(t)
		return
	}
	end := w.begin(t.DataAtom)
	switch {
	case end == nil:
	case t.Type == html.SelfClosingTagToken || len(w.open) == mostOpen:
		end()
	default:
		w.open = append(w.open, openElement{t.DataAtom, end})
	}
}

func (w *htmlWriter) hide(t html.Token) {
	if t.Type == html.StartTagToken {
		w.skip, w.hides = 1, t.Data
	}
}

func (w *htmlWriter) end(t html.Token) {
	if w.skip > 0 {
		if t.Data == w.hides {
			w.skip--
		}
		return
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].name == t.DataAtom {
			w.closeTo(i)
			return
		}
	}
}

// closeTo ends the elements from one on, the innermost first.
func (w *htmlWriter) closeTo(i int) {
	for n := len(w.open) - 1; n >= i; n-- {
		w.open[n].end()
	}
	w.open = w.open[:i]
}

// begin begins an element and gives what ends it; nil for one that changes nothing.
func (w *htmlWriter) begin(name atom.Atom) func() {
	switch name {
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
	return nil
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
		w.out.WriteString(w.marks())
	} else if w.gap {
		w.out.WriteByte(' ')
	}
	w.out.WriteString(s)
	w.started, w.gap, w.empty = true, false, 0
}

func (w *htmlWriter) marks() string { return strings.Repeat("> ", min(w.quoted, deepestQuote)) }

func (w *htmlWriter) newline() {
	if !w.started {
		w.empty++
		if w.quoted > 0 {
			w.out.WriteString(strings.TrimSpace(w.marks()))
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

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// hidden reports what a reader does not see, such as the preview line of newsletters.
func hidden(t html.Token) bool {
	style := strings.ReplaceAll(strings.ToLower(attribute(t, "style")), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}
