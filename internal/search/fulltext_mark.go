package search

import (
	"context"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// ellipsis stands where an excerpt leaves something out, as in Meilisearch's.
const ellipsis = "…"

// shown is the text of a record that is marked. An account has no body.
type shown struct {
	ID          int64
	Title, Body string
}

// markPage marks what matched in the titles, and in excerpts of the messages about it.
func (e *Engine) markPage(ctx context.Context, hits []found, marks []mark) error {
	texts := map[string]map[int64]shown{}
	var spellings []string
	for kind, query := range map[string]string{
		KindAccount: `SELECT id, name AS title, '' AS body FROM account WHERE id = ANY ($1) AND $2 > 0`,
		KindTicket: `
			SELECT t.id, t.subject AS title, left(COALESCE(m.body, ''), $2) AS body
			FROM ticket t
			CROSS JOIN LATERAL (
				SELECT string_agg(` + spokenSQL + `, E'\n\n' ORDER BY kind = 'inquiry' DESC, id DESC) AS body
				FROM message
				WHERE ticket_id = t.id AND delivery <> 'withdrawn'
			) AS m
			WHERE t.id = ANY ($1)`,
	} {
		read, err := e.readShown(ctx, query, idsOf(hits, kind))
		if err != nil {
			return fmt.Errorf("read what is shown of %ss: %w", kind, postgres.Failure(err))
		}
		texts[kind] = map[int64]shown{}
		for _, s := range read {
			texts[kind][s.ID] = s
			spellings = append(spellings, mapped(wordsOf(s.Title+" "+s.Body), spelling)...)
		}
	}
	known, err := e.lexicon.look(ctx, e.db, spellings)
	if err != nil {
		return err
	}
	for i, h := range hits {
		s := texts[h.kind][h.id]
		hits[i].title = newMarked(s.Title, known, marks).spans(0, len(s.Title))
		if s.Body != "" {
			hits[i].excerpt = newMarked(s.Body, known, marks).excerpt()
		}
	}
	return nil
}

func (e *Engine) readShown(ctx context.Context, query string, ids []int64) ([]shown, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := e.db.Query(ctx, query, ids, maxBody)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[shown])
}

func idsOf(hits []found, kind string) []int64 {
	var ids []int64
	for _, h := range hits {
		if h.kind == kind {
			ids = append(ids, h.id)
		}
	}
	return ids
}

// markedText is a text, its words and what of it is marked.
type markedText struct {
	text  string
	words []textWord
	marks []textMark // in their order, none within another
}

// textWord is a word and the bytes it takes.
type textWord struct {
	forms
	from, to int
}

// textMark is bytes to mark, the word they begin with, and the term that they are.
type textMark struct{ from, to, word, term int }

// newMarked finds what of a text is to be marked: at each word the longest.
func newMarked(text string, known map[string]forms, marks []mark) markedText {
	m := markedText{text: text}
	for _, at := range wordPlaces(text) {
		m.words = append(m.words, textWord{known[spelling(text[at.from:at.to])], at.from, at.to})
	}
	for i := 0; i < len(m.words); i++ {
		best, last := textMark{}, i
		for _, k := range marks {
			if to, end, ok := m.match(i, k.words); ok && to > best.to {
				best, last = textMark{m.words[i].from, to, i, k.term}, end
			}
		}
		if best.to > 0 {
			m.marks, i = append(m.marks, best), last
		}
	}
	return m
}

// match reports whether the patterns stand from word i on; to is where the mark ends, last the last word of it.
func (m markedText) match(i int, patterns []pattern) (to, last int, ok bool) {
	last = i
	for n, p := range patterns {
		if n > 0 {
			last += p.gap
		}
		if last >= len(m.words) {
			return 0, 0, false
		}
		w := m.words[last]
		yes, whole := p.matches(w.forms)
		if !yes {
			return 0, 0, false
		}
		if to = w.to; !whole {
			to = w.from + beginning(m.text[w.from:w.to], w.word, p.word)
		}
	}
	return to, last, len(patterns) > 0
}

// beginning is how many bytes of a word a beginning takes; all, where folding has changed the number of its letters.
func beginning(word, folded, begun string) int {
	if utf8.RuneCountInString(word) != utf8.RuneCountInString(folded) {
		return len(word)
	}
	letters := utf8.RuneCountInString(begun)
	for i := range word {
		if letters == 0 {
			return i
		}
		letters--
	}
	return len(word)
}

// spans gives a part of the text, by bytes.
func (m markedText) spans(from, to int) []Span {
	var found []Span
	add := func(text string, mark bool) {
		if text = marks.Replace(text); text != "" {
			found = append(found, Span{Text: text, Mark: mark})
		}
	}
	for _, k := range m.marks {
		if k.from >= from && k.to <= to {
			add(m.text[from:k.from], false)
			add(m.text[k.from:k.to], true)
			from = k.to
		}
	}
	add(m.text[from:to], false)
	return found
}

// excerpt gives the cropWords words that hold the most of what was looked for, the first of those that hold as much.
func (m markedText) excerpt() []Span {
	if len(m.words) <= cropWords {
		return m.spans(0, len(m.text))
	}
	best, most := 0, 0
	for i, k := range m.marks {
		terms := map[int]bool{}
		for _, o := range m.marks[i:] {
			if o.word-k.word >= cropWords*2/3 {
				break
			}
			terms[o.term] = true
		}
		if len(terms) > most {
			best, most = k.word, len(terms)
		}
	}
	// Some words before it tell what it is about.
	first := min(max(0, best-cropWords/3), len(m.words)-cropWords)
	last := first + cropWords
	from, to, before, after := 0, len(m.text), "", ""
	if first > 0 {
		from, before = m.words[first].from, ellipsis
	}
	if last < len(m.words) {
		to, after = m.words[last-1].to, ellipsis
	}
	return joinSpans(before, m.spans(from, to), after)
}

// joinSpans sets texts around spans.
func joinSpans(before string, found []Span, after string) []Span {
	if before != "" {
		found = append([]Span{{Text: before}}, found...)
		if len(found) > 1 && !found[1].Mark {
			found[1].Text = before + found[1].Text
			found = found[1:]
		}
	}
	if after != "" {
		if n := len(found); n > 0 && !found[n-1].Mark {
			found[n-1].Text += after
		} else {
			found = append(found, Span{Text: after})
		}
	}
	return found
}

// wordPlaces is wordsOf with the bytes that each takes.
func wordPlaces(s string) []textWord {
	var all []textWord
	from := -1
	for i, r := range s {
		switch inWord := unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r); {
		case inWord && from < 0:
			from = i
		case !inWord && from >= 0:
			all, from = append(all, textWord{from: from, to: i}), -1
		}
	}
	if from >= 0 {
		all = append(all, textWord{from: from, to: len(s)})
	}
	return all
}
