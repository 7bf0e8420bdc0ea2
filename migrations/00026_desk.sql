-- +goose Up

-- The desk itself, one row: what tells it from others on the same Redis, and from a copy of it.
CREATE TABLE desk (
    only_one        boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    mark            uuid,        -- the same stands beside the files; NULL until it does
    mail_held_since timestamptz, -- no mail leaves from then on, until somebody lets it go
    mail_held_for   text NOT NULL DEFAULT '' -- a code: why
);
INSERT INTO desk DEFAULT VALUES;

-- +goose Down
DROP TABLE desk;
