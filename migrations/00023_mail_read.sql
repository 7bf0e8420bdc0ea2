-- +goose Up

-- Where a mail says that answers go, when that is not where it comes from; and what in it could be read only in part: names of files, '' for
-- its text.
ALTER TABLE inbound_mail
    ADD COLUMN reply_to text NOT NULL DEFAULT '' CHECK (length(reply_to) <= 320),
    ADD COLUMN damaged  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN split_of bigint; -- the mail that was sent to several tickets, of which this is the one for the ticket in recipients
ALTER TABLE inbound_mail ADD CONSTRAINT inbound_mail_split_of_fkey FOREIGN KEY (split_of) REFERENCES inbound_mail NOT VALID;
ALTER TABLE inbound_mail VALIDATE CONSTRAINT inbound_mail_split_of_fkey;

-- How many questions of late are to be answered to one address. inbound_mail_from_idx is the version before's, which may still be serving.
CREATE INDEX inbound_mail_answers_to_idx ON inbound_mail (lower(COALESCE(NULLIF(reply_to, ''), from_address)), received_at);

-- What an answer by mail repeated of the ticket, and was left out of its body.
ALTER TABLE message ADD COLUMN quoted text NOT NULL DEFAULT ''; -- up to 50,000 characters; a CHECK would have every row looked at

-- +goose Down
ALTER TABLE message DROP COLUMN quoted;
DROP INDEX inbound_mail_answers_to_idx;
ALTER TABLE inbound_mail DROP COLUMN reply_to, DROP COLUMN damaged, DROP COLUMN split_of;
