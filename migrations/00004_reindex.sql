-- +goose Up

-- This desk's search indexes: the version of the settings in use, and how far the new ones have come that are being built
-- beside them.
CREATE TABLE search_index (
    prefix      text PRIMARY KEY,           -- of the indexes' names
    version     integer NOT NULL DEFAULT 0, -- in use; 0 before the first
    run         bigint,                     -- stands on the new ones, so that they are known again; null when none are built
    run_version integer,
    tickets_to  bigint NOT NULL DEFAULT 0,  -- rows up to these IDs are in the new ones
    accounts_to bigint NOT NULL DEFAULT 0,
    CHECK ((run IS NULL) = (run_version IS NULL))
);

-- What was sent to the indexes in use while new ones were being built: it has to be sent to those, too.
CREATE TABLE search_change (
    prefix text NOT NULL REFERENCES search_index,
    kind   text NOT NULL CHECK (kind IN ('ticket', 'account')),
    id     bigint NOT NULL,
    PRIMARY KEY (prefix, kind, id)
);

-- +goose Down
DROP TABLE search_change;
DROP TABLE search_index;
