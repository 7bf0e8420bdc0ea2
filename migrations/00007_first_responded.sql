-- +goose NO TRANSACTION

-- +goose Up
-- First responses by the time they were given, for the report on the work in hand. A ticket comes into it when it is answered, so
-- that intake pays nothing for it; what the report narrows by comes along, so that it reads no table row.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ticket_first_responded_idx ON ticket (first_responded_at)
    INCLUDE (queue_id, category, language, channel)
    WHERE first_responded_at IS NOT NULL AND excluded_reason IS NULL;

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS ticket_first_responded_idx;
