-- +goose Up

-- Constant defaults: no row is rewritten.
ALTER TABLE inbound_mail
    ADD COLUMN mail_id text NOT NULL DEFAULT '', -- its Message-ID, in angle brackets: answers refer to it
    ADD COLUMN proof   text NOT NULL DEFAULT ''; -- a code: what shows that the sender's domain sent it; '' for nothing

ALTER TABLE ticket ADD COLUMN sender_proven boolean NOT NULL DEFAULT false; -- the domain of the sender of the mail that opened it has sent it

-- Who fetched the source of a mail is kept, too.
ALTER TABLE inbound_event DROP CONSTRAINT inbound_event_kind_check;
ALTER TABLE inbound_event ADD CONSTRAINT inbound_event_kind_check CHECK (kind IN ('looked_at', 'file_fetched', 'file_infected', 'source_fetched')) NOT VALID;
ALTER TABLE inbound_event VALIDATE CONSTRAINT inbound_event_kind_check;

-- +goose Down
DELETE FROM inbound_event WHERE kind = 'source_fetched';
ALTER TABLE inbound_event DROP CONSTRAINT inbound_event_kind_check;
ALTER TABLE inbound_event ADD CONSTRAINT inbound_event_kind_check CHECK (kind IN ('looked_at', 'file_fetched', 'file_infected'));
ALTER TABLE ticket DROP COLUMN sender_proven;
ALTER TABLE inbound_mail DROP COLUMN mail_id, DROP COLUMN proof;
