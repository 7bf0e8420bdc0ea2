package meili

import (
	"bytes"
	"compress/gzip"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

// maxPayload is Meilisearch's own limit on a body.
const maxPayload = 100 << 20

// A request is what a handler sees: who asks is settled already.
type request struct {
	*http.Request
	key apiKey
}

type handler func(*request) (status int, body any, err error)

// routes lists every URL with the action a key needs for it.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern, action string, h handler) { mux.HandleFunc(pattern, s.serve(action, h)) }

	on("GET /health", "", s.health)
	on("GET /version", "version", s.version)
	on("GET /stats", "stats.get", s.stats)
	on("GET /indexes", "indexes.get", s.listIndexes)
	on("POST /indexes", "indexes.create", s.postIndex)
	on("GET /indexes/{uid}", "indexes.get", s.getIndex)
	on("PATCH /indexes/{uid}", "indexes.update", s.patchIndex)
	on("DELETE /indexes/{uid}", "indexes.delete", s.deleteIndex)
	on("GET /indexes/{uid}/stats", "stats.get", s.indexStats)
	on("POST /swap-indexes", "indexes.swap", s.swapIndexes)

	on("GET /indexes/{uid}/settings", "settings.get", s.getSettings)
	on("PATCH /indexes/{uid}/settings", "settings.update", s.patchSettings)
	on("DELETE /indexes/{uid}/settings", "settings.update", s.deleteSettings)
	on("GET /indexes/{uid}/settings/{name}", "settings.get", s.getSetting)
	on("PUT /indexes/{uid}/settings/{name}", "settings.update", s.putSetting)
	on("PATCH /indexes/{uid}/settings/{name}", "settings.update", s.putSetting)
	on("DELETE /indexes/{uid}/settings/{name}", "settings.update", s.deleteSetting)

	on("POST /indexes/{uid}/documents", "documents.add", s.addDocuments)
	on("PUT /indexes/{uid}/documents", "documents.add", s.addDocuments)
	on("GET /indexes/{uid}/documents", "documents.get", s.listDocuments)
	on("POST /indexes/{uid}/documents/fetch", "documents.get", s.listDocuments)
	on("DELETE /indexes/{uid}/documents", "documents.delete", s.deleteAllDocuments)
	on("POST /indexes/{uid}/documents/delete", "documents.delete", s.deleteByFilter)
	on("POST /indexes/{uid}/documents/delete-batch", "documents.delete", s.deleteBatch)
	on("GET /indexes/{uid}/documents/{id}", "documents.get", s.getDocument)
	on("DELETE /indexes/{uid}/documents/{id}", "documents.delete", s.deleteDocument)

	on("POST /indexes/{uid}/search", "search", s.postSearch)
	on("GET /indexes/{uid}/search", "search", s.getSearch)
	on("POST /indexes/{uid}/facet-search", "search", s.facetSearch)
	on("POST /multi-search", "search", s.multiSearch)

	on("GET /tasks", "tasks.get", s.listTasks)
	on("GET /tasks/{task}", "tasks.get", s.getTask)
	on("POST /tasks/cancel", "tasks.cancel", s.cancelTasks)
	on("DELETE /tasks", "tasks.delete", s.deleteTasks)

	on("GET /keys", "keys.get", s.listKeys)
	on("POST /keys", "keys.create", s.createKey)
	on("GET /keys/{key}", "keys.get", s.getKey)
	on("PATCH /keys/{key}", "keys.update", s.updateKey)
	on("DELETE /keys/{key}", "keys.delete", s.deleteKey)

	for path, what := range unsupportedRoutes {
		on(path, "*", func(*request) (int, any, error) { return 0, nil, unsupported(what) })
	}
	on("/", "*", func(r *request) (int, any, error) {
		return 0, nil, notFound("not_found", "The path `%s` does not exist.", r.URL.Path)
	})
	return mux
}

// serve wraps a handler: it checks the key, and writes the body or the error.
func (s *Server) serve(action string, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxPayload)
		in := &request{Request: r}
		var status int
		var body any
		err := s.authorize(in, action)
		if uid := r.PathValue("uid"); err == nil && strings.Contains(r.Pattern, "{uid}") {
			err = checkIndexUID(uid, "")
		}
		if err == nil {
			status, body, err = h(in)
		}
		if err != nil {
			status, body = s.errorBody(r, err)
		}
		write(w, status, body)
	}
}

