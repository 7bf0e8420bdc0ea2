-- +goose Up

-- How an agent came to a ticket's account where the number that was given did not lead there: when they first had the ticket
-- before them, how often they searched, when it was found. The words that were searched for are nobody's business: tag is two
-- bytes of their hash, enough to know the same search when it is sent again.
CREATE TABLE account_lookup (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    staff_id  bigint NOT NULL REFERENCES staff,
    what      text NOT NULL CHECK (what IN ('looked', 'searched', 'found')),
    tag       integer CHECK (tag BETWEEN 0 AND 65535),
    at        timestamptz NOT NULL,
    CHECK ((what = 'searched') = (tag IS NOT NULL))
);
-- A ticket is looked at for the first time once, and its account found for the first time once.
CREATE UNIQUE INDEX account_lookup_once_key ON account_lookup (ticket_id, what) WHERE what <> 'searched';
CREATE UNIQUE INDEX account_lookup_tag_key ON account_lookup (ticket_id, staff_id, tag) WHERE what = 'searched';

-- +goose Down
DROP TABLE account_lookup;
