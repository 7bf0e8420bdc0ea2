-- +goose Up

-- The first ticket from an address stands for the address in the search index, which holds no addresses.
CREATE INDEX ticket_sender_idx ON ticket (lower(applicant_email), id);

-- +goose Down
DROP INDEX ticket_sender_idx;