func (s *Server) errorBody(r *http.Request, err error) (int, any) {
	var api *apiError
	if errors.As(err, &api) {
		return api.status, api
	}
	if r.Context().Err() == nil { // otherwise nobody waits for it any more
		s.logger.Error("answer a search request", slog.String("method", r.Method), slog.String("route", r.Pattern), slog.Any("error", err))
	}
	return http.StatusInternalServerError, newError(http.StatusInternalServerError, typeInternal, "internal", "An internal error has occurred.")
}

func write(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimRight(buffer.Bytes(), "\n"))
}

// authorize finds out whose key came with the request and whether it opens
// the action and the index in the path.
func (s *Server) authorize(r *request, action string) error {
	if action == "" {
		return nil
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return newError(http.StatusUnauthorized, typeAuth, "missing_authorization_header",
			"The Authorization header is missing. It must use the bearer authorization method.")
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Key)) == 1 {
		r.key = apiKey{Actions: []string{"*"}, Indexes: []string{"*"}}
		return nil
	}
	if strings.Count(given, ".") == 2 {
		return unsupported("tenant tokens")
	}
	k, err := s.findKey(given)
	index := r.PathValue("uid")
	if err != nil || given != k.Key || k.expired() || !k.allows(action) || index != "" && !k.opens(index) {
		return newError(http.StatusForbidden, typeAuth, "invalid_api_key", "The provided API key is invalid.")
	}
	r.key = k
	return nil
}

// body reads the whole body, unpacked if need be.
func (r *request) body() ([]byte, error) {
	var reader io.Reader = r.Body
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, invalid("malformed_payload", "The payload is not valid gzip.")
		}
		reader = http.MaxBytesReader(nil, unpacked, maxPayload)
	default:
		return nil, unsupported("the content encoding " + encoding)
	}
	body, err := io.ReadAll(reader)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, newError(http.StatusRequestEntityTooLarge, typeInvalid, "payload_too_large",
			"The provided payload reached the size limit. The maximum accepted payload size is 100 MiB.")
	}
	if err != nil {
		return nil, invalid("bad_request", "The body could not be read.")
	}
	return body, nil
}

// decode reads a JSON body. codes is the beginning of the error codes of its
// fields.
func (r *request) decode(into any, codes string) error {
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(contentType) != "application/json" {
		return wrongContentType(contentType, "application/json")
	}
	body, err := r.body()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return invalid("missing_payload", "A json payload is missing.")
	}
	return decodeJSON(body, into, codes, "")
}

// decodeJSON reads a part of a body; at is where it stands. Members that are not known are refused.
func decodeJSON(raw []byte, into any, codes, at string) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return decodeError(err, codes, at)
	}
	return nil
}

func wrongContentType(given, accepted string) *apiError {
	if strings.TrimSpace(given) == "" {
		return newError(http.StatusUnsupportedMediaType, typeInvalid, "missing_content_type",
			"A Content-Type header is missing. Accepted values for the Content-Type header are: `%s`", accepted)
	}
	return newError(http.StatusUnsupportedMediaType, typeInvalid, "invalid_content_type",
		"The Content-Type `%s` is invalid. Accepted values for the Content-Type header are: `%s`", given, accepted)
}

// number reads a query parameter that counts something.
func (r *request) number(name, code string, otherwise int) (int, error) {
	if !r.URL.Query().Has(name) {
		return otherwise, nil
	}
	text := r.URL.Query().Get(name)
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, invalid(code, "Invalid value in parameter `%s`: could not parse `%s` as a positive integer", name, text)
	}
	return n, nil
}

// page cuts a list as offset and limit ask. codes is the beginning of the error codes of these.
func page[T any](r *request, all []T, codes string) (int, any, error) {
	offset, err := r.number("offset", codes+"offset", 0)
	if err != nil {
		return 0, nil, err
	}
	limit, err := r.number("limit", codes+"limit", 20)
	if err != nil {
		return 0, nil, err
	}
	from := min(offset, len(all))
	part := append([]T{}, all[from:min(from+limit, len(all))]...)
	return http.StatusOK, map[string]any{"results": part, "offset": offset, "limit": limit, "total": len(all)}, nil
}
