-- +goose Up

-- Where a mail says that answers go, when that is not where it comes from; and what in it could be read only in part: names of files, '' for
-- its text.
ALTER TABLE inbound_mail
    ADD COLUMN reply_to text NOT NULL DEFAULT '' CHECK (length(reply_to) <= 320),
    ADD COLUMN damaged  text[] NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE inbound_mail DROP COLUMN reply_to, DROP COLUMN damaged;
