-- +goose Up

-- Addresses were stored with characters that show nothing, and with a dot at the end: no mail arrives there, and nothing that is typed
-- finds them. Where another account has the clean address, the row stays as it is, for a person to decide.
WITH cleaned AS (
    UPDATE account a
    SET email = c.email, version = a.version + 1, updated_at = now()
    FROM (
        SELECT DISTINCT ON (lower(rtrim(regexp_replace(email, '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]', '', 'g'), '.')))
            id, rtrim(regexp_replace(email, '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]', '', 'g'), '.') AS email
        FROM account
        WHERE email ~ '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]' OR email LIKE '%.'
    ) c
    WHERE a.id = c.id AND position('@' IN c.email) > 1
        AND NOT EXISTS (SELECT FROM account o WHERE lower(o.email) = lower(c.email) AND o.id <> a.id)
    RETURNING a.id
)
INSERT INTO outbox (event, subject_id) SELECT 'account.changed', id FROM cleaned;
WITH cleaned AS (
    UPDATE ticket
    SET applicant_email = rtrim(regexp_replace(applicant_email, '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]', '', 'g'), '.'),
        version = version + 1
    WHERE applicant_email ~ '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]' OR applicant_email LIKE '%.'
    RETURNING id
)
INSERT INTO outbox (event, subject_id) SELECT 'ticket.changed', id FROM cleaned;

-- A member's epoch goes up to end every session of theirs: with a new password, another role, and when they leave or come back.
ALTER TABLE staff ADD COLUMN epoch integer NOT NULL DEFAULT 0, ADD COLUMN signed_in_at timestamptz;

-- What was done about a member of staff, in order; never changed afterwards. by says who did it, as far as the command knows.
CREATE TABLE staff_event (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff,
    kind     text NOT NULL CHECK (kind IN ('added', 'deactivated', 'activated', 'password_set', 'role_changed')),
    at       timestamptz NOT NULL DEFAULT now(),
    by       text NOT NULL CHECK (length(by) <= 200),
    data     jsonb NOT NULL DEFAULT '{}' -- of a role: from, to
);
CREATE INDEX staff_event_staff_idx ON staff_event (staff_id, id DESC);

-- +goose Down
DROP TABLE staff_event;
ALTER TABLE staff DROP COLUMN signed_in_at, DROP COLUMN epoch;
