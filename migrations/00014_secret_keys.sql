-- +goose Up

-- Recovery codes are hashed without the server's key, so that they outlive it: with argon2id, and one salt for an account's ten. Those
-- without a salt were made before, with the key; they count as long as SECRET_KEY holds it.
ALTER TABLE account_recovery_code ADD COLUMN salt bytea;
ALTER TABLE account_recovery_code ADD CONSTRAINT account_recovery_code_salt_check CHECK (length(salt) = 16) NOT VALID;
ALTER TABLE account_recovery_code VALIDATE CONSTRAINT account_recovery_code_salt_check;

-- How far `askwell secrets reseal` has come with each key that is no longer the newest. id is derived from the key. replies_through is
-- the last ticket whose reply address under this key stands in reply_address.
CREATE TABLE secret_key (
    id              bytea PRIMARY KEY CHECK (length(id) = 4),
    replies_through bigint NOT NULL DEFAULT 0,
    resealed_at     timestamptz -- everything that this key sealed was sealed again
);

-- The reply addresses that a key made, by a hash of their letters: an answer to an old mail is understood when the key is gone.
CREATE TABLE reply_address (
    hash      bytea PRIMARY KEY CHECK (length(hash) = 16),
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE
);
CREATE INDEX reply_address_ticket_idx ON reply_address (ticket_id);

-- +goose Down
DROP TABLE reply_address, secret_key;
ALTER TABLE account_recovery_code DROP COLUMN salt;
