-- +goose Up

-- Reports that are mailed to members of staff week by week or month by month. due_at is the moment of a mail that is on its way;
-- it goes away with the mail, so that each is sent once.
CREATE TABLE report_schedule (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id   bigint NOT NULL REFERENCES staff,
    every      text NOT NULL CHECK (every IN ('weekly', 'monthly')),
    weekday    smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),    -- 0 is Sunday; of weekly ones
    month_day  smallint NOT NULL CHECK (month_day BETWEEN 1 AND 31), -- of monthly ones; a short month's last day
    hour       smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),      -- on the desk's clock
    span       text NOT NULL CHECK (span IN ('week', 'four_weeks', 'thirteen_weeks', 'month', 'quarter', 'year')),
    measure    text NOT NULL,
    clock      text NOT NULL,
    compare_by text NOT NULL,
    category   text NOT NULL DEFAULT '',
    queue      text NOT NULL DEFAULT '',
    language   text NOT NULL DEFAULT '',
    channel    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    paused_at  timestamptz,
    next_at    timestamptz NOT NULL,
    due_at     timestamptz,
    sent_at    timestamptz,                   -- the last mail
    problem    text NOT NULL DEFAULT ''       -- why the last one was not sent; '' when it was
);
CREATE INDEX report_schedule_next_idx ON report_schedule (next_at) WHERE paused_at IS NULL;
CREATE INDEX report_schedule_staff_idx ON report_schedule (staff_id, id);

-- +goose Down
DROP TABLE report_schedule;
