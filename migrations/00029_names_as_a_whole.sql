-- +goose Up

-- identifier.NameWords: a sigma at the end of a word is a sigma, and a Chinese, Japanese or Korean name that is written with a space is also a whole. The
-- words of other names are as they were.
UPDATE account
SET name_words = (SELECT array_agg(DISTINCT replace(word, 'ς', 'σ') ORDER BY replace(word, 'ς', 'σ')) FROM unnest(name_words) AS word)
WHERE array_to_string(name_words, ' ') LIKE '%ς%';

UPDATE account
SET name_words = (
    SELECT array_agg(DISTINCT word ORDER BY word)
    FROM unnest(name_words || regexp_replace(normalize(regexp_replace(name, '[[:space:]　]', '', 'g'), NFKD), '[\u3099\u309A]', '', 'g')) AS word)
WHERE name ~ '^[\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7AF]+([[:space:]　]+[\u3040-\u30FF\u3400-\u9FFF\uAC00-\uD7AF]+)+$';

-- +goose Down
