package meili

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

func (s *Server) addDocuments(r *request) (int, any, error) {
	uid := r.PathValue("uid")
	if err := checkIndexUID(uid, ""); err != nil {
		return 0, nil, err
	}
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch strings.TrimSpace(contentType) {
	case "application/json", "application/x-ndjson":
	case "text/csv":
		return 0, nil, unsupported("documents as CSV")
	default:
		return 0, nil, wrongContentType(contentType, "application/json`, `application/x-ndjson`, `text/csv")
	}
	body, err := r.body()
	if err != nil {
		return 0, nil, err
	}
	docs, err := splitDocuments(body)
	if err != nil {
		return 0, nil, err
	}
	if len(body) == 0 {
		return 0, nil, invalid("missing_payload", "A json payload is missing.")
	}
	t := task{
		IndexUID: &uid, Type: taskAdd, Work: work{Update: r.Method == http.MethodPut},
		Details: map[string]any{"receivedDocuments": len(docs), "indexedDocuments": nil},
	}
	if key := r.URL.Query().Get("primaryKey"); key != "" {
		t.Work.PrimaryKey = &key
	}
	return s.accepted(t, body)
}

// deletion enqueues a deletion from an index.
func (s *Server) deletion(r *request, w work, details map[string]any) (int, any, error) {
	uid := r.PathValue("uid")
	if err := checkIndexUID(uid, ""); err != nil {
		return 0, nil, err
	}
	details["deletedDocuments"] = nil
	return s.accepted(task{IndexUID: &uid, Type: taskDelete, Work: w, Details: details}, nil)
}

func (s *Server) deleteDocument(r *request) (int, any, error) {
	return s.deletion(r, work{IDs: []string{r.PathValue("id")}}, map[string]any{"providedIds": 1, "originalFilter": nil})
}

func (s *Server) deleteAllDocuments(r *request) (int, any, error) {
	return s.deletion(r, work{All: true}, map[string]any{"providedIds": 0, "originalFilter": nil})
}

func (s *Server) deleteBatch(r *request) (int, any, error) {
	var raw []json.RawMessage
	if err := r.decode(&raw, "invalid_document_"); err != nil {
		return 0, nil, err
	}
	ids := make([]string, len(raw))
	for i, id := range raw {
		if json.Unmarshal(id, &ids[i]) != nil {
			ids[i] = string(id)
		}
	}
	return s.deletion(r, work{IDs: ids}, map[string]any{"providedIds": len(ids), "originalFilter": nil})
}

func (s *Server) deleteByFilter(r *request) (int, any, error) {
	var in struct {
		Filter json.RawMessage `json:"filter"`
	}
	if err := r.decode(&in, "invalid_document_"); err != nil {
		return 0, nil, err
	}
	if len(in.Filter) == 0 {
		return 0, nil, invalid("missing_document_filter", "Missing field `filter`")
	}
	filter, apiErr := parseFilter(in.Filter, "invalid_document_filter")
	if apiErr != nil {
		return 0, nil, apiErr
	}
	if filter == nil {
		return 0, nil, invalid("invalid_document_filter", "Sending an empty filter is forbidden.")
	}
	return s.deletion(r, work{Filter: in.Filter}, map[string]any{"providedIds": 0, "originalFilter": string(in.Filter)})
}

