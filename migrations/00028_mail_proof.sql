-- +goose Up

-- Constant defaults: no row is rewritten.
ALTER TABLE inbound_mail
    ADD COLUMN mail_id text NOT NULL DEFAULT '', -- its Message-ID, in angle brackets: answers refer to it
    ADD COLUMN proof   text NOT NULL DEFAULT ''; -- a code: what shows that the sender's domain sent it; '' for nothing

-- +goose Down
ALTER TABLE inbound_mail DROP COLUMN mail_id, DROP COLUMN proof;
