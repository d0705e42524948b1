INSERT INTO dedup (practice, key, alert)
SELECT substr($2, value ->> 0, 16), substr($2, value ->> 1, 32), substr($2, value ->> 2, 16)
FROM json_each($1)
