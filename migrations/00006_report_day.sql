-- +goose Up

-- What reports need of the tickets opened on one day (UTC), in the order of their opening, column by column, so that a report
-- reads days and not tickets. internal/report packs and reads it; a row is a function of that day's tickets and can be made
-- again from them at any time.
CREATE TABLE report_day (
    day            date PRIMARY KEY,
    tickets        integer NOT NULL CHECK (tickets > 0),
    made_at        timestamptz NOT NULL DEFAULT now(),
    category_names text[] NOT NULL, -- what the numbers in categories mean; the same for the other three
    queue_names    text[] NOT NULL,
    language_names text[] NOT NULL,
    channel_names  text[] NOT NULL,
    opened         bytea NOT NULL,
    responded      bytea NOT NULL,
    solved         bytea NOT NULL,
    groups         bytea NOT NULL,
    categories     bytea NOT NULL,
    queues         bytea NOT NULL,
    languages      bytea NOT NULL,
    channels       bytea NOT NULL,
    excluded       bytea NOT NULL
);

-- They are packed already.
ALTER TABLE report_day
    ALTER COLUMN opened SET STORAGE EXTERNAL, ALTER COLUMN responded SET STORAGE EXTERNAL, ALTER COLUMN solved SET STORAGE EXTERNAL,
    ALTER COLUMN groups SET STORAGE EXTERNAL, ALTER COLUMN categories SET STORAGE EXTERNAL, ALTER COLUMN queues SET STORAGE EXTERNAL,
    ALTER COLUMN languages SET STORAGE EXTERNAL, ALTER COLUMN channels SET STORAGE EXTERNAL, ALTER COLUMN excluded SET STORAGE EXTERNAL;

-- When the desk works, for business time, as internal/sla writes it. A change is a new version; the newest one holds.
CREATE TABLE calendar (
    version    integer PRIMARY KEY CHECK (version > 1),
    calendar   jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE report_day, calendar;
