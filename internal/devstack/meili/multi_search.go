package meili

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
)

// A multiQuery is one search of several: a search with its index.
type multiQuery struct {
	searchRequest
	IndexUID          string             `json:"indexUid"`
	FederationOptions *federationOptions `json:"federationOptions"`
}

type federationOptions struct {
	Weight        *float64 `json:"weight"`
	QueryPosition *int     `json:"queryPosition"`
	Remote        *string  `json:"remote"`
}

func (s *Server) multiSearch(r *request) (int, any, error) {
	var in struct {
		Queries    *[]json.RawMessage `json:"queries"`
		Federation *json.RawMessage   `json:"federation"`
	}
	if err := r.decode(&in, "invalid_multi_search_"); err != nil {
		return 0, nil, err
	}
	if in.Queries == nil {
		return 0, nil, invalid("bad_request", "Missing field `queries`")
	}
	queries, err := r.readQueries(*in.Queries)
	if err != nil {
		return 0, nil, err
	}
	if in.Federation != nil && string(*in.Federation) != "null" {
		var f federation
		if err := decodeJSON(*in.Federation, &f, "invalid_multi_search_", ".federation"); err != nil {
			return 0, nil, err
		}
		return s.federate(r.Context(), queries, f)
	}
	for i, q := range queries {
		if q.FederationOptions != nil {
			return 0, nil, invalid("invalid_multi_search_federation_options", "Inside `.queries[%d]`: Using `federationOptions` is not allowed "+
				"in a non-federated search.\n - Hint: remove `federationOptions` from query #%d or add `federation` to the request.", i, i)
		}
	}
	all, err := s.searchAll(r.Context(), queries)
	if err != nil {
		return 0, nil, err
	}
	results := make([]map[string]any, 0, len(queries))
	for i, q := range queries {
		response := all[i].response(q.searchRequest)
		response["indexUid"] = q.IndexUID
		results = append(results, response)
	}
	return http.StatusOK, map[string]any{"results": results}, nil
}

// readQueries reads the queries and checks that the key reaches their indexes.
func (r *request) readQueries(raws []json.RawMessage) ([]multiQuery, error) {
	queries := make([]multiQuery, len(raws))
	for i, raw := range raws {
		at := ".queries[" + strconv.Itoa(i) + "]"
		q := &queries[i]
		if err := q.read(raw, at); err != nil {
			return nil, err
		}
		if q.IndexUID == "" {
			return nil, invalid("missing_index_uid", "Missing field `indexUid` inside `%s`", at)
		}
		if err := checkIndexUID(q.IndexUID, at+".indexUid"); err != nil {
			return nil, err
		}
		if o := q.FederationOptions; o != nil && o.Weight != nil && *o.Weight < 0 {
			return nil, invalid("invalid_multi_search_weight", "Invalid value at `%s.federationOptions.weight`: the value of `weight` is "+
				"invalid, expected a positive float (>= 0.0).", at)
		}
		if o := q.FederationOptions; o != nil && o.Remote != nil && *o.Remote != "" {
			return nil, unsupported("remote searches")
		}
		if !r.key.opens(q.IndexUID) {
			return nil, newError(http.StatusForbidden, typeAuth, "invalid_api_key", "The provided API key is invalid.")
		}
	}
	return queries, nil
}

// read takes the members of its own apart from the search's.
func (q *multiQuery) read(raw json.RawMessage, at string) error {
	var members map[string]json.RawMessage
	if err := decodeJSON(raw, &members, "invalid_multi_search_", at); err != nil {
		return err
	}
	own := map[string]json.RawMessage{}
	for _, name := range []string{"indexUid", "federationOptions"} {
		if value, ok := members[name]; ok {
			own[name] = value
			delete(members, name)
		}
	}
	mine, err := json.Marshal(own)
	if err != nil {
		return err
	}
	search, err := json.Marshal(members)
	if err != nil {
		return err
	}
	var options struct {
		IndexUID          string             `json:"indexUid"`
		FederationOptions *federationOptions `json:"federationOptions"`
	}
	if err := decodeJSON(mine, &options, "invalid_multi_search_", at); err != nil {
		return err
	}
	q.IndexUID, q.FederationOptions = options.IndexUID, options.FederationOptions
	return decodeJSON(search, &q.searchRequest, "invalid_search_", at)
}

// searchAll searches for all queries at the same time and returns what each one found.
func (s *Server) searchAll(ctx context.Context, queries []multiQuery) ([]*found, error) {
	all, errs := make([]*found, len(queries)), make([]error, len(queries))
	var searches sync.WaitGroup
	for i, q := range queries {
		searches.Go(func() { all[i], errs[i] = s.search(ctx, q.IndexUID, q.searchRequest) })
	}
	searches.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, insideQuery(i, err)
		}
	}
	return all, nil
}

// insideQuery says in which query an error is. An index that is not there is not the one that the address is of.
func insideQuery(i int, err error) error {
	var api *apiError
	if errors.As(err, &api) {
		inside := *api
		inside.Message = "Inside `.queries[" + strconv.Itoa(i) + "]`: " + api.Message
		if inside.status == http.StatusNotFound {
			inside.status = http.StatusBadRequest
		}
		return &inside
	}
	return err
}
