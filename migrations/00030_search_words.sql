-- +goose Up

-- The words of the texts that PostgreSQL searches, without case and accents: what a mistyped word may have been. A word stays when the last text with it
-- has gone: nothing tells whose it was.
CREATE TABLE search_word (
    word text COLLATE "C" PRIMARY KEY
);

-- +goose Down
DROP TABLE search_word;
