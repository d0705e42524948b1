-- The record: a journal whose entries are leaves of a transparency log, and the lists drawn from it.
-- Ids are UUIDs, instants are microseconds since 1970, digests are 32 bytes.

CREATE TABLE log_head (
    id SMALLINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    listed BIGINT NOT NULL,
    root BYTEA NOT NULL,
    checkpoint TEXT NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE checkpoint (
    size BIGINT PRIMARY KEY,
    note TEXT NOT NULL
);

-- Complete subtrees of the Merkle tree; key = level * 2^56 + index.
CREATE TABLE node (
    key BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL
);

CREATE TABLE entry (
    idx BIGINT PRIMARY KEY,
    practice UUID NOT NULL,
    stream_kind SMALLINT NOT NULL,
    stream_id UUID NOT NULL,
    version BIGINT NOT NULL,
    canonical BYTEA NOT NULL
);
CREATE UNIQUE INDEX entry_stream ON entry (stream_id, stream_kind, version);

CREATE TABLE idempotency (
    practice UUID NOT NULL,
    key BYTEA NOT NULL,
    request BYTEA NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (practice, key)
);

-- Rows of lists (alerts, incidents, evidence) as JSON; key = kind * 2^56 + order of arrival.
CREATE TABLE listed (
    key BIGINT PRIMARY KEY,
    kind SMALLINT NOT NULL,
    id UUID NOT NULL,
    practice UUID NOT NULL,
    judged SMALLINT,
    row BYTEA NOT NULL
);
CREATE UNIQUE INDEX listed_id ON listed (id, kind);
CREATE INDEX listed_judged ON listed (practice, judged) WHERE judged IS NOT NULL;

-- What rows and entries are found by: narrow, so that a stretch of it can be walked. An entry's key is its index.
CREATE TABLE find (
    key BIGINT PRIMARY KEY,
    kind SMALLINT NOT NULL,
    practice UUID NOT NULL,
    received_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    doc TEXT NOT NULL
);
CREATE INDEX find_practice ON find (practice, key);
CREATE INDEX find_received ON find (kind, received_at, practice);
CREATE INDEX find_updated ON find (kind, updated_at, practice);
-- The words as they are, cut by us: no configuration of this server's text search has a say in what is found. The
-- block of 8,192 keys that a row is in is one more word: an index of this kind has no order, and with it a search can
-- keep to what is recent. A short pending list keeps searches quick while many alerts come in.
CREATE INDEX find_words ON find
    USING gin (array_to_tsvector(string_to_array(btrim(doc), ' ') || ('-' || (key >> 13))))
    WITH (fastupdate = on, gin_pending_list_limit = 1024);

CREATE TABLE dedup (
    practice UUID NOT NULL,
    key BYTEA NOT NULL,
    alert UUID NOT NULL,
    PRIMARY KEY (practice, key)
);

CREATE TABLE alert_key (
    practice UUID NOT NULL,
    hash UUID NOT NULL,
    received_at BIGINT NOT NULL,
    key BIGINT NOT NULL,
    PRIMARY KEY (practice, hash, received_at, key)
);

CREATE TABLE payload (
    practice UUID NOT NULL,
    digest BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (digest, practice)
);

CREATE TABLE profile (
    practice UUID PRIMARY KEY,
    row BYTEA NOT NULL
);

CREATE TABLE token (
    id UUID PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    practice UUID,
    row BYTEA NOT NULL
);

CREATE TABLE snapshot (
    stream_kind SMALLINT NOT NULL,
    stream_id UUID NOT NULL,
    practice UUID NOT NULL,
    version BIGINT NOT NULL,
    form BIGINT NOT NULL,
    state BYTEA NOT NULL,
    PRIMARY KEY (stream_id, stream_kind)
);

-- Sealed bytes and JSON of this size gain nothing from the server's own compression, which costs time at intake.
ALTER TABLE entry ALTER COLUMN canonical SET STORAGE EXTERNAL;
ALTER TABLE listed ALTER COLUMN row SET STORAGE EXTERNAL;
ALTER TABLE payload ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- SHA-256 of nothing: the root of the empty tree (RFC 6962 section 2.1).
INSERT INTO log_head (id, size, listed, root, checkpoint)
VALUES (1, 0, 0, decode('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'), '');
