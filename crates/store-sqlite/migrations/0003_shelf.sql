-- What people keep for themselves beside the record: drafts of what they write, and views they have saved. Sealed; written
-- over as it changes, and gone when it is done with.
CREATE TABLE shelf (
    practice BLOB NOT NULL,
    person BLOB NOT NULL,
    kind INTEGER NOT NULL,
    name BLOB NOT NULL,
    at INTEGER NOT NULL,
    digest BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (practice, kind, person, name)
) STRICT, WITHOUT ROWID;
