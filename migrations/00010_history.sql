-- +goose Up

-- Who set a calendar; NULL for the command `askwell calendar`.
ALTER TABLE calendar ADD COLUMN changed_by bigint REFERENCES staff;

-- What was imported keeps its times in its events, too, so that they can be told from the history like any other ticket's. A time
-- that an event here tells of already is none of the import's.
INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
SELECT t.id, h.kind, 'import', h.at, h.data
FROM ticket t
CROSS JOIN LATERAL (VALUES
    (1, 'replied', t.first_responded_at, '{}'::jsonb),
    (2, 'status_changed', t.solved_at, '{"to": "solved"}'),
    (3, 'excluded', t.excluded_at, jsonb_build_object('to', t.excluded_reason))) AS h (place, kind, at, data)
WHERE t.channel = 'import'
    AND h.at IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM ticket_event e
        WHERE e.ticket_id = t.id AND e.at = h.at AND (e.kind = h.kind OR h.kind = 'status_changed' AND e.data->>'to' = 'solved'))
ORDER BY t.id, h.at, h.place;

-- +goose Down
DELETE FROM ticket_event WHERE actor = 'import' AND kind <> 'opened';
ALTER TABLE calendar DROP COLUMN changed_by;
