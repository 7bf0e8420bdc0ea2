package search

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
)

// keyActions are all that Askwell does with Meilisearch, and so all that its key may do. What is missing here fails in the tests:
// they run with such a key. A key that is limited to indexes may hold no action beyond them, as version is.
var keyActions = []string{
	"search",
	"documents.add", "documents.get", "documents.delete",
	"indexes.create", "indexes.get", "indexes.delete", "indexes.swap",
	"settings.update",
	"tasks.get",
	"stats.get",
}

// keySpace makes the uid of a desk's key out of the prefix of its indexes: always the same one, and another for another desk.
var keySpace = uuid.MustParse("5d0f6f7e-6b3e-4b0e-9a57-0f7c1d2b8a46")

// grantTries bounds how often GrantKey begins again because somebody else changed the key meanwhile.
const grantTries = 5

func keyUID(prefix string) uuid.UUID { return uuid.NewSHA1(keySpace, []byte(prefix)) }

// KeyOf gives the value of a desk's key without asking Meilisearch, which computes it the same way: the HMAC-SHA256 of the key's
// uid under the master key, in hexadecimal. An empty prefix is the default one.
func KeyOf(master, prefix string) string {
	mac := hmac.New(sha256.New, []byte(master))
	mac.Write([]byte(keyUID(cmp.Or(prefix, commonPrefix)).String()))
	return hex.EncodeToString(mac.Sum(nil))
}

// GrantKey makes the key of the desk with these indexes, or brings it up to date, and gives its value, which stays the same for
// as long as the master key does. It may be called at any time and by several at once. Errors: forbidden when Meilisearch
// refuses the master key or has none; unavailable.
func GrantKey(ctx context.Context, url, master, prefix string) (string, error) {
	client := connect(Config{URL: url, Key: master}, writeTimeout)
	prefix = cmp.Or(prefix, commonPrefix)
	want := &meilisearch.Key{
		UID: keyUID(prefix).String(), Name: "Askwell", Description: "Made by askwell search-key: what the desk does with its own indexes.",
		Actions: keyActions, Indexes: []string{prefix + "*"},
	}
	for range grantTries {
		done, err := grant(ctx, client, want)
		if err != nil {
			return "", fmt.Errorf("make the search key: %w", err)
		}
		if done {
			return KeyOf(master, prefix), recordServer(ctx, client, prefix)
		}
	}
	return "", fmt.Errorf("make the search key: %w", failure.Unavailable("Somebody else keeps changing the search key.", nil))
}

// grant makes one attempt. Nobody can change what a key may do: one with another scope is taken away and made again. While it is
// away PostgreSQL answers, and writers come back.
func grant(ctx context.Context, client meilisearch.ServiceManager, want *meilisearch.Key) (done bool, err error) {
	have, err := client.GetKeyWithContext(ctx, want.UID)
	switch {
	case err == nil && sameScope(have, want):
		return true, nil
	case err == nil:
		if _, err := client.DeleteKeyWithContext(ctx, want.UID); err != nil && !isCode(err, "api_key_not_found") {
			return false, keyFailed("take the old key away", err)
		}
	case !isCode(err, "api_key_not_found"):
		return false, keyFailed("look for the key", err)
	}
	_, err = client.CreateKeyWithContext(ctx, want)
	if isCode(err, "api_key_already_exists") { // somebody was quicker: see whether it is the one we want
		return false, nil
	}
	return err == nil, keyFailed("make the key", err)
}

func sameScope(a, b *meilisearch.Key) bool {
	same := func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	return same(a.Actions, b.Actions) && same(a.Indexes, b.Indexes) && a.ExpiresAt.IsZero()
}

// serverIndex has one document, with the version of the server when GrantKey ran last: the desk's key may not ask for it.
func serverIndex(prefix string) string { return prefix + "server" }

const serverID = "server"

type serverNote struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	BuiltIn bool   `json:"built_in"` // no Meilisearch, but the one of internal/devstack
}

// builtInCommit is what the built-in search gives as the commit that it was made from.
const builtInCommit = "askwell-in-process"

// recordServer writes down which version the server is.
func recordServer(ctx context.Context, client meilisearch.ServiceManager, prefix string) error {
	version, err := client.VersionWithContext(ctx)
	if err != nil {
		return failed("ask for the version of Meilisearch", err)
	}
	key := "id"
	_, err = client.Index(serverIndex(prefix)).AddDocumentsWithContext(ctx, []serverNote{{serverID, version.PkgVersion, version.CommitSha == builtInCommit}}, &meilisearch.DocumentOptions{PrimaryKey: &key})
	return failed("record the version of Meilisearch", err)
}

// serverVersion is the server's, from itself where the key may ask (one of an older Askwell), else as GrantKey recorded it; "" when it is not known.
func (e *Engine) serverVersion(ctx context.Context) (string, error) {
	version, err := e.reader.VersionWithContext(ctx)
	if err == nil {
		return version.PkgVersion, nil
	}
	if !isCode(err, "invalid_api_key") {
		return "", failed("ask for the version of Meilisearch", err)
	}
	note, err := e.serverNote(ctx)
	return note.Version, err
}

// serverNote is what GrantKey recorded; empty when it did not.
func (e *Engine) serverNote(ctx context.Context) (note serverNote, err error) {
	err = e.reader.Index(serverIndex(commonPrefix)).GetDocumentWithContext(ctx, serverID, nil, &note)
	if isCode(err, "index_not_found", "document_not_found") {
		return serverNote{}, nil
	}
	return note, failed("read the version of Meilisearch", err)
}

// keyFailed is failed, with the reasons that a person can mend.
func keyFailed(what string, err error) error {
	switch {
	case isCode(err, "missing_master_key"):
		return failure.New(failure.KindForbidden, "Meilisearch runs without a master key: start it with one.", failed(what, err))
	case isCode(err, "invalid_api_key", "missing_authorization_header"):
		return failure.New(failure.KindForbidden, "Meilisearch refuses the master key.", failed(what, err))
	}
	var client *meilisearch.Error
	if errors.As(err, &client) && client.StatusCode >= 400 && client.StatusCode < 500 { // nothing of an applicant's is in a request about keys
		return failure.New(failure.KindInvalid, fmt.Sprintf("Meilisearch answers %d %s: %s", client.StatusCode, client.MeilisearchApiError.Code, client.MeilisearchApiError.Message), failed(what, err))
	}
	return failed(what, err)
}
