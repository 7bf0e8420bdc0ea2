-- +goose Up

-- A mailbox that mails are taken from: which worker reads it, how that goes, and whether it may be begun with.
CREATE TABLE inbound_mailbox (
    name          text PRIMARY KEY,               -- host and folder, as imap://mail.example.org/INBOX
    holder        uuid,                           -- the worker that reads it
    held_until    timestamptz,                    -- unless that worker prolongs it
    begun_at      timestamptz,                    -- since when mails are taken from it
    read_at       timestamptz,                    -- when it was looked into last, without a problem
    problem       text NOT NULL DEFAULT '',       -- a code: why no mail comes in; '' for none
    detail        text NOT NULL DEFAULT '',       -- in the server's words
    problem_since timestamptz,
    waiting       integer NOT NULL DEFAULT 0,     -- mails in it, when it was looked into last
    oldest        timestamptz                     -- of them
);

-- A mail from a mailbox that its owner has answered is not acknowledged.
ALTER TABLE inbound_mail ADD COLUMN answered boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE inbound_mail DROP COLUMN answered;
DROP TABLE inbound_mailbox;
