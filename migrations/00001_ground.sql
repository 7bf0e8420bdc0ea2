-- +goose Up

-- Staff and their sign-in -----------------------------------------------------------------------------------------

CREATE TABLE staff (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL CHECK (email = btrim(email) AND position('@' IN email) > 1 AND length(email) <= 254),
    name          text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 128),
    role          text NOT NULL CHECK (role IN ('agent', 'supervisor', 'administrator')),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    demo          boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    deactivated_at timestamptz
);
CREATE UNIQUE INDEX staff_email_key ON staff (lower(email));

-- alexedwards/scs, pgxstore: the names are fixed by that library.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry_idx ON sessions (expiry);

-- Failed sign-ins. email_hash is a keyed hash, so that the table does not list who works here; network is the address cut
-- to /24 or /56; device is the hash of a cookie that only a browser holds which has signed in to this account before.
CREATE TABLE sign_in_failure (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email_hash bytea NOT NULL,
    network    inet NOT NULL,
    device     bytea,
    failed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_failure_email_idx ON sign_in_failure (email_hash, failed_at);
CREATE INDEX sign_in_failure_network_idx ON sign_in_failure (network, failed_at);

-- Where work goes --------------------------------------------------------------------------------------------------

CREATE TABLE queue (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code     text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name     text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 80),
    position integer NOT NULL DEFAULT 0
);

-- A category's code never changes. The label in another language is the message "category.<code>"; label stands where
-- there is none.
CREATE TABLE category (
    code       text PRIMARY KEY CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 60),
    group_code text NOT NULL CHECK (group_code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    label      text NOT NULL CHECK (length(btrim(label)) BETWEEN 1 AND 120),
    queue_id   bigint NOT NULL REFERENCES queue,
    position   integer NOT NULL DEFAULT 0,
    public     boolean NOT NULL DEFAULT true -- offered on the form; false for categories that only an import brought
);

INSERT INTO queue (code, name, position) VALUES
    ('cases', 'Cases', 1),
    ('details-and-appointments', 'Details and appointments', 2),
    ('online-accounts', 'Online accounts', 3),
    ('general', 'General', 4);

INSERT INTO category (code, group_code, label, queue_id, position)
SELECT c.code, c.group_code, c.label, q.id, c.position
FROM (VALUES
    ('processing-time', 'my-case', 'Outside normal processing time', 'cases', 1),
    ('notice-not-received', 'my-case', 'Notice not received', 'cases', 2),
    ('card-not-received', 'my-case', 'Card not received', 'cases', 3),
    ('document-not-received', 'my-case', 'Other document not received', 'cases', 4),
    ('error-on-notice', 'my-case', 'Error on a notice or card', 'cases', 5),
    ('case-question', 'my-case', 'Case status or general case question', 'cases', 6),
    ('change-of-address', 'details-and-appointments', 'Change of address', 'details-and-appointments', 7),
    ('reschedule-appointment', 'details-and-appointments', 'Reschedule an appointment', 'details-and-appointments', 8),
    ('accommodation', 'details-and-appointments', 'Disability accommodation', 'details-and-appointments', 9),
    ('cannot-sign-in', 'online-account', 'Cannot sign in', 'online-accounts', 10),
    ('access-code', 'online-account', 'Access code or linking a paper case', 'online-accounts', 11),
    ('technical-problem', 'online-account', 'Other technical problem', 'online-accounts', 12),
    ('feedback', 'other', 'Website or service feedback', 'general', 13),
    ('something-else', 'other', 'Something else', 'general', 14)
) AS c (code, group_code, label, queue, position)
JOIN queue AS q ON q.code = c.queue;

-- Applicants' accounts and cases --------------------------------------------------------------------------------------

CREATE TABLE account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Twelve digits, the last two of them ISO 7064 MOD 97-10 check digits.
    number        text NOT NULL UNIQUE CHECK (number ~ '^[0-9]{12}$' AND number::bigint % 97 = 1),
    name          text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 128),
    name_words    text[] NOT NULL, -- identifier.NameWords(name)
    email         text NOT NULL CHECK (position('@' IN email) > 1 AND length(email) <= 254),
    date_of_birth date,
    address       text NOT NULL DEFAULT '' CHECK (length(address) <= 1000),
    a_number      text CHECK (a_number ~ '^A[0-9]{7,9}$'),
    language      text NOT NULL DEFAULT 'en' CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]+)*$'),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    version       bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX account_email_key ON account (lower(email));
CREATE INDEX account_a_number_idx ON account (a_number) WHERE a_number IS NOT NULL;
CREATE INDEX account_name_words_idx ON account USING gin (name_words);

