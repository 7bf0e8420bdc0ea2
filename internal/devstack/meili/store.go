package meili

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/golang/snappy"
	bolt "go.etcd.io/bbolt"
)

// Buckets of the side store. Bleve keeps words and values; everything else is
// here: documents, tasks with what they were sent, settings and keys.
var (
	bucketIndexes  = []byte("indexes")  // uid -> record
	bucketDocs     = []byte("docs")     // record.Data -> sequence -> document
	bucketStreams  = []byte("streams")  // record.Data -> sequence -> stream of its words
	bucketIDs      = []byte("ids")      // record.Data -> document id -> sequence
	bucketTasks    = []byte("tasks")    // task uid -> task
	bucketPayloads = []byte("payloads") // task uid -> body
	bucketKeys     = []byte("keys")     // key uid -> key
)

var allBuckets = [][]byte{bucketIndexes, bucketDocs, bucketStreams, bucketIDs, bucketTasks, bucketPayloads, bucketKeys}

// pageSize is that of a new side store: in pages of 4 kB documents of 1.6 kB would leave a third of each empty.
const pageSize = 16 << 10

// openStore opens the side store in dir. Without a dir the file is unlinked
// as soon as it is open, so that nothing is left however the process ends.
func openStore(dir string) (*bolt.DB, error) {
	path := filepath.Join(dir, "store.bolt")
	if dir == "" {
		temporary, err := os.MkdirTemp("", "askwell-search-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the search store: %w", err)
		}
		defer func() { _ = os.RemoveAll(temporary) }()
		path = filepath.Join(temporary, "store.bolt")
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the search folder: %w", err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, NoSync: dir == "", NoFreelistSync: true,
		PageSize: pageSize,
	})
	if err != nil {
		return nil, fmt.Errorf("open the search store %s (is another server using it?): %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range allBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("make bucket %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func key64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func putJSON(bucket *bolt.Bucket, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return bucket.Put(key, raw)
}

// packJSON is a document as it is stored.
func packJSON(raw []byte) []byte { return snappy.Encode(nil, raw) }

func storedJSON(value []byte) ([]byte, error) {
	raw, err := snappy.Decode(nil, value)
	if err != nil {
		return nil, fmt.Errorf("stored document is damaged: %w", err)
	}
	return raw, nil
}

// The data of one index within a transaction. Before the first document all
// buckets are nil.
type data struct{ docs, streams, ids *bolt.Bucket }

func readData(tx *bolt.Tx, number uint64) data {
	key := key64(number)
	return data{tx.Bucket(bucketDocs).Bucket(key), tx.Bucket(bucketStreams).Bucket(key), tx.Bucket(bucketIDs).Bucket(key)}
}

// writeData returns an index's buckets, making them at first use.
func writeData(tx *bolt.Tx, number uint64) (data, error) {
	var out data
	var err error
	for name, into := range map[string]**bolt.Bucket{
		string(bucketDocs): &out.docs, string(bucketStreams): &out.streams, string(bucketIDs): &out.ids,
	} {
		if *into, err = tx.Bucket([]byte(name)).CreateBucketIfNotExists(key64(number)); err != nil {
			return out, err
		}
		(*into).FillPercent = 0.9 // sequences only grow
	}
	out.ids.FillPercent = bolt.DefaultFillPercent
	return out, nil
}

func dropData(tx *bolt.Tx, number uint64) error {
	for _, name := range [][]byte{bucketDocs, bucketStreams, bucketIDs} {
		if bucket := tx.Bucket(name); bucket.Bucket(key64(number)) != nil {
			if err := bucket.DeleteBucket(key64(number)); err != nil {
				return err
			}
		}
	}
	return nil
}
