package meili

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// splitDocuments takes a payload apart: a JSON array, one object, or objects
// one after another (NDJSON).
func splitDocuments(body []byte) ([]json.RawMessage, error) {
	body = bytes.TrimSpace(body)
	var docs []json.RawMessage
	if len(body) > 0 && body[0] == '[' {
		if err := json.Unmarshal(body, &docs); err != nil {
			return nil, malformed(err)
		}
	} else {
		decoder := json.NewDecoder(bytes.NewReader(body))
		for {
			var doc json.RawMessage
			err := decoder.Decode(&doc)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, malformed(err)
			}
			docs = append(docs, doc)
		}
	}
	for _, doc := range docs {
		if doc[0] != '{' {
			return nil, malformed(errors.New("documents must be objects"))
		}
	}
	return docs, nil
}

func malformed(err error) *apiError {
	return invalid("malformed_payload", "The json payload provided is malformed. `%s`.", err)
}

// settlePrimaryKey returns the index's primary key, the one given with the
// documents, or the only field of the first document that ends in "id".
func settlePrimaryKey(rec record, given *string, first json.RawMessage) (string, error) {
	if rec.PrimaryKey != nil {
		if given != nil && *given != *rec.PrimaryKey {
			return "", invalid("index_primary_key_already_exists",
				"Index `%s`: Index already has a primary key: `%s`.", rec.UID, *rec.PrimaryKey)
		}
		return *rec.PrimaryKey, nil
	}
	if given != nil {
		return *given, nil
	}
	var candidates []string
	for _, name := range fieldNames(first) {
		if strings.HasSuffix(strings.ToLower(name), "id") {
			candidates = append(candidates, name)
		}
	}
	switch len(candidates) {
	case 0:
		return "", invalid("index_primary_key_no_candidate_found", "Index `%s`: The primary key inference failed as the "+
			"engine did not find any field ending with `id` in its name. Please specify the primary key manually using "+
			"the `primaryKey` query parameter.", rec.UID)
	case 1:
		return candidates[0], nil
	}
	return "", invalid("index_primary_key_multiple_candidates_found", "Index `%s`: The primary key inference failed as the "+
		"engine found %d fields ending with `id` in their names: '%s' and '%s'. Please specify the primary key manually "+
		"using the `primaryKey` query parameter.", rec.UID, len(candidates), candidates[0], candidates[1])
}

var validDocumentID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,511}$`)

func documentID(primaryKey string, raw json.RawMessage) (string, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return "", malformed(err)
	}
	value, ok := doc[primaryKey]
	if !ok {
		return "", invalid("missing_document_id", "Document doesn't have a `%s` attribute: `%s`.", primaryKey, raw)
	}
	var text string
	if json.Unmarshal(value, &text) == nil && validDocumentID.MatchString(text) {
		return text, nil
	}
	var number json.Number
	if value[0] != '"' && json.Unmarshal(value, &number) == nil && number != "" {
		if _, err := number.Int64(); err == nil {
			return number.String(), nil
		}
	}
	return "", invalid("invalid_document_id", "Document identifier `%s` is invalid. A document identifier can be of type "+
		"integer or string, only composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and "+
		"can not be more than 511 bytes.", value)
}
