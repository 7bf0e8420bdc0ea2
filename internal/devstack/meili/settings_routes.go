package meili

import (
	"encoding/json"
	"net/http"
	"strings"
)

// settingRoutes gives each sub-route its field and the method that changes it.
var settingRoutes = map[string]struct{ field, method string }{
	"displayed-attributes":  {"displayedAttributes", http.MethodPut},
	"searchable-attributes": {"searchableAttributes", http.MethodPut},
	"filterable-attributes": {"filterableAttributes", http.MethodPut},
	"sortable-attributes":   {"sortableAttributes", http.MethodPut},
	"ranking-rules":         {"rankingRules", http.MethodPut},
	"stop-words":            {"stopWords", http.MethodPut},
	"non-separator-tokens":  {"nonSeparatorTokens", http.MethodPut},
	"separator-tokens":      {"separatorTokens", http.MethodPut},
	"dictionary":            {"dictionary", http.MethodPut},
	"synonyms":              {"synonyms", http.MethodPut},
	"distinct-attribute":    {"distinctAttribute", http.MethodPut},
	"proximity-precision":   {"proximityPrecision", http.MethodPut},
	"typo-tolerance":        {"typoTolerance", http.MethodPatch},
	"faceting":              {"faceting", http.MethodPatch},
	"pagination":            {"pagination", http.MethodPatch},
	"search-cutoff-ms":      {"searchCutoffMs", http.MethodPut},
	"localized-attributes":  {"localizedAttributes", http.MethodPut},
	"facet-search":          {"facetSearch", http.MethodPut},
	"prefix-search":         {"prefixSearch", http.MethodPut},
	"embedders":             {"embedders", http.MethodPatch},
}

func (s *Server) getSettings(r *request) (int, any, error) {
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, x.record().Settings, nil
}

func (s *Server) patchSettings(r *request) (int, any, error) {
	var patch json.RawMessage
	if err := r.decode(&patch, "invalid_settings_"); err != nil {
		return 0, nil, err
	}
	return s.acceptSettings(r, patch, work{})
}

// acceptSettings checks a change against the defaults, so that a bad one is
// refused at once and not by its task, and enqueues it.
func (s *Server) acceptSettings(r *request, patch json.RawMessage, w work) (int, any, error) {
	uid := r.PathValue("uid")
	if err := checkIndexUID(uid, ""); err != nil {
		return 0, nil, err
	}
	if err := mergeAlone(patch); err != nil {
		return 0, nil, err
	}
	var details map[string]any
	if err := json.Unmarshal(patch, &details); err != nil {
		return 0, nil, malformed(err)
	}
	return s.accepted(task{IndexUID: &uid, Type: taskSettings, Details: details, Work: w}, patch)
}

func (s *Server) deleteSettings(r *request) (int, any, error) {
	uid := r.PathValue("uid")
	if err := checkIndexUID(uid, ""); err != nil {
		return 0, nil, err
	}
	return s.accepted(task{IndexUID: &uid, Type: taskSettings, Work: work{All: true, Reset: true}}, nil)
}

func (s *Server) setting(r *request) (field, method string, err error) {
	route, ok := settingRoutes[r.PathValue("name")]
	if !ok {
		for field, path := range unsupportedSettings {
			if path == r.PathValue("name") {
				return "", "", unsupported("the setting " + field)
			}
		}
		return "", "", notFound("not_found", "The path `%s` does not exist.", r.URL.Path)
	}
	return route.field, route.method, nil
}

func (s *Server) getSetting(r *request) (int, any, error) {
	field, _, err := s.setting(r)
	if err != nil {
		return 0, nil, err
	}
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	raw, err := json.Marshal(x.record().Settings)
	if err != nil {
		return 0, nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, all[field], nil
}

func (s *Server) putSetting(r *request) (int, any, error) {
	field, method, err := s.setting(r)
	if err != nil {
		return 0, nil, err
	}
	if r.Method != method {
		return 0, nil, newError(http.StatusMethodNotAllowed, typeInvalid, "bad_request", "Use %s for this setting.", method)
	}
	var value json.RawMessage
	if err := r.decode(&value, "invalid_settings_"+strings.TrimSuffix(snake(field), "_")); err != nil {
		return 0, nil, err
	}
	return s.patchOne(r, field, value, work{})
}

func (s *Server) patchOne(r *request, field string, value json.RawMessage, w work) (int, any, error) {
	patch, err := json.Marshal(map[string]json.RawMessage{field: value})
	if err != nil {
		return 0, nil, malformed(err)
	}
	return s.acceptSettings(r, patch, w)
}

func (s *Server) deleteSetting(r *request) (int, any, error) {
	field, _, err := s.setting(r)
	if err != nil {
		return 0, nil, err
	}
	return s.patchOne(r, field, json.RawMessage("null"), work{Reset: true})
}
