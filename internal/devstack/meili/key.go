package meili

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
)

// An apiKey opens some actions on some indexes.
type apiKey struct {
	Name        *string    `json:"name"`
	Description *string    `json:"description"`
	Key         string     `json:"key"`
	UID         string     `json:"uid"`
	Actions     []string   `json:"actions"`
	Indexes     []string   `json:"indexes"`
	ExpiresAt   *time.Time `json:"expiresAt"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

// knownActions are the ones Meilisearch knows; a group ends in ".*".
var knownActions = []string{
	"*", "*.get", "search", "documents.*", "documents.add", "documents.get", "documents.delete", "indexes.*", "indexes.create",
	"indexes.get", "indexes.update", "indexes.delete", "indexes.swap", "indexes.compact", "tasks.*", "tasks.get",
	"tasks.cancel", "tasks.delete", "settings.*", "settings.get", "settings.update", "stats.*", "stats.get", "metrics.*",
	"metrics.get", "dumps.*", "dumps.create", "snapshots.*", "snapshots.create", "version", "keys.get", "keys.create",
	"keys.update", "keys.delete", "experimental.get", "experimental.update", "network.get", "network.update", "export",
	"chatCompletions", "chats.*", "chats.get", "chats.delete", "chatsSettings.*", "chatsSettings.get", "chatsSettings.update",
	"webhooks.*", "webhooks.get", "webhooks.create", "webhooks.update", "webhooks.delete", "fields.post",
}

// globalActions reach beyond any index: a key that is limited to some may not hold them (from Meilisearch 1.48.3 on).
var globalActions = []string{
	"metrics.*", "metrics.get", "dumps.*", "dumps.create", "snapshots.*", "snapshots.create", "version", "keys.get", "keys.create", "keys.update",
	"keys.delete", "experimental.get", "experimental.update", "network.get", "network.update", "export", "webhooks.*", "webhooks.get",
	"webhooks.create", "webhooks.update", "webhooks.delete",
}

// allows says whether the key opens an action: it names it, its group or all.
func (k apiKey) allows(action string) bool {
	group, verb, _ := strings.Cut(action, ".")
	return slices.ContainsFunc(k.Actions, func(a string) bool {
		return a == "*" || a == action || a == group+".*" || a == "*.get" && verb == "get" && group != "keys"
	})
}

// opens says whether the key reaches an index.
func (k apiKey) opens(index string) bool {
	return slices.ContainsFunc(k.Indexes, func(p string) bool {
		prefix, wild := strings.CutSuffix(p, "*")
		return p == index || wild && strings.HasPrefix(index, prefix)
	})
}

func (k apiKey) expired() bool { return k.ExpiresAt != nil && k.ExpiresAt.Before(now()) }

// secret is the key that belongs to a uid: Meilisearch derives it from the
// master key, so that changing that one changes all.
func (s *Server) secret(uid string) string {
	mac := hmac.New(sha256.New, []byte(s.cfg.Key))
	mac.Write([]byte(uid))
	return hex.EncodeToString(mac.Sum(nil))
}

// ensureDefaultKeys makes the two keys a new Meilisearch begins with.
func (s *Server) ensureDefaultKeys() error {
	return s.db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(bucketKeys)
		if key, _ := bucket.Cursor().First(); key != nil {
			return nil
		}
		for _, k := range []apiKey{
			{Name: ptr("Default Search API Key"), Description: ptr("Use it to search from the frontend"), Actions: []string{"search"}},
			{Name: ptr("Default Admin API Key"), Description: ptr("Use it for anything that is not a search operation. " +
				"Caution! Do not expose it on a public frontend"), Actions: []string{"*"}},
		} {
			k.UID, k.Indexes, k.CreatedAt, k.UpdatedAt = uuid.NewString(), []string{"*"}, now(), now()
			if err := putJSON(bucket, []byte(k.UID), k); err != nil {
				return err
			}
		}
		return nil
	})
}

// keys lists all keys, the newest first.
func (s *Server) keys() ([]apiKey, error) {
	var all []apiKey
	err := s.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketKeys).ForEach(func(_, raw []byte) error {
			var k apiKey
			if err := json.Unmarshal(raw, &k); err != nil {
				return fmt.Errorf("decode key: %w", err)
			}
			k.Key = s.secret(k.UID)
			all = append(all, k)
			return nil
		})
	})
	slices.SortStableFunc(all, func(a, b apiKey) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return all, err
}

func (s *Server) findKey(keyOrUID string) (apiKey, error) {
	all, err := s.keys()
	if err != nil {
		return apiKey{}, err
	}
	for _, k := range all {
		if k.UID == keyOrUID || k.Key == keyOrUID {
			return k, nil
		}
	}
	return apiKey{}, notFound("api_key_not_found", "API key `%s` not found.", keyOrUID)
}

func (s *Server) saveKey(k apiKey) error {
	k.Key = ""
	return s.db.Update(func(tx *bolt.Tx) error { return putJSON(tx.Bucket(bucketKeys), []byte(k.UID), k) })
}

func (s *Server) listKeys(r *request) (int, any, error) {
	all, err := s.keys()
	if err != nil {
		return 0, nil, err
	}
	return page(r, all, "invalid_api_key_")
}

func (s *Server) getKey(r *request) (int, any, error) {
	k, err := s.findKey(r.PathValue("key"))
	return http.StatusOK, k, err
}

// An expiry has to be given, if only as null.
type expiry struct {
	given bool
	at    *string
}

func (e *expiry) UnmarshalJSON(raw []byte) error {
	e.given = true
	return json.Unmarshal(raw, &e.at)
}

func (s *Server) createKey(r *request) (int, any, error) {
	var in struct {
		Name        *string   `json:"name"`
		Description *string   `json:"description"`
		UID         string    `json:"uid"`
		Actions     *[]string `json:"actions"`
		Indexes     *[]string `json:"indexes"`
		ExpiresAt   expiry    `json:"expiresAt"`
	}
	if err := r.decode(&in, "invalid_api_key_"); err != nil {
		return 0, nil, err
	}
	k := apiKey{Name: in.Name, Description: in.Description, UID: in.UID, CreatedAt: now(), UpdatedAt: now()}
	if in.Actions == nil {
		return 0, nil, invalid("missing_api_key_actions", "Missing field `actions`")
	}
	if in.Indexes == nil {
		return 0, nil, invalid("missing_api_key_indexes", "Missing field `indexes`")
	}
	k.Actions, k.Indexes = *in.Actions, *in.Indexes
	for _, action := range k.Actions {
		if !slices.Contains(knownActions, action) {
			return 0, nil, invalid("invalid_api_key_actions", "Unknown value `%s` at `.actions[0]`: expected one of `%s`",
				action, strings.Join(knownActions, "`, `"))
		}
	}
	for _, index := range k.Indexes {
		if name := strings.TrimSuffix(index, "*"); name != "" && !validIndexUID.MatchString(name) {
			return 0, nil, invalid("invalid_api_key_indexes", "Invalid value at `.indexes`: `%s` is not a valid index uid pattern. Index uid "+
				"patterns can be an integer or a string containing only alphanumeric characters, hyphens (-), underscores (_), and optionally "+
				"end with a star (*).", index)
		}
	}
	if !slices.Contains(k.Indexes, "*") {
		for _, action := range k.Actions {
			if slices.Contains(globalActions, action) {
				return 0, nil, invalid("index_scoped_api_key_with_global_action", "The action `%s` is global: a key with it must reach all indexes (`[\"*\"]`).", action)
			}
		}
	}
	if !in.ExpiresAt.given {
		return 0, nil, invalid("missing_api_key_expires_at", "Missing field `expiresAt`")
	}
	if err := k.settle(in.ExpiresAt.at); err != nil {
		return 0, nil, err
	}
	if _, err := s.findKey(k.UID); err == nil {
		return 0, nil, newError(http.StatusConflict, typeInvalid, "api_key_already_exists",
			"`uid` field value `%s` is already an existing API key.", k.UID)
	}
	if err := s.saveKey(k); err != nil {
		return 0, nil, err
	}
	k.Key = s.secret(k.UID)
	return http.StatusCreated, k, nil
}

