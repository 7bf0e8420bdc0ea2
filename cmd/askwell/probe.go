package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/postgres"
)

// What /readyz and doctor try of each service is what Askwell does with it: it writes something, and takes it away again.

// probeSize is written to FILES_DIR, in bytes: less than any photograph, more than a disk has that is called full.
const probeSize = 256 << 10

// writeRedis keeps a key for a moment: a server that is full, or that only reads, still answers PING.
func writeRedis(ctx context.Context, client redis.UniversalClient) error {
	return client.Set(ctx, "askwell:ready", strings.Repeat("x", 1024), time.Second).Err()
}

// writeFile stores a file as an applicant's is stored.
func writeFile(ctx context.Context, folder *files.Folder) error {
	stored, err := folder.Put(ctx, strings.NewReader(strings.Repeat("x", probeSize)))
	if err != nil {
		return err
	}
	return folder.Delete(ctx, stored.Key)
}

// databaseAdvice says what to do about a database that answers and cannot be used.
func databaseAdvice(err error) string {
	var unusable *postgres.Unusable
	if !errors.As(err, &unusable) {
		return "It answers, but it cannot be used: its own log tells more."
	}
	switch unusable.Fault {
	case postgres.FaultReadOnly:
		return "It can only read: DATABASE_URL leads to a standby, or default_transaction_read_only is on. Let the address lead to the primary, or promote this server. Until then every question is answered with 503."
	case postgres.FaultFull:
		return "Its disk is full: free some room, or make the disk larger. Until then every question is answered with 503."
	case postgres.FaultRights:
		return "The role in DATABASE_URL may not do what Askwell does: grant it SELECT, INSERT, UPDATE and DELETE on all tables (docs/operators.md, Two roles)."
	case postgres.FaultNoSchema, postgres.FaultOldSchema:
		return fmt.Sprintf("The schema is not that of this version (%s): run askwell migrate.", unusable.Error())
	case postgres.FaultNoObject:
		return "Something that Askwell calls is not there, or lies outside the search path of the role in DATABASE_URL, as an extension in a schema of its own may: set it with ALTER ROLE ... SET search_path (docs/database.md)."
	case postgres.FaultEncoding:
		return "Its encoding is " + unusable.Detail + ", and names in other scripts cannot be kept: make a database with ENCODING 'UTF8', and move the data there (docs/database.md)."
	case postgres.FaultPooler:
		return "DATABASE_URL leads to a pooler that pools by statement, and no transaction is possible there: set its pool_mode to transaction or session (docs/database.md)."
	case postgres.FaultNewSchema:
		return "A later version of Askwell has migrated this database (" + unusable.Detail + "): install that version here, too. There is nothing to migrate, and the schema does not go back."
	}
	return "It cannot be used."
}

// redisAdvice says what to do about a Redis that answers and takes nothing.
func redisAdvice(err error) string {
	switch text := err.Error(); {
	case strings.HasPrefix(text, "OOM"):
		return "It has reached maxmemory and takes nothing more: give it more memory (CONFIG SET maxmemory). Until then tasks wait in the database; none is lost."
	case strings.HasPrefix(text, "READONLY"):
		return "It is a replica, which only reads: let REDIS_URL lead to the primary. Until then tasks wait in the database; none is lost."
	case strings.HasPrefix(text, "MISCONF"):
		return "It cannot save to its disk and takes nothing more: free some room there, or set stop-writes-on-bgsave-error to no. Until then tasks wait in the database; none is lost."
	case strings.HasPrefix(text, "NOPERM") && strings.Contains(text, "'cluster"):
		return "The user in REDIS_URL may not ask the cluster for its nodes: give it both lines of docs/redis.md, on every node. Until then tasks wait in the database; none is lost."
	case strings.HasPrefix(text, "NOPERM"):
		return "The user in REDIS_URL may not write: see its ACL. Until then tasks wait in the database; none is lost."
	}
	return "It answers, but it takes nothing. Until it does, tasks wait in the database; none is lost."
}

// filesAdvice says what to do about a folder that takes no file.
func filesAdvice(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "The disk of FILES_DIR is full: applicants' files are refused, questions without files are taken. Free some room, or make the disk larger."
	case errors.Is(err, syscall.EROFS):
		return "FILES_DIR lies on a disk that can only be read: applicants' files are refused. Mount it for writing."
	}
	return "FILES_DIR cannot be written: applicants' files are refused. See that the folder is there and belongs to this account."
}
