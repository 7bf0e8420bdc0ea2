-- +goose Up

-- The account for whose owner a reply was written, so that it goes to that owner's present address or to nobody; NULL when it was written
-- to the address on the ticket.
ALTER TABLE message ADD COLUMN to_account_id bigint;
ALTER TABLE message ADD CONSTRAINT message_to_account_id_fkey FOREIGN KEY (to_account_id) REFERENCES account NOT VALID;

-- Who wrote a mail that a member of staff added to a ticket and that is not its applicant's, and who added it.
ALTER TABLE message
    ADD COLUMN author_name text,
    ADD COLUMN author_email text,
    ADD COLUMN added_by bigint,
    ADD CONSTRAINT message_added_by_fkey FOREIGN KEY (added_by) REFERENCES staff NOT VALID,
    ADD CONSTRAINT message_author_check CHECK ((author_name IS NULL) = (author_email IS NULL) AND (author_name IS NULL OR kind = 'applicant')) NOT VALID;

ALTER TABLE message VALIDATE CONSTRAINT message_to_account_id_fkey;
ALTER TABLE message VALIDATE CONSTRAINT message_added_by_fkey;
ALTER TABLE message VALIDATE CONSTRAINT message_author_check;

-- +goose Down
ALTER TABLE message DROP COLUMN added_by, DROP COLUMN author_email, DROP COLUMN author_name, DROP COLUMN to_account_id;
