INSERT INTO find (key, kind, practice, received_at, updated_at, doc)
SELECT value ->> 0, value ->> 1, substr($2, value ->> 2, 16), value ->> 3, value ->> 4, value ->> 5
FROM json_each($1)
WHERE true
ON CONFLICT (key) DO UPDATE SET received_at = excluded.received_at, updated_at = excluded.updated_at, doc = excluded.doc
