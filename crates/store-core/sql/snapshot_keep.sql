INSERT INTO snapshot (stream_id, stream_kind, practice, version, form, state)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (stream_id, stream_kind) DO UPDATE
SET version = excluded.version, form = excluded.form, state = excluded.state
WHERE snapshot.version <= excluded.version AND snapshot.practice = excluded.practice