// settle checks the uid and reads the day of expiry.
func (k *apiKey) settle(expires *string) *apiError {
	if k.UID == "" {
		k.UID = uuid.NewString()
	} else if _, err := uuid.Parse(k.UID); err != nil {
		return invalid("invalid_api_key_uid", "Invalid value at `.uid`: invalid character in a uuid: `%s`", k.UID)
	}
	if expires == nil {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
		if at, err := time.Parse(layout, *expires); err == nil {
			if at.Before(now()) {
				return invalid("invalid_api_key_expires_at", "Invalid value at `.expiresAt`: `%s` is in the past", *expires)
			}
			k.ExpiresAt = &at
			return nil
		}
	}
	return invalid("invalid_api_key_expires_at", "Invalid value at `.expiresAt`: `%s` is not a valid date. It should follow "+
		"the RFC 3339 format to represents a date or datetime in the future.", *expires)
}

func (s *Server) updateKey(r *request) (int, any, error) {
	k, err := s.findKey(r.PathValue("key"))
	if err != nil {
		return 0, nil, err
	}
	var in struct {
		Name        *string         `json:"name"`
		Description *string         `json:"description"`
		UID         json.RawMessage `json:"uid"`
		Actions     json.RawMessage `json:"actions"`
		Indexes     json.RawMessage `json:"indexes"`
		ExpiresAt   json.RawMessage `json:"expiresAt"`
		CreatedAt   json.RawMessage `json:"createdAt"`
		UpdatedAt   json.RawMessage `json:"updatedAt"`
		Key         json.RawMessage `json:"key"`
	}
	if err := r.decode(&in, "invalid_api_key_"); err != nil {
		return 0, nil, err
	}
	for name, value := range map[string]json.RawMessage{
		"uid": in.UID, "actions": in.Actions, "indexes": in.Indexes, "expiresAt": in.ExpiresAt, "createdAt": in.CreatedAt,
		"updatedAt": in.UpdatedAt, "key": in.Key,
	} {
		if value != nil {
			return 0, nil, invalid("immutable_api_key_"+snake(name), "Immutable field `%s`: expected one of `description`, `name`", name)
		}
	}
	if in.Name != nil {
		k.Name = in.Name
	}
	if in.Description != nil {
		k.Description = in.Description
	}
	k.UpdatedAt = now()
	return http.StatusOK, k, s.saveKey(k)
}

func (s *Server) deleteKey(r *request) (int, any, error) {
	k, err := s.findKey(r.PathValue("key"))
	if err != nil {
		return 0, nil, err
	}
	err = s.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketKeys).Delete([]byte(k.UID)) })
	return http.StatusNoContent, nil, err
}
