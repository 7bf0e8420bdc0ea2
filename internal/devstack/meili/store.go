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
	bucketDocs     = []byte("docs")     // record.Data -> sequence -> stream and document
	bucketIDs      = []byte("ids")      // record.Data -> document id -> sequence
	bucketTasks    = []byte("tasks")    // task uid -> task
	bucketPayloads = []byte("payloads") // task uid -> body
	bucketKeys     = []byte("keys")     // key uid -> key
)

var allBuckets = [][]byte{bucketIndexes, bucketDocs, bucketIDs, bucketTasks, bucketPayloads, bucketKeys}

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

// A stored document is its stream's length, its stream, and its JSON.
func encodeStored(stream, raw []byte) []byte {
	out := binary.AppendUvarint(make([]byte, 0, len(stream)+len(raw)/2+16), uint64(len(stream)))
	out = append(out, stream...)
	return append(out, snappy.Encode(nil, raw)...)
}

func storedStream(value []byte) []byte {
	length, n := binary.Uvarint(value)
	if n <= 0 || uint64(len(value)-n) < length {
		return nil
	}
	return value[n : n+int(length)]
}

func storedJSON(value []byte) ([]byte, error) {
	length, n := binary.Uvarint(value)
	if n <= 0 || uint64(len(value)-n) < length {
		return nil, fmt.Errorf("stored document is damaged")
	}
	raw, err := snappy.Decode(nil, value[n+int(length):])
	if err != nil {
		return nil, fmt.Errorf("stored document is damaged: %w", err)
	}
	return raw, nil
}
