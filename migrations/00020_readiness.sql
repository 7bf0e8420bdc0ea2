-- What readiness checks write, and take back at once. Nothing is ever kept in the table, so it need not outlive a crash; its value is stored
-- as it is, because a check wants room on the disk. Emptying a table is more than the role of serve and work may do, so the function does
-- it with its owner's rights, and nothing else.

-- +goose Up
CREATE UNLOGGED TABLE readiness (
    filler text NOT NULL
);
ALTER TABLE readiness ALTER COLUMN filler SET STORAGE EXTERNAL;

-- +goose StatementBegin
CREATE FUNCTION readiness_write() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    TRUNCATE readiness;
    INSERT INTO readiness (filler) SELECT repeat('x', 262144);
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION readiness_write;
DROP TABLE readiness;
