package meili

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
	"golang.org/x/text/unicode/norm"
)

// Names of Bleve's fields: an attribute's words, and its values for filters,
// facets and sorting.
const (
	wordField  = "w:"
	valueField = "f:"
)

// Marks among an attribute's values; a value itself begins with s or n.
const (
	markExists = "!e"
	markNull   = "!n"
	markEmpty  = "!0"
)

// maxValueBytes is the length to which Meilisearch cuts values it filters by.
const maxValueBytes = 468

// gap stands in a stream for the eight positions between two sentences or
// two elements of a list.
const gap uint16 = 0

// stopMark stands in a stream for a stop word.
const stopMark uint16 = 1

// A leaf is one scalar of a document under the path of its attribute.
type leaf struct {
	path  string
	text  string
	kind  byte // s string or boolean, n number, 0 null or empty
	null  bool
	array bool // an element of a list
}

// leaves flattens a decoded document: {"a":{"b":1}} has the path a.b.
func leaves(path string, value any, inArray bool, each func(leaf)) {
	switch v := value.(type) {
	case nil:
		each(leaf{path: path, null: true})
	case string:
		if v == "" {
			each(leaf{path: path})
			return
		}
		each(leaf{path: path, text: v, kind: 's', array: inArray})
	case bool:
		each(leaf{path: path, text: strconv.FormatBool(v), kind: 's', array: inArray})
	case json.Number:
		each(leaf{path: path, text: v.String(), kind: 'n', array: inArray})
	case []any:
		if len(v) == 0 {
			each(leaf{path: path})
		}
		for _, element := range v {
			leaves(path, element, true, each)
		}
	case map[string]any:
		if len(v) == 0 {
			each(leaf{path: path})
		}
		for _, name := range sortedKeys(v) {
			leaves(path+"."+name, v[name], inArray, each)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A termField hands Bleve terms that are known already, so that nothing is
// analysed twice. Neither frequencies nor positions are kept in the index.
type termField struct {
	name  string
	terms termSet
}

// A termSet is the terms of one field of one document, as Bleve takes them.
type termSet = index.TokenFrequencies

func addTerm(set termSet, term string) {
	if set[term] == nil {
		frequency := &index.TokenFreq{Term: []byte(term)}
		frequency.SetFrequency(1)
		set[term] = frequency
	}
}

func (f *termField) Name() string             { return f.name }
func (f *termField) ArrayPositions() []uint64 { return nil }
func (f *termField) Options() index.FieldIndexingOptions {
	return index.IndexField | index.SkipFreqNorm
}
func (f *termField) Value() []byte             { return nil }
func (f *termField) NumPlainTextBytes() uint64 { return 0 }
func (f *termField) Size() int                 { return len(f.terms) * 64 }
func (f *termField) EncodedFieldType() byte    { return 't' }
func (f *termField) AnalyzedLength() int       { return len(f.terms) }
func (f *termField) Analyze()                  {}
func (f *termField) AnalyzedTokenFrequencies() index.TokenFrequencies {
	return f.terms
}

// A layout says which attributes of a document are indexed, and how.
type layout struct {
	searchable []string // in the order of their weight
	stopWords  stopWords
	separators string
	values     []string // patterns
}

// searchRank returns an attribute's place in the searchable order, or -1.
func (l layout) searchRank(path string) int {
	return slices.IndexFunc(l.searchable, func(p string) bool { return matchesAttribute(p, path) })
}

// build returns the document as Bleve indexes it and its stream: for each
// searchable attribute its rank, the number of positions and a short hash of
// each word in order.
func (l layout) build(id string, doc map[string]any) (*document.Document, []byte) {
	words := make([]termSet, len(l.searchable))
	streams := make([][]uint16, len(l.searchable))
	values := map[string]termSet{}
	for _, name := range sortedKeys(doc) {
		leaves(name, doc[name], false, func(leaf leaf) {
			l.addValue(values, leaf)
			rank := l.searchRank(leaf.path)
			if rank < 0 || leaf.kind == 0 {
				return
			}
			if words[rank] == nil {
				words[rank] = make(termSet, len(leaf.text)/12)
			}
			if len(streams[rank]) > 0 {
				streams[rank] = append(streams[rank], gap)
			}
			streams[rank] = l.addWords(words[rank], streams[rank], leaf.text)
		})
	}
	out := document.NewDocument(id)
	for rank, set := range words {
		if len(set) > 0 {
			out.AddField(&termField{name: wordField + strconv.Itoa(rank), terms: set})
		}
	}
	for _, path := range sortedKeys(values) {
		out.AddField(&termField{name: valueField + path, terms: values[path]})
	}
	return out, encodeStream(streams)
}

func (l layout) addWords(set termSet, stream []uint16, text string) []uint16 {
	tokenize(text, l.separators, func(t token) {
		if t.hard && len(stream) > 0 && stream[len(stream)-1] != gap {
			stream = append(stream, gap)
		}
		if l.stopWords.has(text, t) {
			stream = append(stream, stopMark)
			return
		}
		stream = append(stream, hash16(t.text))
		addTerm(set, t.text)
	})
	return stream
}

func (l layout) addValue(values map[string]termSet, leaf leaf) {
	// EXISTS holds for an object too, so each of its parents is marked.
	for path := leaf.path; path != ""; {
		if matchesAny(l.values, path) {
			if values[path] == nil {
				values[path] = termSet{}
			}
			addTerm(values[path], markExists)
		}
		dot := strings.LastIndexByte(path, '.')
		if dot < 0 {
			break
		}
		path = path[:dot]
	}
	set := values[leaf.path]
	switch {
	case set == nil:
	case leaf.null:
		addTerm(set, markNull)
	case leaf.kind == 0:
		addTerm(set, markEmpty)
	default:
		addTerm(set, valueTerm(leaf))
	}
}

// valueTerm is a value as it stands in the index: its folded form for
// comparing, then the original for showing.
func valueTerm(leaf leaf) string {
	if leaf.kind == 'n' {
		return "n" + leaf.text
	}
	text := strings.ToValidUTF8(leaf.text[:min(len(leaf.text), maxValueBytes)], "")
	return "s" + foldValue(text) + "\x00" + text
}

// foldValue is how Meilisearch compares strings in filters: in any case, with their accents.
func foldValue(text string) string { return strings.ToLower(norm.NFKD.String(strings.TrimSpace(text))) }

func encodeStream(streams [][]uint16) []byte {
	var out []byte
	for rank, stream := range streams {
		if len(stream) == 0 {
			continue
		}
		out = binary.AppendUvarint(out, uint64(rank))
		out = binary.AppendUvarint(out, uint64(len(stream)))
		for _, h := range stream {
			out = binary.LittleEndian.AppendUint16(out, h)
		}
	}
	return out
}

// eachSection calls fn with every attribute of a stream. It stops at the
// first byte that makes no sense.
func eachSection(stream []byte, fn func(rank int, hashes []byte)) {
	for len(stream) > 0 {
		rank, n := binary.Uvarint(stream)
		if n <= 0 {
			return
		}
		stream = stream[n:]
		count, n := binary.Uvarint(stream)
		if n <= 0 || uint64(len(stream)-n) < 2*count {
			return
		}
		fn(int(rank), stream[n:n+int(2*count)])
		stream = stream[n+int(2*count):]
	}
}