// selectFields keeps the named fields; none named keeps all.
func selectFields(raw []byte, names []string) (json.RawMessage, error) {
	if len(names) == 0 || slices.Contains(names, "*") {
		return raw, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for name, value := range all {
		if !covers(names, name) {
			delete(all, name)
			continue
		}
		pruned, err := prune(name, value, names)
		if err != nil {
			return nil, err
		}
		all[name] = pruned
	}
	return json.Marshal(all)
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func (s *Server) getDocument(r *request) (int, any, error) {
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	id := r.PathValue("id")
	if !validDocumentID.MatchString(id) {
		return 0, nil, invalid("invalid_document_id", "Document identifier `%q` is invalid.", id)
	}
	var doc json.RawMessage
	err = s.db.View(func(tx *bolt.Tx) error {
		data := readData(tx, x.record().Data)
		if data.ids == nil || data.ids.Get([]byte(id)) == nil {
			return notFound("document_not_found", "Document `%s` not found.", id)
		}
		raw, err := storedJSON(data.docs.Get(data.ids.Get([]byte(id))))
		if err == nil {
			doc, err = selectFields(raw, splitList(r.URL.Query().Get("fields")))
		}
		return err
	})
	return http.StatusOK, doc, err
}

type documentsRequest struct {
	Offset          *int            `json:"offset"`
	Limit           *int            `json:"limit"`
	Fields          []string        `json:"fields"`
	Filter          json.RawMessage `json:"filter"`
	RetrieveVectors bool            `json:"retrieveVectors"`
	IDs             []string        `json:"ids"`
	Sort            []string        `json:"sort"`
}

func (s *Server) listDocuments(r *request) (int, any, error) {
	var in documentsRequest
	if r.Method == http.MethodPost {
		if err := r.decode(&in, "invalid_document_"); err != nil {
			return 0, nil, err
		}
	} else if err := in.fromQuery(r); err != nil {
		return 0, nil, err
	}
	for name, n := range map[string]*int{"offset": in.Offset, "limit": in.Limit} {
		if n != nil && *n < 0 {
			return 0, nil, invalid("invalid_document_"+name,
				"Invalid value type at `.%s`: expected a positive integer, but found a negative integer: `%d`", name, *n)
		}
	}
	if in.RetrieveVectors {
		return 0, nil, unsupported("vectors")
	}
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	offset, limit := orElse(in.Offset, 0), orElse(in.Limit, 20)
	results, total, err := x.list(r.Context(), in, offset, limit)
	return http.StatusOK, map[string]any{"results": results, "offset": offset, "limit": limit, "total": total}, err
}

func (in *documentsRequest) fromQuery(r *request) error {
	offset, err := r.number("offset", "invalid_document_offset", 0)
	if err != nil {
		return err
	}
	limit, err := r.number("limit", "invalid_document_limit", 20)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	in.Offset, in.Limit, in.Fields = &offset, &limit, splitList(q.Get("fields"))
	in.IDs, in.Sort = splitList(q.Get("ids")), splitList(q.Get("sort"))
	if filter := q.Get("filter"); filter != "" {
		in.Filter, err = json.Marshal(filter)
	}
	return err
}

// list returns documents in the order in which they came, or sorted.
func (x *searchIndex) list(ctx context.Context, in documentsRequest, offset, limit int) ([]json.RawMessage, int, error) {
	filter, apiErr := parseFilter(in.Filter, "invalid_document_filter")
	if apiErr != nil {
		return nil, 0, apiErr
	}
	v, err := x.view(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer v.close()
	set := v.live
	if filter != nil {
		if set, err = v.filter(filter, "invalid_document_filter"); err != nil {
			return nil, 0, err
		}
	}
	sort, apiErr := v.parseSort(in.Sort)
	if apiErr != nil {
		return nil, 0, apiErr
	}
	var rules []rule
	for _, by := range sort {
		rules = append(rules, v.valueRule(by.attribute, by.descending))
	}
	rules = append(rules, v.arrivalRule())
	results := []json.RawMessage{}
	total := 0
	err = x.db.View(func(tx *bolt.Tx) error {
		data := readData(tx, v.rec.Data)
		if data.docs == nil {
			return nil
		}
		if in.IDs != nil {
			if set, err = v.only(set, data.ids, in.IDs); err != nil {
				return err
			}
		}
		total = set.count()
		ordered := order(set.slice(), rules, offset, offset+limit)
		for _, doc := range ordered[min(offset, len(ordered)):min(offset+limit, len(ordered))] {
			sequence, err := v.sequence(doc)
			if err != nil {
				return err
			}
			value := data.docs.Get(sequence)
			if value == nil {
				continue // deleted since the view was taken
			}
			raw, err := storedJSON(value)
			if err != nil {
				return err
			}
			if raw, err = selectFields(raw, in.Fields); err != nil {
				return err
			}
			results = append(results, raw)
		}
		return nil
	})
	return results, total, err
}

// only keeps the documents of a set that have one of the identifiers.
func (v *view) only(set docSet, ids *bolt.Bucket, wanted []string) (docSet, error) {
	sequences := map[string]bool{}
	for _, id := range wanted {
		sequences[string(ids.Get([]byte(id)))] = true
	}
	kept := newDocSet(v.size)
	for _, doc := range set.slice() {
		sequence, err := v.sequence(doc)
		if err != nil {
			return nil, err
		}
		if sequences[string(sequence)] {
			kept.add(doc)
		}
	}
	return kept, nil
}
