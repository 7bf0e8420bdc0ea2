-- +goose Up

-- What an inquiry's form held when its token was used, as a hash: the same token with other content is something else that the applicant
-- wants to say. NULL for tickets from before, and for those of no form.
ALTER TABLE ticket ADD COLUMN form_content bytea;
ALTER TABLE ticket ADD CONSTRAINT ticket_form_content_check CHECK (length(form_content) = 16) NOT VALID;
ALTER TABLE ticket VALIDATE CONSTRAINT ticket_form_content_check;

-- What somebody has typed into a public form and not sent yet, sealed for the browser that typed it: without that browser's cookie the
-- server itself cannot read it. id is the hash of the form's token. It is removed when the form is sent, and swept by age.
CREATE TABLE form_draft (
    id       bytea NOT NULL CHECK (length(id) = 16),
    browser  bytea NOT NULL CHECK (length(browser) = 16), -- hash of the browser's cookie
    sealed   bytea NOT NULL CHECK (length(sealed) <= 300000),
    staged   bigint NOT NULL DEFAULT 0 CHECK (staged >= 0), -- bytes of the files that wait with it
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, browser)
);
CREATE INDEX form_draft_saved_at_idx ON form_draft (saved_at);

-- +goose Down
DROP TABLE form_draft;
ALTER TABLE ticket DROP COLUMN form_content;
