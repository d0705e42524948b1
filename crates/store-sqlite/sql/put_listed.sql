INSERT INTO listed (key, kind, id, practice, judged, row)
SELECT value ->> 0, value ->> 1, substr($2, value ->> 2, 16), substr($2, value ->> 3, 16), nullif(value ->> 4, -1),
    substr($2, value ->> 5, value ->> 6)
FROM json_each($1)
WHERE true
ON CONFLICT (key) DO UPDATE SET judged = excluded.judged, row = excluded.row
