INSERT INTO node (key, hash)
SELECT value ->> 0, substr($2, value ->> 1, 32)
FROM json_each($1)
