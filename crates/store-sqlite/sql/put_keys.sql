INSERT INTO idempotency (practice, key, request, first, last)
SELECT substr($2, value ->> 0, 16), substr($2, value ->> 1, 32), substr($2, value ->> 2, 32), value ->> 3, value ->> 4
FROM json_each($1)
