-- The record: a journal whose entries are leaves of a transparency log, and the lists drawn from it.
-- Ids are 16 bytes, instants are microseconds since 1970, digests are 32 bytes.

CREATE TABLE log_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    root BLOB NOT NULL,
    checkpoint TEXT NOT NULL
) STRICT;

CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;

-- Complete subtrees of the Merkle tree; key = level * 2^56 + index.
CREATE TABLE node (
    key INTEGER PRIMARY KEY,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE entry (
    idx INTEGER PRIMARY KEY,
    practice BLOB NOT NULL,
    stream_kind INTEGER NOT NULL,
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    canonical BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_stream ON entry (stream_id, stream_kind, version);

CREATE TABLE idempotency (
    practice BLOB NOT NULL,
    key BLOB NOT NULL,
    request BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (practice, key)
) STRICT, WITHOUT ROWID;

-- Rows of lists (alerts, incidents, evidence) as JSON; key = kind * 2^56 + order of arrival.
CREATE TABLE listed (
    key INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    practice BLOB NOT NULL,
    judged INTEGER,
    row BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX listed_id ON listed (id, kind);
CREATE INDEX listed_judged ON listed (practice, judged) WHERE judged IS NOT NULL;

-- What rows and entries are found by: narrow, so that a stretch of it can be walked. An entry's key is its index.
CREATE TABLE find (
    key INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    practice BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX find_practice ON find (practice, key);
CREATE INDEX find_received ON find (kind, received_at, practice);
CREATE INDEX find_updated ON find (kind, updated_at, practice);

CREATE VIRTUAL TABLE words USING fts5 (
    doc,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = "ascii tokenchars '-'"
);
-- Fewer merges while much comes in; a search looks into a few more segments for it.
INSERT INTO words (words, rank) VALUES ('automerge', 8);

CREATE TABLE dedup (
    practice BLOB NOT NULL,
    key BLOB NOT NULL,
    alert BLOB NOT NULL,
    PRIMARY KEY (practice, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE payload (
    id INTEGER PRIMARY KEY,
    practice BLOB NOT NULL,
    digest BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX payload_digest ON payload (digest, practice);

CREATE TABLE profile (
    practice BLOB PRIMARY KEY,
    row BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id BLOB PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    practice BLOB,
    row BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot (
    stream_kind INTEGER NOT NULL,
    stream_id BLOB NOT NULL,
    practice BLOB NOT NULL,
    version INTEGER NOT NULL,
    form INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (stream_id, stream_kind)
) STRICT;

-- SHA-256 of nothing: the root of the empty tree (RFC 6962 section 2.1).
INSERT INTO log_head (id, size, listed, root, checkpoint)
VALUES (1, 0, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '');
