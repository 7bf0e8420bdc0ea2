-- +goose Up

-- What each member of staff searched for last. It may name applicants, so nobody reads another's and it goes after a month.
CREATE TABLE recent_search (
    staff_id bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    text     text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 400),
    at       timestamptz NOT NULL
);
CREATE UNIQUE INDEX recent_search_key ON recent_search (staff_id, lower(text));
CREATE INDEX recent_search_at_idx ON recent_search (at);

-- +goose Down
DROP TABLE recent_search;
