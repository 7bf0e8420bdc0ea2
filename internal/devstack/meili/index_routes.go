package meili

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	bolt "go.etcd.io/bbolt"
)

// pkgVersion is the Meilisearch version whose behaviour this server follows.
const pkgVersion = "1.50.0"

func (s *Server) health(*request) (int, any, error) {
	return http.StatusOK, map[string]string{"status": "available"}, nil
}

func (s *Server) version(*request) (int, any, error) {
	return http.StatusOK, map[string]string{"commitSha": "askwell-in-process", "commitDate": "unknown", "pkgVersion": pkgVersion}, nil
}

// records lists the indexes that the request's key reaches, by uid.
func (s *Server) records(r *request) []record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []record
	for _, uid := range sortedKeys(s.indexes) {
		if r.key.opens(uid) {
			all = append(all, s.indexes[uid].record())
		}
	}
	return all
}

func (s *Server) stats(r *request) (int, any, error) {
	indexes, last := map[string]any{}, (*time.Time)(nil)
	for _, rec := range s.records(r) {
		stats, err := s.statsOf(rec)
		if err != nil {
			return 0, nil, err
		}
		indexes[rec.UID] = stats
		if last == nil || rec.UpdatedAt.After(*last) {
			last = &rec.UpdatedAt
		}
	}
	size := s.diskSize()
	out := map[string]any{"databaseSize": size, "usedDatabaseSize": size, "lastUpdate": last, "indexes": indexes}
	if warning := s.Overgrown(); warning != "" {
		out["warning"] = warning // a field of ours
	}
	return http.StatusOK, out, nil
}

func (s *Server) diskSize() int64 {
	var size int64
	if s.cfg.Dir != "" {
		_ = filepath.Walk(s.cfg.Dir, func(_ string, info os.FileInfo, err error) error {
			if err == nil && !info.IsDir() {
				size += info.Size()
			}
			return nil
		})
	}
	return size
}

func (s *Server) statsOf(rec record) (map[string]any, error) {
	busy, err := s.isIndexing(rec.UID)
	if err != nil {
		return nil, err
	}
	var bytes int
	_ = s.db.View(func(tx *bolt.Tx) error {
		if docs := tx.Bucket(bucketDocs).Bucket(key64(rec.Data)); docs != nil {
			stats := docs.Stats()
			bytes = stats.LeafInuse
		}
		return nil
	})
	average := 0
	if rec.Documents > 0 {
		average = bytes / int(rec.Documents)
	}
	return map[string]any{
		"numberOfDocuments": rec.Documents, "isIndexing": busy, "fieldDistribution": rec.Fields,
		"rawDocumentDbSize": bytes, "avgDocumentSize": average, "numberOfEmbeddedDocuments": 0, "numberOfEmbeddings": 0,
	}, nil
}

func (s *Server) indexStats(r *request) (int, any, error) {
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	stats, err := s.statsOf(x.record())
	return http.StatusOK, stats, err
}

func (rec record) view() map[string]any {
	return map[string]any{
		"uid": rec.UID, "primaryKey": rec.PrimaryKey, "createdAt": rec.CreatedAt, "updatedAt": rec.UpdatedAt,
	}
}

func (s *Server) listIndexes(r *request) (int, any, error) {
	var all []map[string]any
	for _, rec := range s.records(r) {
		all = append(all, rec.view())
	}
	return page(r, all, "invalid_index_")
}

func (s *Server) getIndex(r *request) (int, any, error) {
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, x.record().view(), nil
}

var validIndexUID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,512}$`)

// checkIndexUID checks a name of an index; at is where in a body it stands, empty for one in the address.
func checkIndexUID(uid, at string) error {
	if validIndexUID.MatchString(uid) {
		return nil
	}
	place := ""
	if at != "" {
		place = "Invalid value at `" + at + "`: "
	}
	return invalid("invalid_index_uid", "%s`%s` is not a valid index uid. Index uid can be an integer or a string containing "+
		"only alphanumeric characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.", place, uid)
}

// accepted enqueues a task and answers with its summary.
func (s *Server) accepted(t task, payload []byte) (int, any, error) {
	t, err := s.enqueue(t, payload)
	return http.StatusAccepted, t.summary(), err
}

func (s *Server) postIndex(r *request) (int, any, error) {
	var in struct {
		UID        *string `json:"uid"`
		PrimaryKey *string `json:"primaryKey"`
	}
	if err := r.decode(&in, "invalid_index_"); err != nil {
		return 0, nil, err
	}
	if in.UID == nil {
		return 0, nil, invalid("missing_index_uid", "Missing field `uid`")
	}
	if err := checkIndexUID(*in.UID, ".uid"); err != nil {
		return 0, nil, err
	}
	if !r.key.opens(*in.UID) {
		return 0, nil, newError(http.StatusForbidden, typeAuth, "invalid_api_key", "The provided API key is invalid.")
	}
	if in.PrimaryKey != nil && *in.PrimaryKey == "" {
		in.PrimaryKey = nil
	}
	return s.accepted(task{
		IndexUID: in.UID, Type: taskIndexCreation, Details: map[string]any{"primaryKey": in.PrimaryKey},
		Work: work{PrimaryKey: in.PrimaryKey},
	}, nil)
}

func (s *Server) patchIndex(r *request) (int, any, error) {
	var in struct {
		UID        *string `json:"uid"`
		PrimaryKey *string `json:"primaryKey"`
	}
	if err := r.decode(&in, "invalid_index_"); err != nil {
		return 0, nil, err
	}
	if in.UID != nil {
		if err := checkIndexUID(*in.UID, ".uid"); err != nil {
			return 0, nil, err
		}
	}
	return s.accepted(task{
		IndexUID: ptr(r.PathValue("uid")), Type: taskIndexUpdate, Details: map[string]any{"primaryKey": in.PrimaryKey},
		Work: work{PrimaryKey: in.PrimaryKey, NewUID: in.UID},
	}, nil)
}

func (s *Server) deleteIndex(r *request) (int, any, error) {
	uid := r.PathValue("uid")
	if err := checkIndexUID(uid, ""); err != nil {
		return 0, nil, err
	}
	return s.accepted(task{IndexUID: &uid, Type: taskIndexDeletion}, nil)
}

func (s *Server) swapIndexes(r *request) (int, any, error) {
	var swaps []swap
	if err := r.decode(&swaps, "invalid_swap_"); err != nil {
		return 0, nil, err
	}
	seen := map[string]bool{}
	for at, pair := range swaps {
		if pair.Indexes == nil {
			return 0, nil, invalid("missing_swap_indexes", "Missing field `indexes` inside `[%d]`", at)
		}
		if len(pair.Indexes) != 2 {
			return 0, nil, invalid("invalid_swap_indexes", "Two indexes must be given for each swap. The list `%q` contains %d indexes.",
				pair.Indexes, len(pair.Indexes))
		}
		for n, uid := range pair.Indexes {
			if err := checkIndexUID(uid, fmt.Sprintf("[%d].indexes[%d]", at, n)); err != nil {
				return 0, nil, err
			}
			if !r.key.opens(uid) {
				return 0, nil, newError(http.StatusForbidden, typeAuth, "invalid_api_key", "The provided API key is invalid.")
			}
			if seen[uid] {
				return 0, nil, invalid("invalid_swap_duplicate_index_found",
					"Indexes must be declared only once during a swap. `%s` was specified several times.", uid)
			}
			seen[uid] = true
		}
	}
	return s.accepted(task{
		Type: taskIndexSwap, Details: map[string]any{"swaps": swaps}, Work: work{Swaps: swaps},
	}, nil)
}
