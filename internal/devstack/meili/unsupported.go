package meili

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"
)

// unsupported answers for the parts of Meilisearch that Askwell does not use. None of them is passed over in silence.
func unsupported(what string) *apiError {
	return newError(http.StatusNotImplemented, typeInvalid, "not_implemented",
		"The in-process search server does not support %s. Set MEILI_URL to a real Meilisearch for it.", what)
}

// unsupportedRoutes are Meilisearch's routes that Askwell does not use.
var unsupportedRoutes = map[string]string{
	"POST /dumps": "dumps", "POST /snapshots": "snapshots", "/batches": "the list of batches",
	"/batches/{batch}": "the list of batches", "/experimental-features": "experimental features", "/metrics": "metrics",
	"/network": "networks", "/webhooks": "webhooks", "/webhooks/{id}": "webhooks", "/chats": "chats", "/chats/": "chats",
	"POST /export": "export", "/dynamic-search-rules": "search rules", "/dynamic-search-rules/{id}": "search rules",
	"/indexes/{uid}/similar": "similar documents", "POST /indexes/{uid}/compact": "compaction",
	"POST /indexes/{uid}/documents/edit": "editing documents by function", "POST /indexes/{uid}/fields": "the list of fields",
	"GET /tasks/{task}/documents": "the documents of a task", "/logs/": "log streams",
}

// unsupportedSettings are fields of the settings and the routes of each.
var unsupportedSettings = map[string]string{"chat": "chat", "vectorStore": "vector-store", "foreignKeys": "foreign-keys"}

// checkSupported refuses settings that would change what is found, and do not here.
func (s settings) checkSupported() *apiError {
	for what, set := range map[string]bool{
		"embedders": len(s.Embedders) > 0, "a distinct attribute": s.DistinctAttribute != nil,
		"dictionaries and signs that part no words": len(s.NonSeparatorTokens)+len(s.Dictionary) > 0,
		"separator tokens of several signs":         slices.ContainsFunc(s.SeparatorTokens, func(t string) bool { return utf8.RuneCountInString(t) != 1 }),
		"localizedAttributes":                       len(s.LocalizedAttributes) > 0,
		"the proximity precision byAttribute":       s.ProximityPrecision == "byAttribute",
	} {
		if set {
			return unsupported(what)
		}
	}
	return nil
}

// unsupportedSearch are parameters of a search that would change its answer, and do not here.
type unsupportedSearch struct {
	RankingScoreThreshold   json.RawMessage `json:"rankingScoreThreshold"`
	ShowRankingScoreDetails bool            `json:"showRankingScoreDetails"`
	ShowPerformanceDetails  bool            `json:"showPerformanceDetails"`
	Distinct                json.RawMessage `json:"distinct"`
	Locales                 []string        `json:"locales"`
	Vector                  json.RawMessage `json:"vector"`
	Hybrid                  json.RawMessage `json:"hybrid"`
	RetrieveVectors         bool            `json:"retrieveVectors"`
	Media                   json.RawMessage `json:"media"`
	Personalize             json.RawMessage `json:"personalize"`
	UseNetwork              bool            `json:"useNetwork"`
}

func (q unsupportedSearch) check() *apiError {
	for what, asked := range map[string]bool{
		"vector search":           given(q.Vector) || given(q.Hybrid) || given(q.Media) || q.RetrieveVectors,
		"rankingScoreThreshold":   given(q.RankingScoreThreshold),
		"showRankingScoreDetails": q.ShowRankingScoreDetails, "showPerformanceDetails": q.ShowPerformanceDetails,
		"distinct": given(q.Distinct), "locales": len(q.Locales) > 0, "personalization": given(q.Personalize),
		"networks": q.UseNetwork,
	} {
		if asked {
			return unsupported(what)
		}
	}
	return nil
}

// unsupportedParameters are unsupportedSearch in the address of a GET.
var unsupportedParameters = []string{
	"rankingScoreThreshold", "showRankingScoreDetails", "showPerformanceDetails", "distinct", "locales", "vector", "hybridEmbedder",
	"hybridSemanticRatio", "retrieveVectors", "media", "personalizeUserContext", "useNetwork",
}

func checkParameters(q url.Values) *apiError {
	for name := range q {
		if value := q.Get(name); slices.Contains(unsupportedParameters, name) && value != "" && value != "false" {
			return unsupported(name)
		}
	}
	return nil
}

// unsupportedFederation are parameters of a federation.
type unsupportedFederation struct {
	MergeFacets             json.RawMessage `json:"mergeFacets"`
	Distinct                json.RawMessage `json:"distinct"`
	ShowPerformanceDetails  bool            `json:"showPerformanceDetails"`
	ShowRankingScoreDetails bool            `json:"showRankingScoreDetails"`
}

func (f unsupportedFederation) check() *apiError {
	for what, asked := range map[string]bool{
		"mergeFacets": given(f.MergeFacets), "distinct": given(f.Distinct),
		"showPerformanceDetails": f.ShowPerformanceDetails, "showRankingScoreDetails": f.ShowRankingScoreDetails,
	} {
		if asked {
			return unsupported(what)
		}
	}
	return nil
}

func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
