-- Each pair of parameters is the rows of one table (see pack.rs). A row that is refused ends the transaction, which fails as a
-- whole in any case: SQLite then need not keep what each page was before its statement.
INSERT OR ROLLBACK INTO entry (idx, practice, stream_kind, stream_id, version, canonical)
SELECT value ->> 0, substr($2, value ->> 1, 16), value ->> 2, substr($2, value ->> 3, 16), value ->> 4,
    substr($2, value ->> 5, value ->> 6)
FROM json_each($1);

INSERT OR ROLLBACK INTO node (key, hash)
SELECT value ->> 0, substr($4, value ->> 1, 32)
FROM json_each($3);

INSERT OR ROLLBACK INTO listed (key, kind, id, practice, judged, row)
SELECT value ->> 0, value ->> 1, substr($6, value ->> 2, 16), substr($6, value ->> 3, 16), nullif(value ->> 4, -1),
    substr($6, value ->> 5, value ->> 6)
FROM json_each($5)
WHERE true
ON CONFLICT (key) DO UPDATE SET judged = excluded.judged, row = excluded.row;

INSERT OR ROLLBACK INTO dedup (practice, key, alert)
SELECT substr($8, value ->> 0, 16), substr($8, value ->> 1, 32), substr($8, value ->> 2, 16)
FROM json_each($7);

INSERT OR ROLLBACK INTO find (key, kind, practice, received_at, updated_at, doc)
SELECT value ->> 0, value ->> 1, substr($10, value ->> 2, 16), value ->> 3, value ->> 4,
    CAST(substr($10, value ->> 5, value ->> 6) AS TEXT)
FROM json_each($9)
WHERE true
ON CONFLICT (key) DO UPDATE SET received_at = excluded.received_at, updated_at = excluded.updated_at, doc = excluded.doc;

-- Rows that were there before leave the index of words with what they were found by, and come in anew.
DELETE FROM words WHERE rowid IN (SELECT value FROM json_each($11));

INSERT INTO words (rowid, doc)
SELECT find.key, find.doc
FROM json_each($12) AS j
CROSS JOIN find ON find.key = j.value;

INSERT OR ROLLBACK INTO idempotency (practice, key, request, first, last)
SELECT substr($14, value ->> 0, 16), substr($14, value ->> 1, 32), substr($14, value ->> 2, 32), value ->> 3, value ->> 4
FROM json_each($13);

INSERT OR ROLLBACK INTO payload (practice, digest, sealed)
SELECT substr($16, value ->> 0, 16), substr($16, value ->> 1, 32), substr($16, value ->> 2, value ->> 3)
FROM json_each($15)
WHERE true
ON CONFLICT (digest, practice) DO NOTHING
