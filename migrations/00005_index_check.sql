-- +goose Up

-- What each comparison of a search index with the database found and mended. A row a night and index: all of them stay, so that
-- their sums only grow.
CREATE TABLE index_check (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    index_name  text NOT NULL CHECK (index_name ~ '^[a-z_]+$'),
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    compared    bigint NOT NULL CHECK (compared >= 0),  -- rows
    missing     bigint NOT NULL CHECK (missing >= 0),   -- rows that had no document
    outdated    bigint NOT NULL CHECK (outdated >= 0),  -- documents of an older version than their row
    newer       bigint NOT NULL CHECK (newer >= 0),     -- documents of a newer version than their row, as after a restore
    left_over   bigint NOT NULL CHECK (left_over >= 0), -- documents without a row
    problem     text NOT NULL DEFAULT '',               -- why it broke off; '' when it went to its end
    CHECK (finished_at >= started_at)
);
CREATE INDEX index_check_name_idx ON index_check (index_name, id DESC);

-- +goose Down
DROP TABLE index_check;