CREATE TABLE account_case (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     bigint NOT NULL REFERENCES account,
    receipt_number text NOT NULL UNIQUE CHECK (receipt_number ~ '^[A-Z]{3}[0-9]{10}$'),
    form           text NOT NULL CHECK (length(form) BETWEEN 1 AND 40),
    status         text NOT NULL CHECK (status ~ '^[a-z]+(-[a-z]+)*$'),
    received_on    date NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_case_account_idx ON account_case (account_id, received_on DESC);

CREATE TABLE account_case_status (
    case_id bigint NOT NULL REFERENCES account_case ON DELETE CASCADE,
    at      timestamptz NOT NULL DEFAULT now(),
    status  text NOT NULL,
    PRIMARY KEY (case_id, at)
);

-- Who of the staff looked at whose facts.
CREATE TABLE account_view (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    staff_id   bigint NOT NULL REFERENCES staff,
    what       text NOT NULL CHECK (what IN ('account', 'date_of_birth', 'a_number')),
    ticket_id  bigint,
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_view_account_idx ON account_view (account_id, at DESC);

-- Tickets ------------------------------------------------------------------------------------------------------------

CREATE TABLE ticket (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference          text NOT NULL UNIQUE
        CHECK (reference ~ '^ASK-[A-HJ-NPR-Y2-9]{4}-[A-HJ-NPR-Y2-9]{4}$'),
    version            bigint NOT NULL DEFAULT 1, -- counts changes; an index document carries it
    status             text NOT NULL DEFAULT 'new'
        CHECK (status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')),
    priority           text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    channel            text NOT NULL CHECK (channel IN ('form', 'portal', 'email', 'import', 'seed')),
    language           text NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]+)*$'),
    category           text NOT NULL REFERENCES category,
    category_submitted text NOT NULL REFERENCES category,
    queue_id           bigint NOT NULL REFERENCES queue,
    assignee_id        bigint REFERENCES staff,

    -- History from another desk may lack who asked: '' then, for that channel alone.
    applicant_name     text NOT NULL CHECK (length(btrim(applicant_name)) BETWEEN 1 AND 128 OR channel = 'import' AND applicant_name = ''),
    applicant_email    text NOT NULL
        CHECK (position('@' IN applicant_email) > 1 AND length(applicant_email) <= 254 OR channel = 'import' AND applicant_email = ''),
    subject            text NOT NULL CHECK (length(btrim(subject)) BETWEEN 1 AND 200),

    -- The number as given (masked where the law says so), and what it was read as when the inquiry came in.
    number_given       text NOT NULL DEFAULT '' CHECK (length(number_given) <= 200),
    number_read        text NOT NULL DEFAULT '' CHECK (length(number_read) <= 200),
    number_kind        text NOT NULL DEFAULT 'none',
    number_in_text     boolean NOT NULL DEFAULT false,
    number_group       text NOT NULL CHECK (number_group IN ('with', 'unusable', 'without')), -- fixed at submission

    link_state         text NOT NULL DEFAULT 'none'
        CHECK (link_state IN ('waiting', 'none', 'verified', 'corroborated', 'claimed', 'conflict', 'unmatched', 'unusable')),
    account_id         bigint REFERENCES account,
    link_confirmed_at  timestamptz,
    link_evidence      text[] NOT NULL DEFAULT '{}',

    opened_at          timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    awaiting_since     timestamptz, -- the applicant has waited for an answer since then
    first_responded_at timestamptz,
    solved_at          timestamptz, -- the first time only
    excluded_reason    text CHECK (excluded_reason IN ('merged', 'duplicate', 'spam', 'deleted')),
    excluded_at        timestamptz,
    suspected_of       text[] NOT NULL DEFAULT '{}', -- why it is quarantined as possible spam; empty when it is not

    form_token         bytea UNIQUE CHECK (length(form_token) = 16), -- hash: the same token twice makes one ticket
    import_key         bytea UNIQUE CHECK (length(import_key) = 16), -- hash: the same row twice makes one ticket

    CHECK (first_responded_at >= opened_at),
    CHECK (solved_at >= opened_at),
    CHECK ((excluded_reason IS NULL) = (excluded_at IS NULL)),
    CHECK (link_state NOT IN ('verified', 'corroborated', 'claimed', 'conflict') OR account_id IS NOT NULL)
);

-- The lists we know: everything by age, one status, one queue's work in hand, one agent's, those without an answer,
-- one account's, one person's.
-- The first one also carries all that a response-time report counts, so that a report reads no table row: 31,000 of
-- 100,000 tickets are 235 pages instead of 3,125.
CREATE INDEX ticket_opened_idx ON ticket (opened_at DESC, id DESC)
    INCLUDE (number_group, first_responded_at, solved_at, excluded_at, excluded_reason);
CREATE INDEX ticket_status_idx ON ticket (status, opened_at DESC, id DESC);
-- The views that the console counts on every page hold in their condition all that a view leaves out, excluded and quarantined
-- tickets, so that a count of 1,000 reads an index and not 1,000 rows.
CREATE INDEX ticket_in_hand_idx ON ticket (opened_at DESC, id DESC)
    WHERE status IN ('new', 'open', 'pending', 'on_hold') AND excluded_reason IS NULL AND suspected_of = '{}';
CREATE INDEX ticket_queue_idx ON ticket (queue_id, opened_at DESC, id DESC)
    WHERE status IN ('new', 'open', 'pending', 'on_hold') AND excluded_reason IS NULL AND suspected_of = '{}';
CREATE INDEX ticket_assignee_idx ON ticket (assignee_id, opened_at DESC, id DESC)
    WHERE status IN ('new', 'open', 'pending', 'on_hold') AND excluded_reason IS NULL AND suspected_of = '{}';
CREATE INDEX ticket_awaiting_idx ON ticket (awaiting_since, id)
    WHERE awaiting_since IS NOT NULL AND excluded_reason IS NULL AND suspected_of = '{}';
CREATE INDEX ticket_link_state_idx ON ticket (link_state, opened_at DESC, id DESC)
    WHERE link_state IN ('claimed', 'conflict', 'unmatched', 'unusable');
CREATE INDEX ticket_category_idx ON ticket (category, opened_at DESC, id DESC);
CREATE INDEX ticket_suspected_idx ON ticket (opened_at DESC, id DESC) WHERE suspected_of <> '{}' AND excluded_reason IS NULL;
CREATE INDEX ticket_account_idx ON ticket (account_id, opened_at DESC) WHERE account_id IS NOT NULL;
CREATE INDEX ticket_number_read_idx ON ticket (number_read) WHERE number_read <> '';
CREATE INDEX ticket_applicant_email_idx ON ticket (lower(applicant_email), opened_at DESC);

-- An index can answer alone only for pages that a vacuum has seen: vacuum after 2 % of changes, not after 20 %.
ALTER TABLE ticket SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

CREATE TABLE message (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id      bigint NOT NULL REFERENCES ticket,
    kind           text NOT NULL CHECK (kind IN ('inquiry', 'applicant', 'reply', 'note')),
    staff_id       bigint REFERENCES staff,
    body           text NOT NULL CHECK (length(body) BETWEEN 1 AND 100000),
    created_at     timestamptz NOT NULL,
    -- Only for public replies: e-mail is sent after deliver_at; until then the reply can be withdrawn.
    delivery       text NOT NULL DEFAULT 'none'
        CHECK (delivery IN ('none', 'waiting', 'sent', 'failed', 'withdrawn')),
    recipient      text,
    deliver_at     timestamptz,
    delivered_at   timestamptz,
    CHECK ((kind IN ('reply', 'note')) = (staff_id IS NOT NULL) OR kind = 'reply'), -- an imported reply has no author here
    CHECK ((kind = 'reply') = (delivery <> 'none'))
);
CREATE INDEX message_ticket_idx ON message (ticket_id, id);

CREATE TABLE attachment (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id  bigint NOT NULL REFERENCES message,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    media_type  text NOT NULL CHECK (length(media_type) <= 100),
    size        bigint NOT NULL CHECK (size > 0),
    sha256      bytea NOT NULL CHECK (length(sha256) = 32),
    storage_key text NOT NULL UNIQUE,
    scan        text NOT NULL DEFAULT 'waiting' CHECK (scan IN ('not_scanned', 'waiting', 'clean', 'infected')),
    scanned_at  timestamptz
);
CREATE INDEX attachment_message_idx ON attachment (message_id);

-- Everything that happened to a ticket, in order; never changed afterwards.
CREATE TABLE ticket_event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES ticket,
    kind      text NOT NULL CHECK (kind ~ '^[a-z]+(_[a-z]+)*$'),
    actor     text NOT NULL CHECK (actor IN ('applicant', 'staff', 'worker', 'import')),
    staff_id  bigint REFERENCES staff,
    at        timestamptz NOT NULL,
    data      jsonb NOT NULL DEFAULT '{}',
    CHECK ((actor = 'staff') = (staff_id IS NOT NULL))
);
CREATE INDEX ticket_event_ticket_idx ON ticket_event (ticket_id, id);

-- What is still to be done -----------------------------------------------------------------------------------------

CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event      text NOT NULL,
    subject_id bigint NOT NULL,
    not_before timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE outbox_task (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task        text NOT NULL,
    subject_id  bigint NOT NULL,
    due_at      timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    last_error  text,
    given_up_at timestamptz
);
CREATE INDEX outbox_task_due_idx ON outbox_task (task, due_at) WHERE given_up_at IS NULL;
CREATE INDEX outbox_task_subject_idx ON outbox_task (subject_id, task);

-- Both tables empty themselves all the time: vacuum them by count, not by share.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE outbox_task SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- +goose Down
DROP TABLE outbox_task, outbox, ticket_event, attachment, message, ticket, account_view, account_case_status,
    account_case, account, category, queue, sign_in_failure, sessions, staff;
