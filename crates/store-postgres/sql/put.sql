-- A batch in one statement, with where it leaves the log: nothing in it reads what another part of it writes.
WITH entries AS (
    INSERT INTO entry (idx, practice, stream_kind, stream_id, version, canonical)
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::smallint[], $4::uuid[], $5::bigint[], $6::bytea[])
), nodes AS (
    INSERT INTO node (key, hash) SELECT * FROM unnest($7::bigint[], $8::bytea[])
), rows AS (
    INSERT INTO listed (key, kind, id, practice, judged, row)
    SELECT j.key, j.kind, j.id, j.practice, nullif(j.judged, -1), j.row
    FROM unnest($9::bigint[], $10::smallint[], $11::uuid[], $12::uuid[], $13::smallint[], $14::bytea[])
        AS j (key, kind, id, practice, judged, row)
    ON CONFLICT (key) DO UPDATE SET judged = excluded.judged, row = excluded.row
), dedups AS (
    INSERT INTO dedup (practice, key, alert) SELECT * FROM unnest($15::uuid[], $16::bytea[], $17::uuid[])
), alert_keys AS (
    INSERT INTO alert_key (practice, hash, received_at, key)
    SELECT * FROM unnest($18::uuid[], $19::uuid[], $20::bigint[], $21::bigint[])
    ON CONFLICT (practice, hash, received_at, key) DO NOTHING
), found AS (
    INSERT INTO find (key, kind, practice, received_at, updated_at, doc)
    SELECT * FROM unnest($22::bigint[], $23::smallint[], $24::uuid[], $25::bigint[], $26::bigint[], $27::text[])
    ON CONFLICT (key) DO UPDATE SET received_at = excluded.received_at, updated_at = excluded.updated_at, doc = excluded.doc
), head AS (
    UPDATE log_head
    SET size = $36::bigint, listed = $37::bigint, root = coalesce($38::bytea, root), checkpoint = coalesce($39::text, checkpoint)
    WHERE id = 1 AND $36::bigint IS NOT NULL
), sealed AS (
    INSERT INTO checkpoint (size, note) SELECT $36::bigint, $39::text WHERE $39::text IS NOT NULL
), used AS (
    INSERT INTO idempotency (practice, key, request, first, last)
    SELECT * FROM unnest($28::uuid[], $29::bytea[], $30::bytea[], $31::bigint[], $32::bigint[])
)
INSERT INTO payload (practice, digest, sealed)
SELECT * FROM unnest($33::uuid[], $34::bytea[], $35::bytea[])
ON CONFLICT (digest, practice) DO NOTHING
