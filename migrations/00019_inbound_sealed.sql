-- +goose Up

-- Mails as they came are sealed with the server's key. The version before writes raw, and reads nothing else: what it takes in meanwhile
-- stands there in the clear until a worker of this version seals it; what this version takes in is filed by this version alone, by a
-- task of a name that the other does not know.
ALTER TABLE inbound_mail
    ALTER COLUMN raw SET DEFAULT ''::bytea,
    ADD COLUMN sealed    bytea,                            -- the mail as it came; NULL while it stands in raw, and once it is swept
    ADD COLUMN size      bigint NOT NULL DEFAULT 0,        -- bytes, as it came; 0 while it stands in raw
    ADD COLUMN only_copy boolean NOT NULL DEFAULT false,   -- something in it stands nowhere else: no sweep takes it
    ADD COLUMN swept_at  timestamptz,                      -- the raw form went then
    ADD COLUMN signs     text[] NOT NULL DEFAULT '{}',     -- codes: why a program may have written it
    ADD COLUMN looked_at timestamptz,                      -- a person has looked at the signs
    ADD COLUMN looked_by bigint;
ALTER TABLE inbound_mail ADD CONSTRAINT inbound_mail_looked_by_fkey FOREIGN KEY (looked_by) REFERENCES staff NOT VALID;
ALTER TABLE inbound_mail VALIDATE CONSTRAINT inbound_mail_looked_by_fkey;
COMMENT ON COLUMN inbound_mail.fingerprint IS 'keyed hash of Message-ID and content: the same mail is kept once, and nobody can try contents against it';

CREATE INDEX inbound_mail_flagged_idx ON inbound_mail (received_at DESC, id DESC) WHERE signs <> '{}' AND looked_at IS NULL;
CREATE INDEX inbound_mail_clear_idx ON inbound_mail (id) WHERE raw <> ''::bytea;
CREATE INDEX inbound_mail_sweep_idx ON inbound_mail (decided_at) WHERE sealed IS NOT NULL AND NOT only_copy AND state IN ('filed', 'ignored', 'discarded');

-- What came with a mail and was not taken over: kinds of file that applicants may not attach, too large ones, too many. Sealed as the
-- mail is, and kept when its raw form goes.
CREATE TABLE inbound_file (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id bigint NOT NULL REFERENCES inbound_mail,
    name    text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    size    bigint NOT NULL CHECK (size >= 0), -- bytes, as it came
    sealed  bytea NOT NULL
);
CREATE INDEX inbound_file_mail_idx ON inbound_file (mail_id);

-- Who did what with a mail, beside deciding on it.
CREATE TABLE inbound_event (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id  bigint NOT NULL REFERENCES inbound_mail,
    kind     text NOT NULL CHECK (kind IN ('looked_at', 'file_fetched', 'file_infected')),
    file_id  bigint REFERENCES inbound_file,
    staff_id bigint NOT NULL REFERENCES staff,
    at       timestamptz NOT NULL
);
CREATE INDEX inbound_event_mail_idx ON inbound_event (mail_id);

-- +goose Down
DROP TABLE inbound_event, inbound_file;
DROP INDEX inbound_mail_flagged_idx, inbound_mail_clear_idx, inbound_mail_sweep_idx;
ALTER TABLE inbound_mail DROP COLUMN sealed, DROP COLUMN size, DROP COLUMN only_copy, DROP COLUMN swept_at, DROP COLUMN signs,
    DROP COLUMN looked_at, DROP COLUMN looked_by, ALTER COLUMN raw DROP DEFAULT;
