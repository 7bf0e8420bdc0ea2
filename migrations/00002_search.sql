-- +goose Up

-- The first ticket from an address stands for the address in the search index, which holds no addresses.
CREATE INDEX ticket_sender_idx ON ticket (lower(applicant_email), id);

-- Full text, which answers while Meilisearch does not. The workers write it; intake pays nothing for it.
-- The stems of the two languages; no stop words, for what is too common to tell is said once, in internal/search.
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE TEXT SEARCH DICTIONARY askwell_english (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH DICTIONARY askwell_spanish (TEMPLATE = snowball, LANGUAGE = spanish);

-- words are a ticket's words without case and accents (A: its subject, B: the applicant's name, C: its reference, D: its
-- messages) and, each after a ~, their stems in both languages where these differ. version is the ticket's at that time, form
-- that of the program that wrote it. No reference to ticket: checking it would lock the ticket. What is gone from there is
-- found no more, and goes from here with its index task.
-- A fifth of each page stays free, so that a change that leaves the words alone touches no index.
CREATE TABLE ticket_search (
    id        bigint PRIMARY KEY,
    form      integer NOT NULL,
    version   bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    words     tsvector NOT NULL
) WITH (fillfactor = 80);
-- A short list of what is not in the index yet: a search has to read all of it.
CREATE INDEX ticket_search_words_idx ON ticket_search USING gin (words) WITH (gin_pending_list_limit = 512);
CREATE INDEX ticket_search_opened_idx ON ticket_search (opened_at DESC, id DESC);

-- The same for accounts (A: the name, B: the number).
CREATE TABLE account_search (
    id        bigint PRIMARY KEY,
    form      integer NOT NULL,
    version   bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    words     tsvector NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX account_search_words_idx ON account_search USING gin (words) WITH (gin_pending_list_limit = 512);
CREATE INDEX account_search_opened_idx ON account_search (opened_at DESC, id DESC);

-- +goose Down
DROP TABLE account_search, ticket_search;
DROP TEXT SEARCH DICTIONARY askwell_spanish;
DROP TEXT SEARCH DICTIONARY askwell_english;
DROP INDEX ticket_sender_idx;
