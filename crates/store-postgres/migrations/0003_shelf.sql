-- What people keep for themselves beside the record: drafts of what they write, and views they have saved. Sealed; written
-- over as it changes, and gone when it is done with.
CREATE TABLE shelf (
    practice UUID NOT NULL,
    person UUID NOT NULL,
    kind SMALLINT NOT NULL,
    name BYTEA NOT NULL,
    at BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (practice, kind, person, name)
);
ALTER TABLE shelf ALTER COLUMN sealed SET STORAGE EXTERNAL;
