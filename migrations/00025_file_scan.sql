-- +goose Up

-- Files that the scanner cannot look into, and those that a supervisor lets through all the same.
ALTER TABLE attachment DROP CONSTRAINT attachment_scan_check;
ALTER TABLE attachment ADD CONSTRAINT attachment_scan_check
    CHECK (scan IN ('not_scanned', 'waiting', 'clean', 'infected', 'unscannable', 'released')) NOT VALID;
ALTER TABLE attachment VALIDATE CONSTRAINT attachment_scan_check;

ALTER TABLE attachment
    ADD COLUMN finding        text NOT NULL DEFAULT '', -- the scanner's name of what it found, or why it could not look
    ADD COLUMN signatures_at  timestamptz,              -- of the signatures that it was scanned with
    ADD COLUMN released_by    bigint,
    ADD COLUMN release_reason text NOT NULL DEFAULT '';
ALTER TABLE attachment ADD CONSTRAINT attachment_released_by_fkey FOREIGN KEY (released_by) REFERENCES staff NOT VALID;
ALTER TABLE attachment VALIDATE CONSTRAINT attachment_released_by_fkey;

CREATE INDEX attachment_locked_idx ON attachment (message_id) WHERE scan IN ('infected', 'unscannable');
CREATE INDEX attachment_sha256_idx ON attachment (sha256); -- one scan serves all copies
CREATE INDEX attachment_unscanned_idx ON attachment (id) WHERE scan IN ('not_scanned', 'waiting');

-- +goose Down
DROP INDEX attachment_unscanned_idx, attachment_locked_idx, attachment_sha256_idx;
ALTER TABLE attachment DROP COLUMN finding, DROP COLUMN signatures_at, DROP COLUMN released_by, DROP COLUMN release_reason;
UPDATE attachment SET scan = 'waiting' WHERE scan IN ('unscannable', 'released');
ALTER TABLE attachment DROP CONSTRAINT attachment_scan_check;
ALTER TABLE attachment ADD CONSTRAINT attachment_scan_check CHECK (scan IN ('not_scanned', 'waiting', 'clean', 'infected'));
