INSERT INTO entry (idx, practice, stream_kind, stream_id, version, canonical)
SELECT value ->> 0, substr($2, value ->> 1, 16), value ->> 2, substr($2, value ->> 3, 16), value ->> 4,
    substr($2, value ->> 5, value ->> 6)
FROM json_each($1)
