-- +goose Up

-- epoch counts the changes of an account's credentials: of its password, its address or its second step, each reset, and "sign out
-- everywhere". Sessions, mailed links and remembered browsers hold the number under which they were made, and are void once it differs.
-- It stands here and not beside the password, because an account without one has links, too. epoch_since is when it was last raised.
-- code_failures counts the wrong codes since the last right one; code_told_at is when the owner was last told of them. held_at: nobody can
-- set a password, because a change of address that the owner denied could not be undone (docs/operators.md).
ALTER TABLE account
    ADD COLUMN epoch         integer NOT NULL DEFAULT 1,
    ADD COLUMN epoch_since   timestamptz,
    ADD COLUMN code_failures integer NOT NULL DEFAULT 0,
    ADD COLUMN code_told_at  timestamptz,
    ADD COLUMN held_at       timestamptz;
UPDATE account a SET epoch = c.epoch FROM account_credential c WHERE c.account_id = a.id AND c.epoch <> 1;

-- The version before this one counts in account_credential.epoch alone, and may still be serving.
-- +goose StatementBegin
CREATE FUNCTION account_epoch_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET epoch = NEW.epoch, epoch_since = clock_timestamp() WHERE id = NEW.account_id AND epoch < NEW.epoch;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER account_epoch_follow AFTER UPDATE OF epoch ON account_credential
    FOR EACH ROW WHEN (NEW.epoch > OLD.epoch) EXECUTE FUNCTION account_epoch_follow();

-- An app that was begun under another epoch cannot be confirmed: somebody else may know its secret.
ALTER TABLE account_totp ADD COLUMN epoch integer;

-- Of a link: the epoch of its account. Of a password: the account number, where that was typed instead of an address.
ALTER TABLE mail_request
    ADD COLUMN epoch  integer,
    ADD COLUMN number text NOT NULL DEFAULT '' CHECK (number ~ '^([0-9]{12})?$');
UPDATE mail_request r SET epoch = a.epoch FROM account a WHERE a.id = r.account_id;
CREATE INDEX mail_request_account_idx ON mail_request (account_id, kind, id) WHERE account_id IS NOT NULL;

-- email_undo is the link by which the owner of an account's former address takes a change of it back.
ALTER TABLE mail_request
    DROP CONSTRAINT mail_request_kind_check,
    ADD CONSTRAINT mail_request_kind_check
        CHECK (kind IN ('registration', 'password', 'email', 'email_undo', 'number', 'status')) NOT VALID,
    DROP CONSTRAINT mail_request_email_check,
    ADD CONSTRAINT mail_request_email_check
        CHECK (length(email) <= 254 AND (position('@' IN email) > 1 OR email = '' AND number <> '')) NOT VALID;
ALTER TABLE mail_request
    VALIDATE CONSTRAINT mail_request_kind_check,
    VALIDATE CONSTRAINT mail_request_email_check;

-- Whose name was typed: an account can be named by its address and by its number. email_hash stands for what was typed.
ALTER TABLE sign_in_failure ADD COLUMN account_hash bytea;
CREATE INDEX sign_in_failure_account_idx ON sign_in_failure (account_hash, failed_at);

-- +goose Down
DROP INDEX sign_in_failure_account_idx;
ALTER TABLE sign_in_failure DROP COLUMN account_hash;
DELETE FROM mail_request WHERE kind = 'email_undo' OR email = '';
DROP INDEX mail_request_account_idx;
ALTER TABLE mail_request
    DROP CONSTRAINT mail_request_kind_check,
    ADD CONSTRAINT mail_request_kind_check CHECK (kind IN ('registration', 'password', 'email', 'number', 'status')),
    DROP CONSTRAINT mail_request_email_check,
    ADD CONSTRAINT mail_request_email_check CHECK (position('@' IN email) > 1 AND length(email) <= 254),
    DROP COLUMN number,
    DROP COLUMN epoch;
ALTER TABLE account_totp DROP COLUMN epoch;
UPDATE account_credential c SET epoch = a.epoch FROM account a WHERE a.id = c.account_id AND c.epoch < a.epoch;
DROP TRIGGER account_epoch_follow ON account_credential;
DROP FUNCTION account_epoch_follow;
ALTER TABLE account
    DROP COLUMN held_at,
    DROP COLUMN code_told_at,
    DROP COLUMN code_failures,
    DROP COLUMN epoch_since,
    DROP COLUMN epoch;
