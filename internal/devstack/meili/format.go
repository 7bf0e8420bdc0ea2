package meili

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A formatter gives documents the shape a request asks for.
type formatter struct {
	displayed []string
	retrieve  []string
	highlight []string
	crop      map[string]int // attribute -> number of words
	style     style
	positions bool
	marker    *marker
}

func newFormatter(r *ranking, q searchRequest) *formatter {
	f := &formatter{
		displayed: r.view.rec.Settings.DisplayedAttributes, retrieve: q.AttributesToRetrieve,
		highlight: q.AttributesToHighlight, crop: map[string]int{}, positions: q.ShowMatchesPosition,
		style: style{
			pre: orElse(q.HighlightPreTag, "<em>"), post: orElse(q.HighlightPostTag, "</em>"),
			cropMarker: orElse(q.CropMarker, "…"),
		},
	}
	if f.retrieve == nil {
		f.retrieve = []string{"*"}
	}
	for _, attribute := range q.AttributesToCrop {
		name, length, found := strings.Cut(attribute, ":")
		words := orElse(q.CropLength, 10)
		if n, err := strconv.Atoi(length); found && err == nil {
			words = n
		}
		f.crop[name] = words
	}
	f.marker = newMarker(r)
	return f
}

// fields returns a stored document's displayed fields, with _formatted and
// _matchesPosition where they were asked for.
func (f *formatter) fields(raw []byte) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	out := map[string]json.RawMessage{}
	for name, value := range all {
		if !covers(f.displayed, name) {
			delete(all, name)
			continue
		}
		if covers(f.retrieve, name) {
			value, err := prune(name, value, f.displayed, f.retrieve)
			if err != nil {
				return nil, err
			}
			out[name] = value
		}
	}
	if len(f.highlight) == 0 && len(f.crop) == 0 && !f.positions {
		return out, nil
	}
	return out, f.addFormatted(out, all)
}

func (f *formatter) addFormatted(out, all map[string]json.RawMessage) error {
	formatted := map[string]any{}
	positions := map[string][]position{}
	shown := slices.Concat(f.retrieve, f.highlight, f.cropped())
	for name, value := range all {
		if f.positions {
			decoded, err := decodeAny(value)
			if err != nil {
				return err
			}
			f.collectPositions(name, decoded, nil, positions)
		}
		if !covers(shown, name) {
			continue
		}
		value, err := prune(name, value, f.displayed, shown)
		if err != nil {
			return err
		}
		decoded, err := decodeAny(value)
		if err != nil {
			return err
		}
		formatted[name] = f.formatValue(name, decoded)
	}
	var err error
	if len(formatted) > 0 && f.formatsAny() {
		if out["_formatted"], err = json.Marshal(formatted); err != nil {
			return err
		}
	}
	if f.positions {
		out["_matchesPosition"], err = json.Marshal(positions)
	}
	return err
}

// formatsAny says whether something that is displayed is to be highlighted or cropped.
func (f *formatter) formatsAny() bool {
	return slices.ContainsFunc(slices.Concat(f.highlight, f.cropped()), func(name string) bool {
		return name == "*" || covers(f.displayed, name)
	})
}

func (f *formatter) cropped() []string { return sortedKeys(f.crop) }

// covers says whether the patterns reach the attribute or something in it.
func covers(patterns []string, attribute string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return p == "*" || matchesAttribute(p, attribute) || strings.HasPrefix(p, attribute+".")
	})
}

// prune keeps of an object the members that both lists reach.
func prune(path string, raw json.RawMessage, lists ...[]string) (json.RawMessage, error) {
	if len(raw) == 0 || raw[0] != '{' && raw[0] != '[' ||
		!slices.ContainsFunc(lists, func(list []string) bool { return !matchesAny(list, path) }) {
		return raw, nil
	}
	if raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		for i, element := range list {
			pruned, err := prune(path, element, lists...)
			if err != nil {
				return nil, err
			}
			list[i] = pruned
		}
		return json.Marshal(list)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	for name, value := range object {
		at := path + "." + name
		if slices.ContainsFunc(lists, func(list []string) bool { return !covers(list, at) }) {
			delete(object, name)
			continue
		}
		pruned, err := prune(at, value, lists...)
		if err != nil {
			return nil, err
		}
		object[name] = pruned
	}
	return json.Marshal(object)
}

func decodeAny(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// formatValue formats every text of a value. Numbers become text, as they do
// in Meilisearch.
func (f *formatter) formatValue(path string, value any) any {
	switch v := value.(type) {
	case string:
		return f.formatText(path, v)
	case json.Number:
		return f.formatText(path, v.String())
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = f.formatValue(path, element)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = f.formatValue(path+"."+name, member)
		}
		return out
	}
	return value
}

func (f *formatter) formatText(path, text string) string {
	s := f.style
	s.highlight = matchesAny(f.highlight, path)
	for attribute, words := range f.crop {
		if matchesAttribute(attribute, path) {
			s.cropLength = words
		}
	}
	if !s.highlight && s.cropLength == 0 {
		return text
	}
	return f.marker.format(text, s)
}

// A position tells where a match is: where it starts in bytes, its length in characters, and, in a list, in which element.
type position struct {
	Start   int   `json:"start"`
	Length  int   `json:"length"`
	Indices []int `json:"indices,omitempty"`
}

func (f *formatter) collectPositions(path string, value any, indices []int, into map[string][]position) {
	text := ""
	switch v := value.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case []any:
		for i, element := range v {
			f.collectPositions(path, element, append(slices.Clone(indices), i), into)
		}
	case map[string]any:
		for name, member := range v {
			f.collectPositions(path+"."+name, member, indices, into)
		}
	}
	for _, mark := range f.marker.marks(text, tokens(text, f.marker.separators)) {
		into[path] = append(into[path], position{mark.start, utf8.RuneCountInString(text[mark.start:mark.end]), indices})
	}
}
