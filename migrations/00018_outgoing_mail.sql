-- +goose NO TRANSACTION
-- +goose Up
-- A mail that is on its way out, a row from before its content leaves for the mail server until what became of it is recorded: so no
-- transaction is open while the mail server is asked, and what was handed over and not recorded is known. A mail that was sent leaves no
-- row; one that the server refused for good, or of which nobody knows, keeps its row until somebody has it sent again, or for 90 days.
-- words are the mail server's own and may quote an address.
CREATE TABLE IF NOT EXISTS outgoing_mail (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           text NOT NULL UNIQUE,
    task_id       bigint NOT NULL,
    kind          text NOT NULL, -- of the task
    subject_id    bigint NOT NULL,
    ticket_id     bigint, -- that it is about
    state         text NOT NULL
        CHECK (state IN ('claimed', 'leaving', 'waiting', 'sent', 'refused', 'unconfirmed', 'expired')),
    attempts      integer NOT NULL DEFAULT 1,
    claimed_until timestamptz NOT NULL, -- by one attempt
    begun_at      timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    fault         text NOT NULL DEFAULT '',
    code          integer NOT NULL DEFAULT 0,
    status        text NOT NULL DEFAULT '',
    words         text NOT NULL DEFAULT '' CHECK (length(words) <= 500)
);
CREATE INDEX IF NOT EXISTS outgoing_mail_ticket_idx ON outgoing_mail (ticket_id) WHERE ticket_id IS NOT NULL;
ALTER TABLE outgoing_mail SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A reply is sending while a mail server is asked, and unconfirmed when nobody knows whether it took it.
ALTER TABLE message
    DROP CONSTRAINT IF EXISTS message_delivery_check,
    ADD CONSTRAINT message_delivery_check
        CHECK (delivery IN ('none', 'waiting', 'sending', 'sent', 'failed', 'unconfirmed', 'withdrawn')) NOT VALID;
ALTER TABLE message VALIDATE CONSTRAINT message_delivery_check;

-- What runs by the clock runs in one process at a time: its name is held for as long as it runs, without a transaction.
CREATE TABLE IF NOT EXISTS job_hold (
    name       text PRIMARY KEY,
    held_until timestamptz NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS job_hold;
UPDATE message SET delivery = 'waiting' WHERE delivery = 'sending';
UPDATE message SET delivery = 'sent' WHERE delivery = 'unconfirmed';
ALTER TABLE message
    DROP CONSTRAINT IF EXISTS message_delivery_check,
    ADD CONSTRAINT message_delivery_check CHECK (delivery IN ('none', 'waiting', 'sent', 'failed', 'withdrawn')) NOT VALID;
ALTER TABLE message VALIDATE CONSTRAINT message_delivery_check;
DROP TABLE IF EXISTS outgoing_mail;
