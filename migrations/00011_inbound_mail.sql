-- +goose Up

-- The same token twice makes one message: a form sent twice, a mail delivered twice.
ALTER TABLE message ADD COLUMN token bytea CHECK (length(token) = 16);
CREATE UNIQUE INDEX message_token_key ON message (token) WHERE token IS NOT NULL;

-- Every mail that came in, as it came in. It stands here before the sender hears that we have it, and it stays.
CREATE TABLE inbound_mail (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source        text NOT NULL CHECK (source IN ('smtp', 'imap')),
    raw           bytea NOT NULL,
    fingerprint   bytea NOT NULL UNIQUE CHECK (length(fingerprint) = 32), -- of Message-ID and content: the same mail is kept once
    envelope_from text NOT NULL DEFAULT '' CHECK (length(envelope_from) <= 320),
    recipients    text[] NOT NULL DEFAULT '{}',
    received_at   timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'filed', 'quarantined', 'ignored', 'discarded')),
    why           text NOT NULL DEFAULT '' CHECK (why ~ '^([a-z]+(_[a-z]+)*)?$'), -- a code: why it is in that state
    decided_at    timestamptz,
    decided_by    bigint REFERENCES staff, -- NULL for the workers
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 500), -- in the words of whoever discarded it
    -- What a list shows, as far as it could be read.
    from_name     text NOT NULL DEFAULT '' CHECK (length(from_name) <= 200),
    from_address  text NOT NULL DEFAULT '' CHECK (length(from_address) <= 320),
    subject       text NOT NULL DEFAULT '' CHECK (length(subject) <= 300),
    body          text NOT NULL DEFAULT '', -- the whole text, with what was quoted
    left_out      text[] NOT NULL DEFAULT '{}', -- files that were not taken over
    ticket_id     bigint REFERENCES ticket, -- where it was filed, or for a mail in quarantine the ticket that it names
    message_id    bigint REFERENCES message,
    CHECK ((state = 'received') = (decided_at IS NULL))
);
CREATE INDEX inbound_mail_quarantine_idx ON inbound_mail (received_at DESC, id DESC) WHERE state = 'quarantined';
CREATE INDEX inbound_mail_aside_idx ON inbound_mail (received_at DESC, id DESC) WHERE state IN ('ignored', 'discarded');
CREATE INDEX inbound_mail_ticket_idx ON inbound_mail (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX inbound_mail_from_idx ON inbound_mail (lower(from_address), received_at);

-- +goose Down
DROP TABLE inbound_mail;
ALTER TABLE message DROP COLUMN token;
