INSERT INTO alert_key (practice, hash, received_at, key)
SELECT substr($2, value ->> 0, 16), substr($2, value ->> 1, 16), value ->> 2, value ->> 3
FROM json_each($1)
WHERE true
ON CONFLICT (practice, hash, received_at, key) DO NOTHING
