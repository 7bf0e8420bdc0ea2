-- +goose Up

-- How an applicant signs in; an account that came from a file has none until its owner sets a password. epoch goes up to end every
-- session.
CREATE TABLE account_credential (
    account_id    bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    epoch         integer NOT NULL DEFAULT 1,
    changed_at    timestamptz NOT NULL
);

-- What somebody asked for that is answered by a mail to the address on file. The page that takes it looks nothing up, so that it tells
-- nothing, not even by its time: a worker decides what the mail says, and whether there is one. The mail's link holds a token that only
-- the server's key can make from the nonce; here stands its hash. Rows go away a day after they expire.
CREATE TABLE mail_request (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('registration', 'password', 'email', 'number', 'status')),
    email         text NOT NULL CHECK (position('@' IN email) > 1 AND length(email) <= 254),
    language      text NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]+)*$'),
    nonce         bytea NOT NULL CHECK (length(nonce) = 16),
    token_hash    bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    asked_at      timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    answered_at   timestamptz, -- a worker dealt with it
    used_at       timestamptz, -- its link was used
    account_id    bigint REFERENCES account ON DELETE CASCADE,
    ticket_id     bigint REFERENCES ticket ON DELETE CASCADE,
    -- Of a status: the ticket asked for, as typed.
    reference     text NOT NULL DEFAULT '' CHECK (length(reference) <= 40),
    -- Of a registration.
    name          text NOT NULL DEFAULT '' CHECK (length(name) <= 128),
    date_of_birth date,
    address       text NOT NULL DEFAULT '' CHECK (length(address) <= 1000),
    password_hash text NOT NULL DEFAULT '',
    CHECK ((kind = 'registration') = (password_hash <> ''))
);
CREATE INDEX mail_request_expires_idx ON mail_request (expires_at);

-- What happened to an account, in order; never changed afterwards. data holds codes, and for a changed detail what stood there before.
CREATE TABLE account_event (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind ~ '^[a-z]+(_[a-z]+)*$'),
    at         timestamptz NOT NULL,
    network    inet,                       -- of the browser, cut to /24 or /56
    browser    text NOT NULL DEFAULT '' CHECK (length(browser) <= 80), -- "Firefox, Android"
    data       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX account_event_account_idx ON account_event (account_id, id DESC);

-- Second factors. The secret of the time-based codes is encrypted with the server's key; last_step keeps a code from being used twice.
CREATE TABLE account_totp (
    account_id   bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    confirmed_at timestamptz -- NULL while it is being set up
);
CREATE TABLE account_passkey (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    credential    jsonb NOT NULL, -- as go-webauthn keeps it: public key, counter, transports
    name          text NOT NULL CHECK (length(btrim(name)) BETWEEN 1 AND 80),
    created_at    timestamptz NOT NULL,
    used_at       timestamptz
);
CREATE INDEX account_passkey_account_idx ON account_passkey (account_id);
CREATE TABLE account_recovery_code (
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    code_hash  bytea NOT NULL CHECK (length(code_hash) = 32), -- keyed
    used_at    timestamptz,
    PRIMARY KEY (account_id, code_hash)
);

-- What an applicant thinks of the answers; the last word counts.
CREATE TABLE ticket_rating (
    ticket_id bigint PRIMARY KEY REFERENCES ticket,
    helpful   boolean NOT NULL,
    words     text NOT NULL DEFAULT '' CHECK (length(words) <= 2000),
    at        timestamptz NOT NULL
);

-- +goose Down
DROP TABLE ticket_rating, account_recovery_code, account_passkey, account_totp, account_event, mail_request, account_credential;
