INSERT INTO payload (practice, digest, sealed)
SELECT substr($2, value ->> 0, 16), substr($2, value ->> 1, 32), substr($2, value ->> 2, value ->> 3)
FROM json_each($1)
WHERE true
ON CONFLICT (digest, practice) DO NOTHING
